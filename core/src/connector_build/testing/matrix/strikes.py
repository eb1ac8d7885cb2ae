"""What a fault of the matrix is, and the API that it strikes.

A fault is a value. What it does to an answer is a function of what was asked and of the answer that the API would have given;
None leaves that answer as it is. What it does to the whole way there (an address that does not exist) is a context manager.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any

from attrs import evolve, field, frozen

from connector_build.api.bodies import records_in, said
from connector_build.api.messages import Asked, Reply, asked, sent_body
from connector_build.api.pointing import innermost
from connector_build.api.recording import NotRecorded
from connector_build.api.world import World
from connector_build.testing.matrix.apis import Api, Feeds
from connector_core import Page, Request
from connector_core.plugin.assembly import Assembly, TablePlan

LARGE = 10_000_000
"""Bytes of a text, or blanks, that make an answer a large one."""

ELSEWHERE = "https://elsewhere.invalid"
"""An address that no credential may go to."""


MOST_REQUESTS = 1500
"""More than any sync here needs: one that makes more would never end."""


class Endless(Exception):  # noqa: N818  (an outcome, where it is raised)
    """A sync asks for ever."""


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
        if self.api.is_about(self.plan, self.request):
            return []
        return records_in(self.plan.table, self.reply.body)

    def following(self) -> Asked | None:
        """The request for the next page, as the plugin's own paginator makes it; None where the feed ends."""
        if self.api.is_about(self.plan, self.request):
            return None
        request = self.request
        body = said(self.plan.table, self.reply.body)
        headers = {name.lower(): value for name, value in self.reply.headers.items()}
        page = Page(body, self.records, headers=headers)
        form = self.plan.table.form
        sent = Request(request.path, request.params, request.method, request.headers, request.json, form=form)
        sent = evolve(sent, template=request.template, places=request.places)
        made = innermost(self.plan).following(sent, page)
        if made is None:
            return None
        there = asked(made.method, made.path, {**request.headers, **made.headers})
        return self.api.located(evolve(there, params={**there.params, **made.params}, json=sent_body(made)))


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
            if self._seen > MOST_REQUESTS:
                raise Endless(f"the sync made more than {MOST_REQUESTS} requests")
            request = self._fault.hears(self._api, self._api.located(request))
            plan, reply = self._api.answer(request)
            if plan is None:
                return reply
            start = self._api.is_start(plan, request)
            before = None if start else self._before.get(self._api.feed_of(plan, request))
            if self._api.is_about(plan, request):
                before = None
            else:
                self._before[self._api.feed_of(plan, request)] = reply
            broken = self._broken(Asking(self._api, plan, request, reply, before)) if self._is_due(plan) else None
            return reply if broken is None else broken

    def _is_due(self, plan: TablePlan) -> bool:
        spent = self._fault.times is not None and self.struck >= self._fault.times
        return self._seen >= self._first and not spent and self._fault.why_not(plan) is None

    def _broken(self, asking: Asking) -> Reply | None:
        if self._fault.lasting and self._api.is_about(asking.plan, asking.request):
            return None  # lies are about records
        if self._fault.hides is not None and self._api.tells_of_others(asking.plan):
            return None  # what it would hide says what is gone elsewhere, which then cannot be known
        try:
            broken = self._fault.breaks(asking)
        except NotRecorded:  # what it makes of an answer takes one that nobody has
            broken = None
        self.struck += broken is not None
        return broken


# What a fault is


@frozen(hash=False)
class Stage:
    """Where a sync is about to happen: for a fault that strikes on the way there, or that changes the records of a *world*."""

    assembly: Assembly
    url: str
    world: World | None = None


def _nothing(asking: Asking) -> None:  # noqa: ARG001  (the signature of every fault)
    return None


def _always(plan: TablePlan) -> None:  # noqa: ARG001  (the signature of every one)
    return None


def _as_asked(api: Api, request: Asked) -> Asked:  # noqa: ARG001
    return request


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
    hears:   what the API makes of a request before it answers.
    feed:    what it makes of what a feed has.
    hides:   whether it never shows record number so and so, counted from 1.
    lasting: the API is so in every sync.
    made_up: it needs an API that is made up.
    """

    name: str
    what: str
    breaks: Breaks = field(default=_nothing, repr=False)
    says: str = ""
    times: int | None = None
    why_not: Callable[[TablePlan], str | None] = field(default=_always, repr=False)
    around: Callable[[Stage], AbstractContextManager[str]] | None = field(default=None, repr=False)
    seconds: float = 30.0
    hears: Callable[[Api, Asked], Asked] = field(default=_as_asked, repr=False)
    feed: Feeds | None = field(default=None, repr=False)
    hides: Callable[[int], bool] | None = field(default=None, repr=False)
    lasting: bool = False
    made_up: bool = False

    def hidden(self, plan: TablePlan, number: int) -> bool:
        """Whether it hides record *number* of a table."""
        return self.hides is not None and self.why_not(plan) is None and self.hides(number)

    @property
    def mends(self) -> bool:
        """Whether the next sync can go on where a lie was given up: not where places of the feed meant something else."""
        return self.feed is None and self.hides is None and self.hears is _as_asked

    def reason(self, assembly: Assembly) -> str | None:
        """Why it makes no sense for any table of *assembly*; None where it does for one of them."""
        reasons = {plan.table.name: self.why_not(plan) for plan in assembly.tables}
        given = [f"{table}: {reason}" for table, reason in reasons.items() if reason]
        if len(given) < len(reasons):
            return None
        return next(iter(reasons.values())) if len(set(reasons.values())) == 1 else "; ".join(given)
