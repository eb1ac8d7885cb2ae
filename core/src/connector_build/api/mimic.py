"""An API that pages as a connector's own paginators expect it, so that a plugin can be tried without its API.

What is served lies in a ``World``; how it is served is read off the plugin: the paginator of each table, its stop rules, where
the answer has its records, and their format. What cannot be read off, such as a paginator that is a function, is said in an
``Unmimicked``; recorded pages can stand in there.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from attrs import define, field, frozen

from connector_build.api.errors import Unmimicked
from connector_build.api.world import Entry, World, window_field
from connector_core import (
    Csv,
    CursorPaginator,
    FullRead,
    JsonLines,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    Record,
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
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.parents import PLACEHOLDER

PAGE = 100
"""Records in a page of an API that is not asked for a number."""


@frozen
class Asked:
    """A request as an API sees it. *headers* have lower-case names; *json* is None without a body."""

    method: str
    path: str
    params: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)
    json: Any = None

    def get(self, where: str, name: str) -> Any:
        """What *name* is set to in the ``query``, the ``header`` or the ``body``."""
        if where == "header":
            return self.headers.get(name.lower())
        return (self.params if where == "query" else self.json or {}).get(name)


def asked(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Asked:
    """A request from what came over the wire. Raises ValueError for a body that is no JSON."""
    parts = urlsplit(target)
    lower = {name.lower(): value for name, value in headers.items()}
    return Asked(
        method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), lower, json.loads(body) if body else None
    )


@frozen
class Reply:
    """An answer."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = field(default=b"", repr=False)


@define
class _Out:
    """What goes into an answer beside its records."""

    values: dict[str, Any] = field(factory=dict)
    headers: dict[str, str] = field(factory=dict)


@frozen
class Mimic:
    """The API of one connector. *url* is where it can be reached, for links."""

    assembly: Assembly
    world: World
    url: str = ""

    def check(self) -> None:
        """Raise Unmimicked unless every table can be served."""
        for plan in self.assembly.tables:
            _check(plan.paginator, plan.table)
            _place(plan.table, [], {})

    def reply(self, request: Asked) -> Reply:
        """The answer to *request*; 404 for an address that no table has, 400 for a position that no answer gave out."""
        for plan in self.assembly.tables:
            parent = self._parent(plan, request)
            if parent is not None:
                try:
                    return self._page(plan, request, self.world.entries(plan, parent))
                except ValueError as error:
                    return _error(400, str(error))
        return _error(404, f"there is nothing at {request.path}")

    def _parent(self, plan: TablePlan, request: Asked) -> Record | None:
        """Of the record whose children are asked for, the record; an empty one for a table of its own; None: another table."""
        own_paths = [plan.table.path, *_next_paths(plan.paginator)]
        if plan.parent is None:
            return {} if request.path in own_paths and _is_asked(plan.table, request, {}) else None
        for record in self.world.records(plan.parent.table.name):
            values = _Values(record)
            if PLACEHOLDER.sub(values.in_path, plan.table.path) == request.path and _is_asked(plan.table, request, record):
                return record
        return None

    def _page(self, plan: TablePlan, request: Asked, entries: Sequence[Entry]) -> Reply:
        out = _Out()
        base = f"{self.url}{request.path}"
        chosen = _serve(plan.paginator, plan.table, list(entries), request, out, base)
        body = _place(plan.table, [dict(entry.record) for entry in chosen], out.values)
        return Reply(200, {"Content-Type": _content_type(plan.table), **out.headers}, body)


@frozen
class _Values:
    record: Record

    def in_path(self, found: re.Match[str]) -> str:
        return quote(self.text(found), safe="")

    def text(self, found: re.Match[str]) -> str:
        value: Any = self.record
        for name in found[1].split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return str(value).lower() if isinstance(value, bool) else str(value)


def _is_asked(table: Table, request: Asked, record: Record) -> bool:
    """Whether *request* carries the constant parts of *table*, filled in for *record*."""
    values = _Values(record)

    def fits(wanted: Any, found: Any) -> bool:
        if isinstance(wanted, Mapping):
            return isinstance(found, Mapping) and all(fits(value, found.get(name)) for name, value in wanted.items())
        filled = PLACEHOLDER.sub(values.text, wanted) if isinstance(wanted, str) else wanted
        return str(filled) == str(found) if isinstance(wanted, str) else bool(wanted == found)

    return (
        request.method == table.method
        and all(fits(value, request.params.get(name)) for name, value in table.params.items())
        and all(fits(value, request.headers.get(name.lower())) for name, value in table.headers.items())
        and (table.body is None or fits(table.body, request.json))
    )


def _next_paths(paginator: Any) -> list[str]:
    inner = getattr(paginator, "pages", None)
    own = getattr(paginator, "next_path", None)
    return ([own] if own else []) + (_next_paths(inner) if inner is not None else [])


