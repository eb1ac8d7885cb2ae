"""Several tables at once: requests of each side by side, one thread that delivers, and states that say no more than is there."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

import page_source
from cases.support import items, plugin_of
from connector_build.testing.warehouse.memory import Crash, ListLog, Warehouse
from connector_core import ConnectorError, CursorPaginator, Page, Parent, Request, SourceError, Table
from connector_core.engine.desk import ClosedError, Desk
from connector_core.plugin.assembly import Assembly, assemble
from page_source import PageSource

SECONDS = 30
"""How long a test waits for what is bound to happen."""
SIZE = 3


def tables(number: int) -> list[Table]:
    return [items(name=f"t{at}", path=f"/t{at}") for at in range(number)]


def assembly_of(*of: Table) -> Assembly:
    return assemble([plugin_of(*of, paginator=CursorPaginator(incremental=True))])


@define
class Source(PageSource):
    """A client whose API has *pages* of each table: page 2 of t1 holds t1-2-0, t1-2-1 and t1-2-2."""

    pages: Mapping[str, int]
    before: Callable[[str, int], object] = lambda *_: None
    asked: Counter[str] = field(factory=Counter)
    _lock: threading.Lock = field(factory=threading.Lock)
    under_way: int = 0
    most: int = 0

    def fetch(self, table: Table, request: Request) -> Page:
        at = int(request.params.get("cursor", "0"))
        with self._lock:
            self.asked[table.name] += 1
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            self.before(table.name, at)
        finally:
            with self._lock:
                self.under_way -= 1
        last = at + 1 >= self.pages[table.name]
        rows = [{"id": f"{table.path[1:]}-{at}-{number}"} for number in range(SIZE)]
        return Page({"items": rows, "next_cursor": None if last else str(at + 1)}, rows)


def synced(assembly: Assembly, source: Source, warehouse: Warehouse, threads: int = 4) -> ListLog:
    return page_source.synced(assembly, source, warehouse, threads=str(threads))


def ids(warehouse: Warehouse, table: str) -> set[str]:
    return {row["id"] for row in warehouse.live(table).values()}


def wanted(source: Source, table: str) -> set[str]:
    return {f"{table}-{page}-{number}" for page in range(source.pages[table]) for number in range(SIZE)}


def test_tables_are_asked_for_at_the_same_time() -> None:
    both = threading.Barrier(2)
    source = Source({"t0": 2, "t1": 2}, lambda _, __: both.wait(SECONDS))  # nobody is answered before the other asks
    warehouse = Warehouse(assembly_of(*tables(2)))
    synced(assembly_of(*tables(2)), source, warehouse)
    assert {table: ids(warehouse, table) for table in source.pages} == {table: wanted(source, table) for table in source.pages}


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_no_more_requests_are_under_way_than_threads_says_children_among_them(threads: int) -> None:
    children = items(
        name="parts", path="/t0/{parent.id}", columns={"id": "STRING", "of": "STRING"}, primary_key=["of", "id"],
        parent=Parent("t0", {"of": "id"}),
    )  # fmt: skip
    source = Source({**{f"t{at}": 4 for at in range(6)}, "parts": 2}, lambda *_: threading.Event().wait(0.002))
    assembly = assembly_of(*tables(6), children)
    warehouse = Warehouse(assembly)
    synced(assembly, source, warehouse, threads)
    assert source.most <= threads
    assert len(warehouse.live("parts")) == 4 * SIZE * 2 * SIZE
    assert all(ids(warehouse, f"t{at}") == wanted(source, f"t{at}") for at in range(6))


def test_one_thread_delivers_and_checkpoints() -> None:
    assembly = assembly_of(*tables(4))

    class Watched(Warehouse):
        def _operate(self, *arguments: Any) -> None:
            assert threading.get_ident() == here
            super()._operate(*arguments)

    here = threading.get_ident()
    warehouse = Watched(assembly)
    synced(assembly, Source({f"t{at}": 3 for at in range(4)}), warehouse)
    assert len(warehouse.operations) > 4 * 3 * SIZE


def test_when_a_table_fails_the_others_come_to_a_checkpoint_and_the_next_sync_goes_on_there() -> None:
    begun, failed = threading.Event(), threading.Event()

    def before(table: str, page: int) -> None:
        if table == "t1":
            assert begun.wait(SECONDS)
            failed.set()
            raise SourceError("t1: GET /t1: it is down")
        if (table, page) == ("t0", 3):
            begun.set()
            assert failed.wait(SECONDS)
            threading.Event().wait(0.1)  # until the others have heard

    assembly = assembly_of(*tables(3))
    warehouse = Warehouse(assembly)
    source = Source({"t0": 1000, "t1": 2, "t2": 1}, before)
    with pytest.raises(SourceError, match=r"^t1: GET /t1: it is down$"):
        synced(assembly, source, warehouse)
    reached = warehouse.state["tables"]["t0"]["next_cursor"]
    assert 3 <= int(reached) < 1000
    assert ids(warehouse, "t0") == {f"t0-{page}-{number}" for page in range(int(reached)) for number in range(SIZE)}
    again = Source({"t0": 6, "t1": 2, "t2": 1})
    synced(assembly, again, warehouse)
    assert again.asked["t0"] == 6 - int(reached)
    assert all(ids(warehouse, table) >= wanted(again, table) for table in again.pages)


def test_every_table_that_failed_is_named() -> None:
    both = threading.Barrier(2)

    def before(table: str, _: int) -> None:
        both.wait(SECONDS)
        raise SourceError(f"{table}: it is down.")

    assembly = assembly_of(*tables(2))
    with pytest.raises(SourceError, match=r"^2 tables failed\. t0: it is down\. t1: it is down\.$"):
        synced(assembly, Source({"t0": 1, "t1": 1}, before), Warehouse(assembly))


def test_ctrl_c_goes_through() -> None:
    class Interrupted(Warehouse):
        def upsert(self, table: str, data: dict[str, Any]) -> None:
            raise KeyboardInterrupt

    assembly = assembly_of(*tables(2))
    with pytest.raises(KeyboardInterrupt):
        synced(assembly, Source({"t0": 3, "t1": 3}), Interrupted(assembly))


def test_nobody_waits_at_a_desk_that_is_closed() -> None:
    desk, found = Desk(), []

    def hand_in() -> None:
        try:
            desk.do(print)
        except ClosedError:
            found.append("closed")

    first = threading.Thread(target=hand_in)
    first.start()
    while desk._tasks.empty():
        threading.Event().wait(0.001)
    desk.close()
    second = threading.Thread(target=hand_in)
    second.start()
    for each in (first, second):
        each.join(SECONDS)
    assert found == ["closed", "closed"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.integers(0, 60), st.booleans(), st.integers(2, 8))
def test_a_crash_anywhere_loses_nothing_of_any_table(pages: list[int], at: int, after: bool, threads: int) -> None:
    assembly = assembly_of(*tables(len(pages)))
    warehouse = Holding(assembly)
    source = Source({f"t{number}": count for number, count in enumerate(pages)})
    warehouse.crash_at(at, after=after)
    try:
        synced(assembly, source, warehouse, threads)
    except (Crash, ConnectorError):
        warehouse.crash_at(None)
        synced(assembly, source, warehouse, threads)
    assert {table: ids(warehouse, table) for table in source.pages} == {table: wanted(source, table) for table in source.pages}


class Holding(Warehouse):
    """A destination that looks at each state: every page that it says was delivered is there."""

    def checkpoint(self, state: dict[str, Any]) -> None:
        for table, part in state["tables"].items():
            there = ids(self, table)
            for page in range(int(part.get("next_cursor", 0))):
                assert {f"{table}-{page}-{number}" for number in range(SIZE)} <= there
        super().checkpoint(state)
