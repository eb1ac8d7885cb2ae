"""The encodings that HTTP puts around a body (RFC 9110, section 8.4): we ask for those in which we can tell a cut."""

import zlib
from collections.abc import Iterable, Iterator

from connector_core.basics.counting import counted
from connector_core.source.unpacking import GZIP_MAGIC, PIECE_BYTES, STEP_BYTES, BrokenBody, unpacked, within

ACCEPTED = "gzip, deflate"
"""What a request says that it takes.

Other libraries' decoders take a body that ends too early for a whole one, also where they are installed.
"""
MOST = 3
"""Encodings around one another that anybody means."""


class Unreadable(Exception):  # noqa: N818  (reads better where it is raised, as in errors)
    """The body is in an encoding that was not asked for. The text says in which."""


def encodings_of(field: str) -> list[str]:
    """The names in a field ``Content-Encoding``, from the innermost on. Raises Unreadable for what we cannot read."""
    names = [name for each in field.lower().split(",") if (name := each.strip()) not in ("", "identity")]
    for name in names:
        if name not in _READERS:
            raise Unreadable(f"is packed as {name[:30]!a}, which was not asked for and cannot be read here")
    if len(names) > MOST:
        raise Unreadable(f"is packed {counted(len(names), 'time')} over")
    return names


def decoded(pieces: Iterable[bytes], names: Iterable[str], limit: int) -> Iterator[bytes]:
    """A body that came in *pieces*, without the encodings *names*.

    Raises BrokenBody where it was cut or damaged, TooLarge once one of them brings more than *limit* bytes.
    """
    for name in reversed(list(names)):
        pieces = _READERS[name](pieces, limit)
    return iter(pieces)


def _gzip(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    return unpacked(_checked(pieces), limit)


def _deflate(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    return within(_inflated(pieces), limit)


def _checked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """*pieces*, which are said to be gzip. Raises BrokenBody when they are not."""
    for number, piece in enumerate(pieces):
        if number == 0 and not GZIP_MAGIC.startswith(piece[: len(GZIP_MAGIC)]):
            raise BrokenBody("the body could not be unpacked: it is no gzip")
        yield piece


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """In the format of zlib (RFC 1950), or bare (RFC 1951), as servers have sent it ever since."""
    stream = None
    for piece in _small(pieces):
        stream = stream or zlib.decompressobj(zlib.MAX_WBITS if _is_zlib(piece) else -zlib.MAX_WBITS)
        rest = piece
        while rest:
            if stream.eof:
                raise BrokenBody("the deflate data is damaged (something follows its end)")
            try:
                yield stream.decompress(rest, STEP_BYTES)
            except zlib.error as error:
                raise BrokenBody(f"the deflate data is damaged ({str(error).rpartition(': ')[2]})") from None
            rest = stream.unconsumed_tail or stream.unused_data
    while stream and not stream.eof:  # some of what was taken in may not be out yet
        if not (part := stream.decompress(b"", STEP_BYTES)):
            raise BrokenBody("the deflate data ends too early")
        yield part


def _small(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """*pieces* that zlib takes at once; the first has the two bytes that tell which format it is."""
    head = b""
    for piece in pieces:
        content, head = head + piece, b""
        if len(content) < 2:
            head = content
            continue
        for start in range(0, len(content), PIECE_BYTES):
            yield content[start : start + PIECE_BYTES]
    if head:
        yield head


def _is_zlib(piece: bytes) -> bool:
    return len(piece) > 1 and piece[0] & 0x0F == zlib.DEFLATED and int.from_bytes(piece[:2], "big") % 31 == 0


_READERS = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate}
