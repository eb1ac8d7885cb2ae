"""The README of a dbt package."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector_build.catalog.dbt.sources import ERROR_HOURS, WARN_HOURS, identifier
from connector_build.catalog.dbt.tables import PackagedTable
from connector_build.catalog.entries import Dictionary
from connector_build.screen.markdown import markdown_table


def readme(dictionary: Dictionary, schema: str, tables: Sequence[PackagedTable], sources: Mapping[str, Any]) -> str:
    """What is in the package of a connector, how it is used, and what each of its tests holds the tables to."""
    dataset = dictionary.dataset
    return _TEXT.format(
        command=_command(dictionary),
        dataset=dataset,
        models=markdown_table(("model", "of", "what it holds"), [_model(dataset, table) for table in tables]),
        variables=markdown_table(("variable", "meaning", "default"), _variables(dataset, schema, tables)),
        tests=markdown_table(("test", "what it says"), _tests(sources)),
    )


def _command(dictionary: Dictionary) -> str:
    """What makes the package again; plugins beside the dataset's own are for whoever named them to name again."""
    changed = [option for option in dictionary.options if option.enabled != option.default]
    switches = {name: [option.name for option in changed if option.enabled is on] for name, on in _SWITCHES.items()}
    words = [f" --{name} {','.join(names)}" for name, names in switches.items() if names]
    return f"connector-build dbt {dictionary.dataset}{''.join(words)}"


_SWITCHES = {"enable": True, "disable": False}


def _model(dataset: str, table: PackagedTable) -> tuple[str, str, str]:
    return f"`stg_{dataset}__{table.short}`", f"`{table.name}`", table.entry.description


def _variables(dataset: str, schema: str, tables: Sequence[PackagedTable]) -> list[tuple[str, str, str]]:
    return [
        (f"`{dataset}_schema`", "schema that the connection writes to: its name", f"`{schema}`"),
        (f"`{dataset}_database`", "database (BigQuery: project; Databricks: catalog) of that schema", "that of the target"),
        *((f"`{identifier(dataset, table)}`", f"what `{table.name}` is called there", f"`{table.name}`") for table in tables),
        (f"`{dataset}__freshness_warn_hours`", "hours without a new row of a source table before a warning", f"`{WARN_HOURS}`"),
        (f"`{dataset}__freshness_error_hours`", "and before an error", f"`{ERROR_HOURS}`"),
    ]


def _tests(sources: Mapping[str, Any]) -> list[tuple[str, str]]:
    tables = sources["sources"][0]["tables"]
    places = [place for table in tables for place in (table, *table["columns"])]
    tests = [value for place in places for test in place.get("data_tests", []) for value in test.values()]
    return [(f"`{test['name']}`", test["description"]) for test in tests]


_TEXT = """\
# dbt package of {dataset}

Sources, staging models and tests for the tables that the connector {dataset} writes. After a change of the connector, make it
again: `{command}`

Its SQL is written for Snowflake, BigQuery, Databricks and DuckDB alike. It needs no other package.

## Use it

In `packages.yml` of your dbt project:

```yaml
packages:
  - local: path/to/this/folder
```

and in its `dbt_project.yml`:

```yaml
vars:
  {dataset}_schema: the_name_of_your_connection
  {dataset}_database: your_database
```

Then:

```
dbt deps
dbt source freshness
dbt build
```

Run it when no sync is under way: during one, the tables of a connection are not of the same moment.

On this machine, over what `fivetran debug` or `connector-build demo` has left in the connector's `files/warehouse.db`:

```
pip install 'dbt-core>=1.11,<1.12' dbt-duckdb
cd integration_tests
export CONNECTOR_WAREHOUSE=path/to/files/warehouse.db
dbt deps
dbt build
```

## Models

Each has the live rows of one table, with every declared column; a column that the table does not have yet is null. Columns that
nobody has declared are in the table, and not in the model.

{models}

## Variables

{variables}

A source table without new rows need not be late: an API in which nothing has changed may have sent nothing. Extra tables have no
freshness, because only rows that changed are sent.

## Tests

They look at live rows: those that are not marked as deleted.

{tests}

Sums of floats may differ by a billionth of the sum of the absolute values: a database adds in an order of its own, and each
addition rounds. Everything else is equal or it is not.
"""
