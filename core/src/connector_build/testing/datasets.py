"""An installed dataset, assembled."""

from collections.abc import Sequence
from pathlib import Path

from connector_build.project import making
from connector_core.plugin.assembly import Assembly


def assembled(
    dataset: str,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    *,
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
) -> Assembly:
    """An installed dataset, assembled as ``connector-build`` does it."""
    return making.assembled(dataset, enable, disable, extensions, files)[0]
