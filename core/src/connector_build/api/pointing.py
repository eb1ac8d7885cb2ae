"""Where an answer leads: to the page at a cursor of one's choice, or back to where the request came from."""

from typing import Any
from urllib.parse import urlencode

from attrs import evolve

from connector_build.api.bodies import said, saying
from connector_build.api.making import layers
from connector_build.api.messages import Asked, Reply
from connector_build.api.paging import LINKED
from connector_core import (
    CursorPaginator,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    Table,
)
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import TablePlan
from connector_core.source.positions import filled_path


def innermost(plan: TablePlan) -> Any:
    """The paginator that pages the answers of a table, within whatever strategies."""
    *_, last = layers(plan.paginator)
    return last


def cursor_in(plan: TablePlan, request: Asked) -> str | None:
    """The cursor that *request* carries, by itself or in the link that it came from; None where it has none."""
    paginator = innermost(plan)
    is_cursor = isinstance(paginator, CursorPaginator)
    found = request.get(paginator.where, paginator.param) if is_cursor else request.params.get(LINKED)
    return None if found is None else str(found)


def goes_on(plan: TablePlan, request: Asked) -> bool:
    """Whether *request* is for another page than the first of a feed."""
    paginator = innermost(plan)
    if not isinstance(paginator, PageNumberPaginator | OffsetPaginator | KeysetPaginator):
        return cursor_in(plan, request) is not None
    given, first = request.get(paginator.where, paginator.param), _first_place(paginator)
    return given is not None and str(given) != str(first)


def started_over(plan: TablePlan, request: Asked) -> Asked:
    """*request* as one for the first page, where the request says by itself where it stands."""
    paginator = innermost(plan)
    if not isinstance(paginator, PageNumberPaginator | OffsetPaginator | KeysetPaginator):
        return request
    return with_place(request, paginator.where, paginator.param, _first_place(paginator))


def _first_place(paginator: PageNumberPaginator | OffsetPaginator | KeysetPaginator) -> int | None:
    """Where a feed begins; None where its first request says nothing."""
    match paginator:
        case PageNumberPaginator():
            return paginator.first_page
        case OffsetPaginator():
            return 0
    return None


def with_place(request: Asked, where: str, name: str, value: Any) -> Asked:
    """*request* with *name* set to *value* in its query, its body, its headers or its path; None: without it."""
    if where == "path":
        return _at(request, name, value)
    if where == "body":
        place, body = cached_path(name), request.json or {}
        return evolve(request, json=place.drop(body) if value is None else place.put(body, value))
    name = name.lower() if where == "header" else name
    given = request.params if where == "query" else request.headers
    kept = {each: found for each, found in given.items() if each != name}
    new = kept if value is None else {**kept, name: str(value)}
    return evolve(request, params=new) if where == "query" else evolve(request, headers=new)


def _at(request: Asked, name: str, value: Any) -> Asked:
    """*request* with *value* in its path where its template has *name*; None: as the first request of its feed."""
    if value is None:
        places = {each: found for each, found in request.places.items() if each != name}
        return evolve(request, path=filled_path(request.start, places), template=request.start, places=places)
    places = {**request.places, name: str(value)}
    return evolve(request, path=filled_path(request.template, places), places=places)


def leading_to(plan: TablePlan, request: Asked, reply: Reply, url: str, cursor: str) -> Reply:
    """*reply* to *request*, followed by the page at *cursor*, where its API hands out cursors or links; *reply* where not."""
    paginator = innermost(plan)
    if isinstance(paginator, CursorPaginator):
        values = {paginator.next_field: cursor, paginator.more_field: True}
        return _with(plan.table, reply, paginator.next_header, values, cursor)
    if isinstance(paginator, NextLinkPaginator):
        return linking_to(plan, reply, f"{url}{request.path}?{urlencode({**request.params, LINKED: cursor})}")
    return reply


def linking_to(plan: TablePlan, reply: Reply, link: str) -> Reply:
    """*reply*, followed by what is at *link*."""
    paginator = innermost(plan)
    if isinstance(paginator, LinkHeaderPaginator):
        return _with(plan.table, reply, "Link", {}, f'<{link}>; rel="{paginator.next_field}"')
    return _with(plan.table, reply, None, {paginator.next_field: link}, link)


def _with(table: Table, reply: Reply, header: str | None, values: dict[str, Any], value: str) -> Reply:
    """*reply* with *value* in a header, or with *values* in its body; of those that are flags only what it has."""
    if header:
        return evolve(reply, headers={**reply.headers, header: value})
    there = said(table, reply.body)
    new = {path: each for path, each in values.items() if each is not True or cached_path(path).get(there) is not None}
    return evolve(reply, body=saying(table, reply.body, new))
