"""Signs that there is more: what counts as one, and that a feed is read whole or fails, whatever paginator meets whatever API."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
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
    Request,
    SinglePage,
    Table,
    UnexpectedAnswer,
    empty_page,
    last_page,
    no_more,
    short_page,
    total_reached,
)
from connector_core.http.pages import read_pages
from connector_core.paging.evidence import Evidence
from connector_core.paging.sign_names import kind_of
from connector_core.paging.signs import signs_in
from support import ListLog


def table(**parts: Any) -> Table:
    return Table(
        **{"name": "jobs", "path": "/jobs", "records": "jobs", "primary_key": ["id"], "columns": {"id": "LONG"}, **parts}
    )


def ignore(what: str, warning: str) -> None:
    """A warning that a test does not look at."""


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("more", "has_more hasMore has-more hasmore HasMoreResults hasNextPage has_next more moreAvailable isTruncated"),
        ("done", "last isLast is_last_page done endOfRecords eof"),
        ("next", "next nextPage next_page_token @odata.nextLink __next NextMarker next_page_id hydra:next nextpage nexturl"),
        ("next", "nextRecordsUrl next_cursor NextContinuationToken continuationToken LastEvaluatedKey x-next-page"),
        ("likely next", "after cursor bookmark offset startingAfter"),
        ("total", "total count totalCount total_results @odata.count numFound totalElements recordsTotal X-Total-Count"),
        ("pages", "pages total_pages pageCount last_page numberOfPages X-Total-Pages"),
        ("page", "page current_page pageNumber number X-Page"),
        (None, "nextSyncToken next_run_at next_invoice nextId per_page page_size limit data has_more_seats total_price"),
        (None, "first prev self account more_info totally counter lastName doneBy endCursor updated_after is_available"),
    ],
)
def test_what_a_name_speaks_about(kind: str | None, names: str) -> None:
    assert {name: kind_of(name) for name in names.split()} == dict.fromkeys(names.split(), kind)


# Against anything at all

WORDS = """has_more hasNextPage more done last next next_page next_cursor nextLink cursor after offset total count page pages
last_page total_pages meta links pageInfo paging jobs id data"""
NAMES = st.sampled_from(WORDS.split())
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 40)
    | st.sampled_from(["", "null", "0", "abc", "/jobs?page=2", "true", "23", "NaN"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=6)
HEADERS = st.dictionaries(
    st.sampled_from(["link", "x-total-count", "x-next-page", "content-range", "x-page", "x-total-pages"]),
    st.sampled_from(
        ["", "2", "230", '</jobs?page=2>; rel="next"', "<>; rel=next", "items 0-1/9", "bytes 0-1/9", "x", "</a>;rel="]
    ),
    max_size=3,
)
RECORDS = st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=3)


def ended(body: Any, records: list[Any], headers: Mapping[str, str], overrule: list[str]) -> str | None:
    """The sign that is against an end at such an answer; None where nothing is."""
    evidence = Evidence(table(overrule=overrule), ignore)
    page = Page(body, records, headers=headers)
    evidence.took(page)
    try:
        assert evidence.ended(SinglePage(), Request("/jobs"), page) is None
    except UnexpectedAnswer as error:
        said = str(error)
    else:
        return None
    [name] = re.findall(r'write overrule=\["(.*)"\] in Table jobs\.$', said)
    return str(name)


@given(body=BODIES, records=RECORDS, headers=HEADERS)
@settings(max_examples=300)
def test_each_sign_can_be_overruled_by_the_name_that_its_error_gives(
    body: dict[str, Any], records: list[Any], headers: dict[str, str]
) -> None:
    body = {**body, "jobs": records}
    overruled: list[str] = []
    while (name := ended(body, records, headers, overruled)) is not None:
        assert name not in overruled
        overruled.append(name)
        assert len(overruled) < 100


@given(body=BODIES, records=RECORDS, others=RECORDS, headers=HEADERS)
def test_what_stands_in_the_records_is_no_sign(
    body: dict[str, Any], records: list[Any], others: list[Any], headers: dict[str, str]
) -> None:
    def signs(records: list[Any]) -> Any:
        return signs_in(table(), Request("/jobs"), Page({**body, "jobs": records}, records, headers=headers))

    assert signs(records) == signs(others)


@given(body=BODIES, headers=HEADERS, flag=st.sampled_from(["has_more", "hasNextPage"]))
def test_what_says_that_there_is_no_more_outweighs_whatever_is_left_over(
    body: dict[str, Any], headers: dict[str, str], flag: str
) -> None:
    plain = {name: value for name, value in body.items() if kind_of(name) not in ("more",) and not isinstance(value, dict)}
    assert ended({**plain, "jobs": [{}], flag: False}, [{}], {**headers, "content-range": ""}, []) is None


@given(body=BODIES, path=st.sampled_from(["@", "[@]", "jobs", "data.jobs", "[data]", "jobs[*].id", "values(data)"]))
def test_wherever_the_records_are(body: dict[str, Any], path: str) -> None:
    given_to = table(records=path)
    found = given_to.find(body)
    records = found if isinstance(found, list) else []
    signs_in(given_to, Request("/jobs"), Page(body, records))


# Whatever paginator meets whatever API: all rows, or loud

HELD = [{"id": number} for number in range(1, 24)]
Says = Callable[[int, int], dict[str, Any]]
"""(where the next page starts, 0 at the end; how many records there are) → what an answer says about it."""

STYLES: dict[str, Says] = {
    "has_more": lambda after, _: {"has_more": after > 0},
    "pageInfo": lambda after, _: {"pageInfo": {"hasNextPage": after > 0, "endCursor": f"c{after}" if after else None}},
    "next link": lambda after, _: {"links": {"next": f"/jobs?offset={after}" if after else None}},
    "next link left out": lambda after, _: {"next_url": f"/jobs?offset={after}"} if after else {},
    "next cursor": lambda after, _: {"meta": {"next_cursor": f"c{after}" if after else None}},
    "next token left out": lambda after, _: {"nextPageToken": f"c{after}"} if after else {},
    "next page": lambda after, _: {"next_page": after // 5 + 1 if after else None},
    "is last": lambda after, _: {"last": not after},
    "total": lambda _, total: {"total": total},
    "count": lambda _, total: {"meta": {"count": total}},
    "left-over cursor": lambda after, _: {"has_more": after > 0, "next_cursor": f"c{after or 99}"},
    "link header": lambda after, _: {"Link": f'</jobs?offset={after}>; rel="next"'} if after else {},
}
PAGINATORS: dict[str, Paginator] = {
    "single": SinglePage(),
    "single, read whole": FullRead(SinglePage()),
    "link": NextLinkPaginator("links.next"),
    "misspelt link": NextLinkPaginator("nextlnk"),
    "link that may be left out": NextLinkPaginator("nxt", missing_ends=True),
    "link header": LinkHeaderPaginator(),
    "cursor": CursorPaginator("cursor", "meta.next_cursor", None),
    "cursor that may be left out": CursorPaginator("cursor", "nextPageToken", None, missing_ends=True),
    "misspelt cursor": CursorPaginator("cursor", "nxt", None, "mor", missing_ends=True),
    "cursor until a short page": CursorPaginator("cursor", "next_cursor", "size", stop=[short_page("size")], missing_ends=True),
    "offset": OffsetPaginator("offset", "size"),
    "offset until a short page": OffsetPaginator("offset", "size", stop=[short_page("size")]),
    "offset until the total": OffsetPaginator("offset", "size", stop=[total_reached("total")]),
    "page": PageNumberPaginator("page", size_param="size"),
    "page until a short page": PageNumberPaginator("page", size_param="size", stop=[short_page("size")]),
    "page until the last": PageNumberPaginator("page", size_param="size", stop=[last_page("pages")]),
    "key": KeysetPaginator("after", "id", "size"),
    "key until there is no more": KeysetPaginator("after", "id", "size", stop=[no_more("has_more")]),
    "key until a short page": KeysetPaginator("after", "id", "size", stop=[short_page("size"), empty_page()]),
    "function": FunctionPaginator(lambda *_: None),
}


def start_of(request: Request) -> int:
    """Where the page of a request starts: by offset, number, key, cursor or a link."""
    query = dict(part.partition("=")[::2] for part in request.path.partition("?")[2].split("&"))
    params = {**query, **request.params}
    if cursor := params.get("cursor"):
        return int(cursor[1:])
    return int(params.get("offset") or params.get("after") or (int(params.get("page", 1)) - 1) * 5)


def read_all(paginator: Paginator, style: Says, cut: int, held: list[dict[str, Any]]) -> list[int]:
    """The ids that a read brings of an API with pages of five, or of *cut* where that is less."""

    def fetch(request: Request) -> Page:
        start = start_of(request)
        page = held[start : min(start + 5, start + cut)]
        after = start + len(page) if start + len(page) < len(held) and page else 0
        said = style(after, len(held))
        headers = {"link": said.pop("Link")} if "Link" in said else {}
        return Page({"jobs": page, **said}, page, headers=headers)

    log = ListLog()
    evidence = Evidence(table(), lambda _, warning: log.warning(warning))
    found: list[int] = []
    for number, read in enumerate(read_pages(fetch, paginator, paginator.first(table(), 5, {}), "jobs", evidence=evidence)):
        found += [record["id"] for record in read.page.records]
        assert number < 100
    return found


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("paginator", PAGINATORS)
@pytest.mark.parametrize("cut", [5, 3])
@pytest.mark.parametrize("number", [0, 3, 5, 23])
def test_a_feed_is_read_whole_or_fails(paginator: str, style: str, cut: int, number: int) -> None:
    held = HELD[:number]
    try:
        found = read_all(PAGINATORS[paginator], STYLES[style], cut, held)
    except UnexpectedAnswer:
        return
    # Pages of five, of which the API gives three, leave out two of each: nothing in such an answer tells, so pages by number
    # are no part of that.
    if not (paginator.startswith("page") and cut < 5):
        assert set(found) == {record["id"] for record in held}
