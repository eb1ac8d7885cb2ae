"""Connections that keep to the time of an attempt, whatever part of an answer comes slowly."""

import http.client
import io
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from requests.adapters import HTTPAdapter

from connector_core.basics.wire import HTTPConnection, HTTPConnectionPool, HTTPSConnection, HTTPSConnectionPool
from connector_core.http.attempts import Attempt, TookTooLong, current

LONGEST_LINE = 65_536
"""Bytes of a line between the parts of an answer, such as the size of a chunk."""
MOST_INTERIM = 20
"""Interim answers (1xx) before one that says something."""


class _Timed(io.RawIOBase):
    """The bytes that a socket receives. No read takes longer than what is left of the attempt."""

    def __init__(self, inner: io.RawIOBase, connected: socket.socket, attempt: Attempt) -> None:
        self._inner = inner
        self._connected = connected
        self._attempt = attempt
        self._silence = connected.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._attempt.left()
        if self._silence is not None and self._silence <= left:
            self._connected.settimeout(self._silence)
            return self._inner.readinto(buffer)
        self._connected.settimeout(left)
        try:
            return self._inner.readinto(buffer)
        except TookTooLong:
            raise
        except TimeoutError:
            raise TookTooLong(self._attempt.slow) from None

    def close(self) -> None:
        self._inner.close()
        super().close()


class _Lines(io.BufferedReader):
    """The same, where no line is longer than anybody means it to be."""

    def readline(self, size: int | None = -1, /) -> bytes:
        if size is not None and 0 <= size <= LONGEST_LINE + 1:
            return super().readline(size)
        line = super().readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise http.client.LineTooLong("between the parts of an answer")
        return line


class _Response(http.client.HTTPResponse):
    """An answer that is read within the time of the attempt that it belongs to."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self._interim = 0
        if (attempt := current()) is not None:
            self.fp = _Lines(_Timed(self.fp.detach(), sock, attempt))

    def _read_status(self) -> tuple[str, int, str]:
        """The status. Any interim one is passed over like 100 Continue, and the answer follows it (RFC 9110, section 15.2)."""
        version, status, reason = super()._read_status()  # type: ignore[misc]  # the stubs leave it out
        if 100 <= status < 200 and status != http.client.SWITCHING_PROTOCOLS:
            self._interim += 1
            if self._interim > MOST_INTERIM:
                raise http.client.HTTPException(f"more than {MOST_INTERIM} interim answers")
            status = http.client.CONTINUE
        return version, status, reason


class _Noting:
    """What both kinds of connection have: the attempt knows which socket it goes through."""

    response_class = _Response

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # of the connection that this is mixed into
        self._note()

    def putrequest(self, *arguments: Any, **options: Any) -> None:
        self._note()
        super().putrequest(*arguments, **options)  # type: ignore[misc]  # as above

    def _note(self) -> None:
        if (attempt := current()) is not None:
            attempt.through(getattr(self, "sock", None))


class _Plain(_Noting, HTTPConnection):  # type: ignore[misc]  # by that name urllib3 has no types
    """http, to this machine only."""


class Secure(_Noting, HTTPSConnection):  # type: ignore[misc]  # as above
    """https."""


class _PlainPool(HTTPConnectionPool):  # type: ignore[misc]  # as above
    ConnectionCls = _Plain


class SecurePool(HTTPSConnectionPool):  # type: ignore[misc]  # as above
    """Connections of that kind to one host."""

    ConnectionCls = Secure


_POOLS = {"http": _PlainPool, "https": SecurePool}


class Adapter(HTTPAdapter):
    """What sends the requests of a session; context: what TLS is spoken with, None for the usual."""

    pools: Mapping[str, Any] = _POOLS

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.context = context
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """As requests has it, with connections of ours."""
        super().init_poolmanager(*arguments, **{**options, **self._tls})
        self.poolmanager.pool_classes_by_scheme = self.pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """As requests has it, with connections of ours."""
        manager = super().proxy_manager_for(proxy, **{**options, **self._tls})
        manager.pool_classes_by_scheme = self.pools
        return manager

    @property
    def _tls(self) -> dict[str, Any]:
        return {} if self.context is None else {"ssl_context": self.context}
