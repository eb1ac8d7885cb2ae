"""A draft: a plugin as a value, before it is written. Whatever stands in it was seen, is guessed, or is still to be done."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import field, frozen

Plain: TypeAlias = "bool | int | float | str | None"
Value: TypeAlias = "Plain | Sequence[Value] | Mapping[str, Value] | Call | Noted"
"""What can stand in a plugin: literals, lists and mappings of them, calls of `connector_core`'s words; no code."""

Kind = Literal["guessed", "TODO"]


@frozen
class Call:
    """A word of `connector_core` with its arguments: ``Call("Setting", ("owner",), {"kind": "list"})``.

    word: a name of ``connector_core.__all__``. options: its keyword arguments, in the order in which they are written.
    """

    word: str
    args: tuple[Value, ...] = ()
    options: Mapping[str, Value] = field(factory=dict)


class Pair(tuple["Value", "Value"]):
    """Two values that belong together, written as a tuple: a path and what stands there."""

    __slots__ = ()


@frozen
class Noted:
    """A value with a comment on its line: ``# guessed: …`` with the evidence, or ``# TODO: …`` with what was not understood."""

    value: Value
    why: str
    kind: Kind = "guessed"


@frozen
class TableDraft:
    """One table of the dataset.

    table:        the options of ``Table(…)``; ``name`` is the first of them, and a plain text.
    paginator:    a ``Call``, noted or not; None: what the core does by itself.
    """

    table: Mapping[str, Value]
    paginator: Value = None
    transforms: tuple[Value, ...] = ()
    extra_tables: tuple[Value, ...] = ()

    @property
    def name(self) -> str:
        """The table's name in the destination."""
        return str(self.table["name"])


@frozen
class Draft:
    """A dataset that is to be written.

    name:     of the dataset, which is the file's.
    summary:  the first line of the file.
    tables:   at least one, each with another name.
    auth:     a ``Call``, noted or not; None: the core's own answer.
    settings: calls of ``Setting``, ``base_url`` and ``page_size``.
    remarks:  what there is to say about the whole, each a line of a comment at the top of the file.
    """

    name: str
    summary: str
    tables: tuple[TableDraft, ...]
    auth: Value = None
    settings: tuple[Value, ...] = ()
    remarks: tuple[str, ...] = ()


def bare(value: Value) -> Value:
    """*value* without the note on its line."""
    return bare(value.value) if isinstance(value, Noted) else value


def guessed(value: Value, why: str) -> Noted:
    """*value*, which rests on the evidence *why*."""
    return Noted(value, why)


def todo(value: Value, what: str) -> Noted:
    """*value*, which stands for *what*, that was not understood."""
    return Noted(value, what, "TODO")


def notes(value: "Value | Draft | TableDraft") -> list[Noted]:
    """Every note in *value*, in the order in which it is written."""
    if isinstance(value, Noted):
        return [value, *notes(value.value)]
    return [note for part in _parts(value) for note in notes(part)]


def words(value: "Value | Draft | TableDraft") -> set[str]:
    """The words of `connector_core` that *value* uses."""
    own = {value.word} if isinstance(value, Call) else set()
    return own.union(*(words(part) for part in _parts(value)))


def _parts(value: "Value | Draft | TableDraft") -> list["Value | TableDraft"]:
    match value:
        case Noted():
            return [value.value]
        case Call():
            return [*value.args, *value.options.values()]
        case Draft():
            return [*value.tables, value.auth, *value.settings]
        case TableDraft():
            return [*value.table.values(), value.paginator, *value.transforms, *value.extra_tables]
        case Mapping():
            return list(value.values())
        case list() | tuple():
            return list(value)
    return []
