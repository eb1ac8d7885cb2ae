"""From the name of a dataset, and what was chosen of it, to its project."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from connector_build.catalog.dictionary import dictionary_of
from connector_build.catalog.entries import Dictionary
from connector_build.errors import BuildError
from connector_build.plugins.discovery import Source, core, find, installed, load, named, odd_options
from connector_build.project.output import write_project
from connector_build.project.report import report
from connector_build.project.writer import Project, make_project
from connector_core.basics.errors import PluginError
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.tables import Undeclared


def assembled(
    dataset: str,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
    undeclared: Undeclared | None = None,
) -> tuple[Assembly, list[Source]]:
    """A dataset with *extensions* and local *files*, and the sources that it was assembled from.

    *dataset* is the name of an installed one, or the path of the file that it is.

    Raises BuildError for a plugin that is not there or cannot be imported, PluginError for one that answers wrongly.
    """
    sources = load(dataset, extensions, files)
    plugins = [Plugin(source.name, source.plugin, source.version) for source in sources]
    return assemble(plugins, enable, disable, undeclared), sources


def every_assembled(leave_out: Callable[[str], None]) -> list[tuple[str, Assembly]]:
    """Every installed dataset by its name, assembled; *leave_out* is told of each that is broken."""
    found = []
    for each in installed():
        try:
            found.append((each.name, assembled(each.name)[0]))
        except (BuildError, PluginError) as error:
            leave_out(str(error))
    return found


def dictionary(dataset: str, **choice: Any) -> Dictionary:
    """What *dataset* is and what each part of it means; *choice* is what `assembled` takes."""
    return explained(dataset, *assembled(dataset, **choice))


def explained(dataset: str, assembly: Assembly, sources: Sequence[Source]) -> Dictionary:
    """The same of what is assembled already."""
    about = find(dataset)
    versions = {source.name: source.version for source in sources}
    return dictionary_of(assembly, about.name, version=sources[0].version, summary=about.summary, versions=versions)


def everything(dataset: str) -> Dictionary:
    """The dictionary of *dataset* with all that can be enabled: rows that are there may have been landed with any of it."""
    return dictionary(dataset, enable=[option.name for option in dictionary(dataset).options])


def made(dataset: str, *, pyproject: bool = False, **choice: Any) -> Project:
    """The project of *dataset*, with a ``pyproject.toml`` if wanted; *choice* is what `assembled` takes."""
    assembly, sources = assembled(dataset, **choice)
    described = find(dataset).summary if pyproject else None
    return make_project(named(dataset), assembly, core(), sources, described=described)


def build_into(folder: Path, dataset: str, *, force: bool = False, **choice: Any) -> str:
    """Write the project of *dataset* into *folder*, as `write_project` does; what there is to say. *choice*: that of `made`."""
    project = made(dataset, **choice)
    written = write_project(project, folder, force=force)
    offered = [option.name for option in project.assembly.options]
    odd = odd_options(dataset, offered, [plugin.name for plugin in project.assembly.plugins])
    return report(project, folder, written, odd)
