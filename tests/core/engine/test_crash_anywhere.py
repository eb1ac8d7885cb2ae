"""Crash anywhere: wherever a sync stops, the next one leaves the tables of a sync that never stopped.

Every place is tried: before and after each operation, and in the middle of each answer, of a first and of a later sync. The
operations since the last checkpoint arrived, or were rolled back; the records moved before the sync was taken up again, or
not. The client is the real one; the API is in this process.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from attrs import field, frozen
from urllib3 import HTTPResponse

import connector_fts
import connector_fts.sample
import connector_mso
import connector_mso.sample
from connector_build.api.mimic import Mimic
from connector_build.api.world import World
from connector_build.sample import Sample
from connector_build.testing.warehouse.memory import Crash, Warehouse
from connector_build.testing.warehouse.runs import URL, InProcess, Run
from connector_core import (
    Aggregate,
    CursorPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    Paginator,
    Parent,
    Table,
    UntilKnown,
    UpdatedSince,
    Windows,
    average,
    count,
    count_distinct,
    count_if,
    hookimpl,
    total,
)
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.values import as_json

COMPANIES = Table("companies", "/companies", "items", ["id"], {"id": "LONG", "name": "STRING"})
DEPARTMENTS = Table(
    "departments",
    "/companies/{parent.id}/departments",
    "items",
    ["company_id", "number"],
    {"company_id": "LONG", "number": "LONG", "head": "STRING", "staff": "LONG"},
    parent=Parent("companies", adds={"company_id": "id"}),
)
HEADS = Aggregate("heads", ["head"], {"departments": count(), "staff": total("staff")}, default=False)


def _companies() -> Plugin:
    """A dataset with a child table: departments by company, and an aggregate of these."""
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [COMPANIES, DEPARTMENTS],
        "connector_paginator": lambda: CursorPaginator(size_param="limit"),
        "connector_extra_tables": lambda table: [HEADS] if table == DEPARTMENTS else [],
    }
    return Plugin("companies", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))


def _posts(paginator: Paginator, path: str = "/posts", **parts: Any) -> Assembly:
    """A dataset whose one table is read by *paginator*."""
    table = Table("posts", path, "items", ["id"], {"id": "LONG", "by": "STRING", "at": "UTC_DATETIME"}, **parts)
    hooks: dict[str, Any] = {"connector_tables": lambda: [table], "connector_paginator": lambda: paginator}
    return assemble([Plugin("posts", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])


OPEN = {"filter": "state eq 1"}
FILTER = UpdatedSince("filter", "at", CursorPaginator(), template="state eq 1 and at ge {since}", notation="epoch_ms")
IN_A_PATH = CursorPaginator(where="path", next_path="/posts/after/{cursor}")
IDS = Windows("ids", None, 1, 7, OffsetPaginator(), template="[{from} TO {to})", ends="exclusive")


MEASURES = {
    "jobs": count(),
    "mean_hours": average("hours"),
    "mean_pay": average("pay"),
    "mean_level": average("level"),
    "of_a": count_if("mark", ["A", None]),
    "of_level": count_if("level", 7),
}


def _jobs(*, append_only: bool) -> Plugin:
    """A dataset with an aggregate of every measure that there is."""
    columns = {"id": "LONG", "kind": "BOOLEAN", "mark": "STRING", "hours": "DOUBLE", "pay": "DECIMAL(9,2)", "level": "LONG"}
    table = Table("jobs", "/jobs", "items", ["id"], columns, append_only=append_only)
    more = {} if append_only else {"marks": count_distinct("mark"), "pays": count_distinct("pay")}
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [table],
        "connector_paginator": lambda: CursorPaginator(size_param="limit", incremental=append_only),
        "connector_extra_tables": lambda: [Aggregate("per_kind", ["kind"], {**MEASURES, **more})],
    }
    return Plugin("jobs", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))


@frozen(hash=False)
class Dataset:
    """A connector, how many records its tables begin with, how many change and come in each round, and its page size.

    syncs: after how many of them a move between stop and resume is in the tables. Two for a child table without extra tables:
           the sync that takes up another passes over the parents whose children that one had finished, and the next does not.
           So for a feed that is taken up at a place in it: what moved before that place is read by the next.
    """

    assembly: Assembly
    sample: Sample | None = None
    records: int = 23
    changed: int = 16
    appended: int = 3
    page_size: int = 5
    syncs: int = 1

    def api(self, moves: int) -> Mimic:
        """Its API after so many rounds of changes and new records; the same records at each call."""
        world = World(self.assembly, count_of=self.records, sample=self.sample)
        for _ in range(moves):
            for plan in self.assembly.tables:
                world.change(plan, self.changed)
                world.append(plan, self.appended)
        return Mimic(self.assembly, world, URL)


FTS, MSO = Plugin("connector-fts", connector_fts), Plugin("connector-mso", connector_mso)
FTS_EXTRAS, MSO_EXTRAS = ("fts_technicians", "cost_per_hour"), ("mso_products", "efficiency_ratio")
DATASETS: Mapping[str, Callable[[], Dataset]] = {
    "fts": lambda: Dataset(assemble([FTS]), connector_fts.sample.SAMPLE),
    "fts with both extras": lambda: Dataset(assemble([FTS], enable=FTS_EXTRAS), connector_fts.sample.SAMPLE),
    "mso with both extras": lambda: Dataset(assemble([MSO], enable=MSO_EXTRAS), connector_mso.sample.SAMPLE),
    "a child table": lambda: Dataset(assemble([_companies()]), records=3, changed=9, appended=1, page_size=2, syncs=2),
    "a cursor in a path": lambda: Dataset(_posts(IN_A_PATH), syncs=2),
    "a filter around a time": lambda: Dataset(_posts(FILTER, params=OPEN), syncs=2),
    "newest first, by cursors": lambda: Dataset(_posts(UntilKnown("at", CursorPaginator())), syncs=2),
    "newest first, by pages": lambda: Dataset(_posts(UntilKnown("at", PageNumberPaginator()))),
    "half-open windows": lambda: Dataset(_posts(IDS), changed=0),
    "every measure": lambda: Dataset(assemble([_jobs(append_only=False)]), None, 11, 7, 2),
    "every measure, append only": lambda: Dataset(assemble([_jobs(append_only=True)]), None, 11, 0, 7),
    "a child table with an extra": lambda: Dataset(assemble([_companies()], ["heads"]), None, 2, 9, 1, page_size=2),
}

Tables = Mapping[str, Mapping[str, str]]
"""Table → primary key → row, both as JSON: 1 is not 1.0 there, nor true."""


@frozen(hash=False)
class Scene:
    """A sync to be stopped: of which dataset, after how many rounds of moves, and what the destination holds before it."""

    name: str
    moves: int
    before: Warehouse
    resumed: set[str] = field(factory=set)
    """From where syncs were taken up again so far."""

    def whole(self) -> Warehouse:
        """What the sync leaves when nothing stops it."""
        warehouse = deepcopy(self.before)
        sync(self.name, self.moves, warehouse)
        return warehouse

    def stopped(self, at: int | None = None, *, after: bool = False, request: int | None = None) -> Warehouse:
        """What it leaves when it stops at an operation, or in the middle of the answer to a request."""
        warehouse = deepcopy(self.before)
        warehouse.crash_at(at, after=after)
        try:
            sync(self.name, self.moves, warehouse, cut=request)
        except Crash:
            warehouse.crash_at(None)
            return warehouse
        raise AssertionError(f"{self.name}: nothing stopped it at operation {at} or request {request}")

    def check(self, left: Warehouse, where: str) -> None:
        """Take the sync up again in every way, and compare the tables with those of a run without a crash."""
        for rolled_back in (False, True):
            for moves in (self.moves, self.moves + 1):
                warehouse = deepcopy(left)
                if rolled_back:
                    warehouse.roll_back()
                found = "; ".join(self._differences(warehouse, moves))
                how = f"{'rolled back' if rolled_back else 'arrived'}, records {'moved' if moves > self.moves else 'as before'}"
                assert not found, f"{self.name}, stopped {where} ({how}): {found}"

    def _differences(self, warehouse: Warehouse, moves: int) -> Iterator[str]:
        """What tells the tables after a sync into *warehouse* from those of a run without a crash."""
        begins = json.dumps([warehouse.state, tables(self.name, warehouse), moves], sort_keys=True)
        if begins in self.resumed:
            return  # what was there after one operation is there before the next: the same sync, and the same end
        self.resumed.add(begins)
        for _ in range(dataset(self.name).syncs if moves > self.moves else 1):
            sync(self.name, moves, warehouse)
        yield from _differences(tables(self.name, warehouse), never_stopped(self.name, moves))


class Cutting(InProcess):
    """A transport on which the answer to request *number* (from 0) comes by half; then the process is gone."""

    def __init__(self, answering: Callable[[Any], Any], number: int | None) -> None:
        super().__init__(answering)
        self._number = number
        self.made = 0

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        response = super().send(request, *rest, **more)
        if self.made == self._number:
            body = response.raw.read()
            response.raw = HTTPResponse(Half(body[: len(body) // 2]), response.headers, preload_content=False)
        self.made += 1
        return response


class Half(BytesIO):
    """A body after whose bytes nothing comes any more, not even its end."""

    def read(self, size: int | None = -1) -> bytes:
        return self._or_crash(super().read(size))

    def read1(self, size: int | None = -1) -> bytes:
        return self._or_crash(super().read1(size))

    def _or_crash(self, piece: bytes) -> bytes:
        if not piece:
            raise Crash("in the middle of an answer")
        return piece


def sync(name: str, moves: int, warehouse: Warehouse, cut: int | None = None) -> int:
    """One sync after so many rounds of moves; how many requests it made. It dies in the middle of request *cut* (from 0)."""
    answering = api(name, moves).reply
    line = Cutting(answering, cut)

    def mounted(client: Client) -> Client:
        client.mount(line)
        return client

    run = Run(page_size=dataset(name).page_size, threads=1)
    run.sync(dataset(name).assembly, warehouse, answering, wrap=mounted)
    return line.made


@cache
def dataset(name: str) -> Dataset:
    return DATASETS[name]()


@cache
def api(name: str, moves: int) -> Mimic:
    return dataset(name).api(moves)


def tables(name: str, warehouse: Warehouse) -> Tables:
    """What a destination holds."""
    return {
        entry["table"]: {
            json.dumps(key): json.dumps(row, sort_keys=True, default=as_json)
            for key, row in warehouse.live(entry["table"]).items()
        }
        for entry in dataset(name).assembly.schema
    }


@cache
def never_stopped(name: str, moves: int) -> Tables:
    """The tables of one sync into an empty destination, after so many rounds of moves."""
    warehouse = Warehouse(dataset(name).assembly)
    sync(name, moves, warehouse)
    return tables(name, warehouse)


def _differences(found: Tables, wanted: Tables) -> Iterator[str]:
    for name in sorted({*found, *wanted}):
        here, there = found.get(name, {}), wanted.get(name, {})
        if lost := sorted(there.keys() - here.keys()):
            yield f"{name} lacks {lost}"
        if spare := sorted(here.keys() - there.keys()):
            yield f"{name} has {spare} too much"
        for key in sorted(here.keys() & there.keys()):
            if here[key] != there[key]:
                yield f"{name} {key} is {here[key]} instead of {there[key]}"


def scene(name: str, begins: str) -> Scene:
    """A first sync, or one after a first that ended well and a round of moves."""
    before = Warehouse(dataset(name).assembly)
    if begins == "first sync":
        return Scene(name, 0, before)
    sync(name, 0, before)
    return Scene(name, 1, before)


@pytest.mark.parametrize("begins", ["first sync", "later sync"])
@pytest.mark.parametrize("name", DATASETS)
def test_a_stop_at_any_operation_leaves_no_trace(name: str, begins: str) -> None:
    tried = scene(name, begins)
    operations = tried.whole().operations
    assert {operation.kind for operation in operations} >= {"upsert", "checkpoint"}
    for number, operation in enumerate(operations):
        for after in (False, True):
            where = f"{'after' if after else 'before'} operation {number} ({operation.kind} {operation.table})"
            tried.check(tried.stopped(number, after=after), where)


@pytest.mark.parametrize("begins", ["first sync", "later sync"])
@pytest.mark.parametrize("name", DATASETS)
def test_a_stop_in_the_middle_of_any_answer_leaves_no_trace(name: str, begins: str) -> None:
    tried = scene(name, begins)
    requests_made = sync(name, tried.moves, deepcopy(tried.before))
    assert requests_made >= 2
    for number in range(requests_made):
        tried.check(tried.stopped(request=number), f"in the middle of request {number}")


@pytest.mark.parametrize(("name", "extra"), [("fts with both extras", FTS_EXTRAS[0]), ("mso with both extras", MSO_EXTRAS[0])])
def test_groups_come_and_go_between_the_rounds(name: str, extra: str) -> None:
    """Else no crash could leave a row behind that is not wanted any more."""
    before, after = (never_stopped(name, moves)[extra].keys() for moves in (0, 1))
    assert before - after
    assert after - before
