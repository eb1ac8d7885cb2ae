"""`connector-build new --package`: a distribution of the one file that a dataset is.

The module goes without its sample records, which get a module of their own; the options that its hooks offer stand in the
metadata, so that nobody writes a second list.
"""

import ast
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import Distribution
from importlib.util import decode_source
from pathlib import Path
from typing import Any, Final

from packaging.version import Version

from connector_build.catalog.reading import names
from connector_build.errors import BuildError, UsageProblem
from connector_build.plugins.cutting import Statement, cut_from, lines_of, statements_of
from connector_build.plugins.one_file import datasets_of, described, samples_in
from connector_build.plugins.references import is_file, named
from connector_build.project.making import assembled
from connector_build.project.templating import rendered
from connector_build.screen.markdown import prose
from connector_core.basics.names import one_line

_CODING: Final = re.compile(r"^[ \t\f]*#.*?coding[:=]")
_IMPORTS: Final = (ast.Import, ast.ImportFrom)


def package_into(folder: Path | None, file: Path) -> Path:
    """Write the distribution of the dataset in *file* into *folder*, ``connector-NAME`` if not given; the folder.

    Raises UsageProblem where something is there already, BuildError for a file that is no dataset; then nothing is written.
    """
    if not is_file(str(file)):
        raise UsageProblem(f"--package {one_line(file, 200)}: give the path of one Python file with hooks, such as crew.py.")
    name, files = packaged(str(file))
    target = (folder or Path(f"connector-{name.replace('_', '-')}")).absolute()
    if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
        raise UsageProblem(f"{target} is there already. Nothing was changed: name another folder with --output, or delete it.")
    try:
        _write(target, files)
    except OSError as error:
        raise BuildError(f"{target}: cannot be written: {error.strerror}. Choose another folder with --output.") from None
    return target


def packaged(reference: str) -> tuple[str, dict[str, str]]:
    """What the file that *reference* means is called, and path → text of its distribution: of one dataset, or of all in it."""
    references = datasets_of(reference)
    made = [(named(each), *assembled(each)) for each in references]
    source = made[0][2][0]
    name = named(reference) if len(made) == 1 else source.root.stem
    contents, module = source.root.read_bytes(), f"connector_{name}"
    statements = statements_of(source.root.name, contents)
    cut = cut_from(source.root.name, statements, *((source.attribute, source.sisters) if len(made) == 1 else ()))
    samples = {dataset: next(iter(samples_in(each)), "") for dataset, _, [each] in made}
    core = Version(Distribution.from_name("connector-core").version)
    values: dict[str, Any] = {
        "distribution": f"connector-{name.replace('_', '-')}",
        "module": module,
        "summary": described(references[0] if len(made) == 1 else str(source.root)).summary or f"The dataset {name}",
        "datasets": {dataset: ":".join(filter(None, (module, each.attribute))) for dataset, _, [each] in made},
        "options": [f"{dataset}.{option.name}" for dataset, assembly, _ in made for option in assembly.options],
        "tables": [plan.table.name for _, assembly, _ in made for plan in assembly.tables],
        "samples": {dataset: sample for dataset, sample in samples.items() if sample},
        "dependencies": [f"connector-core>={core.major}.{core.minor},<{core.major}.{core.minor + 1}", *source.requires],
    }
    package = f"src/{module}"
    files = {
        "pyproject.toml": rendered("package/pyproject.toml.jinja", {"toml": _toml}, **values),
        "README.md": rendered("package/README.md.jinja", {"prose": prose, "names": names}, **values),
        "tests/test_contract.py": rendered("package/test_contract.py.jinja", **values),
        f"{package}/__init__.py": _module(contents, cut, statements),
    }
    if values["samples"]:
        files[f"{package}/sample.py"] = _sample(contents, cut, statements, module)
    return name, files


