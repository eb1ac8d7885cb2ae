"""The simulated API of one dataset: its records, how it answers, and whom it lets in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from connector_build.api.errors import Unmimicked
from connector_build.api.exports import job_of
from connector_build.api.faults import Fault
from connector_build.api.feed import Cursors, Feed
from connector_build.api.guard import Open
from connector_build.api.guards import Door, doors
from connector_build.api.making import layers
from connector_build.api.messages import Asked, Reply, json_reply, refused
from connector_build.api.mimic import Mimic, why_not
from connector_build.api.paging import LINKED, Sizes, why_unknown
from connector_build.api.pointing import cursor_in, goes_on, leading_to, started_over
from connector_build.api.spec import api_spec, positions
from connector_build.api.whole_reads import why_not_read
from connector_build.api.wire import Raw, WrongLength, unruly
from connector_build.api.world import World
from connector_build.sample import Sample
from connector_core import NextLinkPaginator
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.plugin.binding import bound
from connector_core.source.configuration import read_configuration

PARENTS = 40
"""Records of a table that others are children of: each is a request for its children."""
LEAST_RECORDS = 250
"""Records of any other table; more where pages are so large that they would be fewer than three of them."""

_HTML = b"<!doctype html><title>Maintenance</title><p>We will be back in a moment.</p>"


@frozen(eq=False)
class Dataset:
    """What is simulated: a connector, by the name of its dataset, and how its plugin makes up records, if it says so.

    records: how many a table begins with; None: some pages of the usual size.
    """

    name: str
    assembly: Assembly
    sample: Sample | None = None
    records: int | None = None


@frozen(eq=False)
class Simulated:
    """The API of one dataset, at *url*. *ways* are the configurations that it lets in, the default first."""

    name: str
    mimic: Mimic
    ways: Sequence[Door]

    @classmethod
    def of(cls, dataset: Dataset, url: str, secret: str, seed: int, *, away: bool = False) -> "Simulated":
        """Made up from *seed*; *away*: see Mimic. Raises Unmimicked, with the dataset's name, where it cannot be."""
        assembly = dataset.assembly
        try:
            ways = doors(assembly, url, secret)
            assembly = bound(assembly, read_configuration(assembly.settings, ways[0].configuration))
            sizes = sizes_of(assembly)
            world = World(assembly, count_of=_counts(dataset, sizes), seed=seed, sample=dataset.sample)
            mimic = Mimic(assembly, world, url, Cursors(f"{seed}:{dataset.name}"), sizes, away)
            _check(mimic)
        except Unmimicked as reason:
            raise Unmimicked(f"{dataset.name}: {reason}") from None
        return cls(dataset.name, mimic, ways)

    @property
    def world(self) -> World:
        """Its records."""
        return self.mimic.world

    @property
    def tables(self) -> Sequence[TablePlan]:
        """The tables that it serves."""
        return self.mimic.assembly.tables

    @property
    def configuration(self) -> Mapping[str, str]:
        """A configuration that it lets in."""
        return self.ways[0].configuration

    def feed(self, table: str = "") -> Feed:
        """The records of a table; of the first, if none is named. Raises KeyError for one that is not served."""
        return self.world.feed(table or self.tables[0].table.name)

    def token(self, request: Asked) -> Reply | None:
        """The answer to a request for a token; None for any other request."""
        replies = [reply for door in self.ways if (reply := door.guard.token(request)) is not None]
        return min(replies, key=lambda reply: reply.status, default=None)

    def serves(self, request: Asked) -> bool:
        """Whether *request* is for one of its tables."""
        return bool(self.mimic.asked_for(self._bare(request)))

    def reply(self, request: Asked) -> Reply:
        """The answer to a request for a table, once it was let in: 400 with a reason for what cannot be used."""
        bare = self._bare(request)
        if refusal := self._stranger(request) if self._is_elsewhere(bare) else self._refusal(request):
            return refusal
        why = _why_bad(request, bare, [plan for plan, _ in self.mimic.asked_for(bare)])
        return refused(400, why) if why else self.mimic.reply(bare)

    def goes_on(self, request: Asked) -> bool:
        """Whether *request* is for another page than the first."""
        bare = self._bare(request)
        return any(goes_on(plan, bare) for plan, _ in self.mimic.asked_for(bare))

    def broken(self, request: Asked, fault: Fault) -> Reply:
        """The answer with a fault in it."""
        return _BROKEN[fault.kind](self, request, fault)

    def looping(self, request: Asked) -> Reply:
        """The answer, whose next page is this one: by its cursor, or because the place that is asked for is not looked at."""
        bare = self._bare(request)
        [plan, _] = self.mimic.asked_for(bare)[0]
        cursor = cursor_in(plan, bare)
        if cursor is None:
            start = started_over(plan, bare)
            return self.reply(evolve(request, path=start.path, params={**request.params, **start.params}))
        reply = self.reply(request)
        return leading_to(plan, bare, reply, self.mimic.url, cursor) if reply.status == 200 else reply

    def spec(self) -> dict[str, Any]:
        """How it describes itself."""
        examples = {plan.table.name: (self.world.records(plan.table.name) or [{}])[0] for plan in self.tables}
        return api_spec(self.name, self.mimic.assembly, examples, self.mimic.sizes)

    def _refusal(self, request: Asked) -> Reply | None:
        refusals = [door.guard.refusal(request) for door in self.ways]
        return refusals[0] if all(refusals) else None

    def _is_elsewhere(self, request: Asked) -> bool:
        """Whether it is for a file that lies with somebody else, who knows no credential."""
        step = self.mimic.step(request)
        return self.mimic.away and step is not None and step.file is not None and bool(step.plan.table.elsewhere)

    def _stranger(self, request: Asked) -> Reply | None:
        """The refusal of a request that brings a credential to where nobody asks for one."""
        let_in = (door.guard.refusal(request) is None for door in self.ways if not isinstance(door.guard, Open))
        signed = "authorization" in request.headers or any(let_in)
        return refused(400, "this address is signed, and the request brings a credential as well") if signed else None

    def _bare(self, request: Asked) -> Asked:
        """*request* without the parameters that belong to the credential."""
        for door in self.ways:
            request = door.guard.bare(request)
        return self.mimic.located(request)


