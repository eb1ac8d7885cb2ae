"""Kind A: not found is not the same as ended, and what the answer says wins over what the plugin believes."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import frozen

from cases.support import FIRST, HELD, Call, Reply, connect, failing, family, items, read, records, serving
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
    Parent,
    PluginError,
    Request,
    SinglePage,
    Table,
    UnexpectedAnswer,
    UpdatedSince,
    Windows,
    empty_page,
    last_page,
    no_more,
    short_page,
)
from connector_core.source.pagination import Bookmark
from places import ROOT

SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")

# A1


def odata(call: Call, held: list[dict[str, Any]]) -> dict[str, Any]:
    skip, top = int(call.query.get("$skip", 0)), int(call.query.get("$top", 10))
    page: dict[str, Any] = {"@odata.context": "$metadata#items", "value": held[skip : skip + top]}
    if skip + top < len(held):
        page["@odata.nextLink"] = f"{call.base}/items?$top={top}&$skip={skip + top}"
    return page


@pytest.mark.parametrize("number", [0, 5, 10, 20, 25])
@pytest.mark.parametrize("field", ["@odata.nextLink", '"@odata.nextLink"'])
def test_a1_a_key_with_a_dot_in_it(field: str, number: int) -> None:
    held = records(number)
    paginator = NextLinkPaginator(field.strip('"'), size_param="$top")
    assert read(lambda call: odata(call, held), paginator, records="value") == [record["id"] for record in held]


@pytest.mark.parametrize("field", ["meta.@odata.nextLink", "meta.odata.next", '"meta"."odata.next"'])
def test_a1_nested_and_quoted(field: str) -> None:
    def said(call: Call) -> Any:
        skip = int(call.query.get("skip", 0))
        link = f"/items?skip={skip + 10}" if skip < 20 else None
        return {"items": HELD[skip : skip + 10], "meta": {"@odata.nextLink": link, "odata.next": link}}

    assert len(read(said, NextLinkPaginator(field))) == 30


# A2


def test_a2_the_field_is_called_otherwise() -> None:
    message = failing({"items": FIRST, "next_page": "/items?page=2"}, NextLinkPaginator("next"))
    assert message == (
        "case_items: GET /items: the answer has no next (did you mean next_page?), so it cannot be told whether the feed ends "
        "here. Correct next_field of NextLinkPaginator; if the API leaves it out on the last page, write missing_ends=True."
    )


@pytest.mark.parametrize(
    ("paginator", "said", "words"),
    [
        (NextLinkPaginator("next"), {"paging": {"next": "/items?page=2"}}, "did you mean paging.next"),
        (NextLinkPaginator("links.next"), {"_links": {"next": {"href": "/items?page=2"}}}, "did you mean _links.next"),
        (NextLinkPaginator("nextPage"), {"next_page": "/items?page=2"}, "did you mean next_page"),
        (NextLinkPaginator("next", missing_ends=True), {"next_page": "/items?page=2"}, 'NextLinkPaginator("next_page")'),
        (NextLinkPaginator("next"), {"weiter": "/items?page=2"}, "there is items, items[0].id, weiter"),
        (CursorPaginator("c", "next", None), {"nextCursor": "b"}, "did you mean nextCursor"),
        (CursorPaginator("c", "next_cursor", None), {"meta": {"next_cursor": "b"}}, "did you mean meta.next_cursor"),
        (CursorPaginator("c", "next", None, missing_ends=True), {"next_cursor": "b"}, 'next_field="next_cursor"'),
        (CursorPaginator("c", "weiter", None, missing_ends=True), {"continuationToken": "b"}, "continuationToken"),
    ],
)
def test_a2_what_it_may_be_is_named(paginator: Paginator, said: Mapping[str, Any], words: str) -> None:
    assert words in failing({"items": FIRST, **said}, paginator)


def test_a2_a_link_that_was_there_before_may_be_left_out_at_the_end() -> None:
    def said(call: Call) -> Any:
        page = int(call.query.get("page", 1))
        link = {"next": f"/items?page={page + 1}"} if page < 3 else {}
        return {"items": HELD[page * 10 - 10 : page * 10], **link}

    assert len(read(said, NextLinkPaginator("next"))) == 30


@pytest.mark.parametrize(
    ("said", "paginator"),
    [
        ({"items": FIRST}, NextLinkPaginator("next", missing_ends=True)),
        ({"items": FIRST, "next": None}, NextLinkPaginator("next")),
        ({"items": FIRST, "next": ""}, NextLinkPaginator("next")),
        ({"items": FIRST, "paging": None}, NextLinkPaginator("paging.next")),
        ({"items": FIRST[:3]}, NextLinkPaginator("next", size_param="limit")),
        ({"items": []}, NextLinkPaginator("next")),
    ],
)
def test_a2_what_ends_a_feed_of_links(said: Any, paginator: Paginator) -> None:
    assert read(said, paginator) == [record["id"] for record in said["items"]]


# A3: signs that there is more

LINK = {"Link": '</items?page=2>; rel="next", </items?page=23>; rel="last"'}
MORE: list[tuple[dict[str, Any], str]] = [
    ({"has_more": True}, "has_more is true"),
    ({"hasMore": "true"}, "hasMore is true"),
    ({"more": True}, "more is true"),
    ({"moreResultsAvailable": True}, "moreResultsAvailable is true"),
    ({"pageInfo": {"hasNextPage": True, "endCursor": "x"}}, "pageInfo.hasNextPage is true"),
    ({"meta": {"pagination": {"has_next": True}}}, "meta.pagination.has_next is true"),
    ({"additional_data": {"pagination": {"more_items_in_collection": True}}}, "more_items_in_collection is true"),
    ({"done": False, "totalSize": 230}, "done is false"),
    ({"meta": {"is_last_page": False}}, "meta.is_last_page is false"),
    ({"next": "/items?page=2"}, "next is '/items"),
    ({"next_page": 2}, "next_page is 2"),
    ({"nextPageToken": "tok"}, "nextPageToken is 'tok'"),
    ({"response_metadata": {"next_cursor": "abc"}}, "response_metadata.next_cursor is 'abc'"),
    ({"@odata.nextLink": "https://example.com/items?$skip=10"}, "@odata.nextLink"),
    ({"nextRecordsUrl": "/items/q-10"}, "nextRecordsUrl"),
    ({"_links": {"self": {"href": "/items"}, "next": {"href": "/items?page=2"}}}, "_links.next is '/items"),
    ({"links": [{"rel": "self", "href": "/items"}, {"rel": "next", "href": "/items?page=2"}]}, "links[1] is"),
    ({"paging": {"next": {"after": "NTI1"}}}, "paging.next is 'NTI1'"),
    ({"cursor": {"next": "abc", "prev": None}}, "cursor.next is 'abc'"),
    ({"after": "t3_abc"}, "after is 't3_abc'"),
    ({"offset": "itrX/recY"}, "offset is 'itrX/recY'"),
    ({"page": 1, "pages": 23}, "page is 1 of 23 pages"),
    ({"meta": {"current_page": 1, "last_page": 23}}, "meta.current_page is 1 of 23 meta.last_page"),
    ({"page": {"number": 0, "totalPages": 23, "size": 10}}, "page.number is 0 of 23 page.totalPages"),
    ({"total": 230}, "total is 230, and 10 records were read"),
    ({"meta": {"total_count": "230"}}, "meta.total_count is 230"),
    ({"@odata.count": 230}, "@odata.count is 230"),
]
ENDING: list[Paginator] = [
    SinglePage(),
    LinkHeaderPaginator(),
    NextLinkPaginator("link", missing_ends=True),
    CursorPaginator("c", "c_next", None, "m", missing_ends=True),
    FunctionPaginator(lambda *_: None),
    FullRead(SinglePage()),
    UpdatedSince("since", "id", SinglePage()),
]


@pytest.mark.parametrize("said", [said for said, _ in MORE], ids=[words.split()[0] for _, words in MORE])
@pytest.mark.parametrize("paginator", ENDING[:1] + ENDING[4:6], ids=lambda each: type(each).__name__)
def test_a3_the_answer_says_that_there_is_more(said: dict[str, Any], paginator: Paginator) -> None:
    message = failing({"items": FIRST, **said}, paginator)
    [name] = [name for name in [message.partition('overrule=["')[2].partition('"]')[0]] if name]
    assert "says that there is more" in message
    assert read({"items": FIRST, **said}, paginator, overrule=[name] + (["totalSize"] if "totalSize" in said else [])) == [
        record["id"] for record in FIRST
    ]


@pytest.mark.parametrize(("said", "words"), MORE, ids=[words.split()[0] for _, words in MORE])
def test_a3_the_sign_is_named(said: dict[str, Any], words: str) -> None:
    assert words in failing({"items": FIRST, **said}, SinglePage())


@pytest.mark.parametrize("paginator", ENDING, ids=lambda each: type(each).__name__)
def test_a3_whatever_reads_it(paginator: Paginator) -> None:
    message = failing({"items": [{"id": "2026-01-01"}], "has_more": True}, paginator)
    assert message.startswith("case_items: GET /items")
    assert "has_more is true" in message
    assert 'overrule=["has_more"] in Table case_items' in message


@pytest.mark.parametrize(
    "paginator", [SinglePage(), NextLinkPaginator("next"), CursorPaginator("c", "c", None), FullRead(SinglePage())]
)
def test_a3_a_link_header_that_another_paginator_does_not_read(paginator: Paginator) -> None:
    message = failing(Reply({"items": FIRST, "next": None, "c": None}, headers=LINK), paginator)
    assert "the answer says that there is more: Link is '/items?page=2'" in message
    assert "Write LinkHeaderPaginator()" in message


@pytest.mark.parametrize("headers", [LINK, {"X-Next-Page": "2"}, {"X-Has-More": "true"}, {"Content-Range": "items 0-9/230"}])
def test_a3_headers_speak_where_the_answer_is_a_list(headers: dict[str, str]) -> None:
    message = failing(Reply(FIRST, headers=headers), SinglePage(), records="@")
    name = next(iter(headers))
    assert f'overrule=["{name if name in ("Link", "Content-Range") else name.lower()}"]' in message


def test_a3_the_message_in_full() -> None:
    assert failing({"items": FIRST, "meta": {"next_page_url": "/items?page=2"}}, SinglePage()) == (
        "case_items: GET /items: SinglePage ends the feed here, but the answer says that there is more: meta.next_page_url is "
        "'/items?page=2'. Write NextLinkPaginator(\"meta.next_page_url\"). If the rest is not wanted, or meta.next_page_url says "
        'something else, write overrule=["meta.next_page_url"] in Table case_items.'
    )


def test_a3_graphql() -> None:
    connection = {"edges": [{"node": record} for record in FIRST], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}
    message = failing({"data": {"items": connection}}, SinglePage(), records="data.items.edges[*].node")
    assert "data.items.pageInfo.hasNextPage is true" in message


@frozen
class Around:
    """A strategy of a plugin's own, which asks the paginator in it by itself."""

    pages: Paginator
    reads_on = True

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        return self.pages.first(table, page_size, bookmark)

    def following(self, request: Request, page: Page) -> Request | None:
        return self.pages.following(request, page)

    def bookmark(self, request: Request) -> Bookmark:
        return self.pages.bookmark(request)

    def rest(self, request: Request, page: Page) -> Bookmark:
        return self.pages.rest(request, page)


