"""Kind F, as far as pages go: where links lead (F9), filters that they lack (F10), and feeds of empty pages (F11g)."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from cases.support import Api, Call, Reply, connect, items, records, serving
from connector_core import (
    CursorPaginator,
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
    SourceError,
    Table,
    UnexpectedAnswer,
    UpdatedSince,
    Windows,
    empty_page,
    field_is,
    no_more,
)
from connector_core.paging.web_links import links_of, resolved

HELD = records(25)
ALL = [record["id"] for record in HELD]


def refused(api: Api, paginator: Paginator, table: Table | None = None) -> str:
    """What a sync says that fails."""
    with pytest.raises(UnexpectedAnswer) as caught:
        connect(api, table or items(), paginator=paginator).sync()
    return str(caught.value)


# F9


def linking(form: str, below: str = "") -> Callable[[Call], Any]:
    """An API below a path whose links are written like *form*, with its address and the number of the next page."""

    def answer(call: Call) -> Any:
        if call.path not in (f"{below}/items", f"{below}/items/"):
            return Reply({"error": f"nothing at {call.path}"}, 404)
        number = int(call.query.get("page", 1))
        link = written(form, call.base, number + 1) if number < 3 else None
        headers = {"Link": f'<{link}>; rel="next"'} if link else {}
        return Reply({"items": HELD[number * 10 - 10 : number * 10], "next": link}, headers=headers)

    return answer


def written(form: str, base: str, page: int) -> str:
    return form.format(base=base, host=base.removeprefix("http://"), port=base.rpartition(":")[2], page=page)


FORMS = {
    "a whole address": "{base}/api/v2/items?page={page}",
    "without the scheme": "//{host}/api/v2/items?page={page}",
    "an absolute path": "/api/v2/items?page={page}",
    "a path that knows nothing of what stands before it": "/items?page={page}",
    "a query alone": "?page={page}",
    "a relative path": "items?page={page}",
    "a path with a dot": "./items?page={page}",
    "a path with dots": "../v2/items?page={page}",
    "with a fragment": "?page={page}#top",
    "with the scheme in capitals": "HTTP://{host}/api/v2/items?page={page}",
    "with blanks around it": "  ?page={page} ",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("paginator", [NextLinkPaginator(), LinkHeaderPaginator()])
def test_f9_a_link_leads_where_rfc_3986_says(form: str, paginator: Paginator) -> None:
    with serving(linking(FORMS[form], "/api/v2")) as api:
        connection = connect(api, paginator=paginator, configuration={"base_url": f"{api.url}/api/v2"})
        connection.sync()
        assert connection.ids() == ALL


def test_f9_it_is_resolved_against_the_address_that_answered() -> None:
    def answer(call: Call) -> Any:
        if call.path == "/items":
            return Reply(status=302, headers={"Location": "/moved/here/items"})
        return linking("?page={page}", "/moved/here")(call)

    with serving(answer) as api:
        connection = connect(api, paginator=NextLinkPaginator())
        connection.sync()
        assert connection.ids() == ALL
        assert [call.path for call in api.calls] == ["/items", *["/moved/here/items"] * 3]


ELSEWHERE = {
    "https": ("https://{host}/items?page={page}", "its scheme is https, and that of base_url http"),
    "another port": ("http://127.0.0.1:9/items?page={page}", "its port is 9, and that of base_url"),
    "another host": ("http://internal.local:{port}/items?page={page}", "its host is internal.local"),
    "a host alone": ("//internal.local/items?page={page}", "its host is internal.local"),
    "no port": ("http://127.0.0.1/items?page={page}", "its port is 80, and that of base_url"),
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_f9_a_link_elsewhere_is_refused_and_the_message_says_what_differs(kind: str) -> None:
    form, words = ELSEWHERE[kind]
    with serving(linking(form)) as api:
        message = refused(api, NextLinkPaginator())
        assert words in message
        assert "path_only=True" in message
        assert "set base_url" in message
        assert len(api.calls) == 1, "and nothing is sent there"


@pytest.mark.parametrize("kind", ELSEWHERE)
@pytest.mark.parametrize("below", ["", "/api/v2"])
def test_f9_behind_a_proxy_only_path_and_query_of_a_link_count(kind: str, below: str) -> None:
    with serving(linking(ELSEWHERE[kind][0].replace("/items", f"{below}/items"), below)) as api:
        configuration = {"base_url": api.url + below}
        connection = connect(api, paginator=NextLinkPaginator(path_only=True), configuration=configuration)
        connection.sync()
        assert connection.ids() == ALL


def test_f9_a_link_of_the_state_that_leads_elsewhere_now_is_left_aside() -> None:
    """The API has moved, and base_url with it."""
    with serving(linking("?page={page}")) as api:
        connection = connect(api, paginator=NextLinkPaginator())
        connection.warehouse.state = {"next_link": "https://old.example.com/items?token=abcdefgh"}
        [warning] = connection.sync().warnings
        assert "says nothing about where to go on" in warning
        assert connection.ids() == ALL


@pytest.mark.parametrize("link", ["http://[", "https://[::1/items"])
def test_f9_what_is_no_address_is_told(link: str) -> None:
    with serving(lambda _: {"items": HELD[:10], "next": link}) as api:
        assert f"the next link is {link!r}" in refused(api, NextLinkPaginator())


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//a/g", "http://a/g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("../g", "http://a/b/g"),
        ("../../g", "http://a/g"),
        ("../../../g", "http://a/g"),
        ("g;x=1/../y", "http://a/b/c/y"),
    ],
)
def test_f9_the_examples_of_rfc_3986(link: str, path: str) -> None:
    """Section 5.4, from http://a/b/c/d;p?q."""
    assert resolved(link, Request("http://a/b/c/d;p?q"), Page({}, [], url="http://a/b/c/d;p")) == path


