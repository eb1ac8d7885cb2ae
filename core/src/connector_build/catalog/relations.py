"""Relations: which rows of one table belong to which row of another."""

from collections.abc import Iterable, Iterator
from typing import Literal

from connector_build.catalog.entries import Relation
from connector_build.catalog.lineage import lineages
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.plugin.plan import TablePlan


def kind_of(extra: Dimension | Aggregate | Nested) -> Literal["dimension", "aggregate", "nested"]:
    """Which kind an extra table is."""
    match extra:
        case Dimension():
            return "dimension"
        case Aggregate():
            return "aggregate"
    return "nested"


def relations(plans: Iterable[TablePlan]) -> Iterator[Relation]:
    """Child tables to their parents, and source tables to what is made from them, in the order of the tables."""
    for plan in plans:
        yield from _to_parent(plan)
        for extra in plan.grouped:
            yield Relation(kind_of(extra), plan.table.name, extra.by, extra.name, extra.by)
        for nested in plan.nested:
            columns = {of: name for name, of in nested.adds.items() if name in nested.key}
            key = plan.table.primary_key
            yield Relation("nested", nested.name, tuple(columns[name] for name in key), plan.table.name, key)


def _to_parent(plan: TablePlan) -> Iterator[Relation]:
    """By the fields of the parent's record that its table has as columns, whatever a transform calls them there or here.

    There is none where no such field arrives as it is.
    """
    if plan.parent is None or plan.table.each:
        return
    columns = dict(_of_fields(plan.parent, "api"))
    pairs = [(name, columns[field]) for field, name in _of_fields(plan, "parent") if field in columns]
    if pairs:
        own, its = zip(*pairs, strict=True)
        yield Relation("child", plan.table.name, own, plan.parent.table.name, its)


def _of_fields(plan: TablePlan, origin: str) -> Iterator[tuple[str, str]]:
    """The field, and the column, of each column of *plan* that has the values of one field of that origin as they are."""
    for name, lineage in lineages(plan).items():
        if lineage.origin == origin and len(lineage.inputs) == 1 and not lineage.hidden:
            yield lineage.inputs[0].field, name
