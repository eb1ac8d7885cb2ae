"""Comparing a figure with the data itself: the period before, the median of the peers, or a target that the user set."""

from typing import Literal

from attrs import frozen

from connector_app.asking.measures import Better, Measure, is_missing, shown
from connector_app.asking.rows import Rows

Verdict = Literal["good", "bad", "even", "unknown"]


@frozen
class Figure:
    """A figure and what it is held against.

    reference: None where there is nothing to hold it against; *against* says what it is, such as "the 90 days before".
    """

    label: str
    value: float | None
    unit: str = ""
    reference: float | None = None
    against: str = ""
    better: Better = "neither"

    @property
    def change(self) -> float | None:
        """By how much of the reference it differs: 0.1 is ten per cent more; None where that cannot be said."""
        if self.value is None or not self.reference:
            return None
        return (self.value - self.reference) / abs(self.reference)

    @property
    def verdict(self) -> Verdict:
        if self.change is None:
            return "unknown"
        if self.better == "neither" or abs(self.change) < 0.005:
            return "even"
        return "good" if (self.change > 0) == (self.better == "higher") else "bad"

    def words(self) -> str:
        """Such as "412 USD, 8.1% more than the 90 days before (381 USD)"."""
        said = shown(self.value, self.unit)
        if self.change is None:
            return said
        how = (
            "as much as" if abs(self.change) < 0.0005 else f"{abs(self.change):.1%} {'more' if self.change > 0 else 'less'} than"
        )
        return f"{said}, {how} {self.against} ({shown(self.reference, self.unit)})"


def measured(rows: Rows, measure: Measure) -> float | None:
    """A measure over all of *rows*; None where it has no value."""
    value = rows.ask(f"{measure.sql} AS value")["value"].iloc[0]
    return None if is_missing(value) else float(value)


def with_period_before(rows: Rows, measure: Measure) -> Figure:
    """A measure held against the same one in the period of equal length before, where the filters have a period."""
    now, before = measured(rows, measure), rows.filters.before()
    if before is None or before.dates is None:
        return Figure(measure.label, now, measure.unit, better=measure.better)
    then = measured(rows.under(before), measure)
    against = f"{before.dates.first} to {before.dates.last}"
    return Figure(measure.label, now, measure.unit, then, against, measure.better)


def with_peers(rows: Rows, measure: Measure, by: str, one: str) -> Figure:
    """A measure of one value of *by* held against the median of the measures of all others."""
    name = rows.session.name(by)
    groups = rows.where(f"{name} IS NOT NULL AND CAST({name} AS VARCHAR) <> ?", [one])
    inner = groups.query(f"{name} AS peer, {measure.sql} AS value", "GROUP BY 1")
    found = rows.session.sql(f"SELECT MEDIAN(value) AS value FROM ({inner.sql}) AS peers", inner.parameters)
    value = found["value"].iloc[0]
    middle = None if is_missing(value) else float(value)
    label = by.replace("_", " ").removesuffix(" id")
    return Figure(
        measure.label, measured(rows.only(by, one), measure), measure.unit, middle, f"the median {label}", measure.better
    )


def with_target(rows: Rows, measure: Measure, target: float | None) -> Figure:
    """A measure held against a target that the user set; None where he set none."""
    return Figure(measure.label, measured(rows, measure), measure.unit, target, "the target", measure.better)
