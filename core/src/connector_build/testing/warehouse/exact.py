"""Extra tables held against SQL over the live rows of their source table, in DuckDB, with the types that are declared.

The engine of the sync adds up and compares in Python; here a database does, which knows nothing of it. Both tables are loaded
from texts, as a destination loads them: that ``9.50`` is below ``10.00`` is for the column's type to say.
"""

import json
import math
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import frozen

from connector_build.errors import UsageProblem
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.unnested import quoted, unnesting
from connector_core.basics.names import one_line
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.measures import CountIf, Measure
from connector_core.derived.nested import Nested
from connector_core.plugin.assembly import Assembly
from connector_core.source.tables import Record

if TYPE_CHECKING:
    import duckdb

SOURCE = "source"
LIVE = "live"

_TYPES: Mapping[str, str] = {
    "BOOLEAN": "BOOLEAN",
    "SHORT": "SMALLINT",
    "INT": "INTEGER",
    "LONG": "BIGINT",
    "FLOAT": "REAL",
    "DOUBLE": "DOUBLE",
    "NAIVE_DATE": "DATE",
    "NAIVE_DATETIME": "TIMESTAMP",
    "UTC_DATETIME": "TIMESTAMPTZ",
    "BINARY": "BLOB",
}
"""Declared type → DuckDB's; DECIMAL(p,s) is its own, and everything else a text."""

_CHOSEN: Mapping[str, str] = {
    "UTC_DATETIME": "epoch_us({})",
    "JSON": "CASE WHEN json_valid({0}) THEN json({0})::VARCHAR ELSE {0} END",
}
"""Declared type → what is held against each other: of JSON, what it says and not how it is written."""

_UNSTORED = {0: "\ue000"} | dict.fromkeys(range(55296, 57344), "\ue001")
"""What no destination stores in a text: NUL, and half a character."""

_SAME: set[bytes] = set()
"""What was held against SQL in this process, and was the same."""

Key = tuple[Any, ...]


def assert_exact(assembly: Assembly, warehouse: Warehouse) -> None:
    """Every extra table's live rows are what SQL makes of its source table's live rows. Raises AssertionError."""
    for plan in assembly.tables:
        source = _Table.of(warehouse.live(plan.table.name), plan.columns) if plan.extra_tables else None
        for extra in plan.extra_tables:
            columns = plan.extra_columns[extra.name]
            live = warehouse.live(extra.name)
            for key, row in live.items():
                if not (row.keys() >= columns.keys() if isinstance(extra, Nested) else row.keys() == columns.keys()):
                    raise AssertionError(f"{extra.name} {key}: its columns are {sorted(row)}, not {sorted(columns)}")
            made_of = columns if isinstance(extra, Nested) else plan.columns
            text = query(extra, plan.table.primary_key, made_of)
            if source and (fault := _fault(extra.name, text, tuple(extra.by), source, _Table.of(live, columns))):
                raise AssertionError(fault)


@frozen
class _Table:
    """Rows as texts: names and types of the columns, and the rows as JSON, in an order of their own."""

    columns: tuple[tuple[str, str], ...]
    rows: str

    @classmethod
    def of(cls, rows: Mapping[Any, Record], columns: Mapping[str, str]) -> "_Table":
        texts = sorted(json.dumps([_text(row.get(name)) for name in columns]) for row in rows.values())
        return cls(tuple(columns.items()), f"[{','.join(texts)}]")


def _fault(table: str, text: str, by: Sequence[str], source: _Table, live: _Table) -> str | None:
    """What tells the rows of *live* from those that a query over *source* gives; None where nothing does.

    That nothing does is remembered: tests come to the same rows on many ways, and a database takes a hundred times as long.
    """
    key = sha256(repr((text, by, source, live)).encode()).digest()
    if key in _SAME:
        return None
    with _database() as database:
        _load(database, SOURCE, source)
        _load(database, LIVE, live)
        fault = _difference(table, _rows(database, f"SELECT * FROM {LIVE}", live, by), _rows(database, text, live, by))
    if fault is None:
        _SAME.add(key)
    return fault


@cache
def _connection() -> "duckdb.DuckDBPyConnection":
    try:
        import duckdb
    except ImportError:
        raise UsageProblem(
            "Extra tables are held against SQL in DuckDB, which is not installed here: pip install 'connector-core[local]'"
        ) from None
    return duckdb.connect(":memory:", config={"threads": 1})


@contextmanager
def _database() -> "Iterator[duckdb.DuckDBPyConnection]":
    """A database without a table; one a process, because to open one costs more than to use it."""
    database = _connection().cursor()
    try:
        yield database
    finally:
        database.close()


