"""Reading a body: piece by piece, unpacked, within bounds of size and time."""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import TypeVar

import requests
from attrs import frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.wire import HTTPError
from connector_core.http.reasons import reason
from connector_core.http.retries import TransientError
from connector_core.source.unpacking import GZIP_MAGIC, BrokenBody, TooLarge, unpacked

T = TypeVar("T")

CHUNK_BYTES = 65_536
SLOWEST = 1000
"""Bytes a second, below which an answer that takes longer than a time-out is given up."""
ANSWER_BYTES = 100_000_000
"""The largest answer, unpacked, that is taken unless the setting says otherwise."""


@frozen
class Bodies:
    """How bodies are read.

    limit:  the largest one, unpacked, in bytes.
    wait:   seconds after which one that comes slowly is given up.
    clock:  seconds from any start, never going back.
    """

    limit: int
    wait: float
    clock: Callable[[], float]

    def whole(self, where: str, response: requests.Response) -> bytes:
        """The whole body, unpacked; *where* names the request."""
        return self.read(where, lambda: b"".join(unpacked(self.chunks(response), self.limit)))

    def read(self, where: str, read: Callable[[], T]) -> T:
        """What *read* makes of a body; a body that is cut or damaged is worth another try, one that is too large is not."""
        try:
            return read()
        except BrokenBody as error:
            raise TransientError(f"200, but {error}") from None
        except TooLarge:
            raise UnexpectedAnswer(
                f"{where}: the answer is larger than {self.limit / 1e6:.0f} MB, more than this connector takes at once. "
                "Ask for less at a time, with a smaller page_size or a filter; "
                "if the API has nothing smaller, set max_answer_mb higher."
            ) from None

    def chunks(self, response: requests.Response) -> Iterator[bytes]:
        """The body as it comes, without the encoding that HTTP put around it."""
        if response.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip"):
            # By ourselves: urllib3 takes gzip that ends too early for whole.
            yield from unpacked(_gzip(self._pieces(response, decode=False)), self.limit)
        else:
            yield from self._pieces(response, decode=True)

    def _pieces(self, response: requests.Response, *, decode: bool) -> Iterator[bytes]:
        """The body piece by piece. One that only drips would hold the sync for hours without ever being late."""
        since, received = self.clock(), 0
        try:
            while piece := response.raw.read1(CHUNK_BYTES, decode_content=decode):
                yield piece
                received += len(piece)
                seconds = self.clock() - since
                if seconds > self.wait and received < SLOWEST * seconds:
                    raise TransientError(f"the answer came too slowly, {received} bytes in {seconds:.0f} s")
        except (HTTPError, OSError) as error:
            raise TransientError(reason(error)) from None


def _gzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """*pieces*, which are said to be gzip. Raises BrokenBody when they are not."""
    for number, piece in enumerate(pieces):
        if number == 0 and not GZIP_MAGIC.startswith(piece[: len(GZIP_MAGIC)]):
            raise BrokenBody("the body could not be unpacked: it is no gzip")
        yield piece


def held(response: requests.Response, body: bytes) -> requests.Response:
    """*response* with its *body*, which was read already."""
    held = requests.Response()
    held.status_code, held.reason, held.url, held.headers = response.status_code, response.reason, response.url, response.headers
    held.raw = BytesIO(body)
    return held
