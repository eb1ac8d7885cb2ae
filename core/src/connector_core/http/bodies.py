"""Reading a body: piece by piece, unpacked, within bounds of size and time."""

from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import chain
from typing import TypeVar

import requests
from attrs import frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.wire import HTTPError
from connector_core.http.attempts import current
from connector_core.http.encodings import Unreadable, decoded, encodings_of
from connector_core.http.reasons import reason
from connector_core.http.retries import TransientError
from connector_core.source.unpacking import GZIP_MAGIC, BrokenBody, TooLarge, unpacked, within

T = TypeVar("T")

CHUNK_BYTES = 65_536
ANSWER_BYTES = 100_000_000
"""The largest answer, unpacked, that is taken unless the setting says otherwise."""
OVERHEAD_BYTES = 1_000_000
"""By so much a packed body may be larger than what it holds."""
REFUSAL_BYTES = 1_000_000
"""So much is read of an answer that is no page: enough for any reason, and no more of what may be endless."""


@frozen
class Bodies:
    """How bodies are read; limit: the largest one, unpacked, in bytes."""

    limit: int

    def of(self, where: str, response: requests.Response) -> bytes:
        """The body of a page or a token; of what else there is, the beginning."""
        whole = 200 <= response.status_code < 300
        return self.whole(where, response) if whole else self.beginning(where, response)

    def whole(self, where: str, response: requests.Response) -> bytes:
        """The whole body, unpacked; *where* names the request."""
        return self.read(where, response, lambda chunks: b"".join(unpacked(chunks, self.limit)))

    def beginning(self, where: str, response: requests.Response) -> bytes:
        """The beginning of the body of a refusal, which is nearly always all of it."""
        found = bytearray()

        def read(chunks: Iterator[bytes]) -> bytes:
            for part in unpacked(chunks, self.limit):
                found.extend(part)
                if len(found) >= REFUSAL_BYTES:
                    break
            return bytes(found)

        try:
            return self.read(where, response, read)
        except UnexpectedAnswer:  # in what cannot be read: the status says more
            return b"(a body that cannot be read)"

    def read(self, where: str, response: requests.Response, read: Callable[[Iterator[bytes]], T]) -> T:
        """What *read* makes of a body; a body that is cut or damaged is worth another try, one that is too large is not."""
        try:
            return read(self._chunks(response))
        except BrokenBody as error:
            raise TransientError(f"{response.status_code}, but {error}") from None
        except Unreadable as error:
            raise UnexpectedAnswer(
                f"{where}: the answer {error}. Ask the API's owner, or whoever runs a proxy in between, to keep to what "
                "Accept-Encoding asks for."
            ) from None
        except TooLarge:
            raise UnexpectedAnswer(
                f"{where}: the answer is larger than {self.limit / 1e6:.0f} MB, more than this connector takes at once. "
                "Ask for less at a time, with a smaller page_size or a filter; "
                "if the API has nothing smaller, set max_answer_mb higher."
            ) from None

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        """The body as it comes, without the encoding that HTTP put around it."""
        names = encodings_of(response.headers.get("Content-Encoding", ""))
        transfer = response.headers.get("Transfer-Encoding", "chunked").strip().lower()
        if transfer not in ("chunked", "identity"):
            raise Unreadable(f"is transferred as {transfer[:30]!a}, which was not asked for and cannot be read here")
        pieces = within(_pieces(response), self.limit + OVERHEAD_BYTES)
        return _timed(decoded(pieces, names, self.limit) if names else pieces)


def with_an_end(response: requests.Response, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """A body of lines, in *chunks*. JSON tells by itself that it is whole, and so does gzip; lines do not.

    Raises TransientError where neither a length nor HTTP's own chunks say where it ends, and it stops in the middle of a line.
    """
    told = "Content-Length" in response.headers or "Transfer-Encoding" in response.headers
    attempt = current()
    if not told and attempt is not None:
        attempt.mind_the_end()
    last = b""
    for chunk in chunks:
        told = told or (not last and chunk.startswith(GZIP_MAGIC))
        yield chunk
        last = chunk[-2:]  # UTF-16 writes a line end in two bytes
    if not told and last and not set(last) & set(b"\r\n"):
        raise TransientError("200, but the body ends in the middle of a line, and nothing says how long it is")


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body piece by piece, as it came."""
    try:
        while piece := response.raw.read1(CHUNK_BYTES, decode_content=False):
            yield piece
    except (HTTPError, OSError) as error:
        raise TransientError(reason(error)) from None


def _timed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """*chunks*, each of which earns the attempt some more time, unless it is empty room."""
    attempt = current()
    for chunk in chunks:
        yield chunk
        if attempt is not None:
            attempt.took(len(chunk) if chunk.strip(b"\0") else 0)


def begins_as_a_page(chunks: Iterator[bytes], *, any_tag: bool = True) -> tuple[bool, Iterator[bytes]]:
    """Whether a body begins as a web page does, and the same body once more; *any_tag*: whatever its first tag is."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= CHUNK_BYTES or head.strip():
            break
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:14].lower()
    return begins.startswith(b"<" if any_tag else (b"<!doctype html", b"<html")), chain((head,), chunks)


def held(response: requests.Response, body: bytes) -> requests.Response:
    """*response* with its *body*, which was read already."""
    held = requests.Response()
    held.status_code, held.reason, held.url, held.headers = response.status_code, response.reason, response.url, response.headers
    held.raw = BytesIO(body)
    return held
