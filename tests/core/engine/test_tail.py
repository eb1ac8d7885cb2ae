"""What a read meets again of a feed that rests on a bookmark is not sent again; the rows are those of who sends everything."""

from typing import Any

import pytest
from attrs import evolve
from fuzz.keeping import examples
from hypothesis import given
from hypothesis import strategies as st
from twins import (
    COLUMNS,
    INCREMENTAL,
    KEPT,
    KINDS,
    NAME,
    SINCE,
    TABLE,
    TAGS,
    WHOLE,
    Connection,
    Feed,
    Twins,
    assembly_of,
    connection,
    record,
)

from connector_build.testing.warehouse.memory import Crash
from connector_core import DerivedField
from connector_core.basics.counting import counted

# What it does


@pytest.mark.parametrize("paginator", [INCREMENTAL, SINCE], ids=["cursor", "since"])
def test_a_second_sync_of_what_is_the_same_sends_nothing(paginator: Any) -> None:
    made = connection(paginator=paginator)
    made.sync()  # of a feed by time, the first sync remembers its last page, and the second all that comes again
    log = made.sync(every=100)
    assert made.sent == []
    assert made.warehouse.count("checkpoint") == 1
    number = 1 if paginator is INCREMENTAL else 5
    said = f"{counted(number, 'record')} from {counted(-(-number // 2), 'page')}"
    assert log.infos[-1] == f"{NAME}: {said}, {number} unchanged"


def test_what_was_appended_is_sent_alone_and_costs_no_checkpoint() -> None:
    made = connection()
    made.feed.append(record(5))
    made.sync()
    assert made.sent == ["upsert r5"]
    assert made.warehouse.count("checkpoint") == 1


def test_before_a_row_that_was_remembered_with_other_values_the_state_stops_to_say_so() -> None:
    made = connection()
    made.feed.replace("r4", cost=2.5)
    made.sync()
    kinds = [each.kind for each in made.warehouse.operations]
    assert kinds == ["checkpoint", "upsert", "checkpoint"]
    forgotten = made.warehouse.operations[0].data
    assert "row_digests" not in forgotten
    assert forgotten["next_cursor"] == made.warehouse.state["next_cursor"]


def test_a_crash_between_a_row_and_its_checkpoint_leaves_nothing_untrue() -> None:
    """The value that came back is not taken for the one that arrived before the crash."""
    made = connection()
    before = made.feed.entries[-1][1]
    made.feed.replace("r4", cost=2.5)
    made.warehouse.crash_at(1, after=True)  # the row has arrived
    with pytest.raises(Crash):
        made.sync()
    made.warehouse.crash_at(None)
    made.feed.replace("r4", **before)
    made.sync()
    assert made.warehouse.live(NAME)[("r4",)]["cost"] == before["cost"]


def test_of_several_versions_on_a_page_the_last_one_counts() -> None:
    made = connection(record(0), record(0, cost=2.5))
    made.sync()
    assert made.sent == []
    made.feed.replace("r0", cost=3.5)
    made.sync()
    assert made.sent == ["upsert r0", "upsert r0"]


def test_a_record_that_is_left_out_is_deleted_once() -> None:
    made = connection(record(0), record(1), record(2, kind="gone"))
    made.sync()
    assert made.sent == []
    made.feed.replace("r2", kind="A")
    made.sync()
    assert made.sent == ["upsert r2"]
    made.feed.replace("r2", kind="gone")
    log = made.sync()
    assert made.sent == ["delete r2"]
    assert log.infos[-1] == f"{NAME}: 0 records from 1 page, 1 left out (kept 1)"


def test_a_record_that_changes_between_two_syncs_and_stands_once_more_behind_is_sent() -> None:
    made = connection()
    made.feed.append(record(4, cost=9.0))
    made.sync()
    assert made.warehouse.live(NAME)[("r4",)]["cost"] == 9.0


