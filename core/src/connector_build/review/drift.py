"""How records differ from what a plugin declares, field by field."""

import reprlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, Literal

from attrs import define, field, frozen

from connector_build.review.column_types import kind_of, unfit
from connector_core.basics.discretion import strike
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.names import one_line, stored_name
from connector_core.plugin.assembly import TablePlan
from connector_core.source.tables import Record

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
    failures: dict[str, Failure] = {}
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise UnexpectedAnswer(
                f"{plan.table.name}: record {number} is {_example(record, secrets)}, not an object. "
                "Ask the API's owner, or change the plugin."
            )
        sent.add(record)
        row = transformed(plan, record, failures)
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
class Failure:
    """How a transform failed at first, and on how many records."""

    first: str
    records: int = 0


def transformed(plan: TablePlan, record: Record, failures: dict[str, Failure]) -> Record | None:
    """The row that the transforms make of *record*; None where one leaves it out or, which goes into *failures*, fails."""
    row: Record = dict(record)
    for transform in plan.transforms:
        try:
            made = transform(row)
        except Exception as error:  # noqa: BLE001  (whatever a plugin raises)
            failures.setdefault(transform.name, Failure(f"{type(error).__name__}: {one_line(error)}")).records += 1
            return None
        if made is None:
            return None
        if not isinstance(made, dict):
            failures.setdefault(transform.name, Failure(f"{type(made).__name__} in place of a record")).records += 1
            return None
        row = made
    return row


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


class _Repr(reprlib.Repr):
    """The repr of a value that may be nested deeper than Python prints. Texts stay whole: half a secret could not be struck."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxstring = self.maxlong = self.maxother = sys.maxsize


_REPR: Final = _Repr()


def _example(value: object, secrets: Iterable[str]) -> str:
    return one_line(strike(secrets, _REPR.repr(value)), EXAMPLE)
