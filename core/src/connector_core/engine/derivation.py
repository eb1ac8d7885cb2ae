"""Keeping extra tables exact while their source table is read.

Two ways to come to what the groups add up to, chosen by what the feed promises:

``WholeFeed``   the feed may send a record again with other values (the default). Every sync reads the feed from its start
                into a ledger, and makes the groups from that.
``Appending``   the feed only ever appends. Totals are carried in the state, beside the bookmark that they belong to, and a
                sync reads on from there.

One way to bring the extra tables up to date, at the end of the feed: what the destination has is remembered in the state as
a digest for each row, so an unchanged row is not sent again and a group that vanished is deleted. Both keep what an extra
table that is switched off has in the state, for the day it is on again.
"""

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from connector_core.basics.errors import DeliveryError, PluginError, UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.basics.operations import Delivery, Log
from connector_core.derived.extra_tables import Accumulator, ExtraTable, Group
from connector_core.engine.ledger import Ledger
from connector_core.engine.memory import groups_of
from connector_core.plugin.assembly import TablePlan
from connector_core.source.pagination import Bookmark
from connector_core.source.tables import Key, Record, Table

Rows = Sequence[tuple[Key, Record]]
Groups = dict[Group, Accumulator]
UNSURE = ""
"""The digest of a row that may or may not have reached the destination."""


class LiveRows:
    """The rows of one extra table that the destination has: group → digest."""

    def __init__(self, extra: ExtraTable, part: Mapping[str, Any]) -> None:
        self.extra = extra
        known = part.get("rows", {})
        # Rows grouped by other columns cannot be told apart by these; they all go before any new one comes.
        self._foreign = part if known and part.get("by") != list(extra.by) else None
        self._digests: dict[str, str] = {} if self._foreign else dict(known)

    def state(self) -> dict[str, Any]:
        """What the destination has, as the state keeps it; rows of another grouping stay there until they are gone."""
        return dict(self._foreign) if self._foreign else {"by": list(self.extra.by), "rows": dict(self._digests)}

    def truncate_foreign(self, delivery: Delivery) -> None:
        """Empty the table if the plugin groups by other columns now."""
        if self._foreign:
            delivery.operations.truncate(self.extra.name)
            self._foreign = None

    def doubt(self, groups: Groups) -> bool:
        """Note that the rows of *groups* which are about to be sent or deleted may have arrived; False if there are none."""
        wanted = {_text(group): _digest(self.extra.row(group, accumulator)) for group, accumulator in groups.items()}
        unsure = [name for name, digest in wanted.items() if self._digests.get(name) != digest]
        gone = self._digests.keys() - wanted.keys()
        self._digests.update(dict.fromkeys([*unsure, *gone], UNSURE))  # a group that is gone may come back just as it was
        return bool(unsure or gone)

    def send(self, groups: Groups, delivery: Delivery, log: Log) -> None:
        """Make the destination's rows those of *groups*, once ``doubt`` has told which of them differ from what it has."""
        for group, accumulator in groups.items():
            name = _text(group)
            if self._digests[name] == UNSURE:
                row = self.extra.row(group, accumulator)
                delivery.upsert(self.extra.name, row, group)
                self._digests[name] = _digest(row)
        for name in self._digests.keys() - {_text(group) for group in groups}:
            try:
                delivery.delete(self.extra.name, dict(zip(self.extra.by, json.loads(name), strict=True)))
            except DeliveryError as error:
                # What the SDK refuses to delete, it refused to upsert: a sync ended there, and the row never was.
                log.warning(f"{error} The group is gone, and so is what was known of its row.")
            del self._digests[name]


class Derivation(ABC):
    """The extra tables made from one source table, in one sync of it."""

    reads_whole: bool
    """Whether this sync has to read the feed from its start."""

    def __init__(self, table: Table, extras: Sequence[ExtraTable], state: Mapping[str, Any], log: Log) -> None:
        names = {extra.name for extra in extras}
        self._table = table
        self._extras = extras
        self._log = log
        self._others = {name: part for name, part in state.items() if name not in names}
        self._live = [LiveRows(extra, state.get(extra.name, {})) for extra in extras]

    @abstractmethod
    def add(self, rows: Rows, *, again: bool) -> None:
        """Take in the delivered rows of one page; *again* tells that it is the last, and that the next sync reads it again."""

    @abstractmethod
    def leave_out(self, key: Key) -> None:
        """Forget what was taken in earlier in this sync of a record that a transform now leaves out."""

    @abstractmethod
    def groups(self) -> list[Groups]:
        """What the groups of each extra table add up to, once the feed is read."""

    def finish(self, delivery: Delivery, checkpoint: Callable[[], None]) -> None:
        """Bring the extra tables up to date; *checkpoint* saves the state as it then is.

        Until here they stand as the last sync left them. A checkpoint that names every row about to be sent goes ahead: without
        it, a row that was sent right before a crash would be taken for what it was before, or, if its group is gone by the next
        sync, stay for ever.
        """
        groups = self.groups()
        for live in self._live:
            live.truncate_foreign(delivery)
        if any([live.doubt(of_table) for live, of_table in zip(self._live, groups, strict=True)]):  # noqa: C419  (each has to)
            checkpoint()
            for live, of_table in zip(self._live, groups, strict=True):
                live.send(of_table, delivery, self._log)

    def state(self, bookmark: Bookmark) -> dict[str, Any]:  # noqa: ARG002  (where the feed stands matters to Appending)
        """Extra table → its part of the state, for a checkpoint at *bookmark*."""
        return self._others | {live.extra.name: live.state() for live in self._live}

    @abstractmethod
    def close(self) -> None:
        """Let go of whatever is held."""