def test_a3_a_strategy_of_a_plugins_own() -> None:
    assert "Around ends the feed here" in failing({"items": FIRST, "has_more": True}, Around(SinglePage()))
    assert len(read({"items": FIRST, "has_more": False}, Around(SinglePage()))) == 10


def test_a3_another_list_in_the_same_answer_speaks_of_itself() -> None:
    ended, more = {"hasNextPage": False}, {"hasNextPage": True}
    crew = {"members": {"nodes": FIRST, "pageInfo": ended}, "teams": {"nodes": [{"id": "t"}], "pageInfo": more}}
    assert len(read({"data": {"crew": crew}}, SinglePage(), records="data.crew.members.nodes")) == 10
    assert "data.crew.teams.pageInfo.hasNextPage" in failing(
        {"data": {"crew": crew}}, SinglePage(), records="data.crew.teams.nodes"
    )


def test_a3_the_pages_of_a_window() -> None:
    windows = Windows("from", "to", start=1, step=50)
    assert "has_more is true" in failing({"items": FIRST, "has_more": True}, windows)
    assert "total is 50, and 10 records" in failing({"items": FIRST, "total": 50}, windows)


def test_a3_the_windows_of_a_feed_each_have_a_total_of_their_own() -> None:
    def said(call: Call) -> Any:
        window = HELD[int(call.query["from"]) : int(call.query["to"]) + 1]
        return {"items": window, "total": len(window), "page": 1, "pages": 1}

    assert len(read(said, Windows("from", "to", start=0, step=50))) == 230


