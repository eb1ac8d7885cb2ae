"""Parent and child tables: one request, or one feed of them, for each record of the parent."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.names import check_column_name, check_name, one_line
from connector_core.basics.paths import cached_path

if TYPE_CHECKING:
    from connector_core.source.tables import Table

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


def check_child(table: "Table") -> None:
    """Raise PluginError unless *table*, a child, asks for something else for each parent, and declares what it is given."""
    parent = table.parent
    if not isinstance(parent, Parent):
        raise PluginError(
            f'Table {table.name}: parent is {one_line(repr(parent), 60)}. Write Parent("companies", adds={{"company_id": "id"}}).'
        )
    if not list(_names(table)):
        raise PluginError(
            f"Table {table.name}: it asks for the same for each record of {parent.table}. Name a field of the parent, "
            'such as path="/companies/{parent.id}/departments".'
        )
    undeclared = [column for column in parent.adds if column not in table.columns]
    if undeclared:
        raise PluginError(f"Table {table.name}: its parent adds {', '.join(undeclared)}, which columns does not declare.")


def _names(table: "Table") -> Iterator[str]:
    for part in (table.path, table.params, table.headers, table.body):
        yield from _named(part)


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


def for_parent(table: "Table", record: Mapping[str, Any], where: str) -> "Table":
    """*table* as it is asked for the one parent *record*; *where* names that record.

    Raises UnexpectedAnswer when the record has no value for a field that the table names, or none that can stand there.
    """

    def taken(name: str) -> Any:
        value = cached_path(name).get(record)
        if value is None or isinstance(value, dict | list):
            has = "is missing or null" if value is None else f"is {one_line(repr(value), 60)}"
            raise UnexpectedAnswer(
                f"{where}: {name}, which {table.name} is asked for by, {has}. Ask the API's owner, or change the plugin."
            )
        return value

    def in_path(name: str) -> str:
        text = _text(taken(name))
        # Dots would be taken out of the address, and another one be asked.
        if text in ("", ".", ".."):
            raise UnexpectedAnswer(
                f"{where}: {name} is {text!r}, which cannot stand in the path {table.path}. "
                "Leave such a parent out with a transform, or ask the API's owner."
            )
        return quote(text, safe="")

    return evolve(
        table,
        path=PLACEHOLDER.sub(lambda found: in_path(found[1]), table.path),
        params={name: _text(value) for name, value in _filled(table.params, taken).items()},
        headers={name: _text(value) for name, value in _filled(table.headers, taken).items()},
        body=None if table.body is None else _filled(table.body, taken),
        parent=None,
    )


def _filled(part: Any, taken: Callable[[str], Any]) -> Any:
    """*part* with each placeholder replaced; one that is a whole text keeps the type of its value, as JSON wants it."""
    match part:
        case str():
            whole = PLACEHOLDER.fullmatch(part)
            return taken(whole[1]) if whole else PLACEHOLDER.sub(lambda found: _text(taken(found[1])), part)
        case Mapping():
            return {name: _filled(value, taken) for name, value in part.items()}
        case list():
            return [_filled(value, taken) for value in part]
    return part


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
