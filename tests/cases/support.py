"""What the tests of cases share: an API that is one function, a connector of a few tables, and syncs into a warehouse.

A test of a case, in full::

    def test_a1_a_key_with_a_dot_in_it() -> None:
        def answer(call: Call) -> Any:
            return {"value": PAGES[call.number], "@odata.nextLink": f"{call.base}/items?page={call.number + 1}"}

        with serving(answer) as api:
            connection = connect(api, items(records="value"), paginator=NextLinkPaginator("@odata.nextLink"))
            connection.sync()
            assert connection.ids() == [...]
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from attrs import define, field, frozen

from away import StandIn, mounted
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core import NoAuth, Parent, Setting, SinglePage, Table, UnexpectedAnswer, hookimpl, page_size
from connector_core.auth.kinds import AuthFactory
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.pagination import Paginator

PATIENCE = Retry(attempts=3, first_wait=0.001, longest_wait=0.001)
MOST = 500
"""Requests after which a server of a test answers no more: a feed without an end is a failed test, not one that hangs."""


@frozen
class Call:
    """One request, as the server heard it.

    number: how many requests came before it. base: the server's address, for links. query: each parameter once, the last value;
    pairs: all of them, in order. body: decoded JSON; None where there was none.
    """

    number: int
    method: str
    path: str
    query: Mapping[str, str]
    pairs: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: Any
    base: str


@frozen
class Reply:
    """What the server says: JSON, or bytes as they are."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answer = Callable[[Call], Any]
"""A ``Reply``, or what is to be sent as JSON with status 200."""