def sizes_of(assembly: Assembly) -> Sizes:
    """The sizes that a connector's setting allows."""
    setting = next(each for each in assembly.settings if each.name == "page_size")
    return Sizes(setting.minimum or 1, setting.maximum, int(setting.default or LEAST_RECORDS))


def _counts(dataset: Dataset, sizes: Sizes) -> dict[str, int]:
    plans = dataset.assembly.tables
    parents = {plan.table.parent.table for plan in plans if plan.table.parent}
    least = dataset.records or max(LEAST_RECORDS, 5 * sizes.default // 2)
    counts = {plan.table.name: least for plan in plans} | dict.fromkeys(parents, min(least, PARENTS))
    return counts | ({plans[0].table.name: dataset.sample.count} if dataset.sample else {})


def _check(mimic: Mimic) -> None:
    """Raise Unmimicked unless every table can be read: as its plugin says, or, where that does not say enough, at once."""
    for plan in mimic.assembly.tables:
        why = why_not(plan)
        if why and why_unknown(plan):
            missed = why_not_read(mimic, plan, mimic.sizes.default)
            why = f"{why}; {missed}" if missed else None
        if why:
            raise Unmimicked(f"{why}. Try it against the API itself")


def _why_bad(request: Asked, bare: Asked, plans: Sequence[TablePlan]) -> str | None:
    """Why the query cannot be used; None where it can, or where nobody knows what it may hold."""
    if request.repeated:
        name, times = next(iter(request.repeated.items()))
        return f"{name} is given {times} times"
    if any(why_unknown(plan) or job_of(plan) for plan in plans):
        return None
    known = list(dict.fromkeys(name for plan in plans for name in (*plan.table.params, *_positions(plan))))
    unknown = [name for name in bare.params if name not in known]
    return f"unknown parameter {unknown[0]!r}; known: {', '.join(known) or 'none'}" if unknown else None


def _positions(plan: TablePlan) -> list[str]:
    linked = [LINKED] if any(isinstance(layer, NextLinkPaginator) for layer in layers(plan.paginator)) else []
    return [*positions(plan), *linked]


# How it misbehaves


def _status(_: Simulated, __: Asked, fault: Fault) -> Reply:
    if fault.body is not None:
        return Reply(fault.status, {"Content-Type": "application/json", **fault.headers}, fault.body)
    return json_reply({"error": f"the sample API was told to answer {fault.status}"}, fault.status, fault.headers)


def _dropped(_: Simulated, __: Asked, ___: Fault) -> Reply:
    return unruly(Reply(), Raw(b""))


def _html(_: Simulated, __: Asked, ___: Fault) -> Reply:
    return Reply(200, {"Content-Type": "text/html; charset=utf-8"}, _HTML)


def _truncated(simulated: Simulated, request: Asked, _: Fault) -> Reply:
    reply = simulated.reply(request)
    half = len(reply.body) // 2
    return unruly(evolve(reply, body=reply.body[:half]), WrongLength(len(reply.body) - half))


def _looping(simulated: Simulated, request: Asked, _: Fault) -> Reply:
    return simulated.looping(request)


def _expired(simulated: Simulated, request: Asked, _: Fault) -> Reply:
    simulated.mimic.cursors.expire()
    return simulated.reply(request)


_BROKEN: Mapping[str, Callable[[Simulated, Asked, Fault], Reply]] = {
    "status": _status,
    "drop": _dropped,
    "html": _html,
    "truncate": _truncated,
    "loop": _looping,
    "expire": _expired,
}
