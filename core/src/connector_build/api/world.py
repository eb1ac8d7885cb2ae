"""The records behind a connector's API, table by table, and the rows that a sync of them has to bring.

Everything is made from a seed. A record that changes moves to the end of its feed, as one does in a feed that is ordered by last
update.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from attrs import evolve

from connector_build.api.bodies import holds_one
from connector_build.api.exports import Exports
from connector_build.api.feed import Entry, Feed
from connector_build.api.making import Maker, layers
from connector_build.api.vanishing import Vanishing
from connector_build.sample import Sample
from connector_core import FullRead, KeysetPaginator, Record, Table, UntilKnown, Windows
from connector_core.basics.paths import cached_path
from connector_core.derived import applying
from connector_core.paging.given import Given
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.values import in_form

Hides = Callable[[TablePlan, int], bool]
"""Whether an API never shows record number so and so of a table, counted from 1."""

CHILDREN = 3
"""Records of a child table for each parent, at first."""


class World:
    """The records behind a connector's API. *sample*, where the plugin describes one, makes those of its first table.

    count_of: how many records a table begins with; one number for all of them, or by the names of tables.
    """

    def __init__(
        self,
        assembly: Assembly,
        *,
        count_of: int | Mapping[str, int] = 12,
        seed: int = 0,
        sample: Sample | None = None,
    ) -> None:
        self.exports = Exports()
        """Those that were asked for: they are there for longer than one sync."""
        self._assembly = assembly
        self._plans = {plan.table.name: plan for plan in assembly.tables}
        self._served: dict[tuple[str, str], Any] = {}  # child table and parent → what the parent said when it was given children
        self._feeds: dict[str, Feed] = {}
        self._lists = {plan.parent.table.name: plan.parent.paginator for plan in assembly.tables if plan.parent}
        places = count(1)
        for plan in assembly.tables:
            alike = [each for each in assembly.tables if same_list(each.table, plan.table)]
            if alike[0] is plan:
                own = sample if plan is assembly.tables[0] else None
                feed = Feed(plan.table.name, Maker(assembly, alike, own).as_sample(), seed, places=places)
            self._feeds[plan.table.name] = feed if alike[0] is plan else self._feeds[alike[0].table.name]
        self._vanishing = Vanishing(assembly.tables, self._feeds)
        for plan in self._parents_first():
            self.append(plan, count_of if isinstance(count_of, int) else count_of.get(plan.table.name, 0))

    def feed(self, table: str) -> Feed:
        """The feed that a table is read from. Raises KeyError where there is no such table."""
        return self._feeds[table]

    def append(self, plan: TablePlan, number: int) -> int:
        """Add *number* records to a table, and say how many came.

        To a child table as many come that `CHILDREN` of each parent are new. An answer that is one record never has a second.
        """
        feed = self._feeds[plan.table.name]
        if feed.name != plan.table.name:  # the same list, which grows once
            return 0
        if not self._vanishing.grows(plan.table.name):
            return 0
        if plan.parent is None:
            came = feed.append(max(0, 1 - len(feed)) if holds_one(plan.table) else number)
            self._vanishing.came(plan, came)
            return len(came)
        return sum(self._give(plan, parent, number) for parent in self.records(plan.parent.table.name))

    def change(self, plan: TablePlan, number: int) -> int:
        """Give *number* records of a table, or as many as there are, new values, and say how many changed."""
        feed = self._feeds[plan.table.name]
        changes = feed.name == plan.table.name and self._vanishing.changes(feed.name)
        return len(feed.change(min(number, len(feed)))) if changes else 0

    def tells_of_others(self, plan: TablePlan) -> bool:
        """Whether records of a table say what becomes of those of another, and not only what they are."""
        return not self._vanishing.changes(plan.table.name)

    def deleted_keys(self, plan: TablePlan) -> list[Any]:
        """The keys of records that were taken out of a table, as its answers list them."""
        return self._vanishing.gone(plan)

    def move_on(self, appended: int, changed: int, removed: int = 0) -> tuple[int, int, int]:
        """Let so many records of each table come, change and vanish, as far as its plugin hears of it; how many did, of all."""
        came = turned = gone = 0
        for plan in self._parents_first():
            if tells_changes(plan):
                # Children are read only where their parent has changed.
                told = any(each.parent and each.parent.table == plan.table and _tells(each) for each in self._assembly.tables)
                turned += self.change(plan, len(self._feeds[plan.table.name]) if told else changed)
            gone += self._vanishing.vanish(plan, removed, tells_changes)
            came += self.append(plan, appended)
        return came, turned, gone

    def records(self, table: str) -> list[Record]:
        """What a table has, in the order of its feed; of a child table with what its parent adds."""
        given = self._lists.get(table)
        return list(given.page.records) if isinstance(given, Given) else [entry.record for entry in self._feeds[table].entries()]

    def landed(self, table: str) -> list[Record]:
        """What a table in the destination is made of: what the API has, and what it had and nobody heard of."""
        return [*self._vanishing.left.get(table, ()), *self.records(table)]

    def entries(self, plan: TablePlan, parent: Record) -> list[Entry]:
        """What one feed has: the table's, or that of the children of *parent*, without what the parent adds."""
        found = self._feeds[plan.table.name].entries()
        if plan.table.parent is None:
            return found
        adds = {column: cached_path(name).get(parent) for column, name in plan.table.parent.adds.items()}
        return [
            evolve(entry, record={name: value for name, value in entry.record.items() if name not in adds})
            for entry in found
            if all(entry.record[column] == value for column, value in adds.items())
        ]

    def expected(self, plan: TablePlan, hides: Hides | None = None) -> dict[tuple[Any, ...], Record]:
        """Primary key → row: what the table in the destination has to hold after a sync.

        hides: what the API never shows of a table, nor of the children of such a record.
        """
        name = plan.table.name
        shown = self.records(name) if hides is None else [entry.record for entry in self._shown(plan, hides)]
        records = [*self._vanishing.left.get(name, ()), *shown]
        rows = {}
        for record in records:
            row = transformed(plan, record)
            if row is not None:
                row = dict.fromkeys(plan.columns) | row
                rows[tuple(row[name] for name in plan.table.primary_key) or _whole(row)] = row
        return rows

    def _shown(self, plan: TablePlan, hides: Hides) -> list[Entry]:
        """The records of a table without those that the API never shows."""
        found = self._feeds[plan.table.name].entries()
        shown = [entry for entry in found if self.tells_of_others(plan) or not hides(plan, entry.number)]
        if plan.parent is None or plan.table.parent is None:
            return shown
        adds = plan.table.parent.adds
        parents = [
            {column: cached_path(name).get(record) for column, name in adds.items()} for record in self._above(plan.parent, hides)
        ]
        return [entry for entry in shown if {column: entry.record[column] for column in adds} in parents]

    def _above(self, parent: TablePlan, hides: Hides) -> list[Record]:
        if isinstance(parent.paginator, Given):
            return self.records(parent.table.name)
        return [entry.record for entry in self._shown(parent, hides)]

    def _give(self, plan: TablePlan, parent: Record, number: int) -> int:
        """Give *parent* new children, unless nobody would look for them."""
        assert plan.table.parent is not None  # noqa: S101  (the caller gives a child table)
        adds = {column: cached_path(name).get(parent) for column, name in plan.table.parent.adds.items()}
        says = cached_path(plan.table.parent.changed).get(parent) if plan.table.parent.changed else object()
        which = (plan.table.name, json.dumps(adds, sort_keys=True))
        has, told = which in self._served, self._served.get(which) != says
        if not number or not told or (has and holds_one(plan.table)):
            return 0
        self._served[which] = says
        came = self._feeds[plan.table.name].append(1 if holds_one(plan.table) else CHILDREN, adds)
        self._vanishing.came(plan, came)
        return len(came)

    def _parents_first(self) -> list[TablePlan]:
        return sorted(self._plans.values(), key=lambda plan: len(list(above(plan))))


