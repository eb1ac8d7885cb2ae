"""Promises 2, 3 and 5: whatever happened before, a finished sync leaves every table exact.

Histories are made up by Hypothesis: records come and change, syncs finish or crash anywhere, page size and extra tables
change in between. Below them, one example for each way in which a table could be left wrong.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from functools import cache
from itertools import product
from random import Random
from typing import Any

import pytest
from attrs import define, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_build.api.feed import Feed, FeedPage
from connector_build.sample import Sample
from connector_core import (
    Aggregate,
    ConnectorError,
    DeliveryError,
    DerivedField,
    Dimension,
    PluginError,
    Table,
    Transform,
    count,
    maximum,
    minimum,
    ratio,
    total,
)
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.plugin.assembly import Assembly, assemble
from connector_core.source.tables import Record
from support import Crash, FakeApi, ListLog, LogFeed, Warehouse, assert_exact, places, plugin, run

TABLE = Table(
    name="jobs",
    path="/jobs",
    records="jobs",
    primary_key=("id",),
    columns={
        "id": "STRING",
        "region": "STRING",
        "name": "STRING",
        "amount": "DOUBLE",
        "hours": "LONG",
        "updated": "LONG",
        "hidden": "BOOLEAN",
    },
    may_be_empty=True,  # a filter may leave out all there is
)
APPEND_ONLY = Table(
    **{name: getattr(TABLE, name) for name in ("name", "path", "records", "primary_key", "columns")}, append_only=True
)

REGIONS = Aggregate(
    "regions",
    by=("region",),
    measures={
        "jobs": count(),
        "amount": total("amount"),
        "hours": total("hours"),
        "least": minimum("amount"),
        "latest": maximum("updated"),
        "rates": total("rate"),
    },
    default=False,
)
BALANCES = Aggregate("balances", by=("name", "region"), measures={"balance": total("amount")}, default=False)
NAMES = Dimension("names", key=("region",), columns=("name",), newest="updated", default=False)
EXTRAS = (REGIONS, BALANCES, NAMES)

RATE = DerivedField("rate", ratio("amount", "hours"))
FILTER = Transform("no_hidden", lambda record: None if record["hidden"] else record, default=False)

OFTEN = CheckpointPolicy(records=5, share=0.0)
"""Several checkpoints even in a small feed."""


@define
class Maker:
    """Makes and changes records, their values from small sets: groups come and go, newest records tie, totals cancel."""

    resend: bool = False

    def make(self, number: int, random: Random) -> Record:
        return {"id": f"job{999 - number}", **_values(random)}  # the newest record has the smallest key

    def change(self, record: Record, random: Random) -> Record:
        return dict(record) if self.resend else {**record, **_values(random)}

    @property
    def sample(self) -> Sample:
        return Sample(count=0, make=self.make, change=self.change)


def _values(random: Random) -> Record:
    return {
        "region": random.choice([None, "north", "north", "south"]),
        "name": random.choice(["A", "B"]),
        "amount": random.choice([None, 0.0, 0.1, 2.5, -2.5, 7]),
        "hours": random.choice([None, 0, 1, 3]),
        "updated": random.choice([None, 1, 2, 3]),
        "hidden": random.random() < 0.3,
    }


@define
class World:
    """One feed, one destination and what is configured between them."""

    maker: Maker
    feed: Feed | LogFeed
    api: FakeApi
    warehouse: Warehouse
    table: Table
    filtered: bool
    enabled: frozenset[str]
    page_size: int = 5

    @property
    def assembly(self) -> Assembly:
        return _assembly(self.table.append_only, self.enabled, self.filtered)

    def sync(self) -> ListLog:
        return run(self.assembly, self.warehouse, self.api, self.page_size, checkpoints=OFTEN)

    def crash(
        self, *, operation: int | None = None, after: bool = False, kind: str | None = None, request: int | None = None
    ) -> bool:
        """A sync that stops somewhere; False when it ended before it got there."""
        self.warehouse.crash_at(operation, after=after, kind=kind)
        self.api.crash_at(request)
        try:
            self.sync()
        except Crash:
            return True
        finally:
            self.warehouse.crash_at(None)
            self.api.crash_at(None)
        return False

    def check(self) -> None:
        """The source table holds the newest version of each record that passes the filter; extra tables are exact."""
        newest = {(record["id"],): record for record in self.feed.records()}
        passing = {key: record for key, record in newest.items() if not (self.filtered and record["hidden"])}
        live = self.warehouse.live(self.table.name)
        assert {key: _without_rate(row) for key, row in live.items()} == passing
        assert all(row["rate"] == _rate(row) for row in live.values())
        assert_exact(self.assembly, self.warehouse)

    def check_at_rest(self) -> None:
        """A sync with nothing new changes nothing, and sends no row of an extra table of a whole feed again."""
        self.sync()
        self.check()
        assert [self.warehouse.on(name) for name in sorted(self.enabled)] == [[] for _ in self.enabled]


@cache
def _assembly(append_only: bool, enabled: frozenset[str], filtered: bool) -> Assembly:
    dataset = plugin(APPEND_ONLY if append_only else TABLE, transforms=[RATE, FILTER], extra_tables=EXTRAS)
    return assemble([dataset], enable=enabled | ({FILTER.name} if filtered else set()))


def _rate(row: Record) -> float | None:
    if row["amount"] is None or row["hours"] is None:
        return None
    return float(row["amount"] / row["hours"]) if row["hours"] > 0 else 0.0


def _without_rate(row: Record) -> Record:
    return {name: value for name, value in row.items() if name != "rate"}


def moved(maker: Maker, seed: int) -> Feed:
    """A changed record moves to the end of the feed."""
    return Feed("jobs", maker.sample, seed)


def sent_again(maker: Maker, seed: int) -> LogFeed:
    """A changed record is sent again at the end; its old version stays."""
    return LogFeed(maker.sample, "id", seed)


KINDS: dict[str, tuple[Callable[[Maker, int], Feed | LogFeed], Table]] = {
    "moved to the tail": (moved, TABLE),
    "sent again": (sent_again, TABLE),
    "append-only": (sent_again, APPEND_ONLY),
}
NAMES_OF_EXTRAS = frozenset(extra.name for extra in EXTRAS)


def world(kind: str, seed: int = 0, *, filtered: bool = False, enabled: frozenset[str] = NAMES_OF_EXTRAS) -> World:
    make, table = KINDS[kind]
    maker = Maker()
    feed = make(maker, seed)
    warehouse = Warehouse(_assembly(table.append_only, enabled, filtered))
    return World(maker, feed, FakeApi({"jobs": feed}), warehouse, table, filtered, enabled)


# What can happen to a world. Each step shows its values when Hypothesis reports a history that fails.


@frozen
class Append:
    n: int

    def __call__(self, world: World) -> None:
        world.feed.append(self.n)


@frozen
class Change:
    n: int
    resend: bool
    """Send them again just as they were."""

    def __call__(self, world: World) -> None:
        if not world.table.append_only:
            world.maker.resend = self.resend
            world.feed.change(min(self.n, len(world.feed.records())))
            world.maker.resend = False


@frozen
class PageSize:
    n: int

    def __call__(self, world: World) -> None:
        world.page_size = self.n


@frozen
class Switch:
    name: str

    def __call__(self, world: World) -> None:
        world.enabled = world.enabled ^ {self.name}


@frozen
class Sync:
    def __call__(self, world: World) -> None:
        world.sync()
        world.check()
        world.check_at_rest()


@frozen
class CrashAtOperation:
    number: int
    after: bool
    rolled_back: bool

    def __call__(self, world: World) -> None:
        if not world.crash(operation=self.number, after=self.after):
            world.check()
        elif self.rolled_back:
            world.warehouse.roll_back()


@frozen
class CrashAtCheckpoint:
    """Right before a checkpoint takes effect, when everything that it covers is on its way."""

    number: int

    def __call__(self, world: World) -> None:
        if not world.crash(operation=self.number, kind="checkpoint"):
            world.check()


@frozen
class CrashAtRequest:
    number: int
    rolled_back: bool

    def __call__(self, world: World) -> None:
        if not world.crash(request=self.number):
            world.check()
        elif self.rolled_back:
            world.warehouse.roll_back()


@frozen
class SyncWhileMoving:
    """Records change and come while the sync reads; extra tables still fit the source table as it then is."""

    request: int
    n: int

    def __call__(self, world: World) -> None:
        def move(number: int) -> None:
            if number == self.request:
                Change(self.n, resend=False)(world)
                Append(self.n)(world)

        world.api.on_request = move
        world.sync()
        world.api.on_request = None
        assert_exact(world.assembly, world.warehouse)


Step = Callable[[World], None]

few = st.integers(1, 8)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Append, few),
    st.builds(Change, few, st.booleans()),
    st.builds(PageSize, st.sampled_from([1, 3, 5, 50])),
    st.builds(Switch, st.sampled_from(sorted(NAMES_OF_EXTRAS))),
    st.builds(Sync),
    st.builds(CrashAtOperation, st.integers(0, 25), st.booleans(), st.booleans()),
    st.builds(CrashAtCheckpoint, st.integers(0, 3)),
    st.builds(CrashAtRequest, st.integers(0, 8), st.booleans()),
    st.builds(SyncWhileMoving, st.integers(0, 5), few),
)


@pytest.mark.parametrize("filtered", [False, True], ids=["all", "filtered"])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(
    seed=st.integers(0, 1000),
    enabled=st.frozensets(st.sampled_from(sorted(NAMES_OF_EXTRAS))),
    history=st.lists(steps, min_size=1, max_size=12),
)
def test_every_finished_sync_leaves_exact_tables(
    kind: str, filtered: bool, seed: int, enabled: frozenset[str], history: Sequence[Step]
) -> None:
    subject = world(kind, seed, filtered=filtered, enabled=enabled)
    for step in history:
        step(subject)
    subject.sync()
    subject.check()
    subject.check_at_rest()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(
    seed=st.integers(0, 1000),
    rounds=st.lists(st.tuples(st.integers(1, 3), st.sampled_from([5, 50]), st.integers(0, 1)), min_size=2, max_size=6),
)
def test_records_come_between_syncs_that_crash_before_a_checkpoint(
    kind: str, seed: int, rounds: Sequence[tuple[int, int, int]]
) -> None:
    """Rows went out that the state knows nothing of, and the values that it knows may be back by the next sync."""
    subject = world(kind, seed)
    for n, page_size, checkpoint in rounds:
        Append(n)(subject)
        PageSize(page_size)(subject)
        CrashAtCheckpoint(checkpoint)(subject)
    Append(1)(subject)
    Sync()(subject)


@pytest.mark.parametrize("rolled_back", [False, True], ids=["arrived", "rolled back"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_at_any_operation_leaves_no_trace(kind: str, rolled_back: bool) -> None:
    """Stop before and after each operation of a first and of a second sync; the feed moves before the next one, or not."""
    for after, second, moves in product([False, True], repeat=3):
        number = 0
        while _recovers(kind, number, after=after, second=second, moves=moves, rolled_back=rolled_back):
            number += 1
        assert number >= 6  # the second sync of the append-only feed is the shortest


def _recovers(kind: str, number: int, *, after: bool, second: bool, moves: bool, rolled_back: bool) -> bool:
    """Whether there was an operation of this number to crash at; what follows the crash is checked either way."""
    subject = world(kind, filtered=True)
    Append(23)(subject)
    if second:
        subject.sync()
        _move(subject)
    crashed = subject.crash(operation=number, after=after)
    if rolled_back:
        subject.warehouse.roll_back()
    if moves:
        _move(subject)
    Sync()(subject)
    return crashed


@pytest.mark.parametrize("seconds", [0.0, 0.02], ids=["fast", "read ahead"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_at_any_request_leaves_no_trace(kind: str, seconds: float) -> None:
    requests = 0
    while True:
        subject = world(kind, filtered=True)
        subject.api.seconds = seconds
        Append(23)(subject)
        crashed = subject.crash(request=requests)
        _move(subject)
        Sync()(subject)
        if not crashed:
            break
        requests += 1
    assert requests == 5  # pages of five


def _move(subject: World) -> None:
    Change(3, resend=False)(subject)
    Append(3)(subject)


@pytest.mark.parametrize("kind", KINDS)
def test_enabling_an_extra_table_makes_it_from_what_was_synced_before(kind: str) -> None:
    subject = world(kind, enabled=frozenset({"names"}))
    Append(23)(subject)
    Sync()(subject)
    assert not subject.warehouse.live("regions")
    Switch("regions")(subject)
    Sync()(subject)
    assert subject.warehouse.live("regions")
    assert sum(row["jobs"] for row in subject.warehouse.live("regions").values()) == sum(
        record["region"] is not None for record in subject.feed.records()
    )


def test_an_append_only_feed_is_read_from_the_cursor_on() -> None:
    subject = world("append-only")
    Append(23)(subject)
    subject.sync()
    before = len(subject.api.requests)
    Append(4)(subject)
    subject.sync()
    assert [request.params.get("cursor") for request in subject.api.requests[before:]] == ["20", "25"]
    subject.check()


def test_a_feed_that_changes_is_read_on_and_only_differences_are_sent() -> None:
    subject = world("moved to the tail", enabled=frozenset({"regions"}))
    Append(23)(subject)
    subject.sync()
    before = len(subject.api.requests)
    subject.feed.append(1)
    region = subject.feed.records()[-1]["region"]
    log = subject.sync()
    assert [request.params.get("cursor") is None for request in subject.api.requests[before:]] == [False]
    assert [operation.data["region"] for operation in subject.warehouse.on("regions")] == [region] * (region is not None)
    assert not any("reading the whole feed" in line for line in log.infos)
    subject.check()


def test_a_feed_of_which_nothing_is_kept_is_read_whole_and_only_differences_are_sent() -> None:
    subject = world("moved to the tail", enabled=frozenset({"regions"}))
    Append(23)(subject)
    subject.sync()
    del subject.warehouse.state["row_values"]
    before = len(subject.api.requests)
    subject.feed.append(1)
    region = subject.feed.records()[-1]["region"]
    log = subject.sync()
    assert [request.params.get("cursor") is None for request in subject.api.requests[before:]] == [True] + [False] * 4
    assert [operation.data["region"] for operation in subject.warehouse.on("regions")] == [region] * (region is not None)
    assert any("reading the whole feed, because of regions" in line for line in log.infos)
    subject.check()


def test_a_record_that_comes_twice_in_an_append_only_feed_is_an_error() -> None:
    subject = world("append-only")
    Append(12)(subject)
    subject.feed.change(12)
    with pytest.raises(ConnectorError, match=r"jobs: record job\d+ came twice .* Take append_only out of the table"):
        subject.sync()


# One example for each way in which a table could be left wrong.


@define
class Script:
    """A feed that serves what a test writes down."""

    records: list[Record]

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        start = int(cursor or 0)
        stop = start + page_size
        more = stop < len(self.records)
        return FeedPage([dict(record) for record in self.records[start:stop]], str(stop) if more else None, more)


@define
class Scripted:
    """A dataset whose feed is written down; `sync` takes the plugin's parts, as these may change between syncs."""

    table: Table
    records: list[Record]
    warehouse: Warehouse
    page_size: int = 2

    def sync(self, *extras: Aggregate | Dimension, transforms: Sequence[Transform] = (), crash: int | None = None) -> ListLog:
        assembly = self.assembly(*extras, transforms=transforms)
        self.warehouse.crash_at(crash)
        try:
            log = run(
                assembly,
                self.warehouse,
                FakeApi({self.table.name: Script(self.records)}),
                self.page_size,
                checkpoints=CheckpointPolicy(records=2, share=0.0),
            )
        finally:
            self.warehouse.crash_at(None)
        assert_exact(assembly, self.warehouse)
        return log

    def crash(self, number: int, *extras: Aggregate | Dimension, transforms: Sequence[Transform] = ()) -> None:
        """A sync that stops right before operation *number* takes effect."""
        with pytest.raises(Crash):
            self.sync(*extras, transforms=transforms, crash=number)

    def assembly(self, *extras: Aggregate | Dimension, transforms: Sequence[Transform] = ()) -> Assembly:
        return assemble([plugin(self.table, transforms=transforms, extra_tables=extras)])

    def column(self, table: str, column: str) -> list[Any]:
        return [row[column] for _, row in sorted(self.warehouse.live(table).items())]


