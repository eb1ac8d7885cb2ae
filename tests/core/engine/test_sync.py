"""One sync after the other: checkpoints, states of other connectors, cursors that are gone or go round, reading ahead, memory."""

import itertools
import json
import math
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import define, field
from hypothesis import example, given
from hypothesis import strategies as st

import connector_fts
from connector_build.api.feed import Feed, FeedPage, UnknownCursor
from connector_build.sample import Sample
from connector_core import (
    Aggregate,
    ConfigurationError,
    FunctionPaginator,
    Page,
    PluginError,
    Request,
    SourceError,
    Table,
    Transform,
    UnexpectedAnswer,
    count,
    total,
)
from connector_core.basics.errors import InternalError, RequestRejected
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.journal import PAGES_TOLD
from connector_core.engine.sync import sync
from connector_core.http.guards import LoopGuard
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.tables import Record
from connector_core.source.values import in_form
from connector_fts.sample import SAMPLE
from places import TESTS
from support import CONFIGURATION, Crash, FakeApi, ListLog, LogFeed, Warehouse, assert_exact, places, plugin, run

FTS = assemble([Plugin("connector-fts", connector_fts)])
FTS_TECHNICIANS = assemble([Plugin("connector-fts", connector_fts)], enable=["fts_technicians", "cost_per_hour"])

TABLE = Table("jobs", "/jobs", "jobs", ("id",), {"id": "STRING", "worker": "STRING", "hours": "DOUBLE"})
JOBS = assemble([plugin(TABLE)])
WORKERS = Aggregate("workers", by=("worker",), measures={"jobs": count(), "hours": total("hours")})


@define
class Numbered:
    """A feed of n records made on demand, so that it holds none of them; cursors are positions."""

    n: int

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        start = int(cursor or 0)
        stop = min(start + page_size, self.n)
        more = stop < self.n
        return FeedPage([_job(number) for number in range(start, stop)], str(stop) if more else None, more)


def _job(number: int) -> Record:
    return {"id": f"job{number:07d}", "worker": f"worker{number % 50}", "hours": number / 8}


# A first sync, and those after it.


def stored(feed: Any) -> dict[tuple[str], dict[str, Any]]:
    """Primary key → row, as the destination has to have what *feed* holds."""
    return {(record["record_id"],): in_form(connector_fts.RECORDS.declared, record) for record in feed.records()}


def test_750_records_arrive_with_a_checkpoint_every_100() -> None:
    feed = Feed("fts", SAMPLE)
    api, warehouse = FakeApi({"fts_records": feed}), Warehouse(FTS)
    run(FTS, warehouse, api)
    assert warehouse.count("upsert") == 750
    assert warehouse.count("upsert") + warehouse.count("checkpoint") == len(warehouse.operations)
    assert _rows_at_checkpoints(warehouse) == [100, 200, 300, 400, 500, 600, 700, 750]
    assert warehouse.live("fts_records") == stored(feed)
    assert places(warehouse.state) == {"next_cursor": api.requests[-1].params["cursor"]}
    assert [places(operation.data) for operation in warehouse.operations if operation.kind == "checkpoint"] == [
        {"next_cursor": request.params["cursor"]} for request in [*api.requests[1:], api.requests[-1]]
    ]


def _rows_at_checkpoints(warehouse: Warehouse) -> list[int]:
    rows = list(itertools.accumulate(operation.kind == "upsert" for operation in warehouse.operations))
    return [sent for sent, operation in zip(rows, warehouse.operations, strict=True) if operation.kind == "checkpoint"]


def test_the_log_says_what_is_asked_for_and_saved() -> None:
    feed = Feed("fts", SAMPLE)
    api = FakeApi({"fts_records": feed})
    log = run(FTS, Warehouse(FTS), api)
    expected = ["Fetching data with params: {'page_size': 100}"]
    for number, request in enumerate(api.requests[1:], 1):
        expected.append(f"Checkpoint saved after {number * 100} records")
        expected.append(f"Fetching data with params: {{'page_size': 100, 'cursor': '{request.params['cursor']}'}}")
    assert log.infos == [
        *expected,
        "No more pages to fetch",
        "Checkpoint saved after 750 records",
        "fts_records: 750 records from 8 pages",
    ]
    assert log.warnings == []


