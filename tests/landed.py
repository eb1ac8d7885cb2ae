"""Rows that were landed in DuckDB, held against those of the warehouse in memory."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from connector_build.destinations.database import Database, database
from connector_build.destinations.layout import DELETED, ROW_ID, SYNCED, Layout, layouts
from connector_build.destinations.merging import quoted
from connector_build.testing.warehouse.memory import Warehouse
from connector_core.basics.names import stored_name
from connector_core.basics.operations import Operations
from connector_core.plugin.assembly import Assembly

SYSTEM = {ROW_ID, SYNCED, DELETED}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Rows = list[dict[str, Any]]


class Together:
    """Operations that go to several places."""

    def __init__(self, *places: Operations) -> None:
        self.places = places

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        for each in self.places:
            each.upsert(table, data)

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        for each in self.places:
            each.delete(table, keys)

    def truncate(self, table: str) -> None:
        for each in self.places:
            each.truncate(table)

    def checkpoint(self, state: dict[str, Any]) -> None:
        for each in self.places:
            each.checkpoint(state)


@contextmanager
def landing(file: Path, assembly: Assembly, *, full: bool = False) -> Iterator[Database]:
    """A database to sync *assembly* into."""
    with database(file, "crew", layouts(assembly), full=full) as found:
        yield found


def assert_landed(found: Database, warehouse: Warehouse) -> None:
    """Each table's live rows are those of the warehouse, every value."""
    for name, layout in found.layouts.items():
        wanted = warehouse.live(name).values()
        assert rows(found.connection, quoted(name), layout) == expected(wanted, layout), name


def expected(live: Any, layout: Layout) -> Rows:
    """Rows as the warehouse has them, by the names and types that they have in a destination."""
    return in_order(
        {name: comparable(each.get(name), layout.columns[name]) for name in layout.columns if name not in SYSTEM}
        for each in ({stored_name(name): value for name, value in row.items()} for row in live)
    )


def rows(connection: duckdb.DuckDBPyConnection, table: str, layout: Layout) -> Rows:
    """The live rows of a table, or of a file of Parquet."""
    names = [name for name in layout.columns if name not in SYSTEM]
    chosen = ", ".join(_chosen(name, layout.columns[name]) for name in names)
    found = connection.execute(f"SELECT {chosen} FROM {table} WHERE NOT {DELETED}").fetchall()
    return in_order({name: _read(value, layout.columns[name]) for name, value in zip(names, row, strict=True)} for row in found)


def _chosen(name: str, kind: str) -> str:
    return f"epoch_us({quoted(name)})" if kind == "UTC_DATETIME" else quoted(name)


def _read(value: Any, kind: str) -> Any:
    return json.loads(value) if kind == "JSON" and value is not None else value


def comparable(value: Any, kind: str) -> Any:
    """*value*, in the form of its column, as DuckDB hands it out: moments in microseconds since 1970, JSON as what it says."""
    if value is None:
        return None
    if kind == "UTC_DATETIME":
        return (value - EPOCH) // timedelta(microseconds=1)
    if kind == "JSON" and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def in_order(found: Any) -> Rows:
    """Rows in an order of their own."""
    return sorted(found, key=lambda row: repr(sorted(row.items(), key=lambda pair: pair[0])))