def scripted(records: list[Record], *, append_only: bool = False, **columns: str) -> Scripted:
    table = Table("jobs", "/jobs", "jobs", ("id",), {"id": "LONG", "hidden": "BOOLEAN", **columns}, append_only)
    return Scripted(table, records, Warehouse(assemble([plugin(table)])))


HIDE = Transform("hide", lambda record: None if record.get("hidden") else record)


def test_a_record_left_out_now_is_deleted_although_the_feed_is_one_page() -> None:
    """A feed of one page has no cursor, so its state looks like that of a first sync."""
    data = scripted([{"id": 1}, {"id": 2}])
    data.sync(transforms=[HIDE])
    data.records[0]["hidden"] = True
    data.sync(transforms=[HIDE])
    assert data.column("jobs", "id") == [2]


def test_a_record_left_out_after_a_crash_before_the_first_checkpoint_is_deleted() -> None:
    data = scripted([{"id": number} for number in (1, 2, 3)])
    data.crash(1, transforms=[HIDE])
    data.records[0]["hidden"] = True
    data.sync(transforms=[HIDE])
    assert data.column("jobs", "id") == [2, 3]


@pytest.mark.parametrize("page_size", [2, 10], ids=["another page", "the same page"])
def test_a_record_left_out_later_in_the_same_first_sync_is_deleted(page_size: int) -> None:
    workers = Aggregate("workers", by=("worker",), measures={"n": count()})
    records: list[Record] = [{"id": number, "worker": "A"} for number in (1, 2, 3)]
    data = scripted([*records, {"id": 1, "worker": "A", "hidden": True}], worker="STRING")
    data.page_size = page_size
    data.sync(workers, transforms=[HIDE])
    assert data.column("jobs", "id") == [2, 3]
    assert data.column("workers", "n") == [2]