def test_a3_the_children_of_a_parent() -> None:
    crews = items(name="crews", path="/crews", records="crews")
    shifts = items(
        path="/crews/{parent.id}/shifts", columns={"id": "STRING", "crew": "STRING"}, parent=Parent("crews", adds={"crew": "id"})
    )

    def said(call: Call) -> Any:
        return (
            {"crews": records(3)} if call.path == "/crews" else {"items": FIRST, "has_more": call.path == "/crews/r0001/shifts"}
        )

    with serving(said) as api, pytest.raises(UnexpectedAnswer, match=r"GET /crews/r0001/shifts: .*has_more is true"):
        connect(api, crews, shifts, paginator=SinglePage()).sync()


def test_a3_a_page_that_was_filtered_after_it_was_cut() -> None:
    def said(call: Call) -> Any:
        page = int(call.query["page"])
        return {"items": [] if page == 2 else HELD[page * 10 - 10 : page * 10], "total": 230}

    message = failing(said, PageNumberPaginator())
    assert "GET /items?page_size=10&page=2: PageNumberPaginator ends the feed here" in message
    assert "total is 230, and 10 records were read" in message


SHORT = [short_page("page_size")]


@pytest.mark.parametrize(
    ("paginator", "lost"),
    [
        (PageNumberPaginator(stop=SHORT), ["r0027", "r0028", "r0029"]),  # which are on no page at all
        (OffsetPaginator("offset", "page_size", stop=SHORT), []),
        (KeysetPaginator("after", "id", stop=SHORT), []),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a3_a_short_page_in_the_middle_is_not_the_end(paginator: Paginator, lost: list[str]) -> None:
    """The plugin says that a short page ends the feed, the API that there is more: it is gone on with, and that is said."""

    def said(call: Call) -> Any:
        after = int(call.query["after"][1:]) + 1 if "after" in call.query else 0
        start = int(call.query.get("page", 1)) * 10 - 10 + int(call.query.get("offset", 0)) + after
        return {"items": HELD[start : min(start + (7 if start == 20 else 10), 60)], "has_more": start + 10 < 60}

    with serving(said) as api:
        connection = connect(api, items(), paginator=paginator)
        [warning] = connection.sync().warnings
        assert connection.ids() == [record["id"] for record in HELD[:60] if record["id"] not in lost]
        assert "has_more is true. Going on. Its stop rules are short_page." in warning


# A3: what is no sign

QUIET: list[dict[str, Any]] = [
    {"has_more": False},
    {"next": None, "previous": None, "count": 10},
    {"next": "", "next_page": 0, "nextCursor": -1, "next_url": "null", "next_token": False, "next_link": {}},
    {"has_more": False, "next_cursor": "left over", "links": {"next": "/items?after=left"}},
    {"isLast": True, "nextPage": "/items?page=2"},
    {"links": {"self": "/items", "first": "/items", "last": "/items?page=9", "prev": None, "next": None}},
    {"next": "/items"},
    {"_links": {"next": {"href": "/items"}}},
    {"nextSyncToken": "abc", "next_run_at": "2030-01-01", "next_invoice": 7},
    {"paging": {"cursors": {"before": "a", "after": "b"}}},
    {"page": 1, "pages": 1, "total": 10},
    {"page": 0, "pages": 1},
    {"pages": 23},
    {"page": 1, "pages": "many"},
    {"page": True, "pages": 3},
    {"page": 1, "next_page": 1},
    {"page": 1, "total_pages": 1, "next_page": 2},
    {"total": 10, "count": 3},
    {"total": -1},
    {"total": 9},
    {"limit": 100, "offset": 0, "size": 100},
    {"account": {"next": "step two", "more": True, "last": False, "total": 900}},
    {"next": None, "cursor": "of this page"},
    {"pageInfo": {"hasNextPage": False, "endCursor": "x"}},
    {"data": [{"has_more": True, "next": "/x"}]},
    {"done": True},
    {"lastPage": True},
    {"incomplete_results": True},
]


@pytest.mark.parametrize("said", QUIET, ids=str)
def test_a3_no_false_alarm(said: dict[str, Any]) -> None:
    assert len(read({"items": FIRST, **said}, SinglePage())) == 10


@pytest.mark.parametrize(
    "field", [{"has_more": True}, {"next": "/items?page=2"}, {"links": {"next": "/x"}}, {"meta": {"total": 900}}]
)
@pytest.mark.parametrize("shape", ["items", "@", "[@]", "[item]", "edges[*].node", "values(by_id)", "values(many)[:1]"])
def test_a3_a_field_of_a_record_is_no_sign(field: dict[str, Any], shape: str) -> None:
    record = {"id": "r1", **field}
    body: Any = {
        "items": {"items": [record]},
        "@": [record],
        "[@]": record,
        "[item]": {"item": record},
        "edges[*].node": {"edges": [{"node": record}]},
        "values(by_id)": {"by_id": {"r1": record}},
        "values(many)[:1]": {"many": {f"r{at}": {**record, "id": f"r{at}"} for at in range(1, 1000)}},
    }[shape]
    assert read(body, SinglePage(), records=shape) == ["r1"]


@pytest.mark.parametrize(
    ("paginator", "last"),
    [
        (CursorPaginator("c", "scroll", None, stop=[empty_page()]), {"items": [], "scroll": "always"}),
        (CursorPaginator("c", "next_token", None, stop=[empty_page()]), {"items": [], "next_token": "always"}),
        (KeysetPaginator("after", "id", stop=[no_more("has_more")]), {"items": [], "has_more": False, "next": "/x"}),
        (PageNumberPaginator(), {"items": [], "page": 2, "pages": 1}),
        (NextLinkPaginator("next"), {"items": [], "next": None}),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a3_what_the_plugin_itself_goes_by_is_no_sign_against_it(paginator: Paginator, last: dict[str, Any]) -> None:
    def said(call: Call) -> Any:
        return {**last, "items": FIRST, "next": "/items?p=2", "has_more": True} if not call.number else last

    assert len(read(said, paginator)) == 10


def test_a3_the_request_itself_leads_nowhere() -> None:
    """Solr and others give out on the last page what they were asked with."""

    def said(call: Call) -> Any:
        mark = call.query.get("cursorMark", "*")
        return {"items": FIRST if mark == "*" else [], "nextCursorMark": "AoE1" if mark == "*" else mark}

    def following(request: Any, page: Any) -> Any:
        mark = page.get("nextCursorMark")
        return None if request.params.get("cursorMark") == mark else request.placed("query", "cursorMark", mark)

    assert len(read(said, FunctionPaginator(following))) == 10


# A3: totals that differ


def test_a3_a_total_that_merely_differs_is_a_warning() -> None:
    def said(call: Call) -> Any:
        skip = int(call.query["offset"])
        return {"items": HELD[skip : skip + 10], "total": 235}

    with serving(said) as api:
        connection = connect(api, items(), paginator=OffsetPaginator())
        assert connection.sync().warnings == [
            "case_items: the feed has ended, but total is 235, and 230 records were read. If total is no more than an estimate, "
            'or counts something else, write overrule=["total"] in Table case_items.'
        ]
        assert len(connection.ids()) == 230


def test_a3_an_end_that_is_said_outweighs_a_total() -> None:
    with serving(lambda _: {"items": FIRST, "next": None, "total": 230}) as api:
        connection = connect(api, items(), paginator=NextLinkPaginator("next"))
        assert ["total is 230" in warning for warning in connection.sync().warnings] == [True]
        assert len(connection.ids()) == 10


def test_a3_a_warning_about_children_is_given_once() -> None:
    crews = items(name="crews", path="/crews", records="crews")
    shifts = items(
        path="/crews/{parent.id}/shifts",
        columns={"id": "STRING", "crew": "STRING"},
        primary_key=["crew", "id"],
        parent=Parent("crews", adds={"crew": "id"}),
    )

    def said(call: Call) -> Any:
        return {"crews": records(5)} if call.path == "/crews" else {"items": FIRST, "next": None, "total": 230}

    with serving(said) as api:
        connection = connect(api, crews, shifts, paginator=SinglePage())
        assert len(connection.sync().warnings) == 1
        assert len(connection.rows()) == 50


def test_a3_a_resumed_read_is_not_held_against_a_total() -> None:
    def said(call: Call) -> Any:
        skip = int(call.query["offset"])
        return {"items": HELD[skip : min(skip + 10, 60)], "total": 60} if call.number != 3 else Reply({}, 500)

    with serving(said) as api:
        connection = connect(api, items(), paginator=OffsetPaginator())
        connection.sync()
        assert len(connection.ids()) == 60


@pytest.mark.parametrize("overrule", ["has_more", [1], [""], 3])
def test_a3_what_is_overruled_is_a_list_of_names(overrule: Any) -> None:
    with pytest.raises(PluginError, match=r'^Table case_items: overrule is .*overrule=\["has_more"\]'):
        items(overrule=overrule)


# A6: a token that is left out on the last page


def tokens(call: Call) -> Any:
    start = int(call.query.get("pageToken", 0))
    more = {"nextPageToken": str(start + 10)} if start + 10 < 25 else {}
    return {"items": HELD[start : min(start + 10, 25)], **more}


def test_a6_the_token_is_left_out_on_the_last_page() -> None:
    words = {"param": "pageToken", "next_field": "nextPageToken", "size_param": None}
    message = failing(tokens, CursorPaginator(**words))  # type: ignore[arg-type]  # mypy sees one type for all
    assert message.endswith("if the API leaves it out on the last page, write missing_ends=True.")
    assert len(read(tokens, CursorPaginator(**words, missing_ends=True))) == 25  # type: ignore[arg-type]  # the same


def test_a6_a_misspelt_token_is_found_by_what_is_there() -> None:
    message = failing(tokens, CursorPaginator("pageToken", "next_page", None, missing_ends=True))
    assert "nextPageToken is '10'" in message
    assert "CursorPaginator looks for next_page." in message


# A7: nothing, in the words of the API

PAGES: Paginator = CursorPaginator("c", "next", None)


@pytest.mark.parametrize(
    ("nothing", "body"),
    [
        ("null", {"items": None, "next": None}),
        ("missing", {"next": None}),
        ("missing", {}),
        (["null", "missing"], {}),
        (["null", "missing"], {"items": None, "next": None}),
        ("{}", {"items": {}, "next": None}),
        ('""', {"items": "", "next": None}),
        ("false", {"items": False, "next": None}),
    ],
)
def test_a7_an_option_says_what_nothing_looks_like(nothing: Any, body: Any) -> None:
    assert read(body, PAGES, nothing=nothing) == []
    paged = lambda call: body if call.number else {"items": FIRST, "next": "b"}  # noqa: E731  (one line reads better here)
    assert len(read(paged, PAGES, nothing=nothing)) == 10
    message = failing(body, PAGES)
    assert "nothing=" in message
    assert "case_items: GET /items" in message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"items": None},
            "'items' is a JSON null, not a list of records. If the API says so where there are none, write nothing='null'",
        ),
        ({"items": {}}, "write nothing='{}' in its Table"),
        ({}, 'only no key at all. If the API leaves it out where there are none, write nothing="missing" in its Table'),
        ({"Items": FIRST}, "only Items (did you mean Items?). Check that base_url"),
        ({"data": {"items": FIRST}}, "only data (did you mean data.items?)"),
        ({"items": {"id": 1}}, "'items' is a JSON object, not a list of records. Check that"),
        ({"items": "busy"}, "'items' is a JSON text, not a list of records. Check that"),
    ],
)
def test_a7_the_message_names_it(body: Any, words: str) -> None:
    assert words in failing(body, PAGES)


