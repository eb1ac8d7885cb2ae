"""The faults of the matrix: what each does to the answers of a made-up API, and for which tables it makes sense.

A fault is a value. What it does to an answer is a function of what was asked and of the answer that the API would have given;
None leaves that answer as it is. What it does to the whole way there (an address that does not exist) is a context manager.
"""

import csv
import gzip
import io
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from threading import Lock
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from attrs import evolve, field, frozen

from connector_build.testing.mimic import Asked, Mimic, Reply, asked, set_at
from connector_build.testing.runs import CANARY
from connector_build.testing.server import (
    Drip,
    Endless,
    Flood,
    Misbehaviour,
    Raw,
    Reset,
    Silence,
    WrongLength,
    deaf_address,
    head,
    json_reply,
    unruly,
)
from connector_build.testing.world import Entry, World
from connector_core import (
    Csv,
    CursorPaginator,
    JsonLines,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    Page,
    PageNumberPaginator,
    Record,
    Request,
    SinglePage,
    Windows,
    empty_page,
    last_page,
    no_more,
    short_page,
)
from connector_core.assembly import Assembly, TablePlan
from connector_core.extraction import value_at

BLINK = 0.25
"""Seconds to connect, and to wait for the next bytes, where a fault is about time."""

STATUSES = (408, 425, 429, 500, 502, 503, 504)
LARGE = 10_000_000
GONE = "https://no-such-host.invalid"
ELSEWHERE = "https://elsewhere.invalid"


# The API that a fault strikes


class _Altered(World):
    """A world whose feeds can be told to hold a record twice, or nothing."""

    def __init__(self, world: World) -> None:
        self.__dict__ = world.__dict__ | {"twice": set(), "nothing": False}

    def entries(self, plan: TablePlan, parent: Record) -> list[Entry]:
        found = [] if self.nothing else super().entries(plan, parent)
        return [entry for entry in found for _ in range(1 + (plan.table.key_of(_row(plan, entry, parent)) in self.twice))]

    twice: set[tuple[str, ...]]
    nothing: bool


def _row(plan: TablePlan, entry: Entry, parent: Record) -> Record:
    adds = plan.table.parent.adds if plan.table.parent else {}
    return entry.record | {column: value_at(parent, name) for column, name in adds.items()}


class Api:
    """The made-up API of a connector, table by table. It lasts for one sync; ``memory`` is the fault's own."""

    def __init__(self, assembly: Assembly, world: World, url: str, page_size: int) -> None:
        self.memory: dict[str, Any] = {}
        self.url = url
        self._page_size = page_size
        self._world = _Altered(world)
        self._mimics = [(plan, Mimic(evolve(assembly, tables=(plan,)), self._world, url)) for plan in assembly.tables]

    def answer(self, request: Asked) -> tuple[TablePlan | None, Reply]:
        """The table that is asked for, and the answer."""
        reply = Reply(404)
        for plan, mimic in self._mimics:
            reply = mimic.reply(request)
            if reply.status != 404:
                return plan, reply
        return None, reply

    def empty(self, request: Asked) -> Reply:
        """The answer as it would be if there were no record."""
        self._world.nothing = True
        try:
            return self.answer(request)[1]
        finally:
            self._world.nothing = False

    def double(self, plan: TablePlan, record: Record) -> None:
        """Hold *record* twice from now on, one right behind the other."""
        self._world.twice.add(plan.table.key_of(record))

    def is_start(self, plan: TablePlan, request: Asked) -> bool:
        """Whether *request* is the first one of a feed, which carries no position."""
        first = plan.paginator.first(plan.table, self._page_size, {})
        return (
            request.params.keys() == first.params.keys()
            and all(_fits(value, request.params[name]) for name, value in first.params.items())
            and _fits(first.json, request.json)
            and position(plan, request)[-1] is None
            and "?" not in first.path
        )


def _fits(wanted: Any, found: Any) -> bool:
    return "{parent." in json.dumps(wanted) or bool(wanted == found)


