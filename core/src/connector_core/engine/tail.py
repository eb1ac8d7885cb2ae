"""The tail of a feed that is read on from a bookmark: rows that a read meets again, as they are there, are not sent again.

The next read of such a feed begins with what the last one ended with: its last page, or the edge of what it had by a time. So the
state of a finished sync has, for the rows that were met last, a digest of the key and one of the row. It never says more than is
certain:

- before a row goes out whose key is there with another digest, the state is saved without any of them. A row whose key is not
  there changes nothing about what is, so rows that were appended cost no checkpoint;
- the same before a row goes out that is not compared: a read compares so many rows at its beginning, and no more;
- of several versions of a record in one part of a page, the last is what stays, and it alone is compared.

A first read compares nothing, and makes digests of its last rows alone, at its end: it has to pay next to nothing. Without a
state, as in a re-sync, everything goes out.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attrs import define, field

from connector_core.derived.applying import LeftOut
from connector_core.engine.digests import BYTES, key_digest, packed, unpacked, version_digest
from connector_core.engine.records import Rows
from connector_core.source.pagination import Page
from connector_core.source.tables import Key

MOST = 1_000
"""Rows that are compared at the beginning of a read, and rows that the state remembers at its end: 21 bytes each."""
OF, TAIL = "of", "tail"


@define
class Tail:
    """What of a feed's last rows the destination is known to have as it is, and what this read has met of it."""

    of: str
    stored: Any
    """What the state says."""
    there: Mapping[bytes, bytes]
    """The same: digest of a key → digest of what the destination has of it."""
    compares: bool
    """Whether rows are still held against what is there."""
    most: int
    odd: Sequence[str] = ()
    """Columns of values that no JSON has, such as dates."""
    unchanged: int = field(default=0, init=False)
    said: bool = field(init=False)
    """Whether the state says nothing any more of what was there before this read."""
    contradicts: bool = field(default=False, init=False)
    """Whether what goes out next makes untrue what the state says."""
    complete: bool = field(default=False, init=False)
    """Whether every row that this read has met is out."""
    _met: dict[bytes, bytes | None] = field(factory=dict, init=False)
    """As *there*, of what this read has met, in order."""
    _last: Rows = field(factory=list, init=False)
    """What was delivered last, where nothing is compared. It is at hand anyway, so memory does not grow."""
    _seen: int = field(default=0, init=False)

    @said.default
    def _(self) -> bool:
        return self.stored is None

    @classmethod
    def read(cls, of: str, stored: Any, odd: Sequence[str], *, goes_on: bool, most: int | None = None) -> "Tail":
        """What a state says; nothing where that is about another feed, other types, or cannot be understood.

        goes_on: the read begins where another one ended, so that it may meet the same rows. most: as MOST, which None means.
        """
        most = MOST if most is None else most
        found = unpacked(stored.get(TAIL), 2 * BYTES) if isinstance(stored, Mapping) and stored.get(OF) == of else []
        there = {each[:BYTES]: each[BYTES:] for each in found}
        return cls(of, stored, there, (bool(there) or goes_on) and most > 0, most, odd)

    def begins(self, page: Page) -> None:
        """The first page of the read has come: nothing hangs on it."""

    def differing(self, rows: Rows, new: Collection[Key] = ()) -> Rows:  # noqa: ARG002  (Sent has to know them)
        """Those of *rows* that the destination does not have as they are, in order."""
        self._seen += len(rows)
        if self._seen > self.most:
            self.compares = False
        if not self.compares:
            self._last, self.contradicts = rows or self._last, bool(rows) and not self.said
            return rows
        digests = {key: (key_digest(key), version_digest(key, row, self.odd)) for key, row in dict(rows).items()}
        differs = {key for key, each in digests.items() if not self._is_there(*each)}
        self.contradicts = not self.said and any(not self.there or digests[key][0] in self.there for key in differs)
        for name, digest in digests.values():
            self._met.pop(name, None)  # so that it stands behind what was met before
            self._met[name] = digest
        differing = rows if len(differs) == len(digests) else [each for each in rows if each[0] in differs]
        self.unchanged += sum(key not in differs and row.__class__ is not LeftOut for key, row in rows)
        return differing

    def _is_there(self, name: bytes, digest: bytes | None) -> bool:
        there = self._met[name] if name in self._met else self.there.get(name)
        return digest is not None and digest == there

    def state(self) -> Mapping[str, str] | None:
        """What is certain now, as the state keeps it; None where that is nothing."""
        if not self.complete:
            return None if self.said else self.stored
        if not self.compares:
            last = dict(self._last[-self.most :] if self.most else ())
            self._met = {key_digest(key): version_digest(key, row, self.odd) for key, row in last.items()}
            self.compares, self._last = True, []  # it is done once
        certain = [name + digest for name, digest in list(self._met.items())[-self.most :] if digest]
        return {OF: self.of, TAIL: packed(certain)} if certain and self.most else None
