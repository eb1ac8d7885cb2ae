"""An installed dataset, assembled."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from connector_build.plugins.discovery import Source, load
from connector_core.plugin.assembly import Assembly, Plugin, assemble


def plugins_of(sources: Iterable[Source]) -> list[Plugin]:
    """What is assembled of *sources*."""
    return [Plugin(source.name, source.module, source.version) for source in sources]


def assembled(
    dataset: str,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    *,
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
) -> Assembly:
    """An installed dataset, assembled as ``connector-build`` does it."""
    return assemble(plugins_of(load(dataset, extensions, files)), enable, disable)
