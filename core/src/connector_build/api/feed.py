"""The records of one table in order of last update, and the cursors that lead into it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b, sha256
from itertools import count
from random import Random
from threading import Lock
from typing import Any

from attrs import frozen

from connector_build.sample import Record, Sample
from connector_core.basics.counting import counted

CURSOR = re.compile(r"[0-9a-f]{32}")
"""What every cursor looks like."""

_UPDATED = "last_updated_epoch"
_PLACES = 2**48 - 1
"""The bits of a cursor that hold a place; those above them tell one name of a place from another."""


class UnknownCursor(ValueError):  # noqa: N818 - named for what the API says, not for Python
    """The feed never gave this cursor out, or has expired it."""


@frozen
class Entry:
    """A record, as the API sends it, its place in the feed, and its number in its table (from 1), which a change keeps."""

    place: int
    record: Record
    number: int


@frozen
class FeedPage:
    """One page: its records, the cursor of the next page (None on the last), and whether there is one."""

    records: list[Record]
    next_cursor: str | None
    has_more: bool


class Feed:
    """Records in order of last update; safe to use from several threads.

    Each record stands at a place of an endless sequence; a changed record leaves its place empty and takes a new one at the end.
    A cursor means "after place p", so it keeps its meaning whatever happens to the records. It is computed from the seed and the
    place alone: nothing is stored for it, and a feed made again from the same seed accepts it.
    """

    def __init__(self, name: str, sample: Sample, seed: int = 0, *, places: Iterator[int] | None = None) -> None:
        """Start with `sample.count` records; the same name, sample and seed give the same feed.

        places: gives the places, for feeds that are read as one.
        """
        self.name = name
        self._sample = sample
        self._seed = f"{seed}:{name}"
        self._lock = Lock()
        self._places = places or count(1)
        self._end = 0  # the last place that was given
        self._newest: int | None = None
        self._entries: dict[int, Entry] = {}  # by number, in the order of their places
        self._changes = Random(f"{self._seed}:changes")  # noqa: S311 - made-up data
        self._cursors = Cursors(self._seed)
        self._made = 0
        self.append(sample.count)

    def __len__(self) -> int:
        """How many live records there are."""
        return len(self._entries)

    def append(self, n: int, given: Mapping[str, Any] | None = None) -> list[Record]:
        """Put n new records at the end, with what is *given* in each of them, and return copies of them.

        Raises ValueError when n is negative.
        """
        if n < 0:
            raise ValueError(f"cannot append {counted(n, 'record')}")
        with self._lock:
            return [self._push(number, self._make(number, given or {})) for number in range(self._made + 1, self._made + n + 1)]

    def change(self, n: int, then: Callable[[Record], Record] = dict) -> list[Record]:
        """Give n different records new values, and what *then* makes of them, move them to the end, and return copies of them.

        Raises ValueError when n is negative or more than there are.
        """
        with self._lock:
            if not 0 <= n <= len(self._entries):
                raise ValueError(f"cannot change {n} of the {counted(len(self._entries), 'record')} of {self.name}")
            chosen = self._changes.sample(list(self._entries), n)
            olds = [self._entries.pop(number).record for number in chosen]
            changed = (then(self._sample.change(dict(old), self._changes)) for old in olds)
            return [self._push(number, record) for number, record in zip(chosen, changed, strict=True)]

    def remove(self, n: int) -> list[Record]:
        """Take n different records out, and return them. Raises ValueError when n is negative or more than there are."""
        with self._lock:
            if not 0 <= n <= len(self._entries):
                raise ValueError(f"cannot remove {n} of the {counted(len(self._entries), 'record')} of {self.name}")
            return [self._entries.pop(number).record for number in self._changes.sample(list(self._entries), n)]

    def remove_those(self, which: Callable[[Record], bool]) -> list[Record]:
        """Take out every record that *which* says, and return them."""
        with self._lock:
            chosen = [number for number, entry in self._entries.items() if which(entry.record)]
            return [self._entries.pop(number).record for number in chosen]

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        """The records after a cursor (None: from the first), at most `page_size` of them, as copies.

        Raises UnknownCursor, and ValueError when page_size is below 1.
        """
        if page_size < 1:
            raise ValueError(f"a page of {counted(page_size, 'record')} is not possible")
        place = 0 if cursor is None else self._cursors.place(cursor)
        if place is None or place > self._end:
            raise UnknownCursor(f"unknown cursor {cursor!r}")
        chosen, more = after(self.entries(), place, page_size)
        return FeedPage([dict(entry.record) for entry in chosen], self._cursors.at(chosen[-1].place) if more else None, more)

    def entries(self) -> list[Entry]:
        """All live records with their places, least recently updated first. The records are the feed's own."""
        with self._lock:
            return list(self._entries.values())

    def records(self) -> list[Record]:
        """Copies of all live records, least recently updated first."""
        return [dict(entry.record) for entry in self.entries()]

    def expire_cursors(self) -> None:
        """Make every cursor given out so far unknown; the next pages carry new ones."""
        self._cursors.expire()

    def _make(self, number: int, given: Mapping[str, Any]) -> Record:
        # A generator a record: record i is the same however many were changed before it was appended.
        self._made = number
        return {**self._sample.make(number - 1, Random(f"{self._seed}:{number - 1}")), **given}  # noqa: S311

    def _push(self, number: int, record: Record) -> Record:
        updated = record.get(_UPDATED)
        if isinstance(updated, int):
            # The sample knows one record only; the feed keeps the order between them.
            if self._newest is not None and updated <= self._newest:
                record = {**record, _UPDATED: self._newest + 1}
            self._newest = record[_UPDATED]
        self._end = next(self._places)
        self._entries[number] = Entry(self._end, record, number)
        return dict(record)


def after(entries: Sequence[Entry], place: int, size: int) -> tuple[list[Entry], bool]:
    """Of *entries* in order the first *size* behind a place, and whether there are more."""
    waiting = [entry for entry in entries if entry.place > place]
    return waiting[:size], len(waiting) > size


class Cursors:
    """Places as cursors and back: a keyed checksum of the place, then the place masked by it."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._generation = 0
        self._key = self._made_key()

    def expire(self) -> None:
        """Know none of those any more that were given out so far."""
        self._generation += 1
        self._key = self._made_key()

    def at(self, place: int, name: int = 0) -> str:
        """The cursor of a place; with another *name*, another one of the same place."""
        number = place | name << 48
        check = self._digest(number)
        return f"{check:016x}{number ^ self._digest(check):016x}"

    def place(self, cursor: object) -> int | None:
        """The place of a cursor, or None when it is none of ours."""
        if not isinstance(cursor, str) or not CURSOR.fullmatch(cursor):
            return None
        check, masked = int(cursor[:16], 16), int(cursor[16:], 16)
        number = masked ^ self._digest(check)
        return number & _PLACES if self._digest(number) == check else None

    def _made_key(self) -> bytes:
        return sha256(f"{self._seed}:{self._generation}".encode()).digest()

    def _digest(self, number: int) -> int:
        return int.from_bytes(blake2b(number.to_bytes(8), digest_size=8, key=self._key).digest())