def test_a_long_sync_names_its_first_pages_only() -> None:
    log = run(JOBS, Warehouse(JOBS), FakeApi({"jobs": Numbered(10_000)}))
    told = sum("Fetching data" in line for line in log.infos)
    assert PAGES_TOLD <= told < 100, "and then one a second, on a machine however slow"
    assert len(log.infos) < 130


def test_the_second_sync_reads_the_last_page_again_and_what_was_appended() -> None:
    feed = Feed("fts", SAMPLE)
    api, warehouse = FakeApi({"fts_records": feed}), Warehouse(FTS)
    run(FTS, warehouse, api)
    first = warehouse.state
    for _ in range(2):
        run(FTS, warehouse, api)
        assert warehouse.state == first, "at rest"
        assert [operation.kind for operation in warehouse.operations] == ["checkpoint"], "no row has changed"
    feed.append(120)
    feed.change(10)
    before = len(api.requests)
    run(FTS, warehouse, api)
    assert len(api.requests) - before == 2
    assert api.requests[before].params == {"page_size": "100", "cursor": first["next_cursor"]}
    assert warehouse.live("fts_records") == stored(feed)


@pytest.mark.parametrize("sizes", [(100, 7, 200), (1, 200, 30), (200, 1, 200)])
def test_another_page_size_loses_nothing(sizes: Sequence[int]) -> None:
    feed = Feed("fts", Sample(40, SAMPLE.make, SAMPLE.change))
    warehouse = Warehouse(FTS)
    for size in sizes:
        run(FTS, warehouse, FakeApi({"fts_records": feed}), size)
        assert warehouse.live("fts_records") == stored(feed)
        feed.append(35)
        feed.change(4)


@pytest.mark.parametrize("n", [0, 1, 99, 100, 101, 200])
def test_a_feed_of_any_length_ends_well(n: int) -> None:
    warehouse = Warehouse(JOBS)
    for extra in (0, 0, 1, 100):
        n += extra
        run(JOBS, warehouse, FakeApi({"jobs": Numbered(n)}))
        assert len(warehouse.live("jobs")) == n
        assert warehouse.operations[-1].kind == "checkpoint"


def test_a_feed_that_ends_with_an_empty_page_rests_there() -> None:
    """Some APIs give a cursor with every page that has records, so the last page is empty until something is appended."""

    @define
    class Endless:
        n: int

        def page(self, cursor: str | None, page_size: int) -> FeedPage:
            start = int(cursor or 0)
            records = [_job(number) for number in range(start, min(start + page_size, self.n))]
            return FeedPage(records, str(start + len(records)) if records else None, bool(records))

    feed, warehouse = Endless(12), Warehouse(JOBS)
    run(JOBS, warehouse, FakeApi({"jobs": feed}), 6)
    assert places(warehouse.state) == {"next_cursor": "12"}
    run(JOBS, warehouse, FakeApi({"jobs": feed}), 6)
    assert [operation.kind for operation in warehouse.operations] == ["checkpoint"]
    feed.n = 15
    run(JOBS, warehouse, FakeApi({"jobs": feed}), 6)
    assert [operation.data["id"] for operation in warehouse.on("jobs")] == ["job0000012", "job0000013", "job0000014"]


# Taking over from a connector that was written by hand.


@pytest.mark.parametrize("name", ["next_cursor", "cursor"])
def test_the_cursor_of_a_hand_written_connector_is_taken_over(name: str) -> None:
    api, warehouse = FakeApi({"jobs": Numbered(50)}), Warehouse(JOBS)
    warehouse.state = {name: "40"}
    log = run(JOBS, warehouse, api, 20)
    assert [dict(request.params) for request in api.requests] == [{"page_size": "20", "cursor": "40"}]
    assert len(warehouse.live("jobs")) == 10
    assert places(warehouse.state) == {"next_cursor": "40"}
    assert log.warnings == []


