"""Two ways in which rows go: keys that an answer lists as deleted, and tables that each sync replaces."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from itertools import count as numbers
from itertools import product
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from connector_build.api.feed import Feed, FeedPage
from connector_build.sample import Sample
from connector_core import (
    Aggregate,
    Csv,
    Dimension,
    KeysetPaginator,
    Parent,
    PluginError,
    Record,
    Request,
    SourceError,
    Table,
    Transform,
    UnexpectedAnswer,
    count,
    hashed,
    only_if,
    rename,
    total,
)
from connector_core.derived.applying import LeftOut
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.records import RowMaker
from connector_core.engine.rows_of_pages import PART
from connector_core.engine.spool import Spool
from connector_core.plugin.assembly import Assembly, assemble
from connector_core.source.pagination import Page
from support import Crash, FakeApi, ListLog, Warehouse, assert_exact, plugin, run

COLUMNS = {"id": "LONG", "site": "STRING", "team": "STRING", "hours": "DOUBLE", "at": "LONG", "version": "LONG"}
DELETED = Table("jobs", "/jobs", "jobs", ["id"], COLUMNS, deleted="meta.deleted")
COMPOUND = evolve(DELETED, primary_key=["site", "id"])
REPLACED = Table("jobs", "/jobs", "jobs", ["id"], COLUMNS, full_refresh=True, may_be_empty=True)
TEAMS = Aggregate("teams", by=["team"], measures={"n": count(), "hours": total("hours")})
NEWEST = Dimension("newest", key=["team"], columns=["site"], newest="at")
EXTRAS = (TEAMS, NEWEST)
WORKED = Transform("worked", only_if("hours", bool))
OFTEN = CheckpointPolicy(records=3, share=0.0)


def job(number: int, team: str | None = "A", hours: float | None = 1.0, at: int = 0) -> Record:
    return {"id": number, "site": "XY"[number % 2], "team": team, "hours": hours, "at": at, "version": 0}


def synced(assembly: Assembly, warehouse: Warehouse, api: FakeApi, page_size: int = 3, log: ListLog | None = None) -> ListLog:
    return run(assembly, warehouse, api, page_size, log, checkpoints=OFTEN)


# A list of deleted keys


@define
class Changes:
    """A feed of changes by cursor, which is a position. A page lists the keys whose last change in it is that they went."""

    key: Sequence[str] = ("id",)
    log: list[tuple[Record, bool]] = field(factory=list)
    """Record and whether it is there, oldest change first."""

    def put(self, *records: Record) -> None:
        self.log += [(record, True) for record in records]

    def remove(self, *records: Record) -> None:
        self.log += [(record, False) for record in records]

    def live(self) -> dict[tuple[Any, ...], Record]:
        newest = {tuple(record[name] for name in self.key): (record, there) for record, there in self.log}
        return {key: record for key, (record, there) in newest.items() if there}

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        start = int(cursor or 0)
        more = start + page_size < len(self.log)
        records = [dict(record) for record, there in self.log[start : start + page_size] if there]
        return FeedPage(records, str(start + page_size) if more else None, more)

    def gone(self, cursor: str | None, page_size: int) -> list[Any]:
        start = int(cursor or 0)
        newest = {tuple(record[name] for name in self.key): there for record, there in self.log[start : start + page_size]}
        keys = [key for key, there in newest.items() if not there]
        return [key[0] if len(key) == 1 else dict(zip(self.key, key, strict=True)) for key in keys]


class Deleting(FakeApi):
    """An API whose answers list under meta.deleted what is gone: what *listed* says, or else what its feed does."""

    listed: Any = ...

    def fetch(self, table: Table, request: Request) -> Page:
        page = super().fetch(table, request)
        feed = self.feeds[table.name]
        assert isinstance(feed, Changes)
        gone = feed.gone(request.params.get("cursor"), int(request.params["page_size"]))
        return evolve(page, body={**page.body, "meta": {"deleted": gone if self.listed is ... else self.listed}})


def deleting(table: Table = DELETED, *records: Record) -> tuple[Changes, Deleting]:
    feed = Changes(table.primary_key)
    feed.put(*records)
    return feed, Deleting({"jobs": feed})


@pytest.mark.parametrize("table", [DELETED, COMPOUND], ids=["single key", "compound key"])
def test_rows_that_are_listed_go_and_the_log_counts_them(table: Table) -> None:
    feed, api = deleting(table, *(job(number) for number in range(5)))
    assembly = assemble([plugin(table)])
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    feed.remove(job(1), job(2))
    feed.put(job(7))
    log = synced(assembly, warehouse, api)
    assert warehouse.live("jobs") == feed.live()
    keys = [{name: job(number)[name] for name in table.primary_key} for number in (1, 2)]
    assert [operation.data for operation in warehouse.operations if operation.kind == "delete"] == keys
    assert log.infos[-1] == "jobs: 3 records from 2 pages, 2 unchanged, 2 left out (deleted 2)"
    log = synced(assembly, warehouse, api)
    assert log.infos[-1] == "jobs: 1 record from 1 page, 1 unchanged, 1 left out (deleted 1)"  # the last page once more
    assert [operation.kind for operation in warehouse.operations] == ["checkpoint"]
    assert warehouse.live("jobs") == feed.live()


def test_an_object_will_do_for_a_key_of_one_column() -> None:
    _, api = deleting(DELETED, job(1), job(2))
    api.listed = [{"id": 2, "at": 9}]
    assembly = assemble([plugin(DELETED)])
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    assert warehouse.live("jobs").keys() == {(1,)}
    assert warehouse.operations[2].data == {"id": 2}


def test_a_key_that_is_both_in_the_records_and_listed_is_deleted() -> None:
    _, api = deleting(DELETED, job(1), job(2))
    api.listed = [2]
    assembly = assemble([plugin(DELETED, extra_tables=EXTRAS)])
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    assert [(operation.kind, operation.data["id"]) for operation in warehouse.on("jobs")] == [
        ("upsert", 1),
        ("upsert", 2),
        ("delete", 2),
    ]
    assert warehouse.live("teams") == {("A",): {"team": "A", "n": 1, "hours": 1.0}}


def test_a_deleted_record_that_is_made_again_is_there() -> None:
    feed, api = deleting(DELETED, job(1), job(2))
    assembly = assemble([plugin(DELETED)])
    warehouse = Warehouse(assembly)
    for change in (feed.remove, feed.put, feed.remove, feed.put):
        change(job(2))
        synced(assembly, warehouse, api, 1)
        assert warehouse.live("jobs") == feed.live()


@pytest.mark.parametrize("listed", [None, []])
def test_nothing_is_listed(listed: Any) -> None:
    _, api = deleting(DELETED, job(1))
    api.listed = listed
    assembly = assemble([plugin(DELETED)])
    warehouse = Warehouse(assembly)
    log = synced(assembly, warehouse, api)
    assert warehouse.count("delete") == 0
    assert log.infos[-1] == "jobs: 1 record from 1 page"


def test_no_list_at_all_is_an_error_unless_the_table_says_that_it_may_be_left_out() -> None:
    table = evolve(DELETED, deleted="elsewhere.deleted")
    _, api = deleting(table, job(1))
    assembly = assemble([plugin(table)])
    with pytest.raises(UnexpectedAnswer, match=r"no elsewhere\.deleted \(did you mean meta\.deleted\?\)"):
        synced(assembly, Warehouse(assembly), api)
    assembly = assemble([plugin(evolve(table, nothing="missing"))])
    warehouse = Warehouse(assembly)
    assert synced(assembly, warehouse, api).infos[-1] == "jobs: 1 record from 1 page"
    assert warehouse.live("jobs").keys() == {(1,)}


@pytest.mark.parametrize(
    ("table", "listed", "message"),
    [
        *((DELETED, wrong, f"meta.deleted is {wrong!r}, where a list of keys was expected")
          for wrong in ("12", {"id": 1}, 5, True, False, 0, "")),
        *((DELETED, [2, wrong], f"meta.deleted lists {wrong!r}, which is no key of jobs (id)")
          for wrong in (None, [1], {}, {"id": None}, {"id": [1]}, {"id": {"a": 1}}, {"at": 1})),
        *((COMPOUND, [wrong], f"meta.deleted lists {wrong!r}, which is no key of jobs (site, id)")
          for wrong in (1, "X", ["X", 1], {"id": 1}, {"site": "X", "id": None})),
    ],
)  # fmt: skip
def test_what_is_no_list_of_keys_is_an_error(table: Table, listed: Any, message: str) -> None:
    _, api = deleting(table, job(1), job(2))
    api.listed = listed
    assembly = assemble([plugin(table)])
    warehouse = Warehouse(assembly)
    with pytest.raises(UnexpectedAnswer, match=re.escape(f"jobs: GET /jobs?page_size=3: {message}")):
        synced(assembly, warehouse, api)
    assert warehouse.count("delete") == warehouse.count("checkpoint") == 0


def test_a_sync_of_nothing_but_deletes_makes_checkpoints() -> None:
    feed, api = deleting(DELETED, *(job(number) for number in range(9)))
    assembly = assemble([plugin(DELETED)])
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    feed.remove(*(job(number) for number in range(9)))
    synced(assembly, warehouse, api)
    assert warehouse.live("jobs") == {}
    assert warehouse.count("checkpoint") == 5  # without digests, behind the last page of before, two more, and the last


@pytest.mark.parametrize("append_only", [False, True], ids=["may change", "declared append-only"])
def test_extra_tables_follow_where_the_feed_is_read_on(append_only: bool) -> None:
    table = evolve(DELETED, append_only=append_only)
    feed, api = deleting(table, job(1), job(2, "B"), job(3))
    assembly = assemble([plugin(table, extra_tables=EXTRAS)])
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api, 2)
    feed.remove(job(1), job(2))
    log = synced(assembly, warehouse, api, 2)
    assert not any("reading the whole feed" in line for line in log.infos)
    assert warehouse.live("teams") == {("A",): {"team": "A", "n": 1, "hours": 1.0}}
    assert_exact(assembly, warehouse)


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (hashed("id", salt="s"), r"key changes id, by which the API says what is deleted \(jobs: meta.deleted\). Leave the key"),
        (rename({"id": "number", "number": "id"}), "key changes id, by which the API says what is deleted"),
    ],
)
def test_a_transform_that_changes_the_key_is_refused(transform: Callable[[Record], Record], message: str) -> None:
    changing = Transform("key", transform)
    with pytest.raises(PluginError, match=rf"^test-plugin \(connector_transforms\): {message}"):
        assemble([plugin(DELETED, transforms=[changing])])
    assert assemble([plugin(evolve(DELETED, deleted=None), transforms=[changing])])
    assert assemble([plugin(DELETED, transforms=[changing])], disable=["key"])
    assert assemble([plugin(DELETED, transforms=[Transform("key", hashed("team", salt="s"))])])


@pytest.mark.parametrize("deleted", ["", ".", "a.", ".a", "a..b", 7, ["deleted"]])
def test_what_is_no_place_for_a_list(deleted: Any) -> None:
    with pytest.raises(PluginError, match=r"^Table jobs: deleted is .*\. Name the key of the answer that holds the keys"):
        evolve(DELETED, deleted=deleted)


def test_csv_has_no_place_for_a_list() -> None:
    with pytest.raises(PluginError, match=r"so it cannot list under meta\.deleted what is gone"):
        evolve(DELETED, records="@", format=Csv())


@pytest.mark.parametrize("extras", [(), EXTRAS], ids=["incremental", "with extra tables"])
def test_a_crash_at_any_operation_loses_no_delete(extras: Sequence[Aggregate | Dimension]) -> None:
    assembly = assemble([plugin(DELETED, extra_tables=extras)])
    for number in numbers():
        ended = [_recovers(assembly, number, after, rolled_back) for after, rolled_back in product([False, True], repeat=2)]
        if all(ended):
            break
    assert number > 8


def _recovers(assembly: Assembly, number: int, after: bool, rolled_back: bool) -> bool:
    """Whether a sync ends before operation *number*; what the next one leaves is checked."""
    feed, api = deleting(DELETED, *(job(each, "AB"[each % 2]) for each in range(8)))
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    feed.remove(job(1), job(5), job(7))
    feed.put(job(2, "B"), job(5, "C"))
    feed.remove(job(2), job(4))
    warehouse.crash_at(number, after=after)
    ended = True
    try:
        synced(assembly, warehouse, api)
    except Crash:
        ended = False
        if rolled_back:
            warehouse.roll_back()
    warehouse.crash_at(None)
    synced(assembly, warehouse, api)
    assert warehouse.live("jobs") == feed.live()
    assert_exact(assembly, warehouse)
    return ended


# Each gets a version: two pages of the same records would be taken for a feed that never ends.
jobs = st.builds(
    job,
    st.integers(0, 5),
    st.sampled_from(["A", "B", None]),
    st.sampled_from([None, 0.5, 2]),
    st.integers(0, 2),
)
crashes = st.none() | st.tuples(st.booleans(), st.integers(0, 20), st.booleans(), st.booleans())
"""At a request, or at an operation; its number, after it took effect, and whether what came behind the checkpoint is lost."""


def crash(assembly: Assembly, warehouse: Warehouse, api: FakeApi, page_size: int, where: tuple[bool, int, bool, bool]) -> None:
    """A sync that stops there, if it gets there."""
    at_request, number, after, rolled_back = where
    if at_request:
        api.crash_at(number)
    else:
        warehouse.crash_at(number, after=after)
    try:
        synced(assembly, warehouse, api, page_size)
    except Crash:
        if rolled_back:
            warehouse.roll_back()
    finally:
        api.crash_at(None)
        warehouse.crash_at(None)


@pytest.mark.parametrize("extras", [(), EXTRAS], ids=["incremental", "with extra tables"])
@pytest.mark.parametrize("table", [DELETED, COMPOUND], ids=["single key", "compound key"])
@given(
    rounds=st.lists(st.tuples(st.lists(st.tuples(jobs, st.booleans()), max_size=8), st.integers(1, 6), crashes), max_size=5),
)
def test_whatever_came_and_went_and_wherever_a_sync_crashed(
    table: Table, extras: Sequence[Aggregate | Dimension], rounds: list[Any]
) -> None:
    feed, api = deleting(table)
    assembly = assemble([plugin(table, extra_tables=extras)])
    warehouse = Warehouse(assembly)
    for changes, page_size, where in [*rounds, ([], 3, None)]:
        for record, there in changes:
            (feed.put if there else feed.remove)({**record, "version": len(feed.log)})
        if where is not None:
            crash(assembly, warehouse, api, page_size, where)
            continue
        synced(assembly, warehouse, api, page_size)
        assert warehouse.live("jobs") == feed.live()
        assert_exact(assembly, warehouse)


# A table that is replaced


@define
class Current:
    """A feed of what there is now, and of nothing else; cursors are positions. With *at_once*, a page has everything."""

    records: list[Record] = field(factory=list)
    at_once: bool = False

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        start = int(cursor or 0)
        end = len(self.records) if self.at_once else start + page_size
        more = end < len(self.records)
        return FeedPage(deepcopy(self.records[start:end]), str(end) if more else None, more)

    def live(self) -> dict[tuple[Any, ...], Record]:
        return {(record["id"],): record for record in self.records}


@define
class Replacing:
    """A table that is replaced, between a feed and a warehouse."""

    feed: Current
    api: FakeApi
    assembly: Assembly
    warehouse: Warehouse

    def sync(self, page_size: int = 3) -> ListLog:
        return synced(self.assembly, self.warehouse, self.api, page_size)

    def check(self) -> None:
        assert self.warehouse.live("jobs") == self.feed.live()
        assert_exact(self.assembly, self.warehouse)


def replacing(
    *records: Record, transforms: Sequence[Transform] = (), extras: Sequence[Aggregate | Dimension] = (), seconds: float = 0.0
) -> Replacing:
    feed = Current(list(records))
    assembly = assemble([plugin(REPLACED, transforms=transforms, extra_tables=extras)])
    return Replacing(feed, FakeApi({"jobs": feed}, seconds=seconds), assembly, Warehouse(assembly))


def test_rows_that_the_api_does_not_send_any_more_are_gone() -> None:
    subject = replacing(*map(job, range(8)))
    subject.sync()
    subject.check()
    subject.feed.records = [job(7, "B"), job(9), job(1)]
    log = subject.sync()
    subject.check()
    assert [operation.kind for operation in subject.warehouse.operations] == ["truncate", *["upsert"] * 3, "checkpoint"]
    assert (log.warnings, log.infos[-1]) == ([], "jobs: 3 records from 1 page")


def test_each_sync_reads_from_the_start_wherever_the_paginator_rests() -> None:
    feed = Current([job(1)])
    api = FakeApi({"jobs": feed})
    assembly = assemble([plugin(REPLACED, paginator=KeysetPaginator("after", "id", "page_size", stop=[lambda *_: True]))])
    warehouse = Warehouse(assembly)
    for _ in range(2):
        synced(assembly, warehouse, api)
        assert warehouse.state == {"has_rows": True}
    assert [dict(request.params) for request in api.requests] == [{"page_size": "3"}] * 2


@pytest.mark.parametrize("seconds", [0.0, 0.02], ids=["fast", "read ahead"])
def test_a_failure_at_any_request_leaves_the_rows_of_before(seconds: float) -> None:
    subject = replacing(*map(job, range(8)), extras=EXTRAS, seconds=seconds)
    subject.sync()
    before, state, teams = subject.warehouse.live("jobs"), subject.warehouse.state, subject.warehouse.live("teams")
    subject.feed.records = [job(number, "B") for number in range(5, 16)]
    for failing in range(4):

        def fail(number: int, failing: int = failing) -> None:
            if number == failing:
                raise SourceError("503")

        subject.api.on_request = fail
        with pytest.raises(SourceError):
            subject.sync()
        assert subject.warehouse.operations == []
        assert subject.warehouse.live("jobs") == before
        assert subject.warehouse.live("teams") == teams
        assert subject.warehouse.state == state
    subject.api.on_request = None
    subject.sync()
    subject.check()
    assert subject.warehouse.live("jobs").keys() == {(number,) for number in range(5, 16)}


@pytest.mark.parametrize(
    ("last", "error"),
    [({"site": "X"}, UnexpectedAnswer), ({**job(1), "team": 0}, PluginError)],
    ids=["no key", "a transform that fails"],
)
def test_a_last_record_that_cannot_be_stored_leaves_the_rows_of_before(last: Record, error: type[Exception]) -> None:
    subject = replacing(*map(job, range(4)), transforms=[Transform("lower", lambda row: {**row, "team": row["team"].lower()})])
    subject.sync()
    before = subject.warehouse.live("jobs")
    subject.feed.records = [*map(job, range(10, 14)), last]
    with pytest.raises(error):
        subject.sync()
    assert subject.warehouse.operations == []
    assert subject.warehouse.live("jobs") == before


@pytest.mark.parametrize("extras", [(), EXTRAS], ids=["alone", "with extra tables"])
def test_after_a_crash_at_any_operation_the_next_sync_makes_it_right(extras: Sequence[Aggregate | Dimension]) -> None:
    crashed = 0
    for number, (after, rolled_back, first) in product(range(14), product([False, True], repeat=3)):
        subject = replacing(*(job(each, "AB"[each % 2]) for each in range(5)), extras=extras)
        if not first:
            subject.sync()
            subject.feed.records = [job(each, "BC"[each % 2]) for each in range(3, 8)]
        subject.warehouse.crash_at(number, after=after)
        with suppress(Crash):
            subject.sync()
            crashed -= 1
        crashed += 1
        if rolled_back:
            subject.warehouse.roll_back()
        subject.warehouse.crash_at(None)
        subject.feed.records.pop()
        subject.sync()
        subject.check()
    assert crashed >= 7 * 8


def test_an_empty_feed_empties_a_table_that_may_be_empty() -> None:
    subject = replacing(*map(job, range(4)), extras=EXTRAS)
    subject.sync()
    subject.feed.records = []
    log = subject.sync()
    assert log.warnings == []
    assert "jobs: no record came, so every row of the table is deleted, as the plugin allows." in log.infos
    assert subject.warehouse.live("jobs") == subject.warehouse.live("teams") == {}
    assert subject.warehouse.count("truncate", "jobs") == 1
    subject.feed.records = [job(1)]
    assert subject.sync().warnings == []
    subject.check()


def test_what_a_transform_leaves_out_is_not_there() -> None:
    records = [job(1), job(2, hours=None), job(3), job(3, hours=None), job(4, hours=None), job(4)]
    subject = replacing(*records, transforms=[WORKED], extras=EXTRAS)
    for _ in range(2):
        log = subject.sync(2)
        assert subject.warehouse.live("jobs") == {(1,): job(1), (4,): job(4)}
        assert_exact(subject.assembly, subject.warehouse)
        assert log.infos[-1] == "jobs: 3 records from 3 pages, 3 left out (worked 3)"
    subject.feed.records = [job(1, hours=None)]
    subject.sync()
    assert subject.warehouse.live("jobs") == subject.warehouse.live("teams") == {}


def test_only_what_differs_is_sent_of_an_extra_table() -> None:
    subject = replacing(job(1, "A"), job(2, "B"), job(3, "C"), extras=[TEAMS])
    subject.sync()
    subject.feed.records = [job(1, "A"), job(2, "B"), job(4, "B")]
    subject.sync()
    sent = [(operation.kind, operation.data["team"]) for operation in subject.warehouse.on("teams")]
    assert sorted(sent) == [("delete", "C"), ("upsert", "B")]
    subject.check()


@pytest.mark.parametrize("in_memory", [100, 8_000_000], ids=["on disk", "in memory"])
@pytest.mark.parametrize("at_once", [False, True], ids=["many pages", "one page"])
def test_a_feed_larger_than_one_part(at_once: bool, in_memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_core.engine.spool.IN_MEMORY", in_memory)
    n = 2 * PART + 7
    subject = replacing(*(job(number, "AB"[number % 2]) for number in range(n)), extras=[TEAMS])
    subject.feed.records += [job(3, "C"), job(n - 1, "C")]  # the last version counts, in whichever part it comes
    subject.feed.at_once = at_once
    log = subject.sync(200)
    subject.check()
    assert subject.warehouse.live("teams")[("C",)]["n"] == 2
    assert [operation.data["id"] for operation in subject.warehouse.on("jobs")[1:]] == [*range(n), 3, n - 1]
    assert log.infos[-1] == f"jobs: {n + 2} records from {'1 page' if at_once else '11 pages'}"


def test_a_list_of_deleted_keys_in_a_table_that_is_replaced() -> None:
    feed, api = deleting(DELETED, job(1), job(2), job(3), job(4))
    feed.remove(job(4))
    assembly = assemble([plugin(evolve(DELETED, full_refresh=True), extra_tables=EXTRAS)])
    warehouse = Warehouse(assembly)
    for _ in range(2):
        synced(assembly, warehouse, api)
        assert warehouse.live("jobs") == feed.live()
        assert_exact(assembly, warehouse)


def test_the_tables_beside_it_are_left_alone() -> None:
    kept, replaced = evolve(REPLACED, name="kept", full_refresh=False), REPLACED
    feeds = {"kept": Current([job(1), job(2)]), "jobs": Current([job(1), job(2)])}
    assembly = assemble([plugin(kept, replaced)])
    warehouse = Warehouse(assembly)
    for feed in feeds.values():
        synced(assembly, warehouse, FakeApi(feeds))
        feed.records = [job(2)]
    synced(assembly, warehouse, FakeApi(feeds))
    assert warehouse.live("kept").keys() == {(1,), (2,)}
    assert warehouse.live("jobs").keys() == {(2,)}


@pytest.mark.parametrize("extras", [(), EXTRAS], ids=["alone", "with extra tables"])
@pytest.mark.parametrize("filtered", [False, True], ids=["all", "filtered"])
@given(rounds=st.lists(st.tuples(st.lists(jobs, max_size=8), st.integers(1, 6), crashes), max_size=5))
def test_whatever_the_feed_holds_and_wherever_a_sync_crashed(
    filtered: bool, extras: Sequence[Aggregate | Dimension], rounds: list[Any]
) -> None:
    subject = replacing(transforms=[WORKED] if filtered else [], extras=extras)
    for records, page_size, where in [*rounds, ([job(1), job(2)], 2, None)]:
        subject.feed.records = [{**record, "version": version} for version, record in enumerate(records)]
        before = subject.warehouse.live("jobs")
        if where is not None:
            crash(subject.assembly, subject.warehouse, subject.api, page_size, where)
            lost = where[-1]
            assert lost or subject.warehouse.count("truncate", "jobs") or subject.warehouse.live("jobs") == before
            continue
        subject.sync(page_size)
        passing = {key: record for key, record in subject.feed.live().items() if record["hours"] or not filtered}
        assert subject.warehouse.live("jobs") == passing
        assert_exact(subject.assembly, subject.warehouse)


def test_a_table_that_is_no_longer_replaced_is_read_from_its_start_after_a_crash() -> None:
    feed = Feed("jobs", Sample(6, lambda number, _: {"id": number, "worker": "A"}, lambda record, _: record))
    api = FakeApi({"jobs": feed})
    plain, replaced = (assemble([plugin(table)]) for table in (evolve(REPLACED, full_refresh=False), REPLACED))
    warehouse = Warehouse(plain)
    run(plain, warehouse, api, 2)
    assert warehouse.state
    warehouse.crash_at(5)  # two checkpoints, the truncate, two rows
    with pytest.raises(Crash):
        run(replaced, warehouse, api, 2)
    warehouse.crash_at(None)
    assert len(warehouse.live("jobs")) == 2
    run(plain, warehouse, api, 2)
    assert len(warehouse.live("jobs")) == 6


def test_a_child_is_deleted_by_its_own_part_of_the_key() -> None:
    table = Table(
        "shifts",
        "/{parent.id}",
        "items",
        ["crew", "n"],
        {"crew": "LONG", "n": "LONG"},
        deleted="gone",
        parent=Parent("crews", {"crew": "id"}),
    )
    maker = RowMaker(table, (), table.declared, ListLog())
    assert maker.gone([2, {"n": 3}, {"crew": 7, "n": 4}], "here", {"crew": 1}) == [
        ((1, 2), LeftOut({"crew": 1, "n": 2}, "deleted")),
        ((1, 3), LeftOut({"crew": 1, "n": 3}, "deleted")),
        ((7, 4), LeftOut({"crew": 7, "n": 4}, "deleted")),
    ]
    with pytest.raises(UnexpectedAnswer, match="which is no key of shifts"):
        maker.gone([None], "here", {"crew": 1})


def test_a_record_that_is_nested_too_deeply_to_be_put_aside() -> None:
    deep: Any = 1
    for _ in range(50_000):  # Python 3.13 takes some thousand levels more than 3.11
        deep = [deep]
    with Spool() as spool, pytest.raises(UnexpectedAnswer, match="nested too deeply to be put aside"):
        spool.put([(("1",), {"id": 1, "more": deep})])
