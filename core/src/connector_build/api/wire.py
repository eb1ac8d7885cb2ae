"""How an answer goes wrong on the wire: each misbehaviour is a value, and acts on one connection."""

import select
import socket
import struct
from http.client import responses
from threading import Event
from typing import Protocol

from attrs import evolve, field, frozen

from connector_build.api.messages import Reply

BODILESS = frozenset({204, 304})
"""Statuses of answers that have no body (RFC 9110, sections 15.3.5 and 15.4.5)."""


class Wire:
    """One connection, in the hands of a misbehaviour. What it sends raises ConnectionError once the client has hung up."""

    def __init__(self, connection: socket.socket, closing: Event) -> None:
        self._connection = connection
        self._closing = closing

    def send(self, content: bytes) -> None:
        """Send all of *content*."""
        self._connection.sendall(content)

    def reset(self) -> None:
        """Let the connection end with a reset (RST) instead of an orderly end."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def wait(self, seconds: float) -> bool:
        """Pause; True when the server is about to end."""
        return self._closing.wait(seconds)

    def hold(self) -> None:
        """Say nothing until the client hangs up, or the server ends."""
        select.select([self._connection], [], [])


class Misbehaviour(Protocol):
    """What goes wrong with an answer on the wire. The connection is closed behind it."""

    def act(self, wire: Wire, reply: Reply) -> None:
        """Send *reply* over *wire*, as badly as it has to be."""


@frozen
class Reset:
    """The connection is reset: before any byte, or after so many bytes of the body."""

    after: int | None = None

    def act(self, wire: Wire, reply: Reply) -> None:
        if self.after is not None:
            wire.send(last_head(reply) + reply.body[: self.after])
        wire.reset()


@frozen
class WrongLength:
    """Content-Length promises so many bytes more than the body has; with a minus, fewer."""

    by: int

    def act(self, wire: Wire, reply: Reply) -> None:
        wire.send(last_head(reply, max(0, len(reply.body) + self.by)) + reply.body)


@frozen
class Drip:
    """The body comes byte by byte, with a pause behind each."""

    seconds: float = 0.02

    def act(self, wire: Wire, reply: Reply) -> None:
        wire.send(last_head(reply))
        for place in range(len(reply.body)):
            wire.send(reply.body[place : place + 1])
            if wire.wait(self.seconds):
                return


@frozen
class Silence:
    """The request is taken, and nothing comes back."""

    def act(self, wire: Wire, reply: Reply) -> None:  # noqa: ARG002  (the signature of every misbehaviour)
        wire.hold()


@frozen
class Raw:
    """These bytes come back, whatever the answer would have been."""

    content: bytes

    def act(self, wire: Wire, reply: Reply) -> None:  # noqa: ARG002  (the signature of every one)
        wire.send(self.content)


@frozen
class Flood:
    """Behind its body the answer goes on with *piece*, *times* times, until the client has enough of it."""

    piece: bytes = field(repr=False)
    times: int

    def act(self, wire: Wire, reply: Reply) -> None:
        wire.send(last_head(reply, len(reply.body) + len(self.piece) * self.times) + reply.body)
        for _ in range(self.times):
            wire.send(self.piece)


@frozen
class Endless:
    """The body comes in chunks (RFC 9112, section 7.1), and the connection is closed before the chunk that ends it."""

    def act(self, wire: Wire, reply: Reply) -> None:
        chunk = f"{len(reply.body):x}\r\n".encode() + reply.body + b"\r\n" if reply.body else b""
        wire.send(last_head(evolve(reply, headers={**reply.headers, "Transfer-Encoding": "chunked"})) + chunk)


@frozen
class Unruly(Reply):
    """An answer that goes wrong on the wire."""

    how: Misbehaviour = field(kw_only=True)


def unruly(reply: Reply, how: Misbehaviour) -> Unruly:
    """*reply*, to go wrong on the wire."""
    return Unruly(reply.status, reply.headers, reply.body, how=how)


def headers_of(reply: Reply, length: int | None = None) -> dict[str, str]:
    """The headers of an answer, with the right Content-Length unless another is given."""
    named = {name.lower() for name in reply.headers}
    if named & {"content-length", "transfer-encoding"} or reply.status in BODILESS:
        return dict(reply.headers)
    return {**reply.headers, "Content-Length": str(len(reply.body) if length is None else length)}


def head(reply: Reply, length: int | None = None) -> bytes:
    """The status line and the headers of an answer."""
    lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers_of(reply, length).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def last_head(reply: Reply, length: int | None = None) -> bytes:
    """The same of an answer behind which the connection is closed."""
    return head(evolve(reply, headers={**reply.headers, "Connection": "close"}), length)
