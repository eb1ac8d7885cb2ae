"""What tables and columns mean: read from the JSON file that a build or `connector-build docs` writes.

Shape, as docs/dictionary.md has it: ``{"tables": [{"name": …, "stored_name": …, "description": …, "primary_key": […], "columns":
[{"name": …, "stored_name": …, "type": …, "description": …}]}], "relations": [{"table": …, "columns": […], "to_table": …,
"to_columns": […]}]}``. An object by names may stand instead of each list, and a column may be its type alone, for those who write
one by hand. What is stored under another name is known by that one.
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
    """What is known of a table."""

    description: str = ""
    primary_key: Sequence[str] = ()
    columns: Mapping[str, Column] = field(factory=dict)


@frozen
class Relation:
    """Rows of *child* belong to rows of *parent* by columns. declared: the plugin says so, and not names of columns alone."""

    child: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    declared: bool = True


@frozen(hash=False)
class Dictionary:
    """Tables by name, all names in lower case. An empty one knows nothing, and answers nonetheless."""

    tables: Mapping[str, Table] = field(factory=dict)
    relations: Sequence[Relation] = ()

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
    tables = {name: _table(each) for name, each in _named(found).items()}
    listed = value.get("relations") if isinstance(value, Mapping) else None
    relations = [_relation(each) for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return Dictionary(tables, tuple(each for each in relations if each.child and each.parent and each.columns))


def _named(value: Any) -> dict[str, Any]:
    """What stands under each name, as it is stored, in lower case."""
    if isinstance(value, Mapping):
        return {str(name).lower(): each for name, each in value.items()}
    listed = [each for each in value if isinstance(each, Mapping) and "name" in each] if isinstance(value, list) else []
    return {str(each.get("stored_name") or each["name"]).lower(): each for each in listed}


def _table(value: Any) -> Table:
    if not isinstance(value, Mapping):
        return Table()
    columns = {name: _column(each) for name, each in _named(value.get("columns")).items()}
    return Table(_text(value.get("description")), _names(value.get("primary_key")), columns)


def _column(value: Any) -> Column:
    if isinstance(value, Mapping):
        return Column(_text(value.get("type")), _text(value.get("description")))
    return Column(_text(value))


def _relation(value: Mapping[str, Any]) -> Relation:
    columns, other = tuple(_names(value.get("columns"))), tuple(_names(value.get("to_columns")))
    return Relation(_text(value.get("table")).lower(), columns, _text(value.get("to_table")).lower(), other or columns)


def _names(value: Any) -> list[str]:
    names = value if isinstance(value, list | tuple) else [value] if isinstance(value, str) else []
    return [str(name).lower() for name in names]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
