"""Deletes that another table of the dataset tells of."""

from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.support import Call, Connection, Reply, connect, items, plugin_of, serving
from connector_core import (
    Aggregate,
    ConnectorError,
    DeletedBy,
    Parent,
    PluginError,
    SinglePage,
    UnexpectedAnswer,
    UpdatedSince,
    count,
)
from connector_core.plugin.assembly import assemble

CUSTOMERS = items(
    name="customers",
    path="/customers",
    columns={"id": "STRING", "at": "LONG", "kind": "STRING"},
    deleted_by=DeletedBy("events", {"id": "data.object.id"}, when=("type", "customer.deleted")),
    may_be_empty=True,
)
EVENTS = items(
    name="events", path="/events", columns={"id": "STRING", "at": "LONG", "type": "STRING", "data": "JSON"}, append_only=True
)
KINDS = Aggregate("kinds", by=["kind"], measures={"customers": count()})


@define
class Shop:
    """An API with customers, and events that tell of what became of them."""

    now: int = 0
    held: dict[str, dict[str, Any]] = field(factory=dict)
    events: list[dict[str, Any]] = field(factory=list)

    def put(self, name: str) -> None:
        self.now += 1
        kind = "updated" if name in self.held else "created"
        self.held[name] = {"id": name, "at": self.now, "kind": "AB"[self.now % 2]}
        self._tell(name, kind)

    def drop(self, name: str) -> None:
        if self.held.pop(name, None):
            self.now += 1
            self._tell(name, "deleted")

    def _tell(self, name: str, what: str) -> None:
        event = {"id": f"e{self.now}", "at": self.now, "type": f"customer.{what}", "data": {"object": {"id": name}}}
        self.events.append(event)

    def answer(self, call: Call) -> Any:
        found = self.events if call.path == "/events" else list(self.held.values())
        since = int(call.query.get("since", 0))
        return {"items": [record for record in found if record["at"] >= since]}


def shop(api: Any, **parts: Any) -> Connection:
    return connect(api, CUSTOMERS, EVENTS, paginator=UpdatedSince("since", "at"), **parts)


def test_what_an_event_says_is_gone_is_deleted() -> None:
    made = Shop()
    for name in "abc":
        made.put(name)
    with serving(made.answer) as api:
        connection = shop(api)
        connection.sync()
        made.drop("b")
        connection.sync()
        assert connection.ids("customers") == ["a", "c"]
        # Of the events, only what came since the last sync.
        assert api.calls[-3].path == "/events"
        assert int(api.calls[-3].query["since"]) > 1
        assert len(connection.rows("events")) == 4


def test_what_was_made_anew_under_the_same_id_stays() -> None:
    made = Shop()
    made.put("a")
    with serving(made.answer) as api:
        connection = shop(api)
        connection.sync()
        made.drop("a")
        made.put("a")
        connection.sync()
        assert connection.ids("customers") == ["a"]
        fresh = shop(api)
        fresh.sync()
        assert fresh.ids("customers") == ["a"]


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abcd")),
        st.tuples(st.just("drop"), st.sampled_from("abcd")),
        st.tuples(st.just("sync"), st.just("")),
        st.tuples(st.just("crash"), st.integers(0, 3)),
    ),
    max_size=20,
)


@settings(max_examples=80, deadline=None)
@given(MOVES, st.booleans())
def test_after_any_history_the_rows_are_what_there_is(moves: list[tuple[str, Any]], extra: bool) -> None:
    made = Shop()
    fails: list[int] = []

    def answer(call: Call) -> Any:
        return Reply({"error": "down"}, 400) if call.number in fails else made.answer(call)

    with serving(answer) as api:
        connection = shop(api, extra_tables=[KINDS] if extra else [])
        for move, what in [*moves, ("sync", "")]:
            if move in ("put", "drop"):
                getattr(made, move)(what)
                continue
            if move == "crash":
                fails.append(len(api.calls) + what)
            try:
                connection.sync()
            except ConnectorError:
                assert move == "crash" or fails
                continue
        connection.sync()
        assert connection.ids("customers") == sorted(made.held)
        if extra:
            kinds = [record["kind"] for record in made.held.values()]
            assert {row["kind"]: row["customers"] for row in connection.rows("kinds")} == {
                kind: kinds.count(kind) for kind in kinds
            }


def test_a_field_that_no_event_has_is_loud() -> None:
    made = Shop()
    made.put("a")
    made.drop("a")
    for rule, words in [
        (
            DeletedBy("events", {"id": "data.object.uid"}, when=("type", ["customer.deleted"])),
            "data.object.uid, which key, for id,",
        ),
        (DeletedBy("events", {"id": "data.object.id"}, when=("kind", "customer.deleted")), "kind, which when of deleted_by"),
    ]:
        table = items(name="customers", path="/customers", columns={"id": "STRING", "at": "LONG"}, deleted_by=rule)
        with serving(made.answer) as api, pytest.raises(UnexpectedAnswer) as caught:
            connect(api, table, EVENTS, paginator=SinglePage()).sync()
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            {"deleted_by": DeletedBy("event", {"id": "id"})},
            "by what event (did you mean events?) says, which is no other table",
        ),
        ({"deleted_by": DeletedBy("customers", {"id": "id"})}, "deleted by what customers says"),
        ({"deleted_by": DeletedBy("events", {"uid": "id"})}, "deleted_by has a key of uid, and the table one of id"),
        ({"deleted_by": "events"}, "deleted_by"),
        ({"append_only": True}, "this one never changes (append_only)"),
        ({"full_refresh": True}, "is replaced in each sync (full_refresh)"),
        ({"path": "/{parent.id}", "parent": Parent("events", {"id": "id"})}, "is a child (parent)"),
    ],
)
def test_what_cannot_be_deleted_by_events_is_refused(parts: dict[str, Any], words: str) -> None:
    usual = {"name": "customers", "path": "/customers", "deleted_by": DeletedBy("events", {"id": "id"})}
    with pytest.raises(PluginError) as caught:
        assemble([plugin_of(items(**{**usual, **parts}), EVENTS)])
    assert words in str(caught.value)


WRONG: Any = "type"


@pytest.mark.parametrize("make", [lambda: DeletedBy("events", {}), lambda: DeletedBy("events", {"id": "id"}, when=WRONG)])
def test_a_rule_that_cannot_be_meant(make: Any) -> None:
    with pytest.raises(PluginError, match="DeletedBy events"):
        make()
