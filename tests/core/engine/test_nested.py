"""A nested list as a table of its own: after each sync its rows are the lines of the records that are there."""

import json
from contextlib import suppress
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.support import Api, Call, Connection, connect, items, plugin_of, serving
from connector_build.catalog.reading import LINE, RECORD
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Crash
from connector_core import (
    CursorPaginator,
    DeliveryError,
    Nested,
    OffsetPaginator,
    PluginError,
    SinglePage,
    Table,
    Transform,
    UnexpectedAnswer,
    UpdatedSince,
    only_if,
    short_page,
    tombstones,
)
from connector_core.engine import state
from connector_core.plugin.assembly import assemble

COLUMNS = {"id": "LONG", "at": "LONG", "kind": "STRING", "gone": "BOOLEAN", "lines": "JSON"}
LINES = Nested(
    "item_lines", at="lines", key=("item_id", "line"), adds={"item_id": "id"}, columns={"line": "LONG", "what": "STRING"}
)
NUMBERED = Nested("item_parts", at="lines", key=("item_id", "place"), adds={"item_id": "id"}, index="place")
PAGES = OffsetPaginator(size_param="limit", stop=[short_page("limit")])
SINCE = UpdatedSince("since", "at", PAGES)
GONE = Transform("gone_items", tombstones("gone"))
KINDS = Transform("kinds", only_if("kind", ["A"]))


@define
class World:
    """What the API of a test holds; a record that is put is new or changed, and comes again."""

    now: int = 0
    held: dict[int, dict[str, Any]] = field(factory=dict)
    gone: dict[int, dict[str, Any]] = field(factory=dict)

    def put(self, number: int, lines: list[int]) -> None:
        self.now += 1
        made = [{"line": line, "what": f"w{self.now % 3}"} for line in lines]
        self.gone.pop(number, None)
        self.held[number] = {"id": number, "at": self.now, "kind": "AAB"[self.now % 3], "gone": False, "lines": made}

    def drop(self, number: int) -> None:
        self.now += 1
        if number in self.held:
            self.gone[number] = self.held.pop(number) | {"gone": True, "at": self.now}

    def answer(self, call: Call) -> Any:
        since = int(call.query.get("since", 0))
        sent = [*self.held.values(), *self.gone.values()] if self.tells else list(self.held.values())
        found = sorted((record for record in sent if record["at"] >= since), key=lambda record: record["at"])
        start, limit = int(call.query.get("offset", 0)), int(call.query.get("limit", 1000))
        return {"items": found[start : start + limit]}

    tells: bool = True
    """Whether it sends what is gone, as a record that says so."""


def lines_of(record: dict[str, Any]) -> dict[tuple[int, int], str]:
    return {(record["id"], line["line"]): line["what"] for line in record["lines"]}


def table(**parts: Any) -> Table:
    return items(columns=COLUMNS, **parts)


def told(api: Api) -> Connection:
    return connect(
        api,
        table(may_be_empty=True),
        paginator=SINCE,
        transforms=[GONE, KINDS],
        extra_tables=[LINES, NUMBERED],
        configuration={"page_size": "2"},
    )


def missing(api: Api) -> Connection:
    return connect(
        api,
        table(missing="delete", may_be_empty=True),
        paginator=PAGES,
        transforms=[KINDS],
        extra_tables=[LINES, NUMBERED],
        configuration={"page_size": "2"},
    )


def replaced(api: Api) -> Connection:
    return connect(
        api,
        table(full_refresh=True, may_be_empty=True),
        paginator=PAGES,
        transforms=[KINDS],
        extra_tables=[LINES, NUMBERED],
        configuration={"page_size": "2"},
    )


MAKERS = {"told": told, "missing": missing, "replaced": replaced}
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 4), st.lists(st.integers(0, 3), unique=True, max_size=4)),
        st.tuples(st.just("drop"), st.integers(0, 4), st.none()),
        st.tuples(st.just("sync"), st.none(), st.none()),
        st.tuples(st.just("crash"), st.integers(0, 12), st.sampled_from(["all arrived", "rolled back"])),
        st.tuples(st.just("switch"), st.none(), st.none()),
    ),
    max_size=25,
)


