"""Measures: what an aggregate computes for a group, step by step over its records."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from attrs import frozen

from connector_core.basics.decoding import LARGEST_DOUBLE
from connector_core.basics.names import check_column_name, one_line


@frozen
class Measure:
    """One column of an aggregate: what to compute from which source column. Make it with count, total, minimum or maximum."""

    kind: Literal["count", "total", "minimum", "maximum"]
    column: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.column is not None:
            check_column_name(self.column, f"Measure {self.kind}")


def count() -> Measure:
    """The number of records of a group: SQL's ``count(*)``."""
    return Measure("count")


def total(column: str) -> Measure:
    """The sum of a number column, NULL where every value is: SQL's ``sum``, correctly rounded whatever the order."""
    return Measure("total", column)


def minimum(column: str) -> Measure:
    """The smallest value that is not null: SQL's ``min``."""
    return Measure("minimum", column)


def maximum(column: str) -> Measure:
    """The largest value that is not null: SQL's ``max``."""
    return Measure("maximum", column)


def measure_type(measure: Measure, source: Mapping[str, str]) -> str:
    if measure.kind == "count" or measure.column is None:
        return "LONG"
    declared = source[measure.column]
    if measure.kind == "total":
        return "LONG" if declared in ("SHORT", "INT", "LONG") else "DOUBLE"
    return declared


def _count_step(before: int | None, _: object) -> int:
    return (before or 0) + 1


def _total_step(before: list[Any] | None, value: Any) -> list[Any] | None:
    """One more summand: whole numbers in an int, floats as an exact sum of non-overlapping parts."""
    if value is None:
        return before
    whole, parts = before or (0, None)
    kind = value.__class__  # nearly always one of these two, and quicker to ask for than what they stand for
    if kind is float and -LARGEST_DOUBLE <= value <= LARGEST_DOUBLE:
        return [whole, _add(parts, value) if parts else [value]]
    if kind is int or (isinstance(value, int) and kind is not bool):
        return [whole + value, parts]
    if kind is bool or not isinstance(value, float):
        raise TypeError(f"a total of {one_line(repr(value), 60)}, which is no number")
    if not math.isfinite(value):
        raise TypeError(f"a total of {value!r}, which is no finite number")
    return [whole, _add(parts or [], value)]


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


def _total(accumulator: list[Any] | None) -> int | float | None:
    if accumulator is None:
        return None
    whole, parts = accumulator
    try:
        return whole if parts is None else math.fsum([*parts, *_floats(whole)])
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


STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "count": _count_step,
    "total": _total_step,
    "minimum": _minimum_step,
    "maximum": _maximum_step,
}
RESULTS: dict[str, Callable[[Any], Any]] = {"total": _total}
