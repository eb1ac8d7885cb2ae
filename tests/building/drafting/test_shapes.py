"""Shapes of public APIs, each from addresses with and without what says the page: every row comes."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connector_build.api.messages import Asked, Reply, json_reply
from connector_build.api.server import ApiServer
from connector_build.drafting.draft import Call, bare, notes
from connector_build.review.new_evidence import of_url
from connector_build.review.newly import made_from
from connector_build.testing.warehouse.memory import ListLog

ROWS = [{"id": f"r{number:03}", "amount": number * 10, "created": 1_700_000_000 + number} for number in range(45)]
NEWEST_FIRST = ROWS[::-1]
MOST = 20


def size(request: Asked, name: str, usual: int = 10, *, most: int = MOST) -> int:
    return min(int(request.params.get(name, usual)), most)


def address(request: Asked, **params: Any) -> str:
    query = "&".join(f"{name}={value}" for name, value in {**request.params, **params}.items())
    return f"{request.path}?{query}"


def keyset(request: Asked) -> Reply:
    number, after = size(request, "limit"), request.params.get("starting_after")
    at = [row["id"] for row in NEWEST_FIRST].index(after) + 1 if after else 0
    return json_reply({"object": "list", "has_more": at + number < len(ROWS), "data": NEWEST_FIRST[at : at + number]})


def link_header(request: Asked) -> Reply:
    page, number = int(request.params.get("page", 1)), size(request, "per_page")
    more = page * number < len(ROWS)
    links = f'<{address(request, page=page + 1)}>; rel="next", <{address(request, page=9)}>; rel="last"'
    return json_reply(ROWS[(page - 1) * number : page * number], headers={"Link": links} if more else {})


def next_uri(request: Asked) -> Reply:
    at, number = int(request.params.get("Page", 0)), size(request, "PageSize")
    more = (at + 1) * number < len(ROWS)
    return json_reply(
        {"rows": ROWS[at * number : (at + 1) * number], "next_page_uri": address(request, Page=at + 1) if more else None}
    )


def odata(request: Asked) -> Reply:
    at, number = int(request.params.get("$skip", 0)), size(request, "$top")
    more = {"@odata.nextLink": address(request, **{"$skip": at + number})} if at + number < len(ROWS) else {}
    return json_reply({"@odata.context": "x", "value": ROWS[at : at + number], **more})


def after_cursor(request: Asked) -> Reply:
    at, number = int(request.params.get("page[after]", "x0")[1:]), size(request, "page[size]")
    more = at + number < len(ROWS)
    return json_reply(
        {"tickets": ROWS[at : at + number], "meta": {"has_more": more, "after_cursor": f"x{at + number}" if more else None}}
    )


def left_out(request: Asked) -> Reply:
    at, number = int(request.params.get("offset", "itr0")[3:]), size(request, "pageSize")
    more = {"offset": f"itr{at + number}"} if at + number < len(ROWS) else {}
    return json_reply({"records": ROWS[at : at + number], **more})


def nested_token(request: Asked) -> Reply:
    at, number = int(request.params.get("after", "0")), size(request, "limit")
    more = (
        {"paging": {"next": {"after": str(at + number), "link": "https://api.example.com/x"}}} if at + number < len(ROWS) else {}
    )
    return json_reply({"results": ROWS[at : at + number], **more})


def empty_token(request: Asked) -> Reply:
    at, number = int(request.params.get("cursor") or 0), size(request, "limit")
    following = f"{at + number:012}" if at + number < len(ROWS) else ""
    return json_reply({"ok": True, "channels": ROWS[at : at + number], "response_metadata": {"next_cursor": following}})


def in_a_header(request: Asked) -> Reply:
    at, number = int(request.params.get("cursor", "c0")[1:]), size(request, "limit")
    more = {"X-Next-Cursor": f"c{at + number}"} if at + number < len(ROWS) else {}
    return json_reply(ROWS[at : at + number], headers=more)


def start_at(request: Asked) -> Reply:
    at, number = int(request.params.get("startAt", 0)), size(request, "maxResults")
    return json_reply({"startAt": at, "maxResults": number, "total": len(ROWS), "issues": ROWS[at : at + number]})


def from_zero(request: Asked) -> Reply:
    page, number = int(request.params.get("page", 0)), size(request, "size")
    pages = -(-len(ROWS) // number)
    about = {"number": page, "size": number, "totalPages": pages, "totalElements": len(ROWS), "last": page + 1 >= pages}
    return json_reply({"content": ROWS[page * number : (page + 1) * number], **about})


def bare_pages(request: Asked) -> Reply:
    page, number = int(request.params.get("page", 1)), size(request, "per_page")
    return json_reply(ROWS[(page - 1) * number : page * number])


def clamped(request: Asked) -> Reply:
    pages = -(-len(ROWS) // 10)
    page = min(int(request.params.get("page", 1)), pages)
    return json_reply({"page": page, "pages": pages, "items": ROWS[(page - 1) * 10 : page * 10]})


def only_size(request: Asked) -> Reply:
    return json_reply({"items": ROWS[: size(request, "limit", 45, most=1000)], "count": len(ROWS)})


SHAPES: Mapping[str, tuple[Callable[[Asked], Reply], list[str]]] = {
    "keyset": (keyset, ["", "?limit=10", "?limit=20"]),
    "Link header": (link_header, ["", "?state=all", "?page=1&per_page=10"]),
    "next uri": (next_uri, ["", "?PageSize=20"]),
    "OData": (odata, ["", "?$top=20"]),
    "after cursor": (after_cursor, ["", "?page[size]=15"]),
    "cursor left out at the end": (left_out, ["", "?pageSize=20"]),
    "nested token": (nested_token, ["", "?limit=20"]),
    "empty token": (empty_token, ["", "?limit=20&cursor="]),
    "in a header": (in_a_header, ["", "?limit=20"]),
    "startAt": (start_at, ["", "?maxResults=10", "?startAt=0&maxResults=20", "?jql=project"]),
    "from zero": (from_zero, ["", "?size=10", "?page=0", "?page=0&size=20"]),
    "bare pages": (bare_pages, ["", "?per_page=20", "?page=1"]),
    "clamped": (clamped, ["", "?page=1"]),
    "whole": (only_size, ["", "?limit=100"]),
}


@pytest.mark.parametrize(("name", "query"), [(name, query) for name, (_, queries) in SHAPES.items() for query in queries])
def test_every_row_comes_without_a_guess_at_how(name: str, query: str, api_server: ApiServer) -> None:
    api_server.answering = SHAPES[name][0]
    made = made_from("rows", of_url(f"{api_server.url}/v2/rows{query}", {}, [], None, ListLog()), most=20)
    assert (made.total, made.open) == (45, "")
    assert made.recording is not None
    (table,) = made.draft.tables
    assert name in ("clamped", "whole") or notes(table.paginator) == []


def test_an_offset_that_counts_pages_leaves_no_rows_out(api_server: ApiServer) -> None:
    def answer(request: Asked) -> Reply:
        page = int(request.params.get("offset", 0))
        return json_reply({"items": ROWS[page * 3 : page * 3 + 3]})

    api_server.answering = answer
    made = made_from("rows", of_url(f"{api_server.url}/v2/rows?offset=0&limit=3", {}, [], None, ListLog()), most=20)
    (table,) = made.draft.tables
    call = bare(table.paginator)
    assert isinstance(call, Call)
    assert (call.word, call.options["param"], call.options["first_page"]) == ("PageNumberPaginator", "offset", 0)
