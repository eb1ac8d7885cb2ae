"""A dataset in one local file: what its text says of it, and the file as a source."""

import re
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from attrs import evolve
from packaging.requirements import InvalidRequirement, Requirement

from connector_build.errors import BuildError, UsageProblem
from connector_build.plugins.cutting import without_sample
from connector_build.plugins.importing import imported_file
from connector_build.plugins.reading import options_of, summary_of, tree_of
from connector_build.plugins.references import is_importable, named, parted
from connector_build.plugins.sources import Installed, Source
from connector_build.sample import Sample
from connector_core.basics.names import did_you_mean, one_line
from connector_core.plugin.family import datasets_in
from connector_core.plugin.markers import is_marked

_SCRIPT: Final = re.compile(r"^# /// script$\n(?P<lines>(?:^#(?: .*)?$\n)+?)^# ///$", re.M)
"""What a file says of its dependencies: inline script metadata (PEP 723)."""
_DIGITS: Final = 12


def described(reference: str) -> Installed:
    """What the file that *reference* means says of itself; it is not imported. Raises UsageProblem where there is none."""
    (path, attribute), contents = parted(reference), _contents(reference)
    tree = tree_of(contents)
    summary, options = summary_of(tree, attribute), options_of(tree, attribute)
    return Installed(named(reference), path.name, "", summary, path.stem, tuple(sorted(options)))


def dataset_source(reference: str) -> Source:
    """The dataset in the file that *reference* means, imported.

    Raises UsageProblem where there is no such file or dataset, or where the file holds several, and BuildError where it cannot
    be imported.
    """
    named(reference)  # which has the objections to the name
    (path, attribute), contents = parted(reference), _contents(reference)
    source = _source(path, path.stem, str(path), requires_of(str(path), contents))
    found = datasets_in(vars(source.module))
    chosen = attribute or _only(reference, source)
    if attribute and attribute not in found:
        has = f"It holds {', '.join(found)}." if found else "Name the file alone."
        raise UsageProblem(f"{path} holds no dataset {one_line(attribute, 60)}{did_you_mean(attribute, found)}. {has}")
    sisters = tuple(name for name in found if name != chosen) if chosen else ()
    version = _version(without_sample(path.name, contents, chosen, sisters))
    return evolve(source, version=version, attribute=chosen, sisters=sisters)


def datasets_of(reference: str) -> list[str]:
    """The datasets in the file that *reference* means, each as it is named there: several only where they are values."""
    path, attribute = parted(reference)
    found = [] if attribute else list(_values(_source(path, path.stem, str(path), ())))
    return [f"{path}:{name}" for name in found] if len(found) > 1 else [reference]


def _values(source: Source) -> dict[str, Any]:
    """The datasets that are values in a file without hooks of its own."""
    marked = any(is_marked(value) for value in vars(source.module).values())
    return {} if marked else dict(datasets_in(vars(source.module)))


def _only(reference: str, source: Source) -> str:
    """The one dataset that is a value in a file, if no hooks of its own make the file one. Raises UsageProblem for several."""
    found = list(_values(source))
    if len(found) > 1:
        each = ", ".join(f"{reference}:{name}" for name in found)
        raise UsageProblem(f"{reference} holds {len(found)} datasets. Name one: {each}.")
    return next(iter(found), "")


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
    return _source(path, name, f"--plugin-file {where}", requires_of(where, path.read_bytes()))


def sample_in(source: Source) -> Sample | None:
    """The sample records that the file of *source* describes beside its hooks, or None."""
    return next(iter(samples_in(source).values()), None)


def samples_in(source: Source) -> dict[str, Sample]:
    """The names of the sample records in that file → what they are. Raises BuildError where there are several.

    Where the file holds several datasets, those of ``ships`` are called ``SHIPS_SAMPLE``.
    """
    found = {name: value for name, value in vars(source.module).items() if isinstance(value, Sample)}
    if source.sisters:
        return {name: value for name, value in found.items() if name.lower() == f"{source.attribute}_sample"}
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


def _source(path: Path, name: str, where: str, requires: tuple[str, ...]) -> Source:
    # A link ships under its own name.
    return Source(path.name, "", imported_file(name, path, where), path.absolute(), requires=requires)


def _contents(reference: str) -> bytes:
    path, _ = parted(reference)
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
    """What stands for a version of a file that ships: how its SHA-256 begins."""
    return sha256(contents).hexdigest()[:_DIGITS]
