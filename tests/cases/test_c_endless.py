"""Kind C: feeds without an end. Each ends by a rule that the plugin can say, or loudly after a stated number of requests."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest

from cases.support import MOST, Call, Reply, connect, items, plugin_of, records, serving
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
    UnexpectedAnswer,
    UpdatedSince,
    Windows,
    empty_page,
    field_is,
    hard_limit,
    header_is,
    last_page,
    link_is,
    no_more,
    repeated_page,
    short_page,
    total_reached,
)
from connector_core.plugin.assembly import assemble
from connector_core.source.pagination import MAX_EMPTY_PAGES

HELD = records(25)
ALL = [record["id"] for record in HELD]


def window(call: Call, held: Sequence[Any] = HELD) -> tuple[list[Any], int]:
    """The records of the page that a request asks for by ``at``, and where the next one starts."""
    at = int(call.query.get("at", 0))
    return list(held[at : at + 10]), at + 10


# C1


def endless(call: Call) -> Reply:
    """Always a next link, in the header and in the body; the end is said beside it in every way that there is."""
    page, after = window(call)
    more = after < len(HELD)
    link = f"{call.base}/items?at={after}"
    header = f'<{call.base}/items>; rel="first"; results="true", <{link}>; rel="next"; results="{str(more).lower()}"'
    body = {"items": page, "next": link, "status": "more" if more else "done", "isLast": not more, "left": 1 if more else 0}
    return Reply(body, headers={"Link": header, "X-Has-More": "yes" if more else "no"})


def step(request: Request, page: Page) -> Request:
    return Request(page.get("next"))


LINKED: Mapping[str, Callable[..., Paginator]] = {
    "link header": LinkHeaderPaginator,
    "next link": NextLinkPaginator,
    "function": lambda **parts: FunctionPaginator(step, **parts),
}


def none_left(request: Request, page: Page) -> bool:
    return request.path != "" and not page.get("left")


SAID = {
    "in the link": link_is("results", "false"),
    "in the body": field_is("status", ["done", "ended"]),
    "by true": field_is("isLast", True),
    "by 0": field_is("left", 0),
    "in a header": header_is("X-Has-More", "no"),
    "by an empty page": empty_page(),
    "by a function": none_left,
}


@pytest.mark.parametrize("rule", SAID)
@pytest.mark.parametrize("kind", LINKED)
def test_c1_a_rule_ends_a_feed_of_links(kind: str, rule: str) -> None:
    with serving(endless) as api:
        connection = connect(api, items(overrule=["Link", "next"]), paginator=LINKED[kind](stop=[SAID[rule]]))
        connection.sync()
        assert connection.ids() == ALL
        assert len(api.calls) == (4 if rule == "by an empty page" else 3)


@pytest.mark.parametrize("kind", LINKED)
def test_c1_without_a_rule_it_ends_loudly_after_so_many_empty_pages(kind: str) -> None:
    with serving(endless) as api:
        connection = connect(api, paginator=LINKED[kind]())
        words = rf"{MAX_EMPTY_PAGES} pages in a row were empty.*give the paginator a stop rule"
        with pytest.raises(UnexpectedAnswer, match=words):
            connection.sync()
        assert connection.ids() == ALL
        assert len(api.calls) == 3 + MAX_EMPTY_PAGES


def test_c1_every_paginator_that_pages_takes_rules() -> None:
    made = [CursorPaginator, LinkHeaderPaginator, NextLinkPaginator, OffsetPaginator, PageNumberPaginator]
    rules = [empty_page()]
    paginators = [*(kind(stop=rules) for kind in made), KeysetPaginator("after", "id", stop=rules)]
    paginators.append(FunctionPaginator(step, stop=rules))
    assert all(paginator.stop == tuple(rules) for paginator in paginators)


# C2


def ignoring(*, page: Page) -> bool:
    return page.ended


MISFITS: Mapping[str, tuple[Callable[[], Paginator], str]] = {
    "total_reached, page numbers": (
        lambda: PageNumberPaginator(stop=[total_reached("total")]),
        "its stop rule total_reached reads offset in the query, which PageNumberPaginator does not send.*param='page'",
    ),
    "hard_limit, page numbers": (lambda: PageNumberPaginator(stop=[hard_limit(9)]), "hard_limit reads offset in the query"),
    "last_page, offsets": (lambda: OffsetPaginator(stop=[last_page("pages")]), "last_page reads page in the query"),
    "another parameter": (lambda: OffsetPaginator("skip", stop=[total_reached("total")]), "reads offset .*param='skip'"),
    "another place": (
        lambda: OffsetPaginator(stop=[total_reached("total", where="body")]),
        "reads offset in the body, which OffsetPaginator does not send",
    ),
    "a cursor": (lambda: CursorPaginator(stop=[total_reached("total")]), "CursorPaginator counts by cursor in the query"),
    "a key": (lambda: KeysetPaginator("after", "id", stop=[total_reached("n", "after")]), "KeysetPaginator does not count"),
    "a link": (lambda: NextLinkPaginator(stop=[last_page("pages")]), "NextLinkPaginator does not count"),
    "a size that is not sent": (lambda: PageNumberPaginator(stop=[short_page("limit")]), "short_page reads limit in the query"),
    "a size elsewhere": (
        lambda: CursorPaginator(where="body", stop=[short_page("page_size")]),
        'short_page reads page_size in the query.*It is in the body: write where="body"',
    ),
    "within a strategy": (lambda: UpdatedSince("since", "at", OffsetPaginator(stop=[short_page("n")])), "short_page reads n in"),
    "within windows": (lambda: Windows("a", "b", 1, 5, FullRead(OffsetPaginator(stop=[short_page("n")]))), "short_page reads n"),
    "a class": (
        lambda: OffsetPaginator(stop=cast(Any, no_more)),
        r"stop is the class no_more.*Put it into a list: stop=",
    ),
    "a class in a list": (
        lambda: OffsetPaginator(stop=[cast(Any, no_more)]),
        r"stop\[0\] is the class no_more.*Write no_more",
    ),
    "a rule alone": (
        lambda: OffsetPaginator(stop=cast(Any, no_more("more"))),
        r"stop is no_more .*Put it into a list: stop=",
    ),
    "a number": (
        lambda: OffsetPaginator(stop=cast(Any, [5])),
        r"stop\[0\] is int 5. It takes a function",
    ),
    "a number alone": (lambda: OffsetPaginator(stop=cast(Any, 5)), r"stop is int 5. It takes a list"),
    "a text": (lambda: OffsetPaginator(stop=cast(Any, "empty_page")), "stop is str 'empty_page'. It takes a list"),
    "none": (lambda: OffsetPaginator(stop=cast(Any, None)), "stop is NoneType None. It takes a list"),
    "another function": (lambda: OffsetPaginator(stop=[cast(Any, ignoring)]), r"stop\[0\] is function.*a Request and a Page"),
    "a path that is none": (lambda: OffsetPaginator(stop=[no_more(cast(Any, 5))]), "5 is no path. Write keys with dots"),
    "a place that is none": (
        lambda: OffsetPaginator(stop=[short_page("limit", cast(Any, "url"))]),
        "where is str 'url'. It takes",
    ),
    "no number of pages": (lambda: OffsetPaginator(max_empty_pages=0), "max_empty_pages is 0. Write a whole number above 0"),
    "no values": (lambda: CursorPaginator(ends_at=cast(Any, "0")), r"ends_at is str '0'. It takes a list"),
    "no names": (lambda: NextLinkPaginator(keep=cast(Any, "status")), r"keep is str 'status'. It takes a list"),
}


@pytest.mark.parametrize("kind", MISFITS)
def test_c2_a_rule_that_cannot_work_is_refused_when_the_connector_is_assembled(kind: str) -> None:
    make, words = MISFITS[kind]
    with pytest.raises(PluginError, match=words):
        assemble([plugin_of(items(), paginator=make())])


@pytest.mark.parametrize(
    ("paginator", "table"),
    [
        (PageNumberPaginator(stop=[total_reached("total", param="page")]), items()),
        (PageNumberPaginator("p", stop=[last_page("pages", param="p")]), items()),
        (PageNumberPaginator(where="body", stop=[last_page("pages", where="body")]), items(body={})),
        (PageNumberPaginator(where="body", stop=[short_page("page_size", "body")]), items(body={})),
        (CursorPaginator("offset", "next", stop=[total_reached("total")]), items()),
        (CursorPaginator(size_param=None, stop=[short_page("limit")]), items(params={"limit": "10"})),
        (UpdatedSince("since", "at", OffsetPaginator(stop=[short_page("limit"), total_reached("total")])), items()),
        (LinkHeaderPaginator(size_param="n", stop=[short_page("n")]), items()),
        (FunctionPaginator(step, stop=[total_reached("total")]), items()),
        (SinglePage(), items()),
    ],
)
def test_c2_a_rule_that_can_is_taken(paginator: Paginator, table: Any) -> None:
    assert assemble([plugin_of(table, paginator=paginator)])


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 20, 25])
@pytest.mark.parametrize("cap", [10, 4])
def test_c2_a_total_of_records_ends_pages_with_numbers(number: int, cap: int) -> None:
    """Counted by what came, so an API that caps its pages loses nothing."""

    def answer(call: Call) -> Any:
        at = (int(call.query["page"]) - 1) * cap
        return {"items": records(number)[at : at + cap], "total": number}

    with serving(answer) as api:
        connection = connect(api, paginator=PageNumberPaginator(stop=[total_reached("total", param="page"), empty_page()]))
        connection.sync()
        assert connection.ids() == ALL[:number]
        assert len(api.calls) == max(1, -(-number // cap))


# C3


def beyond(first: bool, total: bool, held: Sequence[Any]) -> Callable[[Call], Any]:
    """Pages with numbers; beyond the last one it comes again, or the first one does."""

    def answer(call: Call) -> Any:
        last = max(1, -(-len(held) // 10))
        number = int(call.query["page"])
        number = number if number <= last else (1 if first else last)
        return {"items": list(held[(number - 1) * 10 : number * 10])} | ({"total": len(held)} if total else {})

    return answer


@pytest.mark.parametrize("number", [1, 2, 10, 11, 20, 21, 25])
@pytest.mark.parametrize("first", [False, True])
def test_c3_a_page_that_comes_again_may_be_the_end(first: bool, number: int) -> None:
    with serving(beyond(first, False, HELD[:number])) as api:
        connection = connect(api, paginator=PageNumberPaginator(stop=[repeated_page(), empty_page()]))
        assert connection.sync().warnings == []
        assert connection.ids() == ALL[:number]
        assert len(api.calls) == -(-number // 10) + 1


@pytest.mark.parametrize("number", [1, 2, 10, 11, 20, 21, 25])
@pytest.mark.parametrize("first", [False, True])
def test_c3_where_the_total_was_read_it_is_no_error(first: bool, number: int) -> None:
    with serving(beyond(first, True, HELD[:number])) as api:
        connection = connect(api, paginator=PageNumberPaginator())
        assert connection.sync().warnings == []
        assert connection.ids() == ALL[:number]


@pytest.mark.parametrize("number", [1, 20, 25])
@pytest.mark.parametrize("first", [False, True])
def test_c3_without_a_rule_it_is_loud_and_names_one(first: bool, number: int) -> None:
    with serving(beyond(first, False, HELD[:number])) as api:
        connection = connect(api, paginator=PageNumberPaginator())
        with pytest.raises(UnexpectedAnswer, match=r"add repeated_page\(\) to the paginator's stop"):
            connection.sync()
        assert connection.ids() == ALL[:number]
        assert len(api.calls) < MOST


def test_c3_an_api_that_begins_anew_behind_its_last_page_is_loud() -> None:
    def answer(call: Call) -> Any:
        number = (int(call.query["page"]) - 1) % 2
        return {"items": HELD[number * 10 : number * 10 + 10]}

    with serving(answer) as api, pytest.raises(UnexpectedAnswer, match="pages in a row brought the same records again"):
        connect(api, paginator=PageNumberPaginator(max_empty_pages=20)).sync()


def test_c3_an_offset_that_the_api_does_not_know() -> None:
    words = "same records as for the page before"
    with serving(lambda _: {"items": HELD[:10]}) as api, pytest.raises(UnexpectedAnswer, match=words):
        connect(api, paginator=OffsetPaginator("skip")).sync()


# C4


def cursors(end: Any, held: Sequence[Any] = HELD) -> Callable[[Call], Any]:
    """Cursors that are numbers; *end* is the one of the last page. An API starts over at the end's own value."""

    def answer(call: Call) -> Any:
        at = int(call.query.get("cursor", 0)) if call.query.get("cursor", "0").isdecimal() else 0
        after = at + 10
        return {"items": list(held[at:after]), "next_cursor": after if after < len(held) else end}

    return answer


