"""H3: a state belongs to a table's name and its feed. Whatever else it is, the table is read whole once, with a warning.

H4: a build says what it means for the rows that the one before has sent.
"""

import importlib
import json
import linecache
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from connector_build.api.feed import FeedPage, UnknownCursor
from connector_build.project.lock import wrong_with
from connector_build.project.writer import lock_bytes
from connector_build.review.diff import compare, verdict
from connector_core import (
    Aggregate,
    CursorPaginator,
    DerivedField,
    FunctionPaginator,
    KeysetPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    Page,
    PageNumberPaginator,
    Paginator,
    Parent,
    Request,
    Table,
    Transform,
    UpdatedSince,
    Windows,
    count,
    drop,
    hashed,
    only_if,
    ratio,
    rename,
    total,
)
from connector_core.basics.errors import RequestRejected
from connector_core.engine.identity import identity, is_documented
from connector_core.plugin.assembly import Assembly, assemble
from connector_core.source.tables import Record
from support import FakeApi, ListLog, Warehouse, assert_exact, plugin, run

ITEMS = Table("case_items", "/items", "items", ["id"], {"id": "STRING", "crew": "STRING", "hours": "LONG"})
OTHERS = Table("case_others", "/others", "others", ["id"], {"id": "STRING", "crew": "STRING", "hours": "LONG"})
FTS = Table("fts_records", "/fts_data", "fts_records", ["record_id"], {"record_id": "STRING", "crew": "STRING", "hours": "LONG"})
CREWS = Aggregate("crews", by=["crew"], measures={"items": count(), "hours": total("hours")})
GOES_ON = CursorPaginator(incremental=True)
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
        CursorPaginator(incremental=True),
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
    assert set(connection.cursors) == {None, "10", "20"}
    assert connection.log.warnings == []
    connection.holds("case_others", second)


def test_h3_tables_change_places() -> None:
    first, second = filled(), filled(20)
    connection = connected(made(ITEMS, OTHERS), case_items=first, case_others=second)
    connection.sync(made(OTHERS, ITEMS))
    assert set(connection.cursors) == {"10", "20"}
    connection.sync(made(ITEMS))
    assert connection.cursors == ["20"]
    assert connection.log.warnings == [
        "The state knows a table case_others, which this connector does not have. It is forgotten."
    ]
    connection.sync(made(ITEMS, OTHERS))
    assert set(connection.cursors) == {"20", None, "10"}


def test_h3_one_of_several_tables_is_renamed() -> None:
    first, second = filled(), filled(20)
    connection = connected(made(ITEMS, OTHERS), case_items=first, case_others=second, case_things=first)
    connection.sync(made(evolve(ITEMS, name="case_things"), OTHERS))
    connection.holds("case_things", first)
    connection.holds("case_others", second)
    assert "10" in connection.cursors


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
    assert set(connection.cursors) == {"20", "10"}  # side by side, in any order
    assert connection.log.warnings == []


def test_h3_the_documented_feed_keeps_the_documented_state() -> None:
    connection = connected(made(FTS), fts_records=filled(key="record_id"))
    assert connection.warehouse.state.keys() == {"next_cursor", "row_digests"}
    assert connection.warehouse.state["next_cursor"] == "20"
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
    assert len(json.dumps(connection.warehouse.state)) < 400
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


# H4: what a new build means for rows that are there


FUNCTIONS = """
import re
from . import other

LEAST = {least}
WORDS = re.compile("{words}")


def helper(record):
    return record["hours"] {sign} LEAST


def keep(record):
    '''{text}'''
    # {text}
    return record if helper(record) and other.fits(record) else None
"""


