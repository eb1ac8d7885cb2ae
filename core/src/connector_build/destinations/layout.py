"""The layout of a destination's table: its key, and its columns, which grow and widen with the rows that come."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from json import dumps
from typing import Any, Final

from attrs import define, field

from connector_build.destinations.kinds import as_text, kind_of, widened
from connector_core.basics.names import stored_name
from connector_core.plugin.assembly import Assembly, TablePlan

ROW_ID: Final = "_fivetran_id"
"""The key of a table that has none: a digest of all that is in a row, as Fivetran makes one."""
SYNCED: Final = "_fivetran_synced"
DELETED: Final = "_fivetran_deleted"

Row = dict[str, Any]
"""Column, by its name in a destination → value."""


@define
class Layout:
    """A table as it is stored: names are those that Fivetran gives columns (``createdAt`` is ``created_at``).

    name:     the table's.
    key:      the columns of its primary key; ROW_ID alone where it has none.
    columns:  column → type: those that are declared, then those that rows brought. Types widen and never narrow.
    declared: those of the plugin, whose values have the form of their type.
    deletes:  whether rows of it may be deleted.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]
    declared: frozenset[str]
    deletes: bool = True
    version: int = field(default=0, init=False)
    """Grows whenever a column is added or widened."""
    _names: dict[str, str] = field(factory=dict, init=False)

    @property
    def keyless(self) -> bool:
        """Whether all of a row is its key."""
        return self.key == (ROW_ID,)

    def row(self, data: Mapping[str, Any]) -> Row:
        """*data*, a row as the engine has it, by stored names; what it brings that nobody declared gets a column.

        Raises TypeError for a value that cannot be stored.
        """
        row = {self._stored(name): value for name, value in data.items()}
        for name in row.keys() - self.declared:
            self._meet(name, row[name])
        if self.keyless:
            row[ROW_ID] = _digest(row)
        return row

    def keys(self, data: Mapping[str, Any]) -> Row:
        """The key of a row that is deleted, by stored names."""
        return {self._stored(name): value for name, value in data.items()}

    def merge(self, columns: Mapping[str, str]) -> None:
        """Take over the *columns* that the table has from before: a type that is wider there stays."""
        for name, kind in columns.items():
            self._widen(name, kind)

    def _meet(self, name: str, value: Any) -> None:
        if value is not None:
            self._widen(name, kind_of(value))

    def _widen(self, name: str, kind: str) -> None:
        known = self.columns.get(name)
        found = kind if known is None else widened(known, kind)
        if found != known:
            self.columns[name] = found
            self.version += 1

    def _stored(self, name: str) -> str:
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = stored_name(name)
        return found


def _digest(row: Row) -> str:
    """What tells a row from others by all that is in it; a column without a value is as good as none."""
    there = sorted((name, as_text(value)) for name, value in row.items() if value is not None and name != ROW_ID)
    return blake2b(dumps(there).encode(), digest_size=16).hexdigest()


def layouts(assembly: Assembly) -> dict[str, Layout]:
    """Table → its layout, as the plugins declare it."""
    return {layout.name: layout for plan in assembly.tables for layout in _layouts(plan)}


def _layouts(plan: TablePlan) -> Iterator[Layout]:
    yield _layout(plan.table.name, plan.table.primary_key, plan.columns, deletes=plan.deletes)
    for extra in plan.extra_tables:
        yield _layout(extra.name, extra.by, plan.extra_columns[extra.name], deletes=True)


def _layout(name: str, key: Any, columns: Mapping[str, str], *, deletes: bool) -> Layout:
    stored = {stored_name(column): kind for column, kind in columns.items()}
    names = tuple(stored_name(column) for column in key) or (ROW_ID,)
    first = {ROW_ID: "STRING"} if names == (ROW_ID,) else {}
    return Layout(name, names, first | stored, frozenset(first | stored), deletes)
