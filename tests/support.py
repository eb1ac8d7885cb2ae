"""What the tests of the sync share, beside the test kit for plugin authors: an API in memory, and one sync from it.

`FakeApi` stands for the HTTP client, `run` is one sync between it and the kit's `Warehouse`.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, Protocol, cast

from connector_build.api.feed import FeedPage, UnknownCursor
from connector_build.sample import Sample
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Crash, ListLog, Operation, Warehouse
from connector_core import (
    Aggregate,
    ApiKeyHeader,
    CursorPaginator,
    DerivedField,
    Dimension,
    Paginator,
    Table,
    Transform,
    hookimpl,
)
from connector_core.basics.errors import RequestRejected
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly, Plugin
from connector_core.source.pagination import Page, Request
from connector_core.source.tables import Record

__all__ = [
    "CONFIGURATION",
    "Crash",
    "FakeApi",
    "ListLog",
    "LogFeed",
    "Operation",
    "Source",
    "Warehouse",
    "assert_exact",
    "places",
    "plugin",
    "run",
]

CONFIGURATION = {"api_key": "a-key-that-stays-home", "base_url": "https://api.example.com"}
"""What `run` configures a connection with, besides the page size."""


class Source(Protocol):
    """What `FakeApi` serves; `connector_build.api.feed.Feed` is one."""

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        """The records after a cursor. Raises UnknownCursor."""


class FakeApi:
    """The client of a sync, without HTTP: serves feeds by table name.

    seconds:    what the API claims to have taken for each page; from 0.01 on the engine reads ahead.
    on_request: called with the request's number (from 0) before it is answered; what it raises is what the request raises.
    """

    def __init__(
        self, feeds: Mapping[str, Source], *, seconds: float = 0.0, on_request: Callable[[int], object] | None = None
    ) -> None:
        self.feeds = feeds
        self.seconds = seconds
        self.on_request = on_request
        self.requests: list[Request] = []
        """Every request so far."""
        self._base = 0
        self._crash: int | None = None

    def __enter__(self) -> "FakeApi":
        self._base = len(self.requests)
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def crash_at(self, number: int | None) -> None:
        """Raise Crash at request *number* (from 0) of the next sync; None: not at all."""
        self._crash = number

    def engine(self, **parts: Any) -> Engine:
        """An engine on this API; *parts* are further parts of it, such as a clock."""
        return Engine(client=lambda *_: cast(Client, self), **parts)

    def fetch(self, table: Table, request: Request) -> Page:
        """One page, as `connector_core.http.client.Client` fetches it."""
        number = len(self.requests) - self._base
        self.requests.append(request)
        if number == self._crash:
            raise Crash(f"at request {number}")
        if self.on_request:
            self.on_request(number)
        try:
            page = self.feeds[table.name].page(request.params.get("cursor"), int(request.params["page_size"]))
        except UnknownCursor as error:
            raise RequestRejected(f"{request}: 400: {error}") from None
        body = {table.records: page.records, "next_cursor": page.next_cursor, "has_more": page.has_more}
        return Page(body, page.records, self.seconds)


class LogFeed:
    """A feed that sends a changed record again at its end, and leaves the old version where it was.

    One read of the whole feed therefore meets a record several times; the last one counts. Cursors are positions.
    """

    def __init__(self, sample: Sample, key: str, seed: int = 0) -> None:
        """Start with `sample.count` records; *key* is the field that identifies a record."""
        self._sample, self._key = sample, key
        self._random = Random(seed)  # noqa: S311 - made-up data
        self._made = 0
        self.log: list[Record] = []
        """Every version ever sent, oldest first."""
        self.append(sample.count)

    def append(self, n: int) -> None:
        """Send n new records."""
        for _ in range(n):
            self.log.append(self._sample.make(self._made, self._random))
            self._made += 1

    def change(self, n: int) -> None:
        """Send n different records again, changed."""
        chosen = self._random.sample(self.records(), n)
        self.log += [self._sample.change(record, self._random) for record in chosen]

    def records(self) -> list[Record]:
        """The newest version of each record."""
        return [dict(record) for record in {record[self._key]: record for record in self.log}.values()]

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        """The versions from a position on."""
        start = int(cursor or 0)
        stop = start + page_size
        records = [dict(record) for record in self.log[start:stop]]
        more = stop < len(self.log)
        return FeedPage(records, str(stop) if more else None, more)


def plugin(
    *tables: Table,
    transforms: Sequence[Transform | DerivedField] = (),
    extra_tables: Sequence[Dimension | Aggregate] = (),
    paginator: Paginator | None = None,
) -> Plugin:
    """A dataset of these tables; transforms and extra tables belong to the first. Without a *paginator*, an incremental
    CursorPaginator."""

    @hookimpl
    def connector_tables() -> list[Table]:
        return list(tables)

    @hookimpl
    def connector_auth() -> ApiKeyHeader:
        return ApiKeyHeader("api_key")

    @hookimpl
    def connector_paginator(table: Table) -> Paginator:
        return paginator or CursorPaginator(incremental=True)

    @hookimpl
    def connector_transforms(table: Table) -> list[Transform | DerivedField]:
        return list(transforms) if table == tables[0] else []

    @hookimpl
    def connector_extra_tables(table: Table) -> list[Dimension | Aggregate]:
        return list(extra_tables) if table == tables[0] else []

    return Plugin("test-plugin", SimpleNamespace(**{name: value for name, value in locals().items() if "connector_" in name}))


def places(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a state says of where to go on, without the feeds that it is true of, and what did not change in them."""
    kept = {name: value for name, value in state.items() if name not in ("feeds", "row_digests")}
    tables = {"tables": {name: places(part) for name, part in kept["tables"].items()}} if "tables" in kept else {}
    return {**kept, **tables}


def run(
    assembly: Assembly, warehouse: Warehouse, api: FakeApi, page_size: int = 100, log: ListLog | None = None, **parts: Any
) -> ListLog:
    """One sync of *assembly* from *api* into *warehouse*, from the state of its last checkpoint; *parts* of the engine."""
    log = log or ListLog()
    warehouse.connect(assembly)
    configuration = {**CONFIGURATION, "page_size": str(page_size)}
    sync(assembly, configuration, warehouse.state, warehouse, log, api.engine(**parts))
    return log
