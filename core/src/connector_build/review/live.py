"""`connector-build check --live`: what the real API sends today, held against what the plugin says.

Each table is read with the connector's own client, auth, paginator and feed, as far as a proof needs and no further than a few
pages; nothing is delivered and no state is made.
"""

import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

from attrs import define, evolve, field, frozen

from connector_build.project.configuration import check_configuration
from connector_build.review.drift import Drift
from connector_build.review.live_feed import Asking
from connector_build.review.live_finding import Finding, struck
from connector_build.review.live_table import Looked, Looker, chosen
from connector_core.basics.discretion import strike
from connector_core.basics.errors import ConnectorError, PluginError, UnexpectedAnswer
from connector_core.basics.logs import DiscreetLog
from connector_core.basics.operations import Log
from connector_core.engine.journal import Journal
from connector_core.engine.reading import Api
from connector_core.engine.sync import make_client
from connector_core.paging.given import Given
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.plugin.binding import bound
from connector_core.source.children import for_parent
from connector_core.source.configuration import Configuration, read_configuration, unknown_names
from connector_core.source.pagination import Page, Request
from connector_core.source.parents import Each, Parent
from connector_core.source.tables import Table

MAX_PAGES: Final = 10
"""So many pages of a table are read, unless the caller says another number; proofs take a few requests more."""


@frozen
class Compared:
    """One table of a connector, held against its API.

    origin:   the plugin and hook that declare it. request: what was asked for first. requests: how many, proofs included.
    ended:    how its feed ended, in words; next: where the next sync starts.
    drift:    how its records differ from what is declared; None where it could not be asked for at all.
    columns:  ``columns={…}``, ready for the plugin, where something has to change.
    """

    table: str
    origin: str
    request: str = ""
    drift: Drift | None = None
    findings: tuple[Finding, ...] = ()
    requests: int = 0
    pages: int = 0
    records: int = 0
    ended: str = ""
    next: str = ""
    columns: str = ""

    @property
    def breaks(self) -> bool:
        """Whether a sync of this table would fail, or deliver something else than declared."""
        return any(each.kind == "wrong" for each in self.findings) or (self.drift is not None and self.drift.breaks)


_exact_client = partial(make_client, plain_floats=())
"""What is compared are the numbers as the API writes them."""


def compare(
    assembly: Assembly,
    configuration: Configuration,
    log: Log,
    client: Callable[[Assembly, Configuration, Log], Any] = _exact_client,
    on_table: Callable[[str], object] = lambda _: None,
    max_pages: int = MAX_PAGES,
) -> list[Compared]:
    """Read each table, at most *max_pages* of it, and compare it; *on_table* is called with its name before it is read.

    Raises a ConnectorError, without any secret, when the API cannot be asked at all: it cannot be reached, or refuses the key.
    """
    hidden = configuration.hidden
    discreet = DiscreetLog(log, hidden)
    assembly = bound(assembly, configuration)
    try:
        with client(assembly, configuration, discreet) as opened:
            reader = _Reader(assembly, configuration, opened.fetch, discreet, max_pages)
            found = []
            for plan in assembly.tables:
                on_table(plan.table.name)
                found.append(reader.compared(plan))
            return found
    except ConnectorError as error:
        raise type(error)(strike(hidden, str(error))) from None


def read_values(assembly: Assembly, file: Path) -> tuple[Configuration, list[str]]:
    """The configuration in *file*, checked, and remarks on what in it is no setting.

    Raises UsageProblem for a file that cannot be read, ConfigurationError for values that cannot be used.
    """
    raw = check_configuration(assembly, file)
    return read_configuration(assembly.settings, raw), unknown_names(assembly.settings, raw)


@define
class _Counted:
    """What fetches pages, and counts them."""

    fetch: Callable[[Table, Request], Page]
    requests: int = 0

    def __call__(self, table: Table, request: Request) -> Page:
        self.requests += 1
        return self.fetch(table, request)


@define
class _Heard:
    """A log that keeps the warnings of a feed."""

    log: Log
    warnings: list[str] = field(factory=list)

    def info(self, message: str) -> None:
        self.log.info(message)

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    alert = warning


