"""Where the code of a dataset comes from: what is known of it without importing it, and what a build takes from it."""

from importlib.metadata import Distribution
from pathlib import Path
from types import ModuleType

from attrs import frozen


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
    """

    name: str
    version: str
    module: ModuleType
    root: Path
    distribution: Distribution | None = None
    left_out: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()

    @property
    def import_name(self) -> str:
        """The top-level name by which a built project imports it."""
        return self.root.stem if self.root.is_file() else self.root.name