def settled(connection: Connection, world: World) -> None:
    wanted: dict[tuple[int, int], str] = {}
    for record in world.held.values():
        wanted |= lines_of(record) if record["kind"] == "A" else {}
    assert {(row["item_id"], row["line"]): row["what"] for row in connection.rows("item_lines")} == wanted
    assert_exact(connection.assembly, connection.warehouse)


@settings(max_examples=150, deadline=None)
@given(MOVES, st.sampled_from(sorted(MAKERS)))
def test_after_any_history_the_rows_are_the_lines_that_there_are(moves: list[Any], maker: str) -> None:
    world = World(tells=maker == "told")
    with serving(world.answer) as api:
        connection = MAKERS[maker](api)
        on = connection.assembly
        off = assemble(on.plugins, disable=["item_lines", "item_parts"])
        for move, what, how in [*moves, ("sync", None, None), ("sync", None, None)]:
            if move == "put":
                world.put(what, how)
            elif move == "drop":
                world.drop(what)
            elif move == "switch":
                connection.assembly = off
                connection.sync()
                connection.assembly = on
            elif move == "crash":
                connection.warehouse.crash_at(what)
                with suppress(Crash):
                    connection.sync()
                connection.warehouse.crash_at(None)
                if how == "rolled back":
                    connection.warehouse.roll_back()
            else:
                api.calls.clear()
                connection.sync()
                if maker != "missing":  # a read that was taken up in the middle cannot tell what is missing
                    settled(connection, world)
        settled(connection, world)


def test_lines_of_an_unchanged_record_are_not_sent_again_and_the_feed_is_not_read_whole() -> None:
    world = World()
    for number in range(10):
        world.put(number, [1, 2])
    with serving(world.answer) as api:
        connection = connect(api, table(), paginator=UpdatedSince("since", "at"), extra_tables=[LINES])
        connection.sync()
        assert connection.warehouse.count("upsert", "item_lines") == 20
        world.put(3, [2, 5])
        connection.sync()
        assert {call.query.get("since") for call in api.calls[1:]} == {"9"}  # a second is looked back
        assert [sorted(each.data.items()) for each in connection.warehouse.on("item_lines") if each.kind == "delete"] == [
            [("item_id", 3), ("line", 1)]
        ]
        assert connection.warehouse.count("upsert", "item_lines") == 2
        connection.sync()
        assert connection.warehouse.on("item_lines") == []
        assert_exact(connection.assembly, connection.warehouse)


def test_a_feed_that_only_appends_has_nothing_to_remember() -> None:
    world = World()
    world.put(1, [1, 2])
    with serving(world.answer) as api:
        paginator = UpdatedSince("since", "at")
        connection = connect(
            api, table(append_only=True), paginator=CursorPaginator("at", "next", missing_ends=True), extra_tables=[LINES]
        )
        connection.sync()
        assert set(connection.warehouse.state["extra_tables"]["item_lines"]) == {"list"}
        world.put(2, [7])
        connection.sync()
        assert len(connection.rows("item_lines")) == 3
        remembering = connection.changed_to(table(append_only=True), paginator=paginator, extra_tables=[LINES])
        remembering.sync()  # its edge comes again, so records do
        assert set(remembering.warehouse.state["extra_tables"]["item_lines"]) == {"list", "lines"}
        assert len(connection.rows("item_lines")) == 3


def synced(record: dict[str, Any], nested: Nested, **columns: Any) -> list[dict[str, Any]]:
    with serving(lambda _: {"items": [{"id": 1, **record}]}) as api:
        parts = items(columns={"id": "LONG", "lines": "JSON", **columns})
        connection = connect(api, parts, paginator=SinglePage(), extra_tables=[nested])
        connection.sync()
        assert_exact(connection.assembly, connection.warehouse)
        return connection.rows(nested.name)


@pytest.mark.parametrize("record", [{}, {"lines": None}, {"lines": []}])
def test_no_list_is_no_lines(record: dict[str, Any]) -> None:
    assert synced(record, NUMBERED) == []


def test_of_a_record_that_comes_twice_in_one_read_the_lines_of_the_last_stay() -> None:
    def answer(call: Call) -> Any:
        lines = [{"line": 1}, {"line": 2}] if call.query.get("offset", "0") == "0" else [{"line": 2}]
        return {"items": [{"id": 1, "lines": lines}] if int(call.query.get("offset", 0)) < 2 else []}

    for parts in ({"full_refresh": True}, {}):
        with serving(answer) as api:
            connection = connect(
                api, table(**parts), paginator=OffsetPaginator(), extra_tables=[LINES], configuration={"page_size": "1"}
            )
            connection.sync()
            assert [row["line"] for row in connection.rows("item_lines")] == [2]
            assert_exact(connection.assembly, connection.warehouse)


