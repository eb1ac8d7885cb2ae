"""Parents: whose child a table is, and which of the parent's fields its requests name."""

from collections.abc import Collection, Mapping
from typing import Any

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, check_name, one_line
from connector_core.basics.paths import Path, compile_path
from connector_core.source.templates import names_in


@frozen(hash=False)
class Parent:
    """Whose child a table is. Its path, ``params``, ``headers`` and ``body`` name fields of the parent's record: ``{parent.id}``.

    table:   the parent, another table of the dataset, which is no child itself.
    adds:    column of the child → field of the parent's record: what each row of the child is given. Name the parent's key.
    changed: a field of the parent that changes whenever its children do, such as ``updated_at``. Children of a parent whose
             value there is that of the last sync are left out. None: the children of every parent are read in each sync.

    A field may be nested, with dots: ``{parent.owner.id}``. Raises PluginError when a value cannot be used.
    """

    table: str
    adds: Mapping[str, str] = field(factory=dict)
    changed: str | None = None
    places: Mapping[str, Path] = field(init=False, eq=False, repr=False)
    """Of each column in *adds*, where its value is in the parent's record."""
    changes: Path | None = field(init=False, eq=False, repr=False)
    """Where *changed* is."""

    def __attrs_post_init__(self) -> None:
        check_name(self.table, "A parent table")
        where = f"Parent {self.table}"
        if not isinstance(self.adds, Mapping) or not self.adds:
            raise PluginError(
                f'{where}: adds is {one_line(repr(self.adds), 60)}. Name the column for the parent\'s key: {{"parent_id": "id"}}.'
            )
        for column in self.adds:
            check_column_name(column, f"{where}: adds")
        object.__setattr__(self, "adds", dict(self.adds))
        places = {column: _field(name, f"{where}: adds") for column, name in self.adds.items()}
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "changes", None if self.changed is None else _field(self.changed, f"{where}: changed"))

    def added(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Column → value of what *adds* takes from the parent's *record*; null where it has nothing there."""
        return {column: place.get(record) for column, place in self.places.items()}


def _field(name: object, where: str) -> Path:
    try:
        return compile_path(name)
    except PluginError as error:
        raise PluginError(f"{where} names the field {name!r}. Write a field of the parent's record. {error}") from None


def check_child(table: str, parent: object, asked: Collection[Any], columns: Collection[str]) -> None:
    """Raise PluginError unless a child asks for something else for each parent, and declares what it is given.

    table: its name. asked: the parts of its requests in which a field of the parent may be named. columns: those it declares.
    """
    if not isinstance(parent, Parent):
        raise PluginError(
            f'Table {table}: parent is {one_line(repr(parent), 60)}. Write Parent("companies", adds={{"company_id": "id"}}).'
        )
    named = [name for part in asked for name in names_in(part, "parent")]
    for name in named:
        _field(name, f"Table {table}: {{parent.{name}}}")
    if not named:
        raise PluginError(
            f"Table {table}: it asks for the same for each record of {parent.table}. Name a field of the parent, "
            'such as path="/companies/{parent.id}/departments".'
        )
    undeclared = [column for column in parent.adds if column not in columns]
    if undeclared:
        raise PluginError(f"Table {table}: its parent adds {', '.join(undeclared)}, which columns does not declare.")
