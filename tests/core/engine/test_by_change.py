"""A table of too many rows for digests is sent by ``updated``, and the rows are those of who sends everything."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from fuzz.keeping import examples
from hypothesis import given
from hypothesis import strategies as st
from twins import COLUMNS, EPOCH, KEPT, KINDS, NAME, TABLE, TAGS, WHOLE, Connection, Feed, Twins, assembly_of, record

from connector_build.catalog.reading import reading
from connector_build.catalog.risks import risks
from connector_build.testing.warehouse.memory import Crash
from connector_core import DerivedField, PluginError, Table, Transform
from connector_core.engine.by_change import ByChange
from connector_core.source.columns import Column
from connector_core.source.pagination import Page

UPDATED = evolve(TABLE, updated="at")
NOW = datetime(2023, 11, 15, tzinfo=UTC)


def connection(number: int = 6, *, most: int = 2, table: Table = UPDATED, **parts: Any) -> Connection:
    """A connector after its first sync, of more rows than it may have digests of. Each record is a second newer."""
    made = Connection(assembly_of(table, WHOLE, **parts), Feed(), most)
    for at in range(number):
        made.feed.append(record(at, at=EPOCH + at))
    made.sync()
    return made


def test_of_a_large_table_what_is_not_older_than_the_newest_is_sent() -> None:
    made = connection()
    made.sync()
    assert made.sent == ["upsert r5"]
    made.feed.replace("r1", at=EPOCH + 7, cost=2.5)
    made.feed.append(record(6, at=EPOCH + 8))
    log = made.sync()
    assert made.sent == ["upsert r1", "upsert r5", "upsert r6"]
    assert log.infos[-1] == f"{NAME}: 7 records from 4 pages, 4 unchanged"
    made.sync()
    assert made.sent == ["upsert r6"]


def test_a_small_table_goes_by_digests_whatever_its_times_say() -> None:
    made = connection(most=6)
    made.feed.replace("r1", cost=2.5)
    made.sync()
    assert made.sent == ["upsert r1"]


def test_a_table_that_has_become_small_goes_by_digests_again() -> None:
    made = connection(most=4)
    made.feed.entries = made.feed.entries[:2]
    made.sync()
    assert "row_digests" not in made.warehouse.state
    made.sync()
    assert made.sent == ["upsert r0", "upsert r1"]
    made.sync()
    assert made.sent == []


@pytest.mark.parametrize("lookback", [timedelta(seconds=2), 2])
def test_a_lookback_sends_what_came_late(lookback: Any) -> None:
    made = connection(table=evolve(UPDATED, lookback=lookback))
    made.sync()
    assert made.sent == ["upsert r3", "upsert r4", "upsert r5"]


def test_what_changes_behind_a_read_that_is_under_way_is_sent_by_the_next() -> None:
    """A record of page 1 changes while page 2 is read, and one of page 3 has a time that is later still."""
    made = connection()
    made.feed.now = EPOCH + 100

    def change() -> None:
        made.feed.replace("r0", at=EPOCH + 101, cost=9.0)
        made.feed.append(record(6, at=EPOCH + 105))

    made.feed.during = (1, change)
    made.sync()
    made.feed.during = None
    assert made.warehouse.live(NAME)[("r0",)]["cost"] == 1.5
    made.sync()
    assert made.warehouse.live(NAME)[("r0",)]["cost"] == 9.0


def test_a_time_far_ahead_hides_nothing() -> None:
    made = connection()
    made.feed.replace("r0", at=EPOCH + 10**9)
    made.sync()
    made.feed.replace("r1", at=EPOCH + 50, cost=9.0)
    made.sync()
    assert made.warehouse.live(NAME)[("r1",)]["cost"] == 9.0
    assert made.sent == ["upsert r0", "upsert r1", "upsert r5"]  # the newest of all but r0


@pytest.mark.parametrize("at", [None, 7, EPOCH * 1000 - 10**6], ids=["null", "no time", "another unit"])
def test_what_cannot_be_compared_is_sent(at: Any) -> None:
    made = connection()
    made.feed.replace("r0", at=at)
    made.sync()
    made.feed.replace("r0", cost=9.0)
    made.sync()
    assert "upsert r0" in made.sent


def test_a_read_that_was_cut_short_moves_no_mark() -> None:
    made = connection()
    before = made.warehouse.state["row_digests"]
    made.feed.append(record(6, at=EPOCH + 50))
    with pytest.raises(Crash):
        made.sync(dies_at=3)
    assert made.warehouse.state["row_digests"] == before
    made.feed.replace("r0", at=EPOCH + 49, cost=9.0)
    made.sync()  # goes on behind r0
    assert made.warehouse.state["row_digests"] == before
    made.sync()
    assert made.warehouse.live(NAME)[("r0",)]["cost"] == 9.0


def test_another_way_to_make_rows_sends_everything_once() -> None:
    made = connection()
    made.assembly = assembly_of(UPDATED, WHOLE, transforms=[KEPT, DerivedField("twice", lambda each: each["cost"] * 2)])
    made.sync()
    assert len(made.sent) == 6
    made.assembly = assembly_of(evolve(UPDATED, columns={**COLUMNS, "more": "STRING"}), WHOLE)
    made.sync()
    assert len(made.sent) == 6
    made.assembly = assembly_of(evolve(UPDATED, params={"of": "2"}, columns={**COLUMNS, "more": "STRING"}), WHOLE)
    made.sync()
    assert len(made.sent) == 6


@pytest.mark.parametrize("newest", ["x", [], {}, None, EPOCH + 10**9, True])
def test_a_mark_that_nobody_made_sends_everything(newest: Any) -> None:
    made = connection()
    made.warehouse.state["row_digests"]["newest"] = newest
    made.sync()
    assert len(made.sent) == 6


def test_a_record_that_was_missing_and_comes_back_as_it_was_is_sent() -> None:
    made = connection(table=evolve(UPDATED, missing="delete"))
    gone = made.feed.entries[0]
    made.feed.drop("r0")
    made.sync()
    assert "delete r0" in made.sent
    made.feed.entries.insert(0, gone)
    made.sync()
    assert ("r0",) in made.warehouse.live(NAME)


def test_extra_tables_see_what_is_passed_over() -> None:
    made = connection(extras=[KINDS, TAGS])
    made.feed.append(record(6, at=EPOCH + 7))
    made.sync()
    assert len(made.sent) == 2
    assert made.warehouse.live("kinds")[("A",)]["n"] == 7
    assert len(made.warehouse.live("tags_of")) == 7


# Types


@pytest.mark.parametrize(
    ("kind", "old", "newest", "ahead"),
    [
        ("LONG", 1_700_000_000, 1_700_000_009, 1_800_000_000),
        ("INT", 1_700_000_000, 1_700_000_009, 1_800_000_000),
        ("LONG", 1_700_000_000_000, 1_700_000_009_000, 1_800_000_000_000),
        ("DOUBLE", 1_700_000_000.5, 1_700_000_009.5, 1_800_000_000.0),
        ("DECIMAL(20,3)", Decimal("1700000000.125"), Decimal("1700000009.125"), Decimal("1800000000.000")),
        ("UTC_DATETIME", datetime(2023, 11, 1, tzinfo=UTC), NOW - timedelta(hours=1), datetime(2027, 1, 1, tzinfo=UTC)),
        ("NAIVE_DATETIME", datetime(2023, 11, 1), datetime(2023, 11, 10), datetime(2027, 1, 1)),
        ("NAIVE_DATE", datetime(2023, 11, 1).date(), datetime(2023, 11, 10).date(), datetime(2027, 1, 1).date()),
    ],
)
def test_values_are_compared_in_the_form_of_their_type(kind: str, old: Any, newest: Any, ahead: Any) -> None:
    page = Page({}, [], headers={"date": "Wed, 15 Nov 2023 00:00:00 GMT"})

    def begun(stored: Any) -> ByChange:
        made = ByChange.of("at", Column(kind), 0, stored, whole=True)
        made.begins(page)
        return made

    first = begun(None)
    rows: Any = [(("a",), {"at": old}), (("b",), {"at": newest}), (("c",), {"at": ahead})]
    first.see(rows)
    assert first.due(rows, ()) == rows
    assert first.newest == newest
    second = begun(first.stored())
    assert second.mark == newest
    assert [key for key, _ in second.due(rows, ())] == [("b",), ("c",)]


@pytest.mark.parametrize(("kind", "zone"), [("NAIVE_DATETIME", 1), ("NAIVE_DATE", 1), ("UTC_DATETIME", 0)])
def test_a_time_without_a_zone_may_be_a_day_behind(kind: str, zone: int) -> None:
    made = ByChange.of("at", Column(kind), 0, None, whole=True)
    made.begins(Page({}, [], headers={"date": "Wed, 15 Nov 2023 12:00:01 GMT"}))
    now = datetime(2023, 11, 15, 12, tzinfo=UTC)
    value: Any = {"NAIVE_DATETIME": now.replace(tzinfo=None), "NAIVE_DATE": now.date()}.get(kind, now)
    made.see([(("a",), {"at": value})])
    again = ByChange.of("at", Column(kind), 0, made.stored(), whole=True)
    assert again.mark == value - timedelta(days=zone)


# What may be said


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"updated": "att"}, r"updated names att, which columns does not declare \(did you mean at\?\)"),
        ({"updated": 7}, "updated names 7, which columns does not declare"),
        ({"updated": "tags"}, "updated names tags, which is JSON, and values of that do not say when"),
        ({"updated": "kind"}, "updated names kind, which is STRING"),
        ({"updated": "at", "full_refresh": True}, r"this table is replaced in each sync \(full_refresh\)"),
        ({"lookback": 5}, "lookback counts from updated, and there is none"),
        ({"updated": "at", "lookback": -1}, "lookback is -1. Write timedelta"),
        ({"updated": "at", "lookback": timedelta(seconds=-1)}, "lookback is datetime.timedelta"),
        ({"updated": "at", "lookback": "1h"}, "lookback is '1h'"),
        ({"updated": "at", "lookback": True}, "lookback is True"),
    ],
)
def test_what_cannot_be_is_refused(parts: dict[str, Any], words: str) -> None:
    with pytest.raises(PluginError, match=words):
        evolve(TABLE, **parts)


def test_a_transform_may_not_change_the_column() -> None:
    other = Transform("other", lambda each: each, columns={"at": "DOUBLE"}, removes=["at"])
    with pytest.raises(PluginError, match=r"other changes at, by which case_items tells what has changed \(updated\)"):
        assembly_of(UPDATED, WHOLE, transforms=[other])


def test_the_risk_is_named_and_so_is_what_is_sent() -> None:
    [plan] = assembly_of(UPDATED, WHOLE, extras=[KINDS]).tables
    assert any("without a newer at is not sent" in each for each in risks(plan))
    assert "of a larger table, those whose at says that they may have" in reading(plan)


# Any history


KEYS = st.integers(0, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.sampled_from(["A", "B", "gone"]), st.integers(0, 3)),
        st.tuples(st.just("again"), KEYS, st.sampled_from(["A", "gone"]), st.integers(0, 3)),
        st.tuples(st.just("replace"), KEYS, st.sampled_from(["A", "B", "gone"]), st.integers(0, 3)),
        st.tuples(st.just("drop"), KEYS, st.just(""), st.just(0)),
        st.tuples(st.just("sync"), st.integers(1, 4), st.sampled_from(["", "", "", "state lost"]), st.integers(1, 4)),
        st.tuples(st.just("crash"), st.integers(1, 4), st.sampled_from(["", "rolled back"]), st.integers(0, 4)),
        st.tuples(st.just("busy"), st.integers(1, 3), st.sampled_from(["A", "B", "gone"]), st.integers(0, 4)),
    ),
    max_size=30,
)


@pytest.mark.parametrize("how", ["plain", "with an aggregate and lines", "missing deleted"])
@examples(30)
@given(STEPS, st.sampled_from([1, 1, 2, 3, 5]))
def test_after_any_history_the_rows_are_those_of_a_twin_that_sends_everything(how: str, steps: list[Any], most: int) -> None:
    table = evolve(TABLE, missing="delete", may_be_empty=True) if how == "missing deleted" else TABLE
    extras = [KINDS, TAGS] if "lines" in how else []
    ours, other = (assembly_of(each, WHOLE, extras=extras) for each in (evolve(table, updated="at"), table))
    twins = Twins.of(most, ours, other)
    for step in [*steps, ("sync", 2, "", 1), ("sync", 2, "", 1)]:
        twins.both(lambda feed: setattr(feed, "now", twins.now))
        if step[0] == "busy":
            busy(twins, *step[1:])
        else:
            twins.step(*step)


def busy(twins: Twins, page: int, kind: str, key: int) -> None:
    """A sync during which two records change, the one in front by a second earlier than the one behind."""
    for each in (twins.ours, twins.other):
        feed, now = each.feed, twins.now

        def change(feed: Feed = feed, now: int = now) -> None:
            feed.replace("rstays", kind="B", cost=now % 97 + 0.5, at=now + 1)
            feed.append(record(key, kind=kind, at=now + 2))

        feed.during = (1, change)
    twins.now += 3
    twins.sync(page, 1, lost=False)
    twins.both(lambda feed: setattr(feed, "during", None))
