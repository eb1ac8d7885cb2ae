"""Packages run green over what a sync landed, and say what the plugin says."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytest.importorskip("dbt.cli.main", reason="dbt is in an environment of its own: tox run -e dbt")

from dbt_package.landing import assembled
from dbt_package.running import DATASETS, Project


@pytest.fixture(scope="module")
def outcomes(project: Project) -> Mapping[str, str]:
    """How each part of one build went."""
    project.reset()
    return project.outcomes("build")


@pytest.fixture(scope="module")
def manifest(project: Project, outcomes: Mapping[str, str]) -> Any:
    return json.loads((project.folder / "target" / "manifest.json").read_text(encoding="utf-8"))


def test_a_build_is_green(outcomes: Mapping[str, str]) -> None:
    assert {name: status for name, status in outcomes.items() if status not in ("pass", "success")} == {}


def test_every_promise_has_a_test(outcomes: Mapping[str, str]) -> None:
    for dataset in DATASETS:
        for plan in assembled(dataset).tables:
            for extra in plan.extra_tables:
                made = [name for name in outcomes if name.startswith(f"{extra.name}__") and name.endswith("__holds")]
                assert len(made) == len(plan.extra_declared[extra.name]) - len(extra.by)


def test_descriptions_arrive_as_the_plugin_has_them(manifest: Any) -> None:
    """Nothing in them is evaluated, and nothing lost, whatever Jinja and YAML would make of it."""
    said = {"crews": assembled("crew").tables[0].table.description}
    found = {node["name"]: node for node in manifest["sources"].values()}
    assert {name: found[name]["description"] for name in said} == said
    assert found["crews"]["columns"]["name"]["description"] == said["crews"]
    models = {node["name"]: node for node in manifest["nodes"].values()}
    assert models["stg_crew__crews"]["description"] == f"The live rows of crews: {said['crews']}"


def test_types_are_those_of_the_target(manifest: Any) -> None:
    columns = manifest["sources"]["source.crew.crew.crew_shifts"]["columns"]
    found = {name: column["data_type"] for name, column in columns.items()}
    assert found["hours"] == "double"
    assert found["paid"] == "decimal(12,3)"
    assert found["at"] == "timestamptz"
    assert found["p_95_ms"] == "integer"


def test_personal_data_is_marked(manifest: Any) -> None:
    columns = manifest["sources"]["source.crew.crew.crew_shifts"]["columns"]
    assert [name for name, column in columns.items() if column["meta"].get("pii")] == ["mail"]


@pytest.mark.parametrize(("dataset", "table", "model"), [("fts", "fts_records", "records"), ("crew", "crew_shifts", "shifts")])
def test_a_staging_model_has_the_live_rows_as_they_are(
    project: Project, outcomes: Mapping[str, str], dataset: str, table: str, model: str
) -> None:
    with duckdb.connect(str(project.warehouse)) as database:
        database.execute(f"UPDATE {dataset}.{table} SET _fivetran_deleted = rowid % 3 = 0")
        [gone] = database.execute(f"SELECT count(*) FROM {dataset}.{table} WHERE _fivetran_deleted").fetchone() or [0]
        [every] = database.execute(f"SELECT count(*) FROM {dataset}.{table}").fetchone() or [0]
    with duckdb.connect(str(project.built), config={"access_mode": "READ_ONLY"}) as database:
        database.execute(f"ATTACH '{project.warehouse}' AS warehouse (READ_ONLY)")
        staged = f"SELECT * FROM dbt_{dataset}_staging.stg_{dataset}__{model}"
        live = f"SELECT * EXCLUDE (_fivetran_deleted) FROM warehouse.{dataset}.{table} WHERE NOT _fivetran_deleted"
        assert database.execute(f"DESCRIBE {staged}").fetchall() == database.execute(f"DESCRIBE {live}").fetchall()
        assert database.execute(f"{staged} EXCEPT {live}").fetchall() == []
        assert database.execute(f"SELECT count(*) FROM ({staged})").fetchone() == (every - gone,)
        assert 0 < gone < every


def test_a_table_may_lack_columns(project: Project) -> None:
    """Fivetran makes a column when there is something to put into it; before, it is null, and nothing is deleted."""
    project.reset()
    with duckdb.connect(str(project.warehouse)) as database:
        for table in ("crew.crew_shifts", "crew.shift_totals", "crew.kinds", "crew.crews"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN _fivetran_deleted")
        database.execute("ALTER TABLE crew.crew_shifts DROP COLUMN mail")
    assert project.not_passed("build", "--select", "package:crew") == {}
    with duckdb.connect(str(project.built)) as database:
        database.execute(f"ATTACH '{project.warehouse}' AS warehouse (READ_ONLY)")
        found = database.execute("SELECT typeof(mail), count(*) FROM dbt_crew_staging.stg_crew__shifts GROUP BY 1").fetchall()
        assert found == [("VARCHAR", 6)]


def test_a_test_may_be_narrowed(project: Project) -> None:
    """dbt makes a subquery of a table then, of which no columns can be looked up; deleted rows are left out all the same."""
    project.reset()
    with duckdb.connect(str(project.warehouse)) as database:
        database.execute(
            "INSERT INTO crew.crew_shifts (crew, number, _fivetran_deleted) VALUES ('C1', 1, true), ('C3', 9, false)"
        )
        database.execute("INSERT INTO crew.crew_shifts (crew, number) VALUES ('C3', 9)")
    with project.said("data_tests:\n  crew:\n    +where: \"crew <> 'C3'\"\n"):
        assert project.not_passed("test", "--select", "crew_shifts__key__unique") == {}
    assert project.not_passed("test", "--select", "crew_shifts__key__unique") == {"crew_shifts__key__unique": "fail"}


def test_the_package_runs_on_what_debug_has_left(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own project for that, in integration_tests, with the schema that the local command uses."""
    with duckdb.connect(str(tmp_path / "warehouse.db")) as database:
        database.execute(f"ATTACH '{project.landed}' AS landed (READ_ONLY)")
        database.execute("CREATE SCHEMA tester")
        for table in ("mso_records", "mso_products"):
            database.execute(f"CREATE TABLE tester.{table} AS SELECT * FROM landed.mso.{table}")
    monkeypatch.setenv("CONNECTOR_WAREHOUSE", str(tmp_path / "warehouse.db"))
    local = Project(project.folder.parent / "dbt_mso" / "integration_tests", tmp_path / "warehouse.db", project.landed)
    monkeypatch.chdir(local.folder)  # as its README says; where it is built stands in its profile, from there on
    local.invoke("deps")
    outcomes = local.outcomes("build")
    assert set(outcomes.values()) == {"pass", "success"}
    assert "mso_products__product_name__holds" in outcomes
