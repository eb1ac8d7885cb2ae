"""The tables of a connector as a dbt package names them, and what it has to know of each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve, field, frozen

from connector_core.basics.names import stored_name
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.columns import Column, Declared


@frozen(hash=False)
class PackagedTable:
    """A table of the destination. Names are those that Fivetran stores.

    short:   what its staging model is called behind ``stg_DATASET__``.
    key:     the columns of its primary key.
    columns: name → column.
    plan:    the source table that it is, or that it is made from.
    extra:   the extra table that it is, if it is one.
    """

    name: str
    short: str
    description: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    plan: TablePlan = field(repr=False)
    extra: Dimension | Aggregate | None = field(default=None, repr=False)


def packaged(dataset: str, assembly: Assembly) -> list[PackagedTable]:
    """Every table that the connector writes: source tables in their order, each followed by its extra tables."""
    short = short_names([stored_name(table["table"]) for table in assembly.schema], dataset)
    says = {option.name: option.description for option in assembly.options}
    return [each for plan in assembly.tables for each in _tables_of(plan, says, short)]


def _tables_of(plan: TablePlan, says: Mapping[str, str], short: Mapping[str, str]) -> Iterator[PackagedTable]:
    def named(name: str, description: str, key: Sequence[str], columns: Declared) -> PackagedTable:
        stored = stored_name(name)
        by_name = {stored_name(column): each for column, each in columns.items()}
        return PackagedTable(stored, short[stored], description, tuple(map(stored_name, key)), by_name, plan)

    yield named(plan.table.name, plan.table.description, plan.table.primary_key, plan.declared)
    for extra in plan.extra_tables:
        yield evolve(named(extra.name, says[extra.name], extra.by, plan.extra_declared[extra.name]), extra=extra)


def short_names(names: Sequence[str], dataset: str) -> dict[str, str]:
    """Each of *names* without the dataset's in front, as Fivetran's own packages have it, unless two would become one."""
    short = {name: name.removeprefix(f"{dataset}_") for name in names}
    taken = Counter(short.values())
    return {name: each if each and taken[each] == 1 else name for name, each in short.items()}
