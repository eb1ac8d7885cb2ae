"""Syncs whose pages are asked for at once: rows, order, states and limits are those of one page after another."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

import page_source
from cases.support import Call, Connection, Reply, connect, items, plugin_of, serving
from connector_build.catalog.risks import risks
from connector_build.testing.warehouse.memory import Crash, ListLog, Warehouse
from connector_core import (
    Aggregate,
    Budget,
    ConnectorError,
    CursorPaginator,
    FullRead,
    OffsetPaginator,
    Page,
    PageNumberPaginator,
    Paginator,
    PluginError,
    Request,
    Setting,
    SourceError,
    Table,
    UntilKnown,
    UpdatedSince,
    Windows,
    count,
    last_page,
    no_more,
    total_reached,
)
from connector_core.http import pages as reading
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, assemble
from connector_core.plugin.binding import bound
from connector_core.source.configuration import read_configuration
from page_source import PageSource

SECONDS = 30
"""How long a test waits for what is bound to happen."""
SIZE = 3
OFFSETS = OffsetPaginator(stop=[total_reached("total")], parallel=True)
NUMBERS = PageNumberPaginator(stop=[last_page("pages")], parallel=True)
NUMBERED = PageNumberPaginator()
IN_ORDER = OffsetPaginator(stop=[total_reached("total")])


@define
class Source(PageSource):
    """A client whose API has records of each table, by offset or page number. What was asked for, and how many at once.

    before: called before a request is answered; seconds: what an answer says that it took.
    """

    ids: dict[str, Sequence[int]]
    before: Callable[[str, int], object] = lambda *_: None
    seconds: float = 1.0
    asked: list[tuple[str, int]] = field(factory=list)
    under_way: int = 0
    most: int = 0
    _lock: threading.Lock = field(factory=threading.Lock)

    def fetch(self, table: Table, request: Request) -> Page:
        at = int(request.params["offset"]) if "offset" in request.params else (int(request.params["page"]) - 1) * SIZE
        with self._lock:
            self.asked.append((table.name, at))
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            self.before(table.name, at)
        finally:
            with self._lock:
                self.under_way -= 1
        ids = self.ids[table.name]
        rows = [{"id": str(each), "of": str(each % 4)} for each in ids[at : at + SIZE]]
        return Page({"items": rows, "total": len(ids), "pages": -(-len(ids) // SIZE)}, rows, self.seconds)


def table(name: str = "case_items", **parts: Any) -> Table:
    return items(name=name, path=f"/{name}", columns={"id": "STRING", "of": "STRING"}, **parts)


def assembly_of(*tables: Table, paginator: Paginator = OFFSETS, **parts: Any) -> Assembly:
    return assemble([plugin_of(*(tables or (table(),)), paginator=paginator, **parts)])


def synced(assembly: Assembly, source: Source, warehouse: Warehouse, threads: int = 4, records: int = 1) -> ListLog:
    return page_source.synced(assembly, source, warehouse, records, threads=str(threads), page_size=str(SIZE))


def test_a_dataset_of_one_such_table_has_the_setting_threads() -> None:
    def named(paginator: Any) -> set[str]:
        return {setting.name for setting in assembly_of(paginator=paginator).settings}

    around = [FullRead(OFFSETS), UpdatedSince("since", "at", OFFSETS), Windows("from", "to", 0, 10, OFFSETS)]
    assert all("threads" in named(each) for each in (OFFSETS, NUMBERS, Windows("from", "to", 0, 10, parallel=True), *around))
    assert not any("threads" in named(each) for each in (IN_ORDER, NUMBERED, CursorPaginator(), Windows("from", "to", 0, 10)))


@pytest.mark.parametrize("paginator", [OFFSETS, NUMBERS, FullRead(OFFSETS)])
def test_so_many_as_threads_says_are_asked_for_at_once(paginator: Paginator) -> None:
    three = threading.Barrier(3)
    source = Source({"case_items": range(SIZE * 7)}, lambda _, at: at and three.wait(SECONDS))
    assembly = assembly_of(paginator=paginator)
    warehouse = Warehouse(assembly)
    synced(assembly, source, warehouse, threads=3)
    assert source.most == 3
    assert [row["id"] for row in warehouse.live("case_items").values()] == [str(each) for each in range(SIZE * 7)]
    assert sorted(source.asked) == [("case_items", at * SIZE) for at in range(7)]


@pytest.mark.parametrize("threads", [1, 2, 4, 8])
def test_no_more_are_under_way_than_threads_says_over_all_tables(threads: int) -> None:
    source = Source({f"t{at}": range(40 + at) for at in range(5)}, lambda *_: threading.Event().wait(0.001))
    assembly = assembly_of(*(table(f"t{at}") for at in range(5)))
    warehouse = Warehouse(assembly)
    synced(assembly, source, warehouse, threads, records=20)
    assert source.most <= threads
    assert all(len(warehouse.live(f"t{at}")) == 40 + at for at in range(5))


@settings(max_examples=60, deadline=None)
@given(paginator=st.sampled_from([OFFSETS, NUMBERS]), n=st.integers(0, 40), threads=st.integers(2, 8), each=st.integers(1, 20))
def test_the_operations_are_those_of_one_page_after_another(paginator: Paginator, n: int, threads: int, each: int) -> None:
    def operations(threads: int) -> list[Any]:
        assembly = assembly_of(paginator=paginator, extra_tables=[Aggregate("by_of", ["of"], {"how_many": count()})])
        warehouse = Warehouse(assembly)
        for _ in range(2):
            synced(assembly, Source({"case_items": range(n)}), warehouse, threads, records=each)
        return [*warehouse.operations, warehouse.state]

    assert operations(threads) == operations(1)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 40), at=st.integers(0, 60), after=st.booleans(), threads=st.integers(2, 8))
def test_a_crash_anywhere_loses_nothing(n: int, at: int, after: bool, threads: int) -> None:
    assembly = assembly_of()
    warehouse = Warehouse(assembly)
    warehouse.crash_at(at, after=after)
    source = Source({"case_items": range(n)})
    try:
        synced(assembly, source, warehouse, threads)
    except (Crash, ConnectorError):
        warehouse.crash_at(None)
        synced(assembly, source, warehouse, threads)
    assert {row["id"] for row in warehouse.live("case_items").values()} == {str(each) for each in range(n)}


@given(failing=st.integers(0, 12), threads=st.integers(2, 8))
@settings(max_examples=30, deadline=None)
def test_a_page_that_fails_fails_the_sync_once_all_before_it_are_there(failing: int, threads: int) -> None:
    def before(_: str, at: int) -> None:
        if at == failing * SIZE:
            raise SourceError(f"page {failing}: it is down")

    assembly = assembly_of()
    warehouse = Warehouse(assembly)
    with pytest.raises(SourceError, match=f"page {failing}: it is down"):
        synced(assembly, Source({"case_items": range(SIZE * 13)}, before), warehouse, threads)
    assert [row["id"] for row in warehouse.live("case_items").values()] == [str(each) for each in range(SIZE * failing)]


def test_where_it_is_off_what_is_inserted_meanwhile_moves_no_record_past_the_read() -> None:
    there = list(range(30))
    source = Source({"case_items": there}, lambda of, at: there.insert(0, 100 + at) if of == "case_items" else None)
    assembly = assembly_of(table("other"), table(), paginator=IN_ORDER)
    source.ids["other"] = range(30)
    warehouse = Warehouse(assembly)
    synced(assembly, source, warehouse, threads=8, records=100)
    assert {str(each) for each in range(30)} <= {row["id"] for row in warehouse.live("case_items").values()}
    own = [at for name, at in source.asked if name == "case_items"]
    assert own == sorted(own)


BUDGET = Budget(requests=2, seconds=100)


def answer(call: Call) -> Any:
    at = int(call.query["offset"])
    rows = [{"id": f"r{each:04}", "of": "1"} for each in range(at, min(at + 10, 115))]
    return {"items": rows, "total": 115}


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AHEAD_FROM_SECONDS", 0.0)


@pytest.mark.usefixtures("ahead")
def test_the_budget_holds_for_what_is_asked_for_ahead() -> None:
    with serving(answer) as api:
        connection = connected(api, table(budget=BUDGET))
        connection.sync()
    assert len(connection.ids()) == 115
    assert len(api.calls) == 12
    # By a clock that stands still, each of them waits for its own turn: two in a hundred seconds.
    assert sorted(connection.waits) == [100.0 * (number // 2) for number in range(2, 12)]


@pytest.mark.usefixtures("ahead")
def test_a_pause_that_the_api_asks_for_is_made_and_the_page_comes_in_its_turn() -> None:
    def busy(call: Call) -> Any:
        first = call.query["offset"] == "30" and "30" not in refused
        refused.append(call.query["offset"])
        return Reply({}, 429, {"Retry-After": "7"}) if first else answer(call)

    refused: list[str] = []
    with serving(busy) as api:
        connection = connected(api, table())
        connection.sync()
    assert connection.ids() == [f"r{each:04}" for each in range(115)]
    assert connection.waits == [7.0]


def connected(api: Any, *tables: Table) -> Connection:
    connection = connect(api, *tables, paginator=OFFSETS)
    connection.client = {"clock": lambda: 1000.0, "retry": Retry(attempts=3, longest_asked=10**6)}
    return connection


def test_what_says_no_total_cannot_be_read_so() -> None:
    for make in (OffsetPaginator, PageNumberPaginator):
        with pytest.raises(
            PluginError, match=rf"^{make.__name__}: parallel=True, and none of its stop rules says how many pages"
        ):
            make(parallel=True, stop=[no_more("more")])


def test_the_risk_is_said_also_inside_a_strategy() -> None:
    for paginator in (OFFSETS, UpdatedSince("since", "at", OFFSETS), UntilKnown("at", OFFSETS)):
        [plan] = assembly_of(paginator=paginator).tables
        assert sum("parallel=True" in each for each in risks(plan)) == 1
    [plan] = assembly_of(paginator=IN_ORDER).tables
    assert not any("parallel" in each for each in risks(plan))


def test_what_is_newest_first_is_foreseen_in_its_first_sync_only() -> None:
    paginator = UntilKnown("of", OFFSETS)
    page = Page({"total": 30}, [{"id": "1", "of": "2024-01-01T00:00:00Z"}])
    first = paginator.first(table(), 1, {})
    assert [each.params["offset"] for each in paginator.foreseen(first, page)][:3] == ["1", "2", "3"]
    again = paginator.first(table(), 1, {"known": "2024-01-01T00:00:00Z"})
    assert list(paginator.foreseen(again, page)) == []


@pytest.mark.usefixtures("ahead")
@pytest.mark.parametrize("pages", [None, OFFSETS])
def test_windows_are_read_at_the_same_time(pages: Paginator | None) -> None:
    def window(call: Call) -> Any:
        ids = [each for each in range(100, 150) if int(call.query["from"]) <= each <= int(call.query["to"])]
        at = int(call.query.get("offset", "0"))
        return {"items": [{"id": f"r{each:04}", "of": "1"} for each in (ids[at : at + 3] if pages else ids)], "total": len(ids)}

    more: dict[str, Any] = {"pages": pages} if pages else {}
    paginator = Windows("from", "to", 100, 7, parallel=True, **more)
    with serving(window) as api:
        connection = connect(api, table(), paginator=paginator)
        connection.configuration = {"page_size": "3"}
        for _ in range(2):
            connection.sync()
            assert connection.ids() == [f"r{each:04}" for each in range(100, 150)]
    assert connection.warehouse.state["from"] == 142  # the last but one that had a record


def test_windows_whose_start_is_a_setting_stay_parallel() -> None:
    windows = Windows("from", "to", "{settings.since}", 1, parallel=True)
    assembly = assembly_of(paginator=windows, settings=[Setting("since", "Since", "First day.", "2024-01-01", kind="date")])
    [plan] = bound(assembly, read_configuration(assembly.settings, {"base_url": "http://127.0.0.1:9"})).tables
    assert plan.paginator == Windows("from", "to", "2024-01-01", 1, parallel=True)
