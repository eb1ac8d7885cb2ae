"""What the tests of the sync share: a destination, an API and a log in memory, and SQL to compare with.

`Warehouse` stands for Fivetran and the destination, `FakeApi` for the HTTP client, `run` is one sync between the two, and
`assert_exact` compares every extra table with real SQL over the live rows of its source table.
"""

import json
import math
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol, cast

from attrs import define, field

from connector_build.feed import FeedPage, UnknownCursor
from connector_build.sample import Sample
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
from connector_core.assembly import Assembly, Plugin
from connector_core.client import Client
from connector_core.errors import RequestRejected
from connector_core.pagination import Page, Request
from connector_core.sync import Engine, sync
from connector_core.tables import Record

CONFIGURATION = {"api_key": "a-key-that-stays-home", "base_url": "https://api.example.com"}
"""What `run` configures a connection with, besides the page size."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "STRING": (str,),
    "LONG": (int,),
    "INT": (int,),
    "DOUBLE": (int, float),
    "BOOLEAN": (bool,),
}


class Crash(Exception):  # noqa: N818 - it stands for a killed process, not for an error of ours
    """The sync ends here, whatever it was about to do."""


class Operation(NamedTuple):
    """One operation that took effect; the table of a checkpoint is empty, its data the state."""

    kind: str
    table: str
    data: dict[str, Any]


Stored = tuple[tuple[str, Any], ...]
"""A row's key as the warehouse keeps it: column and value. A row of an earlier primary key stays a row of its own."""


