"""One attempt at a request: how long all of its parts together may take, and a way to end it from another thread."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connector_core.basics.counting import counted
from connector_core.http.retries import TransientError

SLOWEST = 1000
"""Bytes of a body a second, by which the time for it grows."""


class TookTooLong(TimeoutError):  # noqa: N818  (a time-out of a socket, to what is above it)
    """The answer comes, but drop by drop. The text says how it came."""


class Attempt:
    """One request and its answer, from the first byte sent to the last one received.

    wait:  seconds for everything up to the first byte of the body.
    clock: seconds from any start, never going back.

    A time-out of a socket bounds a single silence only. Here each read gets what is left of the whole, whatever it reads: a
    status line, interim answers (100 Continue), headers, sizes of chunks, a body, trailers. The time for the body grows with what
    comes of it, once unpacked.
    """

    def __init__(self, wait: float, clock: Callable[[], float]) -> None:
        self._wait = wait
        self._clock = clock
        self._socket: socket.socket | None = None
        self.begin()

    def begin(self) -> None:
        """Let the time begin now."""
        self._since = self._clock()
        self._received = 0

    def left(self) -> float:
        """Seconds that are left now. Raises TookTooLong where there are none."""
        left = self._since + self._wait + self._received / SLOWEST - self._clock()
        if left <= 0:
            raise TookTooLong(self.slow)
        return left

    @property
    def slow(self) -> str:
        """How slowly it came."""
        return f"the answer came too slowly, {counted(self._received, 'byte')} in {self._clock() - self._since:.0f} s"

    def took(self, size: int) -> None:
        """Count *size* bytes of the body. Raises TransientError where they came too slowly."""
        self._received += size
        try:
            self.left()
        except TookTooLong:
            raise TransientError(self.slow) from None

    def through(self, connected: socket.socket | None) -> None:
        """Note the socket that it goes through."""
        self._socket = connected

    def mind_the_end(self) -> None:
        """Let TLS that is cut off be an error, where nothing but the end of the connection ends a body (RFC 9112, section 8)."""
        if isinstance(self._socket, ssl.SSLSocket):
            self._socket.suppress_ragged_eofs = False  # type: ignore[attr-defined]  # the stubs leave it out

    def cut(self) -> None:
        """End it: whoever reads from its socket is told that the connection was closed."""
        # TLS over TLS has a socket inside of it.
        plain = getattr(self._socket, "socket", self._socket)
        if isinstance(plain, socket.socket):
            try:
                # Not ssl's own, which would take the key from under whoever reads.
                socket.socket.shutdown(plain, socket.SHUT_RDWR)
            except OSError:  # it is closed already
                return


class Attempts:
    """The attempts that are under way, at most one in each thread."""

    def __init__(self, wait: float, clock: Callable[[], float]) -> None:
        self._wait = wait
        self._clock = clock
        self._lock = threading.Lock()
        self._running: set[Attempt] = set()
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[Attempt]:
        """An attempt of this thread, until the answer was read. Raises TransientError when everything was ended meanwhile."""
        attempt = Attempt(self._wait, self._clock)
        with self._lock:
            if self._closed:
                raise TransientError("the sync has ended")
            self._running.add(attempt)
        before, _MINE.attempt = current(), attempt
        try:
            yield attempt
        finally:
            _MINE.attempt = before
            with self._lock:
                self._running.discard(attempt)

    def end(self) -> None:
        """End those that are under way, in whatever thread, and let no other begin."""
        with self._lock:
            self._closed = True
            running = tuple(self._running)
        for attempt in running:
            attempt.cut()


def current() -> Attempt | None:
    """The attempt of this thread."""
    return getattr(_MINE, "attempt", None)


_MINE = threading.local()
