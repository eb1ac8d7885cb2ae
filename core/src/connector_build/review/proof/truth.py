"""What the recording says that the rows have to be: read page by page, without the engine of a sync."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from attrs import field, frozen

from connector_build.api.recording import Recording
from connector_build.local.comparing import expected
from connector_build.testing.contract.apis import Api
from connector_build.testing.reading import Fetch, feeds_of, read_feed
from connector_build.testing.warehouse.runs import signed
from connector_core.basics.names import stored_name
from connector_core.paging.times import moment_of
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.rows import records_of
from connector_core.source.tables import Record, Table

Key = tuple[str, ...]


@frozen
class Truth:
    """The rows of one table by what was recorded.

    rows:     key in plain form → the row, the last one that came. key: its columns. columns: declared types.
    records:  how many were recorded. pages: the keys of each page, in order. fields: those of a record, as they are stored.
    doubled:  records that share a key with another one which is not the same.
    """

    table: str
    key: Sequence[str]
    columns: Mapping[str, str]
    rows: Mapping[Key, Record] = field(repr=False)
    records: int
    pages: Sequence[frozenset[Key]] = field(repr=False)
    fields: frozenset[str] = frozenset()
    doubled: int = 0


def key_of(row: Mapping[str, Any], columns: Sequence[str]) -> Key:
    """The key of a row, in the plain form in which the keys of two destinations compare."""
    return tuple(_plainly(row.get(name)) for name in columns)


def _plainly(value: Any) -> str:
    """A value as text that is the same whatever type it is stored as: 5 and 5.0, a moment in any zone."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return f"{Decimal(repr(value) if isinstance(value, float) else value).normalize():f}"
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    moment = moment_of(text) if ":" in text else None
    return moment.astimezone(UTC).isoformat() if moment else text


def truths(assembly: Assembly, recording: Recording) -> dict[str, Truth]:
    """Each table of *assembly*, extra tables among them. Raises NotRecorded and other ConnectorErrors."""
    assembly = signed(assembly, recording.settings)
    schema = {entry["table"]: entry for entry in assembly.schema}
    found: dict[str, Truth] = {}
    with Api(assembly, recording.reply, (recording.page_size,)).client() as client:
        for plan in assembly.tables:
            pages = list(_pages(client.fetch, plan, recording.page_size))
            rows = expected(plan, _last_of_each(plan, pages))
            fields = frozenset(stored_name(name) for page in pages for record in page for name in record)
            for name, made in rows.items():
                own = pages if name == plan.table.name else []
                found[name] = _truth(schema[name], made, own, fields)
    return found


def _truth(entry: Mapping[str, Any], rows: Sequence[Record], pages: Sequence[list[Record]], fields: frozenset[str]) -> Truth:
    key = tuple(entry.get("primary_key", ()))
    records = [record for page in pages for record in page]
    distinct = {(key_of(record, key), repr(sorted(record.items(), key=str))) for record in records}
    return Truth(
        entry["table"],
        key,
        {name: str(kind if isinstance(kind, str) else kind["type"]) for name, kind in entry["columns"].items()},
        {key_of(row, key): row for row in rows},
        len(records) if pages else len(rows),
        [frozenset(key_of(record, key) for record in page) for page in pages],
        fields if pages else frozenset(),
        len(distinct) - len({each for each, _ in distinct}),
    )


def _last_of_each(plan: TablePlan, pages: Sequence[list[Record]]) -> list[Record]:
    """The records, of each key the last one that came."""
    return list({key_of(record, plan.table.primary_key): record for page in pages for record in page}.values())


def _pages(fetch: Fetch, plan: TablePlan, size: int) -> Iterator[list[Record]]:
    def listed(parent: TablePlan, table: Table) -> Iterator[Record]:
        for step in read_feed(fetch, parent.paginator, table, size, {}):
            yield from records_of(table, step.page, step.request, table.name)

    feeds: Sequence[tuple[Table, Mapping[str, Any]]] = [(plan.table, {})] if plan.parent is None else feeds_of(plan, listed, None)
    for table, added in feeds:
        for step in read_feed(fetch, plan.paginator, table, size, {}):
            yield [{**record, **added} for record in records_of(table, step.page, step.request, table.name)]
