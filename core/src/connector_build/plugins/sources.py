"""Where the code of a dataset comes from: what is known of it without importing it, and what a build takes from it."""

from importlib.metadata import Distribution, EntryPoint
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import frozen

DATASETS = "connector_core"
EXTENSIONS = "connector_core_extensions"
OPTIONS = "connector_core_options"
SAMPLES = "connector_core_samples"
APPS = "connector_core_apps"
GROUPS = frozenset({DATASETS, EXTENSIONS, OPTIONS, SAMPLES, APPS})


@frozen
class Installed:
    """A dataset, as its metadata or the text of its file tells; nothing of it has been imported.

    distribution: what it comes from: a distribution, or a file.
    options:      the names that it says can be enabled (entry points of the group ``connector_core_options``).
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
    requires:     of a local file, the distributions that it says it needs.
    attribute:    where a module holds datasets as values, the name of the one that is meant.
    sisters:      the names of the others that a local file holds.
    """

    name: str
    version: str
    module: ModuleType
    root: Path
    distribution: Distribution | None = None
    left_out: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    attribute: str = ""
    sisters: tuple[str, ...] = ()

    @property
    def plugin(self) -> Any:
        """What answers the hooks: the module, or the value in it."""
        return attrgetter(self.attribute)(self.module) if self.attribute else self.module

    @property
    def expression(self) -> str:
        """How a built project names it, once its module is imported."""
        return f"{self.module.__name__}.{self.attribute}" if self.attribute else self.module.__name__

    @property
    def import_name(self) -> str:
        """The top-level name by which a built project imports it."""
        return self.root.stem if self.root.is_file() else self.root.name


def parts_of(point: EntryPoint) -> tuple[str, str]:
    """The module that an entry point names, and the value in it, if it names one: of any text, also of one that names neither."""
    module, _, attribute = point.value.partition(":")
    return module.strip(), attribute.strip()


def distribution_name(point: EntryPoint) -> str:
    """What an entry point comes from: its distribution, or what it names where that is not known."""
    return point.dist.name if point.dist else point.value
