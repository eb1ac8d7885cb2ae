"""A small warehouse for the tests of the app kit, as `fivetran debug` would leave one, and an app over it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from attrs import field, frozen

from connector_app.data.dictionary import as_dictionary
from connector_app.data.duck import DuckDBSession

DICTIONARY = {
    "tables": {
        "tasks": {
            "description": "What technicians did",
            "primary_key": ["id"],
            "columns": {
                "id": {"type": "STRING"},
                "cost": {"type": "DOUBLE", "description": "cost of the task, in USD"},
                "crew": "STRING",
            },
        },
        "crews": {"primary_key": ["crew"]},
    },
    "relations": [{"table": "tasks", "columns": ["crew"], "to_table": "crews", "to_columns": ["crew"]}],
}
COLUMNS = "id VARCHAR, crew VARCHAR, kind VARCHAR, cost DOUBLE, hours BIGINT, day DATE, note VARCHAR, _fivetran_deleted BOOLEAN"
Row = tuple[Any, ...]


@frozen(hash=False)
class InMemory(DuckDBSession):
    """A session over a database in memory, for tests that want many."""

    database: duckdb.DuckDBPyConnection = field(factory=lambda: duckdb.connect(), kw_only=True)

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.database.cursor() as cursor:
            yield cursor


def in_memory(rows: Sequence[Row]) -> DuckDBSession:
    """The same tables as `warehouse` makes, in memory."""
    session = InMemory(Path("none"), dictionary=as_dictionary(DICTIONARY))
    _fill(session.database, rows, ("A", "B"))
    return session


def warehouse(folder: Path, rows: Sequence[Row], *, crews: Sequence[str] = ("A", "B")) -> DuckDBSession:
    """A session over a new warehouse with the tables `tasks` and `crews`."""
    path = folder / "warehouse.db"
    with duckdb.connect(str(path)) as database:
        _fill(database, rows, crews)
    return DuckDBSession(path, dictionary=as_dictionary(DICTIONARY))


def _fill(database: duckdb.DuckDBPyConnection, rows: Sequence[Row], crews: Sequence[str]) -> None:
    database.execute("CREATE SCHEMA tester")
    database.execute(f"CREATE TABLE tester.tasks ({COLUMNS}, _fivetran_synced TIMESTAMP WITH TIME ZONE)")
    for row in rows:
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO tester.tasks VALUES ({marks}, TIMESTAMPTZ '2026-01-02 03:04:05+00')", list(row))
    database.execute("CREATE TABLE tester.crews (crew VARCHAR, _fivetran_deleted BOOLEAN)")
    for crew in crews:
        database.execute("INSERT INTO tester.crews VALUES (?, FALSE)", [crew])


def many(folder: Path, count: int) -> DuckDBSession:
    """A session over *count* tasks, made in SQL: crews, kinds, costs with a few extreme ones, days of two years."""
    session = warehouse(folder, [], crews=[f"C{number}" for number in range(30)])
    with duckdb.connect(str(session.path)) as database:
        database.execute(
            "INSERT INTO tester.tasks SELECT 'T' || i, 'C' || (i % 30), "
            "['Predictive', 'Corrective', 'Condition-Based'][1 + i % 3], "
            "CASE WHEN i % 1000 = 0 THEN 1e6 ELSE 100 + i % 400 END, i % 9, DATE '2024-01-01' + CAST(i % 730 AS INTEGER), "
            f"'note ' || i, FALSE, now() FROM range({count}) t(i)"
        )
    return session
