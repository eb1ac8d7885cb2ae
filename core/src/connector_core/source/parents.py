"""Parents: whose child a table is, and which of the parent's fields its requests name."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, check_name, one_line

PLACEHOLDER = re.compile(r"\{parent\.([^{}\s]+)\}")


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

    def __attrs_post_init__(self) -> None:
        check_name(self.table, "A parent table")
        where = f"Parent {self.table}"
        if not isinstance(self.adds, Mapping) or not self.adds:
            raise PluginError(
                f'{where}: adds is {one_line(repr(self.adds), 60)}. Name the column for the parent\'s key: {{"parent_id": "id"}}.'
            )
        for column, name in self.adds.items():
            check_column_name(column, f"{where}: adds")
            _check_field(name, f"{where}: adds")
        if self.changed is not None:
            _check_field(self.changed, f"{where}: changed")
        object.__setattr__(self, "adds", dict(self.adds))


def _check_field(name: object, where: str) -> None:
    if not isinstance(name, str) or not all(name.split(".")):
        raise PluginError(f"{where} names the field {name!r}. Write a field of the parent's record, as the API sends it.")


def check_child(table: str, parent: object, asked: Collection[Any], columns: Collection[str]) -> None:
    """Raise PluginError unless a child asks for something else for each parent, and declares what it is given.

    table: its name. asked: the parts of its requests in which a field of the parent may be named. columns: those it declares.
    """
    if not isinstance(parent, Parent):
        raise PluginError(
            f'Table {table}: parent is {one_line(repr(parent), 60)}. Write Parent("companies", adds={{"company_id": "id"}}).'
        )
    if not any(list(_named(part)) for part in asked):
        raise PluginError(
            f"Table {table}: it asks for the same for each record of {parent.table}. Name a field of the parent, "
            'such as path="/companies/{parent.id}/departments".'
        )
    undeclared = [column for column in parent.adds if column not in columns]
    if undeclared:
        raise PluginError(f"Table {table}: its parent adds {', '.join(undeclared)}, which columns does not declare.")


def _named(part: Any) -> Iterator[str]:
    match part:
        case str():
            yield from PLACEHOLDER.findall(part)
        case Mapping():
            for value in part.values():
                yield from _named(value)
        case list():
            for value in part:
                yield from _named(value)
