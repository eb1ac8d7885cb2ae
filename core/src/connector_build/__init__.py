"""Build Fivetran connectors out of dataset plugins. None of this ships with a connector."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connector_build.sample import Sample as Sample


def __getattr__(name: str) -> Any:
    """``Sample``, when a plugin asks for it: the command itself starts without attrs."""
    if name == "Sample":
        from connector_build.sample import Sample

        return Sample
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
