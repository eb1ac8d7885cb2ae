"""Windows of days, hours and minutes: no record lies between two of them, in whatever notation, and none reaches too far."""

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_core import (
    ConfigurationError,
    ConnectorError,
    CursorPaginator,
    Job,
    Page,
    PluginError,
    Request,
    Setting,
    SourceError,
    Table,
    Windows,
    hookimpl,
)
from connector_core.http.pages import read_pages
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.plugin.binding import bound
from support import plugin

TABLE = Table("calls", "/calls", "calls", ["id"], {"id": "LONG"})
START = datetime(2026, 1, 1, tzinfo=UTC)


class CallsApi:
    """Calls at moments, some of them on an edge; the API reads the ends of a window as they are declared to be."""

    def __init__(self, windows: Windows, now: datetime, seconds: Sequence[float]) -> None:
        self.windows, self.now = windows, now
        self.calls = {number: START + timedelta(seconds=each) for number, each in enumerate(seconds)}
        self.asked: list[tuple[Any, Any]] = []

    def moment(self, value: Any, *, end: bool = False) -> datetime:
        """What a value says; a day, where it is an end that is included, its last moment."""
        by = self.windows.notation
        if by in ("epoch", "epoch_ms"):
            return datetime.fromtimestamp(int(value) / (1000 if by == "epoch_ms" else 1), UTC)
        found = datetime.strptime(value, by) if by else datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC)
        is_day = len(value) == 10
        return found + timedelta(days=1, microseconds=-1) if end and is_day and self.windows.ends == "inclusive" else found

    def fetch(self, request: Request) -> Page:
        given = (request.params["from"], request.params["to"])
        self.asked.append(given)
        low, high = self.moment(given[0]), self.moment(given[1], end=True)
        inclusive = self.windows.ends == "inclusive"
        within = {number for number, at in self.calls.items() if low <= at <= high and (inclusive or at < high)}
        found = sorted((number for number in within if self.calls[number] <= self.now), reverse=True)
        return Page({}, [{"id": number} for number in found], headers={"date": format_datetime(self.now)})

    def read(self, bookmark: Mapping[str, Any]) -> tuple[set[int], Any]:
        """The calls that a read from *bookmark* brings, and where it rests."""
        self.asked.clear()
        ids: set[int] = set()
        rest: Mapping[str, Any] = {}
        for read in read_pages(self.fetch, self.windows, self.windows.first(TABLE, 5, bookmark)):
            ids |= {record["id"] for record in read.page.records}
            rest = self.windows.rest(read.request, read.page)
        return ids, json.loads(json.dumps(dict(rest)))

    def made(self) -> set[int]:
        return {number for number, at in self.calls.items() if START <= at <= self.now}


KINDS: dict[str, dict[str, Any]] = {
    "days": {"start": "2026-01-01", "step": 2},
    "days, exclusive": {"start": "2026-01-01", "step": 1, "ends": "exclusive"},
    "days, as epoch": {"start": "2026-01-01", "step": 1, "notation": "epoch"},
    "days, in another notation": {"start": "2026-01-01", "step": timedelta(days=1), "notation": "%d.%m.%Y"},
    "hours": {"start": "2026-01-01T00:00:00Z", "step": timedelta(hours=5)},
    "hours from a day, exclusive": {"start": "2026-01-01", "step": timedelta(hours=7), "ends": "exclusive"},
    "minutes, as epoch_ms": {"start": "2026-01-01T00:00:00Z", "step": timedelta(minutes=90), "notation": "epoch_ms"},
    "minutes, cut off": {"start": "2026-01-01", "step": timedelta(minutes=90), "notation": "%Y-%m-%d %H:%M", "ends": "exclusive"},
}
kinds = pytest.mark.parametrize("kind", KINDS)
moments = st.lists(
    st.integers(0, 4 * 86_400 * 2).map(lambda half: half / 2) | st.integers(0, 96).map(lambda hour: hour * 3600.0), max_size=8
)


