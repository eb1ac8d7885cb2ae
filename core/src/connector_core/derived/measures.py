"""Measures: what an aggregate computes for a group, step by step over its records."""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Literal

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, decimal_digits, one_line
from connector_core.source.columns import Column, Declared
from connector_core.source.numbers import EXACTLY, LARGEST_LONG, SMALLEST_LONG
from connector_core.source.values import read

LARGEST_PRECISION = 38
"""Digits of the largest DECIMAL that there is."""


@frozen
class Measure:
    """One column of an aggregate: what to compute from which source column. Make it with count, total, minimum or maximum.

    description: what it means, for people; made from the kind and the column when left out.
    """

    kind: Literal["count", "total", "minimum", "maximum"]
    column: str | None = None
    description: str = field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        if self.column is not None:
            check_column_name(self.column, f"Measure {self.kind}")
        if not isinstance(self.description, str):
            shown = one_line(repr(self.description), 60)
            raise PluginError(f"Measure {self.kind}: its description is {shown}. Write a text.")


def count(description: str = "") -> Measure:
    """The number of records of a group: SQL's ``count(*)``."""
    return Measure("count", None, description)


def total(column: str, description: str = "") -> Measure:
    """The sum of a number column, NULL where every value is: SQL's ``sum``, correctly rounded whatever the order."""
    return Measure("total", column, description)


def minimum(column: str, description: str = "") -> Measure:
    """The smallest value that is not null: SQL's ``min``."""
    return Measure("minimum", column, description)


def maximum(column: str, description: str = "") -> Measure:
    """The largest value that is not null: SQL's ``max``."""
    return Measure("maximum", column, description)


def measured(measure: Measure, source: Declared) -> Column:
    """The column that *measure* makes of those of *source*. Raises PluginError where there is no such thing to compute."""
    if measure.kind == "count" or measure.column is None:
        return Column("LONG", measure.description or "number of records")
    declared = source[measure.column]
    meaning = measure.description or _meaning(measure, declared)
    if measure.kind == "total":
        return Column(_total_type(measure.column, declared.type), meaning)
    if declared.type == "JSON":
        raise PluginError(
            f"{measure.column} is declared JSON, and lists and objects have no {measure.kind}. Measure another column."
        )
    return Column(declared.type, meaning, pii=declared.pii)


IN_WORDS = {"total": "sum", "minimum": "smallest value", "maximum": "largest value"}
"""What a measure of a column computes, for people."""


def _meaning(measure: Measure, declared: Column) -> str:
    """``sum of hours (time that the work took)``: what is computed, and what its column is said to hold."""
    said = f" ({declared.description})" if declared.description else ""
    return f"{IN_WORDS[measure.kind]} of {measure.column}{said}"


def _total_type(column: str, kind: str) -> str:
    """The type of a sum, as SQL has it: DECIMAL stays exact, with all the digits that there are."""
    if digits := decimal_digits(kind):
        return f"DECIMAL({LARGEST_PRECISION},{digits[1]})"
    if kind in ("SHORT", "INT", "LONG"):
        return "LONG"
    if kind in ("FLOAT", "DOUBLE"):
        return "DOUBLE"
    raise PluginError(
        f"{column} is declared {kind}, which is no number, so it has no total. If the API's values are numbers, also where it "
        "writes them as texts, declare LONG, DOUBLE or DECIMAL(15,2); if not, convert them with a transform that says its type."
    )


def _count_step(before: int | None, _: object) -> int:
    return (before or 0) + 1


def _total_step(before: Any, value: Any) -> Any:
    """One more summand: whole numbers in an int, floats as an exact sum of non-overlapping parts, decimals in a Decimal."""
    if value is None:
        return before
    kind = value.__class__
    if kind is Decimal:
        return value if before is None else EXACTLY.add(before, value)
    whole, parts = before or (0, None)
    if kind is float:
        return [whole, _add(parts, value) if parts else [value]]
    if kind is int:
        return [whole + value, parts]
    raise TypeError(f"a total of {one_line(repr(value), 60)}, which is no number")


def _add(parts: list[float], value: float) -> list[float]:
    """*parts*, whose exact sum stands for a number, with *value* added without any rounding.

    J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997, GROW-EXPANSION.
    """
    grown = []
    for part in parts:
        large, small = (part, value) if abs(value) < abs(part) else (value, part)
        value = large + small
        rest = small - (value - large)
        if rest:
            grown.append(rest)
    if not math.isfinite(value):
        raise TypeError("its sum goes beyond the largest 64-bit float")
    return [*grown, value]


def _total(accumulator: Any) -> int | float | Decimal | None:
    if accumulator is None:
        return None
    if isinstance(accumulator, Decimal):
        if len(accumulator.as_tuple().digits) > LARGEST_PRECISION:
            raise TypeError(f"its sum has more than {LARGEST_PRECISION} digits")
        return accumulator
    whole, parts = accumulator
    if parts is None:
        if not SMALLEST_LONG <= whole <= LARGEST_LONG:
            raise TypeError("its sum has more than 64 bits")
        return int(whole)
    try:
        return math.fsum([*parts, *_floats(whole)])
    except OverflowError:
        raise TypeError("its sum goes beyond the largest 64-bit float") from None


def _floats(whole: int) -> Iterator[float]:
    """Floats that add up to *whole* exactly, which one float does only up to 2**53."""
    while whole:
        part = float(whole)
        yield part
        whole -= int(part)


def _minimum_step(before: Any, value: Any) -> Any:
    return value if before is None else before if value is None else min(before, value)


def _maximum_step(before: Any, value: Any) -> Any:
    return value if before is None else before if value is None else max(before, value)


def same(accumulator: Any) -> Any:
    return accumulator


def restored(measure: Measure, accumulator: Any, source: Declared) -> Any:
    """An accumulator as it comes back from a state, where a date or a decimal is a text. Raises UnfitError for what is none."""
    if accumulator is None or measure.column is None:
        return accumulator
    column = source[measure.column]
    exact = measure.kind != "total" or decimal_digits(column.type)
    return read(Column(column.type), accumulator) if exact else accumulator


STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "count": _count_step,
    "total": _total_step,
    "minimum": _minimum_step,
    "maximum": _maximum_step,
}
RESULTS: dict[str, Callable[[Any], Any]] = {"total": _total}
