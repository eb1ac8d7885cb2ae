"""Child tables: one request, or one feed of them, for each record of the parent."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import nowhere, there_is
from connector_core.basics.names import one_line
from connector_core.basics.paths import cached_path
from connector_core.source.formats import Format
from connector_core.source.tables import Table
from connector_core.source.templates import Filling


def check_parents(table: Table, parents: Sequence[Any], where: str) -> None:
    """Raise UnexpectedAnswer for a field that the child *table* names and none of a page's *parents* has: it is misspelt.

    *where* names the page.
    """
    parent = table.parent
    assert parent is not None  # noqa: S101  (the caller has looked)
    named = [(f"adds names for {column}", place) for column, place in parent.places.items()]
    named += [("changed names", parent.changes)] if parent.changes else []
    for what, place in named:
        if hint := nowhere(place, parents):
            raise UnexpectedAnswer(
                f"{where}: no {parent.named} on this page has {place}, which {what}{hint}. "
                f"Correct it in the parent of {table.name}."
            )


def for_parent(table: Table, record: Mapping[str, Any], where: str) -> Table:
    """*table* as it is asked for the one parent *record*; *where* names that record.

    Raises UnexpectedAnswer when the record has no value for a field that the table names, or none that can stand there.
    """

    def taken(_: str, name: str) -> Any:
        value = cached_path(name).get(record)
        if value is None or isinstance(value, dict | list):
            has = "is null" if value is None else f"is {one_line(repr(value), 60)}"
            if value is None and not cached_path(name).knows(record):
                has = f"is missing{there_is(name, [record])}"
            raise UnexpectedAnswer(
                f"{where}: {name}, which {table.name} is asked for by, {has}. Ask the API's owner, or change the plugin."
            )
        return value

    filling = Filling(taken, ("parent", "each"))
    try:
        path = filling.path(table.path)
        headers = {name: filling.header(value) for name, value in table.headers.items()}
    except ValueError as error:
        raise UnexpectedAnswer(f"{where}: {error}. Leave such a parent out with a transform, or ask the API's owner.") from None
    return evolve(
        table,
        path=path,
        params={name: filling.text(value) for name, value in table.params.items()},
        headers=headers,
        body=None if table.body is None else filling.json(table.body),
        parent=None,
        each=None,
        format=_format(table),
    )


def _format(table: Table) -> Format | None:
    """The format of the children's answers, in which what their parent adds is not looked for."""
    return table.format.without(table.parent.adds) if table.format and table.parent else table.format
