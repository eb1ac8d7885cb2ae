"""Kind H: a crash in the middle of a read, and what the next sync makes of it while the source goes on changing."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol, cast

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.support import Call, Reply, connect, items, plugin_of, records, serving
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core import (
    CursorPaginator,
    FullRead,
    FunctionPaginator,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    Page,
    PageNumberPaginator,
    Paginator,
    Record,
    Request,
    SinglePage,
    SourceError,
    Table,
    UpdatedSince,
    Windows,
    empty_page,
    no_more,
    short_page,
    total_reached,
)
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.plugin.assembly import assemble

NAMES = {"id": "LONG", "n": "LONG", "at": "STRING"}


@define
class Items:
    """An API of items that come, change and go, and that is down from some request on. It pages in every way that there is."""

    held: dict[int, Record] = field(factory=dict)
    last: int = 0
    ticks: int = 0
    cap: int = 10**9
    down_from: int | None = None
    asked: int = 0

    def come(self, number: int) -> None:
        for _ in range(number):
            self.last += 1
            self.held[self.last] = {"id": self.last, "n": 0, "at": self._tick()}

    def change(self, *keys: int) -> None:
        for key in keys:
            if key in self.held:
                self.held[key] = {"id": key, "n": self.held[key]["n"] + 1, "at": self._tick()}

    def go(self, *keys: int) -> None:
        for key in keys:
            self.held.pop(key, None)

    def _tick(self) -> str:
        self.ticks += 1
        return f"{self._now:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def _now(self) -> datetime:
        return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=self.ticks)

    def __call__(self, call: Call) -> Any:
        self.asked += 1
        if self.down_from is not None and self.asked > self.down_from:
            return Reply({}, 503)
        feed = [
            record
            for key, record in sorted(self.held.items())
            if record["at"] >= call.query.get("since", "")
            and int(call.query.get("from", 0)) <= key <= int(call.query.get("to", 10**9))
        ]
        return self._page(call, feed, min(int(call.query.get("size", 10**9)), self.cap))

    def _page(self, call: Call, feed: list[Record], size: int) -> Any:
        start, filters = self._start(call, feed, size), {name: call.query[name] for name in SENT & call.query.keys()}
        page, more = feed[start : start + size], start + size < len(feed)
        body: dict[str, Any] = {"items": page, "total": len(feed), "more": more, "cursor": None, "token": None, "link": None}
        clock = {"Date": format_datetime(self._now, usegmt=True)}
        if not more:
            return Reply(body, headers=clock)
        token = base64.urlsafe_b64encode(f"item {page[-1]['id']}".encode()).decode()
        size_of = {"size": call.query["size"]} if "size" in call.query else {}
        said = "&".join(f"{name}={value}" for name, value in {**filters, **size_of}.items())
        link = f"/items?{said}&" if said else "/items?"
        body |= {
            "token": token,
            "number": start + size,
            "link": f"{link}token={token}",
            "numbered": f"{link}offset={start + size}",
        }
        return Reply(body, headers={**clock, "Link": f'<{link}token={token}>; rel="next"'})

    def _start(self, call: Call, feed: Sequence[Record], size: int) -> int:
        keys = [record["id"] for record in feed]
        if "token" in call.query:
            after = int(base64.urlsafe_b64decode(call.query["token"]).decode().removeprefix("item "))
            return sum(key <= after for key in keys)
        if "after" in call.query:
            return sum(key <= int(call.query["after"]) for key in keys)
        if "page" in call.query:
            return (int(call.query["page"]) - 1) * size
        return int(call.query.get("offset") or call.query.get("number") or 0)


SENT = {"since", "from", "to"}


def by_token(request: Request, page: Page) -> Request | None:
    return request.placed("query", "token", page.get("token")) if page.get("token") else None


def by_number(request: Request, page: Page) -> Request | None:
    return request.placed("query", "offset", page.get("number")) if page.get("more") else None


OVERRULED = ["number", "numbered", "link", "token", "cursor", "Link", "total", "more"]
COUNTED: Mapping[str, Paginator] = {
    "page number": PageNumberPaginator(size_param="size"),
    "page number, short page": PageNumberPaginator(size_param="size", stop=[no_more("more")]),
    "offset": OffsetPaginator(size_param="size"),
    "offset, total": OffsetPaginator(size_param="size", stop=[total_reached("total")]),
    "a cursor that is a number": CursorPaginator("number", "number", "size", "more", missing_ends=True),
    "a link with a number": NextLinkPaginator("numbered", "size", missing_ends=True),
    "a function that counts": FunctionPaginator(by_number, "size"),
}
KEPT: Mapping[str, Paginator] = {
    "cursor": CursorPaginator("token", "token", "size"),
    "keyset": KeysetPaginator("after", "id", "size", [no_more("more")]),
    "keyset, empty page": KeysetPaginator("after", "id", "size"),
    "next link": NextLinkPaginator("link", "size"),
    "link header": LinkHeaderPaginator(size_param="size"),
    "function": FunctionPaginator(by_token, "size"),
}
ALL = {**COUNTED, **KEPT}


def table(**parts: Any) -> Table:
    return items(columns=NAMES, overrule=OVERRULED, **parts)


class Syncing(Protocol):
    """A connector, and the rows that it brought."""

    def sync(self, **configuration: str) -> Any: ...

    def rows(self) -> list[dict[str, Any]]: ...


def stopped(connection: Syncing, api: Items, requests: int, **configuration: str) -> bool:
    """Whether a sync that may make so many requests is stopped by that."""
    api.asked, api.down_from = 0, requests
    try:
        connection.sync(**configuration)
    except SourceError:
        return True
    finally:
        api.asked, api.down_from = 0, None
    return False


def missing(connection: Syncing, api: Items) -> set[int]:
    """The items of which no row is there, or one that is not as the API has it."""
    live = {row["id"]: row for row in connection.rows()}
    return {key for key, record in api.held.items() if live.get(key) != record}


# H1


@pytest.mark.parametrize("kind", COUNTED)
def test_h1_counted_pages_start_over_after_a_crash(kind: str) -> None:
    """On page 3; and meanwhile, what was at the front is deleted, so that all the rest moves to other pages."""
    api = Items()
    api.come(200)
    with serving(api) as server:
        connection = connect(server, table(), paginator=COUNTED[kind])
        assert stopped(connection, api, 2, page_size="50")
        assert connection.warehouse.state.keys() <= {"row_digests"}, "no place in it"
        api.go(*range(1, 51))
        connection.sync(page_size="50")
        assert missing(connection, api) == set()


@pytest.mark.parametrize("state", [{"offset": 100}, {"records": 100}, {"page": 3}, {"next_link": "/items?offset=100"}])
@pytest.mark.parametrize("kind", COUNTED)
def test_h1_a_place_of_an_older_version_is_left_aside(kind: str, state: Mapping[str, Any]) -> None:
    api = Items()
    api.come(60)
    with serving(api) as server:
        connection = connect(server, table(), paginator=COUNTED[kind])
        connection.warehouse.state = dict(state)
        warnings = connection.sync().warnings
        assert missing(connection, api) == set()
        assert [line for line in warnings if "says nothing about where to go on. Reading the whole feed" in line] or (
            "link" in kind and "next_link" in state  # it cannot be told that one with a number was a place
        )


# H2


@pytest.mark.parametrize("kind", ALL)
def test_h2_another_page_size_after_a_crash_while_the_api_caps_pages(kind: str) -> None:
    api = Items(cap=20)
    api.come(60)
    with serving(api) as server:
        connection = connect(server, table(), paginator=ALL[kind])
        assert stopped(connection, api, 1, page_size="50")
        connection.sync(page_size="20")
        assert missing(connection, api) == set()


@pytest.mark.parametrize("kind", ["cursor", "next link", "link header", "function"])
def test_h2_a_place_that_the_api_gave_out_belongs_to_its_page_size(kind: str) -> None:
    """A token may be a number of pages in disguise."""
    api = Items()
    api.come(60)
    with serving(api) as server:
        for size, again in (("10", 4), ("20", 3)):
            connection = connect(server, table(), paginator=ALL[kind])
            assert stopped(connection, api, 2, page_size="10")
            assert connection.warehouse.state["page_size"] == 10
            connection.sync(page_size=size)
            assert (api.asked, missing(connection, api)) == (again, set())


# H5


def by_position(held: Sequence[Any]) -> Callable[[Call], Any]:
    def answer(call: Call) -> Any:
        size = int(call.query.get("size", 10))
        number = call.query.get("offset") or call.query.get("number")
        start = int(number) if number else (int(call.query.get("page", 1)) - 1) * size
        more = start + size < len(held)
        return {"items": list(held[start : start + size]), "number": start + size if more else None}

    return answer


RUNS: Mapping[str, Sequence[int]] = {
    "three": [1, 1, 1, 2],
    "at the end": [1, 2, 2, 2],
    "all": [1] * 30,
    "in the middle": [1, *[2] * 17, 3, 4],
    "several": [*[1] * 5, *[2] * 6, *[1] * 7],
    "long": [1, *[2] * 150, 3],
}


@pytest.mark.parametrize("size", ["1", "2", "3"])
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("kind", ["page", "offset", "cursor"])
def test_h5_equal_answers_to_other_requests_are_no_circle(kind: str, run: str, size: str) -> None:
    paginators: Mapping[str, Paginator] = {
        "page": PageNumberPaginator(size_param="size"),
        "offset": OffsetPaginator(size_param="size"),
        "cursor": CursorPaginator("number", "number", "size"),
    }
    held = [{"id": number} for number in RUNS[run]]
    with serving(by_position(held)) as api:
        connection = connect(api, items(columns={"id": "LONG"}), paginator=paginators[kind])
        for _ in range(2):
            connection.sync(page_size=size)
            assert connection.ids() == sorted(set(RUNS[run]))


def test_h5_two_tables_and_two_parents_with_equal_answers_are_no_circle() -> None:
    """Principle 8."""
    from connector_core import Parent

    crews = items(name="crews", path="/crews", columns={"id": "STRING"})
    shifts = items(
        name="shifts",
        path="/crews/{parent.id}/shifts",
        columns={"id": "STRING", "crew": "STRING"},
        primary_key=["crew", "id"],
        parent=Parent("crews", adds={"crew": "id"}),
    )
    with serving(lambda _: {"items": records(3), "next_cursor": None}) as api:
        connection = connect(api, crews, shifts, items(name="others", path="/others"), paginator=CursorPaginator())
        connection.sync()
        assert [len(connection.rows(name)) for name in ("crews", "shifts", "others")] == [3, 9, 3]


# Every paginator, whatever happens between two syncs


STRATEGIES: Mapping[str, Callable[[Paginator], Paginator]] = {
    "alone": lambda pages: pages,
    "full read": FullRead,
    "updated since": lambda pages: UpdatedSince("since", "at", pages),
    "windows": lambda pages: Windows("from", "to", 1, 7, pages, empty=4),
}
INCREMENTAL: Mapping[str, Paginator] = {
    "keyset, incremental": KeysetPaginator("after", "id", "size", [no_more("more")], incremental=True),
    "keyset, incremental, empty page": KeysetPaginator("after", "id", "size", incremental=True),
    "cursor, incremental": CursorPaginator("token", "token", "size", incremental=True),
    "single page": SinglePage(),
}
moves = st.tuples(st.integers(0, 9), st.lists(st.integers(1, 30), max_size=4), st.lists(st.integers(1, 30), max_size=4))
syncs = st.tuples(moves, st.integers(1, 7), st.none() | st.integers(0, 9))


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("kind", [*ALL, *INCREMENTAL])
def test_whatever_comes_and_goes_a_sync_that_ends_well_has_the_rows(kind: str, strategy: str) -> None:
    """Wherever one was stopped before. What a place cannot see is what changed, or came, before it: the next sync brings that."""
    pages = {**ALL, **INCREMENTAL}[kind]
    incremental = strategy == "windows" or (strategy == "alone" and "incremental" in kind)
    kept = kind in KEPT or (kind in INCREMENTAL and kind != "single page")

    @settings(max_examples=25, deadline=None)
    @given(rounds=st.lists(syncs, min_size=1, max_size=5))
    def check(rounds: list[Any]) -> None:
        api = Items()
        connection = InProcess(table(), STRATEGIES[strategy](pages), api)
        moved: set[int] = set()
        for (come, changed, gone), size, requests in rounds:
            api.come(come)
            if not incremental:
                api.change(*changed)
                api.go(*gone)
            moved |= {*changed} if kept else set()
            if requests is not None and stopped(connection, api, requests, page_size=str(size)):
                continue
            connection.sync(page_size=str(size))
            assert missing(connection, api) <= moved, connection.warehouse.state
            if not incremental:
                connection.sync(page_size=str(size))
            assert missing(connection, api) == set(), connection.warehouse.state
            moved = set()

    check()


class InProcess:
    """A connector of one table at an API in this process: many syncs in a short time."""

    def __init__(self, of: Table, paginator: Paginator, api: Items) -> None:
        self._api = api
        self._assembly = assemble([plugin_of(of, paginator=paginator)])
        self.warehouse = Warehouse(self._assembly)

    def sync(self, **configuration: str) -> None:
        self.warehouse.connect(self._assembly)
        values = {"base_url": "https://api.example.com", **configuration}
        engine = Engine(lambda *_: cast(Client, self), checkpoints=CheckpointPolicy(records=1, share=0.0))
        sync(self._assembly, values, self.warehouse.state, self.warehouse, ListLog(), engine)

    def rows(self) -> list[dict[str, Any]]:
        return list(self.warehouse.live("case_items").values())

    def __enter__(self) -> "InProcess":
        return self

    def __exit__(self, *_: object) -> None: ...

    def fetch(self, of: Table, request: Request) -> Page:
        """What the client of a sync does, without HTTP."""
        asked = {**request.linked, **request.params}
        said = self._api(Call(0, "GET", request.path, asked, [*asked.items()], {}, None, "https://api.example.com"))
        reply = said if isinstance(said, Reply) else Reply(said)
        if reply.status != 200:
            raise SourceError(f"{request}: {reply.status}")
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return Page(reply.body, of.find(reply.body), headers=headers, url="https://api.example.com/items")


def test_a_short_page_rule_and_a_page_that_is_empty_stay_as_they_are() -> None:
    api = Items()
    api.come(21)
    with serving(api) as server:
        for stop in ([short_page("size")], [empty_page()]):
            connection = connect(server, table(), paginator=OffsetPaginator(size_param="size", stop=stop))
            connection.sync(page_size="7")
            assert missing(connection, api) == set()
