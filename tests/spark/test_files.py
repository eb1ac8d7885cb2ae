"""Backfills: all tables in files, and a sync that goes on from the state as if it had read them itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from reads import alike, collected, served

import connector_fts
from connector_build.api.simulation import Simulation
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Plugin, assemble
from connector_spark import backfill
from parts_support import synced
from simulated import simulated

KINDS = ["incremental", "keyset, incremental", "UpdatedSince, cursor", "children, cursor", "days", "offset"]


@pytest.mark.parametrize("name", KINDS)
def test_a_sync_goes_on_where_the_files_end(name: str, local: SparkSession, tmp_path: Path) -> None:
    """Rows of the files, and then what a sync from the state brings: the same as a sync that had begun at the beginning."""
    with served(name, tmp_path) as tried:
        options = {each: value for each, value in {**tried.options, **tried.configuration}.items() if each != "table"}
        found = backfill(local, options, str(tmp_path / "out"))
        landed = {each.table: collected(local.read.parquet(str(tmp_path / "out" / each.table))) for each in found.tables}
        tried.simulation.feed("it", tried.table).append(3, {"item": 1} if name.startswith("children") else {})
        warehouse = Warehouse(tried.assembly)
        for table, rows in landed.items():
            for row in rows:
                warehouse.upsert(table, row)
        sync(tried.assembly, tried.configuration, json.loads(json.dumps(found.state)), warehouse, ListLog())
        expected = synced(tried.assembly, tried.configuration)
    for plan in tried.assembly.tables:
        table = plan.table.name
        assert alike(warehouse.live(table).values(), plan.declared) == alike(expected.live(table).values(), plan.declared)
        assert all(each.rows == len(landed[table]) for each in found.tables if each.table == table)
    if name not in ("offset", "children, cursor"):  # which are read whole in each sync
        assert len(warehouse.on(tried.table)) < len(warehouse.live(tried.table)) + len(landed[tried.table])


def test_extra_tables_equal_those_of_the_sync(local: SparkSession, tmp_path: Path) -> None:
    assembly = assemble([Plugin("fts", connector_fts)], enable=["fts_technicians"])
    with Simulation([simulated("fts", 250)]) as simulation:
        options = {"dataset": "connector_fts", "enable": "fts_technicians", "base_url": simulation.url}
        configuration = {"base_url": simulation.url, "api_key": simulation.secret, "page_size": "100"}
        expected = synced(assembly, configuration).live("fts_technicians").values()
        backfill(local, {**options, "api_key": simulation.secret}, str(tmp_path / "out"))
    [plan] = assembly.tables
    columns = plan.extra_declared["fts_technicians"]
    assert alike(collected(local.read.parquet(str(tmp_path / "out/fts_technicians"))), columns) == alike(expected, columns)


@pytest.mark.parametrize(("what", "told"), [("--conf x=1", "write a property of Spark"), ("--partitions 0", "--partitions")])
def test_the_command_refuses_what_cannot_be(what: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "configuration.json").write_text("{}")
    done = run(tmp_path, "fts", "--to", "out", "--configuration", "configuration.json", *what.split())
    assert (done.returncode, told in done.stderr) == (2, True)
    assert not (tmp_path / "out").exists()


def test_the_command_writes_files_and_a_state(tmp_path: Path) -> None:
    with Simulation([simulated("fts", 120)]) as simulation:
        configuration = {"api_key": simulation.secret, "base_url": simulation.url}
        (tmp_path / "configuration.json").write_text(json.dumps(configuration))
        arguments = ["fts", "--to", "out", "--configuration", "configuration.json", "--engine", "spark", "--partitions", "2"]
        done = run(tmp_path, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        again = run(tmp_path, *arguments)
    said = json.loads(done.stdout)
    assert said == {"tables": {"fts_records": {"rows": 120, "parts": 1, "goes_on": True}}, "state": "fts.state.json"}
    assert list((tmp_path / "out/fts_records").glob("*.parquet")) != []
    assert list(json.loads((tmp_path / "fts.state.json").read_text())) == ["next_cursor"]
    assert (again.returncode, "there is something in it" in again.stderr) == (2, True)


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "connector_build", "backfill", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
