"""Lineage: which field of the API, or which column of another table, each column is made from."""

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve

from connector_build.catalog.entries import Input, Lineage
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.measures import IN_WORDS, Measure
from connector_core.derived.nested import Nested
from connector_core.derived.ready_transforms import Flatten, Hashed, Rename
from connector_core.derived.transforms import DerivedField, Ratio, Transform
from connector_core.plugin.plan import TablePlan
from connector_core.source.columns import Column
from connector_core.source.parents import Each

Lineages = dict[str, Lineage]
"""Column → how its values come about."""


def lineages(plan: TablePlan) -> Lineages:
    """Of each column of a source table, as its transforms leave them."""
    declared = dict(plan.table.declared)
    found = {name: _from_api(plan, name) for name in declared}
    for transform in plan.transforms:
        removes, adds = transform.column_changes(declared)
        before, gone = dict(found), set(removes)
        for name in gone:
            declared.pop(name, None)
            found.pop(name, None)
        for name, column in adds.items():
            found[name] = _added(plan, transform, name, before)
            declared |= {name: column} if isinstance(column, Column) else {}
    return {name: found[name] for name in plan.declared}


def extra_lineages(extra: Dimension | Aggregate | Nested, source: str) -> Lineages:
    """Of each column of an extra table that is made from the table *source*."""
    if isinstance(extra, Nested):
        return _of_lines(extra, source)
    by = {name: _of_table(source, name, f"the {name} by which records are grouped") for name in extra.by}
    if isinstance(extra, Dimension):
        newest = f"of the newest record, by {extra.newest}"
        return by | {name: _of_table(source, name, f"{name} {newest}") for name in extra.columns}
    return by | {name: _of_measure(source, measure) for name, measure in extra.measures.items()}


def _of_lines(nested: Nested, source: str) -> Lineages:
    """Of each column of a nested list: what a line is given, its place, and the fields of the entry."""
    added = {name: _of_table(source, of, f"{of} of the record that it belongs to") for name, of in nested.adds.items()}
    of_list = {name: f"the field {name} of the entry of {nested.at}" for name in nested.columns}
    of_list |= {} if nested.index is None else {nested.index: f"the place of the entry in {nested.at}, from 0"}
    return added | {name: _of_table(source, nested.column, how) for name, how in of_list.items()}


def _from_api(plan: TablePlan, name: str) -> Lineage:
    parent = plan.table.parent
    if parent and plan.parent and name in parent.adds:
        if isinstance(parent, Each):
            return Lineage("parent", (), how=f"the value of the setting {parent.setting} that it was read for")
        field = parent.adds[name]
        how = f"{field} of the record of {parent.table} that it belongs to"
        return Lineage("parent", (Input("api", plan.parent.table.path, field),), how=how)
    return _of_field(plan, name)


def _of_field(plan: TablePlan, field: str) -> Lineage:
    return Lineage("api", (Input("api", plan.table.path, field),), how=f"the field {field} of the API")


def _added(plan: TablePlan, transform: Transform | DerivedField, name: str, before: Mapping[str, Lineage]) -> Lineage:
    """How a column comes about that *transform* adds to those of *before*, or changes in place."""
    function = transform.function
    match function:
        case Ratio():
            inputs = _inputs(plan, (function.numerator, function.denominator), before)
            return Lineage("transform", inputs, (transform.name,), how=function.description)
        case Rename():
            old = next((old for old, new in function.fields if new == name), name)
            return _passed(transform.name, before.get(old) or _of_field(plan, old))
        case Hashed() if name in function.fields:
            passed = _passed(transform.name, before.get(name) or _of_field(plan, name))
            return evolve(passed, hidden=True, how=f"hash of {passed.how}")
        case Flatten():
            field = _nested(function, name)
            return _passed(transform.name, _of_field(plan, field)) if field else _made(transform)
    if isinstance(transform, Transform) and name in before and name in transform.removes:
        return _passed(transform.name, before[name])
    return _made(transform)


def _made(transform: Transform | DerivedField) -> Lineage:
    said = f": {transform.description}" if transform.description else ", of the whole record"
    return Lineage("transform", (), (transform.name,), how=f"made by {transform.name}{said}")


def _passed(name: str, lineage: Lineage) -> Lineage:
    return evolve(lineage, steps=(*lineage.steps, name))


def _nested(function: Flatten, name: str) -> str | None:
    """The nested field behind a flattened column, or the object that it is in, where the column's name says no more."""
    for field in function.fields:
        rest = name.removeprefix(f"{field}{function.separator}")
        if rest != name:
            return f"{field}.{rest}" if function.separator and function.separator not in rest else field
    return None


def _inputs(plan: TablePlan, fields: Iterable[str], before: Mapping[str, Lineage]) -> tuple[Input, ...]:
    """What *fields* of a record are made from, each once."""
    found: Iterator[Input] = (each for name in fields for each in (before.get(name) or _of_field(plan, name)).inputs)
    return tuple(dict.fromkeys(found))


def _of_table(source: str, name: str, how: str) -> Lineage:
    return Lineage("table", (Input("table", source, name),), how=how)


def _of_measure(source: str, measure: Measure) -> Lineage:
    if measure.column is None:
        return Lineage("table", (), measure=measure.kind, how=f"number of records of {source}")
    inputs = (Input("table", source, measure.column),)
    return Lineage("table", inputs, measure=measure.kind, how=f"{IN_WORDS[measure.kind]} of {measure.column}")
