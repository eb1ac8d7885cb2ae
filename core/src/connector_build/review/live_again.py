"""Reads as syncs to come would make them: one that goes on after a crash, and the next one after this."""

from collections.abc import Iterator
from typing import Any

from connector_build.review.live_feed import Asking, Run, Seen, shown
from connector_build.review.live_finding import Finding, number_of
from connector_core import UpdatedSince
from connector_core.basics.counting import counted
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import TablePlan

AGAIN = 2
"""Pages of a second read."""


def next_start(run: Run) -> str:
    """Where the next sync starts, in words."""
    if run.problem or run.refused or run.last is None:
        return ""
    return shown(run.rest) if run.rest else "the start"


def resumed(asking: Asking, plan: TablePlan, run: Run) -> Iterator[Finding]:
    """Whether a sync that was cut short gets the page that was due when it goes on."""
    page = next((page for page in reversed(run.pages[1:]) if page.mark), None)
    if page is None or (run.rest and asking.first(plan, run.rest) == asking.first(plan, page.mark)):
        return
    what = f"a sync that was cut short goes on at {shown(page.mark)}"
    again = asking.run(plan, page.mark, most=1)
    if again.refused:
        yield Finding("remark", "resume", f"{what}, which the API refuses, so it starts over: {again.refused}")
    elif again.problem:
        yield Finding("wrong", "resume", f"{what}, and fails there: {again.problem}", _WORD)
    elif lost := page.keys - again.keys:
        yield Finding(
            "wrong",
            "resume",
            f"{what}, and {len(lost)} of the {counted(len(page.keys), 'record')} that were due there do not come.",
            _WORD,
        )
    else:
        yield Finding("proved", "resume", "a sync that was cut short goes on where it was")


_WORD = "connector_paginator: what the API goes on by has to hold in another session as well"


def next_sync(asking: Asking, plan: TablePlan, run: Run) -> Iterator[Finding]:
    """Whether the next sync, which starts where this one rests, is answered, and brings what it should."""
    if run.problem or run.refused or not run.rest:
        return
    what = f"the next sync starts at {shown(run.rest)}"
    again = asking.run(plan, run.rest, most=AGAIN)
    if again.refused:
        text = f"{what}, which the API refuses, so each sync reads the whole feed: {again.refused}"
        yield Finding("wrong", "next sync", text, "connector_paginator: one whose place the API knows in the next sync as well")
        return
    if again.problem or not again.start:
        problem = again.problem or "the paginator does not understand that"
        yield Finding("wrong", "next sync", f"{what}, and fails: {problem}", "connector_paginator")
        return
    faults = [*_brought_again(asking, plan, run, again), *_since(asking, plan, run, again)]
    yield from faults
    if not faults:
        brought = f"{number_of(again.records, 'record')}, {len(again.keys - run.keys)} of them new"
        yield Finding("proved", "next sync", f"{what}: answered, with {brought}")
    yield Finding("unproved", "changes", _risk(plan))


def _risk(plan: TablePlan) -> str:
    """What no read can show."""
    said = str(getattr(plan.paginator, "risk", "")).strip()
    return said or "that a record which changes comes again in the next sync can only be seen when one changes"


def _brought_again(asking: Asking, plan: TablePlan, run: Run, again: Run) -> Iterator[Finding]:
    """A page that the next sync reads again, and that has other records then."""
    first = asking.first(plan, run.rest)
    page: Seen | None = next((page for page in run.pages if page.request == first), None)
    lost = page.keys - again.keys if page else frozenset()
    if page and lost:
        yield Finding(
            "wrong",
            "next sync",
            f"the next sync reads {first} again, and {len(lost)} of the {counted(len(page.keys), 'record')} of that "
            f"page do not come.",
            "connector_paginator: a place that the API keeps from sync to sync",
        )


def strategy(paginator: Any) -> UpdatedSince | None:
    """The filter on a time by which a table is read, if it is."""
    while paginator is not None and not isinstance(paginator, UpdatedSince):
        paginator = getattr(paginator, "pages", None)
    return paginator


def _since(asking: Asking, plan: TablePlan, run: Run, again: Run) -> Iterator[Finding]:
    """Whether a filter on a time is heeded, and takes the records of just that time."""
    by = strategy(plan.paginator)
    if by is None or run.last is None or "since" not in run.rest:
        return
    newest = cached_path(by.newest)
    here = [record for record in run.last.page.records if isinstance(record, dict)]
    known = asking.known(plan.table)
    edge = {known(record) for record in here if newest.get(record) == run.rest["since"]}
    if not by.lookback and _is_the_same(run, again, edge):
        yield Finding(
            "wrong",
            "next sync",
            f"the API does not heed the filter {by.param}: the next sync is sent the same records again, older ones too.",
            f"param of UpdatedSince ({by.param})",
        )
    elif by.inclusive and edge and again.ended and not edge & again.keys:
        yield Finding(
            "wrong",
            "next sync",
            f"the filter {by.param} leaves out records of exactly the time that is asked for, so one that comes late with that "
            "time is never read.",
            "inclusive=False in UpdatedSince",
        )


def _is_the_same(run: Run, again: Run, edge: set[str]) -> bool:
    """Whether the second read begins as the first did, with records that are older than what was asked for."""
    first, second = run.pages[0], again.pages[0] if again.pages else None
    return second is not None and len(first.keys) > 1 and first.keys == second.keys and not first.keys <= edge
