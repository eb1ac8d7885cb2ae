"""A table that is replaced, under an SDK whose truncate waits for the end of the sync: no crash leaves it without a row."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from connector_build.api.feed import FeedPage
from connector_core import Aggregate, Nested, Record, SourceError, Table, count, total
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Assembly, assemble
from support import CONFIGURATION, Crash, FakeApi, ListLog, Operation, Warehouse, assert_exact, plugin, run

COLUMNS = {"id": "LONG", "team": "STRING", "hours": "DOUBLE", "parts": "JSON", "version": "LONG"}
JOBS = Table("jobs", "/jobs", "jobs", ["id"], COLUMNS, full_refresh=True, may_be_empty=True)
LATER = Table("later", "/later", "later", ["id"], COLUMNS)
TEAMS = Aggregate("teams", by=["team"], measures={"n": count(), "hours": total("hours")})
PARTS = Nested("job_parts", "parts", ("job_id", "part"), {"job_id": "id"}, {"part": "STRING"})
OFTEN = CheckpointPolicy(records=3, share=0.0)

Keys = set[tuple[Any, ...]]


class Deferring(Warehouse):
    """A warehouse that can wait, as it is announced of SDK 3.1: what a table has by a call goes when a sync has ended well.

    A row that is sent after the call stays. A sync that fails takes nothing out of sight.
    """

    stale: dict[str, Keys]

    def connect(self, assembly: Assembly) -> None:
        self.stale = {}
        super().connect(assembly)

    def truncate_at_end(self, table: str) -> None:
        self._operate(Operation("truncate at end", table, {}), lambda: self.stale.update({table: set(self.live(table))}))

    def upsert(self, table: str, data: Record) -> None:
        super().upsert(table, data)
        self.stale.get(table, set()).discard(tuple(data[name] for name in self._entry(table)["primary_key"]))

    def end_well(self) -> None:
        """What waits for the end of the sync happens."""
        for table, keys in self.stale.items():
            names = self._entry(table)["primary_key"]
            for key in keys:
                self._rows(table).pop(tuple(zip(names, key, strict=True)), None)


@define
class Current:
    """A feed of what there is now; cursors are positions."""

    records: list[Record] = field(factory=list)

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        start = int(cursor or 0)
        more = start + page_size < len(self.records)
        return FeedPage([dict(each) for each in self.records[start : start + page_size]], str(start + page_size), more)


def job(number: int, team: str = "A", version: int = 0) -> Record:
    return {"id": number, "team": team, "hours": 1.0, "parts": [{"part": f"{number}{team}"}], "version": version}


@define
class Subject:
    """A replaced table and one behind it, with what hangs on it."""

    extras: Sequence[Aggregate | Nested] = ()
    jobs: Current = field(factory=lambda: Current([job(number, "AB"[number % 2]) for number in range(5)]))
    later: Current = field(factory=lambda: Current([job(1)]))
    assembly: Assembly = field(init=False)
    warehouse: Deferring = field(init=False)
    api: FakeApi = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.assembly = assemble([plugin(JOBS, LATER, extra_tables=self.extras)])  # type: ignore[arg-type]  # a nested list too
        self.warehouse = Deferring(self.assembly)
        self.api = FakeApi({"jobs": self.jobs, "later": self.later})

    def sync(self) -> None:
        self.sync_up_to_its_end()
        self.warehouse.end_well()

    def sync_up_to_its_end(self) -> None:
        """One table after the other."""
        self.warehouse.connect(self.assembly)
        configuration = {**CONFIGURATION, "page_size": "2", "threads": "1"}
        engine = self.api.engine(checkpoints=OFTEN)
        sync(self.assembly, configuration, self.warehouse.state, self.warehouse, ListLog(), engine)

    def live(self) -> Keys:
        return set(self.warehouse.live("jobs"))

    def check(self) -> None:
        assert list(self.warehouse.live("jobs").values()) == self.jobs.records
        if PARTS in self.extras:
            parts = {(each["id"], part["part"]) for each in self.jobs.records for part in each["parts"]}
            assert set(self.warehouse.live("job_parts")) == parts
        assert_exact(self.assembly, self.warehouse)


def test_rows_of_before_go_when_the_sync_has_ended_well() -> None:
    subject = Subject()
    subject.sync()
    subject.jobs.records = [job(4, "B"), job(9)]
    subject.sync_up_to_its_end()
    assert subject.warehouse.count("truncate") == 0
    assert [each.kind for each in subject.warehouse.on("jobs")] == ["truncate at end", "upsert", "upsert"]
    assert subject.live() == {(0,), (1,), (2,), (3,), (4,), (9,)}
    subject.warehouse.end_well()
    assert subject.live() == {(4,), (9,)}


def test_a_failure_of_a_table_behind_it_leaves_rows_of_before_until_the_next_sync() -> None:
    subject = Subject([TEAMS, PARTS])
    subject.sync()
    before, subject.jobs.records = subject.live(), [job(4, "B"), job(9)]

    def fail(_: int) -> None:
        if subject.warehouse.on("jobs"):
            raise SourceError("503")

    subject.api.on_request = fail
    with pytest.raises(SourceError):
        subject.sync()
    assert subject.live() == before | {(9,)}
    subject.api.on_request = None
    subject.sync()
    subject.check()


def test_an_empty_feed_empties_the_table() -> None:
    subject = Subject([TEAMS, PARTS])
    subject.sync()
    subject.jobs.records = []
    subject.sync()
    subject.check()
    assert subject.live() == set()


@pytest.mark.parametrize("extras", [(), (TEAMS, PARTS)], ids=["alone", "with extra tables"])
def test_no_crash_leaves_the_table_without_a_row(extras: Sequence[Aggregate | Nested]) -> None:
    ended = crashed = 0
    for number, (after, rolled_back) in product(range(40), product([False, True], repeat=2)):
        subject = Subject(extras)
        subject.sync()
        before, subject.jobs.records = subject.live(), [job(each, "BC"[each % 2]) for each in range(3, 8)]
        subject.warehouse.crash_at(number, after=after)
        try:
            subject.sync()
            ended += 1
        except Crash:
            crashed += 1
            if rolled_back:
                subject.warehouse.roll_back()
            assert subject.live() >= before
        subject.warehouse.crash_at(None)
        subject.sync()
        subject.check()
    assert ended
    assert crashed >= 4 * 8


jobs = st.lists(st.builds(job, st.integers(0, 5), st.sampled_from("AB")), max_size=6, unique_by=lambda each: each["id"])
crashes = st.none() | st.tuples(st.integers(0, 20), st.booleans(), st.booleans())
"""At an operation: its number, whether it took effect, and whether what came behind the checkpoint is lost."""


@given(rounds=st.lists(st.tuples(jobs, crashes), max_size=5))
def test_whatever_the_feed_holds_and_wherever_a_sync_crashed(rounds: list[Any]) -> None:
    subject = Subject([TEAMS, PARTS])
    for records, where in [*rounds, ([job(1), job(2)], None)]:
        subject.jobs.records = [{**record, "version": version} for version, record in enumerate(records)]
        before = subject.live()
        if where is None:
            subject.sync()
            assert subject.warehouse.live("jobs") == {(each["id"],): each for each in subject.jobs.records}
            assert_exact(subject.assembly, subject.warehouse)
            continue
        number, after, rolled_back = where
        subject.warehouse.crash_at(number, after=after)
        with suppress(Crash):
            subject.sync()
            before = set()  # it ended well, and what is gone is gone
        assert subject.live() >= before
        if rolled_back and before:
            subject.warehouse.roll_back()
        subject.warehouse.crash_at(None)


def test_a_list_that_is_made_otherwise_is_emptied_at_once() -> None:
    """Its state then says that nothing of before is there, whatever becomes of the sync."""
    table = evolve(JOBS, full_refresh=False)
    first, second = (
        assemble([plugin(table, extra_tables=[nested])])  # type: ignore[list-item]  # a nested list too
        for nested in (PARTS, evolve(PARTS, key=("job_id", "part", "place"), index="place"))
    )
    warehouse, api = Deferring(first), FakeApi({"jobs": Current([job(1), job(2)])})
    run(first, warehouse, api, checkpoints=OFTEN)
    run(second, warehouse, api, checkpoints=OFTEN)
    assert warehouse.count("truncate", "job_parts") == 1
    assert warehouse.count("truncate at end") == 0