def test_a_record_is_left_out_by_its_key_as_it_was_sent() -> None:
    """The key of a LONG column is a whole number in a delete as it is in an upsert."""
    data = scripted([{"id": number} for number in (1, 2, 3)])
    data.sync(transforms=[HIDE])
    data.records.append({"id": 3, "hidden": True})
    data.sync(transforms=[HIDE])
    assert data.warehouse.on("jobs")[-1].data == {"id": 3}
    assert data.column("jobs", "id") == [1, 2]


def test_a_record_is_left_out_by_the_key_that_a_transform_gave_it() -> None:
    lower = Transform("lower", lambda record: {**record, "id": record["id"].lower()})
    workers = Aggregate("workers", by=("worker",), measures={"n": count()})
    data = scripted([{"id": "A", "worker": "X"}, {"id": "B", "worker": "X"}], id="STRING", worker="STRING")
    data.sync(workers, transforms=[lower, HIDE])
    data.records.append({"id": "B", "worker": "X", "hidden": True})
    data.sync(workers, transforms=[lower, HIDE])
    assert data.column("jobs", "id") == ["a"]


def test_a_filter_that_is_new_takes_records_of_the_last_page_out_of_totals() -> None:
    """Append-only: the last page is read again, and what the filter takes out of it no longer counts."""
    tasks = Aggregate("tasks", by=("worker",), measures={"n": count()})
    records = [{"id": number, "worker": worker} for number, worker in enumerate(["A", "A", "A", "B"])]
    data = scripted(records, append_only=True, worker="STRING")
    data.sync(tasks)
    data.sync(tasks, transforms=[Transform("no_last_page", lambda record: None if record["id"] >= 2 else record)])
    assert data.warehouse.live("tasks") == {("A",): {"worker": "A", "n": 2}}


