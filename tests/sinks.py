"""What the tests of bad input sync into, and what they sync from: a recording sink and a small server of one's own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from attrs import define, field, frozen


@define
class Log:
    """Every line, as `warning: …` or `info: …`."""

    lines: list[str] = field(factory=list)

    def info(self, message: str) -> None:
        self.lines.append(f"info: {message}")

    def warning(self, message: str) -> None:
        self.lines.append(f"warning: {message}")

    def alert(self, message: str) -> None:
        self.warning(message)

    @property
    def warnings(self) -> list[str]:
        return [line.removeprefix("warning: ") for line in self.lines if line.startswith("warning: ")]


def accept(row: dict[str, Any]) -> None:
    """Take any row."""


@define
class Sink:
    """Live rows by table and primary key, and each state that was checkpointed; `refuse` is asked before a row is taken."""

    keys: Mapping[str, Sequence[str]]
    rows: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = field(factory=dict)
    states: list[dict[str, Any]] = field(factory=list)
    refuse: Callable[[dict[str, Any]], None] = accept

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.refuse(data)
        self.rows.setdefault(table, {})[tuple(data[name] for name in self.keys[table])] = dict(data)

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self.rows.get(table, {}).pop(tuple(keys[name] for name in self.keys[table]), None)

    def truncate(self, table: str) -> None:
        self.rows.pop(table, None)

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.states.append(state)


@frozen
class Answer:
    """What the small server says, whatever it is asked."""

    status: int = 200
    reason: str = "OK"
    headers: dict[str, str] = field(factory=dict)
    body: bytes = b"{}"


@frozen
class Heard:
    """The first line of a request (`GET /path HTTP/1.1`), and its headers by lower-case name."""

    line: str
    headers: Mapping[str, str]


@frozen
class Recorder:
    """A server that gives one answer to everything, and what it was asked so far."""

    port: int
    answer: Answer
    heard: list[Heard]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def recorder(answer: Answer) -> Iterator[Recorder]:
    """A server on a port of its own, so another origin than any other."""
    heard: list[Heard] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(Heard(self.requestline, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(answer.status, answer.reason)
            for name, value in {"Content-Length": str(len(answer.body)), "Connection": "close", **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_CONNECT = do_GET  # noqa: N815 - named by http.server

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield Recorder(server.server_address[1], answer, heard)
        finally:
            server.shutdown()
            thread.join()
