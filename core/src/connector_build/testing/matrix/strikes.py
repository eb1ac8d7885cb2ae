"""What a fault of the matrix is, and the API that it strikes.

A fault is a value. What it does to an answer is a function of what was asked and of the answer that the API would have given;
None leaves that answer as it is. What it does to the whole way there (an address that does not exist) is a context manager.
"""

import csv
import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any

from attrs import evolve, field, frozen

from connector_build.api.mimic import Asked, Mimic, Reply, asked
from connector_build.api.world import Entry, World
from connector_core import Csv, CursorPaginator, JsonLines, Page, Record, Request
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import Assembly, TablePlan

LARGE = 10_000_000
"""Bytes of a text, or blanks, that make an answer a large one."""

ELSEWHERE = "https://elsewhere.invalid"
"""An address that no credential may go to."""


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
    return entry.record | {column: cached_path(name).get(parent) for column, name in adds.items()}


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


def _always(plan: TablePlan) -> None:  # noqa: ARG001  (the signature of every one)
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