def written(tmp_path: Path, name: str, *, text: str = "Keeps.", fits: str = "True", **parts: str) -> Any:
    """The function `keep` of a package that is made for it, in a process in which there are others like it."""
    parts = {"least": "1", "words": "a", "sign": ">", **parts}
    package = tmp_path / name / "crewed"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(FUNCTIONS.format(text=text, **parts))
    (package / "other.py").write_text(f"def fits(record):\n    return {fits}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path / name)
        linecache.clearcache()
        for each in ("crewed", "crewed.other"):
            sys.modules.pop(each, None)
        return importlib.import_module("crewed").keep


def lock(*transforms: Any, table: Table = ITEMS, paginator: Paginator = GOES_ON, extras: Sequence[Any] = ()) -> dict[str, Any]:
    made = assemble([plugin(table, transforms=transforms, extra_tables=extras, paginator=paginator)])
    found = json.loads(lock_bytes("crew", made, (), {}))
    assert isinstance(found, dict)
    assert wrong_with(found) == ""
    return found


def asks(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, str]:
    """What a comparison comes to, and the gravest line of it."""
    changes = compare(old, new)
    return verdict(changes), " ".join(f"{each.what}: {each.message}" for each in changes if each.level == verdict(changes))


HIDE = Transform("hide", hashed("crew", salt="grain"))
SWITCHED: Mapping[str, tuple[Any, str]] = {
    "a filter": (Transform("only_a", only_if("crew", ["A"])), "option only_a: is on now: rows of before stay"),
    "a hash": (
        HIDE,
        "option hide: is on now: crew is hashed from now on, but plain values stay in the destination until a re-sync",
    ),
    "a function": (Transform("shout", dict), "option shout: is on now: rows of before stay"),
    "a rename": (Transform("renamed", rename({"note": "remark"})), "option renamed: is on now"),
    "a derived field": (DerivedField("twice", len), "case_items.twice: the column is new (DOUBLE)"),
}


@pytest.mark.parametrize("what", SWITCHED)
def test_h4_what_is_switched_on_asks_for_a_resync(what: str) -> None:
    option, words = SWITCHED[what]
    level, message = asks(lock(evolve(option, default=False)), lock(option))
    assert level == "re-sync"
    assert words in message


@pytest.mark.parametrize("what", ["a filter", "a hash", "a function", "a rename"])
def test_h4_what_is_switched_off_asks_for_a_resync(what: str) -> None:
    option, _ = SWITCHED[what]
    level, message = asks(lock(option), lock(evolve(option, default=False)))
    assert level == "re-sync"
    assert f"option {option.name}: is off now" in message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (only_if("crew", ["A"]), only_if("crew", ["B"])),
        (hashed("crew", salt="grain"), hashed("crew", salt="sand")),
        (rename({"note": "remark"}), rename({"note": "comment"})),
        (only_if("hours", lambda hours: hours > 1), only_if("hours", lambda hours: hours > 2)),
        (only_if("crew", ["A"]), str),
        (partial(isinstance, 1), partial(isinstance, 2)),
    ],
    ids=["filter", "salt", "rename", "lambda", "kind", "partial"],
)
def test_h4_a_transform_that_does_something_else_asks_for_a_resync(before: Any, after: Any) -> None:
    level, message = asks(lock(Transform("it", before)), lock(Transform("it", after)))
    assert (level, message.partition(":")[0]) == ("re-sync", "option it")
    assert compare(lock(Transform("it", before)), lock(Transform("it", before))) == []


def test_h4_a_hash_that_comes_in_place_of_something_else_is_named() -> None:
    level, message = asks(lock(Transform("hide", drop("note"))), lock(HIDE))
    assert level == "re-sync"
    assert "does something else now: crew is hashed from now on, but plain values stay in the destination" in message


@pytest.mark.parametrize("part", [{"least": "2"}, {"words": "b"}, {"sign": ">="}, {"fits": "False"}, {"text": "Filters."}, {}])
def test_h4_a_function_is_told_by_all_that_it_names(part: dict[str, str], tmp_path: Path) -> None:
    before, after = (lock(Transform("keep", written(tmp_path, name, **given))) for name, given in (("a", {}), ("b", part)))
    changes_rows = bool(part) and "text" not in part and "words" not in part  # which no function of it names
    assert asks(before, after)[0] == ("re-sync" if changes_rows else "safe")


def test_h4_a_derived_field_that_is_computed_otherwise_asks_for_a_resync() -> None:
    level, message = asks(lock(DerivedField("rate", ratio("hours", "crew"))), lock(DerivedField("rate", ratio("crew", "hours"))))
    assert level == "re-sync"
    assert message.startswith("option rate: does something else now")


def test_h4_transforms_in_another_order_ask_for_a_resync() -> None:
    first, second = Transform("first", dict), Transform("second", drop("note"))
    assert asks(lock(first, second), lock(second, first))[0] == "re-sync"


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        ("FLOAT", "DOUBLE", "re-sync"),
        ("DOUBLE", "STRING", "re-sync"),
        ("UTC_DATETIME", "STRING", "re-sync"),
        ("BOOLEAN", "STRING", "re-sync"),
        ("INT", "LONG", "safe"),
        ("LONG", "STRING", "safe"),
        ("STRING", "LONG", "breaks"),
    ],
)
def test_h4_a_type_that_keeps_more_asks_for_a_resync(before: str, after: str, level: str) -> None:
    old, new = (lock(table=evolve(ITEMS, columns={**ITEMS.columns, "note": kind})) for kind in (before, after))
    assert asks(old, new)[0] == level