@frozen(hash=False)
class Asking:
    """A request that a fault may strike, and the answer that it would get; *before*: the page before it in the same feed."""

    api: Api
    plan: TablePlan
    request: Asked
    reply: Reply
    before: Reply | None = None

    @property
    def records(self) -> list[Any]:
        """The records in the answer."""
        return records_of(self.plan, self.reply)

    def following(self) -> Asked | None:
        """The request for the next page, as the plugin's own paginator makes it; None where the feed ends."""
        request = self.request
        body = None if self.plan.table.format else json.loads(self.reply.body)
        headers = {name.lower(): value for name, value in self.reply.headers.items()}
        page = Page(body, self.records, headers=headers)
        made = innermost(self.plan).following(
            Request(request.path, request.params, request.method, request.headers, request.json), page
        )
        if made is None:
            return None
        there = asked(made.method, made.path, {**request.headers, **made.headers})
        return evolve(there, params={**there.params, **made.params}, json=made.json)


Breaks = Callable[[Asking], Reply | None]
"""What a fault makes of an answer; None: it does not strike here."""


class Breaker:
    """Answers as an API does, until the fault strikes: at request number *first* (from 1), or the next that it fits."""

    def __init__(self, fault: "Fault", api: Api, first: int) -> None:
        self.struck = 0
        self._fault = fault
        self._api = api
        self._first = first
        self._seen = 0
        self._before: dict[str, Reply] = {}
        self._lock = Lock()

    def answer(self, request: Asked) -> Reply:
        """The answer to *request*, broken where it is due."""
        with self._lock:
            self._seen += 1
            plan, reply = self._api.answer(request)
            if plan is None:
                return reply
            start = self._api.is_start(plan, request)
            before = None if start else self._before.get(plan.table.name)
            self._before[plan.table.name] = reply
            broken = self._broken(Asking(self._api, plan, request, reply, before)) if self._is_due(plan) else None
            return reply if broken is None else broken

    def _is_due(self, plan: TablePlan) -> bool:
        spent = self._fault.times is not None and self.struck >= self._fault.times
        return self._seen >= self._first and not spent and self._fault.why_not(plan) is None

    def _broken(self, asking: Asking) -> Reply | None:
        broken = self._fault.breaks(asking)
        self.struck += broken is not None
        return broken


# What a fault is


@frozen(hash=False)
class Stage:
    """Where a sync is about to happen: for a fault that strikes on the way there, or that changes the records."""

    assembly: Assembly
    world: World
    url: str


def _nothing(asking: Asking) -> None:  # noqa: ARG001  (the signature of every fault)
    return None


def _always(plan: TablePlan) -> None:  # noqa: ARG001
    return None


@frozen(hash=False)
class Fault:
    """One kind of trouble.

    name:    what the matrix calls it.
    what:    one sentence: what happens.
    breaks:  what it makes of an answer that it strikes.
    says:    what a message about it has to say; a regular expression.
    times:   how often it strikes; None: whenever it can.
    why_not: why it makes no sense for a table; None where it does.
    around:  for a fault that strikes the whole sync: gives the address to go to.
    seconds: the client's time-outs, in seconds.
    """

    name: str
    what: str
    breaks: Breaks = field(default=_nothing, repr=False)
    says: str = ""
    times: int | None = None
    why_not: Callable[[TablePlan], str | None] = field(default=_always, repr=False)
    around: Callable[[Stage], AbstractContextManager[str]] | None = field(default=None, repr=False)
    seconds: float = 30.0

    def reason(self, assembly: Assembly) -> str | None:
        """Why it makes no sense for any table of *assembly*; None where it does for one of them."""
        reasons = {plan.table.name: self.why_not(plan) for plan in assembly.tables}
        given = [f"{table}: {reason}" for table, reason in reasons.items() if reason]
        if len(given) < len(reasons):
            return None
        return next(iter(reasons.values())) if len(set(reasons.values())) == 1 else "; ".join(given)


def innermost(plan: TablePlan) -> Any:
    """The paginator that pages the answers of a table, within whatever strategies."""
    paginator: Any = plan.paginator
    while (inner := getattr(paginator, "pages", None)) is not None:
        paginator = inner
    return paginator


