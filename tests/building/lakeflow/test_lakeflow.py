"""Plugins as sources of Lakeflow community connectors, in a pipeline that is made for tests."""

import ast
import runpy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import connector_build.lakeflow.adapter as adapter
from away import StandIn, mounted
from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.cli.main import main
from connector_build.lakeflow.adapter import SEQUENCE, PluginSource, places
from connector_build.testing.warehouse.memory import Warehouse
from connector_core.basics.errors import ConfigurationError
from connector_core.engine.sync import make_client
from connector_core.plugin.assembly import Assembly
from crew_file import CREW
from gallery_support import GALLERY, PAGE, assembled, records_for, sync_from
from lakeflow_shim import LakeflowConnect, Pipeline, SupportsPartition, databricks, in_parts
from simulated import simulated

KEY = "canary-77b0e1"


def connector(assembly: Assembly) -> type[PluginSource]:
    """A source as a generated file has it."""

    class Source(PluginSource, LakeflowConnect, SupportsPartition):
        @classmethod
        def assembled(cls) -> Assembly:
            return assembly

    return Source


@contextmanager
def served(name: str, assembly: Assembly, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Simulation, dict[str, str]]]:
    """The API of a plugin of the gallery, with its files on other hosts, and the options of a connection to it."""
    with databricks(), Simulation([Dataset(name, assembly, records=records_for(assembly))], away=True) as simulation:
        hosts = {host.replace("*", "files") for plan in assembly.tables for host in plan.table.elsewhere}
        monkeypatch.setattr(adapter, "make_client", mounted(make_client, *(StandIn(host, simulation.url) for host in hosts)))
        sized = {"page_size": PAGE} if any(setting.name == "page_size" for setting in assembly.settings) else {}
        yield simulation, {**simulation.of(name).configuration, **sized}


@pytest.mark.parametrize("name", GALLERY)
def test_the_gallery_in_three_triggers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assembly = assembled(name)
    with served(name, assembly, monkeypatch) as (simulation, options):
        api = simulation.of(name)
        source = connector(assembly)({**options, "tableName": "what Spark adds"})
        pipeline, warehouse = Pipeline({adapter.BATCH: "7"}), Warehouse(assembly)
        for _ in range(3):
            pipeline.trigger(source)
            warehouse.connect(assembly)
            sync_from(assembly, api, simulation.url, warehouse.state, warehouse)
            assert not simulation.errors
            assert_same(pipeline, warehouse, assembly)
            api.world.move_on(3, 3, 2)


def assert_same(pipeline: Pipeline, warehouse: Warehouse, assembly: Assembly) -> None:
    """Each table's rows are those of the warehouse, as far as they are declared."""
    for name, place in places(assembly).items():
        wanted = [_told(row, place.columns) for row in warehouse.live(name).values()]
        found = [{key: value for key, value in row.items() if key != SEQUENCE} for row in pipeline.tables.get(name, {}).values()]
        assert sorted(found, key=repr) == sorted(wanted, key=repr), name


@pytest.mark.parametrize("name", GALLERY)
def test_the_gallery_in_parts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assembly = assembled(name)
    with served(name, assembly, monkeypatch) as (simulation, options):
        api = simulation.of(name)
        source, warehouse = connector(assembly)(options), Warehouse(assembly)
        warehouse.connect(assembly)
        sync_from(assembly, api, simulation.url, warehouse.state, warehouse)
        for table, place in places(assembly).items():
            rows, number = in_parts(source, table, {adapter.PARTITIONS: "3"})
            assert number <= 3
            wanted = [_told(row, place.columns) for row in warehouse.live(table).values()]
            found = [{key: value for key, value in row.items() if key != SEQUENCE} for row in rows]
            assert sorted(found, key=repr) == sorted(wanted, key=repr), table
            assert all((SEQUENCE in row) is not place.snapshot for row in rows)
        assert not simulation.errors


def test_children_are_read_in_as_many_parts_as_are_wanted() -> None:
    assembly = assembled("mailchimp")
    with databricks(), Simulation([Dataset("mailchimp", assembly, records=records_for(assembly))]) as simulation:
        source = connector(assembly)(simulation.of("mailchimp").configuration)
        children = [name for name, place in places(assembly).items() if name == place.plan.table.name and place.plan.parent]
        assert [in_parts(source, name, {adapter.PARTITIONS: "2"})[1] for name in children] == [2] * len(children) != []


