"""What each record of a read contributes to the extra tables, kept beside the sync in bounded memory."""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

from connector_core.engine.spool import packed
from connector_core.source.tables import Key, Record

IN_MEMORY = 10_000_000
"""Bytes, as pickled, that are held before all moves into a database; as Python objects they take about four times that."""

_CREATE = """
    PRAGMA journal_mode = OFF;
    PRAGMA cache_size = -8192;
    CREATE TABLE record (key TEXT PRIMARY KEY, contents BLOB NOT NULL) WITHOUT ROWID;
    BEGIN;
"""


Entry = tuple[Key, Sequence[Any]]
"""The key of a record, and its values in the order of the columns."""


class Ledger:
    """The newest version of each record that one sync has read, cut to the columns that extra tables need.

    A feed may send a record twice within one read, with other values; what the first said must then be forgotten. A feed that
    is small enough is held in a dict. One that is not moves into a private SQLite database, which SQLite keeps in a temporary
    file (with a cache of 8 MB) and removes on close. It lasts for one sync; what the next one needs of it is for
    ``connector_core.engine.row_values`` to keep.
    """

    def __init__(self, columns: Iterable[str]) -> None:
        self._columns = tuple(columns)
        self._held: dict[Key, Sequence[Any]] = {}
        self._bytes = 0
        self._database: sqlite3.Connection | None = None

    def close(self) -> None:
        """Forget everything."""
        self._held.clear()
        if self._database is not None:
            self._database.close()

    def clear(self) -> None:
        """Forget everything, and begin anew."""
        self.close()
        self._database, self._bytes = None, 0

    def __len__(self) -> int:
        if self._database is None:
            return len(self._held)
        return int(self._database.execute("SELECT count(*) FROM record").fetchone()[0])

    def __contains__(self, key: Key) -> bool:
        if self._database is None:
            return key in self._held
        return self._database.execute("SELECT 1 FROM record WHERE key = ?", (repr(key),)).fetchone() is not None

    def put(self, rows: Sequence[tuple[Key, Record]]) -> None:
        """Remember each record under its key, in place of what the key stood for before."""
        if rows:
            self._put(self._cut(rows))

    def put_changed(self, rows: Sequence[tuple[Key, Record]]) -> Sequence[Entry]:
        """As ``put``; what is remembered now of those records of which something else, or nothing, was."""
        changed = [(key, values) for key, values in self._cut(rows) if not self._has(key, values)] if rows else []
        if changed:
            self._put(changed)
        return changed

    def _cut(self, rows: Sequence[tuple[Key, Record]]) -> list[Entry]:
        """What would be remembered of *rows*, of which there is one at least."""
        keys, records = zip(*rows, strict=True)
        columns = [[record.get(name) for record in records] for name in self._columns]
        return list(zip(keys, zip(*columns, strict=True) if columns else repeat((), len(keys)), strict=True))

    def _put(self, entries: list[Entry]) -> None:
        if self._database is not None:
            _write(self._database, entries)
            return
        self._held.update(entries)
        # All of them in one go: what the page ends with may be larger than what it begins with.
        self._bytes += len(packed(entries))
        if self._bytes > IN_MEMORY:
            self._move()

    def _has(self, key: Key, values: Sequence[Any]) -> bool:
        """Whether these very values are remembered; where equal ones are, such as 1 and true, it may not be so."""
        if self._database is None:
            return key in self._held and packed(self._held[key]) == packed(values)
        found = self._database.execute("SELECT contents FROM record WHERE key = ?", (repr(key),)).fetchone()
        return found is not None and packed(pickle.loads(found[0])[1]) == packed(values)  # noqa: S301  (as below)

    def remove(self, key: Key) -> None:
        """Forget the record of this key."""
        if self._database is None:
            self._held.pop(key, None)
        else:
            self._database.execute("DELETE FROM record WHERE key = ?", (repr(key),))

    def records(self) -> Iterator[tuple[Key, Record]]:
        """Each remembered record."""
        for key, values in self.entries():
            yield key, dict(zip(self._columns, values, strict=True))

    def entries(self) -> Iterator[Entry]:
        """What is remembered of each record."""
        if self._database is None:
            yield from self._held.items()
            return
        for (contents,) in self._database.execute("SELECT contents FROM record ORDER BY key"):
            yield pickle.loads(contents)  # noqa: S301  (written by this very object, in a database nobody else can open)

    def _move(self) -> None:
        # The prefetching thread never touches it, but 2.13.1 of the SDK may close the sync from another thread.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_CREATE)
        _write(self._database, self._held.items())
        self._held.clear()


def _write(database: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    database.executemany("INSERT OR REPLACE INTO record VALUES (?, ?)", ((repr(entry[0]), packed(entry)) for entry in entries))
