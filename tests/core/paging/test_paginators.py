"""Each kind of pagination against an API that pages so: every record once, whatever the page size and wherever it resumes."""

import json
import re
from collections.abc import Callable, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

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
    PluginError,
    Request,
    SinglePage,
    Table,
    UnexpectedAnswer,
    UntilKnown,
    UpdatedSince,
    Windows,
    empty_page,
    hard_limit,
    hookimpl,
    last_page,
    no_more,
    short_page,
    total_reached,
)
from connector_core.basics.paths import MISSING
from connector_core.http.pages import read_pages
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.source.pagination import Bookmark, StopRule
from places import ROOT

TABLE = Table("jobs", "/jobs", "items", ["id"], {"id": "LONG"})
POSTED = Table("jobs", "/jobs", "items", ["id"], {"id": "LONG"}, body={"filter": {"open": True}})


@frozen
class Api:
    """*n* records with the ids 1 to n; *answer* says how a request is paged. It serves at most *cap* records a page."""

    answer: Callable[["Api", Request], Page]
    n: int
    cap: int = 10**9

    def __call__(self, request: Request) -> Page:
        return self.answer(self, request)

    def slice(self, start: int, size: int) -> list[dict[str, int]]:
        return [{"id": number + 1} for number in range(start, min(start + min(size, self.cap), self.n))]


def query(request: Request) -> dict[str, str]:
    """Every query parameter, those in a next link included."""
    _, _, text = request.path.partition("?")
    return {**dict(pair.split("=") for pair in text.split("&") if pair), **request.params}


def by_cursor(api: Api, request: Request) -> Page:
    start = int(request.params.get("cursor", "c0")[1:])
    records = api.slice(start, int(request.params["page_size"]))
    end = start + len(records)
    return Page({"items": records, "next_cursor": f"c{end}" if end < api.n else None, "has_more": end < api.n}, records)


def by_cursor_to_the_very_end(api: Api, request: Request) -> Page:
    start = int(request.params.get("cursor", "c0")[1:])
    records = api.slice(start, int(request.params["page_size"]))
    return Page({"meta": {"next": f"c{start + len(records)}"}}, records)


def by_cursor_in_a_header(api: Api, request: Request) -> Page:
    start = int(request.headers.get("X-Cursor", "0"))
    records = api.slice(start, int(request.params["page_size"]))
    end = start + len(records)
    return Page({}, records, headers={"x-next": str(end)} if end < api.n else {})


def by_scroll(api: Api, request: Request) -> Page:
    assert request.method == "POST"
    assert request.json["filter"] == {"open": True}
    assert request.path == ("/scroll" if "scroll_id" in request.json else "/jobs")
    start = int(request.json.get("scroll_id", "0"))
    records = api.slice(start, request.json["size"])
    return Page({"_scroll_id": str(start + len(records))}, records)


