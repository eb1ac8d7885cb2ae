"""The sync: configuration → requests → pages → records → operations → checkpoints."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from attrs import define, evolve, field, frozen
from requests.auth import AuthBase

from connector_core.assembly import Assembly, TablePlan
from connector_core.checkpoints import CheckpointPolicy
from connector_core.client import Client
from connector_core.derivation import Derivation, derivation
from connector_core.discretion import Secrets, strike
from connector_core.errors import ConfigurationError, ConnectorError, PluginError, RequestRejected
from connector_core.names import one_line
from connector_core.operations import Delivery, Log, Operations
from connector_core.pages import PageRead, read_pages
from connector_core.pagination import Bookmark, Page, Paginator, Request, next_request
from connector_core.records import LeftOut, RowMaker
from connector_core.settings import Configuration, read_configuration, unknown_names
from connector_core.state import TableState, read_state, write_state
from connector_core.tables import Key, Record, Table

PAGES_SHOWN = 20
"""The log names each page up to this one; a longer sync shows its milestones, the checkpoints."""


@frozen
class Engine:
    """What a sync runs on, apart from the assembly; tests and benchmarks replace parts of it.

    client:      (assembly, configuration, log) → the client to fetch with.
    clock:       seconds from any start, never going back.
    checkpoints: when to checkpoint.
    """

    client: Callable[[Assembly, Configuration, Log], Client]
    clock: Callable[[], float] = time.monotonic
    checkpoints: CheckpointPolicy = field(factory=CheckpointPolicy)


def make_client(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
    """The client of a real sync. Raises PluginError when the plugin's auth cannot be made."""
    try:
        auth = assembly.auth(configuration)
    except ConfigurationError:
        raise
    except PluginError as error:
        raise PluginError(f"{assembly.auth_origin}: {error}") from None
    except Exception as error:  # noqa: BLE001  (whatever the plugin raises)
        raise PluginError(
            f"{assembly.auth_origin}: the auth failed with {type(error).__name__}. Check what it reads from the configuration."
        ) from None
    if not isinstance(auth, AuthBase):
        raise PluginError(f"{assembly.auth_origin}: the auth made {type(auth).__name__}. Return a requests.auth.AuthBase.")
    return Client(configuration["base_url"], auth, log, secrets=configuration.hidden)


def sync(
    assembly: Assembly,
    configuration: Mapping[str, Any],
    state: Mapping[str, Any],
    operations: Operations,
    log: Log,
    engine: Engine | None = None,
) -> None:
    """Bring every table of *assembly* up to date, from where *state* says that the last sync stopped.

    It returns only when every page was read and every row delivered. Otherwise it raises a ConnectorError, and the next
    sync goes on from the last checkpoint.
    """
    engine = engine or Engine(make_client)
    values = read_configuration(assembly.settings, configuration)
    log = _DiscreetLog(log, values.hidden)
    for remark in unknown_names(assembly.settings, configuration):
        log.warning(f"Configuration: {remark}.")
    states = read_state(state, [plan.table.name for plan in assembly.tables])
    delivery = Delivery(operations)
    try:
        with engine.client(assembly, values, log) as client:
            for plan in assembly.tables:
                _TableSync(plan, values["page_size"], states, delivery, log, engine, client, values.hidden).run()
    except ConnectorError as error:
        raise type(error)(strike(values.hidden, str(error))) from error.__cause__


@frozen
class _DiscreetLog:
    """A log that shows no secret, whatever the API says."""

    log: Log
    secrets: Secrets = field(repr=False)

    def info(self, message: str) -> None:
        self.log.info(strike(self.secrets, message))

    def warning(self, message: str) -> None:
        self.log.warning(strike(self.secrets, message))


@frozen
class _DiscreetPaginator:
    """A paginator whose next requests hold no secret that the API put into them."""

    paginator: Paginator
    secrets: Secrets = field(repr=False)

    reads_on = True

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        return self.paginator.first(table, page_size, bookmark)

    def following(self, request: Request, page: Page) -> Request | None:
        following = next_request(self.paginator, request, page)
        return following.without(set(self.secrets)) if following and "?" in following.path else following

    def bookmark(self, request: Request) -> Bookmark:
        return self.paginator.bookmark(request)

    def rest(self, request: Request, page: Page) -> Bookmark:
        return self.paginator.rest(request, page)


