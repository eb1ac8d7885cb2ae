"""Cutting a table into parts, where what its plugin says of it divides, and into one where nothing does.

A part is read by itself, so nothing may have to be known of the others. What divides: the records of a parent, the values of a
list in the configuration, windows of days or moments, windows of ids up to an id that is given, and pages that a plugin allows
to be asked for at the same time.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from attrs import evolve, frozen

from connector_core.engine.reading import Api
from connector_core.paging.numbers import OffsetPaginator, PageNumberPaginator
from connector_core.paging.windows import Windows
from connector_core.parts.bounded import SomePages, innermost
from connector_core.parts.parents import is_among, listed_parents
from connector_core.parts.part import ALL, Part, Wanted
from connector_core.plugin.plan import TablePlan
from connector_core.source.deletes import ListedIn
from connector_core.source.limits import Budget
from connector_core.source.tables import Record

MANY = 250_000
"""Parents that are listed once, for all parts. Of more of them each part makes a list of its own."""
SLACK = 1.1
"""A part takes so much longer over its share of a budget: requests of several processes arrive less evenly than they are sent."""


@frozen
class Cutter:
    """Cuts a table into at most *most* parts.

    listing: ``once``: parents are listed here, and each part is given its own. ``apart``: each part lists them all.
    now:     seconds since 1970.
    """

    most: int
    listing: str = "once"
    now: Callable[[], float] = time.time

    def cut(self, plan: TablePlan, api: Api, wanted: Wanted = ALL) -> list[Part]:
        """The parts of the table of *plan*: one at least, none with a record of another. *api* is asked where something has to be
        known first.
        """
        most = at_most_by_budget(plan, self.most)
        return self._numbered(plan, self._parts(plan, api, wanted, most))

    def _parts(self, plan: TablePlan, api: Api, wanted: Wanted, most: int) -> list[Part]:
        paginator = innermost(plan.paginator)
        whole = Part(plan.table.name, bookmark=wanted.bookmark)
        if isinstance(plan.table.missing, ListedIn):
            return [whole]
        if plan.parent is not None:
            return self._by_parents(plan, api, wanted, most)
        if isinstance(paginator, Windows):
            return by_windows(paginator, whole, wanted, most)
        if most > 1 and isinstance(paginator, PageNumberPaginator | OffsetPaginator) and paginator.parallel:
            return by_pages(paginator, plan, api, most)
        return [whole]

    def _by_parents(self, plan: TablePlan, api: Api, wanted: Wanted, most: int) -> list[Part]:
        apart = [Part(plan.table.name, "share") for _ in range(most)]
        if self.listing == "apart" and most > 1:
            return apart
        parents: list[Record] = []
        for parent in listed_parents(plan, api):
            if is_among(plan, parent, wanted.among):
                parents.append(parent)
            if len(parents) > MANY and most > 1:
                return apart
        number = max(1, min(most, len(parents)))
        return [Part(plan.table.name, "children", parents=tuple(parents[at::number])) for at in range(number)]

    def _numbered(self, plan: TablePlan, parts: Sequence[Part]) -> list[Part]:
        """*parts* with their numbers. What was asked for here counts in a budget, which is whole again once its time is over."""
        asked = parts[0].kind in ("children", "pages") and plan.table.budget in _budgets_asked(plan, parts[0])
        after = self.now() + plan.table.budget.seconds if asked and plan.table.budget else 0.0
        return [evolve(part, number=number, of=len(parts), after=after) for number, part in enumerate(parts)]


def _budgets_asked(plan: TablePlan, part: Part) -> list[Budget | None]:
    """The budgets that cutting may have used."""
    return [plan.table.budget] if part.kind == "pages" else [each.table.budget for each in above(plan)]


def above(plan: TablePlan) -> Iterator[TablePlan]:
    """The plans of a table's parent, of its parent, and so on."""
    while plan.parent is not None:
        plan = plan.parent
        yield plan


def at_most_by_budget(plan: TablePlan, most: int) -> int:
    """*most*, or fewer: each part has to have a request at least in the time of a budget."""
    budgets = [each.table.budget for each in (plan, *above(plan)) if each.table.budget]
    return max(1, min([most, *(budget.requests for budget in budgets)]))


def by_windows(windows: Windows, whole: Part, wanted: Wanted, most: int) -> list[Part]:
    """Parts of so many windows each, nearly the same number; one where two windows share an end, or the last is not known."""
    begins = windows.begins(wanted.begin, wanted.until)
    cuts = [begins[at] for at in _cuts(len(begins), 1 if windows.shares_ends else most)]
    end = None if wanted.until is None else windows.behind(begins[-1])
    return [evolve(whole, kind="windows", begin=begin, until=until) for begin, until in pairwise([*cuts, end])]


def by_pages(paginator: PageNumberPaginator | OffsetPaginator, plan: TablePlan, api: Api, most: int) -> list[Part]:
    """Parts of so many pages each, as the first page says how many there are."""
    request = paginator.first(plan.table, api.page_size, {})
    page = api.fetch(plan.table, request)
    whole = SomePages(paginator, {}, None)
    places = [whole.place(each) for each in (request, *paginator.foreseen(request, page))]
    cuts = [*(places[at] for at in _cuts(len(places), most)), None]
    return [Part(plan.table.name, "pages", begin=begin, until=until and until["at"]) for begin, until in pairwise(cuts)]


def _cuts(number: int, most: int) -> list[int]:
    """Where each of at most *most* pieces of *number* things begins."""
    pieces = max(1, min(most, number))
    return [at * number // pieces for at in range(pieces)]


def shared(plan: TablePlan, parts: int) -> TablePlan:
    """*plan* for one of so many *parts* that may run at once: of each budget, its share."""
    if parts == 1:
        return plan
    parent = None if plan.parent is None else shared(plan.parent, parts)
    budget = _share(plan.table.budget, parts)
    table: Any = plan.table if budget == plan.table.budget else evolve(plan.table, budget=budget)
    return evolve(plan, table=table, parent=parent)


def _share(budget: Budget | None, parts: int) -> Budget | None:
    """One part's share, evenly spaced: of requests that come in bursts, two bursts may meet at the API."""
    if budget is None:
        return None
    return Budget(1, budget.seconds * SLACK / max(1, budget.requests // parts))
