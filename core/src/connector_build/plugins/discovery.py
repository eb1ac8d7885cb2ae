"""Finding installed datasets and extensions, and loading those that were asked for.

A dataset is an entry point of the group ``connector_core``: its name is the dataset's, its value the module with the hooks.
Wherever the name of a dataset is taken, so is the path of one local file with hooks (see one_file.py).
An extension is one of the group ``connector_core_extensions``. Listing reads metadata only and imports nothing, so a broken
plugin costs a line in the list and nothing else.
"""

import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from packaging.utils import canonicalize_name

from connector_build.errors import BuildError, UsageProblem
from connector_build.plugins import one_file
from connector_build.plugins.importing import imported, loaded
from connector_build.plugins.listing import installed
from connector_build.plugins.missing import advice
from connector_build.plugins.reading import modules_below, needed_by
from connector_build.plugins.references import COMMANDS, VERBS, is_file, named
from connector_build.plugins.sources import (
    APPS,
    DATASETS,
    EXTENSIONS,
    GROUPS,
    OPTIONS,
    SAMPLES,
    Installed,
    Source,
    distribution_name,
    parts_of,
)
from connector_core.basics.names import did_you_mean, one_line
from connector_core.plugin.family import dataset as dataset_value
from connector_core.plugin.family import datasets_in

__all__ = [
    "APPS",
    "COMMANDS",
    "DATASETS",
    "EXTENSIONS",
    "GROUPS",
    "OPTIONS",
    "SAMPLES",
    "VERBS",
    "Installed",
    "Source",
    "app",
    "core",
    "find",
    "installed",
    "is_file",
    "load",
    "named",
    "never_ships",
    "odd_options",
    "sample",
]


def find(dataset: str) -> Installed:
    """The one installed dataset of this name, or the one in the file at this path; neither is imported.

    Raises UsageProblem when there is none, BuildError when there are two.
    """
    if is_file(dataset):
        return one_file.described(dataset)
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
    added = (_extension(name) for name in extensions)
    sources = [_own(dataset), *added, *(one_file.file_source(Path(path)) for path in files)]
    names = [source.import_name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise UsageProblem(
                f"Two sources of this build are both imported as {name}. Name each once, or rename one of the files."
            )
    return sources


def _own(dataset: str) -> Source:
    if is_file(dataset):
        return one_file.dataset_source(dataset)
    found = find(dataset)
    return _source(next(point for point in entry_points(group=DATASETS) if point.name == dataset), found.distribution)


def sample(dataset: str) -> Any | None:
    """The ``Sample`` that a dataset's plugin describes, or None. Raises BuildError when it cannot be imported."""
    if is_file(dataset):
        return one_file.sample_in(one_file.dataset_source(dataset))
    for point in entry_points(group=SAMPLES, name=dataset):
        return loaded(point, f"{distribution_name(point)}: the sample records of {dataset}")
    return None


def app(dataset: str) -> EntryPoint | None:
    """The entry point of the app that a plugin brings for *dataset*, or None; nothing of it is imported.

    Raises BuildError where several distributions bring one.
    """
    found = [] if is_file(dataset) else list(entry_points(group=APPS, name=dataset))
    for point in found:
        if "." not in point.module:
            raise BuildError(
                f"{distribution_name(point)} names {point.value} as the app of {dataset}. Put the app into a module of its own, "
                f"such as {point.module}.app: that module is left out of a built connector."
            )
    if len(found) > 1:
        owners = " and ".join(sorted(distribution_name(point) for point in found))
        raise BuildError(f"{owners} each bring an app for {dataset}. Uninstall all but one.")
    return found[0] if found else None


def odd_options(dataset: str, offered: Sequence[str], distributions: Iterable[str]) -> list[str]:
    """What is wrong with the options that the metadata of *distributions* names, one sentence each.

    offered: the names that the hooks of *dataset* offer.
    """
    known = {named(dataset), *(each.name for each in installed())}
    wanted = {canonicalize_name(name) for name in distributions}
    faults = []
    for point in entry_points(group=OPTIONS):
        owner, name = distribution_name(point), one_line(point.name, 60)
        if canonicalize_name(owner) not in wanted:
            continue
        of, dot, option = point.name.partition(".")
        if not dot or of not in known:
            faults.append(
                f"{owner} names the option {name!r} in its metadata, which is of no installed dataset{did_you_mean(of, known)}. "
                "Write DATASET.OPTION."
            )
        elif of == named(dataset) and option not in offered:
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


def _extension(name: str) -> Source:
    points = list(entry_points(group=EXTENSIONS))
    wanted = canonicalize_name(name)
    for point in points:
        if wanted in (canonicalize_name(point.name), canonicalize_name(distribution_name(point))):
            return _source(point, distribution_name(point))
    known = sorted({distribution_name(point) for point in points})
    hint = f"Installed extensions: {', '.join(known)}." if known else "No extension is installed."
    raise UsageProblem(
        f"There is no extension {one_line(name, 60)!r}{did_you_mean(name, known)}. {hint} {advice(name, EXTENSIONS, GROUPS)} "
        f"An extension has an entry point of the group {EXTENSIONS}; a local file is named with --plugin-file."
    )


def _source(point: EntryPoint, name: str) -> Source:
    place, attribute = parts_of(point)
    module = imported(place, name, point.dist)
    if attribute:
        _check_value(module, attribute, f"{name}: the entry point {point.name}")
    version = point.dist.version if point.dist else ""
    root = _root(place.partition(".")[0], name)
    left_out = (*never_ships(name), *_of_sisters(point, root))
    return Source(name, version, module, root, point.dist, left_out, attribute=attribute)


def _check_value(module: ModuleType, attribute: str, what: str) -> None:
    """Raise BuildError unless *attribute* of *module* is a dataset: a value that a built project can name."""
    found = getattr(module, attribute, None)
    if not isinstance(found, dataset_value):
        known = list(datasets_in(vars(module)))
        wrong = "is no dataset(…)" if hasattr(module, attribute) else "is not there"
        has = f"It has {', '.join(known)}. Name one of them" if known else "Name the module alone, if that has the hooks"
        raise BuildError(
            f"{what} names {one_line(attribute, 60)} in {module.__name__}, which {wrong}{did_you_mean(attribute, known)}. "
            f"{has} in the pyproject.toml, and install it again."
        )


def never_ships(name: str) -> Iterator[str]:
    """The modules of the distribution *name* that describe sample records, or are an app."""
    points = (each for group in (SAMPLES, APPS) for each in entry_points(group=group))
    return (each.module for each in points if "." in each.module and _is_of(each, name))


def _of_sisters(point: EntryPoint, root: Path) -> Iterator[str]:
    """The modules below *root* that only other datasets of the same distribution need."""
    name, (module, _) = distribution_name(point), parts_of(point)
    others = {parts_of(each)[0] for each in entry_points(group=DATASETS) if _is_of(each, name)} - {module}
    if not others or root.is_file():
        return
    known = modules_below(root)
    own = needed_by(module, known)
    yield from sorted(set().union(*(needed_by(each, known) for each in others)) - own)


def _is_of(point: EntryPoint, name: str) -> bool:
    return point.dist is not None and canonicalize_name(point.dist.name) == canonicalize_name(name)


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