def position(plan: TablePlan, request: Asked) -> tuple[Any, ...]:
    """What tells a request for one page from that for another; last what a header of the plugin's own says."""
    paginator = innermost(plan)
    header = paginator.param if isinstance(paginator, CursorPaginator) and paginator.where == "header" else ""
    return request.path, dict(request.params), request.json, request.headers.get(header.lower())


def records_of(plan: TablePlan, reply: Reply) -> list[Any]:
    """The records in an answer; those of a CSV with texts only."""
    form = plan.table.format
    if isinstance(form, Csv):
        text = io.StringIO(reply.body.decode(form.encoding), newline="")
        return list(csv.DictReader(text, delimiter=form.delimiter))
    if isinstance(form, JsonLines):
        return [json.loads(line) for line in reply.body.splitlines()]
    return list(plan.table.find(json.loads(reply.body)) or [])


# Answers that come, but not as they should


def _sends(how: Misbehaviour) -> Breaks:
    return lambda asking: unruly(asking.reply, how)


def _half(asking: Asking) -> Reply:
    return unruly(asking.reply, Reset(after=len(asking.reply.body) // 2))


def _status(status: int, **headers: str) -> Breaks:
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return lambda asking: _error(asking, status, named)


def _error(asking: Asking, status: int, headers: Mapping[str, str]) -> Reply:
    """A refusal that says aloud which key it was given."""
    keys = " ".join(value for value in asking.request.headers.values() if CANARY in value)
    return json_reply({"error": f"not now, not for the key {keys}"}, status, headers)


def _until_a_date(asking: Asking) -> Reply:
    when = datetime.now(UTC) + timedelta(seconds=90)
    return _error(asking, 429, {"Retry-After": format_datetime(when, usegmt=True)})


def _redirects(to: str) -> Breaks:
    return lambda asking: Reply(307, {"Location": f"{to}{asking.request.path}?{urlencode(asking.request.params)}"})


def _expired(status: int) -> Breaks:
    def breaks(asking: Asking) -> Reply | None:
        return None if asking.api.is_start(asking.plan, asking.request) else _error(asking, status, {})

    return breaks


def _body(make: Callable[[bytes], bytes], **headers: str) -> Breaks:
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return lambda asking: evolve(asking.reply, body=make(asking.reply.body), headers={**asking.reply.headers, **named})


def _cut(body: bytes) -> bytes:
    return body[: len(body) * 2 // 3]


def _page_of_html(asking: Asking) -> Reply:
    keys = " ".join(value for value in asking.request.headers.values() if CANARY in value)
    text = f"<!doctype html><title>Log in</title><p>Who are you? Not {keys}."
    return Reply(200, {"Content-Type": "text/html"}, text.encode())


def _polite_error(asking: Asking) -> Reply:
    return _error(asking, 200, {})


def _half_of(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _twice_on_the_wire(asking: Asking) -> Reply:
    return unruly(asking.reply, Raw((head(asking.reply) + asking.reply.body) * 2))


def _flood(asking: Asking) -> Reply:
    """The page, and behind it nothing but blanks, which JSON allows."""
    return unruly(asking.reply, Flood(b" " * 1_000_000, 200))


@cache
def _blanks() -> bytes:
    """A gigabyte of blanks in a megabyte: gzip may have several members (RFC 1952, section 2.2)."""
    return gzip.compress(b" " * LARGE) * 100


def _bomb(body: bytes) -> bytes:
    return gzip.compress(body) + _blanks()


def _with_value(value: bytes) -> Breaks:
    """The first record gets a field that is written as *value*, which need not be JSON."""
    mark = "the value stands here"

    def breaks(asking: Asking) -> Reply | None:
        if not asking.records:
            return None
        lines = asking.reply.body.splitlines() if asking.plan.table.format else [asking.reply.body]
        body = json.loads(lines[0])
        record = body if asking.plan.table.format else asking.plan.table.find(body)[0]
        record["added"] = mark
        lines[0] = json.dumps(body).encode().replace(json.dumps(mark).encode(), value)
        return evolve(asking.reply, body=b"\n".join(lines))

    return breaks


def _not_unicode(asking: Asking) -> Reply | None:
    if not isinstance(asking.plan.table.format, Csv):
        return _with_value(b'"\xff\xfe\xff"')(asking)
    return evolve(asking.reply, body=asking.reply.body[:-3] + b"\xff\xfe\xff" + asking.reply.body[-3:])


# Pages that come, but not as they should


def _page_before(asking: Asking) -> Reply | None:
    return asking.before if asking.before and records_of(asking.plan, asking.before) else None


def _swapped(asking: Asking) -> Reply | None:
    """The records of this page and of the next, each in the place of the other."""
    memory = asking.api.memory
    if "reply" in memory:
        return memory["reply"] if position(asking.plan, asking.request) == memory["position"] else None
    following = asking.following()
    if following is None:
        return None
    after = evolve(asking, request=following, reply=asking.api.answer(following)[1])
    if not asking.records or len(asking.records) != len(after.records):
        return None
    memory.update(position=position(asking.plan, following), reply=_with_records_of(after, asking))
    return _with_records_of(asking, after)


def _with_records_of(one: Asking, other: Asking) -> Reply:
    """The answer to *one* with the records of *other*, of which there are as many."""
    if one.plan.table.format:
        return evolve(one.reply, body=other.reply.body)
    body = json.loads(one.reply.body)
    for record, new in zip(one.plan.table.find(body), other.records, strict=True):
        record.clear()
        record.update(new)
    return evolve(one.reply, body=json.dumps(body).encode())


def _twice_in_a_page(asking: Asking) -> Reply | None:
    if not asking.records:
        return None
    asking.api.double(asking.plan, asking.records[0])
    return asking.api.answer(asking.request)[1]


def _shorter(asking: Asking) -> Reply | None:
    return _resized(asking, -2)


def _longer(asking: Asking) -> Reply | None:
    return _resized(asking, 2)


def _resized(asking: Asking, by: int) -> Reply | None:
    paginator = innermost(asking.plan)
    where = "body" if getattr(paginator, "where", "query") == "body" else "query"
    size = asking.request.get(where, paginator.size_param)
    if size is None:
        return None
    changed = {paginator.size_param: int(size) + by if where == "body" else str(int(size) + by)}
    request = evolve(
        asking.request,
        **({"json": {**asking.request.json, **changed}} if where == "body" else {"params": {**asking.request.params, **changed}}),
    )
    return asking.api.answer(request)[1]


def _empty_page(asking: Asking) -> Reply | None:
    """A page without records, behind which the feed goes on where it would have gone on."""
    memory, paginator = asking.api.memory, innermost(asking.plan)
    if "empty" in memory:
        return _later_page(asking, paginator) if isinstance(paginator, PageNumberPaginator) else None
    if asking.following() is None:
        return None
    memory["empty"] = asking.request
    reply = _like(asking.reply, asking.api.empty(asking.request), asking.plan)
    if isinstance(paginator, PageNumberPaginator):
        return _one_page_more(reply, paginator)
    if isinstance(paginator, CursorPaginator | NextLinkPaginator):
        return _going_on_at(asking, reply, _renamed(_place(asking)))
    return reply


def _like(reply: Reply, empty: Reply, plan: TablePlan) -> Reply:
    """*empty*, with what *reply* says about the pages that follow."""
    if plan.table.format:
        return evolve(reply, body=empty.body)
    paginator = innermost(plan)
    paths = [getattr(paginator, name, None) for name in ("next_field", "more_field")]
    paths += [getattr(rule, "path", None) for rule in getattr(paginator, "stop", ())]
    said, body = json.loads(reply.body), json.loads(empty.body)
    for path in filter(None, paths):
        value = value_at(said, path)
        if value is not None:
            set_at(body, path, value)
    return evolve(reply, body=json.dumps(body).encode())


def _later_page(asking: Asking, paginator: PageNumberPaginator) -> Reply | None:
    """A page behind the empty one, with the records that the page before it would have had."""
    number = int(asking.request.params[paginator.param])
    if number <= int(asking.api.memory["empty"].params[paginator.param]):
        return None
    request = evolve(asking.request, params={**asking.request.params, paginator.param: str(number - 1)})
    return _one_page_more(asking.api.answer(request)[1], paginator)


def _one_page_more(reply: Reply, paginator: PageNumberPaginator) -> Reply:
    body = json.loads(reply.body)
    for rule in paginator.stop:
        if isinstance(rule, last_page):
            set_at(body, rule.path, value_at(body, rule.path) + 1)
    return evolve(reply, body=json.dumps(body).encode())


def _place(asking: Asking) -> str:
    """The cursor of the request, or of its link; that of the very first page where it has none."""
    paginator = innermost(asking.plan)
    is_cursor = isinstance(paginator, CursorPaginator)
    found = asking.request.get(paginator.where, paginator.param) if is_cursor else asking.request.params.get("after")
    return str(found) if found else "after-0"


def _renamed(cursor: str) -> str:
    """Another name of the same place."""
    return cursor.replace("after-", "after-0")


def _going_on_at(asking: Asking, reply: Reply, cursor: str) -> Reply:
    """*reply*, to be followed by the page at *cursor*."""
    paginator = innermost(asking.plan)
    if isinstance(paginator, CursorPaginator):
        return _pointing(reply, paginator.next_header, paginator.next_field, cursor)
    query = urlencode({**asking.request.params, "after": cursor})
    return _linking(paginator, reply, f"{asking.api.url}{asking.request.path}?{query}")


def _linking(paginator: NextLinkPaginator, reply: Reply, link: str) -> Reply:
    if isinstance(paginator, LinkHeaderPaginator):
        return _pointing(reply, "Link", "", f'<{link}>; rel="{paginator.next_field}"')
    return _pointing(reply, None, paginator.next_field, link)


def _pointing(reply: Reply, header: str | None, path: str, value: str) -> Reply:
    if header:
        return evolve(reply, headers={**reply.headers, header: value})
    body = json.loads(reply.body)
    set_at(body, path, value)
    return evolve(reply, body=json.dumps(body).encode())


def _looping(asking: Asking) -> Reply | None:
    """The next page is this one."""
    started = asking.api.is_start(asking.plan, asking.request)
    return None if started or asking.following() is None else _going_on_at(asking, asking.reply, _place(asking))


def _circling(asking: Asking) -> Reply | None:
    """The page behind the next is this one again, and so on for ever."""
    memory = asking.api.memory
    if asking.api.is_start(asking.plan, asking.request) or asking.following() is None:
        return None
    place = memory.setdefault("place", _place(asking))
    return None if _place(asking) == place else _going_on_at(asking, asking.reply, place)


def _leading_astray(asking: Asking) -> Reply | None:
    if asking.following() is None:
        return None
    return _linking(innermost(asking.plan), asking.reply, f"{ELSEWHERE}{asking.request.path}?after=after-1")


# The way there


@contextmanager
def _deaf(stage: Stage) -> Iterator[str]:  # noqa: ARG001
    with deaf_address() as url:
        yield url


@contextmanager
def _no_such_host(stage: Stage) -> Iterator[str]:  # noqa: ARG001
    """A host whose look-up fails here, whatever the resolver of this machine, or its proxy, would make of it."""
    host = GONE.removeprefix("https://")
    known = socket.getaddrinfo

    def look_up(name: Any, *rest: Any, **more: Any) -> Any:
        if name == host:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(name, *rest, **more)

    with patch.object(socket, "getaddrinfo", look_up), patch.dict(os.environ, {"no_proxy": host, "NO_PROXY": host}):
        yield GONE


@contextmanager
def _tls_to_a_plain_port(stage: Stage) -> Iterator[str]:
    yield stage.url.replace("http://", "https://")


@contextmanager
def _long_text(stage: Stage) -> Iterator[str]:
    """The newest record of the first table has a text of 10 MB in a field, and keeps it."""
    plan = stage.assembly.tables[0]
    stage.world.records(plan.table.name)[-1][_field_for_text(stage.assembly)] = "x" * LARGE
    yield stage.url


def _field_for_text(assembly: Assembly) -> str:
    """A column of the first table for a text that nothing else goes by; one that is not declared where there is none."""
    plan = assembly.tables[0]
    used = {*plan.table.primary_key, *(name for extra in plan.extra_tables for name in extra.needs)}
    free = [name for name, kind in plan.table.columns.items() if kind == "STRING" and name not in used]
    is_parent = any(each.parent and each.parent.table == plan.table for each in assembly.tables)
    return free[-1] if free and not is_parent else "added"


# Why not


Why = Callable[[TablePlan], str | None]


def _first_reason(*whys: Why) -> Why:
    return lambda plan: next(filter(None, (why(plan) for why in whys)), None)


def _of_format(kinds: type | tuple[type, ...], reason: str) -> Why:
    return lambda plan: reason if isinstance(plan.table.format, kinds) else None


def _not_paged_by(kinds: tuple[type, ...], reason: str) -> Why:
    return lambda plan: None if isinstance(innermost(plan), kinds) else reason


def _paged_by(kinds: type, reason: str) -> Why:
    return lambda plan: reason if isinstance(innermost(plan), kinds) else None


def _one_request(plan: TablePlan) -> str | None:
    windows = isinstance(plan.paginator, Windows)
    return "the feed is one request" if isinstance(innermost(plan), SinglePage) and not windows else None


def _one_page(plan: TablePlan) -> str | None:
    return "the feed is one page" if isinstance(innermost(plan), SinglePage) else None


def _ignored(status: int) -> Why:
    """Where the plugin itself takes such an answer for the end of the feed."""
    body = {"error": "not now"}

    def why(plan: TablePlan) -> str | None:
        for rule in plan.table.errors:
            if rule.matches(status, {}, lambda path: value_at(body, path)):
                return "the plugin says that such an answer ends the feed" if rule.action == "ignore" else None
        return None

    return why


def _has_rule(kind: type, reason: str) -> Why:
    return lambda plan: reason if any(isinstance(rule, kind) for rule in getattr(innermost(plan), "stop", ())) else None


def _no_size(plan: TablePlan) -> str | None:
    return None if innermost(plan).size_param else "nothing is said about the size of a page"


def _cannot_be_empty(plan: TablePlan) -> str | None:
    """Where pages have numbers, and a rule that goes by more than the number of pages ends the feed."""
    paginator = innermost(plan)
    known = (last_page, no_more)
    if isinstance(paginator, PageNumberPaginator) and not all(isinstance(rule, known) for rule in paginator.stop):
        return "its stop rule goes by the records so far"
    return None


def _other_encoding(plan: TablePlan) -> str | None:
    form = plan.table.format
    other = isinstance(form, Csv) and form.encoding.lower() not in ("utf-8", "utf8")
    return "its texts are not UTF-8 anyway" if other else None


_NOT_IN_CSV = _of_format(Csv, "a CSV has no values of its own kind: each is a text")
_CSV_ENDS_ANYWHERE = _of_format(Csv, "a CSV has no end that could be missed")
_LINES_MAY_BE_NONE = _of_format(JsonLines, "an empty body is an answer without records")
_NUMBERED = _paged_by(PageNumberPaginator, "pages with numbers have one size")
_CURSORS = (CursorPaginator, NextLinkPaginator)
_NO_CURSOR = _not_paged_by(_CURSORS, "its API hands out neither a cursor nor a link")
_ENDS_EMPTY = _has_rule(empty_page, "an empty page is the documented end of the feed")
_ENDS_SHORT = _has_rule(short_page, "a short page is the documented end of the feed")


# All of them


def _once_and_for_ever(name: str, what: str, breaks: Breaks, says: str, **more: Any) -> tuple[Fault, Fault]:
    """A fault that passes, and the same one that lasts. *what* ends without a full stop."""
    return (
        Fault(f"{name}, once", f"{what}, once.", breaks, says, times=1, **more),
        Fault(f"{name}, for ever", f"{what}, each time.", breaks, says, **more),
    )


def _statuses() -> Iterator[Fault]:
    for status in STATUSES:
        yield from _once_and_for_ever(
            f"{status}", f"A request is answered {status}", _status(status), rf"\b{status}\b", why_not=_ignored(status)
        )


_CLOSED = "connection was closed before"
_NOT_WHOLE = r"not whole JSON|is not JSON|no text in|blank"
_NO_RECORDS = "only error|not a list|not an object|is missing|header|not CSV"
_LARGER = r"larger than \d+ MB"
_AGAIN = "already read|same records|the page is empty"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "no connection",
        "The address takes no connection: it listens, and its queue is full.",
        around=_deaf,
        says="no connection within",
        seconds=BLINK,
    ),
    Fault("no such host", "The host's name cannot be looked up.", around=_no_such_host, says="host was not found"),
    Fault("no TLS", "The port of an https address speaks plain HTTP.", around=_tls_to_a_plain_port, says="TLS"),
    *_once_and_for_ever("silence", "A request is taken and not answered", _sends(Silence()), "no answer within", seconds=BLINK),
    *_once_and_for_ever(
        "slow drip",
        "A body comes byte by byte, so slowly that it would take hours",
        _sends(Drip()),
        "too slowly|no answer within",
        seconds=BLINK,
    ),
    *_once_and_for_ever("reset before the answer", "The connection is reset before any byte", _sends(Reset()), _CLOSED),
    *_once_and_for_ever("reset in the body", "The connection is reset in the middle of the body", _half, _CLOSED),
    *_once_and_for_ever("chunks without an end", "A body in chunks stops before the last", _sends(Endless()), _CLOSED),
    *_once_and_for_ever("Content-Length too long", "Content-Length promises more than comes", _sends(WrongLength(10)), _CLOSED),
    *_once_and_for_ever(
        "Content-Length too short",
        "Content-Length promises less than comes",
        _sends(WrongLength(-10)),
        _NOT_WHOLE,
        why_not=_CSV_ENDS_ANYWHERE,
    ),
    *_once_and_for_ever("no HTTP", "What comes back is no HTTP", _sends(Raw(b"220 mail.example.com\r\n")), _CLOSED),
    Fault("an answer twice", "An answer comes twice on one connection.", _twice_on_the_wire, times=1),
    *_statuses(),
    Fault(
        "429 with seconds",
        "A request is answered 429 with Retry-After: 7.",
        _status(429, retry_after="7"),
        "429",
        times=1,
        why_not=_ignored(429),
    ),
    Fault(
        "429 with a date",
        "A request is answered 429 with a date in Retry-After.",
        _until_a_date,
        "429",
        times=1,
        why_not=_ignored(429),
    ),
    Fault(
        "429 until tomorrow",
        "A request is answered 429 with Retry-After: 86400.",
        _status(429, retry_after="86400"),
        "429",
        times=1,
        why_not=_ignored(429),
    ),
    Fault("401", "The key is refused in the middle of a sync.", _status(401), "401", why_not=_ignored(401)),
    Fault("403", "Access is refused in the middle of a sync.", _status(403), "403", why_not=_ignored(403)),
    *(
        fault
        for status in (400, 410)
        for fault in _once_and_for_ever(
            f"expired cursor, {status}",
            f"A request for any place but the start is answered {status}",
            _expired(status),
            f"{status}",
            why_not=_first_reason(_one_request, _ignored(status)),
        )
    ),
    Fault("redirect elsewhere", "A request is redirected to another host.", _redirects(ELSEWHERE), "redirects to"),
    Fault("redirect in circles", "A request is redirected to itself.", _redirects(""), "redirected"),
    *_once_and_for_ever(
        "cut JSON",
        "A third of the JSON is missing, and Content-Length does not tell",
        _body(_cut),
        _NOT_WHOLE,
        why_not=_CSV_ENDS_ANYWHERE,
    ),
    *_once_and_for_ever(
        "empty body", "The answer is 200 without a body", _body(lambda _: b""), _NOT_WHOLE, why_not=_LINES_MAY_BE_NONE
    ),
    Fault("HTML", "The answer is 200 and a page of HTML to log in.", _page_of_html, "a web page", times=1),
    Fault("an error with 200", "The answer is 200 and an object with an error.", _polite_error, _NO_RECORDS, times=1),
    *_once_and_for_ever(
        "no gzip",
        "Content-Encoding says gzip, and the body is none",
        _body(lambda body: body, content_encoding="gzip"),
        "unpacked",
    ),
    *_once_and_for_ever(
        "cut gzip",
        "The body is gzip whose second half is missing",
        _body(lambda body: _half_of(gzip.compress(body)), content_encoding="gzip"),
        _NOT_WHOLE + "|gzip data",
    ),
    *_once_and_for_ever(
        "cut gzip, unannounced",
        "The body is gzip whose second half is missing, and no header says that it is gzip",
        _body(lambda body: _half_of(gzip.compress(body))),
        "gzip data",
    ),
    Fault(
        "gzip bomb",
        "A megabyte of gzip becomes a gigabyte.",
        _body(_bomb, content_encoding="gzip"),
        _LARGER,
    ),
    Fault("gzip bomb, unannounced", "The same, and no header says that it is gzip.", _body(_bomb), _LARGER),
    Fault("200 MB", "A page has 200 MB.", _flood, _LARGER),
    Fault("a text of 10 MB", "A record has a text of 10 MB in a field.", around=_long_text),
    Fault("NaN", "A number is NaN, which JSON does not have.", _with_value(b"NaN"), "NaN", why_not=_NOT_IN_CSV),
    Fault("1e400", "A number is larger than a 64-bit float.", _with_value(b"1e400"), "1e400", why_not=_NOT_IN_CSV),
    Fault(
        "10,000 levels",
        "A value is nested 10,000 levels deep.",
        _with_value(b"[" * 10_000 + b"]" * 10_000),
        "nested too deeply",
        why_not=_NOT_IN_CSV,
    ),
    *_once_and_for_ever("no UTF-8", "A text is no UTF-8", _not_unicode, _NOT_WHOLE, why_not=_other_encoding),
    Fault(
        "a record twice in a page", "The API has a record twice, one right behind the other.", _twice_in_a_page, "twice", times=1
    ),
    Fault("a page twice", "A request is answered with the page before it.", _page_before, _AGAIN, times=1, why_not=_one_page),
    Fault(
        "two pages swapped",
        "Two pages of a feed come in each other's place.",
        _swapped,
        why_not=_first_reason(_one_page, _paged_by(KeysetPaginator, "the last key of a page says where the next begins")),
    ),
    Fault(
        "a shorter page",
        "A page has fewer records than were asked for, and the feed goes on behind them.",
        _shorter,
        times=1,
        why_not=_first_reason(_one_page, _NUMBERED, _ENDS_SHORT, _no_size),
    ),
    Fault(
        "a longer page",
        "A page has more records than were asked for, and the feed goes on behind them.",
        _longer,
        times=1,
        why_not=_first_reason(_one_page, _NUMBERED, _no_size),
    ),
    Fault(
        "an empty page",
        "A page in the middle of a feed has no record, and the feed goes on behind it.",
        _empty_page,
        _AGAIN,
        why_not=_first_reason(_one_page, _ENDS_EMPTY, _ENDS_SHORT, _cannot_be_empty),
    ),
    Fault("a cursor that loops", "The cursor of the next page is that of this page.", _looping, _AGAIN, why_not=_NO_CURSOR),
    Fault("cursors in a circle", "The cursors lead back to an earlier page.", _circling, _AGAIN, why_not=_NO_CURSOR),
    Fault(
        "a link elsewhere",
        "The link to the next page leads to another host.",
        _leading_astray,
        "credentials go to",
        why_not=_not_paged_by((NextLinkPaginator,), "its API hands out no links"),
    ),
)
"""Every fault of the matrix."""