@pytest.mark.parametrize(
    "state", [{}, {"next_cursor": None}, {"cursor": None}, {"cursor": None, "next_cursor": None}, {"next_cursor": ""}]
)
def test_a_state_without_a_cursor_starts_from_the_first_page(state: dict[str, Any]) -> None:
    api, warehouse = FakeApi({"jobs": Numbered(50)}), Warehouse(JOBS)
    warehouse.state = state
    run(JOBS, warehouse, api, 20)
    assert "cursor" not in api.requests[0].params
    assert len(warehouse.live("jobs")) == 50


def test_an_old_cursor_beside_a_null_one_is_taken_over() -> None:
    api, warehouse = FakeApi({"jobs": Numbered(50)}), Warehouse(JOBS)
    warehouse.state = {"cursor": "40", "next_cursor": None}
    run(JOBS, warehouse, api, 20)
    assert api.requests[0].params["cursor"] == "40"


def test_a_state_of_unknown_keys_means_a_whole_read_with_a_warning() -> None:
    api, warehouse = FakeApi({"jobs": Numbered(50)}), Warehouse(JOBS)
    warehouse.state = {"last_sync": "2025-01-01", "offset": 40}
    log = run(JOBS, warehouse, api, 20)
    assert len(warehouse.live("jobs")) == 50
    assert log.warnings == ["jobs: the state (last_sync, offset) says nothing about where to go on. Reading the whole feed."]
    assert places(warehouse.state) == {"next_cursor": "40"}
    assert run(JOBS, warehouse, api, 20).warnings == []


# Cursors that the API no longer knows.


@pytest.mark.parametrize("assembly", [FTS, FTS_TECHNICIANS], ids=["plain", "with totals"])
def test_a_rejected_cursor_means_one_whole_read(assembly: Assembly) -> None:
    feed = Feed("fts", Sample(250, SAMPLE.make, SAMPLE.change))
    api, warehouse = FakeApi({"fts_records": feed}), Warehouse(assembly)
    run(assembly, warehouse, api)
    feed.change(20)
    feed.expire_cursors()
    log = run(assembly, warehouse, api)
    refused = [line for line in log.warnings if "no longer knows the cursor" in line]
    assert len(refused) == 1
    assert "Reading the whole feed once." in refused[0]
    live = warehouse.live("fts_records")
    assert live.keys() == {(record["record_id"],) for record in feed.records()}
    assert 200 <= warehouse.count("upsert", "fts_records") < 250  # of the last page, only what changed
    assert_exact(assembly, warehouse)
    assert not any("cursor" in line for line in run(assembly, warehouse, api).warnings)


def test_a_rejected_cursor_of_an_append_only_feed_counts_nothing_twice() -> None:
    table = Table("jobs", "/jobs", "jobs", ("id",), dict(TABLE.columns), append_only=True)
    assembly = assemble([plugin(table, extra_tables=[WORKERS])])
    warehouse = Warehouse(assembly)
    run(assembly, warehouse, FakeApi({"jobs": Numbered(230)}))

    class Forgetful(Numbered):
        def page(self, cursor: str | None, page_size: int) -> FeedPage:
            if cursor == "200":
                raise UnknownCursor(cursor)
            return super().page(cursor, page_size)

    log = run(assembly, warehouse, FakeApi({"jobs": Forgetful(235)}), 150)
    assert len(log.warnings) == 1
    assert len(warehouse.live("jobs")) == 235
    assert_exact(assembly, warehouse)


@pytest.mark.parametrize("synced_before", [False, True], ids=["first sync", "later sync"])
def test_a_rejection_later_in_the_sync_is_loud(synced_before: bool) -> None:
    feed = Feed("fts", SAMPLE)
    api, warehouse = FakeApi({"fts_records": feed}), Warehouse(FTS)
    if synced_before:
        run(FTS, warehouse, api)
        feed.append(400)
    api.on_request = lambda number: feed.expire_cursors() if number == 3 else None
    with pytest.raises(RequestRejected, match="unknown cursor"):
        run(FTS, warehouse, api)
    again = 50 if synced_before else 0  # of the last page, which did not change
    assert _rows_at_checkpoints(warehouse) == [each - again for each in (100, 200, 300)]
    api.on_request = None
    log = run(FTS, warehouse, api)
    assert len(log.warnings) == 1
    assert warehouse.live("fts_records") == stored(feed)


