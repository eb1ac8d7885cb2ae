"""Newest first: whatever comes and changes, and wherever a sync crashes, nothing above what is known is skipped."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_core import (
    Aggregate,
    CursorPaginator,
    KeysetPaginator,
    OffsetPaginator,
    Page,
    PageNumberPaginator,
    Paginator,
    PluginError,
    Request,
    SinglePage,
    Table,
    UnexpectedAnswer,
    UntilKnown,
    count,
)
from connector_core.basics.errors import CircularFeed, StalePlace
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly, assemble
from support import Crash, FakeApi, Warehouse, assert_exact, places, plugin, run

TABLE = Table("posts", "/posts", "posts", ["id"], {"id": "LONG", "at": "STRING", "by": "STRING"})
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
Change = tuple[int, str, int]
"""Which post, by whom, and how many seconds after the change before."""


def moment(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


@define
class PostsApi:
    """Posts, last changed first, by cursors that keep their place, by keys, offsets or page numbers.

    during: number of a request of the sync → what changes before it is answered. late: seconds by which a post may come late.
    """

    posts: dict[int, tuple[int, int, str]] = field(factory=dict)
    now: int = 0
    made: int = 0
    crash_at: int | None = None
    during: dict[int, list[Change]] = field(factory=dict)
    asked: list[Request] = field(factory=list)
    pinned: list[int] = field(factory=list)

    def change(self, number: int, by: str, tick: int = 1) -> None:
        self.now += tick
        self.made += 1
        self.posts[number] = (self.now, self.made, by)

    def __enter__(self) -> "PostsApi":
        return self

    def __exit__(self, *_: object) -> None: ...

    def engine(self) -> Engine:
        return Engine(client=lambda *_: cast(Client, self), checkpoints=CheckpointPolicy(records=1))

    def fetch(self, table: Table, request: Request) -> Page:
        for change in self.during.pop(len(self.asked), ()):
            self.change(*change)
        if self.crash_at is not None and len(self.asked) >= self.crash_at:
            raise Crash
        self.asked.append(request)
        asked = request.params
        feed = sorted(self.posts.items(), key=lambda post: (post[0] in self.pinned, post[1]), reverse=True)
        places = [(at, made) for _, (at, made, _) in feed]
        behind = tuple(json.loads(asked["cursor"])) if "cursor" in asked else None
        start = int(asked.get("offset", 0)) or (int(asked.get("page", 1)) - 1) * int(asked.get("page_size", 1))
        if behind is not None:
            start = next((number for number, place in enumerate(places) if place < behind), len(feed))
        size = int(asked.get("limit") or asked.get("page_size") or 10**9)
        found = [{"id": number, "at": moment(at), "by": by} for number, (at, _, by) in feed[start : start + size]]
        more = start + size < len(feed)
        return Page({"next_cursor": json.dumps(places[start + size - 1]) if more else None, "has_more": more}, found)

    def live(self) -> dict[tuple[int], dict[str, Any]]:
        return {(n,): {"id": n, "at": moment(at), "by": by} for n, (at, _, by) in self.posts.items()}


PAGES: dict[str, Paginator] = {
    "cursor": CursorPaginator(),
    "page": PageNumberPaginator(),
    "offset": OffsetPaginator(),
    "one page": SinglePage(),
}
kinds = pytest.mark.parametrize("kind", PAGES)
AUTHORS = Aggregate("authors", ["by"], {"n": count()})


def assembled(strategy: Paginator, *extras: Aggregate) -> Assembly:
    return assemble([plugin(TABLE, extra_tables=extras, paginator=strategy)])


def synced(assembly: Assembly, warehouse: Warehouse, api: PostsApi, page_size: int, crash_at: int | None = None) -> bool:
    """One sync, which crashes at a request or not; whether it came to its end."""
    api.asked.clear()
    api.crash_at = crash_at
    try:
        run(assembly, warehouse, cast(FakeApi, api), page_size)
    except (Crash, CircularFeed):  # a page of new records between two requests pushes the same page down: loud, and once
        return False
    finally:
        api.crash_at = None
        api.during.clear()
    return True


change = st.tuples(st.integers(1, 20), st.sampled_from("AB"), st.integers(0, 2))
rounds = st.lists(
    st.fixed_dictionaries(
        {
            "before": st.lists(change, max_size=8),
            "during": st.dictionaries(st.integers(0, 5), st.lists(change, max_size=3), max_size=2),
            "crash": st.none() | st.integers(0, 6),
            "size": st.integers(1, 6),
        }
    ),
    min_size=1,
    max_size=6,
)


@kinds
@settings(max_examples=80)
@given(history=rounds)
def test_whatever_happens_the_next_quiet_sync_has_everything(kind: str, history: list[dict[str, Any]]) -> None:
    """Changes before and in the middle of syncs, which crash or not, with pages of other sizes; then a quiet sync."""
    api, assembly = PostsApi(), assembled(UntilKnown("at", PAGES[kind]))
    warehouse = Warehouse(assembly)
    for each in history:
        for one in each["before"]:
            api.change(*one)
        api.during = dict(each["during"])
        synced(assembly, warehouse, api, each["size"], each["crash"])
    assert synced(assembly, warehouse, api, 3)
    known = places(warehouse.state).get("known")
    # A sync that took up another went on below its place: what came on top since then is for the next one.
    if warehouse.live("posts") != api.live():
        assert kind == "cursor"
        assert known is None or known < max(moment(at) for at, _, _ in api.posts.values())
        assert synced(assembly, warehouse, api, 3)
    assert warehouse.live("posts") == api.live()


@kinds
def test_a_crash_at_any_request_skips_nothing(kind: str) -> None:
    for request in range(8):
        api, assembly = PostsApi(), assembled(UntilKnown("at", PAGES[kind]))
        warehouse = Warehouse(assembly)
        for number in range(1, 21):
            api.change(number, "A")
        for _ in range(3):
            synced(assembly, warehouse, api, 3, request)
            api.change(50 + request, "C")
            for _ in range(2):
                assert synced(assembly, warehouse, api, 3)
            assert warehouse.live("posts") == api.live(), f"crash at request {request}"
            for number in range(1, 15):
                api.change(number, "B")


def test_a_sync_reads_down_to_what_is_known_and_one_record_more_than_it_needs() -> None:
    api, assembly = PostsApi(), assembled(UntilKnown("at", CursorPaginator()))
    warehouse = Warehouse(assembly)
    for number in range(1, 31):
        api.change(number, "A")
    assert synced(assembly, warehouse, api, 5)
    assert len(api.asked) == 6
    assert places(warehouse.state) == {"known": moment(30)}
    api.change(3, "B")
    assert synced(assembly, warehouse, api, 5)
    assert len(api.asked) == 1
    assert places(warehouse.state) == {"known": moment(31)}
    assert synced(assembly, warehouse, api, 1)
    assert len(api.asked) == 3, "the known one again, and two that are older"


def test_the_known_mark_moves_at_the_end_of_a_read_only() -> None:
    api, assembly = PostsApi(), assembled(UntilKnown("at", CursorPaginator()))
    warehouse = Warehouse(assembly)
    for number in range(1, 11):
        api.change(number, "A")
    synced(assembly, warehouse, api, 2)
    for number in range(11, 21):
        api.change(number, "A")
    assert not synced(assembly, warehouse, api, 2, 2)
    state = places(warehouse.state)
    assert (state["known"], state["newest"]) == (moment(10), [moment(20), moment(19)])
    api.change(99, "A")  # on top of what was read
    assert synced(assembly, warehouse, api, 2)
    assert places(warehouse.state) == {"known": moment(20)}, "the top where the read began"
    assert (99,) not in warehouse.live("posts")
    assert synced(assembly, warehouse, api, 2)
    assert warehouse.live("posts") == api.live()


def test_extra_tables_are_made_from_the_whole_feed() -> None:
    api, assembly = PostsApi(), assembled(UntilKnown("at", CursorPaginator()), AUTHORS)
    warehouse = Warehouse(assembly)
    for number in range(1, 12):
        api.change(number, "AB"[number % 2])
        assert synced(assembly, warehouse, api, 3)
        assert_exact(assembly, warehouse)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_record_that_is_pinned_to_the_top_hides_nothing(size: int) -> None:
    """It is the one that is out of order: the feed is read whole, each time, and a warning says so."""
    api, assembly = PostsApi(), assembled(UntilKnown("at", PageNumberPaginator()))
    warehouse = Warehouse(assembly)
    for number in range(1, 11):
        api.change(number, "A")
    assert synced(assembly, warehouse, api, size)
    api.pinned.append(2)
    for number in range(11, 15):
        api.change(number, "B")
        assert synced(assembly, warehouse, api, size)
        assert warehouse.live("posts") == api.live()
        assert places(warehouse.state) == {}, "nothing is known of a feed that is in no order"
    api.pinned.clear()
    assert synced(assembly, warehouse, api, size)
    assert places(warehouse.state) == {"known": moment(14)}


def records(*seconds: int | None) -> list[dict[str, Any]]:
    return [{"id": number, "at": None if at is None else moment(at)} for number, at in enumerate(seconds)]


def strategy(**parts: Any) -> UntilKnown:
    return UntilKnown("at", CursorPaginator(), now=lambda: datetime(2026, 6, 1, tzinfo=UTC), **parts)


MORE = {"next_cursor": "c2", "has_more": True}


@pytest.mark.parametrize(
    ("lookback", "seconds", "ends"),
    [
        (0, (120, 110, 100, 99), False),  # one that is older may stand there by mistake
        (0, (120, 110, 100, 99, 98), True),
        (0, (100, 99, 98), True),
        (0, (120, 100, 100, 100), False),
        (0, (120, None, 99, None, 98), True),
        (0, (120, 99, 98, 121), False),  # out of order
        (10, (120, 100, 99, 98), False),
        (10, (120, 100, 89, 99, 88), True),  # within the lookback, any order
        (10, (120, 89, 88, 100), False),
    ],
)
def test_a_read_ends_with_two_records_that_are_older(lookback: int, seconds: tuple[int, ...], ends: bool) -> None:
    read = strategy(lookback=lookback)
    request = read.first(TABLE, 5, {"known": moment(100)})
    assert (read.following(request, Page(MORE, records(*seconds))) is None) == ends


def test_the_two_may_stand_on_two_pages() -> None:
    read = strategy()
    second = read.following(read.first(TABLE, 5, {"known": moment(100)}), Page(MORE, records(120, 99)))
    assert second is not None
    assert read.following(second, Page({"next_cursor": "c3", "has_more": True}, records(98))) is None


def test_a_feed_in_which_all_is_older_than_what_is_known_is_read_whole() -> None:
    """It was emptied, or its numbers begin again."""
    read = UntilKnown("id", CursorPaginator())
    first = read.first(TABLE, 5, {"known": 1000})
    with pytest.raises(StalePlace, match="the last sync had seen 1000 as the newest id, and all are older now"):
        read.following(first, Page(MORE, [{"id": 3}, {"id": 2}, {"id": 1}]))


def test_a_record_far_ahead_pushes_nothing() -> None:
    read = strategy()
    ahead = 400 * 86_400
    first = read.first(TABLE, 5, {"known": moment(100)})
    page = Page(MORE, records(ahead, 120, 99, 98))
    assert read.following(first, page) is None
    assert read.rest(first, page) == {"known": moment(120)}
    assert any("does not count as the newest" in text for text in read.remarks(first, page))
    by_id = UntilKnown("id", CursorPaginator())
    assert by_id.rest(by_id.first(TABLE, 5, {}), Page({}, [{"id": 10**6}, {"id": 7}, {"id": 6}])) == {"known": 7}


def test_what_is_out_of_order_is_named_once_and_survives_a_crash() -> None:
    read = strategy()
    first = read.first(TABLE, 5, {"known": moment(10)})
    page = Page(MORE, records(100, 90, 95))
    [text] = read.remarks(first, page)
    assert text.startswith(f"the record with id 2 has '{moment(95)}' as at, and stands below an older one")
    second = read.following(first, page)
    assert second is not None
    stored = json.loads(json.dumps(dict(read.bookmark(second))))
    assert stored["sorted"] is False
    again = read.first(TABLE, 5, stored)
    assert read.bookmark(again) == stored
    assert list(read.remarks(again, Page({}, records(80, 85)))) == []
    assert read.following(again, Page({"next_cursor": "c3", "has_more": True}, records(9, 8, 7))) is not None
    assert read.rest(again, Page({}, records(9, 8))) == {}


def test_values_that_cannot_be_compared_are_loud() -> None:
    read = strategy()
    with pytest.raises(UnexpectedAnswer, match="so at is no time that can be compared"):
        read.following(read.first(TABLE, 5, {}), Page(MORE, [{"id": 1, "at": "yesterday"}]))
    with pytest.raises(UnexpectedAnswer, match="Correct newest in the plugin's UntilKnown"):
        UntilKnown("updated", CursorPaginator()).following(read.first(TABLE, 5, {}), Page(MORE, records(1)))


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        (CursorPaginator(incremental=True), "incremental=True, which goes on behind the oldest record"),
        (KeysetPaginator("after", "id"), 'ascending keys, which begins with the oldest. Write order="descending"'),
    ],
)
def test_pages_that_cannot_be_read_so_are_refused(pages: Paginator, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        assembled(UntilKnown("at", pages))


@given(
    state=st.dictionaries(
        st.sampled_from(["known", "newest", "begun", "page", "sorted"]),
        st.none() | st.integers() | st.text() | st.lists(st.integers()),
    )
)
def test_no_state_is_too_odd(state: dict[str, Any]) -> None:
    read = strategy()
    request = read.first(TABLE, 5, state)
    with suppress(UnexpectedAnswer):
        read.following(request, Page(MORE, records(3, 2, 1)))
    json.dumps(dict(read.bookmark(request)))


def slowly(read: UntilKnown, values: list[int | None], low: int | None, known: int | None, lookback: int) -> tuple[Any, int, Any]:
    """The descent of *values*, one after the other, as the class says it."""
    older, rises = 0, None
    for value in (each for each in values if each is not None and each <= 86_400 * 152):
        older += known is not None and value < known - lookback
        if low is not None and value > low + lookback and rises is None:
            rises = value
        else:
            low = value if low is None else min(low, value)
    return low, older, rises


falling = st.lists(st.none() | st.integers(0, 50) | st.just(86_400 * 300), max_size=7)


@given(
    pages=st.lists(
        falling | falling.map(lambda page: sorted((each for each in page if each is not None), reverse=True)),
        min_size=1,
        max_size=3,
    ),
    known=st.none() | st.integers(0, 50),
    lookback=st.integers(0, 5),
)
def test_how_values_come_down_is_told_as_if_each_were_looked_at(
    pages: list[list[int | None]], known: int | None, lookback: int
) -> None:
    read = strategy(lookback=lookback)
    request = read.first(TABLE, 5, {} if known is None else {"known": moment(known)})
    low: Any = None
    for values in pages:
        descent = read._descent(request, Page(MORE, records(*values)))
        low, older, rises = slowly(read, values, low, known, lookback)
        found = (descent.low and descent.low.raw, descent.older, descent.rises and descent.rises.raw)
        assert found == (None if low is None else moment(low), older, None if rises is None else moment(rises))
        if rises is not None or not values or all(value is None for value in values):
            return
        place = {**request.position, "descent": evolve(descent, older=0), "begun": "2026-05-31T23:59:59Z"}
        request = evolve(request, position=place)