@pytest.mark.parametrize(
    "new",
    [
        lock(table=evolve(ITEMS, path="/v2/items")),
        lock(table=evolve(ITEMS, params={"status": "done"})),
        lock(table=evolve(ITEMS, deleted="gone")),
        lock(table=evolve(ITEMS, full_refresh=True)),
        lock(paginator=UpdatedSince("since", "changed", OffsetPaginator())),
        lock(paginator=KeysetPaginator("after", "id")),
        lock(paginator=CursorPaginator()),
    ],
    ids=["path", "filter", "deleted", "replaced", "strategy", "paginator", "whole"],
)
def test_h4_another_feed_or_way_of_reading_it_asks_for_a_resync(new: dict[str, Any]) -> None:
    level, message = asks(lock(), new)
    assert level == "re-sync"
    assert message.startswith("case_items: ")


def test_h4_an_extra_table_asks_for_nothing() -> None:
    other = evolve(CREWS, measures={"hours": total("hours")})
    assert asks(lock(), lock(extras=[CREWS]))[0] == "safe"
    level, message = asks(lock(extras=[CREWS]), lock(extras=[other]))
    assert level == "breaks", "a column is gone"
    assert "case" not in message


def test_h4_a_lock_of_the_release_before_is_compared_by_what_it_says() -> None:
    new = lock(HIDE)
    old = {name: part for name, part in lock(evolve(HIDE, default=False)).items() if name not in ("feeds", "reads", "options")}
    assert wrong_with(old) == ""
    assert asks(old, new)[0] == "re-sync"
    assert compare(old, old | {"sha256": "other"}) == []


# H3: any state, any way of paging


class AnyApi(FakeApi):
    """The same twelve items, by whatever a request asks for them with; what it cannot read is refused."""

    def fetch(self, table: Table, request: Request) -> Page:
        found = [{"id": number, "changed": f"2026-01-{number:02d}T00:00:00Z", "parent": 1} for number in range(1, 13)]
        query = dict(request.params) | dict(parse_qsl(urlsplit(request.path).query))
        try:
            found = [each for each in found if _asked_for(each, query)]
            offset = int(query.get("offset", 0)) + (int(query.get("page", 1)) - 1) * 5 + int(query.get("cursor", 0))
        except (TypeError, ValueError) as error:
            raise RequestRejected(f"{request}: 400: {error}") from None
        page, more = found[offset : offset + 5], offset + 5 < len(found)
        link = f"/items?cursor={offset + 5}" if more else None
        return Page({"items": page, "next": link, "next_cursor": str(offset + 5) if more else None}, page)


def _asked_for(item: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    since, after = query.get("since"), query.get("after")
    return (
        (since is None or datetime.fromisoformat(item["changed"]) >= datetime.fromisoformat(since))
        and (after is None or item["id"] > int(after))
        and int(query.get("from", 1)) <= item["id"] <= int(query.get("to", 99))
    )


def by_link(_: Request, page: Page) -> Request | None:
    return Request(page.get("next")) if page.get("next") else None


NUMBERED = Table("case_items", "/items", "items", ["id"], {"id": "LONG", "changed": "STRING", "parent": "LONG"})
OF = Parent("case_items", {"of": "id"})
PARTS = Table("parts", "/items/{parent.id}/parts", "items", ["id", "of"], {"id": "LONG", "of": "LONG"}, parent=OF)
WAYS: Mapping[str, Paginator] = {
    "cursor": CursorPaginator(),
    "incremental": CursorPaginator(incremental=True),
    "keyset": KeysetPaginator("after", "id"),
    "offset": OffsetPaginator(),
    "page": PageNumberPaginator(),
    "link": NextLinkPaginator(),
    "since": UpdatedSince("since", "changed", OffsetPaginator()),
    "windows": Windows("from", "to", 1, 5),
    "function": FunctionPaginator(by_link),
}
PLACE_WORDS = """
page_cursor page_size next_cursor after offset records page next_link since request from last newest path params json
method headers feeds tables parts case_items listing open rests
"""
PLACES = LIKE_OURS | st.dictionaries(
    st.sampled_from(PLACE_WORDS.split()),
    LIKE_OURS | st.integers(-5, 50) | st.sampled_from(["2026-01-05", "7", "GET", "/items"]),
    max_size=4,
)


@pytest.mark.parametrize("way", WAYS)
@given(state=PLACES)
def test_h3_whatever_a_state_is_a_sync_ends_well_by_any_way_of_paging(way: str, state: Any) -> None:
    assembly = made(NUMBERED, PARTS, paginator=WAYS[way])
    warehouse = Warehouse(assembly)
    warehouse.state = state
    for _ in range(2):
        run(assembly, warehouse, AnyApi({}), PAGE)
    json.dumps(warehouse.state)
