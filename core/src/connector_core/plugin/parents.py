"""Parents: a child table's plan with that of the table whose records it is read for."""

from collections.abc import Mapping, Sequence

from attrs import evolve

from connector_core.basics.blame import see
from connector_core.basics.errors import PluginError
from connector_core.basics.names import did_you_mean
from connector_core.plugin.plan import TablePlan


def with_parents(plans: Sequence[TablePlan]) -> tuple[TablePlan, ...]:
    """The plans, each of a child table with that of its parent."""
    known = {plan.table.name: plan for plan in plans}
    return tuple(evolve(plan, parent=_parent(plan, known)) if plan.table.parent else plan for plan in plans)


def _parent(plan: TablePlan, known: Mapping[str, TablePlan]) -> TablePlan:
    child, name = plan.table, plan.table.parent.table if plan.table.parent else ""
    found = known.get(name)
    if found is None:
        raise PluginError(
            f"{plan.origin}: the parent of {child.name} is {name}{did_you_mean(name, known)}, which is no table of this "
            f"connector. Its tables are {', '.join(known)}.{see(plan.origin.place)}"
        )
    if found.table.parent:
        raise PluginError(
            f"{plan.origin}: the parent of {child.name} is {name}, which is a child itself. Only a table of its own can be a "
            "parent: read the grandchildren through an address that lists them all, or by what the first parent knows."
            f"{see(plan.origin.place)}"
        )
    return found