def _told(row: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: adapter._value(row.get(name), column.type) for name, column in columns.items()}


def generated(*arguments: str) -> Any:
    """The class in the file that the command writes."""
    result = CliRunner().invoke(main, ["lakeflow", *arguments, "--output", "source.py"])
    assert result.exit_code == 0, result.output
    text = Path("source.py").read_text()
    assert KEY not in text
    ast.parse(text)
    found = [each for each in runpy.run_path("source.py").values() if isinstance(each, type)]
    [source] = [each for each in found if issubclass(each, LakeflowConnect) and each is not LakeflowConnect]
    return source


def test_a_generated_file_reads_on_from_trigger_to_trigger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_KEY", KEY)
    with databricks(), Simulation([simulated("fts", 250)], secret=KEY) as server:
        made = generated("fts", "--enable", "fts_technicians,cost_per_hour")
        assert made.__name__ == "FtsLakeflowConnect"
        source = made({"api_key": KEY, "base_url": server.url, "page_size": "20"})
        assert source.list_tables() == ["fts_records", "fts_technicians"]
        about = source.read_table_metadata("fts_records", {})
        assert about == {"primary_keys": ["record_id"], "cursor_field": SEQUENCE, "ingestion_type": "cdc"}
        assert source.read_table_metadata("fts_technicians", {})["ingestion_type"] == "snapshot"
        [key] = [
            each for each in source.get_table_schema("fts_records", {}).fields if not each.nullable and each.name != SEQUENCE
        ]
        assert (key.name, key.dataType) == ("record_id", ("String",))
        pipeline, warehouse = Pipeline({adapter.BATCH: "50"}), Warehouse(source.assembled())
        for _ in range(3):
            pipeline.trigger(source)
            sync_from(source.assembled(), server.of("fts"), server.url, warehouse.state, warehouse)
            assert_same(pipeline, warehouse, source.assembled())
            server.feed("fts").append(15)
            server.feed("fts").change(10)
        assert pipeline.batches["fts_records"] >= 1


def test_a_dataset_in_one_file_is_in_the_generated_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("crew.py").write_text(CREW)
    with databricks():
        made = generated("crew.py")
        Path("crew.py").unlink()
        assert made.__name__ == "CrewLakeflowConnect"
        assert made({}).list_tables()


def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with databricks(), Simulation([simulated("fts", 5)], secret=KEY) as server:
        source = generated("fts")({"api_key": "other-9f3c21", "base_url": server.url})
        with pytest.raises(ValueError, match=r"There is no table 'nothing'\. Tables: fts_records\."):
            source.read_table_metadata("nothing", {})
        with pytest.raises(ConfigurationError, match="The API does not accept the key") as refused:
            source.read_table("fts_records", None, {})
        assert "other-9f3c21" not in str(refused.value)


def test_a_file_of_somebody_else_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("mine")
    refused = CliRunner().invoke(main, ["lakeflow", "fts", "--output", "mine.py"])
    assert refused.exit_code == 1
    assert "mine.py was not written by connector-build." in refused.stderr
    assert Path("mine.py").read_text() == "mine"
    assert CliRunner().invoke(main, ["lakeflow", "fts", "--output", "mine.py", "--force"]).exit_code == 0
    again = CliRunner().invoke(main, ["lakeflow", "fts", "--output", "mine.py"])
    assert again.exit_code == 0
    assert again.stdout.startswith("Wrote mine.py: fts_records.\n")


def test_one_of_several_datasets_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
from connector_core import CursorPaginator, Table, base_url, dataset

API = dataset(settings=[base_url("https://ferry.example.com")], paginator=CursorPaginator())
ships = API.with_(tables=[Table("ships", "/ships", "ships", ["id"], {"id": "LONG"})])
crews = API.with_(tables=[Table("crews", "/crews", "crews", ["id"], {"id": "LONG"})])
"""
    Path("ferry.py").write_text(text)
    with databricks():
        made = generated("ferry.py:ships")
        Path("ferry.py").unlink()
        assert made.__name__ == "ShipsLakeflowConnect"
        assert made({}).list_tables() == ["ships"]