def test_f9_parameters_of_a_link_header() -> None:
    header = r'<a,b>; rel="prev"; title="x, \"y\"; rel=next", </c>; REL=next ;results = "false"; cursor="0:1", <d>; rel="next"'
    found = links_of(header)
    assert found["prev"].target == "a,b"
    assert found["prev"].parameters["title"] == 'x, "y"; rel=next'
    assert (found["next"].target, found["next"].parameters["results"]) == ("/c", "false")
    assert links_of("") == {}


# F10


def filtering(link: Callable[[int], str]) -> Callable[[Call], Any]:
    """An API of which half is completed, in no order; it filters where it is asked to. Its links are written by *link*."""
    mixed = records(50, status=lambda number: "completed" if number % 2 else "open")

    def answer(call: Call) -> Any:
        token = call.query.get("token", "t1")[1:]
        number = int(call.query.get("page", token))
        found = [record for record in mixed if call.query.get("status") in (None, record["status"])]
        following = link(number + 1) if number * 10 < len(found) else None
        return {"items": found[number * 10 - 10 : number * 10], "next": following}

    return answer


FILTERED = items(columns={"id": "STRING", "status": "STRING"}, params={"status": "completed"})
COMPLETED = [f"r{number:04}" for number in range(1, 50, 2)]


@pytest.mark.parametrize("link", ["?page={}", "/items?page={}", "/items?token=t{}"])
def test_f10_named_parameters_are_kept_on_links(link: str) -> None:
    with serving(filtering(link.format)) as api:
        connection = connect(api, FILTERED, paginator=NextLinkPaginator(keep=["status"]))
        assert connection.sync().warnings == []
        assert connection.ids() == COMPLETED
        assert {call.query["status"] for call in api.calls} == {"completed"}


@pytest.mark.parametrize("link", ["?page={}", "/items?page={}&sort=id", "/items?page={}&status_code=0"])
def test_f10_a_link_that_plainly_lacks_a_filter_is_loud(link: str) -> None:
    with serving(filtering(link.format)) as api:
        message = refused(api, NextLinkPaginator(), FILTERED)
        assert "lacks status, which the table's params have" in message
        assert "Write keep=['status']" in message


def test_f10_a_link_whose_token_may_carry_the_filter_is_a_warning() -> None:
    with serving(filtering("/items?token=t{}".format)) as api:
        connection = connect(api, FILTERED, paginator=NextLinkPaginator())
        [warning] = connection.sync().warnings
        assert re.search(r"the next links lack status.*write keep=\['status'\].*write keep=\[\]", warning)
        assert connect(api, FILTERED, paginator=NextLinkPaginator(keep=[])).sync().warnings == []


def test_f10_a_link_that_carries_the_filter_is_left_as_it_is() -> None:
    with serving(filtering("?page={}&status=completed".format)) as api:
        connection = connect(api, FILTERED, paginator=NextLinkPaginator(keep=["status"]))
        assert connection.sync().warnings == []
        assert connection.ids() == COMPLETED
        assert [call.pairs.count(("status", "completed")) for call in api.calls] == [1, 1, 1]


