"""`connector-build check --live`: what the real API sends today, held against what the plugin declares.

One page of each table is read, with the connector's own client, auth and paginator; nothing is delivered and no state is made.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from connector_build.project.configuration import check_configuration
from connector_build.review.drift import EXAMPLE, Drift, Failure, drift, transformed
from connector_core.basics.discretion import strike
from connector_core.basics.errors import ConnectorError, PluginError, UnexpectedAnswer
from connector_core.basics.logs import DiscreetLog
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.basics.paths import cached_path
from connector_core.engine.sync import make_client
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.children import for_parent
from connector_core.source.configuration import Configuration, read_configuration, unknown_names
from connector_core.source.pagination import Page, Request
from connector_core.source.tables import Record, Table


@frozen
class Compared:
    """One table of a connector, held against one page of its API.

    origin: the plugin and hook that declare it. request: what was asked for. drift: None where there was nothing to compare;
    problem says why: an answer that is not as the plugin describes, or no parent to ask for children of.
    """

    table: str
    origin: str
    request: str = ""
    drift: Drift | None = None
    problem: str = ""
    fails: bool = False

    @property
    def breaks(self) -> bool:
        """Whether a sync of this table would fail, or deliver something else than declared."""
        return self.fails or (self.drift is not None and self.drift.breaks)


def compare(
    assembly: Assembly,
    configuration: Configuration,
    log: Log,
    client: Callable[[Assembly, Configuration, Log], Any] = make_client,
    on_table: Callable[[str], object] = lambda _: None,
) -> list[Compared]:
    """Read one page of each table and compare it; *on_table* is called with the name of a table before it is read.

    Raises a ConnectorError, without any secret, when the API cannot be asked at all: it cannot be reached, or refuses the key.
    """
    hidden = configuration.hidden
    try:
        with client(assembly, configuration, DiscreetLog(log, hidden)) as opened:
            reader = _Reader(opened.fetch, configuration["page_size"], hidden)
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
    check_configuration(assembly, file)
    raw = json.loads(file.read_text(encoding="utf-8"))
    return read_configuration(assembly.settings, raw), unknown_names(assembly.settings, raw)


class _NoParentError(Exception):
    """There is no record of the parent that a child table could be asked for by."""


@frozen
class _Reader:
    """Reads the first page of each table, a parent's once. fetch: (table, request) → page."""

    fetch: Callable[[Table, Request], Page]
    page_size: int
    secrets: Iterable[str] = field(repr=False)
    _pages: dict[str, tuple[Request, Page]] = field(factory=dict, init=False, repr=False)

    def compared(self, plan: TablePlan) -> Compared:
        made = Compared(plan.table.name, str(plan.origin))
        try:
            request, records = self._records(plan)
            found = drift(plan, records, self.secrets)
            return evolve(made, request=strike(self.secrets, str(request)), drift=found)
        except _NoParentError as error:
            return evolve(made, problem=str(error))
        except UnexpectedAnswer as error:
            return evolve(made, problem=strike(self.secrets, str(error)), fails=True)

    def _records(self, plan: TablePlan) -> tuple[Request, Iterable[Any]]:
        if plan.parent is None:
            request, page = self._first_page(plan)
            return request, page.records
        parent = self._parent_of(plan, plan.parent)
        where = f"{plan.table.name}: the first record of {plan.parent.table.name}"
        request, page = self._first_page(evolve(plan, table=for_parent(plan.table, parent, where)))
        assert plan.table.parent is not None  # noqa: S101  (a plan with a parent is of a table with one)
        added = {column: cached_path(name).get(parent) for column, name in plan.table.parent.adds.items()}
        return request, _with_added(page.records, added, plan.table.name)

    def _parent_of(self, plan: TablePlan, parent: TablePlan) -> Record:
        """The first record of *parent* that its transforms do not leave out, as the API sends it."""
        _, page = self._first_page(parent)
        failures: dict[str, Failure] = {}
        for record in page.records:
            if isinstance(record, dict) and transformed(parent, record, failures) is not None:
                return dict(record)
        raise _NoParentError(f"the first page of {parent.table.name} has no record to ask for {plan.table.name} by")

    def _first_page(self, plan: TablePlan) -> tuple[Request, Page]:
        table = plan.table
        if table.name not in self._pages:
            try:
                request = plan.paginator.first(table, self.page_size, {})
            except ConnectorError:
                raise
            except Exception as error:
                raise PluginError(
                    f"{table.name}: {plan.paginator_origin} failed with {type(error).__name__}: {one_line(error)}. "
                    "Correct the paginator."
                ) from error
            self._pages[table.name] = request, self.fetch(table, request)
        return self._pages[table.name]


def _with_added(records: Iterable[Any], added: Mapping[str, Any], table: str) -> Iterator[Any]:
    """The records of a child table, each with the columns that it is given, as a sync does it."""
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            yield record
            continue
        for name, value in added.items():
            if record.get(name, value) != value:
                raise UnexpectedAnswer(
                    f"{table}: record {number} has {one_line(repr(record[name]), EXAMPLE)} as {name}, but its parent has "
                    f"{one_line(repr(value), EXAMPLE)}. Give the parent's value a column of another name in the table's parent."
                )
        yield {**added, **record}
