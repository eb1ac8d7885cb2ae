"""`connector-build check --live`: what the real API sends today, held against what the plugin declares.

One page of each table is read, with the connector's own client, auth and paginator; nothing is delivered and no state is made.
"""

import json
import re
import reprlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal

from attrs import define, evolve, field, frozen
from rich.console import Console

from connector_build.project.configuration import check_configuration
from connector_build.project.describe import grid, line
from connector_core.basics.discretion import strike
from connector_core.basics.errors import ConnectorError, PluginError, UnexpectedAnswer
from connector_core.basics.extraction import value_at
from connector_core.basics.names import one_line, stored_name
from connector_core.basics.operations import Log
from connector_core.engine.sync import make_client
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.configuration import Configuration, read_configuration, unknown_names
from connector_core.source.pagination import Page, Request
from connector_core.source.parents import for_parent
from connector_core.source.tables import Record, Table

Kind = Literal["missing", "type", "new"]
EXAMPLE: Final = 60
"""Characters of an example that are shown."""


@frozen
class FieldDrift:
    """A field in which the API and the plugin differ.

    kind:     ``missing``: declared, and in no record; ``type``: some value is not of the declared type; ``new``: not declared.
    declared: its type, empty for a new one. found: what there is instead, in words. example: such a value, shortened.
    """

    name: str
    kind: Kind
    declared: str
    found: str
    example: str


@frozen
class Drift:
    """How the records of one page differ from what the plugin declares.

    records: how many were compared. left_out: how many more the transforms leave out.
    failed:  which transform failed, and how; the records are then compared as the API sends them. Empty where none did.
    """

    fields: tuple[FieldDrift, ...]
    records: int
    left_out: int = 0
    failed: str = ""

    @property
    def breaks(self) -> bool:
        """Whether a sync would fail or deliver something else than declared. New fields alone do not."""
        return bool(self.failed) or any(each.kind != "new" for each in self.fields)


def drift(plan: TablePlan, records: Iterable[Any], secrets: Iterable[str] = ()) -> Drift:
    """Compare *records*, as the API sends them, with the columns of *plan*, after its transforms; examples show no secret.

    Where there is no record to compare, nothing is missing. Raises UnexpectedAnswer for a record that is no object.
    """
    secrets = tuple(secrets)
    sent = _Tally(plan.table.columns, plan.table.primary_key, secrets)
    rows = _Tally(plan.columns, plan.table.primary_key, secrets)
    failures: dict[str, _Failure] = {}
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise UnexpectedAnswer(
                f"{plan.table.name}: record {number} is {_example(record, secrets)}, not an object. "
                "Ask the API's owner, or change the plugin."
            )
        sent.add(record)
        row = _transformed(plan, record, failures)
        if row is not None:
            rows.add(row)
    if not failures:
        return Drift(rows.drifts(), rows.records, sent.records - rows.records)
    failed = "; ".join(
        f"the transform {name} failed on {failure.records} of {sent.records} records, at first with {failure.first}"
        for name, failure in failures.items()
    )
    return Drift(sent.drifts(), sent.records, failed=strike(secrets, failed))


@define
class _Failure:
    """How a transform failed at first, and on how many records."""

    first: str
    records: int = 0


def _transformed(plan: TablePlan, record: Record, failures: dict[str, _Failure]) -> Record | None:
    """The row that the transforms make of *record*; None where one leaves it out or, which goes into *failures*, fails."""
    row: Record = dict(record)
    for transform in plan.transforms:
        try:
            made = transform(row)
        except Exception as error:  # noqa: BLE001  (whatever a plugin raises)
            failures.setdefault(transform.name, _Failure(f"{type(error).__name__}: {one_line(error)}")).records += 1
            return None
        if made is None:
            return None
        if not isinstance(made, dict):
            failures.setdefault(transform.name, _Failure(f"{type(made).__name__} in place of a record")).records += 1
            return None
        row = made
    return row


# Fields


