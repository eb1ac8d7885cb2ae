"""One page of a feed, cut as a plugin's own paginator asks for it, and what the answer says about the next one."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from attrs import define, field

from connector_build.api.errors import Unmimicked
from connector_build.api.messages import Asked
from connector_build.api.world import Entry, window_field
from connector_core import (
    CursorPaginator,
    FullRead,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePage,
    Table,
    UpdatedSince,
    Windows,
    empty_page,
    hard_limit,
    last_page,
    no_more,
    short_page,
    total_reached,
)

PAGE = 100
"""Records in a page of an API that is not asked for a number."""


@define
class Out:
    """What goes into an answer beside its records."""

    values: dict[str, Any] = field(factory=dict)
    headers: dict[str, str] = field(factory=dict)


def serve(paginator: Any, table: Table, entries: list[Entry], request: Asked, out: Out, base: str) -> list[Entry]:
    """Of *entries*, in the order of the feed, those of one page; what says where the next is goes into *out*."""
    while isinstance(paginator, FullRead | UpdatedSince | Windows):
        entries = _narrowed(paginator, table, entries, request)
        paginator = paginator.pages
    match paginator:
        case CursorPaginator():
            return _by_cursor(paginator, entries, request, out)
        case PageNumberPaginator() | OffsetPaginator():
            return _by_offset(paginator, entries, request, out)
        case KeysetPaginator():
            return _by_key(paginator, entries, request, out)
        case NextLinkPaginator():
            return _by_link(paginator, entries, request, out, base)
        case SinglePage():
            return entries
    raise Unmimicked(_unknown(paginator))


def _narrowed(strategy: FullRead | UpdatedSince | Windows, table: Table, entries: list[Entry], request: Asked) -> list[Entry]:
    match strategy:
        case UpdatedSince():
            return _since(strategy, entries, request)
        case Windows():
            return _window(strategy, table, entries, request)
    return entries


def _by_offset(paginator: PageNumberPaginator | OffsetPaginator, entries: list[Entry], request: Asked, out: Out) -> list[Entry]:
    size = _size(paginator.size_param, request)
    start = int(_given(request, paginator.param))
    if isinstance(paginator, PageNumberPaginator):
        start = (start - paginator.first_page) * size
    _say(paginator.stop, len(entries), size, start + size < len(entries), out)
    return entries[start : start + size]


def _unknown(paginator: object) -> str:
    return (
        f"its paginator is a {type(paginator).__name__}, and how the API answers it cannot be told. "
        "Give recorded pages of the API: contract_for(…, pages=…)."
    )


def check(paginator: Any, table: Table) -> None:
    """Raise Unmimicked unless *paginator* is a kind that can be served."""
    known = (CursorPaginator, PageNumberPaginator, OffsetPaginator, KeysetPaginator, NextLinkPaginator, SinglePage)
    if isinstance(paginator, FullRead | UpdatedSince | Windows):
        check(paginator.pages, table)
    elif not isinstance(paginator, known):
        raise Unmimicked(f"{table.name}: {_unknown(paginator)}")
    rules = (empty_page, short_page, no_more, total_reached, last_page, hard_limit)
    if strange := [rule for rule in getattr(paginator, "stop", ()) if not isinstance(rule, rules)]:
        raise Unmimicked(
            f"{table.name}: its stop rule {strange[0]!r} is a function. Give recorded pages: contract_for(…, pages=…)."
        )


def _size(param: str | None, request: Asked, where: str = "query") -> int:
    given = request.get(where, param) if param else None
    size = PAGE if given is None else int(given)
    if size < 1:
        raise ValueError(f"{param} is {size}")
    return size


def _given(request: Asked, param: str) -> str:
    """A parameter that the API insists on."""
    if param not in request.params:
        raise ValueError(f"{param} is missing")
    return request.params[param]


def _say(rules: Iterable[object], total: int, size: int, more: bool, out: Out) -> None:
    """Put what the stop rules look at into the answer."""
    for rule in rules:
        match rule:
            case no_more():
                out.values[rule.path] = more
            case total_reached():
                out.values[rule.path] = total
            case last_page():
                out.values[rule.path] = max(1, -(-total // size))


def _by_cursor(paginator: CursorPaginator, entries: list[Entry], request: Asked, out: Out) -> list[Entry]:
    where = paginator.where
    size = _size(paginator.size_param, request, "query" if where == "header" else where)
    cursor = request.get(where, paginator.param)
    after = -1 if cursor is None else _position(cursor)
    waiting = [entry for entry in entries if entry.place > after]
    chosen = waiting[:size]
    more = len(waiting) > size
    always = any(isinstance(rule, empty_page) for rule in paginator.stop)
    token = f"after-{chosen[-1].place}" if chosen and (more or always) else None
    _say(paginator.stop, len(entries), size, more, out)
    if paginator.next_header:
        out.headers.update({paginator.next_header: token} if token else {})
    else:
        out.values[paginator.next_field] = token
    if not always and paginator.more_field not in out.values and not paginator.next_header:
        out.values[paginator.more_field] = more
    return chosen


def _position(cursor: object) -> int:
    found = re.fullmatch(r"after-(\d+)", str(cursor))
    if not found:
        raise ValueError(f"unknown cursor {cursor!r}")
    return int(found[1])


def _by_key(paginator: KeysetPaginator, entries: list[Entry], request: Asked, out: Out) -> list[Entry]:
    size = _size(paginator.size_param, request)
    ordered = sorted(entries, key=lambda entry: entry.record[paginator.key])
    after = request.params.get(paginator.param)
    if after is not None:
        kind = type(ordered[0].record[paginator.key]) if ordered else str
        last = kind(after)
        ordered = [entry for entry in ordered if entry.record[paginator.key] > last]
    _say(paginator.stop, len(entries), size, len(ordered) > size, out)
    return ordered[:size]


def _by_link(paginator: NextLinkPaginator, entries: list[Entry], request: Asked, out: Out, base: str) -> list[Entry]:
    size = _size(paginator.size_param, request)
    after = request.params.get("after")
    waiting = [entry for entry in entries if after is None or entry.place > _position(after)]
    chosen = waiting[:size]
    link = None
    if len(waiting) > size:
        link = f"{base}?{urlencode({**request.params, 'after': f'after-{chosen[-1].place}'})}"
    if isinstance(paginator, LinkHeaderPaginator):
        out.headers.update({"Link": f'<{link}>; rel="{paginator.next_field}"'} if link else {})
    else:
        out.values[paginator.next_field] = link
    return chosen


def _since(paginator: UpdatedSince, entries: list[Entry], request: Asked) -> list[Entry]:
    since = request.params.get(paginator.param)
    ordered = sorted(entries, key=lambda entry: entry.record[paginator.newest])
    if since is None:
        return ordered
    kind = type(ordered[0].record[paginator.newest]) if ordered else str
    bound: Any = kind(since)
    return [
        entry
        for entry in ordered
        if entry.record[paginator.newest] > bound or (paginator.inclusive and entry.record[paginator.newest] == bound)
    ]


def _window(paginator: Windows, table: Table, entries: list[Entry], request: Asked) -> list[Entry]:
    if isinstance(paginator.start, int):
        first, low, high = paginator.start, int(_given(request, paginator.from_param)), int(_given(request, paginator.to_param))
        return [entry for entry in entries if low <= first + entry.number - 1 <= high]
    name = window_field(table)
    first_day, last_day = _given(request, paginator.from_param), _given(request, paginator.to_param)
    return [entry for entry in entries if first_day <= entry.record[name] <= last_day]