def by_number(api: Api, request: Request) -> Page:
    number, size = int(request.params["page"]), int(request.params["per_page"])
    return Page({"total_pages": -(-api.n // size)}, api.slice((number - 1) * size, size))


def by_offset(api: Api, request: Request) -> Page:
    offset = int(request.params["offset"])
    records = api.slice(offset, int(request.params["limit"]))
    return Page({"total": api.n, "more": offset + len(records) < api.n}, records)


def by_key(api: Api, request: Request) -> Page:
    return Page({}, api.slice(int(request.params.get("after_id", 0)), int(request.params["limit"])))


def by_link(api: Api, request: Request) -> Page:
    asked = query(request)
    start, size = int(asked.get("start", 0)), int(asked["size"])
    records = api.slice(start, size)
    end = start + len(records)
    link = f"https://api.example.com/jobs?size={size}&start={end}" if end < api.n else None
    return Page(
        {"links": {"next": link}}, records, headers={"link": f'</first>; rel="first", <{link}>; rel="next"'} if link else {}
    )


def all_at_once(api: Api, request: Request) -> Page:
    return Page(api.slice(0, api.n), api.slice(0, api.n))


def next_offset(request: Request, page: Page) -> Request | None:
    return (
        request.placed("query", "offset", int(request.params.get("offset", 0)) + len(page.records)) if page.get("more") else None
    )


def by_function(api: Api, request: Request) -> Page:
    offset = int(request.params.get("offset", 0))
    records = api.slice(offset, int(request.params["limit"]))
    return Page({"more": offset + len(records) < api.n}, records)


KINDS: Mapping[str, tuple[Paginator, Callable[[Api, Request], Page], Table]] = {
    "cursor": (CursorPaginator(), by_cursor, TABLE),
    "cursor, incremental": (CursorPaginator(incremental=True), by_cursor, TABLE),
    "cursor on the last page too": (
        CursorPaginator(next_field="meta.next", stop=[empty_page()]),
        by_cursor_to_the_very_end,
        TABLE,
    ),
    "cursor in a header": (CursorPaginator("X-Cursor", where="header", next_header="X-Next"), by_cursor_in_a_header, TABLE),
    "scroll": (
        CursorPaginator("scroll_id", "_scroll_id", "size", where="body", next_path="/scroll", stop=[empty_page()]),
        by_scroll,
        POSTED,
    ),
    "page number": (PageNumberPaginator(size_param="per_page"), by_number, TABLE),
    "page number, total": (PageNumberPaginator(size_param="per_page", stop=[last_page("total_pages")]), by_number, TABLE),
    "page number, short page": (PageNumberPaginator(size_param="per_page", stop=[short_page("per_page")]), by_number, TABLE),
    "offset": (OffsetPaginator(), by_offset, TABLE),
    "offset, total": (OffsetPaginator(stop=[total_reached("total")]), by_offset, TABLE),
    "offset, no more": (OffsetPaginator(stop=[no_more("more")]), by_offset, TABLE),
    "keyset": (KeysetPaginator("after_id", "id", "limit"), by_key, TABLE),
    "keyset, incremental": (KeysetPaginator("after_id", "id", "limit", incremental=True), by_key, TABLE),
    "next link": (NextLinkPaginator("links.next", size_param="size"), by_link, TABLE),
    "link header": (LinkHeaderPaginator(size_param="size"), by_link, TABLE),
    "single page": (SinglePage(), all_at_once, TABLE),
    "function": (FunctionPaginator(next_offset, size_param="limit"), by_function, TABLE),
}
kinds = pytest.mark.parametrize("kind", KINDS)


def read(
    paginator: Paginator, api: Api, table: Table, size: int, bookmark: Bookmark, pages: int = 10**9
) -> tuple[list[int], Bookmark]:
    """The ids that a read from *bookmark* brings, over at most so many *pages*, and the bookmark that it leaves, through JSON."""
    ids: list[int] = []
    bookmark = dict(bookmark)
    for number, page in enumerate(read_pages(api, paginator, paginator.first(table, size, bookmark)), 1):
        ids += [record["id"] for record in page.page.records]
        bookmark = paginator.bookmark(page.following) if page.following else paginator.rest(page.request, page.page)
        if number == pages:
            break
    return ids, json.loads(json.dumps(dict(bookmark)))


@kinds
@given(n=st.integers(0, 40), size=st.integers(1, 12))
def test_every_record_comes_once_and_in_order(kind: str, n: int, size: int) -> None:
    paginator, answer, table = KINDS[kind]
    ids, _ = read(paginator, Api(answer, n), table, size, {})
    assert ids == list(range(1, n + 1))


@kinds
@given(n=st.integers(1, 40), size=st.integers(1, 12), pages=st.integers(1, 5), other=st.integers(1, 12))
def test_a_bookmark_brings_back_to_the_place_also_with_another_page_size(
    kind: str, n: int, size: int, pages: int, other: int
) -> None:
    paginator, answer, table = KINDS[kind]
    before, bookmark = read(paginator, Api(answer, n), table, size, {}, pages)
    after, _ = read(paginator, Api(answer, n), table, other, bookmark)
    assert sorted({*before, *after}) == list(range(1, n + 1)), "nothing is left out"
    if before[-1] < n and "incremental" not in kind:
        kept = paginator.bookmark(paginator.first(table, other, bookmark))
        assert after == list(range(before[-1] + 1 if kept else 1, n + 1)), "it goes on there, or starts over"


KEPT = {"cursor", "cursor, incremental", "keyset", "keyset, incremental"}


@kinds
def test_only_a_place_that_does_not_shift_is_kept(kind: str) -> None:
    """Of the others, the APIs here count: cursors, links and functions say so many records."""
    paginator, answer, table = KINDS[kind]
    _, bookmark = read(paginator, Api(answer, 20), table, 3, {}, pages=2)
    assert bool(bookmark) == (kind in KEPT or kind == "cursor on the last page too")


@kinds
@given(n=st.integers(1, 30), size=st.integers(1, 12), more=st.integers(0, 30))
def test_the_next_sync_brings_what_was_added(kind: str, n: int, size: int, more: int) -> None:
    paginator, answer, table = KINDS[kind]
    first, rest = read(paginator, Api(answer, n), table, size, {})
    second, _ = read(paginator, Api(answer, n + more), table, size, rest)
    assert sorted({*first, *second}) == list(range(1, n + more + 1))


@kinds
def test_a_paginator_is_a_value_and_keeps_nothing(kind: str) -> None:
    paginator, answer, table = KINDS[kind]
    text = repr(paginator)
    read(paginator, Api(answer, 20), table, 3, {})
    assert repr(paginator) == text
    assert isinstance(paginator, Paginator)
    with pytest.raises(AttributeError):
        paginator.position = 3  # type: ignore[attr-defined]  # it must not be there


def test_an_api_that_serves_smaller_pages_than_asked_for_loses_nothing() -> None:
    ids, _ = read(OffsetPaginator(), Api(by_offset, 23, cap=4), TABLE, 10, {})
    assert ids == list(range(1, 24))


def test_an_incremental_keyset_feed_rests_before_the_last_page_that_had_a_record() -> None:
    _, rest = read(KeysetPaginator("after_id", "id", "limit", incremental=True), Api(by_key, 7), TABLE, 3, {})
    assert rest == {"after": 6}
    assert read(KeysetPaginator("after_id", "id", "limit"), Api(by_key, 7), TABLE, 3, {})[1] == {}


def test_a_cursor_on_the_last_page_is_where_the_next_sync_starts() -> None:
    def answer(api: Api, request: Request) -> Page:
        page = by_cursor(api, request)
        return Page({**page.body, "next_cursor": page.body["next_cursor"] or "c7"}, page.records)

    ids, rest = read(CursorPaginator(incremental=True), Api(answer, 7), TABLE, 3, {})
    assert ids == list(range(1, 8))
    assert rest == {"next_cursor": "c7"}
    assert read(CursorPaginator(), Api(answer, 7), TABLE, 3, {}) == (ids, {}), "and else at the start"


def test_a_hard_limit_that_is_reached_is_loud() -> None:
    paginator = OffsetPaginator(stop=[hard_limit(10), total_reached("total")])
    assert read(paginator, Api(by_offset, 9), TABLE, 5, {})[0] == list(range(1, 10))
    with pytest.raises(UnexpectedAnswer, match="10 records or more"):
        read(paginator, Api(by_offset, 12), TABLE, 5, {})


@pytest.mark.parametrize(
    ("paginator", "body", "words"),
    [
        (
            OffsetPaginator(stop=[total_reached("total")]),
            {},
            "total is not there",
        ),
        (OffsetPaginator(stop=[total_reached("total")]), {"total": "7"}, "total is '7'"),
        (PageNumberPaginator(stop=[last_page("pages")]), {"pages": True}, "pages is True"),
        (OffsetPaginator(stop=[no_more("more")]), {"more": 1}, "more is 1, where true or false was expected"),
        (KeysetPaginator("after", "key"), {}, "the last record has no key"),
        (NextLinkPaginator(), {"next": 5}, "the next link is 5"),
        (CursorPaginator(next_field="meta.next"), {"meta": {}}, "neither meta.next nor has_more"),
    ],
)
def test_an_answer_that_does_not_say_where_to_go_on_is_loud(paginator: Paginator, body: Mapping[str, Any], words: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=re.escape(words)):
        paginator.following(paginator.first(TABLE, 5, {}), Page(body, [{"id": 1}]))


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("rules", [[], [empty_page()]])
def test_an_api_that_ignores_the_page_number_is_an_error_and_no_endless_loop(rules: list[StopRule], size: int) -> None:
    def answer(api: Api, request: Request) -> Page:
        return Page({}, api.slice(0, size))

    words = "the same records as for the page before" if size > 1 else "200 pages in a row brought the same records again"
    with pytest.raises(UnexpectedAnswer, match=words):
        read(PageNumberPaginator(stop=rules), Api(answer, 9), TABLE, size, {})


@pytest.mark.parametrize("size", [1, 3])
def test_records_that_are_sent_twice_in_a_row_are_no_circle(size: int) -> None:
    def answer(api: Api, request: Request) -> Page:
        number = int(request.params["page"])
        return Page({"page": number}, api.slice(min(number // 2, 2) * size, size) if number < 6 else [])

    records, _ = read(PageNumberPaginator(), Api(answer, 9), TABLE, size, {})
    assert len(records) == 5 * size


def test_an_old_answer_of_one_record_is_noticed() -> None:
    def answer(api: Api, request: Request) -> Page:
        number = min(int(request.params["page"]), 2)
        return Page({"page": number}, api.slice(number, 1))

    with pytest.raises(UnexpectedAnswer, match="200 pages in a row brought the same records again"):
        read(PageNumberPaginator(), Api(answer, 9), TABLE, 1, {})


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<https://a/b?c=1>; rel="next"', "https://a/b?c=1"),
        ("<https://a/b>; rel=next", "https://a/b"),
        ('<https://a/1>; rel="prev", <https://a/3>; title="x, y"; rel="last next"', "https://a/3"),
        ('<https://a/1>; rel="prev"', None),
        ("", None),
    ],
)
def test_link_headers_as_rfc_8288_has_them(header: str, target: str | None) -> None:
    following = LinkHeaderPaginator().following(Request("/jobs"), Page([], [{"id": 1}], headers={"link": header}))
    assert (following and following.path) == target


@pytest.mark.parametrize(
    ("link", "path"),
    [("?page=2", "/v1/jobs?page=2"), ("/v1/jobs?page=2", "/v1/jobs?page=2"), ("https://h/x?page=2", "https://h/x?page=2")],
)
def test_relative_and_whole_links(link: str, path: str) -> None:
    following = NextLinkPaginator().following(Request("/v1/jobs?page=1"), Page({"next": link}, [{"id": 1}]))
    assert following is not None
    assert following.path == path
    assert NextLinkPaginator().first(TABLE, 5, NextLinkPaginator().bookmark(following)).path == path


def test_positions_go_where_they_are_told() -> None:
    request = Request("/jobs", method="POST", json={"a": 1})
    assert request.placed("body", "b", 2).json == {"a": 1, "b": 2}
    assert request.placed("query", "b", 2).params == {"b": "2"}
    assert request.placed("header", "B", 2).headers == {"B": "2"}
    assert request.json == {"a": 1}
    assert str(request.placed("query", "b", 2)) == 'POST /jobs?b=2 {"a": 1}'


def test_a_page_tells_what_is_not_there_from_null() -> None:
    page = Page({"meta": {"next": None}, "@odata.nextLink": "/jobs?page=2"}, [])
    assert (page.find("meta.next"), page.get("meta.next")) == (None, None)
    assert (page.find("meta.last"), page.get("meta.last")) == (MISSING, None)
    assert page.find("@odata.nextLink") == page.get("@odata.nextLink") == "/jobs?page=2"


def test_what_is_put_into_a_body_goes_where_it_is_found() -> None:
    request = Request("/jobs", method="POST", json={"page.after": "x", "sorts": [{"by": "id"}]})
    assert request.placed("body", "page.after", "y").json == {"page.after": "y", "sorts": [{"by": "id"}]}
    assert request.placed("body", "sorts[0].after", 3).json == {"page.after": "x", "sorts": [{"by": "id", "after": 3}]}
    assert request.placed("body", "page.size", 5).found("body", "page.size") == 5
    with pytest.raises(PluginError, match="no list with an entry 1"):
        request.placed("body", "sorts[1].after", 3)


# docs/sources.md

SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
SECTIONS = SOURCES.partition("\n## Pagination\n")[2].partition("\n## Error rules")[0].partition("\n## Records\n")[0]
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", SECTIONS, re.M | re.S)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page_assemble_and_page(example: str) -> None:
    module = ModuleType("connector_crew")
    exec(compile(example, "sources.md", "exec"), module.__dict__)  # noqa: S102  (our own page)
    tables = Plugin("tables", SimpleNamespace(connector_tables=hookimpl(lambda: [TABLE])))
    plugins = [Plugin("connector-crew", module)] if "connector_tables" in example else [tables, Plugin("connector-crew", module)]
    plan = assemble(plugins).tables[0]
    assert plan.paginator_origin.plugin == "connector-crew"
    request = plan.paginator.first(plan.table, 5, {})
    assert plan.paginator.first(plan.table, 5, json.loads(json.dumps(dict(plan.paginator.bookmark(request))))) == request


def test_the_page_has_an_example_of_each_kind() -> None:
    kinds = [CursorPaginator, NextLinkPaginator, LinkHeaderPaginator, PageNumberPaginator, OffsetPaginator, KeysetPaginator]
    kinds += [SinglePage, UntilKnown, UpdatedSince, Windows, FullRead]
    assert [kind.__name__ for kind in kinds if not any(f"{kind.__name__}(" in example for example in EXAMPLES)] == []


def test_a_cursor_may_lie_deep_in_the_body() -> None:
    table = Table("jobs", "/graphql", "data.jobs[*].node", ["id"], {"id": "LONG"}, body={"query": "q", "variables": {"of": 1}})
    paginator = CursorPaginator("variables.after", "data.next", "variables.first", where="body")
    first = paginator.first(table, 5, {})
    assert first.json == {"query": "q", "variables": {"of": 1, "first": 5}}
    following = paginator.following(first, Page({"data": {"next": "c"}}, []))
    assert following
    assert following.json == {"query": "q", "variables": {"of": 1, "first": 5, "after": "c"}}
    assert paginator.bookmark(following) == {"page_cursor": "c", "page_size": 5}
    assert table.body == {"query": "q", "variables": {"of": 1}}