def test_a_cursor_that_is_rejected_once_only_hides_no_newer_version() -> None:
    """The whole read that follows sends old versions again; when it fails, the next sync must not go on behind the new ones."""
    sample = Sample(12, lambda number, _: _job(number), lambda old, _: {**old, "worker": "somebody else"})
    feed = LogFeed(sample, "id")
    feed.change(12)
    api, warehouse = FakeApi({"jobs": feed}), Warehouse(JOBS)
    run(JOBS, warehouse, api, 5)

    def fail(number: int) -> None:
        if number == 0:
            raise RequestRejected("404: a moment of maintenance")
        if number == 2:
            raise SourceError("503: and then a longer one")

    api.on_request = fail
    with pytest.raises(SourceError):
        run(JOBS, warehouse, api, 5)
    api.on_request = None
    run(JOBS, warehouse, api, 5)
    assert warehouse.live("jobs") == {(record["id"],): record for record in feed.records()}


def test_a_rejection_of_the_very_first_request_without_a_cursor_is_loud() -> None:
    def refuse(number: int) -> None:
        raise RequestRejected("400: page_size is too large")

    warehouse = Warehouse(JOBS)
    with pytest.raises(RequestRejected, match="page_size is too large"):
        run(JOBS, warehouse, FakeApi({"jobs": Numbered(5)}, on_request=refuse))
    warehouse.state = {"next_cursor": "5"}
    with pytest.raises(RequestRejected, match="page_size is too large"):
        run(JOBS, warehouse, FakeApi({"jobs": Numbered(5)}, on_request=refuse))
    assert warehouse.state == {"next_cursor": "5"}, "a request that is refused either way costs no cursor"


# Checkpoints.


@define
class Sink:
    """Operations that keep nothing but when the checkpoints came."""

    clock: Callable[[], float] = field(default=lambda: 0.0)
    rows: int = 0
    checkpoints: list[tuple[int, float]] = field(factory=list)

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.rows += 1

    def delete(self, table: str, keys: dict[str, Any]) -> None: ...

    def truncate(self, table: str) -> None: ...

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.checkpoints.append((self.rows, self.clock()))


