"""What Snowflake deploys: an app, the kit, and the files that `snow streamlit deploy` reads. Same inputs, same bytes."""

import json
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any, Final

from connector_build.apps.kit import kit
from connector_build.errors import BuildError
from connector_build.plugins.discovery import app, named
from connector_build.plugins.imports import imports_of
from connector_build.project.making import everything
from connector_build.project.place import building
from connector_build.project.templating import rendered

STREAMLIT: Final = "1.51.0"
"""The newest version that Snowflake's warehouses are documented to have (release note of 20 November 2025)."""
THERE: Final = frozenset({"altair", "attrs", "pandas", "snowflake", "streamlit", "connector_app"})
_LOCAL: Final = ("start/", "data/duck.py")
"""Parts of the kit for this machine alone."""
_MARK: Final = "connector-build-app.json"


EDITED: Final = ("snowflake.yml", "streamlit_app.py")
"""Files that the user puts names of his into; as he left them they stay."""


def write_for_snowflake(dataset: str, folder: Path) -> str:
    """Write the app of *dataset*, or the standard explorer, into *folder*; what there is to say of it.

    Raises BuildError, with nothing changed, where *folder* holds what this command did not write, or what was changed by hand.
    """
    files = files_for_snowflake(dataset)
    folder = folder.absolute()
    try:
        with building(folder) as put:
            kept = _kept(folder, named(dataset))
            put(_filler({**files, **kept}))
    except OSError as error:
        raise BuildError(f"{folder}: cannot be written: {error.strerror}. Nothing was changed.") from None
    lines = [f"Wrote {folder}", *(f"Kept {name} as you left it." for name in kept)]
    steps = "Next: put the few names of yours in that README.md asks for, and in that folder:"
    return "\n".join([*lines, steps, "  snow streamlit deploy --replace --open"])


def files_for_snowflake(dataset: str) -> dict[str, bytes]:
    """Path → contents of everything that is deployed. Raises BuildError for an app that could not run there."""
    point = app(dataset)
    known = everything(dataset)
    files = {**_kit_files(), **(_app_files(point) if point else {})}
    tables = [table.stored_name for table in known.tables]
    values: dict[str, Any] = {
        "dataset": known.dataset,
        "title": known.title,
        "streamlit": STREAMLIT,
        "tables": ", ".join(f"`{name}`" for name in tables),
        "table_names": tables,
        "app_module": point.module if point else "",
        "app_function": (point.attr or "main") if point else "",
        "artifacts": sorted(
            {"streamlit_app.py", "environment.yml", "dictionary.json", *(PurePosixPath(path).parts[0] for path in files)}
        ),
    }
    for name in ("README.md", "environment.yml", "snowflake.yml", "streamlit_app.py"):
        files[name] = rendered(f"snowflake/{name}.jinja", **values).encode()
    files["dictionary.json"] = (json.dumps(known.as_json(), indent=2, sort_keys=True) + "\n").encode()
    files[_MARK] = (
        json.dumps({"dataset": known.dataset, "files": {name: _digest(files[name]) for name in sorted(files)}}, indent=2) + "\n"
    ).encode()
    return dict(sorted(files.items()))


def _kit_files() -> dict[str, bytes]:
    root = kit()
    found = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*.py"))}
    return {f"connector_app/{name}": path.read_bytes() for name, path in found.items() if not name.startswith(_LOCAL)}


def _app_files(point: EntryPoint) -> dict[str, bytes]:
    """The app's own package, with empty packages above it: the plugin's hooks need the core, which is not there."""
    root = _folder(point)
    inside = PurePosixPath(*point.module.split("."))
    files = {f"{parent}/__init__.py": b"" for parent in inside.parents if parent.parts}
    if root.is_file():
        files[f"{inside}.py"] = root.read_bytes()
    else:
        paths = (path for path in sorted(root.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
        files |= {f"{inside / path.relative_to(root).as_posix()}": path.read_bytes() for path in paths}
    _check_imports(files, point)
    return files


def _folder(point: EntryPoint) -> Path:
    """Where the app's module lies. Its plugin is not imported for that: it is found from the package's own place."""
    package, *rest = point.module.split(".")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise BuildError(f"The entry point of the app names {point.value}, whose package is not installed.")
    place = Path(spec.origin).parent.joinpath(*rest)
    if (place / "__init__.py").is_file():
        return place
    if not place.with_suffix(".py").is_file():
        raise BuildError(
            f"The entry point of the app names {point.value}, and there is no {place}. Correct it in pyproject.toml."
        )
    return place.with_suffix(".py")


def _check_imports(files: Mapping[str, bytes], point: EntryPoint) -> None:
    """Raise BuildError where the app imports what is not in Snowflake, with its file and line."""
    for path, contents in files.items():
        for name, line in imports_of(path, contents) if path.endswith(".py") else ():
            if name not in THERE | sys.stdlib_module_names | {point.module.partition(".")[0]}:
                raise BuildError(
                    f"{path}, line {line}, imports {name}, which is not in Snowflake. "
                    "An app uses the app kit, Streamlit, Altair, pandas and attrs."
                )


def _kept(folder: Path, dataset: str) -> dict[str, bytes]:
    """What of an earlier writing stays, as the user has edited it. Raises BuildError where *folder* is not ours to replace."""
    if not folder.exists() or not any(folder.iterdir()):
        return {}
    mark = _mark(folder)
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    present = {path.relative_to(folder).as_posix(): path for path in paths}
    changed = [
        name for name, path in sorted(present.items()) if name != _MARK and _digest(path.read_bytes()) != mark["files"].get(name)
    ]
    if mark["dataset"] != dataset or set(changed) - set(EDITED):
        what = ", ".join(changed[:5]) or f"the app of {mark['dataset']}"
        raise BuildError(
            f"{folder} holds what this command did not write, or what was changed by hand since: {what}. "
            "Choose another folder with --output, or delete this one."
        )
    return {name: present[name].read_bytes() for name in changed}


def _mark(folder: Path) -> dict[str, Any]:
    try:
        mark = json.loads((folder / _MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        mark = None
    known = isinstance(mark, dict) and isinstance(mark.get("files"), dict)
    return mark if known and mark else {"dataset": "another dataset", "files": {}}


def _digest(contents: bytes) -> str:
    return sha256(contents).hexdigest()


def _filler(files: Mapping[str, bytes]) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        for path, contents in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents)

    return fill
