"""Shaping: how an API answers, of whose answers the steps of a table (``rows``) make given records."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from random import Random
from typing import Any

from connector_build.api.bodies import set_at
from connector_build.api.errors import Unmimicked
from connector_build.api.values import value_of
from connector_core import Record, Table
from connector_core.source.pagination import Page, Request
from connector_core.source.rows import ColumnsToRows, Exploded, Keyed, KeyOf, RequestParam, Stamped, Values

Shaped = tuple[list[Any], dict[str, Any]]
"""What stands where a table has its records, and path → value of what stands beside that in the answer."""


def why_unshaped(table: Table) -> str | None:
    """Why it cannot be told how an API answers that a table makes its rows of, without a full stop; None where it can."""
    stamps = [stamp for step in table.rows if isinstance(step, Stamped) for stamp in step.adds.values()]
    for part in (*table.rows, *stamps):
        if not isinstance(part, str | Stamped | Exploded | Keyed | Values | ColumnsToRows | KeyOf | RequestParam):
            return f"{table.name}: its rows are made by a function, and what that looks at cannot be told"
    return None


def shaped(table: Table, records: Sequence[Record]) -> Shaped:
    """What an API has to answer for the steps of *table* to make *records* of it. Raises Unmimicked where that cannot be told."""
    found: list[Any] = list(records)
    beside: dict[str, Any] = {}
    for step in reversed(table.rows):
        found, more = _undone(step, found)
        beside |= more
    return found, beside


def settled(table: Table, record: Record) -> Record:
    """*record* with the values that the steps of *table* give it whatever the API has."""
    for step in table.rows:
        if isinstance(step, Exploded) and step.index is not None:
            record = record | {step.index: 0}
        if isinstance(step, Values | Keyed):
            record = {name: value for name, value in record.items() if name in table.columns}
        if isinstance(step, Stamped):
            record = _stamped(table, step, record)
    return record


def fixed(table: Table) -> set[str]:
    """The columns that a change of a record leaves alone, because a key is made of them."""
    stamps = [stamp for step in table.rows if isinstance(step, Stamped) for stamp in step.adds.values()]
    keys = {step.key for step in table.rows if isinstance(step, Keyed)}
    return keys | {name for stamp in stamps if isinstance(stamp, KeyOf) for name in stamp.names}


def given(table: Table) -> set[str]:
    """The columns that have what a step gives them, whatever the API has."""
    return {name for step in table.rows if isinstance(step, Stamped) for name in step.adds}


def _stamped(table: Table, step: Stamped, record: Record) -> Record:
    for name, stamp in step.adds.items():
        match stamp:
            case str():
                record = record | {name: value_of(table.columns.get(name, "STRING"), 1, Random(name))}  # noqa: S311  (made up)
            case RequestParam():
                record = record | {name: stamp({}, Page({}, []), Request(table.path, table.params, json=table.body))}
            case _:
                record = record | {name: stamp(record, Page({}, []), Request(table.path))}
    return record


def _undone(step: Any, records: list[Any]) -> Shaped:
    match step:
        case Stamped():
            said = {stamp: records[0].get(name) for name, stamp in step.adds.items() if isinstance(stamp, str) and records}
            return [_without(record, step.adds) for record in records], said
        case Values():
            return [record[step.column] for record in records], {}
        case Keyed():
            entries = {str(record[step.key]): _entry(step, record) for record in records}
            return [_at(step.at, entries)], {}
        case ColumnsToRows():
            return [_columns(step, records)], {}
        case Exploded():
            return _around(step, records), {}
    raise Unmimicked(f"{step!r} is a function, and what it looks at cannot be told")


def _without(record: Record, names: Mapping[str, Any]) -> Record:
    return {name: value for name, value in record.items() if name not in names}


def _at(path: str, value: Any) -> Any:
    return value if path == "@" else set_at({}, path, value)


def _entry(step: Keyed, record: Record) -> Any:
    rest = _without(record, {step.key: None})
    return rest[step.value] if list(rest) == [step.value] else rest


def _columns(step: ColumnsToRows, records: Sequence[Record]) -> Any:
    names = list(dict.fromkeys(name for record in records for name in record))
    if step.names is None:
        return _at(step.at, {name: [record.get(name) for record in records] for name in names} or {"nothing": []})
    rows = [[record.get(name) for name in names] for record in records]
    return set_at(set_at({}, step.at, rows), step.names, names or ["nothing"])


def _around(step: Exploded, records: Sequence[Record]) -> list[Any]:
    """A record around each of *records*: with an index, each has one of its own, and so has each that is kept from another."""
    kept = [{name: record.get(column) for column, name in step.keep.items()} for record in records]
    found: list[Any] = []
    for number, (_, group) in enumerate(groupby(range(len(records)), lambda at: at if step.index else repr(kept[at]))):
        places = list(group)
        made: Any = {"number": number}
        for path, value in kept[places[0]].items():
            made = set_at(made, path, value)
        drop = {**step.keep, **({step.index: None} if step.index else {})}
        found.append(set_at(made, step.at, [_without(records[at], drop) for at in places]))
    return found