@pytest.mark.parametrize("append_only", [False, True], ids=["whole feed", "append-only"])
def test_a_value_that_goes_and_comes_back_over_a_crash(append_only: bool) -> None:
    """The row sent right before the crash is not the one that the state knows, although the next one would be."""
    state = Dimension("states", key=("worker",), columns=("status",), newest="at")
    records = [{"id": number, "worker": "A", "status": "on", "at": number} for number in range(3)]
    data = scripted(records, append_only=append_only, worker="STRING", status="STRING", at="LONG")
    data.page_size = 10
    data.sync(state)
    data.records.append({"id": 3, "worker": "A", "status": "off", "at": 3})
    closing = _operations_until(data, "states", state)
    data.crash(closing, state)
    assert data.column("states", "status") == ["off"]
    data.records.append({"id": 4, "worker": "A", "status": "on", "at": 4})
    data.sync(state)
    assert data.column("states", "status") == ["on"]


def test_a_total_that_comes_back_over_a_crash() -> None:
    balance = Aggregate("balances", by=("worker",), measures={"sum": total("amount")})
    records: list[Record] = [{"id": number, "worker": "A", "amount": 1} for number in range(3)]
    data = scripted(records, append_only=True, worker="STRING", amount="LONG")
    data.page_size = 10
    data.sync(balance)
    data.records.append({"id": 3, "worker": "A", "amount": 5})
    data.crash(_operations_until(data, "balances", balance), balance)
    assert data.column("balances", "sum") == [8]
    data.records.append({"id": 4, "worker": "A", "amount": -5})
    data.sync(balance)
    assert data.column("balances", "sum") == [3]


