"""The YAML of a dbt package: what its sources and its staging models are, with their descriptions, types and tests."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from connector_build.catalog.dbt.promises import Test, column_tests, table_tests
from connector_build.catalog.dbt.sql_types import in_yaml
from connector_build.catalog.dbt.tables import PackagedTable
from connector_build.catalog.dbt.yaml_text import undone
from connector_core.source.columns import Column

DELETED: Final = Column("BOOLEAN", "true for a row that the connector has deleted; Fivetran keeps it")
SYNCED: Final = Column("UTC_DATETIME", "when Fivetran wrote the row")

WARN_HOURS: Final = 24
ERROR_HOURS: Final = 72


def sources_yml(dataset: str, schema: str, tables: Sequence[PackagedTable]) -> dict[str, Any]:
    """``src_DATASET.yml``: the tables as Fivetran writes them. *schema* is where they are unless a variable says otherwise."""
    source = {
        "name": dataset,
        "description": f"What the connector {dataset} writes.",
        "database": f"{{% if target.type != 'spark' %}}{{{{ var('{dataset}_database', target.database) }}}}{{% endif %}}",
        "schema": f"{{{{ var('{dataset}_schema', '{schema}') }}}}",
        "loader": "fivetran",
        "config": {
            "loaded_at_field": "_fivetran_synced",
            "freshness": {
                "warn_after": _hours(dataset, "warn", WARN_HOURS),
                "error_after": _hours(dataset, "error", ERROR_HOURS),
            },
        },
        "tables": [_source_table(dataset, table, tables) for table in tables],
    }
    return {"version": 2, "sources": [source]}


def staging_yml(dataset: str, tables: Iterable[PackagedTable]) -> dict[str, Any]:
    """``stg_DATASET.yml``: the staging models."""
    models = [
        {
            "name": f"stg_{dataset}__{table.short}",
            "description": undone(f"The live rows of {table.name}{_behind(table.description)}"),
            "columns": [_column(name, column, []) for name, column in {**table.columns, "_fivetran_synced": SYNCED}.items()],
        }
        for table in tables
    ]
    return {"version": 2, "models": models}


def identifier(dataset: str, table: PackagedTable) -> str:
    """The variable that says what a table is called where it is called otherwise."""
    return f"{dataset}_{table.short}_identifier"


def _hours(dataset: str, what: str, default: int) -> dict[str, Any]:
    return {"count": f"{{{{ var('{dataset}__freshness_{what}_hours', {default}) }}}}", "period": "hour"}


def _source_table(dataset: str, table: PackagedTable, tables: Sequence[PackagedTable]) -> dict[str, Any]:
    own = column_tests(dataset, table)
    columns = {**table.columns, "_fivetran_deleted": DELETED, "_fivetran_synced": SYNCED}
    return {
        "name": table.name,
        "identifier": f"{{{{ var('{identifier(dataset, table)}', '{table.name}') }}}}",
        "description": undone(table.description),
        # A row of an extra table is sent when it has changed: that none was sent says nothing about the last sync.
        **({"config": {"freshness": None}} if table.extra else {}),
        "data_tests": table_tests(dataset, table, tables),
        "columns": [_column(name, column, own.get(name, [])) for name, column in columns.items()],
    }


def _column(name: str, column: Column, tests: list[Test]) -> dict[str, Any]:
    return {
        "name": name,
        "description": undone(column.description),
        "data_type": in_yaml(column.type),
        **({"config": {"meta": {"pii": True}}} if column.pii else {}),
        **({"data_tests": tests} if tests else {}),
    }


def _behind(description: str) -> str:
    return f": {description}" if description else "."
