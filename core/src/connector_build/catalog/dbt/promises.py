"""What a connector promises of its tables, as tests of a dbt package: each a value for its YAML.

The generic tests themselves lie in ``copied/tests/generic``. All of them look at live rows only.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from connector_build.catalog.dbt.tables import PackagedTable
from connector_core.basics.names import stored_name
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.measures import Measure
from connector_core.plugin.assembly import TablePlan

Test = dict[str, Any]
"""A test as the YAML of a package has it."""

_FUNCTIONS: Final = {"count": "count", "total": "sum", "minimum": "min", "maximum": "max"}


def source(dataset: str, table: str) -> str:
    """What a test's argument says for a table that dbt is to look up."""
    return f"source('{dataset}', '{table}')"


def table_tests(dataset: str, table: PackagedTable, others: Iterable[PackagedTable]) -> list[Test]:
    """The tests of whole rows: one row a key, and rows of other tables that each of its own belongs to."""
    unique = _test(
        "live_unique",
        f"{table.name}__key__unique",
        f"No two live rows of {table.name} have the same {', '.join(table.key)}.",
        columns=list(table.key),
    )
    return [unique, *(test for other in others for test in _between(dataset, table, other))]


def column_tests(dataset: str, table: PackagedTable) -> dict[str, list[Test]]:
    """Column → its tests: a key is never null, and a column of an extra table equals its query over the source table."""
    tests: dict[str, list[Test]] = {name: [_not_null(table, name)] for name in table.key}
    origin = stored_name(table.plan.table.name)
    of: dict[str, Any] = {"source_table": source(dataset, origin), "by": list(table.key)}
    match table.extra:
        case Aggregate(measures=measures):
            for name, measure in measures.items():
                column = stored_name(name)
                tests[column] = [_measured(table, column, measure, origin, of)]
        case Dimension() as extra:
            for name in extra.columns:
                column = stored_name(name)
                tests[column] = [_newest(table, column, extra, origin, of)]
    return tests


def _test(kind: str, name: str, description: str, **arguments: Any) -> Test:
    test: Test = {"name": name, "description": description}
    return {kind: test | ({"arguments": arguments} if arguments else {})}


def _not_null(table: PackagedTable, column: str) -> Test:
    name = f"{table.name}__{column}__not_null"
    return _test("live_not_null", name, f"{column} identifies a row of {table.name}, so no live row lacks it.")


def _measured(table: PackagedTable, column: str, measure: Measure, origin: str, of: Mapping[str, Any]) -> Test:
    function = _FUNCTIONS[measure.kind]
    field = stored_name(measure.column) if measure.column else None
    approximate = measure.kind == "total" and table.columns[column].type == "DOUBLE"
    return _test(
        "live_aggregate",
        f"{table.name}__{column}__holds",
        f"{column} is {function}({field or '*'}) over the live rows of {origin}, by {', '.join(table.key)}.",
        **of,
        function=function,
        **({"field": field} if field else {}),
        **({"approximate": True} if approximate else {}),
    )


def _newest(table: PackagedTable, column: str, extra: Dimension, origin: str, of: Mapping[str, Any]) -> Test:
    newest = stored_name(extra.newest)
    return _test(
        "live_newest",
        f"{table.name}__{column}__holds",
        f"{column} is that of the newest live row of {origin} (by {newest}), for each {', '.join(table.key)}.",
        **of,
        newest=newest,
        ties=[stored_name(name) for name in table.plan.table.primary_key],
        **({"json": True} if table.columns[column].type == "JSON" else {}),
    )


def _between(dataset: str, table: PackagedTable, other: PackagedTable) -> Iterator[Test]:
    """The tests that say of which rows of *other* the rows of *table* are."""
    if other.plan is table.plan and (other.extra is None) != (table.extra is None):
        key = (other if other.extra else table).key
        yield _related(dataset, table, key, other, key)
    elif not table.extra and not other.extra and _is_child(table.plan, other.plan):
        pairs = kept_from_parent(table.plan, other.plan)
        if pairs:
            # A parent's row may go, and rows of its children stay: that is worth a look, and no fault of the connector.
            severity = "warn" if other.plan.deletes else None
            yield _related(dataset, table, tuple(pairs), other, tuple(pairs.values()), severity)


def _is_child(plan: TablePlan, of: TablePlan) -> bool:
    return plan.table.parent is not None and plan.table.parent.table == of.table.name


def _related(
    dataset: str,
    table: PackagedTable,
    columns: tuple[str, ...],
    other: PackagedTable,
    theirs: tuple[str, ...],
    severity: str | None = None,
) -> Test:
    test = _test(
        "live_relationships",
        f"{table.name}__has_its__{other.name}",
        f"For each {', '.join(columns)} in a live row of {table.name} there is a live row of {other.name}.",
        columns=list(columns),
        to=source(dataset, other.name),
        to_columns=list(theirs),
    )
    if severity:
        test["live_relationships"]["config"] = {"severity": severity}
    return test


def kept_from_parent(child: TablePlan, parent: TablePlan) -> dict[str, str]:
    """Column of *child* → column of *parent* with the same value, where no transform of either writes it anew."""
    adds = child.table.parent.adds if child.table.parent else {}
    ours, theirs = _untouched(child), _untouched(parent)
    return {
        stored_name(column): stored_name(field)
        for column, field in adds.items()
        if field in theirs and theirs[field] == ours.get(column) != "JSON"
    }


def _untouched(plan: TablePlan) -> dict[str, str]:
    """Declared column → type of those that no transform of the table takes away or adds."""
    columns = dict(plan.table.declared)
    changed: set[str] = set()
    for transform in plan.transforms:
        removes, adds = transform.column_changes(columns)
        changed |= {*removes, *adds}
        columns = {name: column for name, column in columns.items() if name not in removes}
        columns |= {name: column for name, column in adds.items() if column is not None}
    return {name: kind for name, kind in plan.table.columns.items() if name not in changed}
