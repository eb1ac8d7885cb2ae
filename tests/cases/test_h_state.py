"""H3: a state belongs to a table's name and its feed. Whatever else it is, the table is read whole once, with a warning."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from connector_build.api.feed import FeedPage, UnknownCursor
from connector_core import (
    Aggregate,
    CursorPaginator,
    KeysetPaginator,
    OffsetPaginator,
    Paginator,
    Parent,
    Table,
    UpdatedSince,
    count,
    total,
)
from connector_core.engine.identity import identity, is_documented
from connector_core.plugin.assembly import Assembly, assemble
from connector_core.source.tables import Record
from support import FakeApi, ListLog, Warehouse, assert_exact, plugin, run

ITEMS = Table("case_items", "/items", "items", ["id"], {"id": "STRING", "crew": "STRING", "hours": "LONG"})
OTHERS = Table("case_others", "/others", "others", ["id"], {"id": "STRING", "crew": "STRING", "hours": "LONG"})
FTS = Table("fts_records", "/fts_data", "fts_records", ["record_id"], {"record_id": "STRING", "crew": "STRING", "hours": "LONG"})
CREWS = Aggregate("crews", by=["crew"], measures={"items": count(), "hours": total("hours")})
GOES_ON = CursorPaginator()
PAGE = 10


@define
class Items:
    """A feed of records in order; its cursors are positions, and it takes no other."""

    key: str = "id"
    records: list[Record] = field(factory=list)

    def append(self, number: int, crew: str = "A") -> None:
        start = len(self.records)
        self.records += [{self.key: f"i{each:05d}", "crew": crew, "hours": each} for each in range(start, start + number)]

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        if cursor is not None and not cursor.isdecimal():
            raise UnknownCursor(cursor)
        start = int(cursor or 0)
        following = start + page_size
        more = following < len(self.records)
        return FeedPage(self.records[start:following], str(following) if more else None, more)


def filled(number: int = 30, key: str = "id") -> Items:
    feed = Items(key)
    feed.append(number)
    return feed


@define
class Connection:
    """One connection: its destination and state, and the API behind it, whatever connector is deployed to it."""

    feeds: Mapping[str, Items]
    warehouse: Warehouse
    log: ListLog = field(factory=ListLog)
    cursors: list[str | None] = field(factory=list)

    def sync(self, assembly: Assembly) -> None:
        """One sync; what it says and asks for replaces what the last one did."""
        api, self.log = FakeApi(self.feeds), ListLog()
        run(assembly, self.warehouse, api, PAGE, log=self.log)
        self.cursors = [request.params.get("cursor") for request in api.requests]

    def holds(self, table: str, feed: Items) -> None:
        assert {key: row["hours"] for key, row in self.warehouse.live(table).items()} == {
            (record[feed.key],): record["hours"] for record in feed.records
        }

    @property
    def read_whole(self) -> bool:
        return self.cursors[0] is None


def made(*tables: Table, extras: Sequence[Aggregate] = (), paginator: Paginator = GOES_ON) -> Assembly:
    return assemble([plugin(*tables, extra_tables=extras, paginator=paginator)])


def connected(assembly: Assembly, **feeds: Items) -> Connection:
    """A connection of *assembly* that has synced once."""
    connection = Connection(feeds, Warehouse(assembly))
    connection.sync(assembly)
    return connection


# The name of a table, and its feed


def test_h3_a_table_that_is_renamed_is_read_whole() -> None:
    feed = filled()
    connection = connected(made(ITEMS), case_items=feed, case_things=feed)
    feed.append(5)
    connection.sync(made(evolve(ITEMS, name="case_things")))
    connection.holds("case_things", feed)
    assert connection.log.warnings == [
        "The state belongs to case_items, which this connector does not have. It is left aside. Every table is read whole once."
    ]
    feed.append(5)
    connection.sync(made(evolve(ITEMS, name="case_things")))
    assert not connection.read_whole
    assert connection.log.warnings == []


CHANGES: Mapping[str, Table] = {
    "path": evolve(ITEMS, path="/v2/items"),
    "records": evolve(ITEMS, records="data"),
    "filter": evolve(ITEMS, params={"status": "done"}),
    "header": evolve(ITEMS, headers={"X-Status": "done"}),
    "body": evolve(ITEMS, body={"status": "done"}),
    "key": evolve(ITEMS, primary_key=["id", "crew"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_h3_a_table_with_another_feed_is_read_whole(change: str) -> None:
    feed = filled()
    connection = connected(made(ITEMS), case_items=feed)
    feed.append(5)
    connection.sync(made(CHANGES[change]))
    assert connection.read_whole
    [warning] = connection.log.warnings
    assert warning.startswith("case_items: the state belongs to another feed")
    connection.sync(made(CHANGES[change]))
    assert not connection.read_whole
    assert connection.log.warnings == []


@pytest.mark.parametrize(
    "table",
    [evolve(ITEMS, columns={**ITEMS.columns, "note": "STRING"}), evolve(ITEMS, append_only=True), evolve(ITEMS)],
    ids=["column", "append only", "same"],
)
def test_h3_what_says_nothing_about_the_feed_changes_nothing(table: Table) -> None:
    feed = filled()
    connection = connected(made(ITEMS), case_items=feed)
    connection.sync(made(table))
    assert not connection.read_whole
    assert connection.log.warnings == []


def test_h3_the_paginator_is_part_of_the_feed() -> None:
    ways: list[Paginator] = [
        CursorPaginator(),
        OffsetPaginator(),
        KeysetPaginator("after", "id"),
        KeysetPaginator("after", "changed"),
        UpdatedSince("since", "changed", OffsetPaginator()),
        UpdatedSince("since", "created", OffsetPaginator()),
        UpdatedSince("since", "created", CursorPaginator()),
    ]
    identities = [identity(made(ITEMS, paginator=way).tables[0]) for way in ways]
    assert len(set(identities)) == len(ways)
    named = identity(made(ITEMS, paginator=KeysetPaginator("after_id", "id", "limit")).tables[0])
    assert named == identities[2]


def test_h3_the_identity_of_a_feed_is_the_same_in_each_release() -> None:
    # A release that computes another one makes every connection read every table whole.
    assert identity(made(ITEMS).tables[0]) == "cddb7de29861"
    assert identity(made(FTS).tables[0]) == "9856feaaa287"


# Tables that come, go, and change places


def test_h3_a_table_is_added_in_front() -> None:
    first, second = filled(), filled(20)
    connection = connected(made(ITEMS), case_items=first, case_others=second)
    connection.sync(made(OTHERS, ITEMS))
    assert connection.cursors == [None, "10", "20"]
    assert connection.log.warnings == []
    connection.holds("case_others", second)


def test_h3_tables_change_places() -> None:
    first, second = filled(), filled(20)
    connection = connected(made(ITEMS, OTHERS), case_items=first, case_others=second)
    connection.sync(made(OTHERS, ITEMS))
    assert connection.cursors == ["10", "20"]
    connection.sync(made(ITEMS))
    assert connection.cursors == ["20"]
    assert connection.log.warnings == [
        "The state knows a table case_others, which this connector does not have. It is forgotten."
    ]
    connection.sync(made(ITEMS, OTHERS))
    assert connection.cursors == ["20", None, "10"]


def test_h3_one_of_several_tables_is_renamed() -> None:
    first, second = filled(), filled(20)
    connection = connected(made(ITEMS, OTHERS), case_items=first, case_others=second, case_things=first)
    connection.sync(made(evolve(ITEMS, name="case_things"), OTHERS))
    connection.holds("case_things", first)
    connection.holds("case_others", second)
    assert connection.cursors[-1] == "10"


def test_h3_two_tables_swap_their_feeds() -> None:
    first, second = filled(), filled(20)
    connection = connected(made(ITEMS, OTHERS), case_items=first, case_others=second)
    connection.feeds = {"case_items": second, "case_others": first}
    connection.sync(made(evolve(ITEMS, path="/others", records="others"), evolve(OTHERS, path="/items", records="items")))
    assert connection.cursors.count(None) == 2
    connection.holds("case_others", first)


def test_h3_a_child_has_the_feed_of_its_parent() -> None:
    child = Table(
        "parts",
        "/items/{parent.id}/parts",
        "parts",
        ["id"],
        {"id": "STRING", "item": "STRING"},
        parent=Parent("case_items", {"item": "id"}),
    )
    plans = made(ITEMS, child).tables, made(evolve(ITEMS, path="/v2/items"), child).tables
    assert identity(plans[0][1]) != identity(plans[1][1])


# What was there before


@pytest.mark.parametrize("state", [{"next_cursor": "20"}, {"cursor": "20"}, {"cursor": "20", "last_run": "2026-01-01"}])
@pytest.mark.parametrize("table", [ITEMS, FTS], ids=["case_items", "fts_records"])
def test_h3_the_state_of_a_hand_written_connector_is_taken_over(state: dict[str, Any], table: Table) -> None:
    feed = filled(key=table.primary_key[0])
    connection = Connection({table.name: feed}, Warehouse(made(table)))
    connection.warehouse.state = state
    connection.sync(made(table))
    assert connection.cursors == ["20"]
    assert connection.log.warnings == []


def test_h3_a_state_of_the_release_before_is_taken_over() -> None:
    connection = Connection({"case_items": filled(), "case_others": filled(20)}, Warehouse(made(ITEMS, OTHERS)))
    connection.warehouse.state = {"tables": {"case_items": {"next_cursor": "20"}, "case_others": {"next_cursor": "10"}}}
    connection.sync(made(ITEMS, OTHERS))
    assert connection.cursors == ["20", "10"]
    assert connection.log.warnings == []


def test_h3_the_documented_feed_keeps_the_documented_state() -> None:
    connection = connected(made(FTS), fts_records=filled(key="record_id"))
    assert connection.warehouse.state == {"next_cursor": "20"}
    assert is_documented(made(FTS).tables[0])


@pytest.mark.parametrize(
    "table",
    [
        evolve(FTS, name="field_tasks"),
        evolve(FTS, path="/v2/fts_data"),
        evolve(FTS, path="/tasks"),
        evolve(FTS, params={"status": "done"}),
        evolve(FTS, primary_key=["record_id", "crew"]),
    ],
    ids=["name", "path", "another path", "filter", "key"],
)
def test_h3_the_documented_feed_does_not_lend_its_state_to_another(table: Table) -> None:
    feed = filled(key="record_id")
    connection = connected(made(FTS), fts_records=feed, field_tasks=feed)
    connection.sync(made(table))
    assert connection.read_whole
    assert len(connection.log.warnings) == 1
    feed.append(5)
    connection.sync(made(table))
    assert not connection.read_whole


# The memory of extra tables


def test_h3_extra_tables_stay_exact_where_their_table_is_renamed() -> None:
    feed = filled(20)
    feed.append(5, crew="B")
    connection = connected(made(ITEMS, extras=[CREWS]), case_items=feed, case_things=feed)
    assert connection.warehouse.live("crews").keys() == {("A",), ("B",)}
    del feed.records[20:]
    renamed = made(evolve(ITEMS, name="case_things"), extras=[CREWS])
    connection.sync(renamed)
    assert connection.warehouse.live("crews").keys() == {("A",)}
    assert_exact(renamed, connection.warehouse)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
OUR_WORDS = """
tables feeds extra_tables next_cursor cursor after since offset records page request case_items case_others crews
rows by of at totals listing done open rests changed
"""
WORDS = st.sampled_from(OUR_WORDS.split())
LIKE_OURS = st.recursive(
    JSON, lambda inner: st.dictionaries(WORDS, inner, max_size=4) | st.lists(inner, max_size=2), max_leaves=20
)
"""JSON that has our own words in it, in places where they mean something and where they do not."""

TABLES = {
    "cursor": made(ITEMS, extras=[CREWS]),
    "appending": made(evolve(ITEMS, append_only=True), extras=[CREWS]),
    "two tables": made(ITEMS, OTHERS, extras=[CREWS]),
}


@pytest.mark.parametrize("kind", TABLES)
@given(state=LIKE_OURS | JSON)
def test_h3_whatever_a_state_is_every_row_arrives(kind: str, state: Any) -> None:
    assembly = TABLES[kind]
    feeds = {"case_items": filled(25), "case_others": filled(12)}
    connection = Connection(feeds, Warehouse(assembly))
    connection.warehouse.state = state
    connection.sync(assembly)
    assert_all(connection, assembly)
    connection.sync(assembly)
    assert connection.log.warnings == []
    assert_all(connection, assembly)


@pytest.mark.parametrize("kind", TABLES)
@given(junk=LIKE_OURS, data=st.data())
def test_h3_whatever_becomes_of_a_part_of_a_state_every_row_arrives(kind: str, junk: Any, data: st.DataObject) -> None:
    assembly = TABLES[kind]
    feeds = {"case_items": filled(15), "case_others": filled(12)}
    feeds["case_items"].append(5, crew="B")
    connection = connected(assembly, **feeds)
    paths = list(_paths(connection.warehouse.state))
    _set_at(connection.warehouse.state, data.draw(st.sampled_from(paths)), junk)
    feeds["case_items"].append(10, crew="C")
    connection.sync(assembly)
    connection.sync(assembly)
    assert_all(connection, assembly)


def assert_all(connection: Connection, assembly: Assembly) -> None:
    for plan in assembly.tables:
        connection.holds(plan.table.name, connection.feeds[plan.table.name])
    assert_exact(assembly, connection.warehouse)


def _paths(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Where each value of a state stands, but for the place of a cursor: another cursor is another state."""
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name not in ("next_cursor", "at", "totals"):
            yield (*path, name)
            yield from _paths(inner, (*path, name))