def test_totals_half_made_anew_when_the_page_size_changes() -> None:
    """Append-only: a smaller page makes checkpoints within what was one page, and then a crash and the larger page again."""
    balance = Aggregate("balances", by=("worker",), measures={"sum": total("amount")})
    records: list[Record] = [{"id": number, "worker": "A", "amount": 1} for number in range(8)]
    data = scripted(records, append_only=True, worker="STRING", amount="LONG")
    data.page_size = 10
    data.sync(balance)
    for number in range(12):
        data.page_size = 2
        with suppress(Crash):
            data.sync(balance, crash=number)
        data.page_size = 10
        data.sync(balance)
        assert data.column("balances", "sum") == [8], f"crash before operation {number}"


def test_a_whole_read_that_crashes_and_is_not_wanted_any_more() -> None:
    """Old versions went out again, and the cursor of the state lies behind their newer ones: the sync must not go on there."""
    tasks = Aggregate("tasks", by=("worker",), measures={"n": count()})
    records = [{"id": number, "worker": "A"} for number in (1, 2, 3, 4)] + [{"id": 1, "worker": "B"}, {"id": 5, "worker": "A"}]
    data = scripted([*records, {"id": 6, "worker": "A"}], worker="STRING")
    data.sync()
    data.crash(2, tasks)  # the old version of record 1 has arrived
    data.sync()
    assert data.column("jobs", "worker") == ["B", "A", "A", "A", "A", "A"]