def test_a7_nothing_is_not_whatever_is_there() -> None:
    assert "did you mean Items" in failing({"Items": FIRST, "next": None}, PAGES, nothing="missing")
    assert "is a JSON null" in failing({"items": None, "next": None}, PAGES, nothing="missing")
    assert "has no 'items'" in failing({"next": None}, PAGES, nothing="null")
    assert "is a JSON text" in failing({"items": "", "next": None}, PAGES, nothing="false")


@pytest.mark.parametrize("paginator", [PAGES, SinglePage(), NextLinkPaginator("next"), PageNumberPaginator(), FullRead(PAGES)])
def test_a7_204_is_an_empty_page_by_itself(paginator: Paginator) -> None:
    assert read(Reply(b"", status=204), paginator) == []


def test_a7_204_on_the_last_page_of_one_child() -> None:
    def said(call: Call) -> Any:
        if call.path == "/crews":
            return {"crews": records(3)}
        if call.path == "/crews/r0001/shifts":
            return Reply(b"", status=204)
        return {"items": records(2)}

    connection, _ = family(said)
    assert [row["crew"] for row in connection.rows()] == ["r0000", "r0000", "r0002", "r0002"]


def test_a7_204_in_a_window_is_not_the_end_of_the_feed() -> None:
    def said(call: Call) -> Any:
        start = int(call.query["from"])
        return Reply(b"", status=204) if start == 11 else {"items": HELD[start : start + 10] if start < 41 else []}

    assert len(read(said, Windows("from", "to", start=1, step=10, empty=2))) == 30


