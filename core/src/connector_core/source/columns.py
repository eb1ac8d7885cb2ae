"""Columns: the type of one, and what else a plugin says about it, wherever a type may stand."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, check_column_type, one_line


class UnfitError(ValueError):
    """A value that is none of its column's type. Its text says why, behind "which": ``is no whole number``."""


def _nulls(values: Sequence[Any]) -> tuple[Any, ...]:
    # What is no list stays as it is, for the column to object to.
    return tuple(values) if isinstance(values, list | tuple) else cast("tuple[Any, ...]", values)


def _with_types(values: tuple[Any, ...]) -> tuple[Any, ...]:
    # To Python, 1 is True.
    return tuple((value.__class__, value) for value in values)


@frozen
class Column:
    """A column: its type, what it means, and which values of the API stand for "there is none". A type alone may be a text.

    type:        the Fivetran type: ``STRING``, ``LONG``, ``DOUBLE``, ``DECIMAL(15,2)``, ``NAIVE_DATE`` …
    description: what it holds, for people: ``"cost of the material, in USD"``.
    null:        the values that the API sends where there is none, such as ``["", "0000-00-00"]``: they become null. A value is
                 compared as JSON has it: ``0`` is neither ``"0"`` nor false.
    pii:         it holds personal data.

    Raises PluginError when a value cannot be used.
    """

    type: str
    description: str = ""
    null: tuple[str | int | float | bool, ...] = field(default=(), converter=_nulls, kw_only=True, eq=_with_types)
    pii: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_column_type(self.type, "A column is declared")
        where = f"Column({self.type!r})"
        if not isinstance(self.description, str):
            raise PluginError(f"{where}: its description is {one_line(repr(self.description), 60)}. Write a text.")
        if not isinstance(self.null, tuple):
            shown = one_line(repr(self.null), 60)
            raise PluginError(f'{where}: null is {shown}. Write a list of what stands for null: null=["", "0000-00-00"].')
        for value in self.null:
            if not isinstance(value, str | int | float | bool):
                raise PluginError(
                    f"{where}: null has {one_line(repr(value), 60)} in it. "
                    "Write texts, numbers, True or False, as the API sends them; null itself is null already."
                )
        if not isinstance(self.pii, bool):
            raise PluginError(f"{where}: pii is {one_line(repr(self.pii), 60)}. Write True or False.")

    def __str__(self) -> str:
        return self.type

    def is_null(self, value: Any) -> bool:
        """Whether *value* is one that stands for null."""
        return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in self.null)


Declared = Mapping[str, Column]
"""Column name → column."""


def given_columns(columns: Mapping[str, str | Column]) -> Declared:
    """A read-only copy of *columns*, for a frozen value to keep until ``checked_columns`` has looked at it."""
    return cast(Declared, MappingProxyType(dict(columns)) if isinstance(columns, Mapping) else columns)


def checked_columns(columns: Mapping[str, Any], where: str) -> Declared:
    """*columns* with a Column for each. Raises PluginError, which says *where*, for a name or a type that cannot be used."""
    if not isinstance(columns, Mapping):
        raise PluginError(f'{where}: columns must be a dict, not {type(columns).__name__}. Write {{"id": "STRING", …}}.')
    for name in columns:
        check_column_name(name, where)
    return MappingProxyType({name: checked_column(kind, f"{where} declares column {name!r}") for name, kind in columns.items()})


def checked_column(kind: Any, what: str) -> Column:
    """A Column of a type or a Column. Raises PluginError, which begins with *what*, for anything else."""
    if isinstance(kind, Column):
        return kind
    check_column_type(kind, what)
    return Column(kind)


def types_of(columns: Declared) -> Mapping[str, str]:
    """Column name → its type as a text."""
    return MappingProxyType({name: column.type for name, column in columns.items()})