ENDS = [0, "0", -1, "-1", False]


@pytest.mark.parametrize("end", ENDS)
def test_c4_a_value_that_looks_like_an_end_is_loud_and_the_message_names_the_option(end: Any) -> None:
    with serving(cursors(end)) as api:
        connection = connect(api, paginator=CursorPaginator())
        words = re.escape(f"next_cursor is {end!r}") + r".*write ends_at=\[" + re.escape(repr(end))
        with pytest.raises(UnexpectedAnswer, match=words):
            connection.sync()
        assert connection.ids() == ALL[:20]


@pytest.mark.parametrize("end", [*ENDS, "END", "", None, [], {}])
@pytest.mark.parametrize("incremental", [False, True])
def test_c4_the_plugin_names_the_values_that_mean_the_end(end: Any, incremental: bool) -> None:
    named = [end] if end or end is False or end in (0, "0") else [0]
    with serving(cursors(end)) as api:
        connection = connect(api, paginator=CursorPaginator(ends_at=named, incremental=incremental))
        connection.sync()
        assert connection.ids() == ALL
        assert len(api.calls) == 3
        connection.sync()
        assert incremental or connection.warehouse.state.keys() <= {"row_digests"}


def test_c4_values_are_compared_as_json_has_them() -> None:
    """With a list of its own, everything else is a cursor: 0 is not false."""
    seen = iter([0, "-1", 1, False])

    with serving(lambda call: {"items": [HELD[call.number]], "next_cursor": next(seen)}) as api:
        connection = connect(api, paginator=CursorPaginator(ends_at=[False]))
        connection.sync()
        assert connection.ids() == ALL[:4]


