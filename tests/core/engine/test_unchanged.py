"""Only what changed is sent of a feed that is read whole, and the rows are those of a connector that sends everything."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.support import items, plugin_of
from connector_build.testing.warehouse.memory import Crash, Warehouse
from connector_core import Aggregate, CursorPaginator, DerivedField, Page, Request, Table, Transform, count, only_if
from connector_core.engine import unchanged
from connector_core.plugin.assembly import Assembly, assemble
from page_source import PageSource, synced

TABLE = items(columns={"id": "STRING", "at": "LONG", "kind": "STRING", "cost": "DOUBLE"})
KEPT = Transform("kept", only_if("kind", lambda kind: kind != "gone", optional=True))
KINDS = Aggregate("kinds", by=("kind",), measures={"n": count()})


def assembly_of(table: Table = TABLE, *, extra: bool = False, filtered: bool = True, **parts: Any) -> Assembly:
    paginator = CursorPaginator()
    parts = {"transforms": [KEPT] if filtered else [], "extra_tables": [KINDS] if extra else [], **parts}
    return assemble([plugin_of(table, paginator=paginator, **parts)])


@define
class Feed(PageSource):
    """A client whose API has records, *page* of them at a time, each behind a number of its own, so that no cursor shifts."""

    entries: list[tuple[int, dict[str, Any]]] = field(factory=list)
    page: int = 2
    last: int = 0

    @classmethod
    def of(cls, records: Iterable[dict[str, Any]]) -> "Feed":
        feed = cls()
        for each in records:
            feed.append(each)
        return feed

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record for _, record in self.entries]

    def append(self, record: dict[str, Any]) -> None:
        self.last += 1
        self.entries.append((self.last, record))

    def replace(self, at: int, record: dict[str, Any]) -> None:
        self.entries[at] = (self.entries[at][0], record)

    def drop(self, key: str) -> None:
        self.entries = [each for each in self.entries if each[1]["id"] != key]

    def fetch(self, table: Table, request: Request) -> Page:
        after = int(request.params.get("cursor", "after0")[5:])
        behind = [each for each in self.entries if each[0] > after]
        rows = [dict(record) for _, record in behind[: self.page]]
        following = f"after{behind[self.page - 1][0]}" if len(behind) > self.page else None
        return Page({"items": rows, "next_cursor": following, "has_more": following is not None}, rows)


def record(key: object, **values: Any) -> dict[str, Any]:
    return {"id": f"r{key}", "at": 1, "kind": "A", "cost": 1.5, **values}


def filled(*records: dict[str, Any], **parts: Any) -> tuple[Assembly, Feed, Warehouse]:
    """A connector after its first sync."""
    assembly, feed = assembly_of(**parts), Feed.of(records or map(record, range(7)))
    warehouse = Warehouse(assembly)
    synced(assembly, feed, warehouse)
    return assembly, feed, warehouse


@pytest.mark.parametrize("extra", [False, True], ids=["plain", "with an aggregate"])
def test_a_second_sync_sends_what_changed_and_nothing_else(extra: bool) -> None:
    assembly, feed, warehouse = filled(extra=extra)
    log = synced(assembly, feed, warehouse)
    assert warehouse.count("upsert", "case_items") == 0
    assert log.infos[-1] == "case_items: 7 records from 4 pages, 7 unchanged"
    feed.replace(3, record(3, cost=1.75))
    feed.append(record(7))
    synced(assembly, feed, warehouse)
    assert [operation.data["id"] for operation in warehouse.on("case_items")] == ["r3", "r7"]
    synced(assembly, feed, warehouse)
    assert warehouse.count("upsert") == 0


def test_a_value_that_comes_back_is_sent() -> None:
    assembly, feed, warehouse = filled()
    before = feed.records[2]
    for version in (record(2, at=2), before, record(2, at=2)):
        feed.replace(2, version)
        synced(assembly, feed, warehouse)
        assert warehouse.live("case_items")[("r2",)]["at"] == version["at"]


def test_a_record_that_was_left_out_and_comes_back_as_it_was_is_sent() -> None:
    assembly, feed, warehouse = filled()
    before = feed.records[2]
    feed.replace(2, record(2, kind="gone"))
    synced(assembly, feed, warehouse)
    assert ("r2",) not in warehouse.live("case_items")
    feed.replace(2, before)
    synced(assembly, feed, warehouse)
    assert warehouse.live("case_items")[("r2",)]["kind"] == "A"


def test_a_new_derived_field_and_another_type_send_everything() -> None:
    _, feed, warehouse = filled()
    derived = assembly_of(transforms=[DerivedField("twice", lambda each: each["at"] * 2)])
    synced(derived, feed, warehouse)
    assert warehouse.count("upsert") == 7
    wider = assembly_of(evolve(TABLE, columns={**TABLE.columns, "at": "DOUBLE"}))
    synced(wider, feed, warehouse)
    assert warehouse.count("upsert") == 7


@pytest.mark.parametrize("state", [{}, {"row_digests": 7}, {"row_digests": {"of": "x", "rows": "AAAA"}}, None])
def test_without_a_state_that_says_so_everything_is_sent(state: Any) -> None:
    assembly, feed, warehouse = filled()
    if state is None:
        warehouse.state["row_digests"]["rows"] = warehouse.state["row_digests"]["rows"][:-3]
    else:
        warehouse.state = state
    synced(assembly, feed, warehouse)
    assert warehouse.count("upsert") == 7


def test_a_table_of_too_many_rows_is_sent_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchanged, "MOST", 5)
    assembly, feed, warehouse = filled()
    log = synced(assembly, feed, warehouse)
    assert warehouse.count("upsert") == 7
    assert "row_digests" not in warehouse.state
    assert [line for line in log.infos if "more than 5 rows" in line]


def test_what_is_read_on_from_a_cursor_keeps_digests_of_its_tail_alone() -> None:
    paginator = CursorPaginator(incremental=True)
    assembly = assemble([plugin_of(TABLE, paginator=paginator)])
    warehouse = Warehouse(assembly)
    synced(assembly, Feed.of([record(0)]), warehouse)
    assert warehouse.state["row_digests"].keys() == {"of", "tail"}


def test_a_record_that_is_left_out_is_deleted_once() -> None:
    """Until nobody knows any more whether its row is there."""
    assembly, feed, warehouse = filled(record(0), record(1, kind="gone"))
    assert warehouse.count("delete") == 1
    synced(assembly, feed, warehouse)
    assert (warehouse.count("delete"), warehouse.count("upsert")) == (0, 0)
    feed.replace(1, record(1))
    synced(assembly, feed, warehouse)
    feed.replace(1, record(1, kind="gone"))
    log = synced(assembly, feed, warehouse)
    assert warehouse.count("delete") == 1
    assert log.infos[-1] == "case_items: 1 record from 1 page, 1 unchanged, 1 left out (kept 1)"
    warehouse.state = {}
    synced(assembly, feed, warehouse)
    assert warehouse.count("delete") == 1


def test_digests_of_other_types_are_forgotten_before_the_first_row_goes_out() -> None:
    """Or they would be believed by who has the first types again, after a sync that died."""
    assembly, feed, warehouse = filled()
    before = feed.records[0]
    feed.replace(0, record(0, at=2))
    wider = assembly_of(evolve(TABLE, columns={**TABLE.columns, "at": "DOUBLE"}))
    warehouse.crash_at(0, after=True, kind="upsert")
    with pytest.raises(Crash):
        synced(wider, feed, warehouse)
    warehouse.crash_at(None)
    assert warehouse.live("case_items")[("r0",)]["at"] == 2
    feed.replace(0, before)
    synced(assembly, feed, warehouse)
    assert warehouse.live("case_items")[("r0",)]["at"] == before["at"]


# Any history


KEYS = st.integers(0, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.sampled_from([1, 2]), st.sampled_from(["A", "B", "gone"])),
        st.tuples(st.just("again"), KEYS, st.sampled_from([1, 2]), st.sampled_from(["A", "gone"])),
        st.tuples(st.just("drop"), KEYS, st.just(0), st.just("")),
        st.tuples(st.just("sync"), st.integers(1, 4), st.just(0), st.just("")),
        st.tuples(st.just("crash"), st.integers(0, 12), st.integers(1, 4), st.sampled_from(["before", "after", "rolled back"])),
    ),
    max_size=25,
)


def put(feed: Feed, key: int, at: int, kind: str) -> None:
    feed.drop(f"r{key}")
    feed.append(record(key, at=at, kind=kind))


def again(feed: Feed, key: int, at: int, kind: str) -> None:
    """A further version behind the one that is there: the last of them is what counts."""
    feed.append(record(key, at=at, kind=kind))


def drop(feed: Feed, key: int, *_: object) -> None:
    feed.drop(f"r{key}")


MOVES: dict[str, Callable[..., None]] = {"put": put, "again": again, "drop": drop}


@settings(max_examples=300, deadline=None)
@given(STEPS, st.booleans())
def test_after_any_history_the_rows_are_those_of_who_sends_everything(steps: list[Any], extra: bool) -> None:
    """The destination has each row of the feed as its last version says; crashes, also with a roll back, change nothing."""
    assembly, feed = assembly_of(extra=extra), Feed.of([record("stays")])
    warehouse = Warehouse(assembly)
    for what, first, second, third in [*steps, ("sync", 2, 0, ""), ("sync", 2, 0, "")]:
        if what in MOVES:
            MOVES[what](feed, first, second, third)
        elif what == "sync":
            feed.page = first
            synced(assembly, feed, warehouse)
            check(feed, warehouse)
        else:
            feed.page = second
            warehouse.crash_at(first, after=third == "after")
            try:
                synced(assembly, feed, warehouse)
            except Crash:
                if third == "rolled back":
                    warehouse.roll_back()
            warehouse.crash_at(None)


def check(feed: Feed, warehouse: Warehouse) -> None:
    wanted = {(each["id"],): each for each in feed.records}
    live = warehouse.live("case_items")
    for key, last in wanted.items():
        assert live.get(key) == (None if last["kind"] == "gone" else last)
