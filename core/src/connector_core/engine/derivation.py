"""Keeping extra tables exact while their source table is read.

Two ways to come to what the groups add up to, chosen by what the feed promises:

``Repeating``   the feed may send a record again with other values (the default). A ledger has what the extra tables need of
                each live row, and the groups are made from that. Where the feed rests, the state keeps the ledger, and a sync
                reads on from there (``connector_core.engine.row_values``); otherwise it reads the feed from its start.
``Appending``   the feed only ever appends. Totals are carried in the state, beside the bookmark that they belong to, and a
                sync reads on from there.

One way to bring the extra tables up to date, at the end of the feed: what the destination has is remembered in the state as
a digest for each row, so an unchanged row is not sent again and a group that vanished is deleted. Both keep what an extra
table that is switched off has in the state, for the day it is on again.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from connector_core.basics.counting import counted, plural
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.basics.operations import Delivery, Log
from connector_core.derived.extra_tables import ExtraTable
from connector_core.engine.ledger import Ledger
from connector_core.engine.live_rows import Groups, LiveRows
from connector_core.engine.room import Room
from connector_core.engine.row_values import RowValues
from connector_core.engine.totals import read_totals, written_totals
from connector_core.plugin.plan import TablePlan
from connector_core.source.pagination import Bookmark
from connector_core.source.tables import Key, Record
from connector_core.source.values import text

Rows = Sequence[tuple[Key, Record]]


class Derivation(ABC):
    """The extra tables made from one source table, in one sync of it."""

    reads_whole: bool
    """Whether this sync has to read the feed from its start."""

    def __init__(self, plan: TablePlan, state: Mapping[str, Any], log: Log) -> None:
        names = {extra.name for extra in plan.grouped}
        self._plan = plan
        self.extras: Sequence[ExtraTable] = plan.grouped
        self._log = log
        self._others = {name: part for name, part in state.items() if name not in names}
        self._live = [LiveRows(extra, plan.extra_declared[extra.name], state.get(extra.name, {})) for extra in plan.grouped]

    @property
    def known_rows(self) -> dict[str, int]:
        """Extra table → how many rows the destination has of it."""
        return {live.extra.name: len(live) for live in self._live}

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

    @property
    def is_over(self) -> bool:
        """Whether the feed is read whole because what extra tables need of its rows is too much to be kept."""
        return False

    def row_values(self, bookmark: Bookmark) -> Any:  # noqa: ARG002  (most keep none)
        """What the state keeps of each live row, for a checkpoint at *bookmark*; None for nothing."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Let go of whatever is held."""


class Repeating(Derivation):
    """Extra tables of a feed that may send records again: made anew in each sync, from what is known of each live row.

    Where that was kept, it is complete from the beginning; where it was not, at the end of the feed.
    """

    def __init__(self, plan: TablePlan, state: Mapping[str, Any], kept: RowValues | None, start: Bookmark, log: Log) -> None:
        super().__init__(plan, state, log)
        self._ledger = Ledger(dict.fromkeys(name for extra in self.extras for name in extra.needs))
        self._room = Room(self.extras, recount=self._ledger.records)
        self._kept = kept
        # What goes before the first row of a read from the start is as the last sync left it, and that may go back.
        self.reads_whole = not (kept and start and kept.restore(plan, self._ledger))
        self._is_complete = self._is_written = not self.reads_whole

    @property
    def is_over(self) -> bool:
        return self._kept is not None and self._kept.over

    def add(self, rows: Rows, *, again: bool) -> None:  # noqa: ARG002  (the last page is like any other here)
        if self._kept and self._is_written:
            self._kept.put(self._ledger.put_changed(rows))
        else:
            self._ledger.put(rows)
        self._room.take(rows)

    def leave_out(self, key: Key) -> None:
        if self._kept and self._is_written and key in self._ledger:
            self._kept.remove(key)
        self._ledger.remove(key)

    def groups(self) -> list[Groups]:
        self._is_complete = True
        if self._kept and self._is_written:
            self._kept.tidy(self._ledger)
        return _fold_all(self.extras, self._ledger.records(), self._log)

    def row_values(self, bookmark: Bookmark) -> Any:
        if self._kept is None:
            return None
        if not (bookmark and self._is_complete):
            return self._kept.mark
        return self._kept.state() if self._is_written else self._written(self._kept)

    def _written(self, kept: RowValues) -> Any:
        """What is kept of a feed that was read from its start, once it is read."""
        kept.write(self._ledger)
        self._is_written = True
        return kept.state()

    def close(self) -> None:
        self._ledger.close()


