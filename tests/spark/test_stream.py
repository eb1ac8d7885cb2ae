"""Streams: each change once, however often and wherever a query is killed and started again."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field, frozen
from pyspark.sql import DataFrame, SparkSession
from reads import Tried, alike, served

from connector_core import ConfigurationError
from connector_core.parts.part import Part
from connector_spark.choice.options import Options
from connector_spark.reading.places import Place
from connector_spark.reading.stream import StreamReader
from parts_support import synced


class Killed(Exception):  # noqa: N818  (nothing is wrong with it)
    """The query ends here."""


@define
class Sink:
    """Where batches go, by their number: one that comes again takes the place of what it was, as an exactly-once sink does it."""

    batches: dict[int, list[dict[str, Any]]] = field(factory=dict)
    kill_at: tuple[str, int] | None = None

    def write(self, frame: DataFrame, number: int) -> None:
        rows = [row.asDict() for row in frame.collect()]
        if self.kill_at == ("before", number):
            raise Killed
        self.batches[number] = rows
        if self.kill_at == ("after", number):
            raise Killed

    @property
    def changes(self) -> list[dict[str, Any]]:
        return [row for number in sorted(self.batches) for row in self.batches[number]]

    def live(self, key: Callable[[Mapping[str, Any]], Any]) -> list[dict[str, Any]]:
        """The rows that there are after all changes."""
        rows: dict[Any, dict[str, Any]] = {}
        for change in self.changes:
            rows.pop(key(change), None)
            if change["_change_type"] == "upsert":
                rows[key(change)] = {name: value for name, value in change.items() if name != "_change_type"}
        return list(rows.values())


def run(spark: SparkSession, tried: Tried, folder: Path, sink: Sink, **more: str) -> None:
    """Run the stream until there is nothing new, or it is killed."""
    options = {**tried.options, **tried.configuration, "changes": "true", "pollSeconds": "0", **more}
    stream = spark.readStream.format("connector").options(**options).load()
    query = stream.writeStream.foreachBatch(sink.write).option("checkpointLocation", str(folder)).start()
    try:
        query.processAllAvailable()
    except Exception:
        if sink.kill_at is None:
            raise
    finally:
        query.stop()


KINDS = ["cursor", "keyset, incremental", "UpdatedSince, cursor", "offset", "children, cursor", "Windows of ids"]


@pytest.mark.parametrize("name", KINDS)
def test_a_stream_brings_each_change_once(name: str, local: SparkSession, tmp_path: Path) -> None:
    with served(name, tmp_path) as tried:
        sink, plan = Sink(), tried.assembly.tables[-1]
        run(local, tried, tmp_path / "state", sink, rowsPerBatch="15")
        feed = tried.simulation.feed("it", tried.table)
        before = len(sink.changes)
        parents = {"item": 1} if name.startswith("children") else {}
        feed.append(4, **({"given": parents} if parents else {}))
        run(local, tried, tmp_path / "state", sink, rowsPerBatch="15")
        expected = synced(tried.assembly, tried.configuration).live(tried.table)
    columns = plan.declared
    assert alike(sink.live(lambda row: tuple(row[each] for each in plan.table.primary_key)), columns) == alike(expected.values(), columns)
    assert len(sink.changes) == before + 4 == len(expected)
