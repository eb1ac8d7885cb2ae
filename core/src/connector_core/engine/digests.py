"""Digests: eight bytes that stand for a row, for its key, or for what is left of it, as a state can keep many of them."""

import marshal
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from connector_core.derived.applying import LeftOut
from connector_core.source.tables import Key, Record

BYTES = 8
"""Of a digest. As base64 (RFC 4648) it takes a third more in the state."""
_MARSHALLED = 2
"""The format of ``marshal`` that writes equal values as equal bytes; the later ones refer to what they have written already."""


def digest_of(row: Record, odd: Sequence[str] = ()) -> bytes | None:
    """A digest of all that a row holds; None where there can be none, so that it always goes out.

    odd: the columns whose values are told by their texts.
    """
    plain = row | {name: str(row[name]) for name in odd if name in row} if odd else row
    try:
        written = marshal.dumps(plain, _MARSHALLED)
    except ValueError:  # a value of another class, such as a number with all of its digits
        try:
            written = repr(row).encode("utf-8", "surrogatepass")
        except RecursionError:
            return None
    return blake2b(written, digest_size=BYTES).digest()


def key_digest(key: Key) -> bytes:
    """A digest of a key, each value of which has the form of its column."""
    try:
        written = marshal.dumps(key, _MARSHALLED)
    except ValueError:  # a date, for one
        written = repr(key).encode("utf-8", "surrogatepass")
    return blake2b(written, digest_size=BYTES).digest()


def gone_digest(key: Key) -> bytes:
    """What stands for a row that is not there: no digest of a row."""
    return blake2b(key_digest(key), digest_size=BYTES, person=b"gone").digest()


def version_digest(key: Key, row: Record | LeftOut, odd: Sequence[str] = ()) -> bytes | None:
    """The digest of what becomes of a record: of its row, or of there being none."""
    return gone_digest(key) if row.__class__ is LeftOut else digest_of(row, odd)  # type: ignore[arg-type]  # it is a record


def packed(digests: Iterable[bytes]) -> str:
    """Digests as a state keeps them. Sorted, so that the same rows make the same state, in whatever order they were read."""
    return b64encode(b"".join(sorted(digests))).decode()


def unpacked(text: Any, size: int = BYTES) -> list[bytes]:
    """What *packed* made, *size* bytes each; nothing where it is anything else."""
    try:
        raw = b64decode(text, validate=True) if isinstance(text, str) else b""
    except (Error, ValueError):
        return []
    return [] if len(raw) % size else [raw[at : at + size] for at in range(0, len(raw), size)]