def _operations_until(data: Scripted, table: str, *extras: Aggregate | Dimension) -> int:
    """How many operations a sync of the same data makes up to and with the last one on *table*."""
    twin = Warehouse(data.assembly(*extras))
    twin.state = data.warehouse.state
    run(
        data.assembly(*extras),
        twin,
        FakeApi({data.table.name: Script(data.records)}),
        data.page_size,
        checkpoints=CheckpointPolicy(records=2, share=0.0),
    )
    return 1 + max(number for number, operation in enumerate(twin.operations) if operation.table == table)


@pytest.mark.parametrize("append_only", [False, True], ids=["whole feed", "append-only"])
def test_another_grouping_replaces_every_row_wherever_the_first_sync_of_it_crashes(append_only: bool) -> None:
    by_worker = Aggregate("tasks", by=("worker",), measures={"n": count()})
    by_site = Aggregate("tasks", by=("site",), measures={"n": count()})
    records: list[Record] = [{"id": number, "worker": "AB"[number % 2], "site": "XYZ"[number % 3]} for number in range(7)]
    whole = scripted(list(records), append_only=append_only, worker="STRING", site="STRING")
    whole.sync(by_worker)
    whole.sync(by_site)
    for number in range(len(whole.warehouse.operations)):
        data = scripted(list(records), append_only=append_only, worker="STRING", site="STRING")
        data.sync(by_worker)
        data.crash(number, by_site)
        data.sync(by_site)
        assert data.warehouse.live("tasks").keys() == {("X",), ("Y",), ("Z",)}, f"crash before operation {number}"


