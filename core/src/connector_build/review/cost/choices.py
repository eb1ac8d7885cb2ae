"""What could be chosen otherwise, and what a month then takes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from connector_build.api.errors import Unmimicked
from connector_build.api.mimic import known_part
from connector_build.api.world import CHILDREN
from connector_build.errors import UsageProblem
from connector_build.review.cost.month import Month
from connector_build.review.cost.sampling import most_of
from connector_build.review.cost.simulating import Line, TooMuch, simulate, total
from connector_core import ConnectorError, PluginError
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.plugin.assembly import Assembly, TablePlan, assemble

AS_IT_IS: Final = "as it is"
SENT_AGAIN: Final = "if rows were sent again"


@frozen
class Choice:
    """A connector as it could be; *sent_again* as of `simulate`."""

    name: str
    assembly: Assembly
    sent_again: bool = False


@frozen
class Taken:
    """What a month takes of a choice, table by table; *problem*: why that cannot be said."""

    choice: str
    lines: tuple[Line, ...] = ()
    problem: str = ""

    @property
    def total(self) -> Line:
        """All tables together."""
        return total(self.lines)


@frozen
class Costs:
    """What was found: the choice as it is first, and those tables that were left out, with why.

    sampled: the tables of which some records stood for all, with how many those were.
    """

    taken: tuple[Taken, ...]
    left_out: dict[str, str]
    sampled: dict[str, int]
    notes: tuple[str, ...]
    """What has to be said of how it was counted."""


def costs(assembly: Assembly, month: Month, told: Callable[[str], object] = bool) -> Costs:
    """What *month* takes of *assembly* and of each alternative to it; *told* is what is being simulated.

    Raises UsageProblem where the API of none of its tables can be made up.
    """
    part, left_out = known_part(assembly)
    if not part.tables:
        raise UsageProblem(f"No month of it can be simulated. {'. '.join(left_out.values())}.")
    if part.tables[0].table.name != assembly.tables[0].table.name:
        month = evolve(month, sample=None)  # it makes the records of the first table
    taken = []
    for choice in (Choice(AS_IT_IS, assembly), *alternatives(assembly, part)):
        told(f"{counted(month.syncs, 'sync')}, {choice.name}")
        taken.append(_taken(choice, month))
        if taken[0].problem:
            raise UsageProblem(f"A month of it cannot be simulated: {taken[0].problem}")
    sampled = _sampled(part, month)
    return Costs(tuple(taken), left_out, sampled, tuple(_notes(part, month, sampled)))


def _notes(part: Assembly, month: Month, sampled: Mapping[str, int]) -> Iterator[str]:
    if sampled:
        few = ", ".join(f"at most {number:,} of {name}" for name, number in sampled.items())
        yield (
            f"Of the records that nothing happens to, some stood for all ({few}), so the figures are about right. Dimensions and "
            "aggregates have the keys of those: a larger feed may have more groups."
        )
    if any(plan.parent for plan in part.tables):
        yield f"A child table begins with {CHILDREN} records for each of its parent."
    made_up = [option.table for option in part.options if isinstance(option.value, Aggregate | Dimension)]
    if any(table != part.tables[0].table.name or month.sample is None for table in made_up):
        yield "Values are made up by the declared types, so how many groups an extra table has is not known: --pages."


def _sampled(part: Assembly, month: Month) -> dict[str, int]:
    tops = [plan for plan in part.tables if plan.parent is None]
    most = {plan.table.name: most_of(plan, part, month) for plan in tops}
    return {name: number for name, number in most.items() if number < month.rows_of(name)}


def _taken(choice: Choice, month: Month) -> Taken:
    part, _ = known_part(choice.assembly)
    try:
        return Taken(choice.name, tuple(simulate(part, month, sent_again=choice.sent_again)))
    except (TooMuch, ConnectorError, Unmimicked, AssertionError) as error:
        return Taken(choice.name, problem=one_line(error, 300))


def alternatives(assembly: Assembly, part: Assembly) -> Iterator[Choice]:
    """Each option the other way round, and each way of reading and sending that the tables of *part* have besides."""
    for name, on in {option.name: option.enabled for option in assembly.options}.items():
        yield Choice(f"{name} {'off' if on else 'on'}", _switched(assembly, name))
    for plan in part.tables:
        yield from _read_otherwise(assembly, plan)
    if any(plan.knows_unchanged for plan in part.tables):
        yield Choice(SENT_AGAIN, assembly, sent_again=True)


def _switched(assembly: Assembly, name: str) -> Assembly:
    """*assembly* with the option *name* the other way round."""
    on = {option.name for option in assembly.options if option.enabled} ^ {name}
    off = {option.name for option in assembly.options} - on
    return assemble(assembly.plugins, sorted(on), sorted(off), assembly.undeclared)


def _read_otherwise(assembly: Assembly, plan: TablePlan) -> Iterator[Choice]:
    table = plan.table
    if plan.extra_tables and plan.repeats and not table.append_only:
        claimed = _claimed(plan)
        if claimed is not None and not claimed.repeats:
            yield Choice(f"{table.name} append_only", _with(assembly, plan, claimed))
    incremental = getattr(plan.paginator, "incremental", None)
    if not isinstance(incremental, bool) or table.full_refresh or (plan.grouped and plan.repeats and plan.personal):
        return  # read whole, whatever its paginator says
    flipped = _flipped(plan, incremental=not incremental)
    if flipped is not None:
        yield Choice(f"{table.name} {'read whole' if incremental else 'incremental'}", _with(assembly, plan, flipped))


def _claimed(plan: TablePlan) -> TablePlan | None:
    """The same table, declared append-only; None where it says that rows go."""
    try:
        return evolve(plan, table=evolve(plan.table, append_only=True))
    except PluginError:
        return None


def _flipped(plan: TablePlan, *, incremental: bool) -> TablePlan | None:
    """The same table, read the other way; None where its paginator has none."""
    paginator: Any = plan.paginator
    try:
        return evolve(plan, paginator=evolve(paginator, incremental=incremental))
    except PluginError:
        return None


def _with(assembly: Assembly, old: TablePlan, new: TablePlan) -> Assembly:
    tables = tuple(new if each.table.name == old.table.name else each for each in assembly.tables)
    return evolve(assembly, tables=tables)
