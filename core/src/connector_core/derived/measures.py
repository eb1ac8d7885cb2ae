"""Measures: what an aggregate computes for a group, step by step over its records."""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, Literal

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, decimal_digits, one_line
from connector_core.source.columns import Column, Declared, UnfitError
from connector_core.source.numbers import EXACTLY, LARGEST_LONG, SMALLEST_LONG
from connector_core.source.values import read

LARGEST_PRECISION = 38
"""Digits of the largest DECIMAL that there is."""
MOST_DISTINCT = 1_000_000


Kind = Literal["count", "total", "minimum", "maximum", "average", "count_if", "count_distinct"]


@frozen
class Measure:
    """One column of an aggregate: what to compute from which source column. Make it with count, total, minimum, maximum, average,
    count_if or count_distinct.

    description: what it means, for people; made from the kind and the column when left out.
    """

    kind: Kind
    column: str | None = None
    description: str = field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        if self.column is not None:
            check_column_name(self.column, f"Measure {self.kind}")
        if not isinstance(self.description, str):
            shown = one_line(repr(self.description), 60)
            raise PluginError(f"Measure {self.kind}: its description is {shown}. Write a text.")

    def __str__(self) -> str:
        return f"{self.kind}({self.column or ''})"

    @property
    def carried(self) -> bool:
        """Whether what a group has come to is small enough to ride in the state."""
        return self.kind != "count_distinct"

    @property
    def step(self) -> Callable[[Any, Any], Any]:
        """What makes the next accumulator of the one before and of a value, which has the form of its column."""
        return STEPS[self.kind]

    def of(self, source: Declared) -> "Measure":  # noqa: ARG002  (most need not know)
        """The same for a source table of these columns."""
        return self


def _wanted(values: Any) -> Any:
    return tuple(values) if isinstance(values, list | tuple | set | frozenset) else (values,)


@frozen
class CountIf(Measure):
    """What ``count_if`` makes: the number of records whose value is one of *values*, as the API writes them."""

    values: tuple[Any, ...] = field(default=(), converter=_wanted)
    wanted: frozenset[Any] = field(default=frozenset(), eq=False, repr=False)
    """The values in the form of their column, once that is known."""

    def __str__(self) -> str:
        return f"count_if({self.column} is {' or '.join(map(one_line, self.values))})"

    @property
    def step(self) -> Callable[[Any, Any], Any]:
        """What counts."""
        return partial(_count_if_step, self.wanted)

    def of(self, source: Declared) -> "CountIf":
        """The same for a source table of these columns. Raises PluginError for a value that is none of its column's type."""
        column = Column(source[str(self.column)].type)
        wanted = set()
        for value in self.values:
            try:
                wanted.add(read(column, value))
            except UnfitError as error:
                raise PluginError(
                    f"{self.column} is declared {column}, and count_if looks there for {one_line(repr(value), 60)}, which "
                    f"{error}."
                ) from None
        return evolve(self, wanted=frozenset(wanted))


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


def average(column: str, description: str = "") -> Measure:
    """The mean of a number column over its values that are not null: SQL's ``avg``, as a DOUBLE.

    Sum and count are kept exactly, also of decimals and of whole numbers, and divided once: the mean is the float nearest to it.
    """
    return Measure("average", column, description)


def count_if(column: str, values: Any, description: str = "") -> Measure:
    """The number of records whose *column* has one of *values*: a value, or a list of them; None stands for null.

    SQL's ``count(*) FILTER (WHERE column IN (…))``. Values are compared as the column's type has them.
    """
    return CountIf("count_if", column, description, values)


def count_distinct(column: str, description: str = "") -> Measure:
    """The number of different values that are not null: SQL's ``count(DISTINCT column)``.

    Not for tables that only grow: the values themselves would not fit the state. A group has 1,000,000 of them at most.
    """
    return Measure("count_distinct", column, description)


def measured(measure: Measure, source: Declared) -> Column:
    """The column that *measure* makes of those of *source*. Raises PluginError where there is no such thing to compute."""
    if measure.kind == "count" or measure.column is None:
        return Column("LONG", measure.description or "number of records")
    declared = source[measure.column]
    meaning = measure.description or _meaning(measure, declared)
    if measure.kind in ("total", "average"):
        kind = _total_type(measure.column, declared.type, measure.kind)
        return Column(kind if measure.kind == "total" else "DOUBLE", meaning)
    if declared.type == "JSON":
        raise PluginError(
            f"{measure.column} is declared JSON, and lists and objects have no {measure.kind}. Measure another column."
        )
    if measure.kind in ("count_if", "count_distinct"):
        measure.of(source)
        return Column("LONG", meaning)
    return Column(declared.type, meaning, pii=declared.pii)


IN_WORDS = {
    "total": "sum",
    "average": "mean",
    "minimum": "smallest value",
    "maximum": "largest value",
    "count_distinct": "number of different values",
}
"""What a measure of a column computes, for people."""


def _meaning(measure: Measure, declared: Column) -> str:
    """``sum of hours (time that the work took)``: what is computed, and what its column is said to hold."""
    if isinstance(measure, CountIf):
        return f"number of records in which {measure.column} is {' or '.join(map(one_line, measure.values))}"
    said = f" ({declared.description})" if declared.description else ""
    return f"{IN_WORDS[measure.kind]} of {measure.column}{said}"


def _total_type(column: str, kind: str, what: str) -> str:
    """The type of a sum, as SQL has it: DECIMAL stays exact, with all the digits that there are."""
    if digits := decimal_digits(kind):
        return f"DECIMAL({LARGEST_PRECISION},{digits[1]})"
    if kind in ("SHORT", "INT", "LONG"):
        return "LONG"
    if kind in ("FLOAT", "DOUBLE"):
        return "DOUBLE"
    raise PluginError(
        f"{column} is declared {kind}, which is no number, so it has no {what}. If the API's values are numbers, also where it "
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


def _average_step(before: Any, value: Any) -> Any:
    if value is None:
        return before
    so_far, number = before or (None, 0)
    return [_total_step(so_far, value), number + 1]


def _average(accumulator: Any) -> float | None:
    """The float nearest to the mean: the sum is exact, and only its quotient is rounded."""
    if accumulator is None:
        return None
    so_far, number = accumulator
    if isinstance(so_far, Decimal):
        return float(Fraction(so_far) / number)
    whole, parts = so_far
    return float(sum(map(Fraction, parts or ()), Fraction(whole)) / number)


def _count_if_step(wanted: frozenset[Any], before: int | None, value: Any) -> int:
    return (before or 0) + (value in wanted)


def _distinct_step(before: Any, value: Any) -> Any:
    """One more value: the set itself grows, since a copy for each record would take a time that is quadratic."""
    found: set[Any] = set() if before is None else before
    if value is not None:
        found.add(value)
        if len(found) > MOST_DISTINCT:
            raise TypeError(f"a group has more than {MOST_DISTINCT:,} distinct values, more than can be counted")
    return found


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
    if measure.kind == "average":
        so_far, number = accumulator
        return [restored(total(measure.column), so_far, source), number + 0]
    if measure.kind in ("count_if", "count_distinct"):
        return accumulator
    column = source[measure.column]
    exact = measure.kind != "total" or decimal_digits(column.type)
    return read(Column(column.type), accumulator) if exact else accumulator


STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "count": _count_step,
    "total": _total_step,
    "minimum": _minimum_step,
    "maximum": _maximum_step,
    "average": _average_step,
    "count_distinct": _distinct_step,
}
RESULTS: dict[str, Callable[[Any], Any]] = {"total": _total, "average": _average, "count_distinct": len}
