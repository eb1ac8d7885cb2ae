"""What ``fivetran debug`` has left in ``files/``: the rows that arrived, and the state that the next sync starts from."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

_TOUCHED: Final = """\
SELECT count(*) FILTER (_fivetran_deleted IS NOT TRUE), count(*) FILTER (_fivetran_deleted)
FROM {} WHERE _fivetran_synced >= CAST(? AS TIMESTAMPTZ)"""
_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*")


class WarehouseError(Exception):
    """The rows cannot be read; the message says why and what to do."""


@frozen(hash=False)
class TableRows:
    """The first rows of a table, and how many live ones it has.

    columns: name → DuckDB type, without Fivetran's own; none when there is no such table.
    rows:    in the order of *columns*: Python values, a time with a zone as text; or texts all of them.
    total:   live rows. deleted: rows that are marked as deleted.
    source:  the table's name in SQL, with its schema; empty when there is no such table.
    """

    name: str
    columns: Mapping[str, str]
    rows: Sequence[tuple[Any, ...]] = field(repr=False)
    total: int
    deleted: int = 0
    source: str = ""


def warehouse(project: Path) -> Path:
    """The local database of a project."""
    return project / "files" / "warehouse.db"


def read_tables(project: Path, names: Sequence[str], limit: int | None, *, as_text: bool = False) -> list[TableRows]:
    """The first *limit* live rows (None: all) of each table in *project*, after a debug run; *as_text*: every value as a text.

    Raises WarehouseError when duckdb is missing or the warehouse cannot be read.
    """
    if not warehouse(project).exists():
        return [TableRows(name, {}, (), 0) for name in names]
    try:
        # Not an import statement: the `fivetran` command has `pipreqs` guess requirements from those, and duckdb is none.
        duckdb = import_module("duckdb")
    except ImportError:
        raise WarehouseError("The module duckdb, which reads files/warehouse.db, is missing: pip install duckdb") from None
    try:
        with duckdb.connect(str(warehouse(project)), read_only=True) as database:
            return [_table(database, name, limit, as_text=as_text) for name in names]
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        raise WarehouseError(f"{warehouse(project)} cannot be read: {reason}. Close what else has it open.") from None


def touched(project: Path, names: Sequence[str], since: datetime) -> dict[str, dict[str, int]]:
    """Table → its rows that were written from *since* on, live ones and deleted ones; none where they cannot be counted.

    Shape: ``{"crews": {"upserted": 3, "deleted": 0}}``.
    """
    try:
        found = {each.name: each.source for each in read_tables(project, names, 0) if each.source}
        return _counted(warehouse(project), found, since) if found else {}
    except WarehouseError:
        return {}


def _counted(file: Path, sources: Mapping[str, str], since: datetime) -> dict[str, dict[str, int]]:
    duckdb = import_module("duckdb")  # which is there, as the tables have been read
    try:
        with duckdb.connect(str(file), read_only=True) as database:
            counted = {
                name: database.execute(_TOUCHED.format(each), [since.isoformat()]).fetchone() for name, each in sources.items()
            }
    except duckdb.Error as error:
        raise WarehouseError(f"{file} cannot be read: {error}") from None
    return {name: {"upserted": live, "deleted": deleted} for name, (live, deleted) in counted.items()}


def read_state(project: Path) -> dict[str, Any] | None:
    """The state that the next local sync starts from; None where none was recorded."""
    try:
        return as_object((project / "files" / "state.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def as_object(text: str) -> dict[str, Any] | None:
    """The JSON object that *text* is, or None."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def plain(name: str) -> str:
    """A table's or column's name as it compares with what is stored: Fivetran may rewrite names (rows2 as rows_2)."""
    return re.sub(r"[\W_]", "", name).lower()


def _table(database: Any, name: str, limit: int | None, *, as_text: bool) -> TableRows:
    stored = database.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
    alike = [pair for pair in stored if plain(pair[1]) == plain(name)]
    if not alike:
        return TableRows(name, {}, (), 0)
    found = min(alike, key=lambda pair: (pair[1] != name, pair[0] != "tester", pair))
    source = ".".join(map(_quoted, found))
    types = {row[0]: row[1] for row in database.execute(f"DESCRIBE {source}").fetchall()}
    columns = {column: kind for column, kind in types.items() if not column.startswith("_fivetran_")}
    live = f"FROM {source}" + (" WHERE _fivetran_deleted IS NOT TRUE" if "_fivetran_deleted" in types else "")
    [stored_rows], [total] = (database.execute(f"SELECT count(*) {each}").fetchone() for each in (f"FROM {source}", live))
    wanted = ", ".join(_selected(column, kind, as_text=as_text) for column, kind in columns.items()) or "NULL"
    rows = database.execute(f"SELECT {wanted} {live}" + (f" LIMIT {limit:d}" if limit is not None else "")).fetchall()
    return TableRows(name, columns, rows, total, stored_rows - total, ".".join(_as_typed(database, part) for part in found))


def _selected(column: str, kind: str, *, as_text: bool) -> str:
    # DuckDB hands over a time with a zone, also one inside of a list, only where pytz is installed.
    return f"CAST({_quoted(column)} AS VARCHAR)" if as_text or "WITH TIME ZONE" in kind else _quoted(column)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _as_typed(database: Any, name: str) -> str:
    """A name as somebody would type it: in quotes only where it needs them."""
    reserved = "SELECT count(*) FROM duckdb_keywords() WHERE keyword_category = 'reserved' AND keyword_name = ?"
    [known] = database.execute(reserved, [name]).fetchone()
    return _quoted(name) if known or not _PLAIN.fullmatch(name) else name
