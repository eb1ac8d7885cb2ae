"""The tables as an entity relationship diagram in Mermaid (https://mermaid.js.org/syntax/entityRelationshipDiagram.html)."""

import re

from connector_build.catalog.entries import ColumnEntry, Dictionary, Relation
from connector_build.catalog.pages.words import listed, one_line

_ENDS = {"child": "}o--||", "dimension": "}|--o|", "aggregate": "}|--o|", "nested": "}o--||"}
"""Many to one: a child has a parent; a record may have null in what it is grouped by, and no group is without records."""


_UNQUOTED = str.maketrans('"`<>', "''()")


def mermaid(dictionary: Dictionary) -> str:
    """The diagram, with names as in the destination."""
    lines = ["erDiagram"]
    for table in dictionary.tables:
        lines.append(f"    {table.stored_name} {{")
        lines += [f"        {_attribute(dictionary, table.name, column)}" for column in table.columns]
        lines.append("    }")
    lines += [f"    {_relation(dictionary, relation)}" for relation in dictionary.relations]
    return "\n".join(lines) + "\n"


def _attribute(dictionary: Dictionary, table: str, column: ColumnEntry) -> str:
    foreign = any(each.table == table and column.name in each.columns for each in dictionary.relations)
    keys = [word for word, applies in (("PK", column.key), ("FK", foreign)) if applies]
    said = f' "{_quoted(column.description)}"' if column.description else ""
    return f"{re.sub(r'[^A-Z0-9]+', '_', column.type).strip('_')} {column.stored_name}{' ' if keys else ''}{listed(keys)}{said}"


def _relation(dictionary: Dictionary, relation: Relation) -> str:
    many, one = dictionary.table(relation.table), dictionary.table(relation.to_table)
    by = listed(many.column(name).stored_name for name in relation.columns)
    return f'{many.stored_name} {_ENDS[relation.kind]} {one.stored_name} : "{by}"'


def _quoted(text: str) -> str:
    """What may stand between quotes there; a backquote would end the block of code that it stands in."""
    return one_line(text).translate(_UNQUOTED)