# Paging


def _serve(paginator: Any, table: Table, entries: list[Entry], request: Asked, out: _Out, base: str) -> list[Entry]:
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


def _by_offset(paginator: PageNumberPaginator | OffsetPaginator, entries: list[Entry], request: Asked, out: _Out) -> list[Entry]:
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


def _check(paginator: Any, table: Table) -> None:
    """Raise Unmimicked unless *paginator* is a kind that can be served."""
    known = (CursorPaginator, PageNumberPaginator, OffsetPaginator, KeysetPaginator, NextLinkPaginator, SinglePage)
    if isinstance(paginator, FullRead | UpdatedSince | Windows):
        _check(paginator.pages, table)
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


def _say(rules: Iterable[object], total: int, size: int, more: bool, out: _Out) -> None:
    """Put what the stop rules look at into the answer."""
    for rule in rules:
        match rule:
            case no_more():
                out.values[rule.path] = more
            case total_reached():
                out.values[rule.path] = total
            case last_page():
                out.values[rule.path] = max(1, -(-total // size))


def _by_cursor(paginator: CursorPaginator, entries: list[Entry], request: Asked, out: _Out) -> list[Entry]:
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


def _by_key(paginator: KeysetPaginator, entries: list[Entry], request: Asked, out: _Out) -> list[Entry]:
    size = _size(paginator.size_param, request)
    ordered = sorted(entries, key=lambda entry: entry.record[paginator.key])
    after = request.params.get(paginator.param)
    if after is not None:
        kind = type(ordered[0].record[paginator.key]) if ordered else str
        last = kind(after)
        ordered = [entry for entry in ordered if entry.record[paginator.key] > last]
    _say(paginator.stop, len(entries), size, len(ordered) > size, out)
    return ordered[:size]


def _by_link(paginator: NextLinkPaginator, entries: list[Entry], request: Asked, out: _Out, base: str) -> list[Entry]:
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


# Bodies


_LISTED = re.compile(r"(?P<list>@|[^\[\]{}*|&()\"'`,?!<>=]+)\[\*?\](\.(?P<inner>[^\[\]{}*|&()\"'`,?!<>=]+))?")
_ALONE = re.compile(r"\[(?P<path>@|[^\[\]{}*|&()\"'`,?!<>=]+)\]")


def _place(table: Table, records: list[Record], values: Mapping[str, Any]) -> bytes:
    """The body of an answer: *records* where *table* expects them, and *values* by their paths."""
    if isinstance(table.format, Csv):
        return _csv(table, table.format, records)
    if isinstance(table.format, JsonLines):
        return "".join(f"{json.dumps(record)}\n" for record in records).encode()
    path, items = _arranged(table, records)
    if path == "@":
        if values:
            raise Unmimicked(f"{table.name}: its answer is the records alone, and yet is asked for {', '.join(values)}.")
        return json.dumps(items).encode()
    body: dict[str, Any] = {}
    set_at(body, path, items)
    for name, value in values.items():
        set_at(body, name, value)
    return json.dumps(body).encode()


def _arranged(table: Table, records: list[Record]) -> tuple[str, Any]:
    """Where in the body the records stand, and what stands there: a list of them, one, or a list of what they are in."""
    if alone := _ALONE.fullmatch(table.records):
        return alone["path"], records[0] if records else None
    if listed := _LISTED.fullmatch(table.records):
        return listed["list"], [_nested(listed["inner"], record) for record in records]
    if any(character in table.records for character in "[]{}*|&()?`"):
        raise Unmimicked(f"{table.name}: its records, at {table.records!r}, cannot be made up. Give recorded pages: pages=….")
    return table.records, records


def _nested(path: str | None, record: Record) -> Record:
    if path is None:
        return record
    outer: Record = {}
    set_at(outer, path, record)
    return outer


def set_at(body: dict[str, Any], path: str, value: Any) -> None:
    """Put *value* into *body* at *path*, keys with dots between them."""
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value


def _csv(table: Table, form: Csv, records: Iterable[Record]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=form.delimiter)
    names = [name for name in table.columns if not (table.parent and name in table.parent.adds)]
    writer.writerow(names)
    writer.writerows([form.null if record.get(name) is None else _cell(record[name]) for name in names] for record in records)
    return file.getvalue().encode(form.encoding)


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else json.dumps(value)


def _content_type(table: Table) -> str:
    kinds: dict[type, str] = {Csv: "text/csv", JsonLines: "application/x-ndjson"}
    return kinds.get(type(table.format), "application/json")


def _error(status: int, text: str) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps({"error": text}).encode())


Answering = Callable[[Asked], Reply]
"""What answers requests: ``Mimic.reply``, or a function around it."""
