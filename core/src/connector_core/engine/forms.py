"""Rows in their form: each value as its column's type has it, found out once for all rows of one shape.

A shape is the names of a row's fields and the classes of their values. What has to be done to a row depends on nothing else, so a
row of a shape that was met before costs one look-up and what there is to convert.
"""

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

from connector_core.basics.decoding import ExactFloat
from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.names import one_line, same_stored, stored_name
from connector_core.basics.operations import Log
from connector_core.source.columns import Declared
from connector_core.source.values import CHECKED_LONG, FINITE, Convert, step

NAMES_KEPT, KINDS_KEPT = 50, 500
"""So many lists of names are remembered, and of each so many lists of classes. A feed may leave out this field and that."""

FLOATS = frozenset({"DOUBLE", "FLOAT"})
"""Types to which 1.50 and 1.5 are one."""

LOST = frozenset({"_fivetran_deleted", "_fivetran_synced"})
"""Columns that Fivetran fills itself, whatever a record has there."""


@frozen(eq=False)
class Form:
    """What rows of one shape need.

    steps:  what there is to convert, column by column.
    wholes: the columns whose whole numbers 64 bits have to hold.
    floats: those whose floats are no more than floats. digits: somewhere a number is wanted as the answer wrote it.
    """

    steps: tuple[tuple[str, Convert], ...]
    wholes: tuple[str, ...]
    floats: tuple[str, ...]
    digits: bool

    @property
    def copied(self) -> bool:
        """Whether something changes in such a row."""
        return bool(self.steps)


Kinds = dict[tuple[type, ...], Form]
"""Of rows with the same fields: the classes of the values → what they need."""


@define
class Forms:
    """What the shapes of one table's rows need.

    columns: every declared column, as the transforms leave them.
    watched: those in which each float is looked at, because it is compared, or because a function of a plugin may have made it:
             NaN is null in the destination, and minus zero is zero.
    warned:  undeclared fields that were remarked on; each is once.
    """

    table: str
    columns: Declared
    watched: frozenset[str]
    log: Log
    _warned: set[str] = field(factory=set)
    _known: dict[tuple[str, ...], Kinds] = field(factory=dict, init=False)

    def form(self, row: Mapping[str, Any], where: str) -> Form:
        """What rows of the shape of *row* need; *where* names what it is a row of.

        Raises UnexpectedAnswer for two fields that are one in the destination, PluginError for what is no name.
        """
        names = tuple(row)
        kinds = self._known.get(names)
        if kinds is None:
            self._check_names(names, where)
            if len(self._known) >= NAMES_KEPT:
                self._known.clear()
            kinds = self._known[names] = {}
        classes = tuple(map(type, row.values()))
        if classes not in kinds:
            if len(kinds) >= KINDS_KEPT:
                kinds.clear()
            kinds[classes] = self._form(row)
        return kinds[classes]

    def _check_names(self, names: tuple[str, ...], where: str) -> None:
        for name in names:
            if not isinstance(name, str) or not stored_name(name):
                raise PluginError(f"{where} has a field named {one_line(repr(name), 60)}, which is no name. Rename or drop it.")
            if stored_name(name) in LOST and name not in self.columns:
                raise UnexpectedAnswer(
                    f"{where} has a field {one_line(name, 60)}, which Fivetran fills itself, so its values would be lost. "
                    "Rename or drop it with a transform."
                )
        if twins := same_stored(names):
            raise UnexpectedAnswer(
                f"{where} has {one_line(twins[0], 60)} and {one_line(twins[1], 60)}, which are both stored as "
                f"{stored_name(twins[0])}, so one of them would be lost. Rename or drop one with a transform."
            )

    def _form(self, row: Mapping[str, Any]) -> Form:
        steps: list[tuple[str, Convert]] = []
        wholes = []
        for name, value in row.items():
            column, of = self.columns.get(name), value.__class__
            convert = step(column, of) if column else self._undeclared(name, value)
            if convert is CHECKED_LONG and of is int:
                wholes.append(name)
            elif convert is not None and not (convert is FINITE and of is float and name not in self.watched):
                steps.append((name, convert))
        floats = tuple(name for name, value in row.items() if self._is_plain(name, value))
        digits = any(isinstance(value, float | dict | list) and name not in floats for name, value in row.items())
        return Form(tuple(steps), tuple(wholes), floats, digits)

    def _is_plain(self, name: str, value: object) -> bool:
        """Whether *value* is a float of which a column takes no more than that."""
        return isinstance(value, float) and name in self.columns and self.columns[name].type in FLOATS

    def _undeclared(self, name: str, value: object) -> Convert | None:
        """What an undeclared field needs. A float travels with 32 bits, and so does a whole number beyond 64 bits."""
        if isinstance(value, float):
            self.remark(name, value, "DOUBLE")
            return float if isinstance(value, ExactFloat) else None
        return CHECKED_LONG if value.__class__ is int and name not in self._warned else None

    def remark(self, name: str, value: object, kind: str) -> None:
        """Warn, once, that an undeclared field loses digits, and say what to declare it as."""
        if name not in self._warned:
            self._warned.add(name)
            self.log.alert(
                f"{self.table}: field {one_line(name, 60)} is not declared and may lose digits on its way "
                f'({one_line(value, 40)}). Add "{one_line(name, 60)}": "{kind}" to the table\'s columns.'
            )