def above(plan: TablePlan) -> Iterator[TablePlan]:
    """The plans of a table's parent, of its parent's parent, and so on."""
    while plan.parent is not None:
        plan = plan.parent
        yield plan


def same_list(one: Table, other: Table) -> bool:
    """Whether two tables are read from one list of one answer, and so have the same records."""
    return one.records == other.records and same_address(one, other) and one.parent == other.parent


def same_address(one: Table, other: Table) -> bool:
    """Whether two tables are asked for with the same request."""
    return all(getattr(one, part) == getattr(other, part) for part in ("path", "params", "headers", "body", "format"))


def tells_changes(plan: TablePlan) -> bool:
    """Whether a record that has changed comes again: not where a sync goes on from a key or a window."""
    if plan.table.append_only:
        return False
    if plan.table.full_refresh or plan.extra_tables or isinstance(plan.paginator, FullRead):
        return True
    every = list(layers(plan.paginator))
    keyed = any(isinstance(layer, KeysetPaginator) and layer.incremental for layer in every)
    by_key = any(isinstance(layer, UntilKnown) and layer.newest in plan.table.primary_key for layer in every)
    return not keyed and not by_key and not any(isinstance(layer, Windows) for layer in every)


def _tells(plan: TablePlan) -> bool:
    return bool(plan.table.parent and plan.table.parent.changed)


def transformed(plan: TablePlan, record: Record) -> Record | None:
    """The row that the enabled transforms make of a copy of *record*, in its form; None where one of them leaves it out."""
    row = applying.transformed(plan.transforms, json.loads(json.dumps(record)))
    if isinstance(row, applying.LeftOut):
        return None
    kept = {name: value for name, value in row.items() if name in plan.declared} if plan.undeclared == "drop" else row
    return in_form(plan.declared, kept)


def _whole(row: Record) -> tuple[str, ...]:
    """What tells a row of a table without a key from another: all that it holds, as the warehouse has it."""
    return tuple(repr(value) for _, value in sorted(row.items()) if value is not None)