@pytest.mark.parametrize("seconds_a_page", [0.05, 1.0, 25.0, 70.0])
def test_checkpoints_are_few_in_a_long_sync_and_never_far_apart(seconds_a_page: float) -> None:
    n, now = 100_000, [1000.0]

    def tick(_: int) -> None:
        now[0] += seconds_a_page

    api, sink = FakeApi({"jobs": Numbered(n)}, on_request=tick), Sink(lambda: now[0])
    sync(JOBS, CONFIGURATION | {"page_size": "200"}, {}, sink, ListLog(), api.engine(clock=sink.clock))
    assert sink.rows == n

    policy = CheckpointPolicy()
    # Every 100 records up to 1000, then at most one each time that what was delivered has grown by a ninth, and the closing one.
    by_records = 1 / policy.share + math.log(n * policy.share / policy.records, 1 / (1 - policy.share))
    by_time = seconds_a_page * n / 200 / policy.seconds
    assert len(sink.checkpoints) <= by_records + by_time + 2
    moments = [1000.0, *(moment for _, moment in sink.checkpoints)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert max(gaps) < policy.seconds + 2 * seconds_a_page
    rows = [0, *(sent for sent, _ in sink.checkpoints)]
    assert all(later - earlier <= max(200, policy.share * later + 200) for earlier, later in itertools.pairwise(rows))


@given(since=st.integers(0, 10**7), more=st.integers(0, 10**7), seconds=st.floats(0, 59.9))
def test_a_checkpoint_is_due_after_a_tenth_of_the_sync_but_not_before_100_records(since: int, more: int, seconds: float) -> None:
    delivered = since + more
    assert CheckpointPolicy().due(since, delivered, seconds) == (since >= 100 and since * 10 >= delivered)
    assert CheckpointPolicy().due(since, delivered, 60.0)


# Feeds that go in circles.


@define
class Circle:
    """A feed whose cursors lead into a loop: 1, 2, …, tail, then round and round."""

    tail: int
    length: int

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        position = int(cursor or 0)
        following = position + 1 if position + 1 < self.tail + self.length else self.tail
        return FeedPage([_job(position)], str(following), True)


@pytest.mark.parametrize("seconds", [0.0, 0.02], ids=["fast", "read ahead"])
@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("tail", [1, 4])
def test_a_loop_of_cursors_is_an_error(tail: int, length: int, seconds: float) -> None:
    def stop(number: int) -> None:
        assert number < 100, "this would never end"

    api, warehouse = FakeApi({"jobs": Circle(tail, length)}, seconds=seconds, on_request=stop), Warehouse(JOBS)
    for _ in range(2):  # the second sync starts in the loop, or right before it
        before = len(api.requests)
        with pytest.raises(UnexpectedAnswer, match="leads back to a page that this sync has already read"):
            run(JOBS, warehouse, api)
        assert len(api.requests) - before <= 4 * (tail + length)


@given(tail=st.integers(0, 60), length=st.integers(1, 60))
def test_any_loop_is_noticed_soon(tail: int, length: int) -> None:
    guard = LoopGuard()
    circle = itertools.chain(range(tail), itertools.cycle(range(tail, tail + length)))
    with pytest.raises(UnexpectedAnswer):
        _check_all(guard, itertools.islice(circle, 4 * (tail + length)))


@given(st.lists(st.integers(), unique=True, max_size=300))
def test_requests_that_all_differ_are_no_loop(numbers: list[int]) -> None:
    _check_all(LoopGuard(), numbers)


def _check_all(guard: LoopGuard, numbers: Iterable[int]) -> None:
    for number in numbers:
        guard.check(Request("/jobs", {"cursor": str(number)}))


# Reading ahead.


class Watched(Warehouse):
    """A warehouse that notes from which thread it is called, and calls back at each row."""

    def __init__(self, assembly: Assembly) -> None:
        super().__init__(assembly)
        self.threads: set[int] = set()
        self.on_row: Callable[[], object] = lambda: None

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.threads.add(threading.get_ident())
        self.on_row()
        super().upsert(table, data)

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.threads.add(threading.get_ident())
        super().checkpoint(state)


def test_the_next_page_of_a_slow_api_is_fetched_while_rows_are_delivered() -> None:
    asked = [threading.Event() for _ in range(5)]
    api = FakeApi({"jobs": Numbered(50)}, seconds=0.01, on_request=lambda number: asked[number].set())
    warehouse = Watched(JOBS)

    def wait_for_the_next_page() -> None:
        page = warehouse.count("upsert") // 10
        assert page == 4 or asked[page + 1].wait(5), "nobody asks for the next page while this one is delivered"

    warehouse.on_row = wait_for_the_next_page
    run(JOBS, warehouse, api, 10)
    assert len(api.requests) == 5
    assert warehouse.threads == {threading.get_ident()}


def test_at_most_one_page_is_fetched_ahead() -> None:
    api, warehouse = FakeApi({"jobs": Numbered(100)}, seconds=0.01), Watched(JOBS)
    ahead: set[int] = set()
    warehouse.on_row = lambda: ahead.add(len(api.requests) - warehouse.count("upsert") // 10 - 1)
    run(JOBS, warehouse, api, 10)
    assert ahead <= {0, 1}


def test_the_next_page_of_a_fast_api_is_fetched_when_it_is_due() -> None:
    api, warehouse = FakeApi({"jobs": Numbered(50)}, seconds=0.009), Watched(JOBS)
    fetched: list[tuple[int, int]] = []
    threads: set[int] = set()
    warehouse.on_row = lambda: fetched.append((warehouse.count("upsert"), len(api.requests)))
    api.on_request = lambda _: threads.add(threading.get_ident())
    run(JOBS, warehouse, api, 10)
    assert fetched == [(rows, rows // 10 + 1) for rows in range(50)]
    assert threads == warehouse.threads == {threading.get_ident()}


@pytest.mark.parametrize("seconds", [0.0, 0.05], ids=["fast", "read ahead"])
@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (SourceError, SourceError),
        (ConfigurationError, ConfigurationError),
        (Crash, Crash),
        (RuntimeError, InternalError),
    ],
)
def test_an_error_while_fetching_fails_the_sync_after_what_was_delivered(
    error: type[BaseException], raised: type[BaseException], seconds: float
) -> None:
    def fail(number: int) -> None:
        if number == 3:
            raise error("the third page after the first")

    api, warehouse = FakeApi({"jobs": Numbered(600)}, seconds=seconds, on_request=fail), Watched(JOBS)
    with pytest.raises(raised, match="the third page"):
        run(JOBS, warehouse, api)
    assert _rows_at_checkpoints(warehouse) == [100, 200, 300]
    assert warehouse.threads == {threading.get_ident()}
    api.on_request = None
    run(JOBS, warehouse, api)
    assert len(warehouse.live("jobs")) == 600


def test_no_thread_is_left_behind() -> None:
    run(JOBS, Warehouse(JOBS), FakeApi({"jobs": Numbered(50)}, seconds=0.05), 10)
    readers = [thread for thread in threading.enumerate() if thread.name.startswith("next-page")]
    for thread in readers:
        thread.join(5)
    assert not any(thread.is_alive() for thread in readers)


# Fields that nobody declared.


def test_an_undeclared_float_is_named_once() -> None:
    sample = Sample(30, lambda number, _: {"id": str(number), "ratio": number / 3, "note": "n", "n": 5}, lambda old, _: old)
    warehouse = Warehouse(JOBS)
    log = run(JOBS, warehouse, FakeApi({"jobs": LogFeed(sample, "id")}), 7)
    assert log.warnings == [
        'jobs: field ratio is not declared and may lose digits on its way (0.0). Add "ratio": "DOUBLE" to the table\'s columns.'
    ]
    assert warehouse.live("jobs")[("3",)]["ratio"] == 1.0


def test_a_misspelt_setting_is_named() -> None:
    log = ListLog()
    configuration = CONFIGURATION | {"page_size": "50", "pagesize": "50"}
    sync(JOBS, configuration, {}, Warehouse(JOBS), log, FakeApi({"jobs": Numbered(5)}).engine())
    assert log.warnings == [
        "Configuration: pagesize is not a setting of this connector (did you mean page_size?) and is ignored."
    ]


# Memory.

TOTALS = assemble([plugin(TABLE, extra_tables=[WORKERS])])
SEEN = assemble([plugin(Table("jobs", "/jobs", "jobs", ("id",), dict(TABLE.columns), append_only=True), extra_tables=[WORKERS])])
MB = 1_000_000


@pytest.mark.parametrize("assembly", [JOBS, TOTALS, SEEN], ids=["plain", "whole feed", "append-only"])
def test_memory_does_not_grow_with_the_feed(assembly: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the ledger is full, and more rows are there than are kept; what is held until then is a constant."""
    monkeypatch.setattr("connector_core.engine.ledger.IN_MEMORY", 20_000)
    monkeypatch.setattr("connector_core.engine.row_values.MOST", 10_000)
    monkeypatch.setattr("connector_core.engine.row_values.PART", 500)
    _peak(assembly, 200)  # whatever is imported and cached at first
    small, large = _peak(assembly, 2_000), _peak(assembly, 20_000)
    assert large - small < 0.5 * MB, f"{small / MB:.2f} MB, then {large / MB:.2f} MB"


def _peak(assembly: Assembly, n: int) -> int:
    """Python's own memory at its highest; what SQLite takes is not in it."""
    api, sink = FakeApi({"jobs": Numbered(n)}, seconds=0.02), Sink()
    tracemalloc.start()
    try:
        sync(assembly, CONFIGURATION, {}, sink, ListLog(), api.engine())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads what Linux says about the process")
def test_the_ledger_takes_no_more_than_its_cache() -> None:
    """The memory of a whole process, so with what SQLite takes: 8 MB of cache, however long the feed is once it is in there.

    Besides, what the state keeps of it: 4 MB, and as much again while it is saved.
    """
    small, large = (_resident(n) for n in (2_000, 120_000))
    assert large - small < 24 * MB, f"{small / MB:.0f} MB, then {large / MB:.0f} MB"


def _resident(n: int) -> int:
    code = (
        "import sys; sys.path[:0] = sys.argv[1].split(); import test_sync as t; "
        "import connector_core.engine.ledger as ledger; ledger.IN_MEMORY = 20_000; "
        "api = t.FakeApi({'jobs': t.Numbered(int(sys.argv[2]))}); "
        "t.sync(t.TOTALS, t.CONFIGURATION, {}, t.Sink(), t.ListLog(), api.engine()); "
        "print(t.Path('/proc/self/status').read_text())"
    )
    command = [sys.executable, "-c", code, f"{TESTS} {Path(__file__).parent}", str(n)]
    status = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


# Exact sums.

numbers = st.floats(-1e300, 1e300) | st.integers(-(2**57), 2**57) | st.none()  # so many have a sum of 64 bits


@given(values=st.lists(numbers, max_size=30), seed=st.integers())
@example(values=[2**53, 1, 0.5, 2**53 + 1], seed=0)
def test_a_total_is_the_exact_sum_rounded_once_in_any_order(values: list[float | int | None], seed: int) -> None:
    shuffle = Random(seed).shuffle  # noqa: S311 - any order will do
    present = [value for value in values if value is not None]
    exact = sum((Fraction(value) for value in present), Fraction(0))
    for _ in range(3):
        shuffle(values)
        result = _total(values)
        if not present:
            assert result is None
        elif all(isinstance(value, int) for value in present):
            assert result == exact
            assert isinstance(result, int)
        else:
            assert result == float(exact)
            assert isinstance(result, float)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=30))
def test_a_total_of_floats_is_fsum_also_when_the_state_carries_it(values: list[float]) -> None:
    assert _total(values) == math.fsum(values)
    assert _total(values, carried=True) == math.fsum(values)


def _total(values: Sequence[float | int | None], *, carried: bool = False) -> float | int | None:
    """What an aggregate makes of these values, its accumulator taken through JSON after each if it is *carried*."""
    aggregate = Aggregate("sums", by=("worker",), measures={"sum": total("hours")})
    accumulator: Any = None
    for value in values:
        accumulator = aggregate.fold(accumulator, {"worker": "A", "hours": value}, ("key",))
        accumulator = json.loads(json.dumps(accumulator)) if carried else accumulator
    if accumulator is None:
        return None
    result: float | int | None = aggregate.row(("A",), accumulator)["sum"]
    return result


def test_a_cursor_that_is_the_key_is_refused_rather_than_stored() -> None:
    """A key that the API hands out as a cursor could only go on from a state that holds it."""

    def following(request: Request, page: Page) -> Request | None:
        return None if "cursor" in request.params else request.placed("query", "cursor", CONFIGURATION["api_key"])

    assembly = assemble([plugin(JOBS.tables[0].table, paginator=FunctionPaginator(following, size_param="page_size"))])
    warehouse = Warehouse(assembly)
    with pytest.raises(PluginError, match="holds a secret, which no state may"):
        run(assembly, warehouse, FakeApi({"jobs": Numbered(500)}))
    assert CONFIGURATION["api_key"] not in str(warehouse.operations)


def test_a_page_that_comes_again_is_noticed_although_a_transform_changed_its_records() -> None:
    class Stuck:
        def page(self, cursor: str | None, page_size: int) -> FeedPage:
            return FeedPage([_job(number) for number in range(5)], str(int(cursor or 0) + 5), True)

    rate = Transform("rate", lambda record: record | {"rate": record.pop("hours")}, columns={"rate": "DOUBLE"}, removes=["hours"])
    assembly = assemble([plugin(TABLE, transforms=[rate])])
    with pytest.raises(UnexpectedAnswer, match="the API sends the same records as for the page before"):
        run(assembly, Warehouse(assembly), FakeApi({"jobs": Stuck()}), page_size=5)
