"""Reading tables in parts: the rows of the sync, for each paginator, strategy, child chain and list of the settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from tried import PLUGIN, TRIED

from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from parts_support import configuration_of, synced


def alike(rows: Any) -> list[str]:
    """Rows in an order of their own, each as a text: a table may have no key."""
    return sorted(repr(sorted(row.items())) for row in rows)


def read(spark: SparkSession, **options: str) -> DataFrame:
    return spark.read.format("connector").options(**options).load()


@pytest.mark.parametrize("name", TRIED)
def test_rows_equal_those_of_the_sync(name: str, local: SparkSession, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(PLUGIN.format(name=name))
    assembly = TRIED[name]
    with Simulation([Dataset("it", assembly, records=40)]) as simulation:
        configuration = configuration_of(simulation.of("it"), page_size="10")
        warehouse = synced(assembly, configuration)
        plan = assembly.tables[-1]
        frame = read(local, dataset=str(plugin), table=plan.table.name, numPartitions="3", **configuration)
        found = [row.asDict() for row in frame.collect()]
    expected = [{name: row.get(name) for name in plan.declared} for row in warehouse.live(plan.table.name).values()]
    assert frame.columns == list(plan.declared)
    assert len(expected) > 0
    assert alike(found) == alike(expected)
