"""Nested lists as tables of their own, kept exact while their source table is read.

The lines of a record change only when the record comes again, so the feed is not read whole for them. But a line that its record
no longer has is nowhere to be seen: so the state remembers, for each record, what tells its lines apart, and a digest of all.
A checkpoint that says what is about to change goes ahead of it: a line that arrived right before a crash, and is gone when its
record comes again, would otherwise stay for ever (docs/decisions/0013-what-lines-a-record-had.md).

Nothing has to be remembered of a feed that only appends, nor from sync to sync of a table that is replaced: its records wait,
beside the sync, for the end of the read, because one may come twice in it with other lines.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from attrs import define, field, frozen

from connector_core.basics.counting import counted
from connector_core.basics.errors import DeliveryError
from connector_core.basics.names import one_line
from connector_core.basics.operations import Delivery, Log
from connector_core.derived.applying import LeftOut
from connector_core.derived.nested import Nested
from connector_core.engine.ledger import Ledger
from connector_core.engine.memory import LIST
from connector_core.engine.records import RowMaker, Rows
from connector_core.plugin.plan import TablePlan
from connector_core.source.columns import UnfitError
from connector_core.source.tables import Key, Record, Table
from connector_core.source.values import as_json, plain, read, text

OFF: Mapping[str, Any] = {LIST: "off"}
"""The part of a nested list that is switched off: records come and go meanwhile, so it is emptied when it is on again."""
UNSURE = ""
"""The digest of lines that may or may not have reached the destination."""


@frozen
class Lines:
    """The lines of one record that the destination may have.

    digest: of their rows. rests: of each, the values of those columns of its key that are not the record's.
    """

    digest: str = UNSURE
    rests: frozenset[Key] = frozenset()


NONE = Lines()


@define
class NestedList:
    """One nested list: the lines that the destination has, and those of the records at hand."""

    plan: TablePlan
    nested: Nested
    log: Log
    part: Mapping[str, Any] | None
    """What the state has of it; None where it has never been on."""
    remembers: bool = field(init=False)
    reads_whole: bool = field(init=False)
    """Whether records that came before may have lines that are not there."""
    _rest: tuple[str, ...] = field(init=False)
    _known: dict[Key, Lines] = field(factory=dict, init=False)
    _foreign: Mapping[str, Any] | None = field(default=None, init=False)
    """What the state has of rows that cannot be told apart by it: they all go before any new one comes."""
    _ready: dict[Key, Rows] = field(factory=dict, init=False)
    _maker: RowMaker = field(init=False)
    _ledger: Ledger | None = field(default=None, init=False)
    """The records of a table that is replaced."""

    def __attrs_post_init__(self) -> None:
        key = self.plan.table.primary_key
        self.remembers = self.plan.remembers_lines
        self._rest = self.nested.apart(key)
        if self.plan.table.full_refresh:
            self._ledger = Ledger(self.nested.needs)
        columns = self.plan.extra_declared[self.name]
        table = Table(self.name, "/", "@", self.nested.key, columns)
        self._maker = RowMaker(table, (), columns, self.log, undeclared=self.plan.undeclared)
        known = self._restored() if self.part is not None else {}
        if known is None:
            self._foreign = self.part
        self._known = known or {}
        self.reads_whole = self.part is None or known is None

    @property
    def name(self) -> str:
        return self.nested.name

    @property
    def _definition(self) -> str:
        nested, types = self.nested, self.plan.extra_columns[self.name]
        kinds = [types[name] for name in nested.key]
        parts = [nested.at, nested.key, dict(nested.adds), nested.index, kinds, self.plan.table.primary_key, self.remembers]
        return blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    def _restored(self) -> dict[Key, Lines] | None:
        """What the state remembers; None where it is of other rows, or not to be understood."""
        part = self.part or {}
        found = part.get("lines", {})
        if part.get(LIST) != self._definition:
            return None
        try:
            return {self._key_of(name): self._lines_of(entry) for name, entry in found.items()}
        except (UnfitError, ValueError, TypeError, AttributeError):
            self.log.warning(f"{self.name}: the state does not say which rows it has. It is emptied and filled again.")
            return None

    def _key_of(self, name: str) -> Key:
        columns = self.plan.table.primary_key
        texts = [name] if len(columns) == 1 else json.loads(name)
        return tuple(read(self.plan.declared[column], value) for column, value in zip(columns, texts, strict=True))

    def _lines_of(self, entry: Sequence[Any]) -> Lines:
        digest, *rests = entry
        if not isinstance(digest, str):
            raise TypeError
        if self._counted:
            [number] = rests
            return Lines(digest, frozenset((at,) for at in range(number)))
        columns = [self.plan.extra_declared[self.name][column] for column in self._rest]
        values = [rest if isinstance(rest, list) else [rest] for rest in rests]
        return Lines(digest, frozenset(tuple(map(read, columns, rest)) for rest in values if len(rest) == len(columns)))

    @property
    def _counted(self) -> bool:
        """Whether the lines of a record are told apart by their place alone, so that their number says which there are."""
        return self._rest == (self.nested.index,)

    def state(self) -> dict[str, Any]:
        """Its part of the state; rows of another making stay there until they are gone."""
        if self._foreign is not None:
            return dict(self._foreign)
        lines = {self._name_of(key): self._entry_of(lines) for key, lines in self._known.items()}
        return {LIST: self._definition, **({"lines": lines} if self.remembers else {})}

    def _name_of(self, key: Key) -> str:
        return text(key[0]) if len(key) == 1 else json.dumps([text(value) for value in key])

    def _entry_of(self, lines: Lines) -> list[Any]:
        if self._counted:
            return [lines.digest, max((rest[0] + 1 for rest in lines.rests), default=0)]
        values = sorted(([plain(value) for value in rest] for rest in lines.rests), key=repr)
        return [lines.digest, *(rest[0] if len(rest) == 1 else rest for rest in values)]

    def intend(self, rows: Mapping[Key, Record | LeftOut], delivery: Delivery) -> bool:
        """Make the lines of *rows*, and note which may arrive or go now. Whether the state has to say so before they do."""
        self._begin(rows, delivery)
        noted = False
        self._ready = {}
        for key, row in rows.items():
            before, lines = self._known.get(key, NONE), self._made(key, row)
            rests = self._rests(lines)
            if before.rests != rests or before.digest != _digest(lines):
                self._ready[key] = lines
                self._known[key] = Lines(UNSURE, before.rests | rests)
                noted |= self._known[key] != before
        return noted

    def send(self, rows: Mapping[Key, Record | LeftOut], delivery: Delivery) -> None:
        """Make the destination's lines of *rows* those that they have."""
        if self._ledger is not None:
            _keep(self._ledger, rows)
            return
        if not self.remembers:
            self._begin(rows, delivery)
            for key, row in rows.items():
                delivery.upsert_all(self.name, self._made(key, row))
            return
        for key, lines in self._ready.items():
            there = self._rests(lines)
            for rest in self._known[key].rests - there:
                self._delete(key, rest, delivery)
            delivery.upsert_all(self.name, lines)
            self._known[key] = Lines(_digest(lines), there)
            if not lines:
                del self._known[key]
        self._ready = {}

    def clear(self, delivery: Delivery) -> None:
        """Empty it, before the state says that it is."""
        delivery.truncate(self.name)
        self._foreign, self._known = None, {}

    def replace(self, delivery: Delivery) -> None:
        """Its source table is replaced, as in each sync, and so is it."""
        delivery.replace(self.name)
        self._foreign, self._known = None, {}

    def finish(self, delivery: Delivery) -> None:
        """Do and say what is left once the feed is read.

        Rows that cannot be told apart go also where no record came, if that means that there is none.
        """
        if self._foreign is not None and self.plan.table.may_be_empty:
            self.clear(delivery)
        for key, row in self._ledger.records() if self._ledger is not None else ():
            delivery.upsert_all(self.name, self._made(key, row))
        if number := self._maker.repeated:
            self.log.warning(
                f"{self.name}: {counted(number, 'line')} had the {', '.join(self.nested.key)} of another line of "
                f"their record, and other "
                "values, so they took its place. If these are lines of their own, key lacks a column that tells them apart."
            )

    def close(self) -> None:
        """Let go of whatever is held."""
        if self._ledger is not None:
            self._ledger.close()

    def _begin(self, rows: Mapping[Key, Record | LeftOut], delivery: Delivery) -> None:
        if rows and self._foreign is not None:
            self.clear(delivery)

    def _made(self, key: Key, row: Record | LeftOut) -> Rows:
        if isinstance(row, LeftOut):
            return []
        where = f"{self.plan.table.name}: record {one_line(', '.join(map(text, key)), 80)}"
        lines = list(self.nested.lines(row, self.plan.extra_declared[self.name], where))
        # Of two lines with one key, the last is what stays.
        return list(dict(self._maker.rows(lines, f"{where}: {self.nested.at}")).items()) if lines else []

    def _rests(self, lines: Rows) -> frozenset[Key]:
        at = [self.nested.key.index(name) for name in self._rest]
        return frozenset(tuple(key[each] for each in at) for key, _ in lines)

    def _delete(self, key: Key, rest: Key, delivery: Delivery) -> None:
        of_record = dict(zip(self.plan.table.primary_key, key, strict=True))
        of_line = dict(zip(self._rest, rest, strict=True))
        columns = self.plan.extra_declared[self.name]
        keys = {
            name: of_line[name] if name in of_line else read(columns[name], of_record[self.nested.adds[name]])
            for name in self.nested.key
        }
        try:
            delivery.delete(self.name, keys)
        except DeliveryError as error:
            # What the SDK refuses to delete, it refused to upsert: a sync ended there, and the row never was.
            self.log.warning(f"{error} The line is gone, and so is what was known of it.")