@pytest.mark.parametrize("append_only", [False, True], ids=["whole feed", "append-only"])
def test_whole_numbers_and_floats_of_one_value_are_one_group(append_only: bool) -> None:
    """An API may write 1.0 in one answer and 1 in another; to a DOUBLE column they are the same."""
    levels = Aggregate("levels", by=("level",), measures={"n": count()})
    data = scripted([{"id": 2, "level": 1.0}, {"id": 3, "level": 2}], append_only=append_only, level="DOUBLE")
    data.sync(levels)
    data.records += [{"id": 1, "level": 1}, {"id": 4, "level": 2.0}]
    data.sync(levels)
    assert {key: row["n"] for key, row in data.warehouse.live("levels").items()} == {(1.0,): 2, (2.0,): 2}


def test_ties_between_newest_records_go_to_the_greatest_key() -> None:
    names = Dimension("names", key=("worker",), columns=("name",), newest="at")
    records: list[Record] = [
        {"id": 9, "worker": "A", "name": "nine", "at": 5},
        {"id": 10, "worker": "A", "name": "ten", "at": 5},
        {"id": 11, "worker": "A", "name": "null", "at": None},
        {"id": 12, "worker": "B", "name": "only", "at": None},
        {"id": 13, "worker": None, "name": "nobody", "at": 9},
    ]
    data = scripted(records, worker="STRING", name="STRING", at="LONG")
    log = data.sync(names)
    assert data.column("names", "name") == ["ten", "only"]
    assert log.warnings == ["names: 1 record has no worker and counts in no row of it."]


# Several tables in one dataset.


def _table(name: str) -> Table:
    return Table(name, f"/{name}", name, ("id",), dict(TABLE.columns))


@pytest.mark.parametrize("crash", range(0, 90, 3))
def test_two_tables_keep_a_state_each(crash: int) -> None:
    first, second = _table("jobs"), _table("visits")
    feeds: dict[str, Feed | LogFeed] = {"jobs": sent_again(Maker(), 1), "visits": moved(Maker(), 2)}
    feeds["jobs"].append(13)
    feeds["visits"].append(17)
    assembly = assemble([plugin(first, second, transforms=[RATE], extra_tables=EXTRAS)], enable=["regions"])
    warehouse = Warehouse(assembly)
    warehouse.crash_at(crash)
    try:
        run(assembly, warehouse, FakeApi(feeds), 5, checkpoints=OFTEN)
    except Crash:
        feeds["jobs"].change(2)
        feeds["visits"].change(2)
    warehouse.crash_at(None)
    run(assembly, warehouse, FakeApi(feeds), 5, checkpoints=OFTEN)
    for name, feed in feeds.items():
        assert {key: _without_rate(row) for key, row in warehouse.live(name).items()} == {
            (record["id"],): record for record in feed.records()
        }
    assert_exact(assembly, warehouse)
    assert warehouse.state["tables"].keys() == {"jobs", "visits"}
    assert warehouse.state["tables"]["jobs"]["next_cursor"] != warehouse.state["tables"]["visits"]["next_cursor"]