@define
class _Tally:
    """What the fields of some records hold that is not what *columns* declare."""

    columns: Mapping[str, str]
    key: Sequence[str]
    secrets: Sequence[str] = field(repr=False)
    records: int = field(default=0, init=False)
    _seen: set[str] = field(factory=set, init=False)
    _odd: dict[str, dict[str, "_Odd"]] = field(factory=dict, init=False)
    """Field → what it holds, in words → how often, with an example."""

    def add(self, record: Record) -> None:
        self.records += 1
        for name, value in record.items():
            declared = self.columns.get(name)
            if declared is not None:
                self._seen.add(name)
            if odd := kind_of(value) if declared is None else unfit(declared, value):
                self._note(name, odd, value)
        for name in self.key:
            if record.get(name) is None:
                self._note(name, "null in a key" if name in record else "nothing in a key", None)

    def _note(self, name: str, odd: str, value: Any) -> None:
        noted = self._odd.setdefault(name, {})
        if odd not in noted:
            noted[odd] = _Odd("" if value is None else _example(value, self.secrets))
        noted[odd].records += 1

    def drifts(self) -> tuple[FieldDrift, ...]:
        """What is missing, of another type, and new, in this order."""
        missing = [name for name in self.columns if self.records and name not in self._seen]
        wrong = [name for name in self.columns if name in self._odd and name in self._seen]
        new = [name for name in self._odd if name not in self.columns]
        return (
            *(FieldDrift(name, "missing", self.columns[name], strike(self.secrets, _renamed(name, new)), "") for name in missing),
            *(self._drift(name, "type", self.columns[name]) for name in wrong),
            *(self._drift(name, "new", "") for name in new),
        )

    def _drift(self, name: str, kind: Kind, declared: str) -> FieldDrift:
        noted = self._odd[name]
        parts = [
            f"{odd} ({each.records} of {self.records})" if each.records < self.records else odd for odd, each in noted.items()
        ]
        example = next((each.example for each in noted.values() if each.example), "")
        return FieldDrift(strike(self.secrets, str(name)), kind, declared, ", ".join(parts), example)


@define
class _Odd:
    """How many records hold something odd, and an example of it."""

    example: str
    records: int = 0


def _renamed(name: str, new: Iterable[str]) -> str:
    """What is found of a missing field: which of the *new* ones it may have become."""
    stored = {stored_name(str(each)): str(each) for each in new}
    near = get_close_matches(stored_name(name), stored, n=1, cutoff=0.8)
    return f"nothing, or is it {stored[near[0]]} now?" if near else "nothing"


def kind_of(value: object) -> str:
    """What *value* is, in words; of what JSON does not have, the name of its class."""
    return _KIND_NAMES.get(type(value), type(value).__name__)


_KIND_NAMES: Final[Mapping[type, str]] = {
    type(None): "null", bool: "boolean", int: "whole number", float: "float", str: "text", dict: "object", list: "list"
}  # fmt: skip


def unfit(declared: str, value: Any) -> str:
    """What *value* is, in words, where a column declared as *declared* does not take it; empty where it does, as it does null."""
    name = declared.partition("(")[0]
    kind = kind_of(value)
    if value is None or name not in _TAKEN:
        return ""
    if kind not in _TAKEN[name]:
        return kind
    if name in _BITS and not -(2 ** (_BITS[name] - 1)) <= value < 2 ** (_BITS[name] - 1):
        return f"whole number beyond {_BITS[name]} bits"
    if kind == "text" and name in _FORMS and not _reads_as(name, value):
        return f"text not like {_FORMS[name]}"
    return ""


_TAKEN: Final[Mapping[str, Sequence[str]]] = {
    "BOOLEAN": ("boolean",),
    **dict.fromkeys(("SHORT", "INT", "LONG"), ("whole number",)),
    **dict.fromkeys(("FLOAT", "DOUBLE"), ("whole number", "float")),
    "DECIMAL": ("text",),
    "NAIVE_DATE": ("text", "date"),
    **dict.fromkeys(("NAIVE_DATETIME", "UTC_DATETIME"), ("text", "datetime")),
    **dict.fromkeys(("STRING", "XML"), ("text",)),
    "BINARY": ("bytes",),
}
"""Declared type → what the Connector SDK takes for it and stores unchanged; JSON, which is not here, may be anything."""

_BITS: Final = {"SHORT": 16, "INT": 32, "LONG": 64}
_FORMS: Final = {
    "DECIMAL": "12.50",
    "NAIVE_DATE": "2024-12-31",
    "NAIVE_DATETIME": "2024-12-31T23:59:59",
    "UTC_DATETIME": "2024-12-31T23:59:59Z",
}
_DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = "[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?"
_PATTERNS: Final = {
    "NAIVE_DATE": re.compile(_DATE),
    "NAIVE_DATETIME": re.compile(_DATE + _TIME),
    "UTC_DATETIME": re.compile(f"{_DATE}{_TIME}(Z|[+-][0-9]{{2}}:?[0-9]{{2}})"),
}
"""How the Connector SDK takes dates and times (ISO 8601, with seconds and at most six digits behind them)."""