def _set_at(value: Any, path: Sequence[str], junk: Any) -> None:
    for name in path[:-1]:
        value = value[name]
    value[path[-1]] = junk


def test_h3_a_large_and_deep_state_is_left_aside() -> None:
    deep: Any = "x"
    for _ in range(800):
        deep = [deep]
    connection = Connection({"case_items": filled()}, Warehouse(made(ITEMS)))
    connection.warehouse.state = {"next_cursor": deep, "junk": ["x" * 1000] * 15_000}
    connection.sync(made(ITEMS))
    connection.holds("case_items", connection.feeds["case_items"])
    assert len(json.dumps(connection.warehouse.state)) < 200
    assert len(connection.log.warnings) == 1
    assert len(connection.log.warnings[0]) < 300


def test_h3_no_secret_of_a_foreign_state_is_kept_or_shown() -> None:
    secret = "a-key-that-stays-home"
    connection = Connection({"case_items": filled(), "case_others": filled()}, Warehouse(made(ITEMS, OTHERS)))
    connection.warehouse.state = {"tables": {"case_others": {"next_cursor": "20", "link": f"/items?api_key={secret}"}}}
    connection.sync(made(ITEMS, OTHERS))
    shown = [
        *connection.log.infos,
        *connection.log.warnings,
        *(json.dumps(each.data) for each in connection.warehouse.operations),
    ]
    assert secret not in "".join(shown)
    assert "The state holds a secret, which no state may. It is taken out." in connection.log.warnings


JUNK = (
    ("A", [1]),
    ("[1, 2]", [1]),
    ('["A"]', None),
    ('["A"]', "xy"),
    ('["A"]', [1]),
    ('["A"]', [1, "x"]),
    ('[["A"]]', [1, None]),
)


@pytest.mark.parametrize(
    "junk",
    [None, [], "x", 5, *({key: value} for key, value in JUNK)],
)
def test_h3_totals_that_nobody_can_add_to_are_made_anew(junk: Any) -> None:
    assembly, feed = TABLES["appending"], filled(15)
    connection = connected(assembly, case_items=feed)
    connection.warehouse.state["extra_tables"]["crews"]["totals"] = junk
    feed.append(5)
    connection.sync(assembly)
    assert connection.read_whole
    assert_exact(assembly, connection.warehouse)