def made(kind: str, now: list[datetime], **more: Any) -> Windows:
    return Windows("from", "to", **KINDS[kind], now=lambda: now[0], today=lambda: now[0].date(), **more)


@kinds
@settings(max_examples=40)
@given(seconds=moments, hours=st.lists(st.integers(0, 30), min_size=1, max_size=4), future=st.booleans())
def test_every_call_comes_once_its_window_is_over(kind: str, seconds: list[float], hours: list[int], future: bool) -> None:
    """By the API's clock, which is not ours. What is younger than a window comes as soon as it may be asked for."""
    now = [START]
    windows = made(kind, now, future=future)
    api, seen = CallsApi(windows, START, seconds), set[int]()
    bookmark: dict[str, Any] = {}
    for each in [*hours, 0]:
        api.now += timedelta(hours=each)
        now[0] = api.now + timedelta(minutes=3)  # our clock is ahead
        ids, bookmark = api.read(bookmark)
        seen |= ids
        over = {number for number in api.made() if api.calls[number] < api.now - timedelta(days=2)}
        assert over <= seen
    now[0] = api.now = START + timedelta(days=30)
    ids, _ = api.read({})
    assert ids == api.made()


@kinds
def test_no_window_reaches_beyond_now_where_it_may_not(kind: str) -> None:
    now = [START + timedelta(days=3, hours=10, minutes=7, seconds=9)]
    windows = made(kind, now, future=False)
    api = CallsApi(windows, now[0], [0])
    api.read({})
    assert all(api.moment(end) <= now[0] for _, end in api.asked)
    free = CallsApi(made(kind, now), now[0], [0])
    free.read({})
    assert any(free.moment(end, end=True) > now[0] for _, end in free.asked)
    assert len(free.asked) - len(api.asked) in (0, 1), "one that had nothing left in it"


def test_the_clock_of_the_api_decides_where_the_last_window_ends() -> None:
    ours = [START + timedelta(days=9)]
    api = CallsApi(made("hours", ours, future=False), START + timedelta(hours=7), [0])
    api.read({})
    assert api.asked[-1] == ("2026-01-01T05:00:00Z", "2026-01-01T07:00:00Z")


def test_a_read_that_is_taken_up_in_a_window_asks_for_the_same_end() -> None:
    now = [START + timedelta(hours=7)]
    windows = made("hours", now, future=False, pages=CursorPaginator())
    first = windows.first(TABLE, 5, {})
    second = windows.following(first, Page({"next_cursor": None}, [{"id": 1}]))
    assert second is not None
    third = windows.following(second, Page({"next_cursor": "c2", "has_more": True}, [{"id": 2}]))
    assert third is not None
    stored = json.loads(json.dumps(dict(windows.bookmark(third))))
    assert (stored["from"], stored["to"]) == ("2026-01-01T05:00:00Z", "2026-01-01T07:00:00Z")
    now[0] += timedelta(hours=1)
    assert windows.first(TABLE, 5, stored) == third


