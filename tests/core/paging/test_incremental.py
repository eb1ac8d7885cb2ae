"""Incremental strategies: nothing is missed whatever changes between syncs and wherever one crashes."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_core import (
    Aggregate,
    CursorPaginator,
    FullRead,
    OffsetPaginator,
    Page,
    PageNumberPaginator,
    Paginator,
    PluginError,
    Request,
    Table,
    UnexpectedAnswer,
    UpdatedSince,
    Windows,
    count,
    total_reached,
)
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine
from connector_core.http.client import Client
from connector_core.http.pages import read_pages
from connector_core.plugin.assembly import Assembly, assemble
from support import Crash, FakeApi, Warehouse, assert_exact, places, plugin, run

TABLE = Table("jobs", "/jobs", "jobs", ["id"], {"id": "LONG", "at": "STRING", "worker": "STRING"})
WORKERS = Aggregate("workers", ["worker"], {"n": count()})
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def moment(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


@define
class JobsApi:
    """Jobs with the time of their last change; it knows ``since``, ``from`` and ``to`` (of ids), offsets and page numbers."""

    inclusive: bool = True
    jobs: dict[int, tuple[int, str]] = field(factory=dict)
    now: int = 0
    crash_at: int | None = None
    asked: list[Request] = field(factory=list)

    def change(self, number: int, worker: str, *, tick: int = 1) -> None:
        self.now += tick
        self.jobs[number] = (self.now, worker)

    def __enter__(self) -> "JobsApi":
        return self

    def __exit__(self, *_: object) -> None: ...

    def engine(self) -> Engine:
        return Engine(client=lambda *_: cast(Client, self), checkpoints=CheckpointPolicy(records=1))

    def fetch(self, table: Table, request: Request) -> Page:
        if self.crash_at is not None and len(self.asked) >= self.crash_at:
            raise Crash
        self.asked.append(request)
        asked = request.params
        since = asked.get("since")
        found = [
            {"id": number, "at": moment(at), "worker": worker}
            for number, (at, worker) in sorted(self.jobs.items(), key=lambda job: job[1][0])
            if (since is None or moment(at) > since or (self.inclusive and moment(at) == since))
            and int(asked.get("from", 0)) <= number <= int(asked.get("to", 10**9))
        ]
        start = int(asked.get("offset", 0)) or (int(asked.get("page", 1)) - 1) * int(asked.get("page_size", 1))
        size = int(asked.get("limit") or asked.get("page_size") or 10**9)
        return Page({"total": len(found)}, found[start : start + size])

    def live(self) -> dict[tuple[int], dict[str, Any]]:
        return {(n,): {"id": n, "at": moment(at), "worker": worker} for n, (at, worker) in self.jobs.items()}


PAGES: Sequence[Paginator] = [PageNumberPaginator(), OffsetPaginator(stop=[total_reached("total")])]
STRATEGIES: Mapping[str, Paginator] = {
    **{f"updated since, {type(pages).__name__}": UpdatedSince("since", "at", pages) for pages in PAGES},
    "updated since, exclusive": UpdatedSince("since", "at", OffsetPaginator(), inclusive=False),
    "updated since, with lookback": UpdatedSince("since", "at", OffsetPaginator(), lookback=timedelta(seconds=3)),
    "full read": FullRead(OffsetPaginator()),
}


strategies = pytest.mark.parametrize("kind", STRATEGIES)
changes = st.lists(st.tuples(st.integers(1, 25), st.sampled_from("AB"), st.integers(0, 2)), max_size=12)


def assembled(paginator: Paginator, *extras: Aggregate, table: Table = TABLE) -> Assembly:
    return assemble([plugin(table, extra_tables=extras, paginator=paginator)])


def synced(assembly: Assembly, warehouse: Warehouse, api: JobsApi, page_size: int) -> None:
    """One sync; JobsApi has what ``run`` needs of a FakeApi."""
    run(assembly, warehouse, cast(FakeApi, api), page_size)


@strategies
@settings(max_examples=40)
@given(rounds=st.lists(changes, min_size=1, max_size=4), page_sizes=st.lists(st.integers(1, 7), min_size=4, max_size=4))
def test_every_sync_brings_the_newest_version_of_each_record(kind: str, rounds: list[Any], page_sizes: list[int]) -> None:
    api, assembly = JobsApi(inclusive="exclusive" not in kind), assembled(STRATEGIES[kind], WORKERS)
    warehouse = Warehouse(assembly)
    for round_of_changes, page_size in zip(rounds, page_sizes, strict=False):
        for number, worker, tick in round_of_changes:
            api.change(number, worker, tick=tick)
        synced(assembly, warehouse, api, page_size)
        assert warehouse.live("jobs") == api.live()
        assert_exact(assembly, warehouse)


@strategies
def test_a_crash_at_any_request_leaves_no_trace(kind: str) -> None:
    for request in range(12):
        api, assembly = JobsApi(inclusive="exclusive" not in kind), assembled(STRATEGIES[kind])
        warehouse = Warehouse(assembly)
        for number in range(1, 24):
            api.change(number, "A")
        for _ in range(2):
            api.asked.clear()
            api.crash_at = request
            with suppress(Crash):
                synced(assembly, warehouse, api, 5)
            api.crash_at = None
            synced(assembly, warehouse, api, 3)
            assert warehouse.live("jobs") == api.live(), f"crash at request {request}"
            for number in range(20, 30):
                api.change(number, "B")


def test_a_second_sync_asks_for_what_is_new_only() -> None:
    api, assembly = JobsApi(), assembled(UpdatedSince("since", "at", OffsetPaginator()))
    warehouse = Warehouse(assembly)
    for number in range(1, 24):
        api.change(number, "A")
    synced(assembly, warehouse, api, 10)
    assert places(warehouse.state) == {"since": moment(23)}
    api.asked.clear()
    api.change(5, "B")
    synced(assembly, warehouse, api, 10)
    assert {request.params["since"] for request in api.asked} == {moment(23)}
    assert places(warehouse.state) == {"since": moment(24)}
    assert warehouse.count("upsert", "jobs") == 1, "what changed, and not the edge again"


def test_an_append_only_table_counts_the_edge_once() -> None:
    """The strategy reads records at the edge again, so its extra tables are made from the whole feed, whatever the table says."""
    table = Table("jobs", "/jobs", "jobs", ["id"], TABLE.columns, append_only=True)
    api, assembly = JobsApi(), assembled(UpdatedSince("since", "at", OffsetPaginator()), WORKERS, table=table)
    warehouse = Warehouse(assembly)
    for number in range(1, 8):
        api.change(number, "A")
        synced(assembly, warehouse, api, 3)
        assert warehouse.live("workers") == {("A",): {"worker": "A", "n": number}}


@pytest.mark.parametrize(
    ("since", "lookback", "inclusive", "asked"),
    [
        ("2026-01-01T10:00:00Z", 0, True, "2026-01-01T10:00:00Z"),
        ("2026-01-01T10:00:00Z", 0, False, "2026-01-01T09:59:59Z"),
        ("2026-01-01T10:00:00Z", timedelta(days=3), True, "2025-12-29T10:00:00Z"),
        ("2026-01-01T10:00:00.250Z", 60, True, "2026-01-01T09:59:00.250Z"),
        ("2026-01-01T10:00:00+02:00", 60, True, "2026-01-01T09:59:00+02:00"),
        ("2026-01-01 10:00:00", 60, True, "2026-01-01 09:59:00"),
        ("2026-01-31", timedelta(days=7), True, "2026-01-24"),
        (1748970000, 60, True, 1748969940),
        (1748970000, timedelta(minutes=1), False, 1748969939),
    ],
)
def test_the_filter_is_written_as_the_api_writes_times(since: Any, lookback: Any, inclusive: bool, asked: Any) -> None:
    strategy = UpdatedSince("since", "at", lookback=lookback, inclusive=inclusive)
    assert strategy.first(TABLE, 5, {"since": since}).params["since"] == str(asked)


@pytest.mark.parametrize("values", [["yesterday"], [5, "2026-01-01"], [True], [{"at": 1}]])
def test_times_that_cannot_be_compared_are_loud(values: list[Any]) -> None:
    strategy = UpdatedSince("since", "at")
    with pytest.raises(UnexpectedAnswer, match="at is no time that can be compared"):
        strategy.rest(strategy.first(TABLE, 5, {}), Page({}, [{"id": 1, "at": value} for value in [*values, *values]]))


def test_the_filter_starts_where_the_plugin_says_and_stays_through_a_read() -> None:
    strategy = UpdatedSince("since", "at", PageNumberPaginator(), start="2020-01-01T00:00:00Z")
    first = strategy.first(TABLE, 2, {})
    second = strategy.following(first, Page({}, [{"id": 1, "at": moment(9)}, {"id": 2, "at": None}]))
    assert second is not None
    assert first.params["since"] == second.params["since"] == "2020-01-01T00:00:00Z"
    assert strategy.rest(second, Page({}, [])) == {"since": moment(9)}


def test_the_state_holds_a_place_in_a_read_unless_its_pages_shift() -> None:
    """What moved behind a place in pages by number or offset would never be asked for again."""
    page = Page({"next_cursor": "c2"}, [{"id": 1, "at": moment(9)}])
    stored = []
    for pages in (CursorPaginator(), PageNumberPaginator(), OffsetPaginator()):
        strategy = UpdatedSince("since", "at", pages, now=lambda: datetime(2026, 6, 1, 12, tzinfo=UTC))
        following = strategy.following(strategy.first(TABLE, 2, {"since": moment(5)}), page)
        assert following is not None
        stored.append(strategy.bookmark(following))
    whole = {"since": moment(5)}
    place = {"newest": [moment(9)], "begun": "2026-06-01T11:59:59Z", "page": {"page_cursor": "c2", "page_size": 2}}
    assert stored == [{**whole, **place}, whole, whole]


def test_where_no_time_is_before_the_newest_the_first_request_is_made_again() -> None:
    strategy = UpdatedSince("since", "at", inclusive=False, start="2020-01-01T00:00:00Z")
    assert strategy.first(TABLE, 2, {"since": "0001-01-01T00:00:00Z"}).params["since"] == "2020-01-01T00:00:00Z"


def test_a_filter_that_the_cursor_carries_goes_with_the_first_request_only() -> None:
    strategy = UpdatedSince("since", "at", CursorPaginator(), first_only=True)
    first = strategy.first(TABLE, 2, {"since": moment(5)})
    assert first.params == {"page_size": "2", "since": moment(5)}
    second = strategy.following(first, Page({"next_cursor": "c2"}, [{"id": 1, "at": moment(9)}]))
    assert second is not None
    assert second.params == {"page_size": "2", "cursor": "c2"}
    stored = json.loads(json.dumps(strategy.bookmark(second)))
    assert strategy.first(TABLE, 2, stored) == second


# Windows.


def read(
    paginator: Paginator, api: JobsApi, bookmark: Mapping[str, Any], pages: int = 10**9, size: int = 3
) -> tuple[list[int], Any]:
    """The ids that a read from *bookmark* brings over at most so many *pages*, and the bookmark that it leaves, through JSON."""
    ids: list[int] = []
    rest: Mapping[str, Any] = bookmark
    first = paginator.first(TABLE, 3, bookmark)
    for number, page in enumerate(read_pages(lambda request: api.fetch(TABLE, request), paginator, first), 1):
        ids += [record["id"] for record in page.page.records]
        rest = paginator.bookmark(page.following) if page.following else paginator.rest(page.request, page.page)
        if number == pages:
            break
    return ids, json.loads(json.dumps(dict(rest)))


BY_ID = {
    "windows": Windows("from", "to", start=1, step=4),
    "windows, paged": Windows("from", "to", start=1, step=7, pages=OffsetPaginator()),
}


@pytest.mark.parametrize("kind", BY_ID)
@given(n=st.integers(0, 30), more=st.integers(0, 30), pages=st.integers(1, 6))
def test_windows_bring_every_id_and_go_on_where_they_stopped(kind: str, n: int, more: int, pages: int) -> None:
    api = JobsApi()
    for number in range(1, n + 1):
        api.change(number, "A")
    before, bookmark = read(BY_ID[kind], api, {}, pages)
    after, rest = read(BY_ID[kind], api, bookmark)
    assert sorted({*before, *after}) == list(range(1, n + 1))
    for number in range(n + 1, n + more + 1):
        api.change(number, "A")
    new, _ = read(BY_ID[kind], api, rest)
    assert sorted({*before, *after, *new}) == list(range(1, n + more + 1))


def test_a_gap_of_empty_windows_is_crossed_as_far_as_the_plugin_says() -> None:
    api = JobsApi(jobs={1: (1, "A"), 14: (2, "A")})
    assert read(Windows("from", "to", 1, 4), api, {})[0] == [1]
    assert read(Windows("from", "to", 1, 4, empty=3), api, {}) == ([1, 14], {"from": 1})


def test_windows_of_days_reach_to_today() -> None:
    windows = Windows("from", "to", "2026-01-01", 10, today=lambda: date(2026, 1, 25))
    first = windows.first(TABLE, 5, {})
    second = windows.following(first, Page({}, []))
    assert second is not None
    third = windows.following(second, Page({}, [{"id": 1}]))
    assert third is not None
    assert [(r.params["from"], r.params["to"]) for r in (first, second, third)] == [
        ("2026-01-01", "2026-01-10"), ("2026-01-11", "2026-01-20"), ("2026-01-21", "2026-01-30"),
    ]  # fmt: skip
    assert windows.following(third, Page({}, [])) is None
    assert windows.rest(third, Page({}, [])) == {}
    assert windows.rest(third, Page({}, [{"id": 2}])) == {"from": "2026-01-11"}, "the last but one that had a record"


@pytest.mark.parametrize("values", [{"start": "soon", "step": 1}, {"start": 1, "step": 0}, {"start": 1, "step": 1, "empty": 0}])
def test_windows_that_cannot_be(values: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match="Windows: "):
        Windows("from", "to", **values)


def test_a_full_read_rests_at_the_start_and_still_resumes() -> None:
    strategy = FullRead(CursorPaginator(incremental=True))
    request = strategy.first(TABLE, 5, {"page": {"next_cursor": "abc"}})
    assert strategy.bookmark(request) == {"page": {"next_cursor": "abc"}}
    assert strategy.rest(request, Page({"next_cursor": None}, [])) == {}
    assert strategy.bookmark(strategy.first(TABLE, 5, {"next_cursor": "abc"})) == {}, "where another read rested"
