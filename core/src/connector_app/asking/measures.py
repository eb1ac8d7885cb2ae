"""What is measured, in which unit, and how it is written for a reader."""

import math
from typing import Any, Final, Literal

from attrs import frozen

Better = Literal["higher", "lower", "neither"]
"""Which way is good news; it decides about colours, and nothing else does."""


@frozen
class Measure:
    """A figure over a set of rows.

    sql:    an aggregate, such as ``AVG(maintenance_cost)``. label: what it is, such as "average cost of a task".
    unit:   "USD", "h", "%", …; empty for a count. better: which way is good news.
    """

    sql: str
    label: str
    unit: str = ""
    better: Better = "neither"


@frozen
class Quantity:
    """A figure of one record.

    sql:  a column, or an expression over columns, such as ``cost / NULLIF(hours, 0)``. label, unit, better: as in `Measure`.
    """

    sql: str
    label: str
    unit: str = ""
    better: Better = "neither"

    @property
    def median(self) -> Measure:
        """Over a set of rows; a few extreme records do not move it."""
        return Measure(f"MEDIAN({self.sql})", f"median {self.label}", self.unit, self.better)

    @property
    def total(self) -> Measure:
        return Measure(f"SUM({self.sql})", f"total {self.label}", self.unit, self.better)


RECORDS: Final = Measure("COUNT(*)", "records")
MISSING: Final = "no value"


def is_missing(value: Any) -> bool:
    """Whether a value of a data frame stands for none."""
    return value is None or value != value or (isinstance(value, float) and math.isinf(value))


def shown(value: Any, unit: str = "") -> str:
    """A number as a reader wants it: three or four digits that matter, and its unit."""
    if is_missing(value):
        return MISSING
    if isinstance(value, str):
        return value
    text = _number(float(value))
    return f"{text}{unit}" if unit == "%" else f"{text} {unit}".strip()


def _number(value: float) -> str:
    size = abs(value)
    if size >= 1e12 or 0 < size < 1e-3:
        return f"{value:.3g}"
    for limit, divisor, letter in ((1e9, 1e9, " billion"), (1e6, 1e6, " million")):
        if size >= limit:
            return f"{value / divisor:,.2f}{letter}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if size >= 1000 else f"{value:.1f}" if size >= 100 else f"{value:.3g}"


def mean(column: str, label: str = "", unit: str = "", better: Better = "neither") -> Measure:
    """The average of a column, NULL left out."""
    return Measure(f"AVG({column})", label or f"average {_words(column)}", unit, better)


def summed(column: str, label: str = "", unit: str = "", better: Better = "neither") -> Measure:
    """The sum of a column."""
    return Measure(f"SUM({column})", label or f"total {_words(column)}", unit, better)


def middle(column: str, label: str = "", unit: str = "", better: Better = "neither") -> Measure:
    """The median of a column, which a few extreme values do not move."""
    return Measure(f"MEDIAN({column})", label or f"median {_words(column)}", unit, better)


def share(condition: str, of: str, label: str, better: Better = "neither") -> Measure:
    """How many of the records with *of* meet a condition, in per cent."""
    return Measure(f"100.0 * SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) / NULLIF(COUNT({of}), 0)", label, "%", better)


def _words(column: str) -> str:
    return column.replace("_", " ")