@define
class _TableSync:
    """The sync of one table: how far it has come, and what the next checkpoint has to hold."""

    plan: TablePlan
    page_size: int
    states: dict[str, TableState]
    delivery: Delivery
    log: Log
    engine: Engine
    client: Client
    hidden: Secrets
    bookmark: Bookmark = field(factory=dict, init=False)
    delivered: int = field(default=0, init=False)
    left_out: Counter[str] = field(factory=Counter, init=False)
    pages: int = field(default=0, init=False)
    checkpointed: int = field(default=0, init=False)
    checkpointed_at: float = field(default=0.0, init=False)

    @property
    def name(self) -> str:
        return self.plan.table.name

    @property
    def _handled(self) -> int:
        """Records that went out, as an upsert or as a delete."""
        return self.delivered + self.left_out.total()

    def run(self) -> None:
        start = self.states[self.name]
        try:
            self._read(start)
        except _BookmarkRejectedError as error:
            self.log.warning(
                f"{self.name}: the API no longer knows the cursor that the last sync ended with ({error}). "
                "Reading the whole feed once."
            )
            self._read(evolve(start, bookmark={}))

    def _read(self, start: TableState) -> None:
        kept = derivation(self.plan, start.extra_tables, start.bookmark, self.log)
        try:
            if kept.reads_whole and start.bookmark:
                extras = ", ".join(extra.name for extra in self.plan.extra_tables)
                self.log.info(f"{self.name}: reading the whole feed, because of {extras}")
            self._read_from({} if kept.reads_whole else start.bookmark, kept)
        finally:
            kept.close()

    def _start_over(self, kept: Derivation) -> None:
        """Let the state say that this read goes from the start of the feed, before its first row goes out.

        A feed may still hold old versions of a record. Should this sync send one and then crash, the next would otherwise go on
        at the old bookmark, behind the newer version.
        """
        if self.states[self.name].bookmark and not self.bookmark:
            self._checkpoint(kept)

    def _read_from(self, bookmark: Bookmark, kept: Derivation) -> None:
        plan = self.plan
        rows = RowMaker(plan.table, plan.transforms, frozenset(plan.columns), self.log)
        first = plan.paginator.first(plan.table, self.page_size, bookmark)
        self.bookmark = plan.paginator.bookmark(first) if bookmark else {}
        self.checkpointed_at = self.engine.clock()
        if bookmark and not self.bookmark:
            self.log.warning(
                f"{self.name}: the state ({one_line(', '.join(bookmark))}) says nothing about where to go on. "
                "Reading the whole feed."
            )
        fetch = self._fetcher(first, stored=bool(self.bookmark))
        paginator = _DiscreetPaginator(plan.paginator, self.hidden)
        with closing(read_pages(fetch, paginator, first, self.name, plan.paginator_origin)) as pages:
            for read in pages:
                if not self.pages:
                    self._start_over(kept)
                rest = None if read.following else plan.paginator.rest(read.request, read.page)
                self._deliver(read, rows, kept, again=rest is not None and rest == self.bookmark)
                if rest is not None:
                    self.bookmark = rest
                elif read.following is not None:
                    self.bookmark = plan.paginator.bookmark(read.following)
                    self._checkpoint_if_due(kept)
        self.log.info(f"{self.name}: No more pages to fetch")
        kept.finish(self.delivery, lambda: self._checkpoint(kept))
        self._checkpoint(kept)
        each = ", ".join(f"{name} {number}" for name, number in self.left_out.items())
        left_out = f", {self.left_out.total()} left out ({each})" if each else ""
        self.log.info(f"{self.name}: {self.delivered} records from {self.pages} pages{left_out}")

    def _fetcher(self, first: Request, *, stored: bool) -> Callable[[Request], Page]:
        """Fetches one page; a refusal of the very first request is the stored bookmark's fault, if there is one."""

        table = self.plan.table
        rules: dict[str, Any] = {"errors": table.errors, "budget": table.budget} if table.errors or table.budget else {}

        def fetch(request: Request) -> Page:
            try:
                return self.client.fetch(table.name, table.records, request, **rules)
            except RequestRejected as error:
                if stored and request is first:
                    raise _BookmarkRejectedError(str(error)) from None
                raise

        return fetch

    def _deliver(self, read: PageRead, rows: RowMaker, kept: Derivation, *, again: bool) -> None:
        self.pages += 1
        if self.pages <= PAGES_SHOWN:
            self.log.info(f"{self.name}: {read.request}")
        taken: dict[Key, Record] = {}
        for key, row in rows.rows(read.page.records, f"{self.name}: {read.request}"):
            if isinstance(row, LeftOut):
                self._leave_out(key, row, kept)
                taken.pop(key, None)
            else:
                self.delivery.upsert(self.name, row, key)
                taken[key] = row
                self.delivered += 1
        kept.add(list(taken.items()), again=again)

    def _leave_out(self, key: Key, left_out: LeftOut, kept: Derivation) -> None:
        # An earlier version of the record may have passed the filter and be in the table. Even a first sync cannot know: one
        # before it may have crashed between its first row and its first checkpoint.
        self.left_out[left_out.by] += 1
        kept.leave_out(key)
        self.delivery.delete(self.name, left_out.keys)

    def _checkpoint_if_due(self, kept: Derivation) -> None:
        since = self._handled - self.checkpointed
        if self.engine.checkpoints.due(since, self._handled, self.engine.clock() - self.checkpointed_at):
            self._checkpoint(kept)

    def _checkpoint(self, kept: Derivation) -> None:
        bookmark = json.dumps(dict(self.bookmark))
        if strike(self.hidden, bookmark) != bookmark:
            raise PluginError(
                f"{self.plan.paginator_origin}: the place to go on from holds a secret, which no state may. "
                "Make the next request without it; the auth adds it again."
            )
        self.states[self.name] = TableState(self.bookmark, kept.state(self.bookmark))
        self.delivery.operations.checkpoint(write_state(self.states))
        self.checkpointed, self.checkpointed_at = self._handled, self.engine.clock()
        if self.delivered:
            self.log.info(f"{self.name}: Checkpoint saved after {self.delivered} records")


class _BookmarkRejectedError(Exception):
    pass
