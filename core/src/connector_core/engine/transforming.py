"""What the transforms of a table make of its records, and what stands in place of a row that they leave out."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from attrs import field, frozen

from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.names import one_line, told
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.source.columns import Declared
from connector_core.source.tables import Record, Table
from connector_core.source.values import text


@frozen
class LeftOut:
    """In place of a row: *by* leaves the record out. *keys* are its primary key columns, as they were then."""

    keys: Record
    by: str


@frozen(hash=False)
class Transforming:
    """The transforms of one table, in order."""

    table: Table
    transforms: Sequence[Transform | DerivedField]
    _nulls: Declared = field(init=False)
    """The columns of the API's own records in which some value stands for null."""

    @_nulls.default
    def _(self) -> Declared:
        return {name: column for name, column in self.table.declared.items() if column.null}

    def row(self, record: Any, number: int, where: str) -> Record | LeftOut:
        """What becomes of a record, which stays as it is.

        Raises UnexpectedAnswer when it is no object or has no key, PluginError when a transform fails.
        """
        row = self._read(record, number, where)
        for transform in self.transforms:
            derived = transform.__class__ is DerivedField
            keys = None if derived else {name: row.get(name) for name in self.table.primary_key}
            try:
                made: Any = transform.function(row)
            except Exception as error:
                raise self._failed(transform, record, error) from error
            if derived:
                row[transform.name] = made
            elif made is None:
                return LeftOut(keys or {}, transform.name)
            else:
                row = made if made.__class__ is dict else self._plainer(transform, made)
        return row

    def _read(self, record: Any, number: int, where: str) -> Record:
        """A copy of *record*, which a transform may change, with null where a value stands for it."""
        if not isinstance(record, dict):
            no_object(record, f"{where}: record {number}")
        row = dict(record)
        for name, column in self._nulls.items():
            if column.is_null(row.get(name)):
                row[name] = None
        if None in map(row.get, self.table.primary_key):
            no_key(self.table, row, f"{where}: record {number}")
        return row

    def _failed(self, transform: Transform | DerivedField, record: Record, error: Exception) -> PluginError:
        return PluginError(
            f"{self.table.name}: the transform {transform.name} failed on record {plain_key(self.table, record)} with "
            f"{told(error)}. Correct it, or disable it until it is."
        )

    def _plainer(self, transform: Transform | DerivedField, made: object) -> Record:
        if isinstance(made, dict):
            return dict(made)
        raise PluginError(
            f"{self.table.name}: the transform {transform.name} returned {type(made).__name__}. "
            "Return the record, or None to leave it out."
        )


def no_object(record: object, where: str) -> NoReturn:
    """Raise what is to be said of a record that is no object."""
    raise UnexpectedAnswer(f"{where} is {one_line(repr(record), 60)}, not an object. Ask the API's owner, or change the plugin.")


def plain_key(table: Table, row: Mapping[str, Any]) -> str:
    """The primary key of *row*, as people read it."""
    return one_line(", ".join(text(row.get(name)) for name in table.primary_key), 80)


def no_key(table: Table, row: Mapping[str, Any], where: str, transforms: Sequence[Transform | DerivedField] = ()) -> NoReturn:
    """Raise what is to be said of a row without its key: of the API, or of the *transforms* that took it away."""
    name = next(name for name in table.primary_key if row.get(name) is None)
    lack = "is null" if name in row else "is missing"
    if transforms:
        raise PluginError(
            f"{where} cannot be stored, because {name}, which identifies it, {lack} after the transforms "
            f"{', '.join(transform.name for transform in transforms)}. Correct the one that took it away."
        )
    raise UnexpectedAnswer(
        f"{where} cannot be stored, because {name}, which identifies it, {lack}. "
        "Ask the API's owner, or change the plugin's primary_key."
    )
