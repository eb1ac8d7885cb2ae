"""An in-memory feed of sample records, ordered by last update, read page by page with cursors."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from hashlib import blake2b, sha256
from itertools import compress
from random import Random
from threading import Lock

from attrs import frozen

from connector_build.api.sample import Record, Sample

CURSOR = re.compile(r"[0-9a-f]{32}")
"""What every cursor looks like."""

_UPDATED = "last_updated_epoch"


class UnknownCursor(ValueError):  # noqa: N818 - named for what the API says, not for Python
    """The feed never gave this cursor out, or has expired it."""


@frozen
class FeedPage:
    """One page: its records, the cursor of the next page (None on the last), and whether there is one."""

    records: list[Record]
    next_cursor: str | None
    has_more: bool


class Feed:
    """Records in order of last update; safe to use from several threads.

    Each record stands at a position of an endless sequence; a changed record leaves its position empty and
    takes a new one at the end. A cursor means "after position p", so it keeps its meaning whatever happens
    to the records. It is computed from seed, name and position alone: nothing is stored for it, and a feed
    made again from the same seed accepts it.
    """

    def __init__(self, name: str, sample: Sample, seed: int = 0) -> None:
        """Start with `sample.count` records; the same name, sample and seed give the same feed."""
        self.name = name
        self._sample = sample
        self._seed = f"{seed}:{name}"
        self._lock = Lock()
        self._made = 0
        self._end = 0  # first position that was never used
        self._newest: int | None = None
        self._positions: list[int] = []  # ascending; _records[i] stands at _positions[i]
        self._records: list[Record] = []
        self._changes = Random(f"{self._seed}:changes")  # noqa: S311 - made-up data
        self._cursors = _Cursors(self._seed, 0)
        self.append(sample.count)

    def __len__(self) -> int:
        """How many live records there are."""
        return len(self._records)

    def append(self, n: int) -> list[Record]:
        """Put n new records at the end, and return copies of them.

        Raises ValueError when n is negative.
        """
        if n < 0:
            raise ValueError(f"cannot append {n} records")
        with self._lock:
            return [self._push(self._make()) for _ in range(n)]

    def change(self, n: int) -> list[Record]:
        """Give n different records new values, move them to the end, and return copies of them.

        Raises ValueError when n is negative or more than there are.
        """
        with self._lock:
            if not 0 <= n <= len(self._records):
                raise ValueError(f"cannot change {n} of the {len(self._records)} records of {self.name}")
            chosen = self._changes.sample(range(len(self._records)), n)
            olds = [self._records[index] for index in chosen]
            self._forget(chosen)
            return [self._push(self._sample.change(dict(old), self._changes)) for old in olds]

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        """The records after a cursor (None: from the first), at most `page_size` of them, as copies.

        Raises UnknownCursor, and ValueError when page_size is below 1.
        """
        if page_size < 1:
            raise ValueError(f"a page of {page_size} records is not possible")
        with self._lock:
            start = 0 if cursor is None else bisect_right(self._positions, self._position(cursor))
            stop = start + page_size
            records = [dict(record) for record in self._records[start:stop]]
            if stop >= len(self._records):
                return FeedPage(records, None, False)
            return FeedPage(records, self._cursors.at(self._positions[stop - 1]), True)

    def records(self) -> list[Record]:
        """Copies of all live records, least recently updated first."""
        with self._lock:
            return [dict(record) for record in self._records]

    def expire_cursors(self) -> None:
        """Make every cursor given out so far unknown; the next pages carry new ones."""
        with self._lock:
            self._cursors = _Cursors(self._seed, self._cursors.generation + 1)

    def _make(self) -> Record:
        # A generator a record: record i is the same however many were changed before it was appended.
        record = self._sample.make(self._made, Random(f"{self._seed}:{self._made}"))  # noqa: S311
        self._made += 1
        return record

    def _push(self, record: Record) -> Record:
        updated = record.get(_UPDATED)
        if updated is not None:
            # The sample knows one record only; the feed keeps the order between them.
            if self._newest is not None and updated <= self._newest:
                record = {**record, _UPDATED: self._newest + 1}
            self._newest = record[_UPDATED]
        self._positions.append(self._end)
        self._records.append(record)
        self._end += 1
        return dict(record)

    def _forget(self, indexes: Iterable[int]) -> None:
        keep = bytearray(b"\1") * len(self._records)
        for index in indexes:
            keep[index] = 0
        self._positions = list(compress(self._positions, keep))
        self._records = list(compress(self._records, keep))

    def _position(self, cursor: str) -> int:
        position = self._cursors.position(cursor)
        if position is None or position >= self._end:
            raise UnknownCursor(f"unknown cursor {cursor!r}")
        return position


class _Cursors:
    """Positions as cursors and back: a keyed checksum of the position, then the position masked by it."""

    def __init__(self, seed: str, generation: int) -> None:
        self.generation = generation
        self._key = sha256(f"{seed}:{generation}".encode()).digest()

    def at(self, position: int) -> str:
        check = self._digest(position)
        return f"{check:016x}{position ^ self._digest(check):016x}"

    def position(self, cursor: str) -> int | None:
        """The position of a cursor, or None when it is none of ours."""
        if not CURSOR.fullmatch(cursor):
            return None
        check, masked = int(cursor[:16], 16), int(cursor[16:], 16)
        position = masked ^ self._digest(check)
        return position if self._digest(position) == check else None

    def _digest(self, number: int) -> int:
        return int.from_bytes(blake2b(number.to_bytes(8), digest_size=8, key=self._key).digest())
