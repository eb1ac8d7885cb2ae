"""What must not show, what goes wrong, and how fast it may go."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from reads import served

from connector_build.api.messages import Asked, json_reply
from connector_build.api.server import ApiServer
from connector_build.api.simulation import Simulation
from connector_core import ConnectorError
from connector_spark import message_of
from connector_spark.choice.options import Options
from simulated import simulated

SECRET = "sk-5ec2e7-long-enough-to-be-known"


def test_a_secret_shows_nowhere(local: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Given in the options as it is: not in a plan, not in a partition, not in what goes wrong, not in a log."""
    with Simulation([simulated("fts", 100)], secret=SECRET) as simulation:
        options = {"dataset": "connector_fts", "base_url": simulation.url, "api_key": SECRET}
        frame = local.read.format("connector").options(**options).load().where("downtime_hours > 1")
        plans = frame._jdf.queryExecution().toString()
        assert frame.count() > 0
        simulation.faults.add("status=401")
        with pytest.raises(Exception, match="check the key") as failed:
            frame.collect()
    shown = [plans, str(failed.value), repr(Options.read(options)), capfd.readouterr().err]
    assert [text for text in shown if SECRET in text] == []
    assert message_of(failed.value) is not None


@pytest.mark.parametrize("where", ["env:TRIED_KEY", "file:{folder}/key"])
def test_a_secret_by_the_name_of_where_it_is(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIED_KEY", SECRET)
    (tmp_path / "key").write_text(SECRET + "\n")
    read = Options.read({"dataset": "connector_fts", "api_key": where.format(folder=tmp_path)})
    assert read.configuration["api_key"] == SECRET


FTS = {"dataset": "connector_fts"}
EXTRA = {**FTS, "table": "fts_technicians", "enable": "fts_technicians"}
WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no dataset": ({}, r"The option dataset is missing"),
    "unknown dataset": ({"dataset": "ftz"}, r"There is no dataset 'ftz' here.*Installed: "),
    "unknown table": ({**FTS, "table": "fts_record"}, r"There is no table 'fts_record' \(did you mean fts_records\?\)"),
    "extra table": (EXTRA, r"fts_technicians is an extra table.*extra_table\(spark"),
    "misspelt setting": ({**FTS, "api_kex": "x"}, r"'api_kex' is none of the data source.*did you mean api_key"),
    "partitions": ({**FTS, "numPartitions": "many"}, r"numPartitions is 'many'. Write a whole number, 1 or more"),
    "columns": ({**FTS, "columns": "log_dat"}, r"columns names 'log_dat'.*did you mean log_date"),
    "secret that is not there": ({**FTS, "api_key": "env:NOT_THERE"}, r"no such variable"),
    "parents": ({**FTS, "parents": "twice"}, r"parents is 'twice'. Write one of once, partitions"),
    "no file": ({"dataset": "/no/crew.py"}, r"/no/crew.py cannot be read"),
    "no plugin file": ({**FTS, "pluginFile": "/no/crew.py"}, r"/no/crew.py cannot be read"),
    "no table": ({"dataset": "connector_build.gallery.discord"}, r"The option table is missing. Write one of "),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_option_says_what_to_write(what: str) -> None:
    options, told = WRONG[what]
    with pytest.raises(ConnectorError, match=told):
        Options.read(options)


def test_what_goes_wrong_in_an_executor_comes_as_our_message(local: SparkSession, tmp_path: Path) -> None:
    with served("children, cursor", tmp_path) as tried:
        tried.simulation.of("it").world.records("parts")[7]["id"] = None
        with pytest.raises(Exception, match="An exception was thrown") as failed:
            tried.read(local).collect()
    said = message_of(failed.value)
    assert said is not None
    assert said.startswith("parts: GET /items/")
    assert "Traceback" not in str(failed.value).split(said[:30])[0]


# Budgets

BUDGETED = """
from connector_core import Budget, CursorPaginator, Parent, Table, hookimpl

BUDGET = Budget(8, 2)
COLUMNS = {"id": "LONG", "name": "STRING"}

@hookimpl
def connector_tables():
    return [
        Table("items", "/items", "items", ["id"], COLUMNS, budget=BUDGET),
        Table("parts", "/items/{parent.id}/parts", "parts", ["item", "id"], {"item": "LONG", **COLUMNS},
              parent=Parent("items", {"item": "id"}), budget=BUDGET),
    ]

@hookimpl
def connector_paginator(table):
    return CursorPaginator(size_param="limit")
"""


def test_partitions_keep_a_budget_together(local: SparkSession, tmp_path: Path) -> None:
    """A server that counts, by its own clock: no two seconds have more than eight requests, those of the driver among them."""
    plugin = tmp_path / "plugin.py"
    plugin.write_text(BUDGETED)
    times: list[float] = []
    lock = threading.Lock()

    def answer(request: Asked) -> Any:
        with lock:
            times.append(time.monotonic())
        number = request.path.split("/")[2] if request.path != "/items" else ""
        records = [{"id": at, "name": "x"} for at in range(2 if number else 20)]
        return json_reply({"parts" if number else "items": records, "next_cursor": None})

    server = ApiServer(answer)
    try:
        options = {"dataset": str(plugin), "table": "parts", "numPartitions": "2", "base_url": server.url, "threads": "4"}
        assert local.read.format("connector").options(**options).load().count() == 40
    finally:
        server.close()
    assert len(times) == 21
    assert most_within(times, 2.0) <= 8


def most_within(times: Sequence[float], seconds: float) -> int:
    """How many of *times* lie in so many seconds at most."""
    return max(sum(start <= each < start + seconds for each in times) for start in times)