def test_a_dataset_grows_from_one_table_to_two() -> None:
    feeds = {"jobs": sent_again(Maker(), 1), "visits": sent_again(Maker(), 2)}
    feeds["jobs"].append(12)
    feeds["visits"].append(7)
    small, large = assemble([plugin(_table("jobs"))]), assemble([plugin(_table("jobs"), _table("visits"))])
    warehouse = Warehouse(small)
    run(small, warehouse, FakeApi(feeds), 5)
    assert places(warehouse.state) == {"next_cursor": "10"}
    api = FakeApi(feeds)
    run(large, warehouse, api, 5)
    assert [(request.path, request.params.get("cursor")) for request in api.requests] == [
        ("/jobs", "10"),
        ("/visits", None),
        ("/visits", "5"),
    ]
    assert places(warehouse.state) == {"tables": {"jobs": {"next_cursor": "10"}, "visits": {"next_cursor": "5"}}}
    assert len(warehouse.live("jobs")) == 12
    assert len(warehouse.live("visits")) == 7


# The state.


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_over_the_limit_is_an_error_that_names_the_extra_table(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = world(kind)
    Append(60)(subject)
    subject.sync()
    subject.sync()  # at rest
    kept, _ = (subject.warehouse.state.pop(name, None) for name in ("row_values", "row_digests"))
    size = len(json.dumps(subject.warehouse.state))
    monkeypatch.setattr("connector_core.engine.state.LIMIT", size + 20 + (60 if kept else 0))
    subject.sync()
    assert (subject.warehouse.state.get("row_values") or {}).keys() == ({"of", "over"} if kept else set())  # it has given way
    assert "row_digests" not in subject.warehouse.state
    monkeypatch.setattr("connector_core.engine.state.LIMIT", size - 1)
    with pytest.raises(DeliveryError, match=r"balances has \d rows, .* Disable that extra table, or group by fewer columns"):
        subject.sync()
    monkeypatch.undo()
    Sync()(subject)


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_in_the_state_nor_in_the_log(kind: str) -> None:
    subject = world(kind)
    Append(23)(subject)
    log = subject.sync()
    everything = json.dumps([subject.warehouse.operations, log.infos, log.warnings])
    assert "a-key-that-stays-home" not in everything
    assert subject.warehouse.count("checkpoint") > 3


@pytest.mark.parametrize("append_only", [False, True], ids=["whole feed", "append-only"])
def test_a_total_beyond_the_largest_float_is_an_error_that_names_the_table(append_only: bool) -> None:
    totals = Aggregate("totals", by=("worker",), measures={"sum": total("amount")})
    data = scripted(
        [{"id": number, "worker": "A", "amount": 1.7e308} for number in range(3)],
        append_only=append_only,
        amount="DOUBLE",
        worker="STRING",
    )
    with pytest.raises(PluginError, match=r"totals: .*beyond the largest 64-bit float"):
        data.sync(totals)


def test_a_date_made_by_a_transform_rides_in_the_state_as_a_text() -> None:
    newest_day = Aggregate("days", by=("worker",), measures={"last": maximum("day")})
    as_date = Transform("as_date", lambda record: {**record, "day": date.fromisoformat(record["day"])})
    data = scripted(
        [{"id": number, "worker": "A", "day": f"2026-01-0{number}"} for number in range(1, 8)],
        append_only=True, worker="STRING", day="NAIVE_DATE",
    )  # fmt: skip
    for _ in range(2):
        data.sync(newest_day, transforms=[as_date])
        assert data.column("days", "last") == [date(2026, 1, 7)]
        assert "2026-01-06" in json.dumps(data.warehouse.state)  # before the last page, which is read again
