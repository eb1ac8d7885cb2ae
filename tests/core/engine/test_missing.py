"""Deleting what the API no longer has, without replacing the table."""

from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.support import Api, Call, Connection, Reply, connect, items, plugin_of, serving
from connector_core import (
    Aggregate,
    ConnectorError,
    ListedIn,
    OffsetPaginator,
    Parent,
    PluginError,
    SinglePage,
    UnexpectedAnswer,
    UpdatedSince,
    count,
    short_page,
)
from connector_core.plugin.assembly import assemble

COLUMNS = {"id": "LONG", "at": "LONG", "kind": "STRING"}
IDS = items(name="ids", path="/ids", columns={"id": "LONG"}, append_only=False)
LISTED = items(columns=COLUMNS, missing=ListedIn("ids", {"id": "id"}))
WHOLE = items(columns=COLUMNS, missing="delete")
KINDS = Aggregate("kinds", by=["kind"], measures={"items": count()})
PAGES = OffsetPaginator(size_param="limit", stop=[short_page("limit")])


@define
class World:
    now: int = 0
    held: dict[int, dict[str, Any]] = field(factory=dict)

    def put(self, number: int) -> None:
        self.now += 1
        self.held[number] = {"id": number, "at": self.now, "kind": "AB"[self.now % 2]}

    def drop(self, number: int) -> None:
        self.held.pop(number, None)

    def answer(self, call: Call) -> Any:
        since = int(call.query.get("since", 0))
        found = [record for record in self.held.values() if record["at"] >= since]
        records = [{"id": record["id"]} for record in found] if call.path == "/ids" else found
        start, limit = int(call.query.get("offset", 0)), int(call.query.get("limit", 1000))
        return {"items": records[start : start + limit]}


def whole(api: Api, **parts: Any) -> Connection:
    return connect(api, WHOLE, paginator=PAGES, configuration={"page_size": "2"}, **parts)


def listed(api: Api, **parts: Any) -> Connection:
    paginators = {"case_items": UpdatedSince("since", "at"), "ids": PAGES}
    return connect(api, LISTED, IDS, paginator=paginators, configuration={"page_size": "2"}, **parts)


@pytest.mark.parametrize("make", [whole, listed])
def test_what_is_no_longer_there_is_deleted_and_nothing_is_truncated(make: Any) -> None:
    world = World()
    for number in range(5):
        world.put(number)
    with serving(world.answer) as api:
        connection = make(api)
        connection.sync()
        world.drop(1)
        world.drop(4)
        connection.sync()
        assert connection.ids() == [0, 2, 3]
        assert connection.warehouse.count("truncate") == 0
        assert connection.warehouse.count("delete", "case_items") == 2
        connection.sync()
        assert connection.warehouse.count("delete") == 0


@pytest.mark.parametrize("make", [whole, listed])
def test_a_few_rows_that_wait_for_a_checkpoint_are_rows(make: Any) -> None:
    world = World()
    world.put(1)
    world.put(2)
    with serving(world.answer) as api:
        connection = make(api)
        connection.checkpoint_records = 100
        connection.sync()
        world.drop(1)
        connection.sync()
        assert connection.ids() == [2]


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 6)),
        st.tuples(st.just("drop"), st.integers(0, 6)),
        st.tuples(st.just("sync"), st.just(0)),
        st.tuples(st.just("crash"), st.integers(0, 4)),
    ),
    max_size=20,
)


@settings(max_examples=80, deadline=None)
@given(MOVES, st.sampled_from([whole, listed]), st.booleans())
def test_after_any_history_the_rows_are_what_there_is(moves: list[tuple[str, int]], make: Any, extra: bool) -> None:
    world = World()
    world.put(100)  # what stays: a table that is emptied is an error
    fails: list[int] = []

    def answer(call: Call) -> Any:
        return Reply({"error": "down"}, 400) if call.number in fails else world.answer(call)

    with serving(answer) as api:
        connection = make(api, extra_tables=[KINDS] if extra else [])
        for move, what in [*moves, ("sync", 0)]:
            if move in ("put", "drop"):
                getattr(world, move)(what)
                continue
            if move == "crash":
                fails.append(len(api.calls) + what)
            try:
                connection.sync()
            except ConnectorError:
                assert fails
        fails.clear()
        connection.sync()
        connection.sync()  # a read that was taken up in the middle cannot tell what is missing
        assert sorted(connection.ids()) == sorted(world.held)
        if extra:
            kinds = [record["kind"] for record in world.held.values()]
            found = {row["kind"]: row["items"] for row in connection.rows("kinds")}
            assert found == {kind: kinds.count(kind) for kind in kinds}


def test_a_list_without_an_entry_is_not_believed() -> None:
    world = World()
    world.put(1)
    empty = False
    with serving(lambda call: {"items": []} if call.path == "/ids" and empty else world.answer(call)) as api:
        connection = listed(api)
        connection.sync()
        empty = True
        with pytest.raises(UnexpectedAnswer, match="the API lists none of its 1 row, so every one of them would be deleted"):
            connection.sync()
        assert connection.ids() == [1]


def test_a_list_whose_entries_lack_the_key_is_loud() -> None:
    table = items(columns=COLUMNS, missing=ListedIn("ids", {"id": "uid"}))
    words = "record 1 has no uid, which missing of case_items names"
    with serving(lambda _: {"items": [{"id": 1, "at": 1, "kind": "A"}]}) as api, pytest.raises(UnexpectedAnswer, match=words):
        connect(api, table, IDS, paginator=SinglePage()).sync()


@pytest.mark.parametrize("keys", ["x", [["a", "b"]], [1, 2], {"a": 1}])
def test_keys_of_a_state_that_cannot_be_read_are_left_aside(keys: Any) -> None:
    world = World()
    world.put(1)
    with serving(world.answer) as api:
        connection = whole(api)
        connection.warehouse.state = {"row_keys": keys}
        log = connection.sync()
        assert connection.ids() == [1]
        assert any("that cannot be read" in warning for warning in log.warnings)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"missing": "gone"}, 'Write "delete", or ListedIn("ids"'),
        ({"missing": ListedIn("ids", {"uid": "id"})}, "missing has a key of uid, and the table one of id"),
        ({"missing": ListedIn("lists", {"id": "id"})}, "which is no other table of its own"),
        ({"missing": "delete", "append_only": True}, "this one never changes (append_only)"),
        ({"missing": "delete", "full_refresh": True}, "is replaced in each sync (full_refresh)"),
        (
            {"missing": "delete", "path": "/{parent.id}", "parent": Parent("ids", {"id": "id"}, changed="id")},
            "children of a parent that did not change are not read",
        ),
    ],
)
def test_what_cannot_be_missing_is_refused(parts: dict[str, Any], words: str) -> None:
    with pytest.raises(PluginError) as caught:
        assemble([plugin_of(items(columns=COLUMNS, **parts), IDS)])
    assert words in str(caught.value)
