"""A month of syncs, run here: the engine that ships, an API that is made up, and a destination that counts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any, Final

from attrs import evolve, frozen

from connector_build.api.bodies import holds_one
from connector_build.api.messages import Asked, Reply
from connector_build.api.mimic import Mimic
from connector_build.api.simulated import PARENTS, sizes_of
from connector_build.api.world import World, tells_changes
from connector_build.review.cost.month import Month
from connector_build.testing.contract.apis import has_size
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.runs import URL, Run, configuration_for, signed
from connector_core.basics.paths import cached_path
from connector_core.derived.nested import Nested
from connector_core.engine.unchanged import MOST
from connector_core.plugin.assembly import Assembly, TablePlan

READ: Final = 60_000
"""So many records are read at most in the syncs of a month, which takes some seconds. Of more, a part is simulated."""


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


def scale_of(assembly: Assembly, month: Month) -> int:
    """Of how many records one is simulated: 1 where all are."""
    rows = {plan.table.name: month.rows_of(plan.table.name) for plan in assembly.tables if not plan.parent}
    grown = sum(number + month.new * month.syncs // 2 for number in rows.values())
    parents = [rows.get(plan.table.parent.table, 0) for plan in assembly.tables if plan.table.parent]
    return max(1, ceil(grown * month.syncs / READ), ceil(max(parents, default=0) / PARENTS))


def simulate(assembly: Assembly, month: Month, scale: int = 1, remembered: int | None = None) -> list[Line]:
    """What *month* takes of each table of *assembly*, after a first sync, which is not counted.

    scale:      one of so many records is simulated.
    remembered: of so many rows of a table the state knows what was sent; None: of as many as a connector has it.

    Raises ConnectorError where a sync fails, AssertionError for what Fivetran would refuse.
    """
    most = MOST if remembered is None else remembered
    simulation = _Simulation(signed(assembly), month, scale)
    run = Run(simulation.page_size, threads=1, checkpoint_records=1000, remembered=most // scale)
    run.sync(simulation.assembly, simulation.bill, simulation.reply)
    simulation.begin()
    for number in range(month.syncs):
        simulation.move_on(number)
        run.sync(simulation.assembly, simulation.bill, simulation.reply)
    return list(simulation.lines())


class _Bill(Warehouse):
    """A destination that keeps no row: only the keys that it met, and how many operations there were."""

    def __init__(self, assembly: Assembly) -> None:
        super().__init__(assembly)
        self.keys: dict[str, set[Any]] = {}
        self.counts: Counter[tuple[str, str]] = Counter()

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self._count("upsert", table, data)

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self._count("delete", table, keys)

    def _count(self, kind: str, table: str, row: Mapping[str, Any]) -> None:
        self.keys.setdefault(table, set()).add(self._key(table, row))
        self.counts[kind, table] += 1

    def begin(self) -> None:
        """Count from here on."""
        self.keys.clear()
        self.counts.clear()


class _Simulation:
    """An API, what is asked of it, and the destination; one of *scale* records of each table."""

    def __init__(self, assembly: Assembly, month: Month, scale: int) -> None:
        self.assembly = assembly
        self._month, self._scale = month, scale
        wanted = month.page_size or sizes_of(assembly).default
        self.page_size = int(configuration_for(assembly, page_size=max(1, wanted // scale))["page_size"])
        self._larger = wanted / self.page_size
        counts = {plan.table.name: max(1, month.rows_of(plan.table.name) // scale) for plan in assembly.tables}
        self.world = World(assembly, count_of=counts, sample=month.sample)
        self._mimic = Mimic(assembly, self.world, URL, sizes=evolve(sizes_of(assembly), default=self.page_size))
        self.bill = _Bill(assembly)
        self._asked: Counter[str] = Counter()

    def reply(self, request: Asked) -> Reply:
        for plan, _ in self._mimic.asked_for(self._mimic.located(request))[:1]:
            self._asked[plan.table.name] += 1
        return self._mimic.reply(request)

    def begin(self) -> None:
        """Count from here on."""
        self.bill.begin()
        self._asked.clear()

    # What happens before a sync

    def move_on(self, number: int) -> None:
        """Let records change and come before sync *number*, from 0."""
        new, changed = (_share(count, number, self._scale) for count in (self._month.new, self._month.changed))
        for plan in sorted(self.assembly.tables, key=lambda each: each.parent is not None):
            # Whoever declares a feed append-only is believed, and not held against it: its records change all the same.
            if tells_changes(evolve(plan, table=evolve(plan.table, append_only=False))):
                self.world.change(plan, changed)
            if plan.parent is None:
                self.world.append(plan, new)
            elif self.world.feed(plan.table.name).name == plan.table.name:
                self._give(plan, plan.parent, new, new + changed)

    def _give(self, plan: TablePlan, parent: TablePlan, new: int, moved: int) -> None:
        """Children for those parents that have just changed or come: they stand last."""
        assert plan.table.parent is not None  # noqa: S101  (the caller gives a child table)
        if holds_one(plan.table):
            self.world.append(plan, 1)
            return
        parents = self.world.records(parent.table.name)[-max(1, moved) :]
        for number in range(new if parents else 0):
            of = parents[-1 - number % len(parents)]
            self.world.feed(plan.table.name).append(1, {to: cached_path(at).get(of) for to, at in plan.table.parent.adds.items()})

    # What it took

    def lines(self) -> Iterator[Line]:
        """What was counted, as it would be of all records."""
        for plan in self.assembly.tables:
            name = plan.table.name
            yield self._line(name, self._scale, round(self._asked[name] * self._more_requests(plan)))
            for extra in plan.extra_tables:
                # A larger feed has more lines, but not more technicians: of groups, only how often they change is scaled.
                yield self._line(extra.name, self._scale if isinstance(extra, Nested) else 1, 0)

    def _line(self, table: str, scale: int, requests: int) -> Line:
        keys = len(self.bill.keys.get(table, ()))
        upserts, deletes = (self.bill.counts[kind, table] for kind in ("upsert", "delete"))
        if scale != self._scale:
            upserts = min(self._scale * upserts, max(upserts, keys * self._month.syncs))
        return Line(table, keys * scale, upserts * scale, deletes * scale, requests)

    def _more_requests(self, plan: TablePlan) -> float:
        """How many requests stand for one: pages are smaller in proportion where their size can be asked for."""
        return self._scale / self._larger if has_size(plan) and plan.parent is None else self._scale


def _share(count: int, number: int, scale: int) -> int:
    """What falls on step *number* of *count* a step where one in *scale* is taken; over many steps none is lost."""
    return (number + 1) * count // scale - number * count // scale
