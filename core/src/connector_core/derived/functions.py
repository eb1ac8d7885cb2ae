"""Ready-made functions for ``DerivedField`` beside ``ratio``: numbers, days, texts, and the first value that there is.

Each reads a field by the type that its column is declared with, and the derived field has the type that follows from these,
unless it says another one. A value that is missing, null or none of its column's type is null; where one is, so is the result.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import reduce
from itertools import repeat
from typing import Any, Literal, Self

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import column_names, decimal_digits, did_you_mean, one_line
from connector_core.derived.measures import LARGEST_PRECISION
from connector_core.source.columns import Column, Declared, UnfitError
from connector_core.source.numbers import EXACTLY
from connector_core.source.tables import Record
from connector_core.source.values import plain, read

WHOLE = ("SHORT", "INT", "LONG")
FLOATS = ("FLOAT", "DOUBLE")
DAYS = ("NAIVE_DATE", "NAIVE_DATETIME", "UTC_DATETIME")
_STRING = Column("STRING")
_LOOSELY = tuple(map(Column, ("LONG", "DOUBLE", "UTC_DATETIME", "NAIVE_DATETIME", "STRING")))
"""What a value is read as where nobody says its type, in a test of the function alone: the first of which it is one."""


@frozen
class Computed:
    """What the functions share: the *fields* that they read, and, once the table is known, the columns of these."""

    fields: tuple[str, ...]
    declared: tuple[Column, ...] = field(default=(), kw_only=True, repr=False)

    @property
    def description(self) -> str:
        """What it computes, for people."""
        return str(self)

    def of(self, columns: Declared) -> Self:
        """The same for a table of these *columns*. Raises PluginError for a field that is none of them, or of another type."""
        for name in self.fields:
            if name not in columns:
                raise PluginError(
                    f"{self} reads {name}{did_you_mean(name, columns)}, which is not declared at this point. Correct the name, "
                    "or declare it in the table's columns: its type tells how its values are read."
                )
        made = evolve(self, declared=tuple(columns[name] for name in self.fields))
        made.column()
        return made

    def column(self) -> Column:
        """The column that the results belong into. Raises PluginError for fields that nothing can be computed of."""
        raise NotImplementedError

    def values(self, record: Record) -> list[Any]:
        """The fields of *record*, each in the form of its column; None for what is missing, null, or none of its type."""
        return [
            _formed(column, record.get(name)) for name, column in zip(self.fields, self.declared or repeat(None), strict=False)
        ]

    def refuse(self, name: str, column: Column, wanted: str) -> PluginError:
        """The error of a field that is not of a type that is *wanted*."""
        return PluginError(f"{self} reads {name}, which is declared {column.type}. It takes {wanted}.")

    @property
    def _pii(self) -> bool:
        return any(column.pii for column in self.declared)


def _formed(column: Column | None, value: Any) -> Any:
    for each in (column,) if column else _LOOSELY:
        try:
            return read(each, value)
        except UnfitError:
            continue
    return None


@frozen
class Arithmetic(Computed):
    """What ``sum_of``, ``difference`` and ``product`` make."""

    kind: Literal["sum_of", "difference", "product"] = field(kw_only=True)

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(self.fields)})"

    def column(self) -> Column:
        """LONG of whole numbers, an exact DECIMAL of these and decimals, and else DOUBLE."""
        kinds = [column.type for column in self.declared]
        for name, column in zip(self.fields, self.declared, strict=True):
            if column.type not in (*WHOLE, *FLOATS) and not decimal_digits(column.type):
                raise self.refuse(name, column, "numbers: LONG, DOUBLE or DECIMAL(15,2), also where the API writes them as texts")
        if any(kind in FLOATS for kind in kinds):
            return Column("DOUBLE", pii=self._pii)
        scales = [digits[1] for kind in kinds if (digits := decimal_digits(kind))]
        if not scales:
            return Column("LONG", pii=self._pii)
        scale = sum(scales) if self.kind == "product" else max(scales)
        if scale > LARGEST_PRECISION:
            raise PluginError(f"{self} would have {scale} digits behind the point, and DECIMAL has {LARGEST_PRECISION} at most.")
        return Column(f"DECIMAL({LARGEST_PRECISION},{scale})", pii=self._pii)

    def __call__(self, record: Record) -> int | float | Decimal | None:
        values = self.values(record)
        if not all(isinstance(value, int | float | Decimal) for value in values):
            return None
        if any(isinstance(value, float) for value in values):
            return _of_floats(self.kind, values)
        exact: Callable[[Any, Any], Any] = _EXACT[self.kind]
        return reduce(exact, values) if all(isinstance(value, int) for value in values) else reduce(exact, map(Decimal, values))


_EXACT: Mapping[str, Callable[[Any, Any], Any]] = {
    "sum_of": lambda one, other: one + other if isinstance(one, int) else EXACTLY.add(one, other),
    "difference": lambda one, other: one - other if isinstance(one, int) else EXACTLY.subtract(one, other),
    "product": lambda one, other: one * other if isinstance(one, int) else EXACTLY.multiply(one, other),
}
_FLOATING: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum_of": math.fsum,
    "difference": lambda values: values[0] - values[1],
    "product": math.prod,
}


def _of_floats(kind: str, values: Sequence[Any]) -> float | None:
    """The result in floats; None where no float is as large."""
    try:
        found = float(_FLOATING[kind]([float(value) for value in values]))
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


@frozen
class DatePart(Computed):
    """What ``date_part`` makes."""

    part: str = field(kw_only=True)

    def __str__(self) -> str:
        return f"date_part({self.part!r}, {self.fields[0]!r})"

    def column(self) -> Column:
        """INT: each part is a small whole number."""
        [column] = self.declared
        if column.type not in DAYS:
            raise self.refuse(self.fields[0], column, "NAIVE_DATE, NAIVE_DATETIME and UTC_DATETIME")
        if column.type == "NAIVE_DATE" and self.part in _OF_THE_CLOCK:
            raise PluginError(f"{self} reads {self.fields[0]}, which is declared NAIVE_DATE. A day has no {self.part}.")
        return Column("INT", pii=self._pii)

    def __call__(self, record: Record) -> int | None:
        [value] = self.values(record)
        return _PARTS[self.part](value) if isinstance(value, date) else None


_OF_THE_CLOCK = ("hour", "minute", "second")
_PARTS: Mapping[str, Callable[[Any], int | None]] = {
    "year": lambda value: value.year,
    "quarter": lambda value: (value.month + 2) // 3,
    "month": lambda value: value.month,
    "week": lambda value: value.isocalendar().week,
    "day": lambda value: value.day,
    "day_of_week": lambda value: value.isoweekday(),
    "day_of_year": lambda value: value.timetuple().tm_yday,
    **{name: lambda value, name=name: getattr(value, name, None) for name in _OF_THE_CLOCK},  # type: ignore[misc]  # for mypy, no lambda has a default
}


@frozen
class OfText(Computed):
    """What ``lower``, ``upper`` and ``trim`` make."""

    kind: Literal["lower", "upper", "trim"] = field(kw_only=True)

    def __str__(self) -> str:
        return f"{self.kind}({self.fields[0]})"

    def column(self) -> Column:
        """STRING."""
        [column] = self.declared
        if column.type != "STRING":
            raise self.refuse(self.fields[0], column, "STRING")
        return Column("STRING", pii=self._pii)

    def __call__(self, record: Record) -> str | None:
        [value] = self.values(record)
        if not isinstance(value, str):
            return None
        return value.strip() if self.kind == "trim" else value.lower() if self.kind == "lower" else value.upper()


@frozen
class Concat(Computed):
    """What ``concat`` makes."""

    separator: str = field(default="", kw_only=True)

    def __str__(self) -> str:
        return f"concat({', '.join(self.fields)})"

    def column(self) -> Column:
        """STRING."""
        for name, column in zip(self.fields, self.declared, strict=True):
            if column.type in ("JSON", "BINARY"):
                raise self.refuse(name, column, "what has a text: any type but JSON and BINARY")
        return Column("STRING", pii=self._pii)

    def __call__(self, record: Record) -> str | None:
        values = self.values(record)
        return None if None in values else self.separator.join(read(_STRING, plain(value)) for value in values)


@frozen
class Coalesce(Computed):
    """What ``coalesce`` makes."""

    default: Any = field(default=None, kw_only=True)

    def __str__(self) -> str:
        return f"coalesce({', '.join(self.fields)})"

    def column(self) -> Column:
        """The type that all fields have, or the widest of numbers."""
        kinds = {column.type for column in self.declared}
        wide = next((kind for kind in ("LONG", "INT", "SHORT") if kind in kinds), "LONG")
        kind = kinds.pop() if len(kinds) == 1 else wide if kinds <= {*WHOLE} else "DOUBLE" if kinds <= {*WHOLE, *FLOATS} else ""
        if not kind:
            named = ", ".join(f"{name} {column.type}" for name, column in zip(self.fields, self.declared, strict=True))
            raise PluginError(f"{self} reads {named}, which are not of one type. Declare them alike, or make a text with concat.")
        try:
            read(Column(kind), self.default)
        except UnfitError as error:
            shown = one_line(repr(self.default), 60)
            raise PluginError(f"{self}: default is {shown}, which {error}. Write a value of the type {kind}.") from None
        return Column(kind, pii=self._pii)

    def __call__(self, record: Record) -> Any:
        return next((value for value in self.values(record) if value is not None), self.default)


def sum_of(*fields: str) -> Arithmetic:
    """A function for DerivedField: the sum of number fields of a record; null where one of them is.

    It is exact for whole numbers (LONG) and decimals (DECIMAL); where a field is a float, a DOUBLE: null beyond the largest.
    """
    return Arithmetic(_some(fields, "sum_of: fields"), kind="sum_of")


def difference(minuend: str, subtrahend: str) -> Arithmetic:
    """A function for DerivedField: one number field of a record less another, typed and exact as ``sum_of`` is."""
    return Arithmetic(
        (*_some((minuend,), "difference: minuend"), *_some((subtrahend,), "difference: subtrahend")), kind="difference"
    )


def product(*fields: str) -> Arithmetic:
    """A function for DerivedField: number fields of a record multiplied, typed and exact as ``sum_of`` is."""
    return Arithmetic(_some(fields, "product: fields"), kind="product")


def date_part(part: str, column: str) -> DatePart:
    """A function for DerivedField: a part of a day or time, as a whole number.

    part: ``year``, ``quarter``, ``month``, ``week`` (ISO 8601), ``day``, ``day_of_week`` (1 is Monday), ``day_of_year``, and of a
    time ``hour``, ``minute``, ``second``. A UTC_DATETIME is taken apart in UTC.
    """
    if part not in _PARTS:
        raise PluginError(f"date_part: there is no part {one_line(repr(part), 60)}. Write one of {', '.join(_PARTS)}.")
    return DatePart(column_names((column,), "date_part: column"), part=part)


def lower(column: str) -> OfText:
    """A function for DerivedField: a text in small letters."""
    return OfText(column_names((column,), "lower: column"), kind="lower")


def upper(column: str) -> OfText:
    """A function for DerivedField: a text in capitals."""
    return OfText(column_names((column,), "upper: column"), kind="upper")


def trim(column: str) -> OfText:
    """A function for DerivedField: a text without the blanks at its ends."""
    return OfText(column_names((column,), "trim: column"), kind="trim")


def concat(*fields: str, separator: str = "") -> Concat:
    """A function for DerivedField: the texts of fields, one after the other; null where one of them is."""
    return Concat(column_names(fields, "concat: fields"), separator=separator)


def coalesce(*fields: str, default: Any = None) -> Coalesce:
    """A function for DerivedField: the first field of a record that is not null; *default* where all are."""
    return Coalesce(column_names(fields, "coalesce: fields"), default=default)


def _some(fields: tuple[str, ...], what: str) -> tuple[str, ...]:
    # The same field may be there twice: product("side", "side").
    for name in fields:
        column_names((name,), what)
    return fields or column_names(fields, what)
