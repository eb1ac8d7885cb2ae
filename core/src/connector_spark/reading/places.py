"""Offsets of a stream: where a table's feed goes on, and what of it was taken already."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any

from attrs import define, field, frozen

from connector_core.derived.applying import LeftOut
from connector_core.engine.marks import KEY, VALUE, Marks, name_of, packed, unpacked
from connector_core.source.pagination import Bookmark
from connector_core.source.tables import Key, Record
from connector_core.source.values import as_json

KEPT = 20_000
"""So many of the rows that were taken last are known by a digest, in ten bytes each."""


@frozen(hash=False)
class Place:
    """Where a stream is.

    number:   of batches before it: it grows with each, also where a feed rests at its tail and the bookmark stays.
    bookmark: where the feed goes on; a page that was taken may come again there.
    taken:    of the rows that were taken last, digest of key → digest of key and row.
    pages:    how many pages the batch that ends here has read. exact: *taken* has every row of that batch.
    """

    number: int = 0
    bookmark: Bookmark = field(factory=dict)
    taken: Marks = field(factory=dict, repr=False)
    pages: int = 0
    exact: bool = True

    @classmethod
    def read(cls, offset: Mapping[str, Any]) -> "Place":
        """Of an offset, as Spark keeps it."""
        return cls(
            int(offset.get("number", 0)),
            json.loads(offset.get("bookmark", "{}")),
            unpacked(offset.get("taken", "")) or {},
            int(offset.get("pages", 0)),
            offset.get("exact", True) is not False,
        )

    def written(self) -> dict[str, Any]:
        """As an offset: numbers, texts and truths only."""
        place = json.dumps(dict(self.bookmark), sort_keys=True)
        return {"number": self.number, "bookmark": place, "taken": packed(self.taken), "pages": self.pages, "exact": self.exact}


@define
class Taking:
    """The rows of one batch, from *start* on: those that are not known already."""

    start: Place
    marks: Marks = field(init=False)
    rows: list[tuple[Key, Record | LeftOut]] = field(factory=list, init=False)
    pages: int = field(default=0, init=False)

    @marks.default
    def _(self) -> Marks:
        return dict(self.start.taken)

    def take(self, key: Key, row: Record | LeftOut) -> None:
        """Take a row, unless it was taken as it is, and nothing else has become of it since."""
        name, mark = mark_of(key, row)
        if self.marks.pop(name, None) != mark:
            self.rows.append((key, row))
        self.marks[name] = mark  # behind the others: those that were taken last are kept

    def end(self, bookmark: Bookmark) -> Place:
        """Where the batch ends, if the feed goes on at *bookmark*; *start*, where nothing has moved."""
        if not self.rows and bookmark == self.start.bookmark:
            return self.start
        kept = dict(islice(self.marks.items(), max(0, len(self.marks) - KEPT), None))
        return Place(self.start.number + 1, dict(bookmark), kept, self.pages, len(self.rows) <= KEPT)


@define
class Replay:
    """The rows of a batch that was planned already, read once more: the same, whatever has come or changed since.

    A row that is another one by now comes in the batch that follows.
    """

    start: Place
    end: Place
    missing: Marks = field(init=False)

    @missing.default
    def _(self) -> Marks:
        return {name: mark for name, mark in self.end.taken.items() if self.start.taken.get(name) != mark}

    def is_of_it(self, key: Key, row: Record | LeftOut) -> bool:
        """Whether a row belongs to the batch."""
        name, mark = mark_of(key, row)
        if not self.end.exact:
            return self.start.taken.get(name) != mark
        if self.missing.get(name) != mark:
            return False
        del self.missing[name]
        return True

    def is_over(self, pages: int) -> bool:
        """Whether all of it was read, with so many pages."""
        return not self.missing if self.end.exact else pages >= self.end.pages


def mark_of(key: Key, row: Record | LeftOut) -> tuple[bytes, bytes]:
    """The digests of a key, and of what became of it."""
    said = json.dumps(key, default=as_json)
    what = "gone" if isinstance(row, LeftOut) else json.dumps(row, default=as_json, sort_keys=True)
    return name_of(said)[:KEY], blake2b(f"{said} {what}".encode("utf-8", "surrogatepass"), digest_size=VALUE).digest()