def _module(contents: bytes, cut: Sequence[Statement], statements: Sequence[Statement]) -> str:
    """The file without the statements *cut*, the lines that they leave empty, and what it says of its dependencies."""
    lines = _lines(contents)
    gone = {number for each in cut for number in lines_of(contents.splitlines(), each)} | set(_script_lines(lines))
    gone |= {number for number, line in enumerate(lines[:2], 1) if _CODING.match(line)}  # it is written as UTF-8
    inside = {number for each in statements if each not in cut for number in range(each.first, each.last + 1)}
    kept: list[str] = []
    for number, line in enumerate(lines, 1):
        empty = number not in inside and not line.strip()
        if number not in gone and not (empty and not any(each.strip() for each in (kept or [""])[-2:])):
            kept.append(line)
    return "\n".join(kept).strip("\n") + "\n"


def _script_lines(lines: Sequence[str]) -> Iterator[int]:
    """The numbers of the lines of inline script metadata (PEP 723): a distribution says it in its pyproject.toml."""
    begin = next((number for number, line in enumerate(lines, 1) if line.rstrip() == "# /// script"), None)
    if begin is not None:
        end = next((number for number in range(begin + 1, len(lines) + 1) if lines[number - 1].rstrip() == "# ///"), begin)
        yield from range(begin, end + 1)


def _sample(contents: bytes, cut: Sequence[Statement], statements: Sequence[Statement], module: str) -> str:
    """The module of the sample records: the statements *cut*, and imports of what they use of the others."""
    lines = _lines(contents)
    imports = [
        each.node for each in (*(one for one in statements if _is_future(one.node)), *cut) if isinstance(each.node, _IMPORTS)
    ]
    needed = {name for each in cut for name in each.uses} - {name for each in cut for name in each.gives}
    shared = [each for each in statements if each not in cut and each.gives & needed and not _is_future(each.node)]
    imports += [_only(each.node, needed) for each in shared if isinstance(each.node, _IMPORTS)]
    ours = sorted({name for each in shared if not isinstance(each.node, _IMPORTS) for name in each.gives & needed})
    imports += [ast.ImportFrom(module, [ast.alias(name) for name in ours], 0)] if ours else []
    head = f'"""Made-up records for the sample API; this module is left out of a built project."""\n\n{_grouped(imports)}\n'
    body = [each for each in cut if not isinstance(each.node, _IMPORTS)]
    return head + "".join(_spaced(contents, lines, body))


def _grouped(imports: Sequence[ast.Import | ast.ImportFrom]) -> str:
    """The imports, those of Python itself first, with an empty line between."""
    groups: dict[int, list[str]] = {}
    for node in imports:
        module = (getattr(node, "module", None) or node.names[0].name).partition(".")[0]
        group = 0 if module == "__future__" else 1 if module in sys.stdlib_module_names else 2
        groups.setdefault(group, []).append(ast.unparse(node))
    return "\n\n".join("\n".join(lines) for _, lines in sorted(groups.items()))


def _spaced(contents: bytes, lines: Sequence[str], body: Iterable[Statement]) -> Iterator[str]:
    """The text of each statement, as far from the one before as it was in the file, and at most two empty lines."""
    before = 0
    for each in body:
        numbers = lines_of(contents.splitlines(), each)
        between = lines[before : numbers.start - 1]
        gap = 2 if not before or any(line.strip() for line in between) else min(2, len(between))
        yield "\n" * gap + "".join(f"{lines[number - 1]}\n" for number in numbers)
        before = numbers.stop - 1


def _only(node: ast.Import | ast.ImportFrom, names: Iterable[str]) -> ast.Import | ast.ImportFrom:
    """The import *node* with those names alone."""
    wanted = [each for each in node.names if (each.asname or each.name.partition(".")[0]) in names or each.name == "*"]
    if isinstance(node, ast.Import):
        return ast.Import(wanted)
    return ast.ImportFrom(node.module, wanted, node.level)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _lines(contents: bytes) -> list[str]:
    return decode_source(contents).split("\n")


def _toml(text: str) -> str:
    """A text in quotes, as TOML has it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(target: Path, files: Mapping[str, str]) -> None:
    """All of *files* below *target*, or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for path, text in files.items():
            place = staging / "new" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="\n")
        (staging / "new").replace(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