class Appending(Derivation):
    """Extra tables of a feed that only appends: totals ride in the state, beside the bookmark that they belong to."""

    def __init__(self, plan: TablePlan, state: Mapping[str, Any], bookmark: Bookmark, log: Log) -> None:
        super().__init__(plan, state, log)
        totals = [read_totals(extra, state.get(extra.name, {}), bookmark, plan) for extra in self.extras]
        self.reads_whole = any(groups is None for groups in totals)
        self._groups: list[Groups] = [{} if self.reads_whole else dict(groups or {}) for groups in totals]
        self._tail: list[Groups] | None = None
        self._seen = Ledger(())
        self._room = Room(self.extras, carried=True)
        self._room.know(self._groups)

    def add(self, rows: Rows, *, again: bool) -> None:
        if again:
            # The next sync reads this page again, so the totals that go with its bookmark are those from before it.
            self._tail = [dict(groups) for groups in self._groups]
        self._check_new(rows)
        for extra, groups in zip(self.extras, self._groups, strict=True):
            for key, record in rows:
                _fold_into(groups, extra, record, key)
        self._room.take(rows)

    def leave_out(self, key: Key) -> None:
        """Nothing: a feed that only appends has nothing to take back."""

    def groups(self) -> list[Groups]:
        return self._groups

    def state(self, bookmark: Bookmark) -> dict[str, Any]:
        state = super().state(bookmark)
        # Nothing comes before the start of the feed, so nothing has been counted there.
        counted = (self._tail or self._groups) if bookmark else [{} for _ in self.extras]
        for extra, groups in zip(self.extras, counted, strict=True):
            state[extra.name] |= written_totals(extra, groups, bookmark, self._plan)
        return state

    def close(self) -> None:
        self._seen.close()

    def _check_new(self, rows: Rows) -> None:
        for key, _ in rows:
            if key in self._seen:
                raise UnexpectedAnswer(
                    f"{self._plan.table.name}: record {one_line(', '.join(map(text, key)), 80)} came twice in one sync, "
                    "but the plugin declares the feed append_only, which lets extra tables count each record once. "
                    "Take append_only out of the table."
                )
        self._seen.put(rows)


def derivation(
    plan: TablePlan, state: Mapping[str, Any], bookmark: Bookmark, log: Log, kept: RowValues | None = None
) -> Derivation:
    """How the extra tables of a source table are kept, starting from their parts of the *state* saved at *bookmark*.

    kept: what is known of the rows that were there by then.
    """
    if plan.grouped and plan.repeats:
        return Repeating(plan, state, kept, bookmark, log)
    return Appending(plan, state, bookmark, log)


def _fold_all(extras: Sequence[ExtraTable], records: Iterable[tuple[Key, Record]], log: Log) -> list[Groups]:
    folded: list[tuple[ExtraTable, Groups]] = [(extra, {}) for extra in extras]
    left_out = Counter[str]()
    for key, record in records:
        for extra, groups in folded:
            if not _fold_into(groups, extra, record, key):
                left_out[extra.name] += 1
    for extra in extras:
        if number := left_out[extra.name]:
            log.warning(
                f"{extra.name}: {counted(number, 'record')} {plural(number, 'has', 'have')} no {' or no '.join(extra.by)} and "
                f"{plural(number, 'counts', 'count')} in no row of it."
            )
    return [groups for _, groups in folded]


def _fold_into(groups: Groups, extra: ExtraTable, record: Record, key: Key) -> bool:
    """Add one record to its group; False when it has no value to group by."""
    group = tuple([record.get(name) for name in extra.by])
    if None in group:
        return False
    groups[group] = extra.fold(groups.get(group), record, key)
    return True
