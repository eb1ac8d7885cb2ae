"""Streams: each change once, however often and wherever a query is killed and started again."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from pyspark.sql import DataFrame, SparkSession
from reads import Tried, alike, served

from connector_build.api.messages import Asked, json_reply
from connector_build.api.server import ApiServer
from connector_build.api.simulation import Simulation
from connector_core import ConfigurationError
from connector_spark.choice.options import Options
from connector_spark.reading.places import Place
from connector_spark.reading.stream import StreamReader
from parts_support import synced
from simulated import simulated


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


def run(spark: SparkSession, tried: Tried, folder: Path, sink: Sink) -> None:
    """Run the stream of what is served, in batches of two pages."""
    start(spark, {**tried.options, **tried.configuration, "rowsPerBatch": "15"}, folder, sink)


def start(spark: SparkSession, options: Mapping[str, str], folder: Path, sink: Sink) -> None:
    """Run a stream until there is nothing new, or it is killed."""
    stream = spark.readStream.format("connector").options(**{**options, "changes": "true", "pollSeconds": "0"}).load()
    query = stream.writeStream.foreachBatch(sink.write).option("checkpointLocation", str(folder)).start()
    try:
        query.processAllAvailable()
    except Exception:
        if sink.kill_at is None:
            raise
    finally:
        query.stop()


KINDS = ["keyset, incremental", "UpdatedSince, cursor", "offset", "children, cursor", "Windows of ids"]


def check_live(tried: Tried, sink: Sink) -> None:
    """Hold what the changes come to against a sync, and that none of them came twice."""
    plan = tried.assembly.tables[-1]
    expected = synced(tried.assembly, tried.configuration).live(tried.table)
    live = sink.live(lambda row: tuple(row[each] for each in plan.table.primary_key))
    assert alike(live, plan.declared) == alike(expected.values(), plan.declared)
    told = [repr(sorted(change.items())) for change in sink.changes]
    assert sorted(told) == sorted(set(told))


@pytest.mark.parametrize("name", KINDS)
def test_a_stream_brings_each_change_once(name: str, local: SparkSession, tmp_path: Path) -> None:
    with served(name, tmp_path) as tried:
        sink = Sink()
        run(local, tried, tmp_path / "state", sink)
        before = len(sink.changes)
        tried.simulation.feed("it", tried.table).append(4, {"item": 1} if name.startswith("children") else {})
        run(local, tried, tmp_path / "state", sink)
        check_live(tried, sink)
    assert len(sink.changes) == before + 4


@pytest.mark.parametrize(("name", "batches"), [("incremental", 3), ("UpdatedSince, cursor", 1)])
def test_a_stream_that_is_killed_anywhere_loses_and_doubles_nothing(
    name: str, batches: int, local: SparkSession, tmp_path: Path
) -> None:
    """Before each batch arrives, and after it did but before Spark knows; and the API goes on meanwhile."""
    with served(name, tmp_path) as tried:
        sink, feed = Sink(), tried.simulation.feed("it", tried.table)
        for number in range(batches):
            for when in ("before", "after"):
                sink.kill_at = (when, number)
                run(local, tried, tmp_path / "state", sink)
                feed.append(1)
                feed.change(1)
        sink.kill_at = None
        run(local, tried, tmp_path / "state", sink)
        check_live(tried, sink)
    assert len(sink.batches) > batches


DELETING = """
from connector_core import KeysetPaginator, Table, hookimpl

@hookimpl
def connector_tables():
    return [Table("items", "/items", "items", ["id"], {"id": "LONG", "name": "STRING"}, deleted="gone")]

@hookimpl
def connector_paginator(table):
    return KeysetPaginator("after_id", "id", "limit", incremental=True)
"""


def test_deletes_are_changes(local: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(DELETING)
    gone: list[int] = []

    def answer(request: Asked) -> Any:
        after = int(request.params.get("after_id", 0))
        records = [{"id": at, "name": "x"} for at in range(1, 8) if at > after and at not in gone][:3]
        return json_reply({"items": records, "gone": gone})

    server, sink = ApiServer(answer), Sink()
    options = {"dataset": str(tmp_path / "plugin.py"), "base_url": server.url}
    try:
        start(local, options, tmp_path / "state", sink)
        gone += [2, 6]
        start(local, options, tmp_path / "state", sink)
    finally:
        server.close()
    assert [row["id"] for row in sink.live(lambda row: row["id"])] == [1, 3, 4, 5, 7]
    assert [(row["id"], row["name"]) for row in sink.changes if row["_change_type"] == "delete"] == [(2, None), (6, None)]


def test_no_secret_is_in_a_checkpoint(local: SparkSession, tmp_path: Path) -> None:
    secret = "sk-5ec2e7-long-enough-to-be-known"
    with Simulation([simulated("fts", 150)], secret=secret) as simulation:
        start(local, {"dataset": "connector_fts", "base_url": simulation.url, "api_key": secret}, tmp_path / "state", Sink())
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert [path.name for path in kept if secret.encode() in path.read_bytes()] == []


REFUSED = {
    "no key, full_refresh": "is replaced in each sync",
    "deleted": r'Write .option\("changes", "true"\)',
    "missing": "no longer lists",
}


@pytest.mark.parametrize(("name", "told"), REFUSED.items())
def test_what_cannot_be_streamed_is_refused(name: str, told: str, tmp_path: Path) -> None:
    with served(name, tmp_path) as tried:
        read = Options.read({**tried.options, **tried.configuration})
        with pytest.raises(ConfigurationError, match=told):
            StreamReader(read, tuple(read.plan.declared))


def test_an_offset_comes_back_as_it_was() -> None:
    place = Place(3, {"since": "2026"}, {b"12345": b"67890"}, 4, exact=False)
    assert Place.read(place.written()) == place
    assert Place.read(Place().written()) == Place()
