"""How far the feeds of a child table have come: its bookmark, in which a parent takes a few bytes."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from attrs import define, field

from connector_core.engine.marks import (
    KEY,
    Marks,
    mark_of,
    name_of,
    packed,
    packed_places,
    unpacked,
    unpacked_places,
)
from connector_core.source.pagination import Bookmark

EDGE = 1000
"""So many of the parents that changed last are known where they are listed by their change: the last come again in each sync."""


@define
class Place:
    """How far the feeds of the children have come: the bookmark of a child table.

    listing: where the page of parents that is under way begins, or where the next list starts, where parents are listed by their
             change; empty for a list that has to be read from its start.
    done:    the marks of the parents, from there on, whose children were delivered.
    open:    key of a parent → where its children go on, in the middle of their feed, and the mark that it had when it was opened.
    rests:   digest of a parent's key → where its children's next sync starts.
    changed: the marks of parents whose children were read, by a value that changes whenever they do.
    """

    listing: Bookmark = field(factory=dict)
    done: Marks = field(factory=dict)
    open: dict[str, tuple[Bookmark, bytes]] = field(factory=dict)
    rests: dict[bytes, Bookmark] = field(factory=dict)
    changed: Marks = field(factory=dict)

    @classmethod
    def read(cls, bookmark: Bookmark) -> "Place":
        """The place that a bookmark stands for, also one of an earlier release; what cannot be read is left out."""
        listing, changed = bookmark.get("listing"), bookmark.get("changed")
        values = changed if isinstance(changed, Mapping) else {}
        place = cls(listing if isinstance(listing, Mapping) else {})
        place.changed = unpacked(changed) or {name_of(key)[:KEY]: mark_of(key, value) for key, value in values.items()}
        done = bookmark.get("done")
        keys = [key for key in done if isinstance(key, str)] if isinstance(done, list) else []
        place.done = unpacked(done) or {name_of(key)[:KEY]: mark_of(key, values.get(key)) for key in keys}
        place.open = dict(_opened(bookmark.get("open"), values))
        rests = bookmark.get("rests")
        if isinstance(rests, Mapping):
            place.rests = {name_of(key): value for key, value in rests.items() if isinstance(value, Mapping)}
        elif isinstance(rests, list):
            place.rests = dict(unpacked_places(rests))
        return place

    def bookmark(self) -> Bookmark:
        """The place as JSON; parts that are empty are left out."""
        parts: dict[str, Any] = {
            "listing": dict(self.listing),
            "done": packed(self.done),
            "open": {key: [dict(bookmark), mark.hex()] for key, (bookmark, mark) in self.open.items()},
            "rests": packed_places(self.rests),
            "changed": packed(self.changed),
        }
        return {name: part for name, part in parts.items() if part}

    def moved(self, listing: Bookmark) -> bool:
        """The list of parents goes on at *listing*. Whether that is another place, so that those before it do not come again.

        A list without a place is read again from its start, and passes over who was done.
        """
        if dict(listing) == dict(self.listing):
            return False
        self.listing = listing
        if listing:
            self.done = {}
        return bool(listing)

    def keep_edge(self) -> None:
        """Forget all but the parents that were read last: those before come again only with another value."""
        self.changed = dict(islice(self.changed.items(), max(0, len(self.changed) - EDGE), None))

    def forget_others(self, seen: set[bytes]) -> None:
        """Forget the parents that the API lists no more; *seen* has the digests of those that it does."""
        short = {name[:KEY] for name in seen}
        self.changed = {key: mark for key, mark in self.changed.items() if key in short}
        self.rests = {name: place for name, place in self.rests.items() if name in seen}
        self.open = {key: opened for key, opened in self.open.items() if name_of(key) in seen}


def _opened(found: Any, values: Mapping[str, Any]) -> Iterable[tuple[str, tuple[Bookmark, bytes]]]:
    for key, opened in found.items() if isinstance(found, Mapping) else ():
        if isinstance(opened, Mapping):
            yield key, (opened, mark_of(key, values.get(key)))
        elif isinstance(opened, list) and len(opened) == 2 and isinstance(opened[0], Mapping) and isinstance(opened[1], str):
            yield key, (opened[0], _hex(opened[1]))


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