@pytest.mark.parametrize("end", [False, 0, "end"])
def test_c4_links_end_so_too(end: Any) -> None:
    def answer(call: Call) -> Any:
        page, after = window(call)
        return {"items": page, "next": f"/items?at={after}" if after < len(HELD) else end}

    with serving(answer) as api:
        connection = connect(api, paginator=NextLinkPaginator(ends_at=[end]))
        connection.sync()
        assert connection.ids() == ALL
        if end != "end":
            with pytest.raises(UnexpectedAnswer, match=rf"the next link is {end!r}.*write ends_at=\[{end!r}\]"):
                connect(api, paginator=NextLinkPaginator()).sync()


@pytest.mark.parametrize("cursor", [7, 1.5, "abc", ["a", 1], {"id": {"S": "x"}}])
def test_c4_a_cursor_goes_back_in_a_body_as_it_came(cursor: Any) -> None:
    """Principle 7."""

    def answer(call: Call) -> Any:
        first = "cursor" not in call.body
        return {"items": HELD[:10] if first else HELD[10:20], "next_cursor": cursor if first else None}

    with serving(answer) as api:
        connection = connect(api, items(body={"q": 1}), paginator=CursorPaginator(where="body"))
        connection.sync()
        assert connection.ids() == ALL[:20]
        assert api.calls[1].body["cursor"] == cursor
        assert type(api.calls[1].body["cursor"]) is type(cursor)


def test_c4_a_cursor_that_cannot_be_sent_is_told() -> None:
    words = r"next_cursor is \['a'\], where a text, a number or null was expected"
    with serving(lambda _: {"items": HELD[:1], "next_cursor": ["a"]}) as api, pytest.raises(UnexpectedAnswer, match=words):
        connect(api, paginator=CursorPaginator()).sync()


@pytest.mark.parametrize("held", [18, 20, 13])
def test_c3_a_page_that_comes_again_is_not_counted_as_the_rest(held: int) -> None:
    """The second page is answered with the first, once: the records of the second would count as read."""
    wanted = records(held)
    again = [True]

    def answer(call: Call) -> Any:
        start = int(call.query["offset"])
        start = 0 if start and again and again.pop() else start
        return {"items": wanted[start : start + 10], "total": held}

    with serving(answer) as api:
        connection = connect(api, paginator=OffsetPaginator(size_param="page_size", stop=[total_reached("total")]))
        with pytest.raises(UnexpectedAnswer, match=rf"the same records as for a page before it.*after 10 of {held} records"):
            connection.sync()
        connection.sync()
        assert len(connection.rows()) == held
