"""Servers that say bytes as they are, for answers that no library would send."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from attrs import define, field

from cases.support import Api
from leaks_support import listening

PATIENCE = 10.0
"""Seconds after which a server is told that the test has ended."""


@define
class Line:
    """One connection to the server, as a test writes to it; number: which request of all it is, from 0."""

    connection: socket.socket
    number: int
    head: str
    stopped: threading.Event = field(factory=threading.Event)

    def say(self, *parts: bytes) -> None:
        """Send *parts*."""
        for part in parts:
            self.connection.sendall(part)

    def drip(self, piece: bytes, seconds: float = 0.02, most: int = 1000) -> bool:
        """Send *piece* again and again. Whether the client has let go before it came *most* times."""
        for _ in range(most):
            try:
                self.connection.sendall(piece)
            except OSError:
                return True
            if self.stopped.wait(seconds):
                return False
        return False

    def hang(self) -> bool:
        """Say nothing more. Whether the client has let go before the test ended."""
        self.connection.settimeout(0.05)
        while not self.stopped.is_set():
            try:
                return self.connection.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                return True
        return False


@contextmanager
def saying(speak: Callable[[Line], object]) -> Iterator[tuple[Api, list[object]]]:
    """A server at which *speak* answers each request, on a connection of its own; and what it returned for each."""
    lock, stopped = threading.Condition(), threading.Event()
    said: list[object] = []
    api = Api("")
    count, speaking = [0], [0]

    def handle(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := connection.recv(65_536)):
                    return
                head += piece
            with lock:
                number, count[0], speaking[0] = count[0], count[0] + 1, speaking[0] + 1
            outcome: object = None
            try:
                outcome = speak(Line(connection, number, head.decode("latin-1"), stopped))
            finally:
                with lock:
                    said.append(outcome)
                    speaking[0] -= 1
                    lock.notify_all()

    with listening(handle) as port:
        api.url = f"http://127.0.0.1:{port}"
        try:
            yield api, said
        finally:
            with lock:  # whoever still speaks hears that the client has let go
                lock.wait_for(lambda: not speaking[0], PATIENCE)
            stopped.set()


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer with its length, and the connection closed behind it."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
