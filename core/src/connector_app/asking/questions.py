"""The questions behind charts, each answered by SQL with few rows, whatever the size of the table."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import field, frozen

from connector_app.asking.filters import NOTHING
from connector_app.asking.measures import RECORDS, Measure, is_missing
from connector_app.asking.rows import Rows

if TYPE_CHECKING:
    import pandas as pd

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: Final[Sequence[Grain]] = ("day", "week", "month", "quarter", "year")
POINTS: Final = 1000
"""How many points a scatter draws at most."""


@frozen(hash=False)
class Buckets:
    """A histogram.

    edges:  low and high of the buckets between the open ends, `width` apart.
    counts: number of bucket → records; -1 is below *low*, `count` is above *high*.
    """

    low: float
    high: float
    count: int
    counts: Mapping[int, int] = field(repr=False)
    missing: int = 0

    @property
    def width(self) -> float:
        return (self.high - self.low) / self.count if self.count else 0.0

    def ends(self, number: int) -> tuple[float | None, float | None]:
        """From where to where bucket *number* goes; None is an open end."""
        if number < 0:
            return None, self.low
        if number >= self.count:
            return self.high, None
        return self.low + number * self.width, self.low + (number + 1) * self.width


def buckets(rows: Rows, column: str, count: int = 20) -> Buckets | None:
    """A histogram of a column of numbers between its percentiles 1 and 99, so that extreme values do not squeeze it.

    What is beyond is counted in two open buckets. None when there is no number.
    """
    name = rows.session.name(column)
    low, high = (f"PERCENTILE_CONT({part}) WITHIN GROUP (ORDER BY {name})" for part in (0.01, 0.99))
    broken = f"SUM(CASE WHEN {name} <> FLOOR({name}) THEN 1 ELSE 0 END) AS broken"
    edges = rows.ask(f"{low} AS low, {high} AS high, COUNT(*) - COUNT({name}) AS missing, {broken}").iloc[0]
    if is_missing(edges["low"]):
        return None
    start, end = float(edges["low"]), float(edges["high"])
    if start == end:
        # One value nearly everywhere: a bucket for it, and what is beyond.
        start, end, count = start - 0.5, end + 0.5, 1
    elif not edges["broken"]:
        start, end, count = _whole(start, end, count)
    return Buckets(start, end, count, _counted(rows, name, start, end, count), int(edges["missing"]))


def _whole(low: float, high: float, count: int) -> tuple[float, float, int]:
    """Edges at whole numbers: otherwise some buckets would have more of them than others, and stand out for no other reason."""
    start, last = math.floor(low), math.ceil(high)
    width = math.ceil((last + 1 - start) / count)
    buckets = math.ceil((last + 1 - start) / width)
    return float(start), float(start + buckets * width), buckets


def _counted(rows: Rows, name: str, low: float, high: float, count: int) -> dict[int, int]:
    """Number of bucket → records."""
    number = f"CASE WHEN {name} < ? THEN -1 WHEN {name} > ? THEN {count + 1:d} ELSE FLOOR(({name} - ?) / ?) END"
    bound = (low, high, low, (high - low) / count)
    found = rows.where(f"{name} IS NOT NULL").ask(f"{number} AS bucket, COUNT(*) AS n", "GROUP BY 1 ORDER BY 1", before=bound)
    counts: dict[int, int] = {}
    for bucket, n in zip(found["bucket"], found["n"], strict=True):
        # The upper edge itself belongs to the last bucket; what is above has a number of its own.
        number_of = count if bucket == count + 1 else min(int(bucket), count - 1)
        counts[number_of] = counts.get(number_of, 0) + int(n)
    return counts


@frozen(hash=False)
class Top:
    """A measure for the values of a category: the first ones, and all others together.

    frame:  columns `category`, `value`, `records`, with `others` (whether it is the last bar).
    values: how many values the category has.
    """

    frame: "pd.DataFrame" = field(repr=False)
    values: int


def top(rows: Rows, by: str, measure: Measure = RECORDS, first: int = 10, *, ascending: bool = False, others: bool = True) -> Top:
    """*measure* for each value of *by*, the *first* largest ones (smallest, if *ascending*); the rest is measured as one group.

    NULL is a value of its own, shown as `NOTHING`.
    """
    name = f"COALESCE(CAST({rows.session.name(by)} AS VARCHAR), '{NOTHING}')"
    direction = "ASC" if ascending else "DESC"
    best = rows.ask(
        f"{name} AS category, {measure.sql} AS value, COUNT(*) AS records, COUNT(*) OVER () AS groups",
        f"GROUP BY 1 ORDER BY 2 {direction} NULLS LAST, 1 LIMIT {first:d}",
    )
    values = int(best["groups"].iloc[0]) if len(best) else 0
    best = best.drop(columns="groups").assign(others=False)
    if others and values > len(best):
        marks = ", ".join("?" * len(best))
        rest = rows.where(f"{name} NOT IN ({marks})", [str(each) for each in best["category"]])
        row = rest.ask(f"{measure.sql} AS value, COUNT(*) AS records").iloc[0]
        last = [(f"{values - len(best):,} others", row["value"], int(row["records"]), True)]
        best = best.from_records([*best.itertuples(index=False), *last], columns=list(best.columns))
    return Top(best, values)


def over_time(
    rows: Rows, date: str, measure: Measure = RECORDS, grain: Grain = "month", by: str = "", first: int = 5
) -> "pd.DataFrame":
    """*measure* for each day, week, month, quarter or year: columns `period`, `value`, `records`, and `category` for *by*.

    With *by*, the *first* categories with the most records have a line each; the others are left out.
    """
    period = f"DATE_TRUNC('{_grain(grain)}', CAST({rows.session.name(date)} AS DATE))"
    dated = rows.where(f"{rows.session.name(date)} IS NOT NULL")
    if not by:
        return dated.ask(f"{period} AS period, {measure.sql} AS value, COUNT(*) AS records", "GROUP BY 1 ORDER BY 1")
    leading = [str(each) for each in top(dated, by, RECORDS, first, others=False).frame["category"]]
    if not leading:
        return dated.ask(
            f"{period} AS period, {measure.sql} AS value, COUNT(*) AS records, '' AS category", "GROUP BY 1 ORDER BY 1"
        )
    name = f"COALESCE(CAST({rows.session.name(by)} AS VARCHAR), '{NOTHING}')"
    return dated.only(by, *leading).ask(
        f"{period} AS period, {name} AS category, {measure.sql} AS value, COUNT(*) AS records", "GROUP BY 1, 2 ORDER BY 1, 2"
    )


def _grain(grain: str) -> str:
    if grain not in GRAINS:
        raise ValueError(f"{grain!r} is no grain of time: day, week, month, quarter or year.")
    return grain


def points(rows: Rows, x: str, y: str, more: Sequence[str] = (), most: int = POINTS) -> "tuple[pd.DataFrame, int]":
    """At most *most* records with both numbers, drawn by a hash of the record (the same each time), and how many there are.

    Columns: `x`, `y` and *more*.
    """
    spelt = rows.session.name
    known = rows.where(f"{spelt(x)} IS NOT NULL AND {spelt(y)} IS NOT NULL")
    columns = ", ".join([f"{spelt(x)} AS x", f"{spelt(y)} AS y", *(spelt(each) for each in more)])
    key = rows.session.dictionary.table(rows.table).primary_key
    drawn = ", ".join(spelt(each) for each in key if rows.has(each)) or f"{spelt(x)}, {spelt(y)}"
    return known.ask(columns, f"ORDER BY HASH({drawn}) LIMIT {most:d}"), known.count()


def extent(rows: Rows, column: str) -> tuple[Any, Any]:
    """The least and the greatest value of a column; (None, None) when it has none."""
    name = rows.session.name(column)
    row = rows.ask(f"MIN({name}) AS smallest, MAX({name}) AS largest").iloc[0]
    return (None, None) if is_missing(row["smallest"]) else (row["smallest"], row["largest"])


def grain_for(days: int) -> Grain:
    """The grain that gives a line some ten to a hundred points over so many days."""
    return (
        "day"
        if days <= 45
        else "week"
        if days <= 240
        else "month"
        if days <= 365 * 6
        else "quarter"
        if days <= 365 * 20
        else "year"
    )
