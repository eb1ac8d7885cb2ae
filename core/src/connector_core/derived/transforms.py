"""Record transforms: record in, record out, or None to leave the record out."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, cast

from attrs import evolve, field, frozen

from connector_core.basics.decoding import LARGEST_DOUBLE
from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_name, column_names, listed
from connector_core.source.columns import Column, Declared, UnfitError, checked_columns, given_columns, types_of
from connector_core.source.tables import Record
from connector_core.source.values import read

ColumnChanges = tuple[Iterable[str], Mapping[str, Column | None]]
"""What a transform does to the columns of its table: those that it takes away, and then those that it adds.

A column that nobody has declared is added as None.
"""


@frozen(hash=False)
class Transform:
    """A named record transform.

    name:     what ``--enable`` and ``--disable`` call it.
    function: record → record, or None to leave the record out. It may change the record that it is given and must not keep it.
              Ready-made: ``rename``, ``drop``, ``hashed``, ``flatten``, ``only_if`` and ``tombstones``.
    default:  whether it is on unless the build says otherwise.
    columns:  the columns that it adds, each with its Fivetran type or as a ``Column``. Read back, ``columns`` has the types, and
              ``declared`` the columns.
    removes:  the columns that it takes away; the ready-made functions say so themselves. A column in both changes its type.
    description: what it does, for people.
    """

    name: str
    function: Callable[[Record], Record | None] = field(repr=False)
    default: bool = True
    declared: Declared = field(alias="columns", factory=dict, converter=given_columns, repr=False)
    removes: tuple[str, ...] = field(default=(), converter=listed, repr=False)
    description: str = field(default="", kw_only=True, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "A transform")
        where = f"Transform {self.name}"
        _check_callable(self.function, where)
        object.__setattr__(self, "declared", checked_columns(self.declared, where))
        if self.removes != ():
            column_names(self.removes, f"{where}: removes")

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns that it adds, with their Fivetran types."""
        return types_of(self.declared)

    @property
    def repeats(self) -> bool:
        """Whether records come again because of what it does, as the tombstone of a record does."""
        return getattr(self.function, "repeats", False) is True

    @property
    def leaves_out(self) -> bool:
        """Whether it may leave a record out: whatever is no ready-made function may."""
        return not hasattr(self.function, "column_changes")

    def column_changes(self, columns: Declared) -> ColumnChanges:
        """What it does to a table of these *columns*. Raises PluginError when it cannot be used with them."""
        own = getattr(self.function, "column_changes", None)
        removes, adds = own(columns) if own else ((), {})
        return (*removes, *self.removes), {**adds, **self.declared}

    def __call__(self, record: Record) -> Record | None:
        return self.function(record)


def _given(kind: str | Column | None) -> Column | None:
    return cast("Column | None", kind)  # checked once the field's name is known, for the message


class Typed(Protocol):
    """A function that knows the type of what it makes, once it knows the columns of its table."""

    def of(self, columns: Declared) -> "Typed":
        """The same for a table of these *columns*. Raises PluginError where it cannot be used with them."""

    def column(self) -> Column:
        """The column that its results belong into."""

    @property
    def description(self) -> str:
        """What it computes, for people."""

    def __call__(self, record: Record) -> Any:
        """The value for *record*, which stays as it is."""


