"""The YAML of a dbt package: what its sources and its staging models are, with their descriptions, types and tests."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from connector_build.catalog.dbt.promises import Promises, Test
from connector_build.catalog.dbt.sql_types import in_yaml
from connector_build.catalog.dbt.tables import PackagedTable
from connector_build.catalog.dbt.yaml_text import undone
from connector_build.catalog.entries import ColumnEntry, Lineage


def _of_fivetran(name: str, kind: str, description: str) -> ColumnEntry:
    return ColumnEntry(name, name, kind, description, pii=False, key=False, nullable=True, lineage=Lineage("table", ()))


DELETED: Final = _of_fivetran("_fivetran_deleted", "BOOLEAN", "true for a row that the connector has deleted; Fivetran keeps it")
SYNCED: Final = _of_fivetran("_fivetran_synced", "UTC_DATETIME", "when Fivetran wrote the row")
"""The two columns that Fivetran adds to each table."""

WARN_HOURS: Final = 24
ERROR_HOURS: Final = 72


def sources_yml(promises: Promises, schema: str) -> dict[str, Any]:
    """``src_DATASET.yml``: the tables as Fivetran writes them. *schema* is where they are unless a variable says otherwise."""
    dataset = promises.dataset
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
        "tables": [_source_table(promises, table) for table in promises.tables.values()],
    }
    return {"version": 2, "sources": [source]}


def staging_yml(dataset: str, tables: Iterable[PackagedTable]) -> dict[str, Any]:
    """``stg_DATASET.yml``: the staging models."""
    models = [
        {
            "name": f"stg_{dataset}__{table.short}",
            "description": undone(f"The live rows of {table.name}{_behind(table.entry.description)}"),
            "columns": [_column(column) for column in (*table.entry.columns, SYNCED)],
        }
        for table in tables
    ]
    return {"version": 2, "models": models}


def identifier(dataset: str, table: PackagedTable) -> str:
    """The variable that says what a table is called where it is called otherwise."""
    return f"{dataset}_{table.short}_identifier"


def _hours(dataset: str, what: str, default: int) -> dict[str, Any]:
    return {"count": f"{{{{ var('{dataset}__freshness_{what}_hours', {default}) }}}}", "period": "hour"}


def _source_table(promises: Promises, table: PackagedTable) -> dict[str, Any]:
    own = promises.of_columns(table)
    return {
        "name": table.name,
        "identifier": f"{{{{ var('{identifier(promises.dataset, table)}', '{table.name}') }}}}",
        "description": undone(table.entry.description),
        # A row of an extra table is sent when it has changed: that none was sent says nothing about the last sync.
        **({"config": {"freshness": None}} if table.entry.source else {}),
        "data_tests": promises.of_table(table),
        "columns": [_column(each, own.get(each.stored_name, ())) for each in (*table.entry.columns, DELETED, SYNCED)],
    }


def _column(column: ColumnEntry, tests: Sequence[Test] = ()) -> dict[str, Any]:
    return {
        "name": column.stored_name,
        "description": undone(column.description),
        "data_type": in_yaml(column.type),
        **({"config": {"meta": {"pii": True}}} if column.pii else {}),
        **({"data_tests": list(tests)} if tests else {}),
    }


def _behind(description: str) -> str:
    return f": {description}" if description else "."
