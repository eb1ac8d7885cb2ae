"""Placeholders, such as ``{account}``, that nobody fills: they would be sent as they stand."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import fields, has

from connector_core.basics.errors import PluginError
from connector_core.plugin.plan import Origin
from connector_core.source.pagination import Paginator
from connector_core.source.tables import Table

_NAME = r"[A-Za-z_][\w.]*"
_IN_PATH = re.compile(rf"(?<!\{{)\{{({_NAME})\}}(?!\}})")
_IN_TEXT = re.compile(rf"(?<![\w)\]}}{{])\{{({_NAME})\}}(?!\}})")
"""Not after a word: ``comments{message}`` says which fields are wanted, with more than one API."""
_IN_BODY = re.compile(rf"^\{{({_NAME})\}}$|(?<!\{{)\{{(\w+\.[\w.]+)\}}")
"""In a body, a text that is nothing else, or a name with a dot in it: what else stands in braces may be GraphQL."""


def check_filled(table: Table, origin: Origin, paginator: Paginator, paginator_origin: Origin) -> None:
    """Raise PluginError for a placeholder of *table*, or of a constant of its *paginator*, that nothing is put in place of."""
    parts = {"path": table.path, "params": table.params, "headers": table.headers, "body": table.body}
    for part, value in parts.items():
        pattern = _IN_PATH if part == "path" else _IN_BODY if part == "body" else _IN_TEXT
        for name in _named(value, pattern):
            if not (table.parent and name.startswith("parent.")):
                raise PluginError(f"{origin}: Table {table.name}: {part} has {{{name}}} in it, {_what_to_do(table)}")
    for field, value in _constants(paginator):
        for name in _named(value, _IN_TEXT):
            raise PluginError(
                f"{paginator_origin}: {field} of the paginator of {table.name} has {{{name}}} in it, which nothing is put in "
                "place of. Write the value itself."
            )


def _what_to_do(table: Table) -> str:
    fields = "of the parent's record, {parent.id}, are filled in" if table.parent else "are filled in for a child table only"
    return f"which nothing is put in place of: fields {fields}. Write the value itself; braces that are meant are written twice."


def _named(part: Any, pattern: re.Pattern[str]) -> Iterator[str]:
    match part:
        case str():
            yield from (next(filter(None, found.groups())) for found in pattern.finditer(part))
        case Mapping():
            for value in part.values():
                yield from _named(value, pattern)
        case list() | tuple():
            for value in part:
                yield from _named(value, pattern)


def _constants(value: Any) -> Iterator[tuple[str, Any]]:
    """The texts that a paginator, or one that it is made around, was given."""
    for field in fields(type(value)) if has(type(value)) else ():
        held = getattr(value, field.name)
        if isinstance(held, str | Mapping):
            yield field.name, held
        elif has(type(held)):
            yield from _constants(held)
