"""Finding installed datasets and extensions, and loading those that were asked for.

A dataset is an entry point of the group ``connector_core``: its name is the dataset's, its value the module with the hooks.
An extension is one of the group ``connector_core_extensions``. Listing reads metadata only and imports nothing, so a broken
plugin costs a line in the list and nothing else.
"""

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import evolve, frozen
from packaging.utils import canonicalize_name

from connector_build.errors import BuildError, UsageProblem
from connector_build.plugins.importing import imported, imported_file, loaded
from connector_build.plugins.missing import advice
from connector_core.basics.names import did_you_mean, one_line

DATASETS = "connector_core"
EXTENSIONS = "connector_core_extensions"
OPTIONS = "connector_core_options"
SAMPLES = "connector_core_samples"
APPS = "connector_core_apps"
GROUPS = frozenset({DATASETS, EXTENSIONS, OPTIONS, SAMPLES, APPS})
COMMANDS = ("app", "check", "dbt", "debug", "demo", "diff", "docs", "list", "new", "serve", "show", "verify")
VERBS = frozenset({*COMMANDS, "build", "help"})
"""Names that no dataset may take, because they are subcommands or soon will be."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@frozen
class Installed:
    """An installed dataset or extension, as its metadata tells; nothing of it has been imported.

    options: the names that it says can be enabled (entry points of the group ``connector_core_options``).
    """

    name: str
    distribution: str
    version: str
    summary: str
    module: str
    options: tuple[str, ...] = ()
    problem: str | None = None


@frozen
class Source:
    """Something that a connector is assembled from: a plugin's module, and where its source code lies.

    distribution: None for a local file. module: the imported module. root: the package's folder, or the one file.
    left_out:     modules of it that describe sample records, or are its app, and do not ship.
    """

    name: str
    version: str
    module: ModuleType
    root: Path
    distribution: Distribution | None = None
    left_out: tuple[str, ...] = ()

    @property
    def import_name(self) -> str:
        """The top-level name by which a built project imports it."""
        return self.root.stem if self.root.is_file() else self.root.name


def installed() -> list[Installed]:
    """Every installed dataset, sorted by name, with what is wrong with its entry."""
    options = _options()
    found = [_installed(point, options) for point in entry_points(group=DATASETS)]
    owners: dict[str, list[str]] = {}
    for dataset in found:
        owners.setdefault(dataset.name, []).append(dataset.distribution)
    checked = [_with_problem(dataset, sorted(owners[dataset.name])) for dataset in found]
    return sorted(checked, key=lambda dataset: (dataset.name, dataset.distribution))


def find(dataset: str) -> Installed:
    """The one installed dataset of this name. Raises UsageProblem when there is none, BuildError when there are two."""
    known = installed()
    found = [candidate for candidate in known if candidate.name == dataset]
    if not found:
        names = [candidate.name for candidate in known]
        hint = f"Installed: {', '.join(names)}." if names else "No dataset is installed."
        meant = did_you_mean(dataset.lower(), [*names, *COMMANDS])
        what = "dataset or command" if meant and not did_you_mean(dataset.lower(), names) else "dataset"
        raise UsageProblem(f"There is no {what} {one_line(dataset, 60)!r}{meant}. {hint} {advice(dataset, DATASETS, GROUPS)}")
    if found[0].problem:
        raise BuildError(found[0].problem)
    return found[0]


def load(dataset: str, extensions: Iterable[str] = (), files: Iterable[Path] = ()) -> list[Source]:
    """The sources that a connector for *dataset* is assembled from: its own plugin, then extensions, then local files.

    Raises UsageProblem for an unknown name or an unreadable file, BuildError for a plugin that cannot be imported.
    """
    found = find(dataset)
    point = next(point for point in entry_points(group=DATASETS) if point.name == dataset)
    sources = [_source(point, found.distribution), *(_extension(name) for name in extensions), *(_local(path) for path in files)]
    names = [source.import_name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise UsageProblem(
                f"Two sources of this build are both imported as {name}. Name each once, or rename one of the files."
            )
    return sources


def sample(dataset: str) -> Any | None:
    """The ``Sample`` that a dataset's plugin describes, or None. Raises BuildError when it cannot be imported."""
    for point in entry_points(group=SAMPLES, name=dataset):
        return loaded(point, f"{_distribution_name(point)}: the sample records of {dataset}")
    return None


def app(dataset: str) -> EntryPoint | None:
    """The entry point of the app that a plugin brings for *dataset*, or None; nothing of it is imported.

    Raises BuildError where several distributions bring one.
    """
    found = list(entry_points(group=APPS, name=dataset))
    for point in found:
        if "." not in point.module:
            raise BuildError(
                f"{_distribution_name(point)} names {point.value} as the app of {dataset}. Put the app into a module of its own, "
                f"such as {point.module}.app: that module is left out of a built connector."
            )
    if len(found) > 1:
        owners = " and ".join(sorted(_distribution_name(point) for point in found))
        raise BuildError(f"{owners} each bring an app for {dataset}. Uninstall all but one.")
    return found[0] if found else None