SILENT = [Reply(b"", status=204), {}]
BY_NUMBER = PageNumberPaginator(stop=[last_page("pages")])
SPOKEN = [
    (PAGES, {"next": "b", "has_more": True}, "has_more is true"),
    (NextLinkPaginator("next"), {"next": "/items?at=b", "is_last": False}, "is_last is false"),
    (NextLinkPaginator("next"), {"next": "/items?at=b", "total": 230}, "total is 230, and 10 records were read"),
    (BY_NUMBER, {"page": 1, "pages": 2}, "page is 1 of 2 pages"),
    (OffsetPaginator(), {"total": 230}, "total is 230, and 10 records were read"),
    (FullRead(PAGES), {"next": "b", "has_more": True}, "has_more is true"),
]


@pytest.mark.parametrize("nothing", SILENT)
@pytest.mark.parametrize(("paginator", "beside", "said"), SPOKEN)
def test_a7_nothing_at_all_is_held_against_what_the_page_before_said(
    paginator: Paginator, beside: dict[str, Any], said: str, nothing: Any
) -> None:
    message = failing(lambda call: nothing if call.number else {"items": FIRST, **beside}, paginator, nothing="missing")
    assert f"there is nothing at all in the answer, but the page before says that there is more: {said}." in message
    name = said.partition(" is")[0] if "of" not in said else "pages"
    assert f'write overrule=["{name}"] in Table case_items' in message