@define
class NestedLists:
    """The nested lists of one source table, in one sync of it."""

    of: Sequence[NestedList]
    _off: Mapping[str, Any]
    say: bool = field(init=False)
    """Whether there is anything to say of them in the state."""
    remember: bool = field(init=False)
    """Whether rows have to wait until the state says what may become of their lines."""

    def __attrs_post_init__(self) -> None:
        self.remember = any(each.remembers for each in self.of)
        self.say = bool(self.of or self._off)

    @classmethod
    def begun(cls, plan: TablePlan, state: Mapping[str, Any], log: Log) -> "NestedLists":
        """Those of *plan*, from what the *state* has of extra tables."""
        enabled = {extra.name for extra in plan.extra_tables}
        off = {name: OFF for name, part in state.items() if LIST in part and name not in enabled}
        return cls([NestedList(plan, nested, log, state.get(nested.name)) for nested in plan.nested], off)

    @property
    def reads_whole(self) -> bool:
        """Whether this sync has to read the feed from its start."""
        return any(each.reads_whole for each in self.of)

    def intend(self, rows: Rows, delivery: Delivery) -> bool:
        """Note what may become of the lines of *rows*. Whether the state has to say so before it does."""
        newest = dict(rows)
        return any([each.intend(newest, delivery) for each in self.of])  # noqa: C419  (each has to)

    def send(self, rows: Rows, delivery: Delivery) -> None:
        """Make the destination's lines of *rows* those that they have."""
        newest = dict(rows)
        for each in self.of:
            each.send(newest, delivery)

    def replace(self, delivery: Delivery) -> None:
        """Their source table is replaced."""
        for each in self.of:
            each.replace(delivery)

    def finish(self, delivery: Delivery) -> None:
        """Do and say what is left once the feed is read."""
        for each in self.of:
            each.finish(delivery)

    def close(self) -> None:
        """Let go of whatever is held."""
        for each in self.of:
            each.close()

    def state(self) -> dict[str, Any]:
        """Nested list → its part of the state; of those that are off, that they are."""
        return {**self._off, **{each.name: each.state() for each in self.of}}


def _keep(ledger: Ledger, rows: Mapping[Key, Record | LeftOut]) -> None:
    """Let *ledger* have the records of *rows*, and none of those that are left out."""
    ledger.put([(key, row) for key, row in rows.items() if not isinstance(row, LeftOut)])
    for key, row in rows.items():
        if isinstance(row, LeftOut):
            ledger.remove(key)


def _digest(lines: Rows) -> str:
    """A short text that tells whether the lines of a record are still the same."""
    if not lines:
        return UNSURE
    rows = json.dumps([row for _, row in lines], default=as_json).encode()
    return b64encode(blake2b(rows, digest_size=9).digest()).decode()
