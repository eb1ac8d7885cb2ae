"""Rows that wait for the next checkpoint: a temporary file of JSON lines for each table, which DuckDB reads."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from json import dumps
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from attrs import define, field

from connector_build.destinations.kinds import as_text

AT: Final = "#at"
"""The place of a row among those that wait; no column has a name like this."""
GONE: Final = "#gone"
"""Whether the row is deleted."""


@define
class Waiting:
    """The rows of one table that wait: their file, how many they are, and the bytes of the longest line."""

    path: Path
    file: IO[bytes] = field(repr=False)
    rows: int = 0
    longest: int = 0
    truncated: bool = False
    """Whether every row that the table had before is deleted."""

    def put(self, row: Mapping[str, Any], *, gone: bool) -> None:
        """Add a row by its columns, or the key of one that is *gone*.

        Raises TypeError or ValueError for a value that cannot be written, and leaves it out.
        """
        texts = {name: as_text(value) for name, value in row.items() if value is not None}
        line = dumps({**texts, AT: self.rows, GONE: gone}, ensure_ascii=False).encode() + b"\n"
        self.file.write(line)
        self.rows += 1
        self.longest = max(self.longest, len(line))

    def truncate(self) -> None:
        """Forget what waits; the table's rows are deleted before what comes."""
        self.clear()
        self.truncated = True

    def clear(self) -> None:
        """Nothing waits any more."""
        self.file.seek(0)
        self.file.truncate()
        self.rows, self.longest, self.truncated = 0, 0, False


class Pending:
    """What waits, by table; the files are gone when it is left."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder: Path | None = None
        self._of: dict[str, Waiting] = {}

    def __enter__(self) -> "Pending":
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="connector-build-")))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._stack.close()

    def of(self, table: str) -> Waiting:
        """What waits for *table*."""
        if table not in self._of:
            assert self._folder is not None  # noqa: S101  (it was entered)
            path = self._folder / f"{len(self._of)}.jsonl"
            self._of[table] = Waiting(path, self._stack.enter_context(path.open("w+b")))
        return self._of[table]

    def waiting(self) -> dict[str, Waiting]:
        """Table → what waits, where something does."""
        return {table: each for table, each in self._of.items() if each.rows or each.truncated}
