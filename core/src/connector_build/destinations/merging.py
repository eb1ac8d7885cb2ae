"""The SQL by which rows that wait are merged into a table of DuckDB."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from connector_build.destinations.kinds import MOST_DIGITS
from connector_build.destinations.layout import DELETED, SYNCED, Layout
from connector_build.destinations.pending import AT, GONE, Waiting
from connector_core.basics.names import decimal_digits

if TYPE_CHECKING:
    import duckdb

_TYPES: Final[Mapping[str, str]] = {
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
    "JSON": "JSON",
}
_LEAST_LINE: Final = 16 << 20
"""Bytes of a line that DuckDB reads unless it is told to expect longer ones."""
_INCOMING: Final = "_connector_incoming"


def type_of(kind: str) -> str:
    """The type of DuckDB for one of a column."""
    digits = decimal_digits(kind)
    if digits:
        return f"DECIMAL({digits[0]},{digits[1]})" if digits[0] <= MOST_DIGITS else "VARCHAR"
    return _TYPES.get(kind, "VARCHAR")


def quoted(name: str) -> str:
    """*name* as SQL has it."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def create(layout: Layout) -> str:
    """The statement that makes the table."""
    columns = [f"{quoted(name)} {type_of(kind)}" for name, kind in layout.columns.items()]
    return f"CREATE TABLE {quoted(layout.name)} ({', '.join(columns)}, {SYNCED} TIMESTAMPTZ, {DELETED} BOOLEAN)"


def alter(layout: Layout, before: Mapping[str, str]) -> list[str]:
    """The statements that add the columns which the table lacked *before*, and widen those of a narrower type."""
    table = f"ALTER TABLE {quoted(layout.name)}"
    made = []
    for name, kind in layout.columns.items():
        if name not in before:
            made.append(f"{table} ADD COLUMN {quoted(name)} {type_of(kind)}")
        elif type_of(before[name]) != type_of(kind):
            made.append(f"{table} ALTER COLUMN {quoted(name)} TYPE {type_of(kind)} USING {_retyped(name, before[name], kind)}")
    return made


def _retyped(name: str, before: str, kind: str) -> str:
    if before == "BINARY" and type_of(kind) == "VARCHAR":
        return f"to_base64({quoted(name)})"
    return f"CAST({quoted(name)} AS {type_of(kind)})"


def merge(database: "duckdb.DuckDBPyConnection", layout: Layout, waiting: Waiting, synced: str) -> None:
    """Merge what waits as Fivetran does: an upsert replaces the whole row, and what is deleted stays, marked as deleted.

    synced: the moment that the rows are marked with, as ISO 8601 has it.
    """
    table, moment = quoted(layout.name), f"TIMESTAMPTZ '{synced}'"
    if waiting.truncated:
        database.execute(f"UPDATE {table} SET {DELETED} = true, {SYNCED} = {moment} WHERE NOT {DELETED}")
    if not waiting.rows:
        return
    waiting.file.flush()
    gone = quoted(GONE)
    database.execute(f"CREATE OR REPLACE TEMP TABLE {_INCOMING} AS {_incoming(layout, waiting)}")
    same = " AND ".join(f"{table}.{quoted(name)} = new.{quoted(name)}" for name in layout.key)
    database.execute(
        f"UPDATE {table} SET {DELETED} = true, {SYNCED} = {moment} FROM {_INCOMING} AS new "
        f"WHERE new.{gone} AND NOT {table}.{DELETED} AND {same}"
    )
    database.execute(f"DELETE FROM {table} USING {_INCOMING} AS new WHERE NOT new.{gone} AND {same}")
    database.execute(
        f"INSERT INTO {table} BY NAME SELECT * EXCLUDE ({gone}), {moment} AS {SYNCED}, false AS {DELETED} "
        f"FROM {_INCOMING} WHERE NOT {gone}"
    )
    database.execute(f"DROP TABLE {_INCOMING}")


def _incoming(layout: Layout, waiting: Waiting) -> str:
    """The query of the last that was said of each row, with values of their types."""
    values = ", ".join(f"{_value(name, kind)} AS {quoted(name)}" for name, kind in layout.columns.items())
    last = f"QUALIFY row_number() OVER (PARTITION BY {_names(layout.key)} ORDER BY {quoted(AT)} DESC) = 1"
    return f"SELECT {values}, {quoted(GONE)} FROM (SELECT * FROM {_lines(layout, waiting)} {last})"


def _lines(layout: Layout, waiting: Waiting) -> str:
    texts = dict.fromkeys(layout.columns, "VARCHAR") | {AT: "BIGINT", GONE: "BOOLEAN"}
    columns = ", ".join(f"{_literal(name)}: '{kind}'" for name, kind in texts.items())
    size = max(_LEAST_LINE, waiting.longest + 1)
    path = _literal(str(waiting.path))
    return f"read_json({path}, format = 'newline_delimited', columns = {{{columns}}}, maximum_object_size = {size})"


def _value(name: str, kind: str) -> str:
    """The value of a text: what a JSON column holds is JSON already, or a text."""
    column = quoted(name)
    match type_of(kind):
        case "JSON":
            return f"CASE WHEN json_valid({column}) THEN {column}::JSON ELSE to_json({column}) END"
        case "BLOB":
            return f"from_base64({column})"
        case found:
            return f"CAST({column} AS {found})"


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
