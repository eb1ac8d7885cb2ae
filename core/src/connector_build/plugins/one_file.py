"""A dataset in one local file: what its text says of it, and the file as a source."""

import ast
import re
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement

from connector_build.errors import BuildError, UsageProblem
from connector_build.plugins.importing import imported_file
from connector_build.plugins.references import is_importable, named
from connector_build.plugins.sources import Installed, Source
from connector_build.sample import Sample
from connector_core.basics.names import one_line

_SCRIPT: Final = re.compile(r"^# /// script$\n(?P<lines>(?:^#(?: .*)?$\n)+?)^# ///$", re.M)
"""What a file says of its dependencies: inline script metadata (PEP 723)."""
_DIGITS: Final = 12


def described(reference: str) -> Installed:
    """What the file that *reference* means says of itself; it is not imported. Raises UsageProblem where there is none."""
    name, contents = named(reference), _contents(reference)
    return Installed(name, Path(reference).name, _version(contents), _summary(contents), name)


def dataset_source(reference: str) -> Source:
    """The dataset in the file that *reference* means, imported. Raises UsageProblem where there is no such file, and BuildError
    where it cannot be imported."""
    name, contents = named(reference), _contents(reference)
    return _source(Path(reference), name, reference, _version(contents), requires_of(reference, contents))


def file_source(path: Path) -> Source:
    """A local file with hookimpls that joins a dataset. Raises as `dataset_source` does."""
    name, where = path.stem, one_line(path, 200)
    if path.suffix != ".py" or not path.is_file():
        raise UsageProblem(f"--plugin-file {where}: there is no such Python file. Give the path of one .py file with hookimpls.")
    if not is_importable(name):
        raise UsageProblem(
            f"--plugin-file {where}: the project would import it as {one_line(name, 60)!r}, which is taken or no module's. "
            "Rename the file to lower-case letters, digits and underscores, such as our_fields.py."
        )
    return _source(path, name, f"--plugin-file {where}", "", requires_of(where, path.read_bytes()))


def sample_in(source: Source) -> Sample | None:
    """The sample records that the file of *source* describes beside its hooks, or None."""
    return next(iter(samples_in(source).values()), None)


def samples_in(source: Source) -> dict[str, Sample]:
    """The names of the sample records in that file → what they are. Raises BuildError where there are several."""
    found = {name: value for name, value in vars(source.module).items() if isinstance(value, Sample)}
    if len({id(value) for value in found.values()}) > 1:
        raise BuildError(f"{source.name} describes several samples: {', '.join(found)}. Leave one of them.")
    return found


def requires_of(where: str, contents: bytes) -> tuple[str, ...]:
    """The distributions that a file needs, as it says in a comment of its own (PEP 723). Raises BuildError for what is none."""
    found = _SCRIPT.findall(contents.decode(errors="replace").replace("\r\n", "\n"))
    if not found:
        return ()
    try:
        [block] = found  # there may be one
        said: dict[str, Any] = tomllib.loads("\n".join(line[2:] for line in block.splitlines()))
        return tuple(str(Requirement(each)) for each in said.get("dependencies", []))
    except (ValueError, TypeError, InvalidRequirement) as error:
        raise BuildError(
            f"{where}: its block '# /// script' cannot be read: {one_line(error)}. Write below it, as comments, TOML with "
            'dependencies = ["NAME"], and then # ///.'
        ) from None


def _source(path: Path, name: str, where: str, version: str, requires: tuple[str, ...]) -> Source:
    # A link ships under its own name.
    return Source(path.name, version, imported_file(name, path, where), path.absolute(), requires=requires)


def _contents(reference: str) -> bytes:
    path = Path(reference)
    if not path.is_file():
        raise UsageProblem(
            f"There is no file {one_line(path, 200)}. Give the path of one Python file with hooks, or the name of an installed "
            "dataset, which connector-build list shows."
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"{one_line(path, 200)} cannot be read: {error.strerror}.") from None


def _version(contents: bytes) -> str:
    """What stands for a version of a file: how its SHA-256 begins."""
    return sha256(contents).hexdigest()[:_DIGITS]


def _summary(contents: bytes) -> str:
    """The first line of the docstring; empty where there is none, or what is no Python."""
    try:
        text = ast.get_docstring(ast.parse(contents))
    except (SyntaxError, ValueError):
        return ""
    return text.partition("\n")[0].strip().removesuffix(".") if text else ""