@define
class Api:
    """A running server, and what it was asked so far."""

    url: str
    calls: list[Call] = field(factory=list)
    lock: Lock = field(factory=Lock)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms between its headers and its body

    def __init__(self, api: Api, answer: Answer, *args: Any) -> None:
        self._api, self._answer = api, answer
        super().__init__(*args)

    def _say(self) -> None:
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self._api.lock:  # the answers of a test may count
            call = Call(
                len(self._api.calls),
                self.command,
                parts.path,
                dict(pairs),
                pairs,
                headers,
                json.loads(content) if content and "json" in headers.get("content-type", "") else None,
                self._api.url,
            )
            self._api.calls.append(call)
            said = self._answer(call) if call.number < MOST else Reply({"error": "a feed without an end"}, 418)
        reply = said if isinstance(said, Reply) else Reply(said)
        self.send_response_only(reply.status)
        if "Date" not in reply.headers:
            self.send_header("Date", self.date_time_string())
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        if reply.status != 204:
            self.wfile.write(reply.content)

    do_GET = do_POST = do_PUT = _say  # noqa: N815  (named by http.server)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def serving(answer: Answer) -> Iterator[Api]:
    """A server that says what *answer* makes of each request."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleNamespace) as server:  # type: ignore[arg-type]  # named right below
        api = Api(f"http://127.0.0.1:{server.server_address[1]}")
        server.RequestHandlerClass = partial(_Handler, api, answer)  # made with what it serves
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def items(**parts: Any) -> Table:
    """The table of cases.md, with other *parts*."""
    usual = {
        "name": "case_items",
        "path": "/items",
        "records": "items",
        "primary_key": ["id"],
        "columns": {"id": "STRING"},
    }
    return Table(**{**usual, **parts})


def records(number: int, first: int = 0, **values: Any) -> list[dict[str, Any]]:
    """*number* records with the ids ``r0000``, ``r0001`` …, each with *values*; of a function, what it makes of the number."""
    return [
        {"id": f"r{at:04}"} | {name: value(at) if callable(value) else value for name, value in values.items()}
        for at in range(first, first + number)
    ]


def plugin_of(
    *tables: Table,
    paginator: Paginator | Mapping[str, Paginator] | None = None,
    auth: AuthFactory | None = None,
    settings: Sequence[Setting] = (),
    transforms: Sequence[Transform | DerivedField] = (),
    extra_tables: Sequence[Dimension | Aggregate | Nested] = (),
) -> Plugin:
    """A dataset of these *tables*. *paginator* is that of all, or by the name of the table; what is left out is the core's.

    Transforms and extra tables belong to the first table. The page size is 10, at most 100.
    """

    @hookimpl
    def connector_tables() -> list[Table]:
        return list(tables)

    @hookimpl
    def connector_auth() -> AuthFactory:
        return auth or NoAuth()

    @hookimpl
    def connector_paginator(table: Table) -> Paginator | None:
        return paginator.get(table.name) if isinstance(paginator, Mapping) else paginator

    @hookimpl
    def connector_settings() -> list[Setting]:
        return [page_size(10, maximum=100), *settings]

    @hookimpl
    def connector_transforms(table: Table) -> list[Transform | DerivedField]:
        return list(transforms) if table == tables[0] else []

    @hookimpl
    def connector_extra_tables(table: Table) -> list[Dimension | Aggregate | Nested]:
        return list(extra_tables) if table == tables[0] else []

    return Plugin("case-plugin", SimpleNamespace(**{name: value for name, value in locals().items() if "connector_" in name}))


@define
class Connection:
    """A connector at an API, and the warehouse that it fills."""

    assembly: Assembly
    api: Api
    warehouse: Warehouse
    configuration: Mapping[str, str] = field(factory=dict)
    checkpoint_records: int = 1
    log: ListLog = field(factory=ListLog)
    """What the last sync logged."""
    waits: list[float] = field(factory=list)
    """The pauses, in seconds, that nobody waited for."""
    client: Mapping[str, Any] = field(factory=dict)
    """Parts of the client that are others than usual, such as ``timeout``."""
    elsewhere: Sequence[StandIn] = ()
    """Hosts beside the API."""

    def sync(self, **configuration: str) -> ListLog:
        """One sync from the state of the last checkpoint; it raises what the sync raises. *configuration* is for this one."""
        self.warehouse.connect(self.assembly)
        self.log = ListLog()
        engine = Engine(
            partial(mounted(make_client, *self.elsewhere), **{"retry": PATIENCE, "sleep": self.waits.append, **self.client}),
            checkpoints=CheckpointPolicy(records=self.checkpoint_records, share=0.0),
        )
        values = {"base_url": self.api.url, **self.configuration, **configuration}
        sync(self.assembly, values, self.warehouse.state, self.warehouse, self.log, engine)
        return self.log

    def rows(self, table: str = "case_items") -> list[dict[str, Any]]:
        """The live rows of a table, ordered by key."""
        live = self.warehouse.live(table)
        return [live[key] for key in sorted(live, key=str)]

    def ids(self, table: str = "case_items", column: str = "id") -> list[Any]:
        """The column that identifies the rows of a table, in order."""
        return [row[column] for row in self.rows(table)]

    def changed_to(self, *tables: Table, **parts: Any) -> "Connection":
        """The same warehouse and state under another version of the plugin, made as by ``plugin_of``."""
        assembly = assemble([plugin_of(*tables, **parts)])
        return Connection(assembly, self.api, self.warehouse, self.configuration, self.checkpoint_records)


def connect(api: Api, *tables: Table, configuration: Mapping[str, str] | None = None, **parts: Any) -> Connection:
    """A connector of these tables at *api*, with an empty warehouse; *parts* are those of ``plugin_of``."""
    assembly = assemble([plugin_of(*(tables or (items(),)), **parts)])
    return Connection(assembly, api, Warehouse(assembly), dict(configuration or {}))


HELD = records(230)
"""What an API of a test may hold."""
FIRST = HELD[:10]
"""Its first page."""


def failing(said: Any, paginator: Paginator, **parts: Any) -> str:
    """What a sync says that fails on an API which says *said* to everything, or what it makes of each call."""
    with serving(lambda call: said(call) if callable(said) else said) as api, pytest.raises(UnexpectedAnswer) as caught:
        connect(api, items(**parts), paginator=paginator).sync()
    return str(caught.value)


def read(said: Any, paginator: Paginator, **parts: Any) -> list[Any]:
    """The ids of what is there after a sync that ends well, without a warning."""
    with serving(lambda call: said(call) if callable(said) else said) as api:
        connection = connect(api, items(**parts), paginator=paginator)
        assert connection.sync().warnings == []
        return connection.ids()


def family(said: Any, **parts: Any) -> tuple[Connection, list[str]]:
    """Two syncs of crews and their shifts, case_items, with *parts* of its parent; and the paths that were asked for."""
    crews = items(name="crews", path="/crews", records="crews")
    shifts = items(
        path="/crews/{parent.id}/shifts",
        columns={"id": "STRING", "crew": "STRING"},
        primary_key=["crew", "id"],
        parent=Parent("crews", **{"adds": {"crew": "id"}, **parts}),
    )
    with serving(said) as api:
        connection = connect(api, crews, shifts, paginator=SinglePage())
        connection.sync()
        connection.sync()
        return connection, [call.path for call in api.calls]


def crews_of(*crews: dict[str, Any]) -> Answer:
    """An API of these *crews*, with two shifts each."""
    return lambda call: {"crews": list(crews)} if call.path == "/crews" else {"items": records(2)}
