"""The data source "connector": what Spark asks for its schema and its readers."""

from collections.abc import MutableMapping

from pyspark.sql.datasource import DataSource, DataSourceReader, SimpleDataSourceStreamReader
from pyspark.sql.types import StructType

from connector_spark.choice.options import Options
from connector_spark.reading.batch import AskingReader, BatchReader
from connector_spark.reading.stream import StreamReader
from connector_spark.tables.messages import told
from connector_spark.tables.schema import schema_of, with_change, with_rest


class ConnectorSource(DataSource):
    """Any dataset plugin as a data source: ``spark.dataSource.register(ConnectorSource)``, and then ``format("connector")``.

    Its options are those of ``connector_spark.choice.options``, and the settings of the connection. What cannot be used is
    refused with a message that says what to write.
    """

    def __init__(self, options: MutableMapping[str, str]) -> None:
        super().__init__(options)
        with told():
            self._read = Options.read(options)

    @classmethod
    def name(cls) -> str:
        return "connector"

    def schema(self) -> StructType:
        """The declared columns, and those that the options add."""
        schema = schema_of(self._read.plan.declared, self._read.columns)
        if self._read.rests:
            return with_rest(schema)
        return with_change(schema) if self._read.changes else schema

    def reader(self, schema: StructType) -> DataSourceReader:
        kind = AskingReader if self._read.pushes else BatchReader
        return kind(self._read, schema.names)

    def simpleStreamReader(self, schema: StructType) -> SimpleDataSourceStreamReader:  # noqa: N802  (Spark's name)
        return StreamReader(self._read, schema.names)