def _reads_as(declared: str, text: str) -> bool:
    if declared == "DECIMAL":
        try:
            return Decimal(text).is_finite()
        except InvalidOperation:
            return False
    try:
        return bool(_PATTERNS[declared].fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False


class _Repr(reprlib.Repr):
    """The repr of a value that may be nested deeper than Python prints. Texts stay whole: half a secret could not be struck."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxstring = self.maxlong = self.maxother = sys.maxsize


_REPR: Final = _Repr()


def _example(value: object, secrets: Iterable[str]) -> str:
    return one_line(strike(secrets, _REPR.repr(value)), EXAMPLE)


# Tables


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
        with client(assembly, configuration, _Discreet(log, hidden)) as opened:
            reader = _Reader(opened.fetch, configuration["page_size"], hidden)
            found = []
            for plan in assembly.tables:
                on_table(plan.table.name)
                found.append(reader.compared(plan))
            return found
    except ConnectorError as error:
        raise type(error)(strike(hidden, str(error))) from None


@frozen
class _Discreet:
    log: Log
    secrets: Iterable[str] = field(repr=False)

    def info(self, message: str) -> None:
        self.log.info(strike(self.secrets, message))

    def warning(self, message: str) -> None:
        self.log.warning(strike(self.secrets, message))


@frozen
class StatusLog:
    """A log whose lines go to *update*, one in place of the other: why it takes so long."""

    update: Callable[[str], None]

    def info(self, message: str) -> None:
        self.update(message)

    def warning(self, message: str) -> None:
        self.update(message)


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
        added = {column: value_at(parent, name) for column, name in plan.table.parent.adds.items()}
        return request, _with_added(page.records, added, plan.table.name)

    def _parent_of(self, plan: TablePlan, parent: TablePlan) -> Record:
        """The first record of *parent* that its transforms do not leave out, as the API sends it."""
        _, page = self._first_page(parent)
        failures: dict[str, _Failure] = {}
        for record in page.records:
            if isinstance(record, dict) and _transformed(parent, record, failures) is not None:
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


# In print


def as_json(compared: Iterable[Compared]) -> list[dict[str, Any]]:
    """What was found, as JSON has it."""
    return [
        {
            "table": each.table,
            "request": each.request,
            "records": each.drift.records if each.drift else 0,
            "left_out": each.drift.left_out if each.drift else 0,
            "fields": [
                {"name": one.name, "drift": one.kind, "declared": one.declared, "found": one.found, "example": one.example}
                for one in (each.drift.fields if each.drift else ())
            ],
            "failed": each.drift.failed if each.drift else "",
            "problem": each.problem,
        }
        for each in compared
    ]


def show(compared: Sequence[Compared], console: Console) -> None:
    """Print what was found, table by table, and what to do about it."""
    for each in compared:
        _show_table(each, console)
        console.print()
    line(console, f"{_count(len(compared), 'table')} read: {_summary(compared)}.", style="bold")
    broken = dict.fromkeys(each.origin for each in compared if each.breaks)
    if broken:
        line(console, f"Let {', '.join(broken)} follow the API, in columns or transforms, or ask the API's owner.")
    if any(one.kind == "new" for each in compared if each.drift for one in each.drift.fields):
        line(console, "New fields arrive all the same, but their floats are cut to 32 bits: declare those as DOUBLE.")


def _show_table(each: Compared, console: Console) -> None:
    if each.drift is None:
        line(console, f"{each.table}: not compared", style="bold")
        line(console, f"  {each.problem}", style="red" if each.fails else None)
        return
    out = f", {each.drift.left_out} more left out by transforms" if each.drift.left_out else ""
    line(console, f"{each.table}: {_count(each.drift.records, 'record')} of {each.request}{out}", style="bold")
    if each.drift.failed:
        line(console, f"  {each.drift.failed}; so this is what the API sends, without transforms", style="red")
    if not each.drift.fields:
        line(console, "  as declared" if each.drift.records else "  nothing to compare")
    rows = [
        (one_line(one.name, EXAMPLE), _TITLES[one.kind], one.declared, one_line(one.found), one.example)
        for one in each.drift.fields
    ]
    grid(console, ("field", "drift", "declared", "found", "example"), rows)


_TITLES: Final[Mapping[Kind, str]] = {"missing": "missing", "type": "another type", "new": "new"}


def _summary(compared: Sequence[Compared]) -> str:
    kinds = [one.kind for each in compared if each.drift for one in each.drift.fields]
    parts = [f"{_count(kinds.count(kind), 'field')} {words}" for kind, words in _WORDS.items() if kind in kinds]
    others = {
        "without a record": sum(each.drift is not None and not each.drift.records for each in compared),
        "not compared": sum(each.drift is None for each in compared),
        "with a transform that failed": sum(bool(each.drift and each.drift.failed) for each in compared),
    }
    parts += [f"{number} {words}" for words, number in others.items() if number]
    return ", ".join(parts) or "as declared"


_WORDS: Final[Mapping[Kind, str]] = {"missing": "missing", "type": "of another type", "new": "new"}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
