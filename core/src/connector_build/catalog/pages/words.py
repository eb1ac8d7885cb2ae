"""Words that the pages share: how a key, a source and a relation are said."""

from collections.abc import Iterable, Sequence

from connector_build.catalog.entries import ColumnEntry, Dictionary, Relation, SettingEntry, TableEntry

KINDS = {
    "source": "table of the API",
    "child": "child table",
    "dimension": "dimension, one row for each key",
    "aggregate": "aggregate, one row for each group",
    "nested": "nested list, one row for each entry",
}


def where_from(table: TableEntry) -> str:
    """Where the rows of a table come from."""
    if table.api is None:
        newest = f", by {table.newest}" if table.newest else ""
        return f"made from {table.source}{newest}"
    inside = f"under {table.api.records}" if table.api.format == "JSON" else f"in {table.api.format}"
    return f"{table.api.method} {table.api.path}, {inside}"


def comes_from(column: ColumnEntry) -> str:
    """How the values of a column come about, and which transforms they pass."""
    lineage = column.lineage
    if lineage.inputs and lineage.how == column.description:  # said once is enough
        return f"computed from {listed(each.field for each in lineage.inputs)}"
    steps = [step for step in lineage.steps if lineage.origin in ("api", "parent")]
    return f"{lineage.how}{f', through {listed(steps)}' if steps else ''}"


def marks(column: ColumnEntry) -> list[str]:
    """What is remarkable about a column, each in a word or two."""
    told = [("key", column.key), ("personal data", column.pii), ("hashed", column.lineage.hidden)]
    return [word for word, applies in told if applies]


def related(relation: Relation) -> str:
    """A relation as a sentence without its full stop."""
    one, many = listed(relation.to_columns), listed(relation.columns)
    return f"rows of {relation.table} ({many}) belong to one row of {relation.to_table} ({one})"


def bounds(setting: SettingEntry) -> str:
    """What a value may be, beyond its kind."""
    low, high = setting.minimum, setting.maximum
    told = [
        f"at least {low}" if low is not None else "",
        f"at most {high}" if high is not None else "",
        f"one of {listed(setting.choices)}" if setting.choices else "",
        f"read where {setting.when[0]} is {' or '.join(setting.when[1])}" if setting.when else "",
        "secret" if setting.secret else "",
    ]
    return ", ".join(word for word in told if word)


def default(setting: SettingEntry) -> str:
    """What is taken where nothing is given."""
    if setting.default is not None:
        return setting.default or "empty"
    return "required" if setting.required else "none"


def listed(names: Iterable[str]) -> str:
    """Names with commas between."""
    return ", ".join(names)


def key_columns(dictionary: Dictionary, table: TableEntry) -> Sequence[ColumnEntry]:
    """The columns by which *table* is known and related to others, in the order of its columns."""
    named = {name for each in dictionary.relations if each.table == table.name for name in each.columns}
    named |= {name for each in dictionary.relations if each.to_table == table.name for name in each.to_columns}
    return [column for column in table.columns if column.key or column.name in named]


def one_line(text: str) -> str:
    """*text* on one line, without what no page can hold."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