@pytest.mark.parametrize("behind", [3, 4, 30])
def test_beyond_the_rows_that_are_compared_everything_is_sent(behind: int) -> None:
    made = connection(most=4)
    for number in range(behind):
        made.feed.append(record(f"n{number}"))
    made.feed.append(record(4, cost=9.0))
    made.sync()
    assert made.warehouse.live(NAME)[("r4",)]["cost"] == 9.0
    assert len(made.warehouse.live(NAME)) == 5 + behind
    made.sync()
    assert made.sent == []


def test_a_page_size_that_is_another_one_changes_nothing() -> None:
    made = connection()
    made.feed.page = 5
    made.sync()
    assert made.sent == []


@pytest.mark.parametrize(
    "state",
    [7, {}, {"of": "x", "tail": "AAAA"}, {"tail": "A" * 16}, {"of": 1, "tail": None}, "cut", {"of": "x", "rows": "AAAAAAAAAAA="}],
)
def test_what_the_state_does_not_say_so_that_it_is_understood_is_forgotten(state: Any) -> None:
    made = connection()
    if state == "cut":
        made.warehouse.state["row_digests"]["tail"] = made.warehouse.state["row_digests"]["tail"][:-4]
    else:
        made.warehouse.state["row_digests"] = state
    made.sync()
    assert made.sent == ["upsert r4"]
    assert next(each.kind for each in made.warehouse.operations) == "checkpoint", "before anything else, it is forgotten"
    made.sync()
    assert made.sent == []


def test_without_a_state_everything_is_sent() -> None:
    made = connection()
    made.warehouse.state = {}
    made.sync()
    assert len(made.sent) == 5


def test_other_types_and_another_feed_send_it_again() -> None:
    made = connection()
    made.assembly = assembly_of(evolve(TABLE, columns={**COLUMNS, "at": "DOUBLE"}))
    made.sync()
    assert made.sent == ["upsert r4"]
    made.assembly = assembly_of(evolve(TABLE, columns={**COLUMNS, "at": "DOUBLE"}, params={"all": "1"}))
    made.sync()
    assert len(made.sent) == 5


def test_a_derived_field_that_is_switched_on_sends_it_again() -> None:
    made = connection()
    made.assembly = assembly_of(transforms=[KEPT, DerivedField("twice", lambda each: each["cost"] * 2)])
    made.sync()
    assert made.sent == ["upsert r4"]


def test_from_a_table_that_is_read_whole_to_one_that_is_not_and_back() -> None:
    """What one way of reading has said is not believed by the other, also when a sync of it dies right away."""
    made = connection(paginator=WHOLE)
    before = made.feed.entries[0][1]
    made.feed.replace("r0", cost=9.0)
    made.assembly = assembly_of(paginator=INCREMENTAL)
    made.warehouse.crash_at(1, after=True, kind="upsert")
    with pytest.raises(Crash):
        made.sync()
    made.warehouse.crash_at(None)
    assert made.warehouse.live(NAME)[("r0",)]["cost"] == 9.0
    made.feed.replace("r0", **before)
    made.assembly = assembly_of(paginator=WHOLE)
    made.sync()
    assert made.warehouse.live(NAME)[("r0",)]["cost"] == before["cost"]


def test_a_key_that_may_be_written_in_two_ways_is_not_remembered() -> None:
    [plan] = assembly_of(evolve(TABLE, columns={**COLUMNS, "id": "DECIMAL(9,2)"})).tables
    assert plan.knows_tail
    for kind in ("DECIMAL",):
        with pytest.raises(Exception, match="DECIMAL"):
            assembly_of(evolve(TABLE, columns={**COLUMNS, "id": kind}))


def test_lines_of_a_row_that_did_not_change_stay() -> None:
    made = connection(extras=[TAGS])
    made.sync()
    assert made.sent == []
    assert len(made.warehouse.live("tags_of")) == 5
    made.feed.replace("r4", tags=[])
    made.sync()
    assert len(made.warehouse.live("tags_of")) == 4


def test_totals_of_a_feed_that_only_appends_count_what_is_passed_over() -> None:
    made = connection(extras=[KINDS], table=evolve(TABLE, append_only=True), transforms=[])
    made.feed.append(record(5))
    made.sync()
    assert made.sent == ["upsert r5"]
    assert made.warehouse.live("kinds")[("A",)]["n"] == 6