@pytest.mark.parametrize("nothing", SILENT)
@pytest.mark.parametrize(
    ("paginator", "beside"),
    [
        (PAGES, {"next": "b"}),
        (NextLinkPaginator("next"), {"next": "/items?at=b"}),
        (BY_NUMBER, {"page": 1, "pages": 1}),
        (PageNumberPaginator(), {"page": 1}),
        (OffsetPaginator(), {"total": 10}),
    ],
)
def test_a7_a_place_that_led_to_nothing_is_the_end(paginator: Paginator, beside: dict[str, Any], nothing: Any) -> None:
    def said(call: Call) -> Any:
        return nothing if call.number else {"items": FIRST, **beside}

    assert len(read(said, paginator, nothing="missing")) == 10


def test_a7_what_the_page_before_said_can_be_overruled() -> None:
    def said(call: Call) -> Any:
        return Reply(b"", status=204) if call.number else {"items": FIRST, "next": "b", "has_more": True}

    assert len(read(said, PAGES, overrule=["has_more"])) == 10


def test_a7_204_where_a_read_was_cut_short_is_no_end() -> None:
    """It is loud in each sync: the second, which goes on at that place, does not know what the page before said."""

    def said(call: Call) -> Any:
        return Reply(b"", status=204) if "c" in call.query else {"items": FIRST, "next": "b", "has_more": True}

    with serving(said) as api:
        connection = connect(api, items(), paginator=PAGES)
        for _ in range(3):
            with pytest.raises(UnexpectedAnswer, match="the page before says that there is more"):
                connection.sync()


