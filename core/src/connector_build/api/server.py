"""A real HTTP server on this machine that answers as a test tells it to, and misbehaves where it is told to.

What it answers comes from a function of a request, from answers that were queued for a path, or from both::

    with ApiServer() as api:
        api.respond("/fts_data", json={"fts_records": [], "has_more": False})
        api.respond("/fts_data", status=503, times=None)
        client.fetch(...)
    assert api.requests[0].params == {"page_size": "100"}

How an answer goes wrong on the wire is a value as well: ``api.respond("/fts_data", json=page, how=Reset(after=10))``.
"""

import socket
import ssl
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Lock, Thread, current_thread
from types import TracebackType
from typing import Any

from attrs import define

from connector_build.api.messages import Answering, Asked, Reply, asked, json_reply
from connector_build.api.wire import BODILESS, Misbehaviour, Unruly, Wire, head, last_head, unruly

POLL_SECONDS = 0.01
MOST_SEEN = 100_000
TLS_HANDSHAKE = b"\x16"
"""The first byte of a client that speaks TLS (RFC 8446, section 5.1)."""


@define
class _Queued:
    reply: Reply
    left: int | None


class ApiServer:
    """An HTTP server on a *port* of *host* (0: any free one), from construction until ``close``. Use it as a context manager.

    tls:       what it speaks TLS with; None: plain HTTP.
    answering: what answers a request that nothing was queued for; None: 404. It may be replaced while the server runs. Several
               threads may call it at once. What it raises is answered with a 500, and kept in ``errors``.

    Raises OSError where the port is taken.
    """

    def __init__(
        self,
        answering: Answering | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answering = answering
        self.errors: list[Exception] = []
        self._requests: deque[Asked] = deque(maxlen=MOST_SEEN)
        self._queues: dict[str, list[_Queued]] = {}
        self._lock = Lock()
        self._server = _Server((host, port), self, tls)
        self.url = f"{'https' if tls else 'http'}://{host}:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), name="api-server", daemon=True)
        self._thread.start()

    @property
    def requests(self) -> Sequence[Asked]:
        """What was asked so far, the last 100,000, oldest first."""
        with self._lock:
            return tuple(self._requests)

    @property
    def connections(self) -> int:
        """How many connections clients have opened so far."""
        return self._server.accepted

    def wait(self, seconds: float) -> None:
        """Pause, but not beyond the server's end: for what answers."""
        self._server.closing.wait(seconds)

    def respond(
        self,
        path: str,
        *,
        json: Any = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
        body: bytes | None = None,
        how: Misbehaviour | None = None,
    ) -> None:
        """Queue an answer for the next *times* requests for *path*; None: for all further ones.

        body: what to send instead of *json*. how: what goes wrong on the wire.
        """
        reply = json_reply(json, status, headers) if body is None else Reply(status, dict(headers or {}), body)
        with self._lock:
            self._queues.setdefault(path, []).append(_Queued(unruly(reply, how) if how else reply, times))

    def reply(self, request: Asked) -> Reply:
        """The answer to *request*, which is noted."""
        with self._lock:
            self._requests.append(request)
            queued = self._next(request.path)
        if queued is not None:
            return queued
        if self.answering is None:
            return json_reply({"error": f"nothing was said about {request.path}: call respond, or give answering"}, 404)
        try:
            return self.answering(request)
        except Exception as error:  # noqa: BLE001  (it is the test's own function)
            self.errors.append(error)
            return json_reply({"error": f"the function that answers failed with {type(error).__name__}: {error}"}, 500)

    def _next(self, path: str) -> Reply | None:
        queue = self._queues.get(path)
        if not queue:
            return None
        first = queue[0]
        if first.left is not None:
            first.left -= 1
            if not first.left:
                queue.pop(0)
        return first.reply

    def close(self) -> None:
        """Stop listening, close every connection and wait for its thread; may be called twice."""
        self._server.end()
        self._thread.join()

    def __enter__(self) -> "ApiServer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    """The server behind an ApiServer; it knows every open connection, and the thread that serves it."""

    request_queue_size = 64

    def __init__(self, address: tuple[str, int], api: ApiServer, tls: ssl.SSLContext | None) -> None:
        self.api = api
        self._tls = tls
        self.closing = Event()
        self.accepted = 0
        self._open: dict[socket.socket, Thread] = {}
        self._lock = Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind, without http.server's look-up of the host's full name, which may ask the network."""
        TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection; its handshake, which may take long, is left to its own thread."""
        connection, address = super().get_request()
        if self._tls is None:
            return connection, address
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = Thread(target=self.process_request_thread, args=(request, client_address), name="api-connection", daemon=True)
        with self._lock:
            self.accepted += 1
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close the connection as its options say: an end (FIN) sent ahead would come before a reset."""
        with self._lock:
            self._open.pop(request, None)
            self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  (the signature of every one)
        """Keep what went wrong here, instead of printing it: standard error is the test's."""
        error = sys.exception()
        if isinstance(error, Exception) and not self.closing.is_set():
            self.api.errors.append(error)

    def end(self) -> None:
        """Stop listening, hang up, and wait for the threads."""
        if self.closing.is_set():
            return
        self.closing.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            threads = [thread for thread in self._open.values() if thread is not current_thread()]
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        with suppress(ConnectionError):
            if isinstance(self.connection, ssl.SSLSocket):
                super().handle()
            elif self.connection.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE:
                # It may hold no line end, for which http.server would wait.
                self.connection.sendall(last_head(Reply(400)))
            else:
                super().handle()

    def _answer(self) -> None:
        reply = self.server.api.reply(self._asked())
        if isinstance(reply, Unruly):
            self.close_connection = True
            reply.how.act(Wire(self.connection, self.server.closing), reply)
        else:
            bodiless = self.command == "HEAD" or reply.status in BODILESS
            self.connection.sendall(head(reply) + (b"" if bodiless else reply.body))

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = _answer  # noqa: N815  (named by http.server)

    def _asked(self) -> Asked:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return asked(self.command, self.path, dict(self.headers.items()), body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (named by http.server)
        """Nothing: standard error is the test's."""


@contextmanager
def deaf_address(host: str = "127.0.0.1") -> Iterator[str]:
    """The address of a socket that listens and takes no connection, because its queue is full: connecting takes for ever."""
    with socket.socket() as listener:
        listener.bind((host, 0))
        listener.listen(0)
        waiting: list[socket.socket] = []
        try:
            while _connects(listener.getsockname(), waiting):
                pass
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            for each in waiting:
                each.close()


def _connects(address: tuple[str, int], waiting: list[socket.socket], seconds: float = 0.05) -> bool:
    """Put one more connection into the queue of a listening socket; False when it is full."""
    waiting.append(socket.socket())
    waiting[-1].settimeout(seconds)
    try:
        waiting[-1].connect(address)
    except TimeoutError:
        return False
    return True
