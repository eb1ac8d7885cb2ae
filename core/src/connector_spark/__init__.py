"""Connectors on Apache Spark: each plugin as a data source, read in parts by the executors of a cluster, or as a stream."""

from connector_spark.queries.extra import extra_table, extra_tables
from connector_spark.reading.source import ConnectorSource
from connector_spark.tables.messages import message_of

__all__ = ["ConnectorSource", "extra_table", "extra_tables", "message_of"]
