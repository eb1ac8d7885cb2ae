"""Packages compiled by the adapters of warehouses that are not on this machine; their SQL is read by a parser of the dialect.

An adapter connects when it is asked something. What a package asks is which columns a table has: that is answered here.
"""

import importlib
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlglot", reason="the adapters are in an environment of their own: tox run -e dbt-dialects")

import sqlglot

from dbt_package.running import DATASETS, Project

ADAPTERS = {
    "snowflake": ("dbt.adapters.snowflake.impl", "SnowflakeAdapter"),
    "bigquery": ("dbt.adapters.bigquery.impl", "BigQueryAdapter"),
    "databricks": ("dbt.adapters.databricks.impl", "DatabricksAdapter"),
}
TARGETS = """\
    snowflake: {type: snowflake, account: a, user: u, password: p, database: db, warehouse: w, schema: dbt}
    bigquery: {type: bigquery, method: oauth-secrets, token: t, project: db, schema: dbt}
    databricks: {type: databricks, host: h.example.com, http_path: /sql/1.0/warehouses/w, token: t, catalog: db, schema: dbt}
"""
MISSING = "mail"
"""A column that the warehouse does not have yet."""


@pytest.fixture(scope="module", params=ADAPTERS)
def compiled(request: pytest.FixtureRequest, project: Project) -> tuple[str, dict[str, str]]:
    """A dialect, and model or test → its SQL."""
    target = str(request.param)
    profiles = project.folder / "profiles.yml"
    before = profiles.read_text(encoding="utf-8")
    profiles.write_text(before + TARGETS, encoding="utf-8")
    module, name = ADAPTERS[target]
    adapter: Any = getattr(importlib.import_module(module), name)

    def columns(self: Any, relation: Any) -> list[Any]:
        found = [line.split('"')[3] for line in _columns_of(project, str(relation.identifier)) if '"name"' in line]
        stored = [each.upper() if target == "snowflake" else each for each in found if each != MISSING]
        return [self.Column(each, "string") for each in stored]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter, "get_columns_in_relation", columns)
        done = project.invoke("compile", "--target", target, "--no-populate-cache")
    profiles.write_text(before, encoding="utf-8")
    return target, {result.node.name: result.node.compiled_code for result in done}


def _columns_of(project: Project, table: str) -> list[str]:
    """The lines of the macro that lists the columns of a table, or of the model that is made of it."""
    for dataset in DATASETS:
        short = table.removeprefix(f"stg_{dataset}__").removesuffix("_tmp")
        for name in (short, f"{dataset}_{short}"):
            path: Path = project.folder.parent / f"dbt_{dataset}" / "macros" / "staging" / f"get_{name}_columns.sql"
            if path.exists():
                return path.read_text(encoding="utf-8").splitlines()
    raise AssertionError(f"no package has {table}")


def test_every_model_and_test_compiles(compiled: tuple[str, dict[str, str]], project: Project) -> None:
    _, sql = compiled
    assert len(sql) == 49 + 16
    assert all("select" in text for text in sql.values())


def test_the_sql_is_of_the_dialect(compiled: tuple[str, dict[str, str]]) -> None:
    dialect, sql = compiled
    for name, text in sql.items():
        [tree] = sqlglot.parse(text, dialect=dialect)
        assert isinstance(tree, sqlglot.exp.Query), f"{name} is no query in {dialect}: {text}"


def test_names_are_quoted_as_the_warehouse_stores_them(compiled: tuple[str, dict[str, str]]) -> None:
    dialect, sql = compiled
    staged = sql["stg_crew__shifts"]
    assert {"snowflake": '"ORDER" as "ORDER"'}.get(dialect, "`order` as `order`") in staged
    assert {"snowflake": '"P_95_MS"'}.get(dialect, "`p_95_ms`") in staged
    assert {"snowflake": 'max("ORDER")'}.get(dialect, "max(`order`)") in sql["shift_totals__order__holds"]


def test_a_column_that_is_missing_is_a_null_of_its_type(compiled: tuple[str, dict[str, str]]) -> None:
    dialect, sql = compiled
    quoted = {"snowflake": '"MAIL"'}.get(dialect, "`mail`")
    assert f"cast(null as string) as {quoted}" in sql["stg_crew__shifts"]


def test_tables_are_found_by_the_variables(compiled: tuple[str, dict[str, str]]) -> None:
    dialect, sql = compiled
    table = {"snowflake": "warehouse.fts.fts_records"}.get(dialect, "`warehouse`.`fts`.`fts_records`")
    assert table in sql["fts_technicians__total_tasks__holds"]
