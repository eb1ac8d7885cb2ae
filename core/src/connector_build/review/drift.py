"""How records differ from what a plugin declares, before and after its transforms."""

from collections.abc import Iterable
from typing import Any

from attrs import define, field, frozen

from connector_build.review.fields import EXAMPLE, FieldDrift, Kind, Tally, example_of
from connector_core.basics.counting import counted
from connector_core.basics.discretion import strike
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.derived.applying import LeftOut, TransformFailed, transformed
from connector_core.derived.named_fields import FieldWatch
from connector_core.plugin.assembly import TablePlan
from connector_core.source.tables import Record

__all__ = ["EXAMPLE", "Comparison", "Drift", "Failure", "FieldDrift", "Kind", "drift", "row_of"]


@frozen
class Drift:
    """How the records that were read differ from what the plugin declares.

    records: how many were compared. left_out: how many more the transforms leave out.
    failed:  which transform failed, and how; the records are then compared as the API sends them. Empty where none did.
    meeting: two names of fields that are one in the destination, where one overwrites the other; empty where there are none.
    empty:   declared columns of which nothing but null came.
    """

    fields: tuple[FieldDrift, ...]
    records: int
    left_out: int = 0
    failed: str = ""
    meeting: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether a sync would fail or deliver something else than declared. New fields alone do not, nor converted values."""
        return bool(self.failed or self.meeting) or any(each.kind in ("missing", "type") for each in self.fields)


def drift(plan: TablePlan, records: Iterable[Any], secrets: Iterable[str] = ()) -> Drift:
    """Compare *records*, as the API sends them, with the columns of *plan*, after its transforms; examples show no secret.

    Where there is no record to compare, nothing is missing. Raises UnexpectedAnswer for a record that is no object.
    """
    compared = Comparison(plan, tuple(secrets))
    for record in records:
        compared.add(record)
    return compared.result()


@define
class Failure:
    """How a transform failed at first, and on how many records."""

    first: str
    records: int = 0


def row_of(
    plan: TablePlan, record: Record, failures: dict[str, Failure], watch: FieldWatch | None = None
) -> Record | LeftOut | None:
    """The row that the transforms make of *record*, or what is left of it; None where one, which goes into *failures*, fails."""
    try:
        return transformed(plan.transforms, record, plan.table.primary_key, watch)
    except TransformFailed as failed:
        error = failed.__cause__
        words = f"{type(error).__name__}: {one_line(error)}" if error else f"{type(failed.made).__name__} in place of a record"
        failures.setdefault(failed.transform.name, Failure(words)).records += 1
        return None


@define
class Comparison:
    """Compares records one by one, as they come; see ``drift``. *watch* is told what each transform is given."""

    plan: TablePlan
    secrets: Iterable[str] = field(repr=False)
    watch: FieldWatch | None = None
    read: int = field(default=0, init=False)
    left_out: dict[str, int] = field(factory=dict, init=False)
    """Transform → how many records it leaves out."""
    _sent: "Tally" = field(init=False)
    _rows: "Tally" = field(init=False)
    _failures: dict[str, Failure] = field(factory=dict, init=False)

    @_sent.default
    def _(self) -> "Tally":
        return Tally(self.plan.table.declared, self.plan.table.primary_key, self.secrets)

    @_rows.default
    def _(self) -> "Tally":
        return Tally(self.plan.declared, self.plan.table.primary_key, self.secrets)

    def add(self, record: Any) -> Record | None:
        """Compare one record; the row that becomes of it, if any. Raises UnexpectedAnswer for what is no object."""
        self.read += 1
        if not isinstance(record, dict):
            raise UnexpectedAnswer(
                f"{self.plan.table.name}: record {self.read} is {example_of(record, self.secrets)}, not an object. "
                "Ask the API's owner, or change the plugin."
            )
        self._sent.add(record)
        row = row_of(self.plan, record, self._failures, self.watch)
        if isinstance(row, LeftOut):
            self.left_out[row.by] = self.left_out.get(row.by, 0) + 1
        elif row is not None:
            self._rows.add(row)
            return row
        return None

    def result(self) -> Drift:
        """How what was added so far differs from what is declared."""
        sent, rows = self._sent, self._rows
        if not self._failures:
            return Drift(rows.drifts(), rows.records, sent.records - rows.records, meeting=rows.meeting(), empty=rows.empty())
        failed = "; ".join(
            f"the transform {name} failed on {failure.records} of {counted(sent.records, 'record')}, "
            f"at first with {failure.first}"
            for name, failure in self._failures.items()
        )
        return Drift(sent.drifts(), sent.records, failed=strike(self.secrets, failed), meeting=sent.meeting(), empty=sent.empty())
