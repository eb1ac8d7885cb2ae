"""A destination in memory: what Fivetran and the destination do with operations, as they are documented."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from attrs import define, field

from connector_core.plugin.assembly import Assembly
from connector_core.source.tables import Record

_KINDS: Mapping[str, tuple[type, ...]] = {
    "STRING": (str,),
    "XML": (str,),
    **dict.fromkeys(("SHORT", "INT", "LONG"), (int,)),
    **dict.fromkeys(("FLOAT", "DOUBLE"), (float, int)),
    "DECIMAL": (Decimal,),
    "BOOLEAN": (bool,),
    "NAIVE_DATE": (date,),
    **dict.fromkeys(("NAIVE_DATETIME", "UTC_DATETIME"), (datetime,)),
    "BINARY": (bytes,),
}
"""Declared type → what a value of it is when it is handed over: the same value twice is then equal, whatever the API wrote."""


def _is_of(kind: Any, value: Any) -> bool:
    """Whether a value is one of a declared type. A bool is no number, a moment no day; a zone belongs to UTC_DATETIME alone."""
    name = str(kind.get("type") if isinstance(kind, dict) else kind)
    if value is None or name not in _KINDS:
        return True
    odd = (isinstance(value, bool) and name != "BOOLEAN") or (isinstance(value, datetime) and name == "NAIVE_DATE")
    zoned = isinstance(value, datetime) and (value.tzinfo is not None) is not (name == "UTC_DATETIME")
    return isinstance(value, _KINDS[name]) and not odd and not zoned


class Crash(BaseException):
    """The sync ends here, whatever it was about to do."""


class Operation(NamedTuple):
    """One operation that took effect; the table of a checkpoint is empty, its data the state."""

    kind: str
    table: str
    data: dict[str, Any]


def _require(holds: bool, message: str) -> None:
    """What Fivetran would refuse is a fault of the connector: AssertionError, as in a test."""
    if not holds:
        raise AssertionError(message)


Stored = tuple[tuple[str, Any], ...]
"""A row's key as the warehouse keeps it: column and value. A row of an earlier primary key stays a row of its own."""


class Warehouse:
    """A destination in memory, with Fivetran's operations as they are documented.

    An upsert replaces the whole row (absent columns become NULL) and brings a deleted one back; delete and truncate only
    take rows out of sight, and a missing key is no error. Every operation arrives, also those after the last checkpoint of
    a sync that failed; `roll_back` gives the other outcome that Fivetran allows.
    """

    def __init__(self, assembly: Assembly) -> None:
        self.state: dict[str, Any] = {}
        """The state of the last checkpoint, as the next sync gets it."""
        self.operations: list[Operation] = []
        """What took effect in the current sync, oldest first."""
        self._tables: dict[str, dict[Stored, Record]] = {}
        self._saved: dict[str, dict[Stored, Record]] = {}
        self._crash: tuple[int, bool, str | None] | None = None
        self.connect(assembly)

    def connect(self, assembly: Assembly) -> None:
        """Begin a sync of this assembly: its schema holds from now on, and operations are counted anew."""
        self._schema = {entry["table"]: entry for entry in assembly.schema}
        self.operations = []

    def crash_at(self, number: int | None, *, after: bool = False, kind: str | None = None) -> None:
        """Raise Crash at operation *number* (from 0) of the next sync, before or after it takes effect; None: not at all.

        With a *kind*, such as checkpoint, only operations of that kind are counted.
        """
        self._crash = None if number is None else (number, after, kind)

    def roll_back(self) -> None:
        """Forget what arrived after the last checkpoint."""
        self._tables = {name: dict(rows) for name, rows in self._saved.items()}

    def live(self, table: str) -> dict[tuple[Any, ...], Record]:
        """Primary key → row, of the rows that are not deleted."""
        stored = self._tables.get(table, {})
        rows = {tuple(value for _, value in key): row for key, row in stored.items()}
        _require(len(rows) == len(stored), f"{table} holds rows of two primary keys with the same values")
        return rows

    def on(self, table: str) -> list[Operation]:
        """The operations of the current sync on one table."""
        return [operation for operation in self.operations if operation.table == table]

    def count(self, kind: str, table: str | None = None) -> int:
        """How many operations of one kind the current sync made, on one table or on all."""
        return sum(operation.kind == kind and table in (None, operation.table) for operation in self.operations)

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        """Insert or replace a row."""
        row = dict.fromkeys(self._entry(table)["columns"]) | data
        self._check(table, row)
        key = self._key(table, row)
        self._operate(Operation("upsert", table, dict(data)), lambda: self._rows(table).update({key: row}))

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        """Take a row out of sight."""
        _require(set(keys) == set(self._entry(table).get("primary_key", ())), f"{table} has no key {sorted(keys)}")
        self._check(table, keys)
        key = self._key(table, keys)
        self._operate(Operation("delete", table, dict(keys)), lambda: self._rows(table).pop(key, None))

    def truncate(self, table: str) -> None:
        """Take every row out of sight."""
        self._entry(table)
        self._operate(Operation("truncate", table, {}), lambda: self._rows(table).clear())

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Keep the state and everything before it."""
        text = json.dumps(state, allow_nan=False)
        self._operate(Operation("checkpoint", "", json.loads(text)), lambda: self._keep(text))

    def _keep(self, text: str) -> None:
        self.state = json.loads(text)
        self._saved = {name: dict(rows) for name, rows in self._tables.items()}

    def _operate(self, operation: Operation, effect: Callable[[], object]) -> None:
        number, after, kind = self._crash or (-1, False, None)
        before = len(self.operations) if kind is None else self.count(kind)
        here = number == before and kind in (None, operation.kind)
        if here and not after:
            raise Crash(f"before operation {len(self.operations)}")
        effect()
        self.operations.append(operation)
        if here:
            raise Crash(f"after operation {len(self.operations) - 1}")

    def _entry(self, table: str) -> dict[str, Any]:
        _require(table in self._schema, f"the schema does not declare {table}")
        return self._schema[table]

    def _rows(self, table: str) -> dict[Stored, Record]:
        return self._tables.setdefault(table, {})

    def _check(self, table: str, row: Mapping[str, Any]) -> None:
        """Raise TypeError for a value that is not of the type of its column."""
        columns = self._entry(table)["columns"]
        for name, value in row.items():
            if not _is_of(columns.get(name), value):
                raise TypeError(f"{table}: {name} is declared {columns[name]}, but this is {value!r}")

    def _key(self, table: str, row: Mapping[str, Any]) -> Stored:
        entry = self._entry(table)
        if "primary_key" not in entry:  # then all columns make one, as Fivetran does it
            return tuple((name, repr(value)) for name, value in sorted(row.items()) if value is not None)
        for name in entry["primary_key"]:
            _require(row.get(name) is not None, f"{table}: NULL in its key column {name}")
        return tuple((name, row[name]) for name in entry["primary_key"])


@define
class ListLog:
    """A log that keeps its messages."""

    infos: list[str] = field(factory=list)
    warnings: list[str] = field(factory=list)

    def info(self, message: str) -> None:
        self.infos.append(message)

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    def alert(self, message: str) -> None:
        self.warning(message)
