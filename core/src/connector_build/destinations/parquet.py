"""Parquet files as a destination: one for each table, written from a database beside them, in which rows are merged."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

from connector_build.destinations.database import Database, database
from connector_build.destinations.layout import Layout
from connector_build.destinations.merging import quoted
from connector_build.errors import BuildError, UsageProblem

DATABASE: Final = "_rows.duckdb"
"""What merges the rows, and keeps the state. Readers of a folder of Parquet leave out what begins with an underscore."""


@frozen
class Folder:
    """Where the files are, and the database that they are written from."""

    path: Path
    database: Database

    def write(self) -> None:
        """Bring each file up to date whose table has changed, and each that is missing; a file is replaced as a whole."""
        changed = self.database.unwritten()
        for table in self.database.tables():
            if table in changed or not self.file(table).exists():
                self._write(table)

    def file(self, table: str) -> Path:
        """The file of a table."""
        return self.path / f"{table}.parquet"

    def _write(self, table: str) -> None:
        part = self.path / f"_{table}.parquet.part"
        escaped = str(part).replace("'", "''")
        self.database.connection.execute(f"COPY {quoted(table)} TO '{escaped}' (FORMAT parquet, COMPRESSION zstd)")
        _flush(part)
        part.replace(self.file(table))
        self.database.wrote(table)


def _flush(file: Path) -> None:
    """Have what was written on disk before it takes another file's name."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


@contextmanager
def folder(path: Path, dataset: str, layouts: Mapping[str, Layout], *, full: bool = False) -> Iterator[Folder]:
    """The folder at *path*, which is made where there is none; *full*: whatever earlier runs left is forgotten.

    Raises UsageProblem where it cannot be one, BuildError where there are such files of somebody else's, or another run is there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageProblem(f"{path} cannot be a folder: {error.strerror}. Name another one in --to.") from None
    if not (path / DATABASE).exists():
        for file in (f"{name}.parquet" for name in layouts):
            if (path / file).exists():
                why = f"and no {DATABASE} that it was written from"
                raise BuildError(f"{path} has a file {file}, {why}. Move it, or name another folder.")
    with database(path / DATABASE, dataset, layouts, full=full) as found:
        yield Folder(path, found)
