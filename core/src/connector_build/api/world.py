"""Made-up records for every table of a connector, and the rows that a sync of them has to bring.

Values go by the declared types, from a seed. A record that changes moves to the end of its feed, as one does in a feed that is
ordered by last update.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from attrs import evolve, frozen

from connector_build.api.errors import Unmimicked
from connector_build.api.sample import Sample
from connector_core import Csv, KeysetPaginator, Record, Table, UpdatedSince, Windows
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.parents import PLACEHOLDER

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
CHILDREN = 3
"""Records of a child table for each parent, at first."""


@frozen
class Entry:
    """A record, as the API sends it, its place in the feed, and its number in its table, which a change leaves as it is."""

    place: int
    record: Record
    number: int


class World:
    """The records behind a connector's API. *sample*, where the plugin describes one, makes those of its first table."""

    def __init__(self, assembly: Assembly, *, count_of: int = 12, seed: int = 0, sample: Sample | None = None) -> None:
        self._assembly = assembly
        self._random = Random(f"world {seed}")  # noqa: S311  (made-up data)
        self._numbers = count(1)
        self._keys = {plan.table.name: count(1) for plan in assembly.tables}
        self._sample = sample
        self._entries: dict[str, dict[tuple[str, ...], Entry]] = {plan.table.name: {} for plan in assembly.tables}
        for plan in assembly.tables:
            self.append(plan, count_of)

    def append(self, plan: TablePlan, number: int) -> None:
        """Add *number* records to a table; to a child table as many that *CHILDREN* of each parent are new."""
        if plan.parent is None:
            for _ in range(number):
                self._put(plan, *self._make(plan, {}))
            return
        for parent in self.records(plan.parent.table.name):
            for _ in range(CHILDREN):
                self._put(plan, *self._make(plan, parent))

    def change(self, plan: TablePlan, number: int) -> None:
        """Give *number* records of a table, or as many as there are, new values."""
        entries = self._entries[plan.table.name]
        for key in self._random.sample(sorted(entries), min(number, len(entries))):
            old = entries.pop(key)
            self._put(plan, self._changed(plan, old.record), old.number)

    def records(self, table: str) -> list[Record]:
        """What a table has, in the order of its feed; of a child table with what its parent adds."""
        return [entry.record for entry in self._entries[table].values()]

    def entries(self, plan: TablePlan, parent: Record) -> list[Entry]:
        """What one feed has: the table's, or that of the children of *parent*, without what the parent adds."""
        found = self._entries[plan.table.name].values()
        if plan.table.parent is None:
            return list(found)
        adds = {column: cached_path(name).get(parent) for column, name in plan.table.parent.adds.items()}
        return [
            evolve(entry, record={name: value for name, value in entry.record.items() if name not in adds})
            for entry in found
            if all(entry.record[column] == value for column, value in adds.items())
        ]

    def expected(self, plan: TablePlan) -> dict[tuple[Any, ...], Record]:
        """Primary key → row: what the table in the destination has to hold after a sync."""
        rows = {}
        for record in self.records(plan.table.name):
            row = transformed(plan, record)
            if row is not None:
                rows[tuple(row[name] for name in plan.table.primary_key)] = dict.fromkeys(plan.columns) | row
        return rows

    def _put(self, plan: TablePlan, record: Record, number: int) -> None:
        self._entries[plan.table.name][plan.table.key_of(record)] = Entry(next(self._numbers), record, number)

    def _make(self, plan: TablePlan, parent: Record) -> tuple[Record, int]:
        number = next(self._keys[plan.table.name])
        sample = self._sample if plan.table == self._assembly.tables[0].table else None
        record = dict(sample.make(number, self._random) if sample else self._made(plan.table, number))
        if plan.table.parent:
            record |= {column: cached_path(name).get(parent) for column, name in plan.table.parent.adds.items()}
        for name in self._named_by_children(plan.table):
            if cached_path(name).get(record) is None:
                _set(record, name, f"{name}-{number}")
        for name, day in _days(plan, number).items():
            record[name] = record.get(name) if sample and record.get(name) else day
        return self._dated(plan, record), number

    def _changed(self, plan: TablePlan, old: Record) -> Record:
        number = next(self._numbers)
        sample = self._sample if plan.table == self._assembly.tables[0].table else None
        if sample:
            new = dict(sample.change(dict(old), self._random))
        else:
            kept = {*plan.table.primary_key, *(plan.table.parent.adds if plan.table.parent else ()), *self._kept(plan)}
            new = self._made(plan.table, number) | {name: old[name] for name in kept if name in old}
        for name in self._named_by_children(plan.table):
            if cached_path(name).get(old) is not None:
                _set(new, name, cached_path(name).get(old))
        return self._dated(plan, new)

    def _made(self, table: Table, number: int) -> Record:
        record = {
            name: value_of(kind, number, self._random, key=name in table.primary_key) for name, kind in table.columns.items()
        }
        if isinstance(table.format, Csv):  # in which a nested value is a text, and the text that stands for null is none
            texts = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in record.items()}
            return {name: None if value == table.format.null else value for name, value in texts.items()}
        return record | {"not_declared": f"text {number}"}

    def _named_by_children(self, table: Table) -> Iterator[str]:
        """The fields of *table* that its child tables are asked for by, are given, or compare."""
        for plan in self._assembly.tables:
            parent = plan.table.parent
            if parent and parent.table == table.name:
                yield from PLACEHOLDER.findall(json.dumps([plan.table.path, *map(_plain, _parts(plan.table))]))
                yield from parent.adds.values()
                yield from [parent.changed] if parent.changed else []

    def _kept(self, plan: TablePlan) -> list[str]:
        """Fields that a change must not touch, because the feed is ordered by them or cut into windows."""
        keys = [each.key for each in layers(plan.paginator) if isinstance(each, KeysetPaginator)]
        return [*keys, *_days(plan, 0)]

    def _dated(self, plan: TablePlan, record: Record) -> Record:
        """*record* with a time of its own, later than all before, where the feed or a child table goes by one."""
        number = next(self._numbers)
        names = [each.newest for each in layers(plan.paginator) if isinstance(each, UpdatedSince)]
        children = [each.table.parent for each in self._assembly.tables]
        names += [each.changed for each in children if each and each.table == plan.table.name and each.changed]
        for name in names:
            _set(record, name, _time(plan.table.columns.get(name, "STRING"), number))
        return record


