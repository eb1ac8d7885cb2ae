"""Where an answer leads: to the page at a cursor of one's choice, or back to where the request came from."""

import json
from typing import Any
from urllib.parse import urlencode

from attrs import evolve

from connector_build.api.bodies import set_at
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
)
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import TablePlan


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
    match paginator := innermost(plan):
        case PageNumberPaginator():
            return request.params.get(paginator.param) not in (None, str(paginator.first_page))
        case OffsetPaginator():
            return request.params.get(paginator.param) not in (None, "0")
        case KeysetPaginator():
            return paginator.param in request.params
    return cursor_in(plan, request) is not None


def started_over(plan: TablePlan, request: Asked) -> Asked:
    """*request* as one for the first page, where the request says by itself where it stands."""
    params = dict(request.params)
    match paginator := innermost(plan):
        case PageNumberPaginator():
            params[paginator.param] = str(paginator.first_page)
        case OffsetPaginator():
            params[paginator.param] = "0"
        case KeysetPaginator():
            params.pop(paginator.param, None)
    return evolve(request, params=params)


def leading_to(plan: TablePlan, request: Asked, reply: Reply, url: str, cursor: str) -> Reply:
    """*reply* to *request*, followed by the page at *cursor*, where its API hands out cursors or links; *reply* where not."""
    paginator = innermost(plan)
    if isinstance(paginator, CursorPaginator):
        return _with(reply, paginator.next_header, {paginator.next_field: cursor, paginator.more_field: True}, cursor)
    if isinstance(paginator, NextLinkPaginator):
        return linking_to(plan, reply, f"{url}{request.path}?{urlencode({**request.params, LINKED: cursor})}")
    return reply


def linking_to(plan: TablePlan, reply: Reply, link: str) -> Reply:
    """*reply*, followed by what is at *link*."""
    paginator = innermost(plan)
    if isinstance(paginator, LinkHeaderPaginator):
        return _with(reply, "Link", {}, f'<{link}>; rel="{paginator.next_field}"')
    return _with(reply, None, {paginator.next_field: link}, link)


def _with(reply: Reply, header: str | None, values: dict[str, Any], value: str) -> Reply:
    """*reply* with *value* in a header, or with *values* in its body; of those that are flags only what it has."""
    if header:
        return evolve(reply, headers={**reply.headers, header: value})
    body = json.loads(reply.body)
    for path, each in values.items():
        if each is not True or cached_path(path).get(body) is not None:
            body = set_at(body, path, each)
    return evolve(reply, body=json.dumps(body).encode())
