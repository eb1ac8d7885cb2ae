"""Record transforms: record in, record out, or None to leave the record out."""

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from attrs import field, frozen

from connector_core.errors import PluginError
from connector_core.names import check_column_types, check_name
from connector_core.tables import Record


@frozen
class Transform:
    """A named record transform.

    name:     what ``--enable`` and ``--disable`` call it.
    function: record → record, or None to leave the record out. It may change the record that it is given and must not keep it.
    default:  whether it is on unless the build says otherwise.
    """

    name: str
    function: Callable[[Record], Record | None] = field(repr=False)
    default: bool = True

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "A transform")
        _check_callable(self.function, f"Transform {self.name}")

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns that it adds, with their Fivetran types: none that are known beforehand."""
        return {}

    def __call__(self, record: Record) -> Record | None:
        return self.function(record)


@frozen
class DerivedField:
    """A transform that adds one column, named like the field, from the others of its record.

    name:     the column, and what ``--enable`` and ``--disable`` call it.
    function: record → the value; see ``ratio``. It must not change the record.
    type:     the column's Fivetran type.
    default:  whether it is on unless the build says otherwise.
    """

    name: str
    function: Callable[[Record], Any] = field(repr=False)
    type: str = "DOUBLE"
    default: bool = True

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "A derived field")
        check_column_types(self.columns, f"DerivedField {self.name}")
        _check_callable(self.function, f"DerivedField {self.name}")

    @property
    def columns(self) -> Mapping[str, str]:
        """The one column that it adds, with its Fivetran type."""
        return {self.name: self.type}

    def __call__(self, record: Record) -> Record:
        record[self.name] = self.function(record)
        return record


@frozen
class Ratio:
    """What ``ratio`` makes: a function from a record to the quotient of two of its fields."""

    numerator: str
    denominator: str

    def __call__(self, record: Record) -> float | None:
        above, below = record.get(self.numerator), record.get(self.denominator)
        if _is_number(above) and _is_number(below):
            return above / below if below > 0 else 0.0
        return None


def ratio(numerator: str, denominator: str) -> Ratio:
    """A function for DerivedField: the quotient of two number fields of a record, as a float.

    It is 0.0 where the denominator is not above 0, and None where either is missing, null or no number.
    """
    return Ratio(numerator, denominator)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_callable(function: object, where: str) -> None:
    if not callable(function):
        raise PluginError(f"{where}: function is {function!r}. Give a function that takes a record.")
