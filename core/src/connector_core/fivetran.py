"""The connector as Fivetran runs it. Of this package, only this module imports the Connector SDK."""

from collections.abc import Iterable, Mapping
from typing import Any

from fivetran_connector_sdk import Connector, Logging, Operations

from connector_core.assembly import Plugin, assemble
from connector_core.sync import sync


def connector_for(plugins: Mapping[str, Any], enable: Iterable[str] = (), disable: Iterable[str] = ()) -> Connector:
    """The SDK's ``Connector`` for *plugins* (name with version → module, the dataset's own first), some options switched.

    Raises PluginError when they cannot be assembled. Nothing is logged here: the SDK cannot log before a sync begins.
    """
    assembly = assemble([Plugin(name, module) for name, module in plugins.items()], enable, disable)

    def schema(configuration: Mapping[str, Any]) -> list[dict[str, Any]]:  # noqa: ARG001  (the SDK's signature)
        return assembly.schema

    def update(configuration: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        sync(assembly, configuration, state, Operations, Logging)

    return Connector(update=update, schema=schema)
