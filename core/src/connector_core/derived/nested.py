"""A nested list as a table of its own: one row for each entry of a list inside of each record."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from connector_core.basics.decoding import NotJson, decode_text
from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.names import check_column_name, check_name, column_names, listed, one_line
from connector_core.basics.paths import MISSING, Path, compile_path
from connector_core.basics.steps import read_steps
from connector_core.source.columns import Column, Declared, UnfitError, checked_columns, given_columns
from connector_core.source.tables import Record, Table, frozen_mapping
from connector_core.source.values import read

VALUE = "value"
"""The column of an entry that is no object."""


@frozen(hash=False)
class Nested:
    """An extra table of the entries of a list inside of each record: the lines of an order, the tags of a ticket.

    ``SELECT adds…, index, entry's fields… FROM source, unnest(at)``. A record without the list, or with null there, has no lines.
    An entry that is no object is ``{"value": entry}``; a field that *columns* does not declare arrives all the same.

    name:    the table in the destination.
    at:      where the list is: a JSON column of the source table, or a place in one (``data.lines``).
    key:     the columns that identify a line; its primary key. They have the key of the record among them, by way of *adds*, so
             that no two records share a line, and one more that tells the lines of a record apart.
    adds:    column → column of the source table whose value each line is given: ``{"order_id": "id"}``.
    columns: field of an entry → Fivetran type or ``Column``.
    index:   a column for the place of an entry in its list, from 0; None for none.
    default: whether it is on unless the build says otherwise.
    description: what a row of it is, for people; made from *at* when left out.

    Raises PluginError when a value cannot be used.
    """

    name: str
    at: str
    key: tuple[str, ...] = field(converter=listed)
    adds: Mapping[str, str] = field(converter=frozen_mapping)
    columns: Declared = field(factory=dict, converter=given_columns)
    index: str | None = None
    default: bool = field(default=True, repr=False)
    description: str = field(default="", kw_only=True, eq=False, repr=False)
    column: str = field(init=False, eq=False, repr=False)
    """The column of the source table that the list is in."""
    inside: tuple[str | int, ...] = field(init=False, eq=False, repr=False)
    """The keys and indices on the way from there to the list; none where the column is the list."""
    _place: Path = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "A nested list")
        where = f"Nested {self.name}"
        object.__setattr__(self, "key", column_names(self.key, f"{where}: key"))
        object.__setattr__(self, "columns", checked_columns(self.columns, where))
        try:
            steps = read_steps(self.at) if isinstance(self.at, str) else None
        except PluginError as error:
            raise PluginError(f"{where}: at: {error}") from None
        if not steps or not isinstance(steps[0].name, str):
            raise PluginError(f'{where}: at is {one_line(repr(self.at), 60)}. Name a column, or a place in one: "data.lines".')
        object.__setattr__(self, "column", steps[0].name)
        object.__setattr__(self, "inside", tuple(step.name for step in steps[1:]))
        object.__setattr__(self, "_place", compile_path(self.at))
        self._check_names(where)

    def _check_names(self, where: str) -> None:
        if not isinstance(self.adds, Mapping) or not all(isinstance(each, str) for each in self.adds.values()):
            raise PluginError(f'{where}: adds is {one_line(repr(self.adds), 60)}. Write {{"order_id": "id"}}.')
        numbered = () if self.index is None else (self.index,)
        names = [*self.adds, *numbered, *self.columns]
        for name in names:
            check_column_name(name, where)
        if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise PluginError(f"{where} has the column {twice[0]!r} twice, among adds, index and columns. Name one differently.")
        if unknown := [name for name in self.key if name not in names]:
            raise PluginError(
                f"{where}: key names {unknown[0]}, which is none of its columns. Declare it in columns, or give it to each line: "
                "adds for a value of the record, index for the place in the list."
            )
        if lists := [name for name in self.key if name in self.columns and self.columns[name].type == "JSON"]:
            raise PluginError(f"{where}: key names {lists[0]}, which is JSON: no list identifies a line.")

    @property
    def by(self) -> tuple[str, ...]:
        """Its primary key, as other extra tables call it."""
        return self.key

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns of the source table that it reads."""
        return tuple(dict.fromkeys([self.column, *self.adds.values()]))

    def columns_from(self, source: Declared) -> Declared:
        """Its columns, given those of the source table. Raises PluginError where there can be no list."""
        if source[self.column].type != "JSON":
            raise PluginError(
                f"{self.column} is declared {source[self.column].type}, and a list is JSON. Declare it JSON, or correct at."
            )
        added = {name: evolve(source[of], null=()) for name, of in self.adds.items()}
        numbered = {} if self.index is None else {self.index: Column("LONG", f"place in {self.at}, from 0")}
        return {**added, **numbered, **self.columns}

    def check(self, table: Table) -> None:
        """Raise PluginError unless a line's key says which record of *table* it is of, and which of its lines."""
        if not table.primary_key:
            raise PluginError(
                f"{self.name}: {table.name} has no primary_key, so nothing tells whose lines are whose. Read the list as a table "
                f'of its own: rows=exploded("{self.at}").'
            )
        given = {self.adds[name] for name in self.key if name in self.adds}
        if lacking := [name for name in table.primary_key if name not in given]:
            raise PluginError(
                f"{self.name}: its key does not say whose line it is. Give each line {', '.join(lacking)} of {table.name} "
                f'and name the column in key too: adds={{"{table.name}_{lacking[0]}": "{lacking[0]}"}}.'
            )
        if not self.apart(table.primary_key):
            raise PluginError(
                f"{self.name}: its key is that of {table.name}, so each record could have one line. Name in key what tells its "
                'lines apart: a field of them, or index="position".'
            )

    def apart(self, key: Sequence[str]) -> tuple[str, ...]:
        """The columns of its key that tell the lines of one record apart; *key* is that of the source table."""
        return tuple(name for name in self.key if self.adds.get(name) not in key)

    def entries(self, row: Record, where: str) -> Sequence[Any]:
        """The list of one record. Raises UnexpectedAnswer, which begins with *where*, for something that is no list."""
        found = self._place.find({self.column: _read(row.get(self.column))})
        if found is MISSING or found is None:
            return ()
        if not isinstance(found, list):
            raise UnexpectedAnswer(
                f"{where} has {one_line(repr(found), 60)} at {self.at}, where {self.name} takes a list of lines. Correct its at, "
                "or make a list of it with a transform."
            )
        return found

    def lines(self, row: Record, columns: Declared, where: str) -> Iterator[Record]:
        """The lines of one record, with what they are given, not yet in the form of their *columns*.

        Raises UnexpectedAnswer for no list, and for a field with the name of a column that lines are given, and another value.
        """
        given = {name: row.get(of) for name, of in self.adds.items()}
        for number, entry in enumerate(self.entries(row, where)):
            line = dict(entry) if isinstance(entry, dict) else {VALUE: entry}
            added = given if self.index is None else {**given, self.index: number}
            for name in added.keys() & line.keys():
                if not _alike(columns[name], line[name], added[name]):
                    raise UnexpectedAnswer(
                        f"{where}: line {number} of {self.at} has {one_line(repr(line[name]), 60)} as {name}, but {self.name} "
                        f"gives it {one_line(repr(added[name]), 60)}. Give that a column of another name in adds or index."
                    )
            yield {**line, **added}


def _read(value: Any) -> Any:
    """A JSON column, which may hold the text of some JSON, as CSV has it; a text that is none stays one."""
    try:
        return decode_text(value) if isinstance(value, str) and value[:1] in ("[", "{") else value
    except (NotJson, ValueError):
        return value


def _alike(column: Column, sent: Any, added: Any) -> bool:
    """Whether what an entry has, if anything, is in the destination what it is given."""
    try:
        return sent is None or bool(read(column, sent) == added)
    except UnfitError:
        return False
