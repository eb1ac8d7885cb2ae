"""Connectors on Apache Spark: each plugin as a data source, read in parts by the executors of a cluster, or as a stream.

Spark is imported with the first of these names that is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connector_spark.files.backfill import Backfill, backfill
    from connector_spark.queries.extra import extra_table, extra_tables
    from connector_spark.reading.source import ConnectorSource
    from connector_spark.tables.messages import message_of

__all__ = ["Backfill", "ConnectorSource", "backfill", "extra_table", "extra_tables", "message_of"]

_FROM = {
    "Backfill": "files.backfill",
    "ConnectorSource": "reading.source",
    "backfill": "files.backfill",
    "extra_table": "queries.extra",
    "extra_tables": "queries.extra",
    "message_of": "tables.messages",
}


def __getattr__(name: str) -> Any:
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FROM[name]}"), name)
