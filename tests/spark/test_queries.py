"""Extra tables as queries: the rows that a sync derives."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from reads import alike, collected, served

import connector_mso
from connector_build.api.messages import json_reply
from connector_build.api.server import ApiServer
from connector_build.api.simulation import Simulation
from connector_core import ConfigurationError
from connector_core.plugin.assembly import Plugin, assemble
from connector_spark import extra_table, extra_tables
from connector_spark.choice.options import Options
from parts_support import synced
from simulated import simulated


def test_a_dimension(local: SparkSession) -> None:
    with Simulation([simulated("mso", 300)]) as simulation:
        configuration = {"base_url": simulation.url, "api_key": simulation.secret}
        options = {"dataset": "connector_mso", "enable": "mso_products", **configuration}
        found = collected(extra_table(local, "mso_products", options))
        assembly = assemble([Plugin("mso", connector_mso)], enable=["mso_products"])
        expected = synced(assembly, configuration).live("mso_products").values()
    columns = assembly.tables[0].extra_declared["mso_products"]
    assert alike(found, columns) == alike(expected, columns)


def test_a_nested_list(local: SparkSession, tmp_path: Path) -> None:
    with served("nested list", tmp_path) as tried:
        [plan] = tried.assembly.tables
        [nested] = plan.nested
        found = collected(extra_table(local, nested.name, {**tried.options, **tried.configuration}))
        expected = synced(tried.assembly, tried.configuration).live(nested.name).values()
    columns = plan.extra_declared[nested.name]
    assert len(found) > 10
    assert alike(found, columns) == alike(expected, columns)


PLUGIN = """
from connector_core import (
    Aggregate, Dimension, SinglePage, Table, average, count, count_distinct, count_if, hookimpl, maximum, minimum, total,
)

COLUMNS = {"id": "LONG", "site": "STRING", "hours": "DOUBLE", "pay": "DECIMAL(12,2)", "number": "LONG", "at": "UTC_DATETIME",
           "day": "NAIVE_DATE", "state": "STRING"}


@hookimpl
def connector_tables():
    return [Table("all", "/all", "all", ["id"], COLUMNS)]


@hookimpl
def connector_paginator(table):
    return SinglePage()


@hookimpl
def connector_extra_tables(table):
    return [
        Aggregate("sites", by=["site"], measures={
            "records": count(), "hours": total("hours"), "pay": total("pay"), "numbers": total("number"),
            "mean_hours": average("hours"), "mean_pay": average("pay"), "mean_number": average("number"),
            "first": minimum("at"), "last": maximum("day"), "least": minimum("state"), "most": maximum("pay"),
            "open": count_if("state", ["open", None]), "done": count_if("state", "done"), "states": count_distinct("state"),
        }),
        Dimension("newest", key=["site"], columns=["state", "pay"], newest="at"),
    ]
"""


def record(number: int) -> dict[str, Any]:
    """One of many whose sums of floats depend on the order, with nulls, ties of the newest, and groups of nulls."""
    return {
        "id": number,
        "site": [None, "north", "süd", "far"][number % 4],
        "hours": [1e16, 1.1, -1e16, 0.1, None, 3.3][number % 6],
        "pay": None if number % 7 == 0 else f"{number * 1.37:.2f}",
        "number": None if number % 5 == 0 else 9007199254740993 - number,
        "at": None if number % 11 == 0 else f"2026-03-{1 + number % 9:02d}T07:30:00.125Z",
        "day": f"2026-03-{1 + number % 28:02d}",
        "state": ["open", "done", None, "Open", "zu"][number % 5],
    }


@pytest.mark.parametrize("name", ["sites", "newest"])
def test_measures_and_newest_records(name: str, local: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(PLUGIN)
    server = ApiServer(lambda _: json_reply({"all": [record(number) for number in range(200)]}))
    try:
        options = {"dataset": str(tmp_path / "plugin.py"), "base_url": server.url}
        assembly = Options.read(options).assembly
        expected = synced(assembly, {"base_url": server.url}).live(name).values()
        found = collected(extra_tables(local, options)[name])
    finally:
        server.close()
    columns: Mapping[str, Any] = assembly.tables[0].extra_declared[name]
    assert len(found) == 3
    assert alike(found, columns) == alike(expected, columns)


def test_an_extra_table_that_is_off_is_named(local: SparkSession) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no extra table 'fts_technicians'.*the option enable"):
        extra_table(local, "fts_technicians", {"dataset": "connector_fts"}, source=local.range(1))