class Warehouse:
    """A destination in memory, with Fivetran's operations as they are documented.

    An upsert replaces the whole row (absent columns become NULL) and brings a deleted one back; delete and truncate only
    take rows out of sight, and a missing key is no error. Every operation arrives, also those after the last checkpoint of
    a sync that failed; `roll_back` gives the other outcome that Fivetran allows.
    """

    def __init__(self, assembly: Assembly) -> None:
        self.state: dict[str, Any] = {}
        """The state of the last checkpoint, as the next sync gets it."""
        self.operations: list[Operation] = []
        """What took effect in the current sync, oldest first."""
        self._tables: dict[str, dict[Stored, Record]] = {}
        self._saved: dict[str, dict[Stored, Record]] = {}
        self._crash: tuple[int, bool, str | None] | None = None
        self.connect(assembly)

    def connect(self, assembly: Assembly) -> None:
        """Begin a sync of this assembly: its schema holds from now on, and operations are counted anew."""
        self._schema = {entry["table"]: entry for entry in assembly.schema}
        self.operations = []

    def crash_at(self, number: int | None, *, after: bool = False, kind: str | None = None) -> None:
        """Raise Crash at operation *number* (from 0) of the next sync, before or after it takes effect; None: not at all.

        With a *kind*, such as checkpoint, only operations of that kind are counted.
        """
        self._crash = None if number is None else (number, after, kind)

    def roll_back(self) -> None:
        """Forget what arrived after the last checkpoint."""
        self._tables = {name: dict(rows) for name, rows in self._saved.items()}

    def live(self, table: str) -> dict[tuple[Any, ...], Record]:
        """Primary key → row, of the rows that are not deleted."""
        stored = self._tables.get(table, {})
        rows = {tuple(value for _, value in key): row for key, row in stored.items()}
        assert len(rows) == len(stored), f"{table} holds rows of two primary keys with the same values"
        return rows

    def on(self, table: str) -> list[Operation]:
        """The operations of the current sync on one table."""
        return [operation for operation in self.operations if operation.table == table]

    def count(self, kind: str, table: str | None = None) -> int:
        """How many operations of one kind the current sync made, on one table or on all."""
        return sum(operation.kind == kind and table in (None, operation.table) for operation in self.operations)

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        """Insert or replace a row."""
        row = dict.fromkeys(self._entry(table)["columns"]) | data
        key = self._key(table, row)
        self._operate(Operation("upsert", table, dict(data)), lambda: self._rows(table).update({key: row}))

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        """Take a row out of sight."""
        assert set(keys) == set(self._entry(table)["primary_key"]), f"{table} has no key {sorted(keys)}"
        key = self._key(table, keys)
        self._operate(Operation("delete", table, dict(keys)), lambda: self._rows(table).pop(key, None))

    def truncate(self, table: str) -> None:
        """Take every row out of sight."""
        self._entry(table)
        self._operate(Operation("truncate", table, {}), lambda: self._rows(table).clear())

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Keep the state and everything before it."""
        text = json.dumps(state, allow_nan=False)
        self._operate(Operation("checkpoint", "", json.loads(text)), lambda: self._keep(text))

    def _keep(self, text: str) -> None:
        self.state = json.loads(text)
        self._saved = {name: dict(rows) for name, rows in self._tables.items()}

    def _operate(self, operation: Operation, effect: Callable[[], object]) -> None:
        number, after, kind = self._crash or (-1, False, None)
        before = len(self.operations) if kind is None else self.count(kind)
        here = number == before and kind in (None, operation.kind)
        if here and not after:
            raise Crash(f"before operation {len(self.operations)}")
        effect()
        self.operations.append(operation)
        if here:
            raise Crash(f"after operation {len(self.operations) - 1}")

    def _entry(self, table: str) -> dict[str, Any]:
        assert table in self._schema, f"the schema does not declare {table}"
        return self._schema[table]

    def _rows(self, table: str) -> dict[Stored, Record]:
        return self._tables.setdefault(table, {})

    def _key(self, table: str, row: Mapping[str, Any]) -> Stored:
        entry = self._entry(table)
        for name in entry["primary_key"]:
            kind = entry["columns"].get(name)
            assert row.get(name) is not None, f"{table}: NULL in its key column {name}"
            if not isinstance(row[name], _KINDS.get(kind, (object,))):
                raise TypeError(f"{table}: {name} is declared {kind}, but this is {row[name]!r}")
        return tuple((name, row[name]) for name in entry["primary_key"])


class Source(Protocol):
    """What `FakeApi` serves; `connector_build.feed.Feed` is one."""

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
        """One page, as `connector_core.client.Client` fetches it."""
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


@define
class ListLog:
    """A log that keeps its messages."""

    infos: list[str] = field(factory=list)
    warnings: list[str] = field(factory=list)

    def info(self, message: str) -> None:
        self.infos.append(message)

    def warning(self, message: str) -> None:
        self.warnings.append(message)


def plugin(
    *tables: Table,
    transforms: Sequence[Transform | DerivedField] = (),
    extra_tables: Sequence[Dimension | Aggregate] = (),
    paginator: Paginator | None = None,
) -> Plugin:
    """A dataset of these tables; transforms and extra tables belong to the first. Without a *paginator*, a CursorPaginator."""

    @hookimpl
    def connector_tables() -> list[Table]:
        return list(tables)

    @hookimpl
    def connector_auth() -> ApiKeyHeader:
        return ApiKeyHeader("api_key")

    @hookimpl
    def connector_paginator(table: Table) -> Paginator:
        return paginator or CursorPaginator()

    @hookimpl
    def connector_transforms(table: Table) -> list[Transform | DerivedField]:
        return list(transforms) if table == tables[0] else []

    @hookimpl
    def connector_extra_tables(table: Table) -> list[Dimension | Aggregate]:
        return list(extra_tables) if table == tables[0] else []

    return Plugin("test-plugin", SimpleNamespace(**{name: value for name, value in locals().items() if "connector_" in name}))


def run(
    assembly: Assembly, warehouse: Warehouse, api: FakeApi, page_size: int = 100, log: ListLog | None = None, **parts: Any
) -> ListLog:
    """One sync of *assembly* from *api* into *warehouse*, from the state of its last checkpoint; *parts* of the engine."""
    log = log or ListLog()
    warehouse.connect(assembly)
    configuration = {**CONFIGURATION, "page_size": str(page_size)}
    sync(assembly, configuration, warehouse.state, warehouse, log, api.engine(**parts))
    return log


def assert_exact(assembly: Assembly, warehouse: Warehouse) -> None:
    """Every extra table's live rows are what SQL makes of its source table's live rows."""
    for plan in assembly.tables:
        rows = warehouse.live(plan.table.name).values()
        for extra in plan.extra_tables:
            wanted = sql(rows, plan.columns, query(extra, plan.table.primary_key))
            expected = {tuple(row[name] for name in extra.by): row for row in wanted}
            actual = warehouse.live(extra.name)
            assert all(None not in key for key in actual), extra.name
            assert actual.keys() == expected.keys(), extra.name
            for key, row in actual.items():
                assert row.keys() == expected[key].keys(), (extra.name, key)
                wrong = {
                    name: (value, expected[key][name]) for name, value in row.items() if not _same(value, expected[key][name])
                }
                assert not wrong, (extra.name, key, wrong)


def _same(actual: Any, expected: Any) -> bool:
    """SQLite adds floats up without the care that the core takes; anything else is the same or it is not."""
    if isinstance(actual, float) and isinstance(expected, int | float):
        return math.isclose(actual, expected, rel_tol=1e-9, abs_tol=1e-9)
    return bool(actual == expected)


def query(extra: Dimension | Aggregate, primary_key: Sequence[str]) -> str:
    """The SQL that *extra* promises to be the answer to, over a table named source."""
    by = ", ".join(extra.by)
    present = " AND ".join(f"{name} IS NOT NULL" for name in extra.by)
    if isinstance(extra, Aggregate):
        functions = {"count": "count", "total": "sum", "minimum": "min", "maximum": "max"}
        measures = [f"{functions[m.kind]}({m.column or '*'}) AS {name}" for name, m in extra.measures.items()]
        return f"SELECT {by}, {', '.join(measures)} FROM source WHERE {present} GROUP BY {by}"
    ties = ", ".join(f"CAST({name} AS TEXT) DESC" for name in primary_key)
    place = f"row_number() OVER (PARTITION BY {by} ORDER BY {extra.newest} DESC NULLS LAST, {ties})"
    inner = f"SELECT *, {place} AS place FROM source WHERE {present}"
    return f"SELECT {by}, {', '.join(extra.columns)} FROM ({inner}) WHERE place = 1"


def sql(rows: Iterable[Record], columns: Iterable[str], text: str) -> list[Record]:
    """The answer to a query over *rows*, loaded into SQLite as a table named source."""
    names = list(columns)
    database = sqlite3.connect(":memory:")
    try:
        database.row_factory = sqlite3.Row
        database.execute(f"CREATE TABLE source ({', '.join(names)})")
        places = ", ".join("?" for _ in names)
        database.executemany(f"INSERT INTO source VALUES ({places})", [[row.get(name) for name in names] for row in rows])
        return [dict(row) for row in database.execute(text)]
    finally:
        database.close()