@frozen
class DerivedField:
    """A transform that adds one column, named like the field, from the others of its record.

    name:     the column, and what ``--enable`` and ``--disable`` call it.
    function: record → the value. It must not change the record. Ready-made: ``ratio``, ``sum_of``, ``difference``, ``product``,
              ``date_part``, ``lower``, ``upper``, ``trim``, ``concat`` and ``coalesce``.
    type:     the column's Fivetran type, or a ``Column``. Left out, it is the one that a ready-made function knows, and DOUBLE of
              any other. Read back, ``type`` has the type, and ``column`` the column; None until the table is known.
    default:  whether it is on unless the build says otherwise.
    description: what the column holds, for people; that of a ``Column`` in *type*, or what *function* says of itself, when left
              out. ``ratio`` says what it divides.
    """

    name: str
    function: Callable[[Record], Any] = field(repr=False)
    column: Column | None = field(alias="type", default=None, converter=_given)
    default: bool = True
    description: str = field(default="", kw_only=True, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "A derived field")
        _check_callable(self.function, f"DerivedField {self.name}")
        if self.column is not None or self._typed is None:
            columns = checked_columns({self.name: self.column or "DOUBLE"}, f"DerivedField {self.name}")
            object.__setattr__(self, "column", self._described(columns[self.name]))

    def _described(self, column: Column) -> Column:
        """*column* with what it holds, for people, which the field knows from then on."""
        of_itself = self.function if isinstance(self.function, Ratio) else self._typed
        said = self.description or column.description or (of_itself.description if of_itself else "")
        object.__setattr__(self, "description", said)
        return evolve(column, description=said) if isinstance(said, str) else column

    @property
    def _typed(self) -> Typed | None:
        return cast("Typed", self.function) if hasattr(self.function, "of") and hasattr(self.function, "column") else None

    def of(self, columns: Declared) -> "DerivedField":
        """The same for a table of these *columns*: its function reads each field by its type, and its own type is known.

        Raises PluginError where the function cannot be used with them.
        """
        if self._typed is None:
            return self
        function = self._typed.of(columns)
        return evolve(self, function=function, type=self.column or function.column())

    @property
    def type(self) -> str:
        """The column's Fivetran type; empty until the table is known, where it follows from that."""
        return self.column.type if self.column else ""

    @property
    def columns(self) -> Mapping[str, str]:
        """The one column that it adds, with its Fivetran type."""
        return {self.name: self.type}

    @property
    def removes(self) -> tuple[str, ...]:
        """The columns that it takes away: none."""
        return ()

    @property
    def repeats(self) -> bool:
        """Whether records come again because of what it does: no."""
        return False

    @property
    def leaves_out(self) -> bool:
        """Whether it may leave a record out: no."""
        return False

    def column_changes(self, columns: Declared) -> ColumnChanges:
        """What it does to a table of these *columns*: adds its own. Raises PluginError when it cannot be used with them."""
        return (), {self.name: self.of(columns).column}

    def __call__(self, record: Record) -> Record:
        record[self.name] = self.function(record)
        return record


_NUMBERS = (int, float)
"""What JSON makes of numbers; a bool, although Python counts it among the integers, is none."""


@frozen
class Ratio:
    """What ``ratio`` makes: a function from a record to the quotient of two of its fields."""

    numerator: str
    denominator: str

    @property
    def description(self) -> str:
        """What it computes, for people."""
        return f"{self.numerator} divided by {self.denominator}; 0 where {self.denominator} is not above 0"

    def __call__(self, record: Record) -> float | None:
        above: Any = record.get(self.numerator)
        below: Any = record.get(self.denominator)
        if above.__class__ not in _NUMBERS or below.__class__ not in _NUMBERS:
            above, below = _number(above), _number(below)
            if above is None or below is None:
                return None
        try:
            quotient = above / below if below > 0 else 0.0
        except OverflowError:
            return None
        return quotient if -LARGEST_DOUBLE <= quotient <= LARGEST_DOUBLE else None


def _number(value: object) -> float | None:
    """A number that may not be one of JSON's own, such as ``"9.50"`` or a Decimal; None for what is no number."""
    if value.__class__ in _NUMBERS:
        return cast("float", value)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)  # as JSON has it: a float would lose digits beyond 2**53
    try:
        number = None if isinstance(value, bool) else read(_DOUBLE, value)
    except UnfitError:
        return None
    return cast("float | None", number)


_DOUBLE = Column("DOUBLE")
_WHOLE = re.compile(r"-?[0-9]{1,300}")


def ratio(numerator: str, denominator: str) -> Ratio:
    """A function for DerivedField: the quotient of two number fields of a record, as a float.

    A field that the API writes as a text, such as ``"9.50"``, is the number that it writes. The quotient is 0.0 where the
    denominator is not above 0, and None where either is missing, null or no number, or where no float is as large.
    """
    return Ratio(numerator, denominator)


def made_by_functions(transforms: Iterable[Transform | DerivedField], columns: Iterable[str]) -> Iterable[str]:
    """Those of *columns* in which a function of a plugin may have put a value, so that it may be one that JSON does not have."""
    of_all = any(isinstance(each, Transform) and each.leaves_out for each in transforms)
    fields = {each.name for each in transforms if isinstance(each, DerivedField) and not isinstance(each.function, Ratio)}
    return [name for name in columns if of_all or name in fields]


def _check_callable(function: object, where: str) -> None:
    if not callable(function):
        raise PluginError(f"{where}: function is {function!r}. Give a function that takes a record.")