def _parts(table: Table) -> tuple[Any, ...]:
    return (table.params, table.headers, table.body)


def _plain(part: Any) -> Any:
    return dict(part) if isinstance(part, Mapping) else part


def layers(paginator: Any) -> Iterator[Any]:
    """A paginator, and those that it is made around."""
    while paginator is not None:
        yield paginator
        paginator = getattr(paginator, "pages", None)


def _set(record: Record, path: str, value: Any) -> None:
    *outer, last = path.split(".")
    for name in outer:
        inner = record.get(name)
        record[name] = inner = dict(inner) if isinstance(inner, dict) else {}
        record = inner
    record[last] = value


def _days(plan: TablePlan, number: int) -> dict[str, str]:
    """The field that windows of days are of, if there are such, and the day of record *number*: within the windows, in order."""
    windows = [each for each in layers(plan.paginator) if isinstance(each, Windows) and isinstance(each.start, str)]
    return {
        window_field(plan.table): min(each.today(), date.fromisoformat(str(each.start)) + timedelta(days=number)).isoformat()
        for each in windows
    }


def window_field(table: Table) -> str:
    """The field that windows of days are of, which a plugin does not say: the first date."""
    for name, kind in table.columns.items():
        if kind == "NAIVE_DATE":
            return name
    raise Unmimicked(f"{table.name}: no column is a NAIVE_DATE, so it cannot be told what its windows are of.")


def _time(kind: str, number: int) -> Any:
    moment = EPOCH + timedelta(minutes=number)
    if kind in ("SHORT", "INT", "LONG"):
        return int(moment.timestamp())
    if kind in ("FLOAT", "DOUBLE"):
        return moment.timestamp()
    if kind == "NAIVE_DATE":
        return (EPOCH + timedelta(days=number)).date().isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + ("" if kind == "NAIVE_DATETIME" else "Z")


def transformed(plan: TablePlan, record: Record) -> Record | None:
    """The row that the enabled transforms make of a copy of *record*; None where one of them leaves it out."""
    row: Record | None = json.loads(json.dumps(record))
    for transform in plan.transforms:
        row = transform(row) if row is not None else None
    return row


def _base64(number: int) -> str:
    return b64encode(f"made up {number}".encode()).decode()


_VALUES: Mapping[str, Callable[[int, Random], Any]] = {
    "BOOLEAN": lambda _, random: random.random() < 0.5,
    "SHORT": lambda _, random: random.randint(0, 9),
    "INT": lambda _, random: random.randint(-5, 500),
    "LONG": lambda _, random: random.choice([0, 1, 7, 2**53 + 1, -4]),
    "FLOAT": lambda _, random: random.choice([0.0, 0.5, 1.25]),
    "DOUBLE": lambda _, random: random.choice([0.0, 0.1, 2.5, 16777217.0, -2.5]),
    "NAIVE_DATE": lambda number, _: (EPOCH + timedelta(days=number % 300)).date().isoformat(),
    "NAIVE_DATETIME": lambda number, _: (EPOCH + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S"),
    "UTC_DATETIME": lambda number, _: (EPOCH + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "JSON": lambda number, _: {"number": number},
    "BINARY": lambda number, _: _base64(number),  # a text: JSON has no bytes, so a transform has to make them
    "XML": lambda number, _: f"<n>{number}</n>",
}
_KEYS: Mapping[str, Callable[[int], Any]] = {
    **dict.fromkeys(("SHORT", "INT", "LONG"), lambda number: number),
    **dict.fromkeys(("FLOAT", "DOUBLE"), float),
    "NAIVE_DATE": lambda number: (EPOCH + timedelta(days=number)).date().isoformat(),
    "BINARY": lambda number: _base64(number),
    "NAIVE_DATETIME": lambda number: _time("NAIVE_DATETIME", number),
    "UTC_DATETIME": lambda number: _time("UTC_DATETIME", number),
}


def value_of(kind: str, number: int, random: Random, *, key: bool = False) -> Any:
    """A value of a declared column type; one of a key is of this *number* alone, any other may be null."""
    if key:
        return _KEYS[kind](number) if kind in _KEYS else f"key-{number:06d}"
    if random.random() < 0.1:
        return None
    if kind.startswith("DECIMAL"):
        return f"{random.randint(0, 99)}.5"
    return _VALUES[kind](number, random) if kind in _VALUES else random.choice(["A", "B", "C é", "", 'D\'s "E"'])
