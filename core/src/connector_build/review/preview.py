"""`connector-build preview`: the first records of each table, as rows with types, without a build and without a destination."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from connector_build.api.recording import Recording
from connector_build.errors import UsageProblem
from connector_build.review.column_types import SUGGESTED, narrowed
from connector_build.review.live import read_values
from connector_build.testing.contract.apis import Api
from connector_build.testing.reading import Fetch, feeds_of, read_feed
from connector_build.testing.warehouse.runs import signed
from connector_core import ConnectorError
from connector_core.basics.discretion import Secrets, strike
from connector_core.basics.names import did_you_mean, one_line
from connector_core.basics.operations import Log
from connector_core.derived import applying
from connector_core.engine.sync import make_client
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.plugin.binding import bound
from connector_core.source.rows import records_of
from connector_core.source.tables import Record, Table

LOOKED_AT: Final = 20
"""So many pages are asked for until one has a record: an export has to be made first, and a window may be empty."""


@frozen
class Column:
    """A column of what is shown. *type*: as declared, or what fits its values. *found*: whether a record that was read has it."""

    name: str
    type: str
    declared: bool
    key: bool = False
    found: bool = True


@frozen
class Preview:
    """The first records of one table.

    request: what brought them. records: how many came with it. more: whether the feed goes on. rows: the first of them, as a sync
    would send them, before their values are made to fit their types. problem: why there are none.
    """

    table: str
    request: str = ""
    records: int = 0
    more: bool = False
    columns: tuple[Column, ...] = ()
    rows: tuple[Record, ...] = ()
    problem: str = ""


@frozen
class Source:
    """Where pages come from: an assembly whose requests are filled in, what fetches them, and how large they are."""

    assembly: Assembly
    fetch: Fetch
    size: int
    secrets: Secrets


@contextmanager
def live(assembly: Assembly, file: Path, log: Log, remark: Callable[[str], object]) -> Iterator[Source]:
    """The real API, by the configuration in *file*; *remark* is told what in it is no setting.

    Raises UsageProblem or ConfigurationError for one that cannot be used.
    """
    values, remarks = read_values(assembly, file)
    for each in remarks:
        remark(f"{file}: {each}.")
    assembly = bound(assembly, values)
    with make_client(assembly, values, log, plain_floats=()) as client:
        yield Source(assembly, client.fetch, values["page_size"], values.hidden)


@contextmanager
def replayed(assembly: Assembly, recording: Recording) -> Iterator[Source]:
    """What was recorded of it."""
    assembly = signed(assembly, recording.settings)
    with Api(assembly, recording.reply, (recording.page_size,)).client() as client:
        yield Source(assembly, client.fetch, recording.page_size, Secrets())


def chosen(assembly: Assembly, names: Sequence[str]) -> list[str]:
    """The source tables that are called *names*; all where there are none. Raises UsageProblem for a name of no table."""
    known = [plan.table.name for plan in assembly.tables]
    for name in names:
        if name not in known:
            derived = [extra for plan in assembly.tables for extra in plan.extra_declared]
            made = "is made of records of another table, and has no page of its own"
            why = made if name in derived else f"is no table{did_you_mean(name, known)}"
            raise UsageProblem(f"{one_line(name, 60)!r} {why}. Tables with pages: {', '.join(known)}.")
    return list(names) or known


def previews(source: Source, names: Sequence[str], most: int) -> Iterator[Preview]:
    """The first *most* rows of each of the tables that are called *names*."""
    for plan in source.assembly.tables:
        if plan.table.name in names:
            try:
                yield _preview(source, plan, most)
            except ConnectorError as error:
                yield Preview(plan.table.name, problem=strike(source.secrets, str(error)))


def _preview(source: Source, plan: TablePlan, most: int) -> Preview:
    name = plan.table.name
    feeds = [(plan.table, {})] if plan.parent is None else feeds_of(plan, lambda *each: _listed(source, *each), 1)
    if not feeds:
        assert plan.parent is not None  # noqa: S101  (a table without a parent has a feed)
        return Preview(name, problem=f"no record of {plan.parent.table.name} was found that it could be asked for by")
    table, added = feeds[0]
    last = Preview(name)
    for step in islice(read_feed(source.fetch, plan.paginator, table, source.size, {}, source.secrets), LOOKED_AT):
        records = list(records_of(table, step.page, step.request, name))
        request = strike(source.secrets, f"{step.request}")
        last = Preview(name, request, len(records), step.following is not None, problem="" if records else "no records came")
        if records:
            rows = tuple(_rows(plan, records, added))
            shown = tuple({key: _struck(source.secrets, value) for key, value in row.items()} for row in rows[:most])
            return Preview(name, request, len(records), last.more, tuple(_columns(plan, rows)), shown)
    return last


def _listed(source: Source, plan: TablePlan, table: Table) -> Iterator[Record]:
    for step in read_feed(source.fetch, plan.paginator, table, source.size, {}, source.secrets):
        yield from records_of(table, step.page, step.request, table.name)


def _rows(plan: TablePlan, records: Sequence[Any], added: Mapping[str, Any]) -> Iterator[Record]:
    """What the transforms leave of *records*, each with what its parent adds."""
    for record in records:
        row = applying.transformed(plan.transforms, copy.deepcopy({**record, **added}))
        if not isinstance(row, applying.LeftOut):
            yield {name: value for name, value in row.items() if name in plan.declared or plan.undeclared != "drop"}


def _columns(plan: TablePlan, rows: Sequence[Record]) -> Iterator[Column]:
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for name, value in row.items():
            known = found.setdefault(name, SUGGESTED)
            found[name] = known if value is None else narrowed(known, value)
    for name, kind in plan.columns.items():
        yield Column(name, kind, declared=True, key=name in plan.table.primary_key, found=name in found)
    for name, types in found.items():
        if name not in plan.columns:
            yield Column(name, "" if types == SUGGESTED else types[0], declared=False)


def _struck(secrets: Secrets, value: Any) -> Any:
    """*value* without what the API sent back of a secret."""
    match value:
        case str():
            return strike(secrets, value)
        case Mapping():
            return {name: _struck(secrets, inner) for name, inner in value.items()}
        case list() | tuple():
            return [_struck(secrets, inner) for inner in value]
    return value


def as_json(found: Sequence[Preview]) -> list[dict[str, Any]]:
    """The previews, for a script."""
    return [
        {
            "table": each.table,
            "request": each.request,
            "records": each.records,
            "more": each.more,
            "problem": each.problem,
            "columns": [
                {"name": column.name, "type": column.type, "declared": column.declared, "key": column.key, "found": column.found}
                for column in each.columns
            ],
            "rows": json.loads(json.dumps(list(each.rows), default=str)),
        }
        for each in found
    ]