def test_an_entry_that_is_no_object_is_a_value() -> None:
    tags = Nested("tags", "lines", ("item_id", "value"), {"item_id": "id"}, {"value": "STRING"}, "place")
    assert synced({"lines": ["a", 7]}, tags) == [
        {"item_id": 1, "place": 1, "value": "7"},
        {"item_id": 1, "place": 0, "value": "a"},
    ]


def test_undeclared_fields_arrive_and_declared_ones_have_their_type() -> None:
    nested = Nested("parts", "lines", ("item_id", "line"), {"item_id": "id"}, {"line": "STRING", "price": "DECIMAL(9,2)"})
    [row] = synced({"lines": [{"line": 7, "price": 1.10, "more": {"a": 1}}]}, nested)
    assert (row["line"], str(row["price"]), row["more"]) == ("7", "1.10", {"a": 1})


def test_a_list_deep_inside_and_what_is_given_besides_the_key() -> None:
    nested = Nested("parts", "body.deep.lines", ("item_id", "place"), {"item_id": "id", "currency": "money"}, index="place")
    rows = synced({"body": {"deep": {"lines": [{}, {}]}}, "money": "EUR"}, nested, body="JSON", money="STRING")
    assert rows == [{"item_id": 1, "currency": "EUR", "place": 0}, {"item_id": 1, "currency": "EUR", "place": 1}]


def test_of_two_lines_with_one_key_the_last_stays_and_it_is_said() -> None:
    world = World()
    world.put(1, [3, 3])
    world.held[1]["lines"][1]["what"] = "other"
    with serving(world.answer) as api:
        connection = connect(api, table(), paginator=SinglePage(), extra_tables=[LINES])
        log = connection.sync()
        assert any("1 line had the item_id, line of another line of their record" in warning for warning in log.warnings)
        assert [row["what"] for row in connection.rows("item_lines")] == ["other"]
        assert_exact(connection.assembly, connection.warehouse)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"lines": {"line": 1}}, "record 1 has {'line': 1} at lines, where item_lines takes a list of lines"),
        ({"lines": "none"}, "record 1 has 'none' at lines"),
        ({"lines": [{"what": "x"}]}, "record 1: lines: record 1 cannot be stored, because line, which identifies it, is missing"),
        ({"lines": [{"line": 1, "item_id": 2}]}, "line 0 of lines has 2 as item_id, but item_lines gives it 1"),
    ],
)
def test_what_is_no_list_of_lines_is_loud(record: dict[str, Any], words: str) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        synced(record, LINES)
    assert words in str(caught.value)


def test_a_field_that_says_what_a_line_is_given_is_no_contradiction() -> None:
    assert [row["item_id"] for row in synced({"lines": [{"line": 1, "item_id": "1"}]}, LINES)] == [1]


ADDS = {"item_id": "id"}


@pytest.mark.parametrize(
    ("nested", "words"),
    [
        (lambda: Nested("n", "", ("a",), ADDS), "Nested n: at: The path '' has a dot too many"),
        (lambda: Nested("n", "a[*].b", ("a",), ADDS), "at is 'a[*].b'. Name a column, or a place in one"),
        (lambda: Nested("n", "[0]", ("a",), ADDS), "at is '[0]'. Name a column"),
        (lambda: Nested("n", "lines", ("item_id", "line"), ADDS), "key names line, which is none of its columns"),
        (lambda: Nested("n", "lines", ("item_id",), ADDS, {"item_id": "LONG"}), "has the column 'item_id' twice"),
        (lambda: Nested("n", "lines", ("item_id", "x"), ADDS, {"x": "JSON"}), "key names x, which is JSON"),
        (
            lambda: Nested("n", "lines", ("line",), ADDS, {"line": "LONG"}),
            "its key does not say whose line it is. Give each line id",
        ),
        (lambda: Nested("n", "lines", ("item_id",), ADDS), "its key is that of case_items"),
        (lambda: Nested("n", "kind", ("item_id", "i"), ADDS, index="i"), "kind is declared STRING, and a list is JSON"),
        (lambda: Nested("n", "line", ("item_id", "i"), ADDS, index="i"), "n reads line"),
        (lambda: Nested("n", "lines", ("item_id", "i"), {"item_id": "uid"}, index="i"), "its key does not say whose line it is"),
    ],
)
def test_what_cannot_be_a_nested_list_is_refused(nested: Any, words: str) -> None:
    with pytest.raises(PluginError) as caught:
        assemble([plugin_of(table(), extra_tables=[nested()])])
    assert words in str(caught.value)


