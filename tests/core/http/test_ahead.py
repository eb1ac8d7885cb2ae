"""Pages that are asked for at once: what comes of them is what comes of one after another, whatever the API says and does."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import define, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_core import (
    ConnectorError,
    OffsetPaginator,
    Page,
    PageNumberPaginator,
    Paginator,
    Request,
    SourceError,
    Table,
    empty_page,
    hard_limit,
    last_page,
    repeated_page,
    total_reached,
)
from connector_core.http.ahead import Ahead
from connector_core.http.pages import read_pages
from connector_core.paging.evidence import Evidence
from connector_core.source.pagination import StopRule

TABLE = Table("jobs", "/jobs", "items", ["id"], {"id": "LONG"})
SECONDS = 30
"""How long a test waits for what is bound to happen."""
SLOW = 1.0
"""Seconds that an answer says it took, so that it is worth while to read ahead."""


@frozen
class Api:
    """*n* records, at most *cap* a page, by offset or page number; it says what it likes of the total.

    short: offsets, or numbers, of pages of which it leaves out the last record; empty: all of them; down: those that fail; same:
    those that are answered with the first page; off: by how much the total is wrong, for a place.
    """

    n: int
    cap: int
    short: frozenset[int] = frozenset()
    empty: frozenset[int] = frozenset()
    down: frozenset[int] = frozenset()
    same: frozenset[int] = frozenset()
    off: dict[int, int] = field(factory=dict)
    refuses_beyond: bool = False

    def __call__(self, request: Request) -> Page:
        by_number = "page" in request.params
        at, size = int(request.params["page" if by_number else "offset"]), min(int(request.params["size"]), self.cap)
        begin = (at - 1) * size if by_number else at
        if at in self.down or (self.refuses_beyond and begin >= self.n):
            raise SourceError(f"{request}: 500")
        begin = 0 if at in self.same else begin
        ids = range(begin + 1, min(begin + size, self.n) + 1)
        ids = ids[:0] if at in self.empty else ids[:-1] if at in self.short else ids
        records = [{"id": each} for each in ids]
        wrong = self.off.get(at, 0)
        body = {"items": records, "total": max(0, self.n + wrong), "total_pages": max(0, -(-self.n // size) + wrong)}
        return Page(body, records, SLOW)


def numbers(*stop: StopRule) -> PageNumberPaginator:
    return PageNumberPaginator(size_param="size", stop=stop, parallel=True)


def offsets(*stop: StopRule) -> OffsetPaginator:
    return OffsetPaginator(size_param="size", stop=stop, parallel=True)


KINDS: dict[str, Paginator] = {
    "numbers, last page": numbers(last_page("total_pages")),
    "numbers, last page or empty": numbers(empty_page(), last_page("total_pages")),
    "numbers, total": numbers(total_reached("total", "page")),
    "numbers, total or empty": numbers(total_reached("total", "page"), empty_page()),
    "offsets, total": offsets(total_reached("total")),
    "offsets, total or empty": offsets(empty_page(), total_reached("total")),
    "offsets, total or repeated": offsets(total_reached("total"), repeated_page()),
    "offsets, total and a limit": offsets(hard_limit(60), total_reached("total")),
}


def told(
    api: Callable[[Request], Page], paginator: Paginator, size: int, together: int, *, watched: bool
) -> tuple[list[Any], str, list[str]]:
    """What a read brings, request by request, what it ends with, and what is warned of."""
    found: list[Any] = []
    warned: list[str] = []
    evidence = Evidence(TABLE, lambda _, warning: warned.append(warning)) if watched else None
    first = paginator.first(TABLE, size, {})
    try:
        for read in read_pages(api, paginator, first, "jobs", ahead=together > 0, together=together, evidence=evidence):
            place = dict(read.following.position) if read.following else None
            found.append((str(read.request), list(read.page.records), str(read.following), place))
    except ConnectorError as error:
        return found, f"{type(error).__name__}: {error}", warned
    return found, "", warned


places = st.frozensets(st.integers(0, 12), max_size=2)


@settings(deadline=None, max_examples=200)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    api=st.builds(
        Api,
        n=st.integers(0, 60),
        cap=st.integers(1, 12),
        short=places,
        empty=places,
        down=places,
        same=places,
        off=st.dictionaries(st.integers(0, 12), st.integers(-30, 30), max_size=3),
        refuses_beyond=st.booleans(),
    ),
    size=st.integers(1, 12),
    together=st.integers(2, 8),
    watched=st.booleans(),
)
def test_what_comes_is_what_comes_one_after_another(kind: str, api: Api, size: int, together: int, watched: bool) -> None:
    one_by_one = told(api, KINDS[kind], size, 0, watched=watched)
    assert told(api, KINDS[kind], size, together, watched=watched) == one_by_one


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("together", [2, 4])
def test_so_many_are_under_way_at_once(kind: str, together: int) -> None:
    all_of_them = threading.Barrier(together)
    api = Api(n=together * 5 + 5, cap=5)

    def fetch(request: Request) -> Page:
        if request.params.get("page", "1") != "1" or request.params.get("offset", "0") != "0":
            all_of_them.wait(SECONDS)  # nobody is answered before all have asked
        return api(request)

    found, error, _ = told(fetch, KINDS[kind], 5, together, watched=True)
    assert error == ""
    assert len(found) == together + 1


@define
class Counting:
    """An API that counts requests, and those under way."""

    api: Callable[[Request], Page]
    asked: Counter[str] = field(factory=Counter)
    under_way: int = 0
    most: int = 0
    lock: threading.Lock = field(factory=threading.Lock)

    def __call__(self, request: Request) -> Page:
        with self.lock:
            self.asked[str(request)] += 1
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        threading.Event().wait(0.001)
        with self.lock:
            self.under_way -= 1
        return self.api(request)


@pytest.mark.parametrize("together", [1, 2, 3, 8])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_more_pages_are_under_way_or_wait_and_none_is_asked_for_twice(kind: str, together: int) -> None:
    api, paginator = Counting(Api(n=57, cap=5)), KINDS[kind]
    delivered = 0
    for _ in read_pages(api, paginator, paginator.first(TABLE, 5, {}), together=together):
        delivered += 1
        assert sum(api.asked.values()) - delivered <= together
    assert delivered == 12
    assert set(api.asked.values()) == {1}
    assert len(api.asked) == 12  # none beyond the end
    assert api.most <= together


def test_a_feed_that_cannot_be_foreseen_costs_a_few_requests_once() -> None:
    everywhere = frozenset(range(0, 60, 4)) | frozenset(range(0, 60, 3))
    api = Counting(Api(n=57, cap=4, short=everywhere, off=dict.fromkeys(range(60), 100)))
    told(api, offsets(total_reached("total"), empty_page()), 4, 4, watched=False)
    alone = Counting(api.api)
    told(alone, offsets(total_reached("total"), empty_page()), 4, 0, watched=False)
    assert sum(api.asked.values()) - sum(alone.asked.values()) <= 3


def test_an_error_behind_the_end_is_nobodys_and_one_that_is_due_comes_when_it_is() -> None:
    shrinks = Api(n=20, cap=5, off=dict.fromkeys(range(11), 20), refuses_beyond=True)
    found, error, _ = told(shrinks, offsets(total_reached("total")), 5, 4, watched=False)
    assert (len(found), error) == (4, "")
    found, error, _ = told(Api(n=40, cap=5, down=frozenset({15})), offsets(total_reached("total")), 5, 4, watched=False)
    assert len(found) == 3
    assert error.endswith("GET /jobs?size=5&offset=15: 500")


def test_one_at_a_time_where_the_api_answers_at_once() -> None:
    fast, names = Api(n=40, cap=5), set()

    def fetch(request: Request) -> Page:
        names.add(threading.current_thread().name)
        page = fast(request)
        return Page(page.body, page.records)

    told(fetch, offsets(total_reached("total")), 5, 4, watched=False)
    assert names == {threading.current_thread().name}


def test_what_waits_or_asks_is_not_asked_for_ahead() -> None:
    def later(_: Request, __: Page) -> Iterator[Request]:
        yield Request("/jobs", {"page": "2"})
        yield Request("/jobs", {"page": "3"})

    asked: list[str] = []

    def fetch(request: Request) -> Page:
        asked.append(str(request))
        return Page({}, [])

    ahead = Ahead(fetch, 4, later)
    following = Request("/jobs", {"page": "2"}, after=1.0)
    ahead.ask(Request("/jobs"), Page({}, []), following, worth_it=True)
    ahead.page()
    ahead.close()
    assert asked == ["GET /jobs?page=2"]
