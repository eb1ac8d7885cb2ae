"""What tests of parts, and of whatever runs them, share: a simulated API, and the rows that a sync of it leaves."""

from collections.abc import Mapping
from typing import Any

from connector_build.api.simulated import Simulated
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Assembly


def synced(assembly: Assembly, configuration: Mapping[str, str], state: Mapping[str, Any] | None = None) -> Warehouse:
    """The warehouse after a first sync, or one from *state*."""
    warehouse = Warehouse(assembly)
    sync(assembly, configuration, state or {}, warehouse, ListLog())
    return warehouse


def configuration_of(api: Simulated, **more: str) -> dict[str, str]:
    """A configuration that the API lets in, with small pages, where page sizes can be set."""
    return {**api.configuration, **more}
