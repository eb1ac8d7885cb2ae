"""A body on its way in: gunzipped where it begins as gzip does, and never held whole in memory."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

GZIP_MAGIC = b"\x1f\x8b"
PIECE_BYTES = 16 * 1024
MOST_EMPTY = 1000
"""Members of gzip data without a byte in them, one after the other."""
STEP_BYTES = 64 * 1024
"""So much of a gzip body is unpacked at once, from so small a piece: zlib copies what is left of a piece at each step."""


class BrokenBody(Exception):  # noqa: N818  (reads better where it is raised, as in errors)
    """The body was cut or damaged on its way: another try may help. The text says what is wrong with it."""


class TooLarge(Exception):  # noqa: N818
    """The body has more bytes, once unpacked, than anybody wants to read."""


def unpacked(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """The body in *chunks*, gunzipped when it begins as gzip does (RFC 1952), and as it is when not.

    Raises BrokenBody when the gzip data is cut or damaged, TooLarge once there are more than *limit* bytes of the result.
    What *chunks* raises goes through untouched.
    """
    chunks = iter(chunks)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(GZIP_MAGIC):
            break
    body = chain((head,), chunks)
    # Half of the magic and nothing after it is gzip that was cut: no text consists of that one control character.
    yield from within(_gunzipped(body) if head.startswith(GZIP_MAGIC) or head == GZIP_MAGIC[:1] else body, limit)


def within(parts: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """*parts* that are not empty. Raises TooLarge once they have more than *limit* bytes."""
    size = 0
    for part in parts:
        size += len(part)
        if size > limit:
            raise TooLarge(f"the body has more than {limit:,} bytes")
        if part:
            yield part


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member = None
    empty = 0
    for piece in _pieces(chunks):
        rest = piece
        while rest := rest if member else rest.lstrip(b"\0"):  # zeros may fill the room after a member
            if member is None:
                member = zlib.decompressobj(wbits=31)
                empty += 1
            try:
                part = member.decompress(rest, STEP_BYTES)
            except zlib.error as error:
                raise BrokenBody(f"the gzip data is damaged ({str(error).rpartition(': ')[2]})") from None
            empty = 0 if part else empty
            if empty > MOST_EMPTY:
                raise BrokenBody("the gzip data goes on, and holds nothing")
            yield part
            rest, member = (member.unused_data, None) if member.eof else (member.unconsumed_tail, member)
    if member:
        raise BrokenBody("the gzip data ends too early")


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            yield chunk[start : start + PIECE_BYTES]
