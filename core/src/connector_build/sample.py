"""What a plugin's module with sample records imports: ``Sample``."""

from connector_build.api.sample import Sample

__all__ = ["Sample"]
