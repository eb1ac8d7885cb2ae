"""What tests of reading with Spark share."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from attrs import frozen
from pyspark.sql import DataFrame, SparkSession
from tried import PLUGIN, TRIED

from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_core.plugin.assembly import Assembly
from connector_core.source.columns import Declared
from connector_core.source.texts import json_text
from parts_support import configuration_of


@frozen
class Tried:
    """A connector that is served, and the options with which Spark reads it."""

    assembly: Assembly
    simulation: Simulation
    options: Mapping[str, str]
    configuration: Mapping[str, str]

    @property
    def table(self) -> str:
        """The table that is read: the last one."""
        return self.options["table"]

    def read(self, spark: SparkSession, **more: str) -> DataFrame:
        return spark.read.format("connector").options(**{**self.options, **self.configuration, **more}).load()


@contextmanager
def served(name: str, folder: Path, records: int = 40, page_size: int = 10) -> Iterator[Tried]:
    """The connector of that name, with a simulated API, and as a plugin file in *folder*."""
    plugin, assembly = folder / "plugin.py", TRIED[name]
    plugin.write_text(PLUGIN.format(name=name))
    with Simulation([Dataset("it", assembly, records=records)]) as simulation:
        configuration = configuration_of(simulation.of("it"), page_size=str(page_size))
        options = {"dataset": str(plugin), "table": assembly.tables[-1].table.name, "numPartitions": "3"}
        yield Tried(assembly, simulation, options, configuration)


def alike(rows: Iterable[Mapping[str, Any]], columns: Declared) -> list[str]:
    """Rows in an order of their own, each as a text: a table may have no key, and Spark has values in a form of its own."""
    return sorted(repr([(name, plainly(columns[name].type, row.get(name))) for name in columns]) for row in rows)


def plainly(kind: str, value: Any) -> Any:
    """A value of a column, whether the engine or Spark gave it: JSON as what it says, and a moment in UTC."""
    if value is None:
        return None
    if kind == "JSON":
        return json.loads(value if isinstance(value, str) else json_text(value))
    if kind == "UTC_DATETIME":
        return value.astimezone(UTC)
    return bytes(value) if kind == "BINARY" else value


def collected(frame: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict() for row in frame.collect()]