class _NoParentError(Exception):
    """There is no record of the parent that a child table could be asked for by."""


@frozen(hash=False)
class _Reader:
    """Reads the tables one by one, and remembers the first page of each that was a parent."""

    assembly: Assembly
    configuration: Configuration
    fetch: Callable[[Table, Request], Page]
    log: Log
    most: int
    _first: dict[str, list[Any]] = field(factory=dict, init=False, repr=False)

    def compared(self, plan: TablePlan) -> Compared:
        secrets = self.configuration.hidden
        counted, heard = _Counted(self.fetch), _Heard(self.log)
        made = Compared(plan.table.name, str(plan.origin))
        try:
            looked = self._looked(plan, self._looker(counted, heard))
        except _NoParentError as error:
            return evolve(made, requests=counted.requests, findings=(Finding("unproved", "records", str(error)),))
        except (UnexpectedAnswer, PluginError) as error:
            wrong = struck(secrets, Finding("wrong", "answers", str(error)))
            return evolve(made, requests=counted.requests, findings=(wrong,))
        return _told(made, looked, heard.warnings, counted.requests, secrets)

    def _looker(self, fetch: _Counted, log: _Heard) -> Looker:
        values = self.configuration
        paths = {plan.table.name: plan.table.path for plan in self.assembly.tables}
        journal = Journal(log, paths, time.monotonic)
        api = Api(fetch, values["base_url"], values["page_size"], values.hidden, log, journal)
        sizes = [setting for setting in self.assembly.settings if setting.name == "page_size"]
        least = next((int(each.minimum) for each in sizes if each.minimum is not None), 1)
        return Looker(Asking(api, self.most), values.hidden, max(1, least))

    def _looked(self, plan: TablePlan, looker: Looker) -> Looked:
        if plan.parent is None:
            return looker.own(plan, self._first.setdefault(plan.table.name, []))
        parent, where = plan.parent, f"{plan.table.name}: the first page of {plan.parent.table.name}"
        parents = chosen(plan, parent, self._parents(parent, looker.asking), where)
        if not parents:
            raise _NoParentError(f"the first page of {parent.table.name} has no record to ask for {plan.table.name} by")
        return looker.children(plan, parents, where)

    def _parents(self, parent: TablePlan, asking: Asking) -> list[Any]:
        name = parent.table.name
        if isinstance(parent.paginator, Given):
            return list(parent.paginator.page.records)
        if name not in self._first and parent.table.parent and parent.parent:
            return self._children_first(parent, parent.table.parent, parent.parent, asking)
        if name not in self._first:
            run = asking.run(parent, most=1)
            if run.problem:
                raise UnexpectedAnswer(run.problem)
            self._first[name] = list(run.last.page.records) if run.last else []
        return self._first[name]

    def _children_first(self, plan: TablePlan, above: Parent | Each, parent: TablePlan, asking: Asking) -> list[Any]:
        """The records of a child table that is a parent itself: the first page of those of a few of its own parents."""
        where = f"{plan.table.name}: the first page of {parent.table.name}"
        found: list[Any] = []
        for record in chosen(plan, parent, self._parents(parent, asking), where):
            run = asking.run(evolve(plan, table=for_parent(plan.table, record, f"{where}: a record")), most=1)
            if run.problem:
                raise UnexpectedAnswer(run.problem)
            found += [{**each, **above.added(record)} for each in (run.last.page.records if run.last else [])]
        return self._first.setdefault(plan.table.name, found)


def _told(made: Compared, looked: Looked, warnings: Iterable[str], requests: int, secrets: Any) -> Compared:
    remarks = [Finding("remark", "answers", text.removeprefix(f"{made.table}: ")) for text in dict.fromkeys(warnings)]
    return evolve(
        made,
        request=strike(secrets, looked.first),
        drift=looked.drift,
        findings=tuple(struck(secrets, each) for each in (*looked.findings, *remarks)),
        requests=requests,
        pages=looked.pages,
        records=looked.records,
        ended=strike(secrets, looked.ended),
        next=strike(secrets, looked.next),
        columns=strike(secrets, looked.columns),
    )
