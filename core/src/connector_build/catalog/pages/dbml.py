"""The tables in DBML (https://dbml.dbdiagram.io/docs), which drawing tools read. Names are those in the destination."""

from collections.abc import Iterator

from connector_build.catalog.entries import ColumnEntry, Dictionary, Relation, TableEntry
from connector_build.catalog.pages.words import listed, one_line


def dbml(dictionary: Dictionary) -> str:
    """A project with its tables and their relations."""
    project = f"Project {dictionary.dataset} {{\n  Note: {_text(f'{dictionary.title}: {dictionary.summary}')}\n}}\n"
    refs = [_ref(dictionary, relation) for relation in dictionary.relations]
    return "\n".join([project, *("\n".join(_table(table)) + "\n" for table in dictionary.tables), *refs])


def _table(table: TableEntry) -> Iterator[str]:
    said = f" [note: {_text(table.description)}]" if table.description else ""
    yield f"Table {table.stored_name}{said} {{"
    for column in table.columns:
        yield f"  {column.stored_name} {column.type} [{listed(_settings(table, column))}]"
    if len(table.primary_key) > 1:
        names = listed(table.column(name).stored_name for name in table.primary_key)
        yield f"\n  indexes {{\n    ({names}) [pk]\n  }}"
    yield "}"


def _settings(table: TableEntry, column: ColumnEntry) -> Iterator[str]:
    if column.key and len(table.primary_key) == 1:
        yield "pk"
    yield "null" if column.nullable else "not null"
    if column.description:
        yield f"note: {_text(column.description)}"


def _ref(dictionary: Dictionary, relation: Relation) -> str:
    many, one = dictionary.table(relation.table), dictionary.table(relation.to_table)
    return f"Ref: {_end(many, relation.columns)} > {_end(one, relation.to_columns)}\n"


def _end(table: TableEntry, columns: tuple[str, ...]) -> str:
    names = listed(table.column(name).stored_name for name in columns)
    return f"{table.stored_name}.{names}" if len(columns) == 1 else f"{table.stored_name}.({names})"


def _text(text: str) -> str:
    quoted = one_line(text).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"
