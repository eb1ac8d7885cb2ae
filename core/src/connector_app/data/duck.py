"""A session over the warehouse file that `fivetran debug` leaves on this machine."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
from attrs import Factory, field, frozen

from connector_app.data.dictionary import Dictionary
from connector_app.data.frames import tidy
from connector_app.data.session import Kind, SessionError, Value, kind_of

_OWN: Final = ("information_schema", "pg_catalog", "main", "_connector")
"""Schemas of the database's own, and where a run without Fivetran keeps its state."""


@frozen(hash=False)
class DuckDBSession:
    """The tables of one schema of a DuckDB file, read only.

    The file is open only while a query runs: a debug run may rewrite it between two clicks. What the app itself keeps goes
    into an SQLite file beside it (*reports*), which a reset leaves there.

    schema: the schema of the tables; the one that has tables beyond Fivetran's own when not given.
    runs:   the file with the history of the runs that filled it, where there is to be one.
    """

    path: Path
    schema: str = ""
    dictionary: Dictionary = field(factory=Dictionary)
    reports: Path = field(default=Factory(lambda self: self.path.with_name("app_reports.sqlite"), takes_self=True))
    runs: Path | None = None
    _known: dict[str, Any] = field(factory=dict, init=False, repr=False, eq=False)

    @property
    def where(self) -> str:
        return f"the warehouse file {self.path.name} on this machine"

    def sql(self, query: str, parameters: Sequence[Value] = ()) -> pd.DataFrame:
        with self._open() as database:
            return tidy(database.execute(query, list(parameters)).df())

    def table(self, name: str) -> str:
        return f"{_quoted(self._schema())}.{_quoted(name)}"

    def name(self, column: str) -> str:
        return _quoted(column)

    def tables(self) -> Sequence[str]:
        return sorted({table for table, _, _ in self._catalog() if not table.startswith(("_", "fivetran_"))})

    def columns(self, table: str) -> Mapping[str, Kind]:
        return {column: kind_of(kind) for name, column, kind in self._catalog() if name == table.lower()}

    def own(self, name: str) -> str:
        return _quoted(name)

    def execute(self, statement: str, parameters: Sequence[Value] = ()) -> None:
        with self._notes() as notes, notes:
            notes.execute(statement, list(parameters))

    def read_own(self, query: str, parameters: Sequence[Value] = ()) -> pd.DataFrame:
        with self._notes() as notes:
            cursor = notes.execute(query, list(parameters))
            return tidy(pd.DataFrame(cursor.fetchall(), columns=[each[0] for each in cursor.description]))

    @property
    def has_models(self) -> bool:
        return False

    def complete(self, model: str, prompt: str) -> str | None:  # noqa: ARG002 - the protocol's; no model is on this machine
        return None

    def version(self) -> str:
        try:
            stat = self.path.stat()
        except OSError:
            return "gone"
        return f"{self.path}:{stat.st_ino}:{stat.st_mtime_ns}:{stat.st_size}"

    def _schema(self) -> str:
        if self.schema:
            return self.schema
        self._catalog()
        return str(self._known["schema"])

    def _catalog(self) -> list[tuple[str, str, str]]:
        """(table, column, type) in lower case, in the order of the tables' columns; read anew when the file has changed."""
        if self._known.get("version") != self.version():
            with self._open() as database:
                rows = database.execute(
                    "SELECT table_schema, lower(table_name), lower(column_name), data_type FROM information_schema.columns "
                    "ORDER BY table_schema, table_name, ordinal_position"
                ).fetchall()
            schema = self.schema or _best(rows)
            catalog = [(table, column, kind) for place, table, column, kind in rows if place == schema]
            self._known.update(version=self.version(), schema=schema, catalog=catalog)
        found: list[tuple[str, str, str]] = self._known["catalog"]
        return found

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        if not self.path.is_file():
            raise SessionError(f"There is no warehouse at {self.path}. Run connector-build demo or debug, then reload the page.")
        try:
            with duckdb.connect(str(self.path), read_only=True) as database:
                yield database
        except duckdb.IOException as error:
            raise SessionError(f"{self.path} cannot be read now: {_line(error)}. Is a sync writing it? Try again.") from None
        except duckdb.Error as error:
            raise SessionError(f"{self.path}: the query failed: {_line(error)}") from None

    @contextmanager
    def _notes(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.reports)) as notes:
                yield notes
        except sqlite3.Error as error:
            raise SessionError(f"{self.reports}, where reports are kept: {_line(error)}. Is its folder writable?") from None


def _best(rows: Sequence[tuple[str, str, str, str]]) -> str:
    """The schema of the data: that of a debug run, else the first one that is not the database's own, else its own."""
    schemas = {row[0] for row in rows}
    ours = sorted(schemas - set(_OWN))
    return "tester" if "tester" in schemas else ours[0] if ours else "main"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