# Any history


KEYS = st.integers(0, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.sampled_from(["A", "B", "gone"]), st.sampled_from([0, 1])),
        st.tuples(st.just("again"), KEYS, st.sampled_from(["A", "gone"]), st.sampled_from([0, 1])),
        st.tuples(st.just("replace"), KEYS, st.sampled_from(["A", "B", "gone"]), st.just(0)),
        st.tuples(st.just("drop"), KEYS, st.just(""), st.just(0)),
        st.tuples(st.just("sync"), st.integers(1, 4), st.sampled_from(["", "", "state lost"]), st.integers(1, 4)),
        st.tuples(st.just("crash"), st.integers(1, 4), st.sampled_from(["", "rolled back"]), st.integers(0, 4)),
    ),
    max_size=30,
)
READ: dict[str, dict[str, Any]] = {
    "cursor": {"paginator": INCREMENTAL},
    "cursor, with lines": {"paginator": INCREMENTAL, "extras": [TAGS]},
    "cursor, append-only": {"paginator": INCREMENTAL, "table": evolve(TABLE, append_only=True)},
    "since": {"paginator": SINCE},
    "since, with lines": {"paginator": SINCE, "extras": [TAGS]},
    "whole": {"paginator": WHOLE},
    "whole, with an aggregate and lines": {"paginator": INCREMENTAL, "extras": [KINDS, TAGS]},
    "whole, missing deleted": {"paginator": WHOLE, "table": evolve(TABLE, missing="delete", may_be_empty=True)},
}


@pytest.mark.parametrize("how", READ)
@examples(20)
@given(STEPS, st.sampled_from([None, None, 1, 2, 3, 5]))
def test_after_any_history_the_rows_are_those_of_a_twin_that_sends_everything(
    how: str, steps: list[Any], most: int | None
) -> None:
    twins = Twins.of(most, assembly_of(**READ[how]))
    for step in [*steps, ("sync", 2, "", 1), ("sync", 2, "", 1)]:
        twins.step(*step)
    assert twins.ours.warehouse.count("upsert") <= twins.other.warehouse.count("upsert")


@pytest.mark.parametrize("how", [name for name in READ if "since" not in name])
@examples(20)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), KEYS, st.sampled_from(["A", "B", "gone"])),
            st.tuples(st.just("again"), KEYS, st.sampled_from(["A", "B", "gone"])),
            st.tuples(st.just("sync"), st.integers(1, 4), st.just("")),
            st.tuples(st.just("die"), st.integers(0, 14), st.sampled_from(["before", "after", "rolled back"])),
        ),
        max_size=30,
    ),
    st.sampled_from([None, None, 1, 2, 3, 5]),
)
def test_after_a_crash_at_any_operation_each_record_is_as_its_last_version_says(
    how: str, steps: list[Any], most: int | None
) -> None:
    """A feed that sends what has changed once more, behind the rest: no older version may be taken for the newest."""
    made = Connection(assembly_of(**READ[how]), Feed(), most)
    made.feed.append(record("stays"))
    for what, first, second in [*steps, ("sync", 2, ""), ("sync", 2, "")]:
        if what in ("put", "again"):
            if what == "put":
                made.feed.drop(f"r{first}")
            made.feed.append(record(first, kind=second, tags=[second] * (1 + first % 2)))
        elif what == "sync":
            made.feed.page = first
            made.sync()
            last = {(each["id"],): each for _, each in made.feed.entries}
            wanted = {key: each for key, each in last.items() if each["kind"] != "gone"}
            assert made.warehouse.live(NAME) == wanted
        else:
            die(made, first, second)


def die(made: Connection, operation: int, how: str) -> None:
    """A sync that crashes at an operation, if it comes so far."""
    made.warehouse.crash_at(operation, after=how == "after")
    try:
        made.sync()
    except Crash:
        if how == "rolled back":
            made.warehouse.roll_back()
    made.warehouse.crash_at(None)
