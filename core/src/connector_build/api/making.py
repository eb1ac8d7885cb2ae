"""How the records of a table are made up: by the plugin's `Sample` where it has one, by declared types where it has none.

Whatever makes them, a record has what the plugin's words need of it: the fields that child tables name, a time of its own where a
feed is asked by time, a day within the windows.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from connector_build.api.bodies import set_at
from connector_build.api.errors import Unmimicked
from connector_build.api.formats import of_each_file, readable
from connector_build.api.nesting import with_lists
from connector_build.api.shaping import fixed, settled
from connector_build.api.values import number_of, time_of, value_of
from connector_build.api.vanishing import fields_of_events
from connector_build.sample import Sample
from connector_core import Csv, KeysetPaginator, Record, Table, UntilKnown, UpdatedSince, Windows
from connector_core.basics.paths import cached_path
from connector_core.derived.named_fields import named_field
from connector_core.derived.nested import Nested
from connector_core.derived.ready_transforms import OnlyIf
from connector_core.paging.times import moment_of
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.templates import names_in


class Maker:
    """Makes and changes the records that some tables are read from: one table, or several that read the same list."""

    def __init__(self, assembly: Assembly, plans: Sequence[TablePlan], sample: Sample | None) -> None:
        self._plans = plans
        self._sample = sample
        self._named = [name for plan in plans for name in _named_by_children(assembly, plan.table)]
        self._named += [name for plan in plans for name in fields_of_events(assembly.tables, plan.table.name)]
        self._timed = [time for plan in plans for time in _timed(assembly, plan)]
        names = [plan.table.name for plan in plans]
        self._nested = [each.value for each in assembly.options if isinstance(each.value, Nested) and each.table in names]
        self._moments = count(1 + max(_begins(assembly, plan) for plan in plans))

    def as_sample(self) -> Sample:
        """What a feed is made with; it starts without a record."""
        return Sample(0, self.make, self.change)

    def make(self, number: int, random: Random) -> Record:
        """Record number *number*, from 0, of the table; what its parent adds is added by whoever knows the parent."""
        record = dict(self._sample.make(number, random)) if self._sample else self._made(number + 1, random)
        for name in self._named:
            if cached_path(name).get(record) is None:
                record = set_at(record, name, f"{name}-{number + 1}")
        for name, day in self._days(number + 1).items():
            record[name] = record.get(name) if self._sample and record.get(name) else day
        return self._settled(self._with_times(self._with_named(with_lists(self._nested, record, random))))

    def change(self, old: Record, random: Random) -> Record:
        """New values for a record."""
        if self._sample:
            new = dict(self._sample.change(dict(old), random))
        else:
            new = self._made(next(self._moments), random) | {name: old[name] for name in self._kept() if name in old}
        for name in self._named:
            if cached_path(name).get(old) is not None:
                new = set_at(new, name, cached_path(name).get(old))
        return self._settled(self._with_times(self._with_named(with_lists(self._nested, new, random))))

    def _settled(self, record: Record) -> Record:
        for plan in self._plans:
            record = settled(plan.table, record)
        return record

    def _made(self, number: int, random: Random) -> Record:
        record: Record = {}
        for plan in self._plans:
            record |= _declared(plan, number, random)
        return record

    def _with_named(self, record: Record) -> Record:
        """*record* with a value, or null, in each field that an enabled transform goes by, as an API has it."""
        for function in (each.function for plan in self._plans for each in plan.transforms):
            place, values = named_field(function), getattr(function, "values", None)
            if place and not place.needs and not place.knows(record):
                record = place.put(record, values[0] if isinstance(function, OnlyIf) and isinstance(values, tuple) else None)
        return record

    def _kept(self) -> set[str]:
        """Fields that a change must not touch, because they identify the record, or the feed is ordered by them."""
        kept: set[str] = set(self._days(0))
        for plan in self._plans:
            kept |= {*plan.table.primary_key, *(plan.table.parent.adds if plan.table.parent else ())}
            kept |= fixed(plan.table)
            kept |= {each.key for each in layers(plan.paginator) if isinstance(each, KeysetPaginator)}
        return kept

    def _with_times(self, record: Record) -> Record:
        """*record* with a time of its own, later than all before, where a feed or a child table goes by one."""
        moment = next(self._moments)
        for name, kind in self._timed:
            record = set_at(record, name, time_of(kind, moment))
        return record

    def _days(self, number: int) -> dict[str, str]:
        """The fields that windows of days are of, and the day of record *number*: within the windows, in order."""
        return {
            window_field(plan.table, each): _in_windows(plan.table, each, number)
            for plan in self._plans
            for each in layers(plan.paginator)
            if isinstance(each, Windows) and isinstance(each.start, str)
        }


def layers(paginator: Any) -> Iterator[Any]:
    """A paginator, and those that it is made around."""
    while paginator is not None:
        yield paginator
        paginator = getattr(paginator, "pages", None)


def window_field(table: Table, windows: Windows) -> str:
    """The field that windows of days or moments are of, which a plugin does not say: the first one of that type."""
    kinds = ("NAIVE_DATE",) if windows.of_days else ("UTC_DATETIME", "NAIVE_DATETIME")
    for name, kind in table.columns.items():
        if kind in kinds:
            return name
    raise Unmimicked(f"{table.name}: no column is a {' or a '.join(kinds)}, so it cannot be told what its windows are of.")


def _in_windows(table: Table, windows: Windows, number: int) -> str:
    """The day, or the moment, of record *number*: within the windows, in order."""
    start = moment_of(str(windows.start)) or windows.now()
    if windows.of_days:
        return min(windows.today(), (start + timedelta(days=number)).date()).isoformat()
    moment = min(windows.now() - timedelta(seconds=2), start + number * timedelta(hours=1)).replace(microsecond=0)
    kind = table.columns[window_field(table, windows)]
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'Z' if kind == 'UTC_DATETIME' else ''}"


def _declared(plan: TablePlan, number: int, random: Random) -> Record:
    """A record with a value in each declared column, and one that is not declared where an API may send such."""
    table = plan.table
    keys = {*table.primary_key, *fixed(table)}
    record = {name: value_of(kind, number, random, key=name in keys) for name, kind in table.columns.items()}
    form = of_each_file(table.format)
    more = {} if isinstance(form, Csv) or plan.undeclared == "fail" else {"not_declared": f"text {number}"}
    return readable(form, record | more)


def _named_by_children(assembly: Assembly, table: Table) -> Iterator[str]:
    """The fields of *table* that its child tables are asked for by, are given, or compare."""
    for plan in assembly.tables:
        parent = plan.table.parent
        if parent and parent.table == table.name:
            parts = (plan.table.path, plan.table.params, plan.table.headers, plan.table.body)
            yield from names_in(parts, "parent")
            yield from parent.adds.values()
            yield from [parent.changed] if parent.changed else []


def _timed(assembly: Assembly, plan: TablePlan) -> Iterator[tuple[str, str]]:
    """The fields of a table that a feed or a child table goes by, with their types."""
    by = [each.newest for each in layers(plan.paginator) if isinstance(each, UpdatedSince | UntilKnown)]
    names = [name for name in by if name not in plan.table.primary_key]
    children = [each.table.parent for each in assembly.tables]
    names += [each.changed for each in children if each and each.table == plan.table.name and each.changed]
    yield from ((name, plan.table.columns.get(name, "STRING")) for name in names)


def _begins(assembly: Assembly, plan: TablePlan) -> int:
    """The number of the moment before which a first sync of a table does not look."""
    starts = [each.start for each in layers(plan.paginator) if isinstance(each, UpdatedSince)]
    moments = [moment_of(str(start)) for start in starts if start is not None]
    kinds = {kind for _, kind in _timed(assembly, plan)}
    return max((number_of(kind, moment) for moment in moments if moment for kind in kinds), default=0)


def _plain(part: Any) -> Any:
    return dict(part) if isinstance(part, Mapping) else part
