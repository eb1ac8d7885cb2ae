"""Extra tables of a feed that is read on from its bookmark, made from what the state keeps of each row.

Whatever happened before, their rows are what the live rows of the source table come to. ``LEDGER_EXAMPLES`` says how many
histories are tried; without it they are the same few hundred each time.
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.support import items, plugin_of
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Crash, ListLog, Warehouse
from connector_core import (
    Aggregate,
    Column,
    CursorPaginator,
    DerivedField,
    Dimension,
    Page,
    Request,
    Table,
    Transform,
    count,
    count_distinct,
    maximum,
    only_if,
    total,
)
from connector_core.basics.decoding import decode_text
from connector_core.basics.discretion import Secrets
from connector_core.basics.errors import RequestRejected
from connector_core.engine import ledger, row_values
from connector_core.engine.ledger import Ledger
from connector_core.engine.row_values import RowValues
from connector_core.plugin.assembly import Assembly, assemble
from connector_core.source.texts import json_text
from connector_core.source.values import in_form
from page_source import PageSource, synced

ASKED = os.environ.get("LEDGER_EXAMPLES")
COLUMNS = {"id": "STRING", "at": "LONG", "kind": "STRING", "cost": "DOUBLE"}
TABLE = items(columns=COLUMNS, deleted="gone")
KEPT = Transform("kept", only_if("kind", lambda kind: kind != "hidden", optional=True))
KINDS = Aggregate(
    "kinds", ("kind",), {"n": count(), "cost": total("cost"), "dearest": maximum("cost"), "costs": count_distinct("cost")}
)
NEWEST = Dimension("newest", ("kind",), ("cost",), "at")
EXTRAS: dict[str, Aggregate | Dimension] = {"kinds": KINDS, "newest": NEWEST}


def assembly_of(*extras: str, table: Table = TABLE, **parts: Any) -> Assembly:
    parts = {"paginator": CursorPaginator(incremental=True), "transforms": [KEPT], **parts}
    return assemble([plugin_of(table, extra_tables=[EXTRAS[name] for name in extras or EXTRAS], **parts)])


@define
class Feed(PageSource):
    """A client of an API whose cursors say "behind the entry of this number"; what changes stands at its end again.

    An entry is a record, or the key of one that is gone. Old versions may stay, and deletions do.
    """

    entries: list[tuple[int, dict[str, Any] | str]] = field(factory=list)
    page: int = 2
    last: int = 0
    epoch: int = 0
    """Cursors of an earlier one are refused."""
    asked: list[str] = field(factory=list)

    def add(self, entry: dict[str, Any] | str) -> None:
        self.last += 1
        self.entries.append((self.last, entry))

    def put(self, key: int, **values: Any) -> None:
        self.forget(f"r{key}", records=True)
        self.add(record(key, **values))

    def again(self, key: int, **values: Any) -> None:
        """A further version; the one from before stays where it is."""
        self.forget(f"r{key}", records=False)
        self.add(record(key, **values))

    def drop(self, key: int) -> None:
        self.forget(f"r{key}", records=True)
        self.add(f"r{key}")

    def forget(self, key: str, *, records: bool) -> None:
        self.entries = [
            (at, each)
            for at, each in self.entries
            if each != key and not (records and isinstance(each, dict) and each["id"] == key)
        ]

    def fetch(self, table: Table, request: Request) -> Page:
        cursor = request.params.get("cursor", f"{self.epoch}-0")
        self.asked.append(cursor)
        epoch, _, after = cursor.partition("-")
        if int(epoch) != self.epoch:
            raise RequestRejected(f"400: unknown cursor {cursor}")
        behind = [each for each in self.entries if each[0] > int(after)]
        taken, more = behind[: self.page], len(behind) > self.page
        rows = [dict(each) for _, each in taken if isinstance(each, dict)]
        gone = [each for _, each in taken if isinstance(each, str)]
        following = f"{self.epoch}-{taken[-1][0]}" if more else None
        return Page({"items": rows, "gone": gone, "next_cursor": following, "has_more": more}, rows)


def record(key: object, **values: Any) -> dict[str, Any]:
    return {"id": f"r{key}", "at": 1, "kind": "A", "cost": 1.5, **values}


def filled(*extras: str, rows: int = 7, **parts: Any) -> tuple[Assembly, Feed, Warehouse]:
    """A connector after its first sync."""
    assembly, feed = assembly_of(*extras, **parts), Feed()
    for number in range(rows):
        feed.put(number, kind="ABC"[number % 3], cost=float(number))
    warehouse = Warehouse(assembly)
    synced(assembly, feed, warehouse)
    return assembly, feed, warehouse


def reads_on(assembly: Assembly, feed: Feed, warehouse: Warehouse, log: list[str] | None = None) -> bool:
    """Whether one more sync, after which all is right, reads on from where the last one ended."""
    feed.asked.clear()
    infos = synced(assembly, feed, warehouse).infos
    if log is not None:
        log += infos
    assert_exact(assembly, warehouse)
    return feed.asked[0] != f"{feed.epoch}-0"


# What a sync reads, and what it makes of that


def test_a_second_sync_reads_on_and_knows_what_was_there() -> None:
    assembly, feed, warehouse = filled()
    feed.put(0, kind="B", cost=9.0)
    assert reads_on(assembly, feed, warehouse)
    assert warehouse.live("kinds")["A",]["n"] == 2
    assert {operation.data["kind"] for operation in warehouse.on("kinds")} == {"A", "B"}
    feed.drop(3)
    feed.drop(6)
    assert reads_on(assembly, feed, warehouse)
    assert ("A",) not in warehouse.live("kinds")


def test_a_sync_that_finds_nothing_new_leaves_the_state_as_it_was() -> None:
    assembly, feed, warehouse = filled()
    before = json.dumps(warehouse.state)
    assert reads_on(assembly, feed, warehouse)
    assert json.dumps(warehouse.state) == before


def test_a_record_that_is_left_out_later_counts_no_more() -> None:
    assembly, feed, warehouse = filled()
    feed.put(0, kind="hidden")
    assert reads_on(assembly, feed, warehouse)
    assert warehouse.live("kinds")["A",]["n"] == 2


def test_a_row_that_the_api_no_longer_has_is_still_a_live_one_and_counts() -> None:
    assembly, feed, warehouse = filled()
    feed.forget("r0", records=True)
    feed.put(1, kind="C")
    assert reads_on(assembly, feed, warehouse)
    assert warehouse.live("kinds")["A",]["n"] == 3


def test_a_ledger_in_a_file_is_kept_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "IN_MEMORY", 0)
    assembly, feed, warehouse = filled()
    feed.put(0, kind="B")
    feed.put(1, kind="hidden")
    assert reads_on(assembly, feed, warehouse)
    assert reads_on(assembly, feed, warehouse)


def test_a_derived_field_that_is_made_otherwise_now_counts_as_it_was_sent() -> None:
    """The rows of before keep what they were sent with, and that is what extra tables are made of."""
    twice, thrice = (_derived(by) for by in (2, 3))
    feed, warehouse = Feed(), Warehouse(twice)
    for number in range(3):
        feed.put(number, cost=10.0**number)
    synced(twice, feed, warehouse)
    feed.put(1, cost=10.0)
    assert reads_on(thrice, feed, warehouse)
    assert warehouse.live("sums")["A",]["made"] == 2.0 + 30.0 + 300.0  # the last page is read again


def _derived(by: int) -> Assembly:
    made = DerivedField("made", lambda row: row["cost"] * by, type="DOUBLE")
    sums = Aggregate("sums", ("kind",), {"made": total("made")})
    return assemble([plugin_of(TABLE, paginator=CursorPaginator(incremental=True), transforms=[made], extra_tables=[sums])])


# What makes a sync read whole


class Changed(dict[str, Any]):
    """What stands in the state otherwise than it was written."""


@pytest.mark.parametrize(
    "state",
    [
        None,
        7,
        [],
        {},
        {"of": "x"},
        {"of": 7, "columns": 7, "sum": "x", "parts": 7},
        Changed({"parts": ["AAAA"]}),
        Changed({"parts": [7]}),
        Changed({"parts": {}}),
        Changed({"parts": []}),
        Changed({"sum": "123456789abc"}),
        Changed({"columns": ["kind"]}),
        Changed({"columns": ["kind", "cost", "at", "colour"]}),
        Changed({"columns": [["kind"], {}, "cost", "at"]}),
        Changed({"of": "123456789abc"}),
        Changed({"over": True, "parts": None}),
    ],
)
def test_a_state_of_any_other_shape_means_one_whole_read(state: Any) -> None:
    assembly, feed, warehouse = filled()
    if isinstance(state, Changed):
        state = {**warehouse.state["row_values"], **state}
    warehouse.state["row_values"] = state
    feed.put(0, kind="B")
    assert not reads_on(assembly, feed, warehouse)
    assert reads_on(assembly, feed, warehouse)


def test_a_state_of_an_earlier_release_means_one_whole_read() -> None:
    assembly, feed, warehouse = filled()
    del warehouse.state["row_values"]
    assert not reads_on(assembly, feed, warehouse)
    assert reads_on(assembly, feed, warehouse)


def test_a_part_cut_short_means_one_whole_read() -> None:
    assembly, feed, warehouse = filled()
    parts = warehouse.state["row_values"]["parts"]
    parts[0] = parts[0][:-8]
    assert not reads_on(assembly, feed, warehouse)


def test_an_extra_table_that_needs_more_means_one_whole_read_and_one_that_goes_means_none() -> None:
    _, feed, warehouse = filled("kinds")
    both = assembly_of()
    assert not reads_on(both, feed, warehouse)
    assert reads_on(both, feed, warehouse)
    feed.put(0, cost=7.0)
    assert reads_on(assembly_of("newest"), feed, warehouse)
    assert warehouse.state["row_values"]["columns"] == ["kind", "cost", "at"]
    assert not reads_on(assembly_of("kinds", table=evolve(TABLE, path="/others")), feed, warehouse)


def test_another_type_of_what_is_needed_means_one_whole_read() -> None:
    _, feed, warehouse = filled("kinds")
    exact = assembly_of("kinds", table=evolve(TABLE, columns={**COLUMNS, "cost": "DECIMAL(9,2)"}))
    assert not reads_on(exact, feed, warehouse)
    assert reads_on(exact, feed, warehouse)
    other = assembly_of("kinds", table=evolve(TABLE, columns={**COLUMNS, "cost": "DECIMAL(9,2)", "at": "DOUBLE"}))
    assert reads_on(other, feed, warehouse)  # nobody needs it


def test_a_refused_cursor_means_one_whole_read() -> None:
    assembly, feed, warehouse = filled()
    feed.put(0, kind="B")
    feed.epoch += 1
    assert reads_on(assembly, feed, warehouse)  # it was asked for the old place first
    assert feed.asked[1] == "1-0"
    assert reads_on(assembly, feed, warehouse)


def test_a_crash_in_a_whole_read_means_another_one() -> None:
    assembly, feed, warehouse = filled()
    del warehouse.state["row_values"]
    warehouse.crash_at(4)
    with pytest.raises(Crash):
        synced(assembly, feed, warehouse)
    warehouse.crash_at(None)
    assert "row_values" not in warehouse.state
    assert not reads_on(assembly, feed, warehouse)


def test_more_than_may_be_kept_is_read_whole_and_sent_where_it_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_values, "MOST", 10)
    log: list[str] = []
    assembly, feed, warehouse = filled()
    assert warehouse.state["row_values"].keys() == {"of", "over"}
    assert not reads_on(assembly, feed, warehouse, log)
    why = "takes more than 0 MB of the state, so it is not kept there, and each sync reads the whole feed"
    assert f"case_items: kinds, newest: what they need of each row {why}" in log
    feed.put(0, kind="B")
    assert not reads_on(assembly, feed, warehouse)
    assert [operation.data["id"] for operation in warehouse.on("case_items")] == ["r0"]
    monkeypatch.undo()
    assert not reads_on(assembly, feed, warehouse)
    assert reads_on(assembly, feed, warehouse)
    assert warehouse.state["row_digests"].keys() == {"of", "tail"}  # not of all rows any more


def test_it_gives_way_where_the_state_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []
    assembly, feed, warehouse = filled(rows=60)
    monkeypatch.setattr("connector_core.engine.state.LIMIT", len(json.dumps(warehouse.state)) - 1)
    assert reads_on(assembly, feed, warehouse, log)
    line = "the state has no room for what extra tables need of its rows, so each sync reads the whole feed"
    assert log.count(f"case_items: {line}") == 1
    monkeypatch.undo()
    assert not reads_on(assembly, feed, warehouse)


def test_personal_data_is_not_kept() -> None:
    table = evolve(TABLE, columns={**COLUMNS, "cost": Column("DOUBLE", pii=True)})
    assembly, feed, warehouse = filled(table=table)
    assert "row_values" not in warehouse.state
    assert not reads_on(assembly, feed, warehouse)
    grouped = evolve(TABLE, columns={**COLUMNS, "kind": Column("STRING", pii=True)})
    assert "row_values" in filled(table=grouped)[2].state  # the names of groups stand there anyway


def test_a_replaced_table_begins_with_nothing() -> None:
    _, feed, warehouse = filled()
    replaced = assembly_of(table=evolve(TABLE, full_refresh=True, deleted=None))
    feed.forget("r0", records=True)
    assert not reads_on(replaced, feed, warehouse)
    assert warehouse.live("kinds")["A",]["n"] == 2


# How it is kept


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner) | st.dictionaries(st.text(), inner)


VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "STRING": st.text(),
    "LONG": st.integers(-(2**63), 2**63 - 1),
    "DOUBLE": st.floats(allow_nan=False, allow_infinity=False),
    "FLOAT": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "BOOLEAN": st.booleans(),
    "DECIMAL(12,3)": st.decimals(-(10**8), 10**8, places=3),
    "NAIVE_DATE": st.dates(date(1, 1, 1)),
    "NAIVE_DATETIME": st.datetimes(),
    "UTC_DATETIME": st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
    "BINARY": st.binary(),
    "JSON": st.recursive(st.text() | st.integers() | st.booleans(), _nested, max_leaves=4),
}


@settings(max_examples=int(ASKED or 100), deadline=None, derandomize=ASKED is None)
@given(st.data())
def test_values_of_every_type_come_back_as_they_were(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3))
    key = data.draw(st.sampled_from(sorted(VALUES.keys() - {"JSON"})))
    columns = {"id": key, **{f"c{number}": kind for number, kind in enumerate(kinds)}}
    extra = Dimension("newest", ("id",), [name for name in columns if name != "id"], "id")
    [plan] = assemble(
        [plugin_of(items(columns=columns), paginator=CursorPaginator(incremental=True), extra_tables=[extra])]
    ).tables
    rows = {}
    for _ in range(data.draw(st.integers(0, 4))):
        row = {name: data.draw(st.none() | VALUES[kind] if name != "id" else VALUES[kind]) for name, kind in columns.items()}
        row = in_form(plan.declared, row)
        rows[row["id"],] = row
    before = Ledger(extra.needs)
    before.put(list(rows.items()))
    kept = RowValues.of(plan, None, Secrets(), ListLog())
    assert kept is not None
    kept.write(before)
    stored = json.loads(json.dumps(kept.state()))
    after, again = Ledger(extra.needs), RowValues.of(plan, stored, Secrets(), ListLog())
    assert again is not None
    assert again.restore(plan, after)
    assert repr(list(after.entries())) == repr(list(before.entries())).replace(", fold=1", "")


def test_numbers_in_json_keep_the_digits_that_were_sent() -> None:
    [plan] = assembly_of("newest", table=evolve(TABLE, columns={**COLUMNS, "cost": "JSON"})).tables
    sent = '{"price": 0.12345678901234567890, "times": [1.50, 7]}'
    before, after = (Ledger(("kind", "cost", "at")) for _ in range(2))
    before.put([(("r1",), record(1, cost=decode_text(sent)))])
    kept = RowValues.of(plan, None, Secrets(), ListLog())
    assert kept is not None
    kept.write(before)
    again = RowValues.of(plan, json.loads(json.dumps(kept.state())), Secrets(), ListLog())
    assert again is not None
    assert again.restore(plan, after)
    [(_, row)] = after.records()
    assert json_text(row["cost"]) == sent


def test_parts_are_written_anew_before_they_hold_much_that_is_gone() -> None:
    assembly, feed, warehouse = filled()
    most = 0
    for number in range(60):
        feed.put(number % 7, cost=float(number))
        synced(assembly, feed, warehouse)
        most = max(most, len(warehouse.state["row_values"]["parts"]))
    assert 10 < most <= row_values.SPARE + 1
    assert_exact(assembly, warehouse)


def test_no_secret_is_kept() -> None:
    [plan] = assembly_of().tables
    hidden = Secrets()
    hidden.add("a-key-that-stays-home-5f3a")
    log, rows = ListLog(), Ledger(("kind", "cost", "at"))
    kept = RowValues.of(plan, None, hidden, log)
    assert kept is not None
    rows.put([(("r1",), record(1, kind="a-key-that-stays-home-5f3a"))])
    kept.write(rows)
    assert kept.state() == {"of": kept.layout.of, "over": True}
    assert "a record holds a secret in a column that they need" in log.infos[0]


# Any history


KEYS = st.integers(0, 4)
COSTS = st.sampled_from([1.0, 2.5, None])
SORTS = st.sampled_from(["A", "B", "hidden", None])
WHOLE = [["kinds"], ["newest"], ["kinds", "newest"]]
STEPS = st.one_of(
    st.tuples(st.just("put"), KEYS, st.integers(1, 3), SORTS, COSTS),
    st.tuples(st.just("put"), KEYS, st.integers(1, 3), SORTS, COSTS),
    st.tuples(st.just("again"), KEYS, st.integers(1, 3), SORTS, COSTS),
    st.tuples(st.just("drop"), KEYS),
    st.tuples(st.just("sync"), st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.just("crash"), st.integers(1, 4), st.integers(0, 14), st.sampled_from(["before", "after", "rolled back"])),
    st.tuples(st.just("crash"), st.integers(1, 4), st.integers(0, 14), st.sampled_from(["before", "after", "rolled back"])),
    st.tuples(st.just("expire")),
    st.tuples(st.just("switch"), st.sampled_from(WHOLE)),
    st.tuples(st.just("damage"), st.sampled_from([None, 7, {"parts": []}, {"sum": "0"}, "a part"])),
    st.tuples(st.just("lose")),
)


@define
class Play:
    """A connector, its API and a destination."""

    assembly: Assembly = field(factory=assembly_of)
    feed: Feed = field(factory=Feed)
    warehouse: Warehouse = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.warehouse = Warehouse(self.assembly)
        self.feed.put("stays")  # type: ignore[arg-type]

    def put(self, key: int, at: int, kind: str | None, cost: float | None) -> None:
        self.feed.put(key, at=at, kind=kind, cost=cost)

    def again(self, key: int, at: int, kind: str | None, cost: float | None) -> None:
        self.feed.again(key, at=at, kind=kind, cost=cost)

    def drop(self, key: int) -> None:
        self.feed.drop(key)

    def expire(self) -> None:
        self.feed.epoch += 1

    def switch(self, extras: list[str]) -> None:
        self.assembly = assembly_of(*extras)

    def damage(self, how: Any) -> None:
        kept = self.warehouse.state.get("row_values")
        if isinstance(kept, dict):
            how = {"parts": kept["parts"][:-1]} if how == "a part" else how
            self.warehouse.state["row_values"] = {**kept, **how} if isinstance(how, dict) else how

    def lose(self) -> None:
        """A re-sync: the tables are emptied, and the state is."""
        self.warehouse = Warehouse(self.assembly)

    def sync(self, page: int, records: int = 1) -> None:
        self.feed.page = page
        synced(self.assembly, self.feed, self.warehouse, records)
        self.check()

    def crash(self, page: int, at: int, how: str) -> None:
        self.feed.page = page
        self.warehouse.crash_at(at, after=how == "after")
        try:
            synced(self.assembly, self.feed, self.warehouse)
            self.check()
        except Crash:
            if how == "rolled back":
                self.warehouse.roll_back()
        self.warehouse.crash_at(None)

    def check(self) -> None:
        wanted = {(each["id"],): each for _, each in self.feed.entries if isinstance(each, dict)}
        shown = {key: each for key, each in wanted.items() if each["kind"] != "hidden"}
        live = self.warehouse.live("case_items")
        assert {key: dict(row) for key, row in live.items()} == shown
        assert_exact(self.assembly, self.warehouse)


@settings(max_examples=int(ASKED or 120), deadline=None, derandomize=ASKED is None)
@given(st.lists(STEPS, max_size=25))
def test_after_any_history_extra_tables_are_those_of_the_live_rows(steps: list[Any]) -> None:
    play = Play()
    for what, *arguments in [*steps, ("sync", 2), ("sync", 2)]:
        getattr(play, what)(*arguments)
