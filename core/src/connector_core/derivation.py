"""Keeping extra tables exact while their source table is read.

Two ways, chosen by what the feed promises:

``WholeFeed``   the feed may send a record again with other values (the default). Every sync reads the feed from its start
                into a ledger, makes the extra tables from that, and sends what differs from the rows that the destination has.
``Appending``   the feed only ever appends. Totals are carried in the state, beside the bookmark that they belong to, and a
                sync reads on from there.

What the destination has is remembered in the state as a digest for each row, so an unchanged row is not sent again and a
group that vanished is deleted. Both keep what an extra table that is switched off has in the state, for the day it is on again.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Protocol

from connector_core.errors import PluginError, UnexpectedAnswer
from connector_core.extra_tables import Accumulator, ExtraTable, Group
from connector_core.ledger import Ledger
from connector_core.names import one_line
from connector_core.operations import Delivery, Log
from connector_core.pagination import Bookmark
from connector_core.tables import Key, Record, Table

Rows = Sequence[tuple[Key, Record]]
Groups = dict[Group, Accumulator]
UNSURE = ""
"""The digest of a row that may or may not have reached the destination."""


class Derivation(Protocol):
    """What the sync of one source table asks of the extra tables made from it."""

    @property
    def reads_whole(self) -> bool:
        """Whether this sync has to read the feed from its start."""

    def add(self, rows: Rows, *, last: bool) -> None:
        """Take in the delivered rows of one page; *last* tells that the feed ends with it."""

    def leave_out(self, key: Key) -> None:
        """Forget what was taken in earlier in this sync of a record that a transform now leaves out."""

    def before_checkpoint(self, delivery: Delivery) -> None:
        """Send what a checkpoint in the middle of the feed has to cover."""

    def finish(self, delivery: Delivery, checkpoint: Callable[[], None]) -> None:
        """Send what is left once the feed is read; *checkpoint* saves the state as it then is."""

    def state(self, bookmark: Bookmark) -> dict[str, Any]:
        """Extra table → its part of the state, for a checkpoint at *bookmark*."""

    def close(self) -> None:
        """Let go of whatever is held."""


def derivation(table: Table, extras: Sequence[ExtraTable], state: Mapping[str, Any], bookmark: Bookmark, log: Log) -> Derivation:
    """How the extra tables of *table* are kept, starting from their parts of the *state* saved at *bookmark*."""
    if extras and not table.append_only:
        return WholeFeed(table, extras, state, log)
    return Appending(table, extras, state, bookmark, log)


class LiveRows:
    """The rows of one extra table that the destination has: group → digest."""

    def __init__(self, extra: ExtraTable, part: Mapping[str, Any]) -> None:
        self.extra = extra
        known = part.get("rows", {})
        # Rows grouped by other columns cannot be told apart by these; they all go before any new one comes.
        self._foreign = bool(known) and part.get("by") != list(extra.by)
        self._digests: dict[str, str] = {} if self._foreign else dict(known)

    def state(self) -> dict[str, Any]:
        return {"by": list(self.extra.by), "rows": dict(self._digests)}

    def truncate_foreign(self, delivery: Delivery) -> None:
        """Empty the table if the plugin groups by other columns now."""
        if self._foreign:
            delivery.operations.truncate(self.extra.name)
            self._foreign = False

    def send(self, groups: Groups, delivery: Delivery) -> None:
        """Send the rows of *groups* that differ from what the destination has."""
        for group, accumulator in groups.items():
            row = self.extra.row(group, accumulator)
            name, digest = _text(group), _digest(row)
            if self._digests.get(name) != digest:
                delivery.upsert(self.extra.name, row, group)
                self._digests[name] = digest

    def doubt(self, groups: Groups) -> bool:
        """Note that the rows of *groups* which are about to be sent or deleted may have arrived; False if there are none."""
        wanted = {_text(group): _digest(self.extra.row(group, accumulator)) for group, accumulator in groups.items()}
        unsure = [name for name, digest in wanted.items() if self._digests.get(name) != digest]
        self._digests.update(dict.fromkeys(unsure, UNSURE))
        return bool(unsure) or any(name not in wanted for name in self._digests)

    def delete_others(self, groups: Groups, delivery: Delivery) -> None:
        """Delete the rows that belong to none of *groups*."""
        for name in self._digests.keys() - {_text(group) for group in groups}:
            delivery.delete(self.extra.name, dict(zip(self.extra.by, json.loads(name), strict=True)))
            del self._digests[name]


class WholeFeed:
    """Extra tables of a feed that may send records again: made anew from the whole feed in each sync."""

    reads_whole = True

    def __init__(self, table: Table, extras: Sequence[ExtraTable], state: Mapping[str, Any], log: Log) -> None:
        self._table = table
        self._log = log
        self._others = _others(extras, state)
        self._live = [LiveRows(extra, state.get(extra.name, {})) for extra in extras]
        self._ledger = Ledger(dict.fromkeys(name for extra in extras for name in extra.needs))

    def add(self, rows: Rows, *, last: bool) -> None:  # noqa: ARG002  (the last page is like any other here)
        self._ledger.put(rows)

    def leave_out(self, key: Key) -> None:
        self._ledger.remove(key)

    def before_checkpoint(self, delivery: Delivery) -> None:
        """Nothing: half a feed says nothing about a group, so the tables stand as the last sync left them until the end."""

    def finish(self, delivery: Delivery, checkpoint: Callable[[], None]) -> None:
        """Send the differences.

        A checkpoint that names every row about to be sent goes ahead of them. Without it, a row that was sent right before
        a crash, and whose group is gone by the next sync, would stay for ever.
        """
        folded = _fold_all([live.extra for live in self._live], self._ledger.records(), self._log)
        for live in self._live:
            live.truncate_foreign(delivery)
        pending = [live.doubt(groups) for live, groups in zip(self._live, folded, strict=True)]
        if not any(pending):
            return
        checkpoint()
        for live, groups in zip(self._live, folded, strict=True):
            live.send(groups, delivery)
            live.delete_others(groups, delivery)

    def state(self, bookmark: Bookmark) -> dict[str, Any]:  # noqa: ARG002  (nothing here depends on where the feed stands)
        return self._others | {live.extra.name: live.state() for live in self._live}

    def close(self) -> None:
        self._ledger.close()


class Appending:
    """Extra tables of a feed that only appends: totals ride in the state, beside the bookmark that they belong to."""

    def __init__(
        self, table: Table, extras: Sequence[ExtraTable], state: Mapping[str, Any], bookmark: Bookmark, log: Log
    ) -> None:
        self._table = table
        self._log = log
        self._others = _others(extras, state)
        self._live = [LiveRows(extra, state.get(extra.name, {})) for extra in extras]
        totals = [_totals(extra, state.get(extra.name, {}), bookmark) for extra in extras]
        self.reads_whole = any(groups is None for groups in totals)
        self._groups: list[Groups] = [{} if self.reads_whole else dict(groups or {}) for groups in totals]
        self._changed: list[set[Group]] = [set() for _ in extras]
        self._tail: list[Groups] | None = None
        self._seen = Ledger(())

    def add(self, rows: Rows, *, last: bool) -> None:
        if not self._live:
            return
        if last:
            # The next sync reads this page again, so the totals that go with its bookmark are those from before it.
            self._tail = [dict(groups) for groups in self._groups]
        for key, record in rows:
            self._check_new(key)
            for live, groups, changed in zip(self._live, self._groups, self._changed, strict=True):
                changed |= _fold_into(groups, live.extra, record, key)

    def leave_out(self, key: Key) -> None:
        """Nothing: a feed that only appends has nothing to take back."""

    def before_checkpoint(self, delivery: Delivery) -> None:
        for live, groups, changed in zip(self._live, self._groups, self._changed, strict=True):
            live.truncate_foreign(delivery)
            live.send({group: groups[group] for group in changed}, delivery)
            changed.clear()

    def finish(self, delivery: Delivery, checkpoint: Callable[[], None]) -> None:  # noqa: ARG002  (no group can vanish)
        self.before_checkpoint(delivery)

    def state(self, bookmark: Bookmark) -> dict[str, Any]:
        totals = self._tail or self._groups
        parts = {
            live.extra.name: live.state()
            | {"of": _definition(live.extra), "at": dict(bookmark), "totals": {_text(g): a for g, a in groups.items()}}
            for live, groups in zip(self._live, totals, strict=True)
        }
        return self._others | parts

    def close(self) -> None:
        self._seen.close()

    def _check_new(self, key: Key) -> None:
        if key in self._seen:
            raise UnexpectedAnswer(
                f"{self._table.name}: record {one_line(', '.join(key), 80)} came twice in one sync, "
                "but the plugin declares the feed "
                "append_only, which lets extra tables count each record once. Take append_only out of the table."
            )
        self._seen.put([(key, {})])


def _fold_all(extras: Sequence[ExtraTable], records: Iterable[tuple[Key, Record]], log: Log) -> list[Groups]:
    folded: list[Groups] = [{} for _ in extras]
    without_group = [0 for _ in extras]
    for key, record in records:
        for number, extra in enumerate(extras):
            if not _fold_into(folded[number], extra, record, key):
                without_group[number] += 1
    for extra, left_out in zip(extras, without_group, strict=True):
        if left_out:
            log.warning(f"{extra.name}: {left_out} records have no {' or no '.join(extra.by)} and count in no row of it.")
    return folded


def _fold_into(groups: Groups, extra: ExtraTable, record: Record, key: Key) -> set[Group]:
    """Add one record to its group; the groups that changed: one, or none when the record has no value to group by."""
    group = tuple(record.get(name) for name in extra.by)
    if None in group:
        return set()
    try:
        groups[group] = extra.fold(groups.get(group), record, key)
    except TypeError:
        raise PluginError(
            f"{extra.name}: record {one_line(', '.join(key), 80)} holds a list or an object in "
            f"{' or '.join(extra.by)}, by which nothing "
            "can be grouped. Group by another column."
        ) from None
    return {group}


def _others(extras: Sequence[ExtraTable], state: Mapping[str, Any]) -> dict[str, Any]:
    names = {extra.name for extra in extras}
    return {name: part for name, part in state.items() if name not in names}


def _totals(extra: ExtraTable, part: Mapping[str, Any], bookmark: Bookmark) -> Groups | None:
    """The totals in *part* of the state, or None unless they are those of this very extra table at this very bookmark."""
    if part.get("of") != _definition(extra) or part.get("at") != dict(bookmark):
        return None
    return {tuple(json.loads(name)): accumulator for name, accumulator in part["totals"].items()}


def _definition(extra: ExtraTable) -> str:
    return blake2b(repr(extra).encode(), digest_size=8).hexdigest()


def _digest(row: Record) -> str:
    return blake2b(json.dumps(row, default=str).encode(), digest_size=8).hexdigest()


def _text(group: Group) -> str:
    return json.dumps(group, default=str)