def test_f10_what_is_kept_stays_after_a_crash_and_within_a_strategy() -> None:
    """The filter of a strategy may be kept as well."""
    held = records(45, at=lambda number: f"2026-11-01T10:00:{number:02}Z")
    down = [True]

    def answer(call: Call) -> Any:
        if down and call.number >= 3:
            return Reply({}, 503)
        found = [record for record in held if record["at"] >= call.query["since"]]
        start = int(call.query.get("token", "t-0")[2:])
        link = f"/items?token=t-{start + 10}" if start + 10 < len(found) else None
        return {"items": found[start : start + 10], "next": link}

    table = items(columns={"id": "STRING", "at": "STRING"})
    paginator = UpdatedSince("since", "at", NextLinkPaginator(keep=["since"]), start="2026-11-01T10:00:05Z")
    with serving(answer) as api:
        connection = connect(api, table, paginator=paginator)
        with pytest.raises(SourceError):
            connection.sync()
        down.clear()
        connection.sync()
        assert connection.ids() == [record["id"] for record in held[5:]]


# F11g


def step(request: Request, page: Page) -> Request | None:
    return request.placed("query", "cursor", page.get("next_cursor"))


def empties(number: int, then: Sequence[Any]) -> Callable[[Call], Any]:
    """So many empty pages with ever new cursors and links, and then one with records."""

    def answer(call: Call) -> Any:
        at = call.number
        more = at < number
        if call.query.get("from", "1") != "1":
            return {"items": [], "next_cursor": None}
        return {
            "items": [] if more else list(then),
            "next_cursor": f"c{at}" if more else None,
            "next": f"/items?cursor=c{at}" if more else None,
            "more": more,
        }

    return answer


KINDS: Mapping[str, Paginator] = {
    "cursor": CursorPaginator(),
    "next link": NextLinkPaginator(),
    "function": FunctionPaginator(lambda request, page: step(request, page) if page.get("more") else None),
    "page number": PageNumberPaginator(stop=[no_more("more")]),
    "updated since": UpdatedSince("since", "id", CursorPaginator()),
    "windows": Windows("from", "to", 1, 10, CursorPaginator()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_f11g_some_empty_pages_are_read_over(kind: str) -> None:
    """An API that filters a page after it was cut sends them."""
    then = [{"id": "2026-11-01"}]
    with serving(empties(60, then)) as api:
        connection = connect(api, paginator=KINDS[kind])
        connection.sync()
        assert connection.ids() == ["2026-11-01"]


@pytest.mark.parametrize("kind", KINDS)
def test_f11g_a_feed_of_empty_pages_ends_loudly(kind: str) -> None:
    with serving(empties(10**9, [])) as api:
        message = refused(api, KINDS[kind])
        assert "200 pages in a row were empty" in message
        assert "set max_empty_pages of the paginator higher" in message
        assert len(api.calls) == 200


@pytest.mark.parametrize("most", [1, 5, 300])
def test_f11g_the_number_is_an_option(most: int) -> None:
    with serving(empties(most, HELD[:1])) as api:
        if most > 1:
            with pytest.raises(UnexpectedAnswer, match=f"{most - 1} pages in a row were empty"):
                connect(api, paginator=CursorPaginator(max_empty_pages=most - 1)).sync()
        api.calls.clear()
        connection = connect(api, paginator=CursorPaginator(max_empty_pages=most + 1))
        connection.sync()
        assert connection.ids() == ALL[:1]


def test_f11g_windows_may_be_empty_for_as_long_as_they_are() -> None:
    """Two windows with equal answers are no circle (principle 8), and days without a record are none either."""
    same = {"id": "2026-11-20", "n": 1}

    def answer(call: Call) -> Any:
        return {"items": [same] if call.query["from"] >= "2026-11-01" else []}

    with serving(answer) as api:
        table = items(columns={"id": "STRING", "n": "LONG"})
        connection = connect(api, table, paginator=Windows("from", "to", "2025-12-01", 1, SinglePage()))
        connection.sync()
        assert connection.ids() == ["2026-11-20"]
        assert len(api.calls) > 300


def test_f11g_an_api_that_knows_no_windows_of_ids_is_loud() -> None:
    with serving(lambda _: {"items": HELD[:5]}) as api, pytest.raises(UnexpectedAnswer, match="brought the same records again"):
        connect(api, paginator=Windows("from", "to", 1, 10)).sync()


@pytest.mark.parametrize("paginator", [KeysetPaginator("after", "id"), OffsetPaginator(), CursorPaginator(stop=[empty_page()])])
def test_f11g_an_empty_page_ends_where_the_plugin_says_so(paginator: Paginator) -> None:
    with serving(lambda _: {"items": [], "next_cursor": "c1"}) as api:
        connection = connect(api, items(overrule=["next_cursor"]), paginator=paginator)
        connection.sync()
        assert len(api.calls) == 1


def test_f11g_a_field_that_says_the_end_wins_over_a_cursor() -> None:
    with serving(lambda call: {"items": HELD[:1], "next_cursor": f"c{call.number}", "state": "done"}) as api:
        connect(api, paginator=CursorPaginator(stop=[field_is("state", "done")])).sync()
        assert len(api.calls) == 1
