"""The entries of a dictionary: frozen values of texts, numbers and lists alone, so that JSON can hold each as it is.

The names of their fields are the keys of that JSON; docs/dictionary.md shows it.
"""

from typing import Any, Literal

from attrs import asdict, frozen

FORMAT = 1
"""The version of the JSON. A key that is added leaves it as it is; one that goes, or means something else, raises it."""


@frozen
class Input:
    """Where a value of a column comes from.

    at:    ``api`` for a field of the API's records, ``table`` for a column of another table of the connector.
    name:  the path of the API, or the name of that table.
    field: the field, with dots for nesting, or the column.
    """

    at: Literal["api", "table"]
    name: str
    field: str


@frozen
class Lineage:
    """How the values of a column come about.

    origin:  ``api`` (a field of the records), ``parent`` (a field of the parent's record), ``transform`` (made by a function of
             the plugin), or ``table`` (of an extra table: made from its source table).
    inputs:  what the values are made from. Empty where nobody can tell: a function of the plugin makes them of the whole record.
    steps:   the transforms that the values pass, by name, in order.
    measure: of an aggregate ``count``, ``total``, ``minimum`` or ``maximum``; else None.
    hidden:  only a hash of the value arrives.
    how:     the same in words.
    """

    origin: Literal["api", "parent", "transform", "table"]
    inputs: tuple[Input, ...]
    steps: tuple[str, ...] = ()
    measure: str | None = None
    hidden: bool = False
    how: str = ""


@frozen
class ColumnEntry:
    """A column: its name in the plugin and in the destination, its Fivetran type, and what it means."""

    name: str
    stored_name: str
    type: str
    description: str
    pii: bool
    key: bool
    nullable: bool
    lineage: Lineage


@frozen
class ParentEntry:
    """Whose child a table is. adds: column of the child → field of the parent's record."""

    table: str
    adds: dict[str, str]
    changed: str | None


@frozen
class ApiEntry:
    """Where the records of a table are served."""

    method: str
    path: str
    records: str
    format: str


@frozen
class TableEntry:
    """A table that the connector writes.

    source:  of an extra table, the table that it is made from; else None.
    parent, api: None for an extra table; parent also for a table that is no child.
    newest:  of a dimension, the column of the source table by which the newest record is known; else None.
    reading: how it is read, or what it is made from, in words.
    risks:   what the plugin takes upon itself, each a sentence.
    transforms: the transforms that its records pass, by name, in order.
    """

    name: str
    stored_name: str
    kind: Literal["source", "child", "dimension", "aggregate", "nested"]
    description: str
    source: str | None
    parent: ParentEntry | None
    api: ApiEntry | None
    primary_key: tuple[str, ...]
    newest: str | None
    append_only: bool
    full_refresh: bool
    reading: str
    risks: tuple[str, ...]
    transforms: tuple[str, ...]
    columns: tuple[ColumnEntry, ...]

    def column(self, name: str) -> ColumnEntry:
        """The column of this *name*. Raises KeyError for none."""
        return {each.name: each for each in self.columns}[name]


@frozen
class SettingEntry:
    """A configuration value.

    default: None where a value has to be given.
    when:    another setting, and the values of it for which this one is read; None: always.
    """

    name: str
    label: str
    description: str
    kind: str
    default: str | None
    required: bool
    secret: bool
    minimum: int | None
    maximum: int | None
    choices: tuple[str, ...]
    when: tuple[str, tuple[str, ...]] | None


@frozen
class OptionEntry:
    """What ``--enable`` and ``--disable`` switch. columns: those that it brings, by name. cost: what it costs, in words."""

    name: str
    kind: str
    table: str
    description: str
    enabled: bool
    default: bool
    columns: tuple[str, ...]
    cost: str


@frozen
class Relation:
    """Rows of *table*, several of which may belong to one row of *to_table*: whose *columns* have the values of *to_columns*.

    kind: ``child`` (a child table to its parent), ``dimension`` or ``aggregate`` (a source table to what is made from it), or
          ``nested`` (lines to the record that they are of). Rows that have null in one of *columns* belong to no row there.
    """

    kind: Literal["child", "dimension", "aggregate", "nested"]
    table: str
    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]


@frozen
class PluginEntry:
    """A distribution, or a file (which has no version), that the connector is assembled from."""

    name: str
    version: str


@frozen
class Dictionary:
    """What a connector is and what each part of it means.

    title:   the dataset's name as people write it. version, summary: those of its distribution.
    tables:  source tables in the order in which they are synced, each followed by the extra tables that are made from it.
    """

    dataset: str
    title: str
    version: str
    summary: str
    plugins: tuple[PluginEntry, ...]
    tables: tuple[TableEntry, ...]
    settings: tuple[SettingEntry, ...]
    options: tuple[OptionEntry, ...]
    relations: tuple[Relation, ...]

    def table(self, name: str) -> TableEntry:
        """The table of this *name*. Raises KeyError for none."""
        return {each.name: each for each in self.tables}[name]

    def as_json(self) -> dict[str, Any]:
        """The whole of it as JSON has it: dicts, lists, texts, numbers, true, false and null."""
        return {"format": FORMAT, **asdict(self, value_serializer=lambda _, __, value: _plain(value))}


def _plain(value: Any) -> Any:
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
