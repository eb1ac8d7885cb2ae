"""Reading tables in parts: the rows of the sync, for each paginator, strategy, child chain and list of the settings."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812  (as everybody calls it)
from reads import alike, collected, served
from tried import TRIED

from connector_build.api.messages import Asked, Reply
from connector_build.api.server import ApiServer
from connector_build.api.simulation import Simulation
from parts_support import synced
from simulated import simulated


@pytest.mark.parametrize("name", TRIED)
def test_rows_equal_those_of_the_sync(name: str, local: SparkSession, tmp_path: Path) -> None:
    with served(name, tmp_path) as tried:
        plan = tried.assembly.tables[-1]
        expected = list(synced(tried.assembly, tried.configuration).live(tried.table).values())
        frame = tried.read(local)
        found = collected(frame)
    assert frame.columns == list(plan.declared)
    assert len(expected) > 0
    assert alike(found, plan.declared) == alike(expected, plan.declared)


def test_an_installed_dataset_with_its_descriptions(local: SparkSession) -> None:
    with Simulation([simulated("fts", 250)]) as simulation:
        options = {"dataset": "connector_fts", "enable": "cost_per_hour"}
        configuration = {"base_url": simulation.url, "api_key": simulation.secret}
        frame = local.read.format("connector").options(**options, **configuration).load()
        found = collected(frame)
    assert len(found) == 250
    assert {type(row["log_date"]) for row in found} == {date}
    assert {type(row["cost_per_hour"]) for row in found} <= {float, type(None)}
    assert sum(row["cost_per_hour"] or 0 for row in found) > 0
    comments = {field.name: field.metadata.get("comment") for field in frame.schema}
    assert comments["maintenance_cost"] == "cost of the maintenance; currency as the API has it"
    assert dict(frame.dtypes) | {"last_updated_epoch": "bigint", "log_date": "date"} == dict(frame.dtypes)


TYPES = """
from datetime import datetime
from connector_core import SinglePage, Table, hookimpl

@hookimpl
def connector_tables():
    return [Table("all", "/all", "all", ["id"], {
        "id": "LONG", "flag": "BOOLEAN", "small": "SHORT", "middle": "INT", "price": "DECIMAL(15,2)", "share": "DOUBLE",
        "single": "FLOAT", "day": "NAIVE_DATE", "local": "NAIVE_DATETIME", "moment": "UTC_DATETIME", "said": "JSON",
        "raw": "BINARY", "text": "STRING"})]

@hookimpl
def connector_paginator(table):
    return SinglePage()
"""
RECORDS = b"""{"all": [{"id": 9007199254740993, "flag": true, "small": 7, "middle": 70000, "price": "1234567890123.45",
 "share": 0.1, "single": 0.5, "day": "2026-03-08", "local": "2026-03-08T02:30:00", "moment": "2026-03-08T09:30:00.25+02:00",
 "said": {"a": [1.10, null]}, "raw": "aGk=", "text": 5},
 {"id": 1}]}"""


def test_types_are_exact(local: SparkSession, tmp_path: Path) -> None:
    """In a session whose time zone has no half past two on that day."""
    (tmp_path / "types.py").write_text(TYPES)
    server = ApiServer()
    server.answering = lambda _: Reply(200, {"Content-Type": "application/json"}, RECORDS)
    try:
        options = {"dataset": str(tmp_path / "types.py"), "base_url": server.url}
        frame = local.read.format("connector").options(**options).load()
        made = frame.select("*", F.unix_micros("moment").alias("micros"), F.col("local").cast("string").alias("clock"))
        row, nulls = sorted(collected(made), key=lambda row: -row["id"])
    finally:
        server.close()
    assert (row["id"], row["flag"], row["small"], row["middle"], row["text"]) == (9007199254740993, True, 7, 70000, "5")
    assert (row["price"], row["share"], row["single"], row["day"]) == (Decimal("1234567890123.45"), 0.1, 0.5, date(2026, 3, 8))
    assert (row["local"], row["clock"]) == (datetime(2026, 3, 8, 2, 30), "2026-03-08 02:30:00")
    assert row["micros"] == int(datetime(2026, 3, 8, 7, 30, tzinfo=UTC).timestamp() * 1e6) + 250_000
    assert (row["said"], bytes(row["raw"])) == ('{"a": [1.10, null]}', b"hi")
    assert [value for name, value in nulls.items() if name != "id"] == [None] * 14
    assert dict(frame.dtypes)["price"] == "decimal(15,2)"
    assert dict(frame.dtypes)["local"] == "timestamp_ntz"


# What the API can answer itself


def asked(tried: Any, what: Callable[[Asked], Any]) -> list[Any]:
    return [what(request) for request in tried.simulation.requests]


def test_a_filter_on_the_time_of_change_becomes_the_strategys(local: SparkSession, tmp_path: Path) -> None:
    with served("UpdatedSince, cursor", tmp_path) as tried:
        everything = collected(tried.read(local))
        edge = sorted(row["updated"] for row in everything)[30]
        before = len(tried.simulation.requests)
        found = collected(tried.read(local, filters="push").where(F.col("updated") >= edge))
        sent = [request.params.get("since") for request in tried.simulation.requests[before:]]
    assert set(sent) == {str(edge)}
    assert sorted(row["id"] for row in found) == sorted(row["id"] for row in everything if row["updated"] >= edge)


def test_a_filter_on_the_key_becomes_the_place_to_start_after(local: SparkSession, tmp_path: Path) -> None:
    with served("keyset", tmp_path) as tried:
        found = collected(tried.read(local, filters="push").where("id > 25"))
        sent = asked(tried, lambda request: request.params.get("after_id"))
    assert sent[0] == "25"
    assert [row["id"] for row in found] == list(range(26, 41))


def test_ids_become_windows_where_the_column_is_said(local: SparkSession, tmp_path: Path) -> None:
    with served("Windows of ids", tmp_path) as tried:
        found = collected(tried.read(local, filters="push", windowColumn="id").where("id between 10 and 30"))
        sent = {(request.params["from"], request.params["to"]) for request in tried.simulation.requests}
    assert [row["id"] for row in sorted(found, key=lambda row: row["id"])] == list(range(10, 31))
    assert sent == {("9", "16"), ("17", "24"), ("25", "32")}


def test_parents_that_no_child_is_wanted_of_are_left_out(local: SparkSession, tmp_path: Path) -> None:
    with served("children, cursor", tmp_path) as tried:
        found = collected(tried.read(local, filters="push").where("item in (3, 5)"))
        sent = {request.path for request in tried.simulation.requests if request.path.endswith("/parts")}
    assert {row["item"] for row in found} == {3, 5}
    assert sent == {"/items/3/parts", "/items/5/parts"}


def test_columns_that_nobody_reads_are_not_looked_at(local: SparkSession, tmp_path: Path) -> None:
    with served("cursor", tmp_path) as tried:
        tried.simulation.of("it").world.records("items")[3]["day"] = "no day at all"
        frame = tried.read(local, columns="id,name")
        assert (frame.columns, frame.count()) == (["id", "name"], 40)
        with pytest.raises(Exception, match="no day at all"):
            tried.read(local).collect()
