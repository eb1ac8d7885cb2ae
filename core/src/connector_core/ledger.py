"""What each record of a read contributes to the extra tables, kept beside the sync in bounded memory."""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator

from connector_core.spool import packed
from connector_core.tables import Key, Record


class Ledger:
    """The newest version of each record that one sync has read, cut to the columns that extra tables need.

    A feed may send a record twice within one read, with other values; what the first said must then be forgotten. The
    ledger lives in a private SQLite database, which SQLite keeps in memory while it is small (about 8 MB here), moves into
    a temporary file when it is not, and removes on close. It lasts for one sync: nothing in it is needed by the next.
    """

    def __init__(self, columns: Iterable[str]) -> None:
        self._columns = tuple(columns)
        # The prefetching thread never touches it, but 2.13.1 of the SDK may close the sync from another thread.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA cache_size = -8192")
        self._database.execute("CREATE TABLE record (key TEXT PRIMARY KEY, contents BLOB NOT NULL) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def __contains__(self, key: Key) -> bool:
        return self._database.execute("SELECT 1 FROM record WHERE key = ?", (repr(key),)).fetchone() is not None

    def put(self, rows: Iterable[tuple[Key, Record]]) -> None:
        """Remember each record under its key, in place of what the key stood for before."""
        columns = self._columns
        self._database.executemany(
            "INSERT OR REPLACE INTO record VALUES (?, ?)",
            ((repr(key), packed((key, [record.get(name) for name in columns]))) for key, record in rows),
        )

    def remove(self, key: Key) -> None:
        """Forget the record of this key."""
        self._database.execute("DELETE FROM record WHERE key = ?", (repr(key),))

    def records(self) -> Iterator[tuple[Key, Record]]:
        """Each remembered record, in the order of the keys."""
        for (contents,) in self._database.execute("SELECT contents FROM record ORDER BY key"):
            key, values = pickle.loads(contents)  # noqa: S301  (written by this very object, in a database nobody else can open)
            yield key, dict(zip(self._columns, values, strict=True))
