"""What tables and columns mean: read from the JSON file that a build or `connector-build docs` writes.

Shape: ``{"tables": {NAME: {"description": …, "primary_key": […], "columns": {NAME: {"type": …, "description": …}}}}}``. Lists of
objects with a ``name`` may stand instead of the objects by name, and a column may be its type alone.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen


@frozen
class Column:
    """What is known of a column: its type as declared, and what it means with its unit; empty where nobody said."""

    type: str = ""
    description: str = ""


@frozen(hash=False)
class Table:
    """What is known of a table.

    parents: (columns here, other table, columns there) for each relation that was declared.
    """

    description: str = ""
    primary_key: Sequence[str] = ()
    columns: Mapping[str, Column] = field(factory=dict)
    parents: Sequence[tuple[Sequence[str], str, Sequence[str]]] = ()


@frozen(hash=False)
class Dictionary:
    """Tables by name, all names in lower case. An empty one knows nothing, and answers nonetheless."""

    tables: Mapping[str, Table] = field(factory=dict)

    def table(self, name: str) -> Table:
        return self.tables.get(name.lower(), Table())

    def column(self, table: str, name: str) -> Column:
        return self.table(table).columns.get(name.lower(), Column())

    def describe(self, table: str, column: str) -> str:
        """The description of a column, else its name in words."""
        return self.column(table, column).description or column.strip("_").replace("_", " ")


def read_dictionary(file: Path | None) -> Dictionary:
    """The dictionary in *file*; an empty one where there is no such file, or none that can be read."""
    if file is None or not file.is_file():
        return Dictionary()
    try:
        return as_dictionary(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Dictionary()


def as_dictionary(value: Any) -> Dictionary:
    """The dictionary that a JSON *value* spells; what it does not spell in a known way is left out."""
    found = value.get("tables", value) if isinstance(value, Mapping) else value
    return Dictionary({name.lower(): _table(each) for name, each in _named(found).items()})


def _named(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {str(name): each for name, each in value.items()}
    listed = value if isinstance(value, list) else []
    return {str(each["name"]): each for each in listed if isinstance(each, Mapping) and "name" in each}


def _table(value: Any) -> Table:
    if not isinstance(value, Mapping):
        return Table()
    columns = {name.lower(): _column(each) for name, each in _named(value.get("columns")).items()}
    return Table(_text(value.get("description")), _names(value.get("primary_key")), columns, _parents(value))


def _column(value: Any) -> Column:
    if isinstance(value, Mapping):
        return Column(_text(value.get("type")), _text(value.get("description")))
    return Column(_text(value))


def _parents(value: Mapping[str, Any]) -> list[tuple[Sequence[str], str, Sequence[str]]]:
    listed = value.get("relationships") or value.get("relations") or []
    found = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    relations = [
        (_names(each.get("columns")), _text(each.get("to") or each.get("table")).lower(), _names(each.get("to_columns")))
        for each in found
    ]
    return [relation for relation in relations if all(relation)]


def _names(value: Any) -> list[str]:
    names = value if isinstance(value, list | tuple) else [value] if isinstance(value, str) else []
    return [str(name).lower() for name in names]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
