"""Parents: a child table's plan with that of the table, or of the list, whose records it is read for."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from connector_core.basics.blame import see
from connector_core.basics.errors import NameTakenError, PluginError
from connector_core.basics.names import did_you_mean
from connector_core.paging.given import Given
from connector_core.plugin.plan import TablePlan
from connector_core.source.columns import Column
from connector_core.source.deletes import DeletedBy, ListedIn
from connector_core.source.parents import Each, Parent
from connector_core.source.tables import Table


def with_parents(plans: Sequence[TablePlan], values: Mapping[str, Any] | None = None) -> tuple[TablePlan, ...]:
    """The plans, each of a child table with that of its parent, and so on up. *values* of a configuration fill its lists."""
    known = {plan.table.name: plan for plan in plans}
    return tuple(
        evolve(
            _linked(plan, known, values or {}, ()),
            events=_teller(plan, plan.table.deleted_by, known),
            lister=_teller(plan, plan.table.missing if isinstance(plan.table.missing, ListedIn) else None, known),
        )
        for plan in plans
    )


def _teller(plan: TablePlan, rule: DeletedBy | ListedIn | None, known: Mapping[str, TablePlan]) -> TablePlan | None:
    """The plan of the table that tells which rows are gone, or which there are."""
    if rule is None:
        return None
    found = known.get(rule.table)
    if found is None or found is plan or found.table.parent:
        others = [name for name, each in known.items() if each is not plan and not each.table.parent]
        raise PluginError(
            f"{plan.origin}: rows of {plan.table.name} are deleted by what {rule.table}{did_you_mean(rule.table, others)} says, "
            f"which is no other table of its own. There are {', '.join(others) or 'none'}.{see(plan.origin.place)}"
        )
    return found


def _linked(plan: TablePlan, known: Mapping[str, TablePlan], values: Mapping[str, Any], below: tuple[str, ...]) -> TablePlan:
    parent = plan.table.parent
    if parent is None:
        return plan
    below = (*below, plan.table.name)
    if isinstance(parent, Each):
        return evolve(plan, parent=_list_plan(plan, parent, known, values))
    found = known.get(parent.table)
    if found is None:
        raise PluginError(
            f"{plan.origin}: the parent of {plan.table.name} is {parent.table}{did_you_mean(parent.table, known)}, which is no "
            f"table of this connector. Its tables are {', '.join(known)}.{see(plan.origin.place)}"
        )
    if found.table.name in below:
        raise PluginError(
            f"{plan.origin}: {' is a child of '.join((*below, found.table.name))}: that has no beginning. Give one of them no "
            f"parent.{see(plan.origin.place)}"
        )
    if not found.table.primary_key:
        raise PluginError(
            f"{plan.origin}: the parent of {plan.table.name} is {parent.table}, which has no primary_key to tell its records by. "
            f"Give it one.{see(plan.origin.place)}"
        )
    if parent.incremental:
        _check_listed_by_change(plan, parent, found)
    return evolve(plan, parent=_linked(found, known, values, below))


def _check_listed_by_change(plan: TablePlan, parent: Parent, found: TablePlan) -> None:
    """Raise PluginError unless the records of a parent are asked for by what tells that their children changed."""
    paginator = found.paginator
    key = getattr(paginator, "key", None) if getattr(paginator, "incremental", False) else None
    if parent.changed is None or found.table.parent or parent.changed not in (getattr(paginator, "newest", None), key):
        raise PluginError(
            f"{plan.origin}: the parent of {plan.table.name} says incremental=True, but {parent.table} is not asked for by "
            f"{parent.changed or 'what changed names'}. Name the field in changed, and give {parent.table}, which may be no "
            f'child, UpdatedSince("since", "{parent.changed or "updated_at"}") as its paginator.{see(plan.origin.place)}'
        )


def _list_plan(plan: TablePlan, each: Each, known: Mapping[str, TablePlan], values: Mapping[str, Any]) -> TablePlan:
    """The plan of a list in the configuration, as if it were a table that the API serves."""
    if each.table in known:
        raise NameTakenError(f"{plan.origin}: a table is named {each.table}, as the list of {plan.table.name} is. Rename it.")
    columns = {"value": Column("STRING")}
    table = Table(each.table, f"/{each.setting}", "@", ["value"], columns)
    given = Given(tuple(values.get(each.setting, ())))
    return TablePlan(table, plan.origin, given, plan.origin, (), (), columns, {})
