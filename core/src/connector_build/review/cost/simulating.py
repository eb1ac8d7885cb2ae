"""A month of syncs, run here: the engine that ships, an API that is made up, and a destination that counts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from connector_build.api.bodies import holds_one
from connector_build.api.messages import Asked, Reply
from connector_build.api.mimic import Mimic
from connector_build.api.simulated import sizes_of
from connector_build.api.world import World, tells_changes, transformed
from connector_build.review.cost.destination import Bill
from connector_build.review.cost.keeping import forgetting, has_room
from connector_build.review.cost.month import Month
from connector_build.review.cost.sampling import Rest, most_of, reads, tail_of
from connector_build.testing.contract.apis import has_size
from connector_build.testing.warehouse.runs import URL, Run, configuration_for, signed
from connector_core import Record
from connector_core.basics.counting import plural
from connector_core.basics.paths import cached_path
from connector_core.engine.tail import MOST as TAIL
from connector_core.engine.unchanged import MOST
from connector_core.plugin.assembly import Assembly, TablePlan

LIMIT: Final = 600_000
"""So many records the syncs of one choice may read: a minute or so."""


class TooMuch(Exception):  # noqa: N818  (named for what is said of it)
    """A month of which nobody would wait for the simulation."""


@frozen
class Line:
    """What a month takes of one table: distinct keys, operations, and requests, which an extra table has none of."""

    table: str
    keys: int = 0
    upserts: int = 0
    deletes: int = 0
    requests: int = 0


def total(lines: Sequence[Line]) -> Line:
    """What they take together."""
    numbers = [[line.keys, line.upserts, line.deletes, line.requests] for line in lines]
    return Line("all", *(sum(column) for column in zip(*numbers, strict=True)))


def simulate(assembly: Assembly, month: Month, *, sent_again: bool = False) -> list[Line]:
    """What *month* takes of each table of *assembly*, after a first sync, which is not counted.

    sent_again: as if the state did not know which rows the destination has already.

    Raises TooMuch, ConnectorError where a sync fails, AssertionError for what Fivetran would refuse.
    """
    simulation = _begun(signed(assembly), month)
    if forgotten := simulation.forgotten():
        simulation = _begun(forgetting(simulation.assembly, forgotten), month)
    plans = simulation.assembly.tables
    known = {plan.table.name: 0 if sent_again else simulation.known(plan) for plan in plans}
    run = Run(simulation.page_size, threads=1, checkpoint_records=1000, remembered=known)
    run.sync(simulation.assembly, simulation.bill, simulation.reply)
    simulation.begin()
    for _ in range(month.syncs):
        simulation.move_on()
        run.sync(simulation.assembly, simulation.bill, simulation.reply)
        simulation.note_requests()
    return list(simulation.lines())


def _begun(assembly: Assembly, month: Month) -> "_Simulation":
    if (number := reads(assembly, month)) > LIMIT:
        raise TooMuch(
            f"its {month.syncs:,} {plural(month.syncs, 'sync')} would read {number:,} records here, and {LIMIT:,} are the most. "
            f"Say fewer --days"
        )
    return _Simulation(assembly, month)


class _Simulation:
    """An API, what is asked of it, and the destination."""

    def __init__(self, assembly: Assembly, month: Month) -> None:
        self.assembly, self._month = assembly, month
        sizes = sizes_of(assembly)
        self.page_size = int(configuration_for(assembly, page_size=month.page_size or sizes.default)["page_size"])
        rows = {plan.table.name: self._simulated(plan) for plan in assembly.tables}
        self.world = World(assembly, count_of=rows, sample=month.sample)
        self._mimic = Mimic(assembly, self.world, URL, sizes=evolve(sizes, default=self.page_size))
        self.rests: dict[str, Rest] = {}
        for plan in self._parents_first():
            self.rests[plan.table.name] = self._rest(plan)
        self.bill = Bill(assembly, self.rests)
        self._asked: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()

    def _simulated(self, plan: TablePlan) -> int:
        """How many records are simulated of those of a table; the last page is as full as it is in truth."""
        rows, most = self._month.rows_of(plan.table.name), most_of(plan, self.assembly, self._month)
        less = (most - rows) % self.page_size
        return min(rows, most - less if most > 2 * self.page_size else most)

    def _parents_first(self) -> list[TablePlan]:
        depths = {plan.table.name: 0 for plan in self.assembly.tables}
        for _ in depths:
            for plan in self.assembly.tables:
                depths[plan.table.name] = 1 + depths.get(plan.parent.table.name, 0) if plan.parent else 0
        return sorted(self.assembly.tables, key=lambda plan: depths[plan.table.name])

    def _rest(self, plan: TablePlan) -> Rest:
        keys = list(self.world.expected(plan))
        if plan.parent is None:
            return Rest.of(keys, self._month.rows_of(plan.table.name), tail_of(plan, self.assembly, self.page_size))
        above = self.rests.get(plan.parent.table.name)  # values of a setting are no table that is read
        return (
            Rest.of(keys, round(len(keys) * above.share), round(len(keys) * above.tail)) if above else Rest.of(keys, len(keys), 0)
        )

    def forgotten(self) -> list[str]:
        """Tables of which the state has no room for what extra tables need of each row."""
        found = []
        for plan in self.assembly.tables:
            rows = self.world.expected(plan) if plan.keeps_values else {}
            if not has_room(plan, rows, len(rows) + self.rests[plan.table.name].left_out):
                found.append(plan.table.name)
        return found

    def reply(self, request: Asked) -> Reply:
        for plan, _ in self._mimic.asked_for(self._mimic.located(request))[:1]:
            self._asked[plan.table.name] += 1
        return self._mimic.reply(request)

    def begin(self) -> None:
        """Count from here on."""
        self.bill.begin()
        self._asked.clear()

    def known(self, plan: TablePlan) -> int:
        """Of how many simulated rows the state knows what was sent."""
        return max(0, MOST - self.rests[plan.table.name].left_out) if plan.knows_unchanged else TAIL

    # What happens before a sync

    def move_on(self) -> None:
        """Let records change and come."""
        new = self._month.new
        for plan in self._parents_first():
            name = plan.table.name
            if self.world.feed(name).name != name:
                continue  # the same list as that of another table
            # Whoever declares a feed append-only is believed, and not held against it: its records change all the same.
            if tells_changes(evolve(plan, table=evolve(plan.table, append_only=False))):
                self._change(plan)
            if plan.parent is None:
                self.world.append(plan, new)
            else:
                self._give(plan, plan.parent)

    def _change(self, plan: TablePlan) -> None:
        number = self.world.change(plan, self._month.changed)
        changed = self.world.records(plan.table.name)[-number:] if number else []
        for each in self.assembly.tables:
            if self.world.feed(each.table.name) is self.world.feed(plan.table.name):
                self.rests[each.table.name].touch(_key(each, record) for record in changed)

    def _give(self, plan: TablePlan, parent: TablePlan) -> None:
        """Children for those parents that have just changed or come: they stand last."""
        assert plan.table.parent is not None  # noqa: S101  (the caller gives a child table)
        if holds_one(plan.table):
            self.world.append(plan, 1)
            return
        parents = self.world.records(parent.table.name)[-max(1, self._month.new + self._month.changed) :]
        for number in range(self._month.new if parents else 0):
            of = parents[-1 - number % len(parents)]
            self.world.feed(plan.table.name).append(1, {to: cached_path(at).get(of) for to, at in plan.table.parent.adds.items()})

    # What it took

    def note_requests(self) -> None:
        """Add the requests of one sync, with those for the records that were left out of the simulation."""
        for plan in self.assembly.tables:
            name, asked = plan.table.name, self._asked[plan.table.name]
            if plan.parent is None:
                size = self.page_size if has_size(plan) else sizes_of(self.assembly).unasked
                whole, more = -(-len(self.world.feed(name)) // size), self.rests[name].left_out // size if plan.reads_whole else 0
            else:
                whole, more = len(self.world.records(plan.parent.table.name)), self._left_out_above(plan.parent)
            self._requests[name] += asked + (more if asked >= whole else 0)
        self._asked.clear()

    def _left_out_above(self, parent: TablePlan) -> int:
        rest = self.rests.get(parent.table.name)
        return rest.left_out if rest else 0

    def lines(self) -> Iterator[Line]:
        """What was counted."""
        for plan in self.assembly.tables:
            yield self._line(plan.table.name, self._requests[plan.table.name])
            for extra in plan.extra_tables:
                yield self._line(extra.name, 0)

    def _line(self, table: str, requests: int) -> Line:
        return Line(table, self.bill.keys_of(table), self.bill.count("upsert", table), self.bill.count("delete", table), requests)


def _key(plan: TablePlan, record: Record) -> tuple[Any, ...]:
    row = transformed(plan, record) or {}
    return tuple(row.get(name) for name in plan.table.primary_key)
