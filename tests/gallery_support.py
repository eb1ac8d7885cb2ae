"""The plugins of the gallery, by their names."""

from pathlib import Path

import connector_build.gallery

GALLERY = sorted(path.stem for path in Path(connector_build.gallery.__path__[0]).glob("*.py") if path.stem != "__init__")


def source_of(name: str) -> str:
    """The text of a plugin."""
    return Path(connector_build.gallery.__path__[0], f"{name}.py").read_text(encoding="utf-8")