def test_one_text_that_holds_both_ends() -> None:
    search = "status:open AND date:[{from} TO {to}]"
    windows = Windows("search", None, "2026-01-01", 7, template=search, notation="%Y%m%d")
    table = Table("calls", "/calls", "calls", ["id"], {"id": "LONG"}, params={"search": "status:open"})
    assemble([plugin(table, paginator=windows)])
    assert windows.first(table, 5, {}).params["search"] == "status:open AND date:[20260101 TO 20260107]"
    with pytest.raises(PluginError, match="calls sends search 'status:open', which its template does not have"):
        assemble([plugin(table, paginator=Windows("search", None, 1, 7, template="[{from} TO {to}]"))])
    in_path = Windows("range", None, 1, 7, template="{from}..{to}", where="path")
    path = Table("calls", "/calls/{range}", "calls", ["id"], {"id": "LONG"})
    assemble([plugin(path, paginator=in_path)])
    assert in_path.first(path, 5, {}).path == "/calls/1..7"
    body = Table("calls", "/calls", "calls", ["id"], {"id": "LONG"}, body={})
    in_body = Windows("range", None, 1, 7, template=["{from}", "{to}"], where="body", ends="exclusive")
    assert in_body.first(body, 5, {}).json == {"range": [1, 8]}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"to_param": None}, "to_param is None. Name what takes the end of a window"),
        ({"template": "[{from} TO {to}]"}, "to_param is not sent; with a template, which holds both ends, write None"),
        ({"to_param": None, "template": "[{from} TO]"}, "template has no {to} in it"),
        ({"step": timedelta(hours=1)}, "step is .*Ids take a whole number, at least 1"),
        ({"notation": "epoch"}, "step is 5 and notation for ids"),
        ({"start": "2026-01-01", "step": timedelta(0)}, "Write whole days, at least 1, or a timedelta of whole seconds"),
        ({"start": "2026-01-01", "step": timedelta(seconds=0.5)}, "or a timedelta of whole seconds"),
        ({"start": "2026-01-01", "step": timedelta(hours=1), "notation": "%Y-%m-%d"}, "cannot write where such windows begin"),
        ({"start": "2026-01-01", "step": timedelta(seconds=90), "notation": "%Y-%m-%d %H:%M"}, "Write a finer one"),
        ({"start": "soon"}, "start is 'soon'. Write a whole number, a day"),
        ({"empty": 0}, "empty is a whole number, at least 1"),
        ({"ends": "open"}, "ends"),
    ],
)
def test_windows_that_cannot_be(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        Windows(**{"from_param": "from", "to_param": "to", "start": 1, "step": 5, **parts})


def test_a_start_of_the_configuration() -> None:
    windows = Windows("from", "to", "{settings.start}", timedelta(hours=6), notation="%Y-%m-%d %H:%M")
    assert (windows.so_far, windows.of_days, windows.fills) == (0, False, ())
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [TABLE],
        "connector_paginator": lambda: windows,
        "connector_settings": lambda: [Setting("start", kind="date")],
    }
    made = assemble([Plugin("calls", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])
    [plan] = bound(made, {"start": "2026-01-01"}).tables
    assert plan.paginator.first(plan.table, 5, {}).params == {"from": "2026-01-01 00:00", "to": "2026-01-01 06:00"}
    with pytest.raises(ConfigurationError, match="start is 'soon'"):
        bound(made, {"start": "soon"})


def test_windows_of_days_are_as_they_were() -> None:
    """A state of before is understood, and what is asked for has not changed."""
    windows = Windows("from", "to", "2026-01-01", 10, today=lambda: date(2026, 2, 25))
    assert windows.first(TABLE, 5, {"from": "2026-01-21"}).params == {"from": "2026-01-21", "to": "2026-01-30"}
    assert windows.bookmark(windows.first(TABLE, 5, {"from": "2026-01-21"})) == {"from": "2026-01-21"}
    assert windows.first(TABLE, 5, {"from": "2027-01-21"}).params["from"] == "2026-01-01", "not yet"


@define
class Pages:
    """An API of *n* records with ids, so many a day, and of windows of both. Pages of *size* within a window, by a cursor."""

    n: int
    size: int
    a_day: int = 5
    fails: frozenset[int] = frozenset()
    now: datetime = START + timedelta(days=9)
    asked: list[str] = field(factory=list)
    lock: threading.Lock = field(factory=threading.Lock)

    def __call__(self, request: Request) -> Page:
        with self.lock:
            self.asked.append(str(request))
        low, high = request.params["from"], request.params["to"]
        within = [each for each in range(self.n) if int(low) <= each <= int(high)] if low.isdigit() else self.of_days(low, high)
        at = int(request.params.get("cursor", "0"))
        if within and within[at] in self.fails:
            raise SourceError(f"{request}: 500")
        cursor = str(at + self.size) if at + self.size < len(within) else None
        found = [{"id": each} for each in within[at : at + self.size]]
        return Page({"next_cursor": cursor}, found, 1.0, {"date": format_datetime(self.now)})

    def of_days(self, low: str, high: str) -> list[int]:
        days = [date.fromisoformat(each) for each in (low, high)]
        return [each for each in range(self.n) if days[0] <= START.date() + timedelta(days=each // self.a_day) <= days[1]]


def told(api: Pages, windows: Windows, bookmark: Mapping[str, Any], together: int) -> tuple[list[Any], str]:
    """The pages, each with the bookmark behind it, and the error that ended the read."""
    found: list[Any] = []
    try:
        for read in read_pages(api, windows, windows.first(TABLE, 5, bookmark), "calls", ahead=together > 0, together=together):
            after = windows.bookmark(read.following) if read.following else windows.rest(read.request, read.page)
            found.append((str(read.request), read.page.records, read.request.part, dict(after)))
    except ConnectorError as error:
        return found, str(error)
    return found, ""


OF_IDS: dict[str, Any] = {"start": 0, "step": 4, "empty": 2}
OF_DAYS: dict[str, Any] = {"start": "2026-01-01", "step": 2, "today": lambda: date(2026, 1, 10)}


@settings(max_examples=150, deadline=None)
@given(
    of=st.sampled_from([OF_IDS, OF_DAYS, OF_DAYS | {"future": False}, OF_DAYS | {"future": False, "ends": "exclusive"}]),
    single=st.booleans(),
    n=st.integers(0, 50),
    size=st.integers(1, 7),
    fails=st.frozensets(st.integers(0, 49), max_size=1),
    pages=st.integers(0, 9),
    together=st.integers(2, 8),
)
def test_windows_at_the_same_time_are_those_one_after_another(
    of: dict[str, Any], single: bool, n: int, size: int, fails: frozenset[int], pages: int, together: int
) -> None:
    paging: dict[str, Any] = {} if single else {"pages": CursorPaginator(missing_ends=True)}
    one_by_one, at_once = (Windows("from", "to", **of, **paging, parallel=parallel) for parallel in (False, True))
    api = Pages(n, 100 if single else size, fails=fails)
    found, error = told(api, one_by_one, {}, 0)
    needed = len(api.asked)
    api.asked.clear()
    assert told(api, at_once, {}, together) == (found, error)
    assert len(api.asked) < needed + together
    if found:  # as after a crash behind any of the pages
        after = json.loads(json.dumps(found[min(pages, len(found) - 1)][3]))
        assert told(api, at_once, after, together) == told(api, one_by_one, after, 0)


@pytest.mark.parametrize("single", [True, False])
def test_so_many_windows_are_asked_for_at_once_and_of_days_none_beyond_today(single: bool) -> None:
    three, api = threading.Barrier(3), Pages(45, 100 if single else 3)

    def fetch(request: Request) -> Page:
        if request.params["from"] in ("2026-01-03", "2026-01-05", "2026-01-07") and "cursor" not in request.params:
            three.wait(30)
        return api(request)

    paging: dict[str, Any] = {} if single else {"pages": CursorPaginator(missing_ends=True)}
    windows = Windows("from", "to", **OF_DAYS, **paging, parallel=True)
    found = [read.page.records for read in read_pages(fetch, windows, windows.first(TABLE, 5, {}), together=3)]
    assert [record["id"] for records in found for record in records] == list(range(45))
    assert len(api.asked) == len(set(api.asked)) == len(found)


def test_no_more_windows_wait_than_may_be_under_way() -> None:
    windows = Windows("from", "to", **OF_DAYS, pages=CursorPaginator(missing_ends=True), parallel=True)
    api = Pages(45, 2)
    for delivered, _ in enumerate(read_pages(api, windows, windows.first(TABLE, 5, {}), together=3), 1):
        assert len(api.asked) - delivered <= 3


def test_export_jobs_are_not_made_for_windows_that_may_not_be_wanted() -> None:
    job = Job("id", "/exports/{job}", done="completed", result="files")
    with pytest.raises(PluginError, match=r"^Windows: parallel=True would make export jobs"):
        Windows("from", "to", **OF_DAYS, pages=job, parallel=True)