def test_a7_204_where_a_cursor_rests_is_that_nothing_is_new() -> None:
    def said(call: Call) -> Any:
        return Reply(b"", status=204) if call.query.get("cursor") else {"items": FIRST, "next": "b"}

    with serving(said) as api:
        connection = connect(api, items(), paginator=CursorPaginator(next_field="next", incremental=True))
        for _ in range(3):
            assert connection.sync().warnings == []
        assert [call.query.get("cursor") for call in api.calls] == [None, "b", "b", "b"]


@pytest.mark.parametrize("nothing", ["nul", "[]", "[1]", "1", "{", 3, [None], ["null", "x"]])
def test_a7_what_nothing_cannot_be(nothing: Any) -> None:
    with pytest.raises(PluginError, match=r"^Table case_items: nothing has"):
        items(nothing=nothing)


# docs/sources.md

NOTHING = SOURCES.partition("\n### Nothing, in the words of the API\n")[2].partition("\n### ")[0]
ROWS = [re.findall(r"`([^`]+)`", row) for row in re.findall(r"^\| (`.+) \|$", NOTHING, re.M)]


def test_a7_the_words_of_the_documentation() -> None:
    """One word with several answers, or several with one each."""
    tried = 0
    for quoted in ROWS:
        cells = [each for each in quoted if each != "nothing"]
        answers = [each for each in cells if each.startswith('{"') or each == "{}"]
        words = [each for each in cells if each not in answers]
        for number, answer in enumerate(answers):
            word = words[number] if len(words) == len(answers) else words[0]
            page = {"next": None, **json.loads(answer)}
            assert read(page, PAGES, records="shifts", nothing=json.loads(word) if word[0] == '"' else word.strip("'")) == []
            tried += 1
    assert tried == 6
