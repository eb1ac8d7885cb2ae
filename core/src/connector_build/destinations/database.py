"""A DuckDB database as a destination: rows and the state that belongs to them are committed together, at each checkpoint."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from connector_build.destinations.layout import DELETED, Layout
from connector_build.destinations.merging import alter, create, merge, quoted
from connector_build.destinations.pending import Pending
from connector_build.errors import BuildError, UsageProblem
from connector_core.basics.errors import DeliveryError
from connector_core.basics.names import one_line

if TYPE_CHECKING:
    import duckdb

OURS: Final = "_connector"
"""The schema that holds the state, and what is known of each table."""
_PREPARE: Final = (
    "CREATE SCHEMA IF NOT EXISTS {}",
    "CREATE TABLE IF NOT EXISTS {}.states (dataset VARCHAR, state VARCHAR, saved TIMESTAMPTZ)",
    "CREATE TABLE IF NOT EXISTS {}.tables (name VARCHAR, dataset VARCHAR, layout VARCHAR, written BOOLEAN)",
)


def now() -> str:
    """This moment, as ISO 8601 has it."""
    return datetime.now(UTC).isoformat()


@define
class Database:
    """The operations of a sync of *dataset* into tables of a database.

    What comes between two checkpoints waits in files, and nothing of it is in the database until the second. Whatever ends the
    process, the database is as the last checkpoint left it.
    """

    connection: "duckdb.DuckDBPyConnection"
    dataset: str
    layouts: Mapping[str, Layout]
    pending: Pending
    fresh: bool
    """Whether tables and state of before are forgotten, at the first checkpoint."""
    clock: Callable[[], str] = now
    state: dict[str, Any] = field(factory=dict, init=False)
    """Where the sync begins."""
    _stored: dict[str, dict[str, str]] = field(factory=dict, init=False)
    """Table → the columns that it has in the database."""
    _ours: str = field(init=False)
    """The schema OURS with the database's name in front, which comes from the file and may be the same."""

    @_ours.default
    def _(self) -> str:
        [(name,)] = self.connection.execute("SELECT current_database()").fetchall()
        return f"{quoted(name)}.{OURS}"

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.pending.of(table).put(self.layouts[table].row(data), gone=False)

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self.pending.of(table).put(self.layouts[table].keys(keys), gone=True)

    def truncate(self, table: str) -> None:
        self.pending.of(table).truncate()

    def checkpoint(self, state: dict[str, Any]) -> None:
        waiting = self.pending.waiting()
        with self._transaction():
            if self.fresh:
                self._forget()
            for name, layout in self.layouts.items():
                if self.fresh or name in waiting:
                    self._fit(layout)
            for name, each in waiting.items():
                merge(self.connection, self.layouts[name], each, self.clock())
                self._note(name)
            self._save(state)
        self.fresh = False
        for each in waiting.values():
            each.clear()

    def open(self) -> None:
        """Make the tables as they are declared, and read the state. Raises BuildError where a table is somebody else's."""
        for statement in _PREPARE:
            self._query(statement)
        owners = {name: (owner, layout) for name, owner, layout in self._query("SELECT name, dataset, layout FROM {}.tables")}
        for name, layout in self.layouts.items():
            self._check_ours(name, owners)
            if name in owners and not self.fresh:
                self._take_over(layout, json.loads(owners[name][1]))
        if not self.fresh:
            found = self._query("SELECT state FROM {}.states WHERE dataset = $1", self.dataset)
            self.state = json.loads(found[0][0]) if found else {}
            with self._transaction():
                for layout in self.layouts.values():
                    self._fit(layout)

    def counts(self) -> dict[str, tuple[int, int]]:
        """Table → how many rows it has, and how many that are deleted."""
        query = f"SELECT count(*) FILTER (NOT {DELETED}), count(*) FILTER ({DELETED}) FROM {{}}"
        return {name: self.connection.execute(query.format(quoted(name))).fetchall()[0] for name in self.tables()}

    def tables(self) -> list[str]:
        """The tables of the dataset that are there."""
        found = {name for (name,) in self._query("SELECT name FROM {}.tables WHERE dataset = $1", self.dataset)}
        return [name for name in self.layouts if name in found]

    def unwritten(self) -> list[str]:
        """The tables that have changed since ``wrote`` was called of them."""
        rows = self._query("SELECT name FROM {}.tables WHERE dataset = $1 AND NOT written ORDER BY name", self.dataset)
        return [name for (name,) in rows]

    def wrote(self, table: str) -> None:
        """Remember that a file holds the table as it is."""
        self._query("UPDATE {}.tables SET written = true WHERE name = $1", table)

    def _query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement.format(self._ours), list(values)).fetchall()

    def _check_ours(self, name: str, owners: Mapping[str, tuple[str, str]]) -> None:
        if name in owners and owners[name][0] != self.dataset:
            raise BuildError(
                f"The table {name} in there belongs to {owners[name][0]}, and {self.dataset} has one of that name too. "
                "Let each run into a file of its own."
            )
        here = "database_name = current_database() AND schema_name = 'main' AND table_name = $1"
        there = self._query(f"SELECT 1 FROM duckdb_tables() WHERE {here}", name)
        if there and name not in owners:
            raise BuildError(
                f"There is a table {name} already, which no run has made. Rename or drop it, or name another file in --to."
            )

    def _take_over(self, layout: Layout, kept: Mapping[str, Any]) -> None:
        if tuple(kept["key"]) != layout.key:
            raise BuildError(
                f"{layout.name}: its key was {', '.join(kept['key'])}, and is {', '.join(layout.key)} now, so rows of both would "
                "stand side by side. Read everything anew: add --full."
            )
        self._stored[layout.name] = dict(kept["columns"])
        layout.merge(kept["columns"])

    def _forget(self) -> None:
        """Drop what earlier runs of the dataset have left, the tables of options that are off now included."""
        for (name,) in self._query("SELECT name FROM {}.tables WHERE dataset = $1", self.dataset):
            self.connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
        self._query("DELETE FROM {}.tables WHERE dataset = $1", self.dataset)
        self._stored.clear()

    def _fit(self, layout: Layout) -> None:
        """Give the table the columns and types that its layout has by now."""
        before = self._stored.get(layout.name)
        if before == layout.columns:
            return
        # Ahead of any row: DuckDB takes no change of a table whose rows were changed in the same transaction.
        for statement in [create(layout)] if before is None else alter(layout, before):
            self.connection.execute(statement)
        self._stored[layout.name] = dict(layout.columns)
        kept = json.dumps({"key": layout.key, "columns": layout.columns})
        self._query("DELETE FROM {}.tables WHERE name = $1", layout.name)
        self._query("INSERT INTO {}.tables VALUES ($1, $2, $3, false)", layout.name, self.dataset, kept)

    def _note(self, table: str) -> None:
        self._query("UPDATE {}.tables SET written = false WHERE name = $1", table)

    def _save(self, state: Mapping[str, Any]) -> None:
        self._query("DELETE FROM {}.states WHERE dataset = $1", self.dataset)
        self._query("INSERT INTO {}.states VALUES ($1, $2, $3::TIMESTAMPTZ)", self.dataset, json.dumps(state), self.clock())

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of what is done, or nothing. Raises DeliveryError for what DuckDB refuses."""
        import duckdb

        self.connection.begin()
        try:
            yield
            self.connection.commit()
        except BaseException as error:
            with suppress(duckdb.Error):  # which may have ended it already
                self.connection.rollback()
            if not isinstance(error, duckdb.Error):
                raise
            raise DeliveryError(
                f"DuckDB refuses what came since the last checkpoint: {one_line(error, 400)}. Nothing of it was kept; the next "
                "run goes on from the last checkpoint. If a value does not fit its column, correct the type, and add --full."
            ) from None


@contextmanager
def database(file: Path, dataset: str, layouts: Mapping[str, Layout], *, full: bool = False) -> Iterator[Database]:
    """The database in *file*, which is made where there is none; *full*: whatever earlier runs left is forgotten.

    Raises UsageProblem where it cannot be opened, BuildError where another run has it open.
    """
    connection = _connect(file)
    try:
        with Pending() as pending:
            found = Database(connection, dataset, layouts, pending, full)
            try:
                found.open()
            except DeliveryError as error:
                raise BuildError(f"{file}: {error}") from None
            except BuildError as error:
                raise type(error)(f"{file}: {error}") from None
            yield found
    finally:
        connection.close()


def _connect(file: Path) -> "duckdb.DuckDBPyConnection":
    try:
        import duckdb
    except ImportError:
        raise UsageProblem(
            "Rows are merged by DuckDB, which is not installed here: pip install 'connector-core[local]'. "
            "Or write JSON lines: --to -"
        ) from None
    if not file.parent.is_dir():
        raise UsageProblem(f"{file}: there is no folder {file.parent}. Make it, or name another file in --to.")
    try:
        connection = duckdb.connect(str(file))
        connection.execute("SET TimeZone = 'UTC'")
    except duckdb.Error as error:
        raise _refused(file, str(error)) from None
    return connection


def _refused(file: Path, why: str) -> BuildError:
    if "lock" in why:
        return BuildError(
            f"{file} is open elsewhere: another run writes to it, or somebody looks into it. Wait for that, or close it."
        )
    if "not a valid DuckDB" in why:
        return UsageProblem(f"{file} is no DuckDB database. Name another file in --to.")
    return UsageProblem(f"{file} cannot be opened: {one_line(why, 300)}. Name another file in --to.")
