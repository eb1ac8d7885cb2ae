"""Extra tables held against real SQL over the live rows of their source table."""

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector_build.testing.warehouse.memory import Warehouse
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.measures import Measure
from connector_core.plugin.assembly import Assembly
from connector_core.source.tables import Record
from connector_core.source.values import plain

_JSON = "\0json "
"""What a nested value begins with while it is in SQLite, which knows no such thing."""


def assert_exact(assembly: Assembly, warehouse: Warehouse) -> None:
    """Every extra table's live rows are what SQL makes of its source table's live rows. Raises AssertionError."""
    for plan in assembly.tables:
        rows = warehouse.live(plan.table.name).values()
        for extra in plan.extra_tables:
            found = sql(rows, plan.columns, query(extra, plan.table.primary_key))
            wanted = {tuple(row[name] for name in extra.by): row for row in found}
            live = ({name: plain(value) for name, value in row.items()} for row in warehouse.live(extra.name).values())
            _compare(extra.name, {tuple(row[name] for name in extra.by): row for row in live}, wanted)


def _compare(table: str, actual: Mapping[Any, Record], wanted: Mapping[Any, Record]) -> None:
    lost, spare = wanted.keys() - actual.keys(), actual.keys() - wanted.keys()
    if lost or spare:
        raise AssertionError(f"{table}: rows that SQL gives and that are not there: {lost}; rows that should not be: {spare}")
    for key, row in actual.items():
        if row.keys() != wanted[key].keys():
            raise AssertionError(f"{table} {key}: columns {sorted(row)}, where SQL gives {sorted(wanted[key])}")
        wrong = {name: (value, wanted[key][name]) for name, value in row.items() if not _same(value, wanted[key][name])}
        if wrong:
            raise AssertionError(f"{table} {key}: column → what is there, what SQL gives: {wrong}")


def _same(actual: Any, expected: Any) -> bool:
    """SQLite adds floats up without the care that the core takes; anything else is the same or it is not."""
    if isinstance(actual, float) and isinstance(expected, int | float):
        return math.isclose(actual, expected, rel_tol=1e-9, abs_tol=1e-9)
    return bool(actual == expected)


def query(extra: Dimension | Aggregate, primary_key: Sequence[str]) -> str:
    """The SQL that *extra* promises to be the answer to, over a table named source."""
    by = ", ".join(map(quoted, extra.by))
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in extra.by)
    if isinstance(extra, Aggregate):
        measures = [f"{_measure(measure)} AS {quoted(name)}" for name, measure in extra.measures.items()]
        return f"SELECT {by}, {', '.join(measures)} FROM source WHERE {present} GROUP BY {by}"
    ties = ", ".join(f"{quoted(name)} DESC" for name in primary_key)
    place = f"row_number() OVER (PARTITION BY {by} ORDER BY {quoted(extra.newest)} DESC NULLS LAST, {ties})"
    inner = f"SELECT *, {place} AS place FROM source WHERE {present}"
    return f"SELECT {by}, {', '.join(map(quoted, extra.columns))} FROM ({inner}) WHERE place = 1"


def _measure(measure: Measure) -> str:
    function = {"count": "count", "total": "sum", "minimum": "min", "maximum": "max"}[measure.kind]
    return f"{function}({quoted(measure.column) if measure.column else '*'})"


def sql(rows: Iterable[Record], columns: Iterable[str], text: str) -> list[Record]:
    """The answer to a query over *rows*, loaded into SQLite as a table named source."""
    names = list(columns)
    database = sqlite3.connect(":memory:")
    try:
        database.row_factory = sqlite3.Row
        database.execute(f"CREATE TABLE source ({', '.join(map(quoted, names))})")
        places = ", ".join("?" for _ in names)
        loaded = ([_stored(row.get(name)) for name in names] for row in rows)
        database.executemany(f"INSERT INTO source VALUES ({places})", loaded)
        return [{name: _read(row[name]) for name in row.keys()} for row in database.execute(text)]  # noqa: SIM118  (no mapping)
    finally:
        database.close()


def quoted(name: str) -> str:
    """A column's name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _stored(value: Any) -> Any:
    return _JSON + json.dumps(value) if isinstance(value, dict | list) else plain(value)


def _read(value: Any) -> Any:
    return json.loads(value.removeprefix(_JSON)) if isinstance(value, str) and value.startswith(_JSON) else value
