"""The sync of one table: its pages become rows, rows become operations, and between pages there are checkpoints."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import closing

from attrs import define, evolve, field, frozen

from connector_core.basics.counting import counted
from connector_core.basics.errors import CircularFeed, SourceError
from connector_core.basics.operations import Delivery, Log
from connector_core.derived.applying import LeftOut
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.derivation import Derivation, derivation
from connector_core.engine.discreet import check_discreet
from connector_core.engine.emptying import Held, emptied
from connector_core.engine.feeds import feed
from connector_core.engine.missing import Known, check_gone, listed
from connector_core.engine.nested_lists import NestedLists
from connector_core.engine.reading import Api, BookmarkRejectedError, Feed
from connector_core.engine.records import RowMaker, Rows
from connector_core.engine.remembering import Nothing, Remembered, remembered
from connector_core.engine.row_values import RowValues
from connector_core.engine.rows_of_pages import rows_of
from connector_core.engine.spool import Spool
from connector_core.engine.state import States, TableState
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.configuration import Configuration
from connector_core.source.deletes import ListedIn
from connector_core.source.pagination import Bookmark
from connector_core.source.tables import Key

MOST_WAITING = 5000
"""Records at most that wait until the state says what may become of them."""


@frozen
class Engine:
    """What a sync runs on, apart from the assembly; tests and benchmarks replace parts of it.

    client:      (assembly, configuration, log) → the client to fetch with.
    clock:       seconds from any start, never going back.
    checkpoints: when to checkpoint.
    remembered:  table → of so many rows of it the state knows what was sent; `unchanged.MOST` of tables that are not in it, and
                 `tail.MOST` of those that are read on from a bookmark.
    only:        the source tables that are brought up to date, and whose state it is; None: all of them.
    """

    client: Callable[[Assembly, Configuration, Log], Client]
    clock: Callable[[], float] = time.monotonic
    checkpoints: CheckpointPolicy = field(factory=CheckpointPolicy)
    remembered: Mapping[str, int] = field(factory=dict)
    only: Collection[str] | None = None


class StoppedError(Exception):
    """This table was well, and has come to a checkpoint, because another one failed."""


@define
class TableSync:
    """The sync of one table: how far it has come, and what the next checkpoint has to hold."""

    plan: TablePlan
    api: Api
    states: States
    delivery: Delivery
    engine: Engine
    stopping: Callable[[], bool] = bool
    """Whether another table has failed, so that this one comes to a checkpoint and ends there."""
    delivered: int = field(default=0, init=False)
    left_out: Counter[str] = field(factory=Counter, init=False)
    pages: int = field(default=0, init=False)
    has_rows: bool = field(init=False)
    """Whether the table is known to have rows, where a sync may delete some."""
    held: Held = field(factory=lambda: Held(waits=False), init=False)
    known: Known | None = field(default=None, init=False)
    """The keys of its rows, where those that are missing are deleted."""
    sent: Remembered = field(factory=Nothing, init=False)
    """What of it is known to be there as it is."""
    lists: NestedLists = field(init=False)
    waiting: Rows = field(factory=list, init=False)
    """Rows that go out once the state says what may become of them."""
    checkpointed: int = field(default=0, init=False)
    checkpointed_at: float = field(default=0.0, init=False)

    @has_rows.default
    def _(self) -> bool:
        return self.states[self.plan.table.name].has_rows

    @property
    def name(self) -> str:
        return self.plan.table.name

    @property
    def log(self) -> Log:
        return self.api.log

    def note(self, text: str) -> None:
        """A line of the log about this table."""
        self.api.journal.note(self.name, text)

    @property
    def _handled(self) -> int:
        """Records that went out, as an upsert or as a delete."""
        return self.delivered + self.left_out.total()

    def run(self) -> None:
        start = self.states[self.name]
        try:
            self._read(start)
        except BookmarkRejectedError as error:
            self.log.warning(f"{self.name}: {error} Reading the whole feed once.")
            self._read_again(evolve(start, bookmark={}))

    def _read_again(self, start: TableState) -> None:
        try:
            self._read(start)
        except BookmarkRejectedError as error:
            raise SourceError(
                f"{self.name}: {error} It has happened twice in this sync, so this one ends here, and the next one reads the "
                "whole feed. If it keeps failing, read faster (a larger page_size), or ask the API's owner how long a place is "
                "good for."
            ) from None

    def _read(self, start: TableState) -> None:
        source = feed(self.plan, self.api, start.bookmark)
        # Totals count what lies before the place where the feed really starts, which another page size may have moved back.
        self.lists = NestedLists.begun(self.plan, self.states[self.name].extra_tables, self.log)
        values = RowValues.of(self.plan, start.row_values, self.api.hidden, self.log)
        kept = derivation(self.plan, start.extra_tables, source.start, self.log, values)
        try:
            reads_whole = kept.reads_whole or self.lists.reads_whole
            if reads_whole and source.start:
                extras = ", ".join(extra.name for extra in self.plan.extra_tables)
                self.log.info(f"{self.name}: reading the whole feed, because of {extras}")
            whole = reads_whole or self.plan.table.full_refresh
            told = evolve(self.plan, forgets=True) if kept.is_over and reads_whole else self.plan
            stored, goes_on = self.states[self.name].row_digests, bool(source.start) and not whole
            most = self.engine.remembered.get(self.name)
            self.sent = remembered(told, stored, self.log, goes_on=goes_on, most=most)
            self._read_from(feed(self.plan, self.api, source.anew) if whole else source, kept)
        except CircularFeed:
            if self.plan.grouped:
                # Totals may have been saved beside a place that leads back to what they count already.
                self._checkpoint(kept, {})
            raise
        finally:
            kept.close()
            self.lists.close()

    def _read_from(self, source: Feed, kept: Derivation) -> None:
        self.checkpointed_at, self.waiting = self.engine.clock(), []
        rows = RowMaker.of(self.plan, self.log)
        table = self.plan.table
        self.known = Known.of(table, self.states[self.name].row_keys, self.log) if table.missing else None
        if table.full_refresh:
            self._replace(source, kept, rows)
            rest: Bookmark = {}  # wherever the paginator rests: the next sync reads it all again
        else:
            self._bring_up(source, kept, rows)
            rest = source.bookmark
            self._delete_missing(kept, whole=not source.start)
        self.sent.complete = True
        self.note("No more pages to fetch")
        if rows.repeated:
            self._warn_of_repeated(rows.repeated)
        self.lists.finish(self.delivery)
        # Until all of it is out, a sync that is cut short reads an export again, and needs no other one.
        kept.finish(self.delivery, lambda: self._checkpoint(kept, source.anew or rest))
        self._checkpoint(kept, rest)
        self.pages += rows.pages
        each = ", ".join(f"{name} {number}" for name, number in self.left_out.items())
        left_out = f", {self.left_out.total()} left out ({each})" if each else ""
        unchanged = f", {self.sent.unchanged} unchanged" if self.sent.unchanged else ""
        self.log.info(f"{self.name}: {counted(self.delivered, 'record')} from {counted(self.pages, 'page')}{unchanged}{left_out}")

    def _warn_of_repeated(self, number: int) -> None:
        keys = ", ".join(self.plan.table.primary_key)
        self.log.warning(
            f"{self.name}: {counted(number, 'record')} had the {keys} of another record on their page, and other "
            f"values, so they took its "
            "place. If these are records of their own, primary_key lacks a column that tells them apart."
        )

    def _bring_up(self, source: Feed, kept: Derivation, rows: RowMaker) -> None:
        """Deliver the feed page by page, with checkpoints between pages."""
        whole = not source.start
        self.held = Held(whole and self.has_rows and not self.plan.table.may_be_empty)
        with closing(source.reads()) as reads:
            for number, read in enumerate(reads):
                if not number:
                    self._start_over(source, kept)
                if read is not None and not rows.pages:
                    self.sent.begins(read.page)
                again = read is not None and read.again
                for part in rows_of(self.plan, read, rows):
                    self._deliver(self.held.hold(part), kept, again=again)
                    again = False  # what goes before the page went before its first part
                if read is None or not read.last:
                    self._between_pages(source, kept, now=read is not None and read.keeps)
        self._send_waiting(kept)  # what waits is there as well
        if whole and not self.delivered:
            self._check_emptied(kept, self.held.left_out + self.left_out)
        self._deliver(self.held.release(), kept, again=False)

    def _delete_missing(self, kept: Derivation, *, whole: bool) -> None:
        """Delete the rows that the API no longer has, where all that it has was read."""
        rule, known = self.plan.table.missing, self.known
        self._send_waiting(kept)
        if known is None or (rule == "delete" and not whole):
            return
        gone = known.gone(listed(self.plan, rule, self.api, feed) if isinstance(rule, ListedIn) else None)
        check_gone(self.plan.table, gone, known.keys)
        self.waiting += gone
        self._send_waiting(kept)

    def _replace(self, source: Feed, kept: Derivation, rows: RowMaker) -> None:
        """Read the whole feed, and only then put its rows in the place of those that are there."""
        with Spool() as spool:
            with closing(source.reads()) as reads:
                for read in reads:
                    for part in rows_of(self.plan, read, rows):
                        spool.put(part)
                    if read is not None and read.keeps:
                        self._checkpoint(kept, source.anew)
                    if self.stopping():
                        raise StoppedError
            if spool.is_empty:
                self._check_emptied(kept, spool.left_out)
            self._start_over(source, kept)
            self._clear(spool)
            for part in spool.parts():
                self._deliver(part, kept, again=False)

    def _clear(self, spool: Spool) -> None:
        """Make room for what was read, unless that is nothing and nobody said that it may be."""
        if spool.is_empty and not self.plan.table.may_be_empty:
            self.log.warning(f"{self.name}: no record came, so nothing is replaced: whatever rows there are stay.")
            return
        if spool.is_empty:
            self.log.info(f"{self.name}: no record came, so every row of the table is deleted, as the plugin allows.")
        self._forget()
        self.delivery.replace(self.name)
        self.lists.replace(self.delivery)

    def _check_emptied(self, kept: Derivation, left_out: Counter[str]) -> None:
        """Nothing is left of a feed that was read from its start: raise ConnectorError where that is not to be believed."""
        fault = emptied(self.plan, had_rows=self.has_rows, extra_rows=kept.known_rows, left_out=left_out)
        if fault is not None:
            self._checkpoint(kept, {})
            raise fault
        self.has_rows = False

    def _start_over(self, source: Feed, kept: Derivation) -> None:
        """Let the state say that this read goes from the start of the feed, before its first row goes out.

        A feed may still hold old versions of a record, and a table that is replaced may be empty for a moment. Should this sync
        crash then, the next would otherwise go on at the old bookmark, behind what is missing.
        """
        if self.states[self.name].bookmark not in ({}, source.anew) and not source.start:
            self._checkpoint(kept, source.anew)

    def _deliver(self, rows: Rows, kept: Derivation, *, again: bool) -> None:
        if self.known is None and not self.lists.remember:
            self._send(rows, kept, again=again)
            return
        self.waiting += rows
        due = self._is_due(len(self.waiting), self._handled + len(self.waiting))
        if due or len(self.waiting) >= MOST_WAITING:
            self._send_waiting(kept)

    def _send_waiting(self, kept: Derivation) -> None:
        """Deliver rows that a later sync may have to take back, with their lines, once the state knows of them."""
        rows, self.waiting = self.waiting, []
        new = self.known.intend(rows) if self.known is not None else ()
        if (self.lists.remember and self.lists.intend(rows, self.delivery)) or new:
            self._checkpoint(kept, self.states[self.name].bookmark)
        if self.known is not None:
            self.known.took(rows)
        self._send(rows, kept, again=False, new=new)

    def _send(self, rows: Rows, kept: Derivation, *, again: bool, new: Collection[Key] = ()) -> None:
        left_out = [(key, row) for key, row in rows if row.__class__ is LeftOut]
        self._send_differing(rows, new, any_left_out=bool(left_out))
        for key, row in left_out:
            self.left_out[row.by] += 1
            kept.leave_out(key)
        self.delivered += len(rows) - len(left_out)
        self.has_rows = self.has_rows or bool(self.delivered and self.plan.deletes)
        if self.lists.of:
            self.lists.send(rows, self.delivery)
        if kept.extras:
            kept.add([(key, row) for key, row in dict(rows).items() if not isinstance(row, LeftOut)], again=again)

    def _send_differing(self, rows: Rows, new: Collection[Key], *, any_left_out: bool) -> None:
        """Send those of *rows* that are not there as they are, in order."""
        rows = self.sent.differing(rows, new)
        if self.sent.contradicts:
            self._forget()
        sent = 0
        for at, (_, row) in enumerate(rows) if any_left_out else ():
            if isinstance(row, LeftOut):
                self.delivery.upsert_all(self.name, rows[sent:at])
                # An earlier version of the record may have passed the filter and be in the table. Even a first sync cannot know:
                # one before it may have crashed between its first row and its first checkpoint.
                if row.keys:  # a table without a key: what it left out before, it left out then
                    self.delivery.delete(self.name, row.keys)
                sent = at + 1
        if rest := rows[sent:] if sent else rows:
            self.delivery.upsert_all(self.name, rest)

    def _forget(self) -> None:
        """Let the state say nothing any more of what rows there were, before one that contradicts it goes out."""
        if not self.sent.said:
            self.sent.said = True
            self.delivery.do(self._save, evolve(self.states[self.name], row_digests=None))

    def _between_pages(self, source: Feed, kept: Derivation, *, now: bool) -> None:
        """Checkpoint where that is due, *now*, or the last thing to do."""
        stopping = self.stopping()
        due = now or stopping or self._is_due(self._handled - self.checkpointed, self._handled)
        if due and not (self.held.rows or self.waiting):  # while rows wait, the next sync would go on behind them
            self._checkpoint(kept, source.bookmark)
        if stopping:
            raise StoppedError

    def _is_due(self, since: int, handled: int) -> bool:
        return self.engine.checkpoints.due(since, handled, self.engine.clock() - self.checkpointed_at)

    def _checkpoint(self, kept: Derivation, bookmark: Bookmark) -> None:
        keys = None if self.known is None else self.known.state()
        extras = kept.state(bookmark)
        if self.lists.say:
            extras |= self.lists.state()
        digests, values = self.sent.state(), kept.row_values(bookmark)
        self.delivery.do(self._save, TableState(bookmark, extras, self.has_rows, keys, digests, values))
        self.checkpointed, self.checkpointed_at = self._handled, self.engine.clock()
        if self.delivered:
            self.note(f"Checkpoint saved after {counted(self.delivered, 'record')}")

    def _save(self, state: TableState) -> None:
        """Checkpoint with this table's *state*, and with what the last checkpoint of every other one has left."""
        self.states[self.name] = state
        whole = self.states.whole(self.log)
        check_discreet(self.plan, self.api.hidden, state.bookmark, whole)
        self.delivery.operations.checkpoint(whole)