class WholeFeed(Derivation):
    """Extra tables of a feed that may send records again: made anew from the whole feed in each sync."""

    reads_whole = True

    def __init__(self, table: Table, extras: Sequence[ExtraTable], state: Mapping[str, Any], log: Log) -> None:
        super().__init__(table, extras, state, log)
        self._ledger = Ledger(dict.fromkeys(name for extra in extras for name in extra.needs))

    def add(self, rows: Rows, *, again: bool) -> None:  # noqa: ARG002  (the last page is like any other here)
        self._ledger.put(rows)

    def leave_out(self, key: Key) -> None:
        self._ledger.remove(key)

    def groups(self) -> list[Groups]:
        return _fold_all(self._extras, self._ledger.records(), self._log)

    def close(self) -> None:
        self._ledger.close()


class Appending(Derivation):
    """Extra tables of a feed that only appends: totals ride in the state, beside the bookmark that they belong to."""

    def __init__(
        self, table: Table, extras: Sequence[ExtraTable], state: Mapping[str, Any], bookmark: Bookmark, log: Log
    ) -> None:
        super().__init__(table, extras, state, log)
        totals = [_totals(extra, state.get(extra.name, {}), bookmark) for extra in extras]
        self.reads_whole = any(groups is None for groups in totals)
        self._groups: list[Groups] = [{} if self.reads_whole else dict(groups or {}) for groups in totals]
        self._tail: list[Groups] | None = None
        self._seen = Ledger(())

    def add(self, rows: Rows, *, again: bool) -> None:
        if again:
            # The next sync reads this page again, so the totals that go with its bookmark are those from before it.
            self._tail = [dict(groups) for groups in self._groups]
        self._check_new(rows)
        for extra, groups in zip(self._extras, self._groups, strict=True):
            for key, record in rows:
                _fold_into(groups, extra, record, key)

    def leave_out(self, key: Key) -> None:
        """Nothing: a feed that only appends has nothing to take back."""

    def groups(self) -> list[Groups]:
        return self._groups

    def state(self, bookmark: Bookmark) -> dict[str, Any]:
        state = super().state(bookmark)
        # Nothing comes before the start of the feed, so nothing has been counted there.
        counted = (self._tail or self._groups) if bookmark else [{} for _ in self._extras]
        for extra, groups in zip(self._extras, counted, strict=True):
            totals = {_text(group): accumulator for group, accumulator in groups.items()}
            state[extra.name] |= {"of": _definition(extra), "at": dict(bookmark), "totals": totals}
        return state

    def close(self) -> None:
        self._seen.close()

    def _check_new(self, rows: Rows) -> None:
        for key, _ in rows:
            if key in self._seen:
                raise UnexpectedAnswer(
                    f"{self._table.name}: record {one_line(', '.join(key), 80)} came twice in one sync, "
                    "but the plugin declares the feed append_only, which lets extra tables count each record once. "
                    "Take append_only out of the table."
                )
        self._seen.put(rows)


def derivation(plan: TablePlan, state: Mapping[str, Any], bookmark: Bookmark, log: Log) -> Derivation:
    """How the extra tables of a source table are kept, starting from their parts of the *state* saved at *bookmark*."""
    if plan.extra_tables and plan.repeats:
        return WholeFeed(plan.table, plan.extra_tables, state, log)
    return Appending(plan.table, plan.extra_tables, state, bookmark, log)


def _fold_all(extras: Sequence[ExtraTable], records: Iterable[tuple[Key, Record]], log: Log) -> list[Groups]:
    folded: list[tuple[ExtraTable, Groups]] = [(extra, {}) for extra in extras]
    left_out = Counter[str]()
    for key, record in records:
        for extra, groups in folded:
            if not _fold_into(groups, extra, record, key):
                left_out[extra.name] += 1
    for extra in extras:
        if number := left_out[extra.name]:
            log.warning(f"{extra.name}: {number} records have no {' or no '.join(extra.by)} and count in no row of it.")
    return [groups for _, groups in folded]


def _fold_into(groups: Groups, extra: ExtraTable, record: Record, key: Key) -> bool:
    """Add one record to its group; False when it has no value to group by."""
    group = tuple([record.get(name) for name in extra.by])
    if None in group:
        return False
    try:
        groups[group] = extra.fold(groups.get(group), record, key)
    except TypeError:
        raise PluginError(
            f"{extra.name}: record {one_line(', '.join(key), 80)} holds a list or an object in "
            f"{' or '.join(extra.by)}, by which nothing "
            "can be grouped. Group by another column."
        ) from None
    return True


def _totals(extra: ExtraTable, part: Mapping[str, Any], bookmark: Bookmark) -> Groups | None:
    """The totals in *part* of the state, or None unless they are those of this very extra table at this very bookmark."""
    if part.get("of") != _definition(extra) or part.get("at") != dict(bookmark):
        return None
    return groups_of(part.get("totals"), extra)


def _definition(extra: ExtraTable) -> str:
    return blake2b(repr(extra).encode(), digest_size=8).hexdigest()


def _digest(row: Record) -> str:
    return blake2b(json.dumps(row, default=str).encode(), digest_size=8).hexdigest()


def _text(group: Group) -> str:
    """A group as the key of a JSON object; a whole number is written alike whether it came as 2 or as 2.0."""
    return json.dumps([int(value) if isinstance(value, float) and value.is_integer() else value for value in group], default=str)
