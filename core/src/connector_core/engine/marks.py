"""Marks: what a child table remembers of each record of its parent, in few bytes, where only equality is asked for.

A mark is two digests (blake2b, RFC 7693): one of the parent's key, and one of that key with the value by which its children are
known to have changed. Two keys with one digest cost a request and nothing else, because the second digest is of the key too: a
change would be passed over only if 40 bits of it were the same by chance.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from connector_core.source.pagination import Bookmark

NAME, KEY, VALUE = 9, 5, 5
"""Bytes of a digest of a key by which a place is found, which must not be that of another, and of the two of a mark."""
BYTES = (KEY + VALUE) * 4 / 3
"""Bytes of JSON that a mark takes in the state, as base64 (RFC 4648)."""

Marks = dict[bytes, bytes]
"""Digest of a parent's key → digest of the key and its value."""


def name_of(key: str) -> bytes:
    """The digest of a parent's key by which its place is found."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=NAME).digest()


def mark_of(key: str, changed: Any) -> bytes:
    """The digest of a parent's key, and of the value that tells whether its children changed."""
    said = json.dumps([key, changed], default=str, sort_keys=True).encode()
    return blake2b(said, digest_size=VALUE).digest()


def packed(marks: Marks) -> str:
    """Marks as one text, for a state."""
    return b64encode(b"".join(key + value for key, value in marks.items())).decode()


def unpacked(text: object) -> Marks | None:
    """The marks of a text; None for what is none."""
    raw = _raw(text, KEY + VALUE)
    return None if raw is None else {each[:KEY]: each[KEY:] for each in raw}


def number_of(text: str) -> int:
    """How many marks there are in the text of a state."""
    return round(len(text) / BYTES)


def packed_places(places: Mapping[bytes, Bookmark]) -> list[Any]:
    """Places by the digest of their parent's key, for a state: each place once, with the digests of all whose place it is."""
    of: dict[str, tuple[Bookmark, list[bytes]]] = {}
    for name, bookmark in places.items():
        of.setdefault(json.dumps(bookmark, sort_keys=True), (bookmark, []))[1].append(name)
    return [[dict(bookmark), b64encode(b"".join(names)).decode()] for bookmark, names in of.values()]


def unpacked_places(found: Iterable[Any]) -> Iterator[tuple[bytes, Bookmark]]:
    """The places of a state; what cannot be read is left out."""
    for each in found:
        if isinstance(each, list) and len(each) == 2 and isinstance(each[0], Mapping):
            yield from ((name, each[0]) for name in _raw(each[1], NAME) or ())


def _raw(text: object, size: int) -> list[bytes] | None:
    try:
        raw = b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        return None
    if raw is None or len(raw) % size:
        return None
    return [raw[at : at + size] for at in range(0, len(raw), size)]