def odd_options(dataset: str, offered: Sequence[str], distributions: Iterable[str]) -> list[str]:
    """What is wrong with the options that the metadata of *distributions* names, one sentence each.

    offered: the names that the hooks of *dataset* offer.
    """
    known = {each.name for each in installed()}
    wanted = {canonicalize_name(name) for name in distributions}
    faults = []
    for point in entry_points(group=OPTIONS):
        owner, name = _distribution_name(point), one_line(point.name, 60)
        if canonicalize_name(owner) not in wanted:
            continue
        of, dot, option = point.name.partition(".")
        if not dot or of not in known:
            faults.append(
                f"{owner} names the option {name!r} in its metadata, which is of no installed dataset{did_you_mean(of, known)}. "
                "Write DATASET.OPTION."
            )
        elif of == dataset and option not in offered:
            faults.append(
                f"{owner} names the option {name!r} in its metadata, which no hook offers{did_you_mean(option, offered)}. "
                f"Correct the entry point of the group {OPTIONS}, and install the plugin again."
            )
    return faults


def core() -> Source:
    """The source of ``connector_core`` itself."""
    module = importlib.import_module("connector_core")
    distribution = Distribution.from_name("connector-core")
    return Source("connector-core", distribution.version, module, _root("connector_core", "connector-core"), distribution)


def _installed(point: EntryPoint, options: dict[str, list[str]]) -> Installed:
    distribution = point.dist
    name, version, summary = ("?", "?", "")
    if distribution is not None:
        name, version, summary = distribution.name, distribution.version, str(distribution.metadata.json.get("summary", ""))
    return Installed(point.name, name, version, summary, point.value, tuple(sorted(options.get(point.name, ()))))


def _options() -> dict[str, list[str]]:
    """Dataset → the option names that its metadata declares, as ``dataset.option``."""
    found: dict[str, list[str]] = {}
    for point in entry_points(group=OPTIONS):
        dataset, _, option = point.name.partition(".")
        if option:
            found.setdefault(dataset, []).append(option)
    return found


def _with_problem(dataset: Installed, owners: list[str]) -> Installed:
    problem = None
    if not _NAME.fullmatch(dataset.name):
        problem = (
            f"{dataset.distribution} names its dataset {one_line(dataset.name, 60)!r}. "
            "A dataset's name is lower-case letters, digits and underscores: change the entry point."
        )
    elif dataset.name in VERBS:
        problem = (
            f"{dataset.distribution} names its dataset {dataset.name}, which is a verb of connector-build. "
            "Rename the entry point in its pyproject.toml."
        )
    elif len(owners) > 1:
        problem = (
            f"The dataset {dataset.name} is claimed by several distributions, {' and '.join(owners)}. Uninstall all but one."
        )
    return evolve(dataset, problem=problem)


def _extension(name: str) -> Source:
    points = list(entry_points(group=EXTENSIONS))
    wanted = canonicalize_name(name)
    for point in points:
        if wanted in (canonicalize_name(point.name), canonicalize_name(_distribution_name(point))):
            return _source(point, _distribution_name(point))
    known = sorted({_distribution_name(point) for point in points})
    hint = f"Installed extensions: {', '.join(known)}." if known else "No extension is installed."
    raise UsageProblem(
        f"There is no extension {one_line(name, 60)!r}{did_you_mean(name, known)}. {hint} {advice(name, EXTENSIONS, GROUPS)} "
        f"An extension has an entry point of the group {EXTENSIONS}; a local file is named with --plugin-file."
    )


def _source(point: EntryPoint, name: str) -> Source:
    if ":" in point.value:
        raise BuildError(
            f"{name}: the entry point {point.name} is {point.value!r}. Name the module only, "
            "because a built project imports it by name."
        )
    package = point.value.strip().partition(".")[0]
    module = imported(point.value.strip(), name, point.dist)
    version = point.dist.version if point.dist else ""
    left_out = tuple(
        each.module
        for group in (SAMPLES, APPS)
        for each in entry_points(group=group)
        if "." in each.module
        if each.dist and canonicalize_name(each.dist.name) == canonicalize_name(name)
    )
    return Source(name, version, module, _root(package, name), point.dist, left_out)


def _local(path: Path) -> Source:
    name, where = path.stem, one_line(path, 200)
    if path.suffix != ".py" or not path.is_file():
        raise UsageProblem(f"--plugin-file {where}: there is no such Python file. Give the path of one .py file with hookimpls.")
    if not _NAME.fullmatch(name) or name in sys.stdlib_module_names or name in ("connector", "connector_core", "connector_build"):
        raise UsageProblem(
            f"--plugin-file {where}: the project would import it as {one_line(name, 60)!r}, which is taken or no module's. "
            "Rename the file to lower-case letters, digits and underscores, such as our_fields.py."
        )
    # A link ships under its own name.
    return Source(path.name, "", imported_file(name, path, where), path.absolute())


def _root(package: str, name: str) -> Path:
    """The folder of a package, or the file of a single module; the package itself is not executed."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise BuildError(
            f"{name}: {package} is no package with an __init__.py, so its source cannot be copied. "
            "Give the plugin one of its own."
        )
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin


def _distribution_name(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value
