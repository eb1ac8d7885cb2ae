"""From an assembly and its sources to the one file that makes it a source of Lakeflow community connectors."""

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from connector_build.errors import BuildError
from connector_build.plugins.discovery import Source
from connector_build.project.requirements import requirements
from connector_build.project.shipping import source_files
from connector_build.screen.templating import filled
from connector_core.plugin.assembly import Assembly

MARK: Final = "as a source of Lakeflow community connectors (Databricks)."
"""What tells a file of ours by its first line."""
_PARTS: Final = "connector_build.lakeflow"
_CORE_NEEDS: Final = ("attrs", "pluggy", "requests")


def source_of(dataset: str, assembly: Assembly, core: Source, sources: Sequence[Source]) -> str:
    """The file, as text: the adapter, the local files among *sources*, and what the connector is assembled from.

    Raises BuildError for what could not run there.
    """
    changed = [option for option in assembly.options if option.enabled != option.value.default]
    installed = [source for source in sources if source.distribution is not None]
    needs = requirements(core, sources)
    made_of = {each.name: each.version for each in (core, *installed)} | {each.name: each.version for each in needs.helpers}
    return filled(
        _PARTS,
        "source.py.jinja",
        {"python": repr},
        dataset=dataset,
        class_name=f"{''.join(part.capitalize() for part in dataset.split('_'))}LakeflowConnect",
        adapter=_adapter(),
        requirements=[f"{name}=={version}" for name, version in made_of.items()],
        needed=[*_CORE_NEEDS, *(f"{name}=={version}" for name, version in needs.pins.items() if name not in _CORE_NEEDS)],
        settings=[setting.name for setting in assembly.settings],
        modules=list(dict.fromkeys(source.module.__name__ for source in installed)),
        files={source.module.__name__: _text(source) for source in sources if source.distribution is None},
        plugins={f"{source.name} {source.version}".strip(): source.expression for source in sources},
        enable=[option.name for option in changed if option.enabled],
        disable=[option.name for option in changed if not option.enabled],
        undeclared=assembly.undeclared,
    )


def _adapter() -> str:
    """The adapter without its own docstring."""
    text = Path(__file__).with_name("adapter.py").read_text(encoding="utf-8")
    docstring = ast.parse(text).body[0]
    return "\n".join(text.splitlines()[docstring.end_lineno :]).strip() + "\n"


def _text(source: Source) -> str:
    [contents] = source_files(source).values()
    return contents.decode()


def write(file: Path, text: str, *, force: bool = False) -> None:
    """Put *text* into *file*. Raises BuildError where there is another file than one of ours, unless *force*."""
    try:
        if file.exists() and not force and not _is_ours(file):
            raise BuildError(f"{file} was not written by connector-build. Name another file with --output, or add --force.")
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise BuildError(f"{file} cannot be written: {error.strerror}. Name another one with --output.") from None


def _is_ours(file: Path) -> bool:
    with file.open("rb") as opened:
        return MARK.encode() in opened.readline()


def told(file: Path, dataset: str, assembly: Assembly) -> dict[str, Any]:
    """What there is to say of a file that was written."""
    tables = [entry["table"] for entry in assembly.schema]
    return {"file": str(file), "dataset": dataset, "tables": tables, "settings": [each.name for each in assembly.settings]}
