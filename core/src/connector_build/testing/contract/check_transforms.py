"""The rules about transforms: they take whatever record an API may send one day, and keep nothing of it."""

import gc
import weakref
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import count
from random import Random
from typing import Any, Final

from connector_build.api.values import edges_of, kind_of, value_of
from connector_build.testing.contract.outcomes import Broken
from connector_build.testing.contract.subject import Subject
from connector_core import DerivedField, Record, Table, Transform
from connector_core.basics.names import one_line
from connector_core.plugin.assembly import TablePlan

FAILED: Final = object()

_NUMBERS = count(1_000_000)


def check_take_any_record(subject: Subject) -> None:
    """No transform raises, each returns a record or None, and the record keeps its key."""
    for plan, transform, record, what in _cases(subject):
        _check_takes(plan.table, transform, record, what)


def check_keep_nothing(subject: Subject) -> None:
    """No transform holds on to a record, shares parts between records, or goes by the records before."""
    for plan, transform, record, what in _cases(subject):
        new = record | _key(plan.table, next(_NUMBERS))  # other rules have shown it the record already
        _check_kept(f"{plan.table.name}: {transform.name}", transform, new, what)


def check_only_read(subject: Subject) -> None:
    """The function of a derived field leaves its record as it is."""
    for plan, transform, record, what in _cases(subject):
        before = deepcopy(record)
        if isinstance(transform, DerivedField) and _made(transform.function, record) is not FAILED and record != before:
            raise Broken(
                f"{plan.table.name}: the function of {transform.name} changes {what}. Let it return the value and leave the "
                "record alone; to change a column, write a Transform."
            )


def _cases(subject: Subject) -> Iterator[tuple[TablePlan, Transform | DerivedField, Record, str]]:
    """Each transform of each table with a copy of each odd record, as those before it leave it, and what is odd about it."""
    for assembly in subject.assemblies:
        for plan in assembly.tables:
            if plan.transforms:
                for what, record in odd_records(plan, _ordinary(subject, plan, first=plan is assembly.tables[0])):
                    yield from ((plan, transform, left, what) for transform, left in _steps(plan, record))


def odd_records(plan: TablePlan, ordinary: Record) -> Iterator[tuple[str, Record]]:
    """What *ordinary* could be instead, always with its key: less of it, nulls, and the edges of each field's own type."""
    kinds = {name: plan.table.columns.get(name) or kind_of(value) for name, value in ordinary.items()} | dict(plan.table.columns)
    edges = {name: edges_of(kind, ordinary.get(name)) for name, kind in kinds.items() if name not in plan.table.primary_key}
    yield "an ordinary record", ordinary
    yield "a record with nothing but its key", {name: ordinary[name] for name in plan.table.primary_key}
    for what in dict.fromkeys(each for values in edges.values() for each in values):
        new = {name: values[what] for name, values in edges.items() if what in values}
        yield f"a record with {what} in every field", ordinary | new
    for name, values in edges.items():
        yield f"a record without {name}", {each: value for each, value in ordinary.items() if each != name}
        for value in values.values():
            yield f"a record with {one_line(repr(value), 40)} as {name}", ordinary | {name: value}


def _ordinary(subject: Subject, plan: TablePlan, *, first: bool) -> Record:
    random = Random(7)  # noqa: S311  (made-up data)
    if subject.sample and first:
        return dict(subject.sample.make(0, random))
    others = {name: kind for name, kind in plan.table.columns.items() if name not in plan.table.primary_key}
    return _key(plan.table, 1) | {name: _value(kind, random) for name, kind in others.items()}


def _value(kind: str, random: Random) -> Any:
    """A value of a column type that is not null."""
    while (value := value_of(kind, 1, random)) is None:
        pass
    return value


def _key(table: Table, number: int) -> Record:
    random = Random(number)  # noqa: S311  (made-up data)
    return {name: value_of(table.columns[name], number, random, key=True) for name in table.primary_key}


def _steps(plan: TablePlan, record: Record) -> Iterator[tuple[Transform | DerivedField, Record]]:
    """Each transform with a record as those before it leave it; one that fails or leaves it out is passed over."""
    for transform in plan.transforms:
        yield transform, deepcopy(record)
        made = _made(transform, deepcopy(record))
        record = made if isinstance(made, dict) else record


def _made(transform: Callable[[Record], Any], record: Record) -> Any:
    try:
        return transform(record)
    except Exception:  # noqa: BLE001  (whatever a plugin raises; check_take_any_record tells)
        return FAILED


def _check_takes(table: Table, transform: Transform | DerivedField, record: Record, what: str) -> None:
    where = f"{table.name}: {transform.name}"
    try:
        made = transform(record)
    except Exception as error:  # noqa: BLE001  (whatever a plugin raises)
        raise Broken(
            f"{where} fails on {what} with {type(error).__name__}: {one_line(error)}. Any field but the key may be missing, null "
            "or of another type than declared: use record.get(…), and give None where there is nothing to go by."
        ) from None
    if not isinstance(made, dict | None):
        raise Broken(f"{where} makes {type(made).__name__} of {what}. Return the record, or None to leave it out.")
    lacks = [name for name in table.primary_key if made is not None and made.get(name) is None]
    if lacks:
        raise Broken(f"{where} takes {', '.join(lacks)}, the key, away from {what}. Leave it where it is.")


class _Dict(dict[str, Any]):
    """A dict that can be watched."""


class _List(list[Any]):
    """A list that can be watched."""


def _watched(value: Any, watch: list[Any]) -> Any:
    """A copy of *value*; *watch* gets a weak reference to each dict and list in it."""
    match value:
        case dict():
            made: Any = _Dict({name: _watched(inner, watch) for name, inner in value.items()})
        case list():
            made = _List(_watched(inner, watch) for inner in value)
        case _:
            return value
    watch.append(weakref.ref(made))
    return made


def _check_kept(where: str, transform: Transform | DerivedField, record: Record, what: str) -> None:
    watch: list[Any] = []
    first, second = _made(transform, _watched(record, watch)), _made(transform, _watched(record, watch))
    if (first is None) != (second is None):
        raise Broken(
            f"{where} takes {what} once and leaves it out another time, so it goes by the records before. A record may come "
            "again: decide by the record alone."
        )
    if _parts(first) & _parts(second):
        raise Broken(f"{where} puts the same list or dict into two records ({what}). Make a new one each time.")
    del first, second
    if _alive(watch):
        gc.collect()
    if _alive(watch):
        raise Broken(f"{where} keeps {what}, or a part of it, so memory grows with the feed. Keep nothing between two calls.")


def _alive(watch: list[Any]) -> bool:
    return any(each() is not None for each in watch)


def _parts(value: Any) -> set[int]:
    """The identities of all in *value* that can be changed."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = {id(value)} if isinstance(value, dict | list) else set()
    return own.union(*map(_parts, inner))
