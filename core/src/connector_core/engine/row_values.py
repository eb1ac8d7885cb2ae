"""What extra tables need of each live row, as the state keeps it: a feed that is read on from its bookmark goes on from there.

The live rows of a source table are what was sent of it and not deleted. So whoever keeps that, up to a checkpoint, need not read
the feed again to know what its groups add up to. What is kept may run ahead of the bookmark that it stands beside, because what
was sent since comes again; it must never stay behind (docs/decisions/0016-the-ledger-rides-along.md).

It is a list of parts, each some rows as columns: JSON, compressed (zlib, RFC 1950), in base64. A row of a later part takes the
place of one before, so that a checkpoint writes only what is new since the last one.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any

from attrs import define, field

from connector_core.basics.decoding import NotJson
from connector_core.basics.discretion import Secrets, shows
from connector_core.basics.operations import Log
from connector_core.engine.ledger import Entry, Ledger
from connector_core.engine.row_layout import Change, Layout, UnreadableError, packed_text
from connector_core.plugin.plan import TablePlan
from connector_core.source.columns import UnfitError
from connector_core.source.tables import Key, Record

PART = 5_000
"""Rows of one part at most, so that reading it takes little memory."""
MOST = 4_000_000
"""Bytes that may be kept of one table; of a larger one nothing is, and each sync reads its feed whole."""
SPARE = 16
"""Parts that there may be more than the rows need, before all of them are written anew."""

OF, COLUMNS, PARTS, SUM, OVER = "of", "columns", "parts", "sum", "over"


@define
class RowValues:
    """What the state keeps of the rows of one table, and what has become of them since."""

    layout: Layout
    hidden: Secrets
    log: Log
    whose: str
    """The table, and the extra tables that need them."""
    most: int
    stored: Any
    """What the state had."""
    over: bool = field(init=False)
    """Whether it was too much to be kept, when the last sync ended."""
    _parts: list[str] = field(factory=list, init=False)
    _bytes: int = field(default=0, init=False)
    _entries: int = field(default=0, init=False)
    """Rows in all parts, also those that later ones replace."""
    _open: dict[Key, Sequence[Any] | None] = field(factory=dict, init=False)
    """What is in no part yet."""
    _refused: bool = field(default=False, init=False)
    """Whether nothing can be kept."""

    @over.default
    def _(self) -> bool:
        return isinstance(self.stored, Mapping) and self.stored.get(OVER) is True and self.stored.get(OF) == self.layout.of

    @classmethod
    def of(cls, plan: TablePlan, stored: Any, hidden: Secrets, log: Log) -> "RowValues | None":
        """Of the table of *plan*, whose part of a state is *stored*; None of a table of which none are kept."""
        if not plan.keeps_values:
            return None
        layout = Layout.made(plan, tuple(dict.fromkeys(name for extra in plan.grouped for name in extra.needs)))
        whose = f"{plan.table.name}: {', '.join(extra.name for extra in plan.grouped)}"
        return cls(layout, hidden, log, whose, MOST, stored)

    def restore(self, plan: TablePlan, ledger: Ledger) -> bool:
        """Put the rows that were kept into *ledger*. False, and none is there, unless these are all that it needs."""
        try:
            self._restore(plan, ledger)
        except (
            UnreadableError,
            NotJson,
            UnfitError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            RecursionError,
            zlib.error,
        ):
            self._forget()
            ledger.clear()
            return False
        return True

    def _restore(self, plan: TablePlan, ledger: Ledger) -> None:
        layout = self._layout_of(plan)
        parts = self.stored.get(PARTS)
        if not isinstance(parts, list) or self.stored.get(SUM) != _sum(parts):
            raise UnreadableError
        for part in parts:
            self._entries += _put(layout, layout.read(part), ledger)
        if layout == self.layout:
            self._parts, self._bytes = list(parts), sum(map(len, parts))
        else:
            self.write(ledger)

    def _layout_of(self, plan: TablePlan) -> Layout:
        """That of what is stored: more columns may be there than are needed."""
        names = self.stored.get(COLUMNS) if isinstance(self.stored, Mapping) else None
        if not isinstance(names, list) or not set(self.layout.names) <= set(names) <= plan.declared.keys():
            raise UnreadableError
        layout = Layout.made(plan, names)
        if self.stored.get(OF) != layout.of:
            raise UnreadableError
        return layout

    def put(self, entries: Iterable[Entry]) -> None:
        """Take in rows that have gone out, each as its key and the values of the columns."""
        if not self._refused:
            self._open.update(entries)
            if len(self._open) >= PART:
                self._close()

    def remove(self, key: Key) -> None:
        """Take in that a row is gone."""
        if not self._refused:
            self._open[key] = None

    def write(self, ledger: Ledger) -> None:
        """Write all of *ledger* anew, as far as it may be kept."""
        self._forget()
        entries = iter(ledger.entries())
        while not self._refused and (some := list(islice(entries, PART))):
            self._add(some)

    def tidy(self, ledger: Ledger) -> None:
        """Write all of *ledger* anew where the parts hold much that it does not."""
        rows = len(ledger)
        if len(self._parts) > rows // PART + SPARE or self._entries > 2 * rows + PART:
            self.write(ledger)

    def state(self) -> Mapping[str, Any] | None:
        """What the state keeps now."""
        self._close()
        if self._refused:
            return self.mark
        return {OF: self.layout.of, COLUMNS: list(self.layout.names), PARTS: list(self._parts), SUM: _sum(self._parts)}

    @property
    def mark(self) -> Mapping[str, Any] | None:
        """What the state says where nothing is kept: whether that is because it was too much."""
        return {OF: self.layout.of, OVER: True} if self._refused or self.over else None

    def _close(self) -> None:
        if self._open and not self._refused:
            there = [(key, values) for key, values in self._open.items() if values is not None]
            self._add(there, [key for key, values in self._open.items() if values is None])
        self._open.clear()

    def _add(self, there: Sequence[Entry], gone: Sequence[Key] = ()) -> None:
        text = self.layout.written(there, gone)
        if shows(self.hidden, text):
            self._refuse("a record holds a secret in a column that they need, and no state may hold that")
            return
        part = packed_text(text)
        self._parts.append(part)
        self._bytes += len(part)
        self._entries += len(there) + len(gone)
        if self._bytes > self.most:
            self._refuse(f"what they need of each row takes more than {self.most / 1e6:.0f} MB of the state")

    def _refuse(self, why: str) -> None:
        self._forget()
        self._refused = True
        self.log.info(f"{self.whose}: {why}, so it is not kept there, and each sync reads the whole feed")

    def _forget(self) -> None:
        self._parts, self._bytes, self._entries = [], 0, 0
        self._open.clear()


def _sum(parts: Sequence[str]) -> str:
    """What tells whether all parts are there, each as it was written: one that is lost would be rows that nobody misses."""
    return blake2b(json.dumps(parts).encode(), digest_size=6).hexdigest()


def _put(layout: Layout, changes: Iterable[Change], ledger: Ledger) -> int:
    """Put what a part holds into *ledger*; how many rows that were."""
    there: list[tuple[Key, Record]] = []
    gone: list[Key] = []
    for key, values in changes:
        if values is None:
            gone.append(key)
        else:
            there.append((key, dict(zip(layout.names, values, strict=True))))
    ledger.put(there)
    for key in gone:
        ledger.remove(key)
    return len(there) + len(gone)


def without_parts(kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the state says where it has no room for what was *kept*."""
    return {OF: kept.get(OF), OVER: True}


def size(kept: Any) -> int:
    """How many bytes the parts of what a state keeps take."""
    parts = kept.get(PARTS) if isinstance(kept, Mapping) else None
    return sum(len(part) for part in parts if isinstance(part, str)) if isinstance(parts, list) else 0
