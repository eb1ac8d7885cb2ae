"""The sample API on this machine: what `connector-build serve` and `connector-build demo` run.

Needs Flask (`connector-core[local]`), so import this module only where a server is wanted.
"""

import socket
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from threading import Thread
from types import TracebackType
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from connector_build.api.faults import Fault, Faults
from connector_build.api.feed import CURSOR, Feed, UnknownCursor
from connector_build.api.sample import SampleTable, api_spec

try:
    from flask import Flask, Response, jsonify, request
    from flask.json.provider import DefaultJSONProvider
    from werkzeug.exceptions import BadRequest, HTTPException, NotFound, Unauthorized
    from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
    from werkzeug.test import run_wsgi_app
    from werkzeug.wsgi import get_input_stream
except ImportError as error:
    raise ImportError("the sample API needs Flask: pip install 'connector-core[local]'") from error

_CONTROL: Final = "/_sample/"
_HEADERS: Final = "connector_build.headers"
_HTML: Final = "<!doctype html><title>Maintenance</title><p>We will be back in a moment.</p>"
_MOST_AT_ONCE: Final = 1_000_000
_MOST_SEEN: Final = 100_000


@frozen
class SeenRequest:
    """A request as it came in: path, decoded query parameters, headers by lower-case name."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


class SampleServer:
    """The sample API of some tables, on a port of its own, from construction until `close()`.

    Use it as a context manager. `faults` says how it misbehaves; `feed(dataset)` holds its records.
    """

    def __init__(
        self,
        tables: Sequence[SampleTable],
        *,
        api_key: str = "sample-key",
        seed: int = 0,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        """Listen on `host` (a name or an IPv4 address) and `port` (0: any free one).

        Raises OSError when the port is taken, ValueError when two tables claim one dataset or path.
        """
        self.api_key = api_key
        self.faults = Faults()
        self._feeds = {table.dataset: Feed(table.dataset, table.sample, seed) for table in tables}
        app = create_app(tables, self._feeds, api_key, self.faults)
        # Bound here: Werkzeug would print its own words and exit when the port is taken.
        with socket.create_server((host, port)) as listener:
            self.url = f"http://{host}:{listener.getsockname()[1]}"
            self._server = _Server(host, listener.getsockname()[1], app, _Handler, fd=listener.fileno())
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def feed(self, dataset: str) -> Feed:
        """The records of a dataset; raises KeyError for one that is not served."""
        return self._feeds[dataset]

    @property
    def requests(self) -> list[SeenRequest]:
        """The requests so far (the last 100,000), oldest first, without those that control the server."""
        return list(self._server.seen)

    @property
    def connections(self) -> int:
        """How many connections clients have opened so far."""
        return self._server.accepted

    def close(self) -> None:
        """Stop listening and close every connection; may be called twice."""
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()

    def __enter__(self) -> "SampleServer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def create_app(tables: Sequence[SampleTable], feeds: Mapping[str, Feed], api_key: str, faults: Faults) -> Flask:
    """The sample API as a WSGI application, for the server above.

    Feeds go by dataset. Raises ValueError when two tables claim one dataset or path.
    """
    for claims in ([table.dataset for table in tables], [table.path for table in tables]):
        if len(set(claims)) < len(claims):
            raise ValueError(f"each table needs a dataset and a path of its own; got {', '.join(claims)}")
    app = Flask(__name__, static_folder=None)
    app.json = _Json(app)
    app.register_error_handler(HTTPException, _error)
    for table in tables:
        _add_table(app, _Data(table, feeds[table.dataset], api_key, faults))
    _add_control(app, feeds, faults)
    return app


class _Json(DefaultJSONProvider):
    sort_keys = False  # records first, then what follows them, as documented


def _error(error: HTTPException) -> Response:
    answer = jsonify(error=error.description)
    answer.status_code = error.code or 500
    return answer


def _add_table(app: Flask, data: "_Data") -> None:
    name = data.table.dataset
    app.add_url_rule(data.table.path, f"{name}_data", data.answer, methods=["GET"])
    app.add_url_rule(f"/{name}_api_spec", f"{name}_api_spec", data.spec, methods=["GET"])


@frozen
class _Data:
    """Answers the requests for one table."""

    table: SampleTable
    feed: Feed
    api_key: str
    faults: Faults

    def spec(self) -> dict[str, Any]:
        first = self.feed.page(None, 1).records
        return api_spec(self.table, first[0] if first else {})

    def answer(self) -> Response:
        strike = self.faults.strike(has_cursor="cursor" in request.args)
        time.sleep(strike.latency)
        fault = strike.fault
        if fault is None:
            return self._page(loop=False)
        if fault.kind in _INSTEAD:
            return _INSTEAD[fault.kind](fault)
        if fault.kind == "expire":
            self.feed.expire_cursors()
        answer = self._page(loop=fault.kind == "loop")
        return _truncated(answer) if fault.kind == "truncate" else answer

    def _page(self, *, loop: bool) -> Response:
        _check_key(self.api_key)
        cursor, size = self._parameters()
        try:
            page = self.feed.page(cursor, size)
        except UnknownCursor as error:
            raise BadRequest(str(error)) from error
        next_cursor, has_more = (cursor, True) if loop else (page.next_cursor, page.has_more)
        return jsonify({self.table.records: page.records, "next_cursor": next_cursor, "has_more": has_more})

    def _parameters(self) -> tuple[str | None, int]:
        for name, values in request.args.lists():
            if name not in ("cursor", "page_size"):
                raise BadRequest(f"unknown parameter {name!r}; known: cursor, page_size")
            if len(values) > 1:
                raise BadRequest(f"{name} is given {len(values)} times")
        cursor = request.args.get("cursor")
        if cursor is not None and not CURSOR.fullmatch(cursor):
            raise BadRequest(f"cursor is 32 hexadecimal digits, not {cursor!r}")
        least, greatest, default = self.table.page_size
        return cursor, _whole("page_size", default, least, greatest)


def _check_key(api_key: str) -> None:
    given = request.environ.get(_HEADERS, {}).get("api_key")
    if given != api_key:
        raise Unauthorized("missing api_key header" if given is None else "wrong api_key")


def _whole(name: str, default: int, least: int, greatest: int) -> int:
    text = request.args.get(name, str(default))
    # isdigit alone would let through digits of other scripts; the length keeps int() within its limit.
    if text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= greatest:
        return int(text)
    raise BadRequest(f"{name} is a whole number from {least} to {greatest}, not {text!r}")


def _programmed(fault: Fault) -> Response:
    if fault.body is None:
        answer = jsonify(error=f"the sample API was told to answer {fault.status}")
    else:
        answer = Response(fault.body, content_type="application/json")
    answer.status_code = fault.status
    answer.headers.update(fault.headers)
    return answer


def _dropped(_: Fault) -> Response:
    # The answer that follows cannot be written any more, which ends the connection.
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response()


def _html(_: Fault) -> Response:
    return Response(_HTML, content_type="text/html; charset=utf-8")


_INSTEAD: Final[Mapping[str, Callable[[Fault], Response]]] = {
    "status": _programmed,
    "drop": _dropped,
    "html": _html,
}


def _truncated(answer: Response) -> Response:
    body = answer.get_data()
    answer.set_data(body[: len(body) // 2])
    answer.headers["Content-Length"] = str(len(body))
    return answer


def _add_control(app: Flask, feeds: Mapping[str, Feed], faults: Faults) -> None:
    """Let a second terminal move the records and set faults while the server runs."""

    @app.post(f"{_CONTROL}<dataset>/<any(append, change):verb>")
    def move(dataset: str, verb: str) -> dict[str, Any]:
        if dataset not in feeds:
            raise NotFound(f"no dataset {dataset!r} here; known: {', '.join(sorted(feeds))}")
        feed = feeds[dataset]
        count = _whole("count", 1, 1, _MOST_AT_ONCE)
        try:
            moved = feed.append(count) if verb == "append" else feed.change(count)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        return {"dataset": dataset, verb: len(moved), "records": len(feed)}

    @app.post(f"{_CONTROL}fault")
    def add_fault() -> dict[str, Any]:
        values = request.get_json(force=True, silent=True)
        if not isinstance(values, dict):
            raise BadRequest('the body is a JSON object such as {"status": 429, "times": 3}')
        try:
            faults.add(Fault.of(values))
        except ValueError as error:
            raise BadRequest(str(error)) from error
        return {"faults": len(faults.pending())}

    @app.delete(f"{_CONTROL}fault")
    def clear_faults() -> dict[str, Any]:
        faults.clear()
        return {"faults": 0}


class _Server(ThreadedWSGIServer):
    """Remembers the requests it saw and the connections that are open."""

    def __init__(self, host: str, port: int, app: Flask, handler: type[WSGIRequestHandler], fd: int) -> None:
        self.seen: deque[SeenRequest] = deque(maxlen=_MOST_SEEN)
        self.accepted = 0
        self._open: set[socket.socket] = set()
        super().__init__(host, port, app, handler, fd=fd)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.accepted += 1
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End the connections that clients keep alive: their threads would answer on."""
        for connection in self._open.copy():
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client, or its thread, was faster


class _Handler(WSGIRequestHandler):
    """Werkzeug's handler with connections that stay open, header names as sent, and no log.

    Werkzeug closes the connection after each answer and drops headers with an underscore, such as `api_key`.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        # Read whole: what is left of a body would be taken for the next request.
        environ["wsgi.input"] = BytesIO(get_input_stream(environ).read())
        environ[_HEADERS] = {name.lower(): value for name, value in self.headers.items()}
        self._remember(environ[_HEADERS])
        chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        code, _, reason = status.partition(" ")
        body = b"".join(chunks)
        self.send_response(int(code), reason)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if len(body) != int(headers.get("Content-Length", 0)):
            self.close_connection = True  # a fault promised another length: nothing can follow

    def _remember(self, headers: Mapping[str, str]) -> None:
        url = urlsplit(self.path)
        if not url.path.startswith(_CONTROL):
            params = dict(parse_qsl(url.query, keep_blank_values=True))
            self.server.seen.append(SeenRequest(url.path, params, headers))

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's name
        """Nothing: standard error is the command's."""