def test_a_table_without_a_key_is_refused() -> None:
    keyless = table(primary_key=[], append_only=True)
    with pytest.raises(PluginError, match="case_items has no primary_key, so nothing tells whose lines are whose"):
        assemble([plugin_of(keyless, extra_tables=[NUMBERED])])


@pytest.mark.parametrize("part", [{"list": 1}, "x", {"by": ["a"], "rows": {'["a"]': "d"}}, "damaged"])
def test_a_state_that_cannot_be_read_is_left_aside_and_the_list_filled_anew(part: Any) -> None:
    world = World()
    world.put(1, [1])
    world.put(2, [2])
    with serving(world.answer) as api:
        connection = connect(api, table(), paginator=UpdatedSince("since", "at"), extra_tables=[LINES])
        connection.sync()
        known = connection.warehouse.state["extra_tables"]["item_lines"]
        part = known | {"lines": {"x": ["d", 1]}} if part == "damaged" else part
        connection.warehouse.state["extra_tables"]["item_lines"] = part
        connection.sync()
        assert connection.warehouse.count("truncate", "item_lines") == 1
        assert len(connection.rows("item_lines")) == 2
        assert_exact(connection.assembly, connection.warehouse)


def test_lines_that_do_not_fit_the_state_are_loud_while_the_feed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "LIMIT", 2000)
    world = World()
    for number in range(200):
        world.put(number, [1, 2, 3])
    with serving(world.answer) as api:
        connection = connect(api, table(), paginator=PAGES, extra_tables=[LINES], configuration={"page_size": "5"})
        with pytest.raises(DeliveryError, match=r"item_lines remembers the lines of \d\d records.*rows=exploded.*append_only"):
            connection.sync()
        assert len(api.calls) < 20


def test_another_definition_empties_the_table_and_reads_the_feed_whole() -> None:
    world = World()
    world.put(1, [1])
    world.put(2, [2])
    with serving(world.answer) as api:
        connection = connect(api, table(), paginator=UpdatedSince("since", "at"), extra_tables=[LINES])
        connection.sync()
        other = Nested("item_lines", "lines", ("item_id", "what"), {"item_id": "id"}, {"what": "STRING"})
        changed = connection.changed_to(table(), paginator=UpdatedSince("since", "at"), extra_tables=[other])
        changed.sync()
        assert len(changed.rows("item_lines")) == 2
        assert_exact(changed.assembly, changed.warehouse)


def test_a_list_may_be_the_text_of_one() -> None:
    assert [row["line"] for row in synced({"lines": '[{"line": 1}, {"line": 2}]'}, LINES)] == [1, 2]


def test_what_is_said_to_be_remembered_is_what_the_state_takes() -> None:
    held = [{"id": 10_000_000 + number, "lines": [{"line": 10_000_000 + at} for at in range(5)]} for number in range(50)]
    with serving(lambda _: {"items": held}) as api:
        connection = connect(api, items(columns={"id": "LONG", "lines": "JSON"}), paginator=SinglePage(), extra_tables=[LINES])
        connection.sync()
        size = len(json.dumps(connection.warehouse.state["extra_tables"]["item_lines"]["lines"])) / 50
        assert size == pytest.approx(RECORD + 5 * LINE, rel=0.15)


def test_what_becomes_of_undeclared_fields_of_a_line_is_what_the_table_says() -> None:
    said = {"items": [{"id": 1, "lines": [{"line": 1, "more": 2}]}]}
    with serving(lambda _: said) as api:
        connection = connect(api, table(undeclared="drop"), paginator=SinglePage(), extra_tables=[LINES])
        connection.sync()
        assert [sorted(row) for row in connection.rows("item_lines")] == [["item_id", "line", "what"]]