def _load(database: "duckdb.DuckDBPyConnection", name: str, table: _Table) -> None:
    """Make a table, each value from a text."""
    declared = ", ".join(f"{quoted(column)} {type_of(kind)}" for column, kind in table.columns)
    database.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({declared})")
    values = [f"from_base64(row->>{at})" if kind == "BINARY" else f"(row->>{at})" for at, (_, kind) in enumerate(table.columns)]
    rows = "SELECT unnest(json_extract(?::JSON, '$[*]')) AS row"
    try:
        database.execute(f"INSERT INTO {name} SELECT {', '.join(values)} FROM ({rows})", [table.rows])
    except Exception as error:
        raise AssertionError(f"a row of {name} has a value that is none of its column's type: {one_line(error, 300)}") from error


def type_of(kind: str) -> str:
    """The type of the database for a declared one."""
    return kind if kind.startswith("DECIMAL(") else _TYPES.get(kind, "VARCHAR")


def _text(value: Any) -> str | None:
    """*value* as a text that the database reads."""
    match value:
        case None:
            return None
        case bytes() | bytearray():
            return b64encode(value).decode()
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
        case dict() | list():
            return json.dumps(value, sort_keys=True)
        case float():
            return repr(value)
    return str(value).translate(_UNSTORED)


def _rows(database: "duckdb.DuckDBPyConnection", text: str, table: _Table, by: Sequence[str]) -> dict[Key, Record]:
    """Key → row of the answer to a query; moments as microseconds since 1970, which take no library to read."""
    chosen = [_CHOSEN.get(kind, "{}").format(quoted(name)) for name, kind in table.columns]
    found = database.execute(f"SELECT {', '.join(chosen)} FROM ({text})").fetchall()
    rows = [{name: value for (name, _), value in zip(table.columns, row, strict=True)} for row in found]
    return {tuple(row[name] for name in by): row for row in rows}


def _difference(table: str, actual: Mapping[Key, Record], wanted: Mapping[Key, Record]) -> str | None:
    lost, spare = wanted.keys() - actual.keys(), actual.keys() - wanted.keys()
    if lost or spare:
        return f"{table}: rows that SQL gives and that are not there: {lost}; rows that should not be: {spare}"
    for key, row in actual.items():
        wrong = {name: (value, wanted[key][name]) for name, value in row.items() if not _same(value, wanted[key][name])}
        if wrong:
            return f"{table} {key}: column → what is there, what SQL gives: {wrong}"
    return None


def _same(actual: Any, expected: Any) -> bool:
    """A database adds floats up without the care that the core takes; anything else is the same or it is not."""
    if isinstance(actual, float) and isinstance(expected, int | float):
        return math.isclose(actual, expected, rel_tol=1e-9, abs_tol=1e-9)
    return bool(actual == expected)


def query(extra: Dimension | Aggregate | Nested, primary_key: Sequence[str], columns: Mapping[str, str]) -> str:
    """The SQL that *extra* promises to be the answer to, over a table named source.

    columns: those of the source table; of a nested list its own.
    """
    if isinstance(extra, Nested):
        return unnesting(extra, columns, SOURCE, type_of)
    by = ", ".join(map(quoted, extra.by))
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in extra.by)
    if isinstance(extra, Aggregate):
        measures = [f"{_measure(measure, columns)} AS {quoted(name)}" for name, measure in extra.measures.items()]
        return f"SELECT {by}, {', '.join(measures)} FROM {SOURCE} WHERE {present} GROUP BY {by}"
    ties = ", ".join(f"{quoted(name)} DESC" for name in primary_key)
    place = f"row_number() OVER (PARTITION BY {by} ORDER BY {quoted(extra.newest)} DESC NULLS LAST, {ties})"
    inner = f"SELECT *, {place} AS place FROM {SOURCE} WHERE {present}"
    return f"SELECT {by}, {', '.join(map(quoted, extra.columns))} FROM ({inner}) WHERE place = 1"


_FUNCTIONS = {"count": "count", "total": "sum", "minimum": "min", "maximum": "max", "average": "avg"}


def _measure(measure: Measure, columns: Mapping[str, str]) -> str:
    column = quoted(measure.column or "")
    if isinstance(measure, CountIf):
        kind = columns[str(measure.column)]
        wanted = ", ".join(_literal(value, kind) for value in measure.wanted if value is not None)
        tests = [f"{column} IN ({wanted})"] if wanted else []
        tests += [f"{column} IS NULL"] if None in measure.wanted else []
        return f"count(*) FILTER (WHERE {' OR '.join(tests) or 'false'})"
    if measure.kind == "count_distinct":
        return f"count(DISTINCT {column})"
    return f"{_FUNCTIONS[measure.kind]}({column if measure.column else '*'})"


def _literal(value: Any, kind: str) -> str:
    """*value*, in its form, as SQL writes it."""
    text = str(_text(value)).replace("'", "''")
    return f"from_base64('{text}')" if kind == "BINARY" else f"CAST('{text}' AS {type_of(kind)})"
