"""From what stands in a page to the rows that go out: checked, transformed, their undeclared fields remarked on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from attrs import define, field

from connector_core.basics.blame import begin_of, see, told
from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.hints import did_you_mean_place
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.derived.applying import LeftOut, TransformFailed, transformed
from connector_core.derived.named_fields import watch_for
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.source.tables import Key, Record, Table

LARGEST_LONG = 2**63 - 1
GONE = "deleted"
"""What leaves out a record that an answer lists among those that are gone."""


Rows = list[tuple[Key, Record | LeftOut]]


@define
class RowMaker:
    """Makes the rows of one table; remembers only which undeclared fields it has warned about.

    columns: every declared column, as the transforms leave them.
    checks_fields: what it is given are pages, and a field that a transform goes by and no record of one has is an error.
    """

    table: Table
    transforms: Sequence[Transform | DerivedField]
    columns: frozenset[str]
    log: Log
    checks_fields: bool = True
    _warned: set[str] = field(factory=set, init=False)
    _may_move: bool = field(init=False)
    """Whether a transform may change the key of a record: all but fields derived beside it may."""
    _usual: list[str] = field(factory=list, init=False)
    """The fields of the last row about which there was nothing to remark."""

    @_may_move.default
    def _(self) -> bool:
        keys = self.table.primary_key
        return not all(isinstance(each, DerivedField) and each.name not in keys for each in self.transforms)

    def rows(self, records: Iterable[Any], where: str, first: int = 1, added: Mapping[str, Any] | None = None) -> Rows:
        """Key and row of each record of a page, or what is left of one.

        *where* names table and request, *first* is the number of the first of these records in the page, *added* what each of
        them is given: the columns that a child table takes from its parent.

        Raises UnexpectedAnswer when a record is no object or lacks its key, PluginError when a transform fails.
        """
        made: Rows = []
        # What a page has is told by its first part.
        watch = watch_for(self.transforms) if first == 1 and self.checks_fields and self.transforms else None
        for number, record in enumerate(records, first):
            if added:
                self._add(record, added, number, where)
            key, row = self._key(record, number, where), record
            if self.transforms:
                try:
                    row = transformed(self.transforms, record, self.table.primary_key, watch)
                except TransformFailed as failed:
                    raise self._failed(failed, key) from failed.__cause__
                if self._may_move:
                    key = self._key(row.keys if isinstance(row, LeftOut) else row, number, where, ours=True)
            if row.__class__ is not LeftOut and list(row) != self._usual:
                self._remark(row)
            made.append((key, row))
        if watch is not None:
            watch.check(f"{where}: no record of this page", records)
        return made

    def gone(self, keys: Any, where: str, added: Mapping[str, Any] | None = None) -> Rows:
        """What stands for the records that an answer says are gone; *keys* is what it lists, the rest as for ``rows``.

        Null lists none. Raises UnexpectedAnswer when it is no list of keys.
        """
        if keys is None:
            return []
        if not isinstance(keys, list):
            raise UnexpectedAnswer(
                f"{where}: {self.table.deleted} is {one_line(repr(keys), 60)}, where a list of keys was expected. "
                "Change the table's deleted, or ask the API's owner."
            )
        return [self._gone(key, f"{where}: {self.table.deleted}", added or {}) for key in keys]

    def _gone(self, key: Any, where: str, added: Mapping[str, Any]) -> tuple[Key, LeftOut]:
        names = self.table.primary_key
        own = [name for name in names if name not in added]
        record = key if isinstance(key, dict) else {own[0]: key} if len(own) == 1 else {}
        found = {name: record.get(name, added.get(name)) for name in names}
        if None in found.values() or any(isinstance(value, dict | list) for value in found.values()):
            raise UnexpectedAnswer(
                f"{where} lists {one_line(repr(key), 60)}, which is no key of {self.table.name} ({', '.join(names)}). "
                "Ask the API's owner, or change the plugin."
            )
        return self.table.key_of(found), LeftOut(found, GONE)

    def _add(self, record: Any, added: Mapping[str, Any], number: int, where: str) -> None:
        if isinstance(record, dict):
            for name, value in added.items():
                if record.setdefault(name, value) != value:
                    raise UnexpectedAnswer(
                        f"{where}: record {number} has {one_line(repr(record[name]), 60)} as {name}, but its parent has "
                        f"{one_line(repr(value), 60)}. Give the parent's value a column of another name in the table's parent."
                    )

    def _key(self, record: Any, number: int, where: str, *, ours: bool = False) -> Key:
        if isinstance(record, dict):
            values = [record.get(name) for name in self.table.primary_key]
            if None not in values:
                return tuple(map(str, values))
        return self._no_key(record, number, where, ours=ours)

    def _no_key(self, record: Any, number: int, where: str, *, ours: bool) -> NoReturn:
        if not isinstance(record, dict):
            raise UnexpectedAnswer(
                f"{where}: record {number} is {one_line(repr(record), 60)}, not an object. "
                "Ask the API's owner, or change the plugin."
            )
        name = next(name for name in self.table.primary_key if record.get(name) is None)
        lack, meant = ("is null", "") if name in record else ("is missing", did_you_mean_place(name, [record]))
        if ours:
            raise PluginError(
                f"{where}: record {number} cannot be stored, because {name}, which identifies it, {lack} after the "
                f"transforms {', '.join(transform.name for transform in self.transforms)}. Correct the one that "
                "took it away."
            )
        raise UnexpectedAnswer(
            f"{where}: record {number} cannot be stored, because {name}, which identifies it, {lack}{meant}. "
            "Ask the API's owner, or change the plugin's primary_key."
        )

    def _failed(self, failed: TransformFailed, key: Key) -> PluginError:
        """What there is to say of a transform that fails on the record of *key*."""
        where = f"{self.table.name}: the transform {failed.transform.name}"
        function = failed.transform.function
        if isinstance(failed.__cause__, Exception):
            return PluginError(
                f"{where} failed on record {one_line(', '.join(key), 80)} with {told(failed.__cause__, function)} "
                "Correct it, or disable it until it is."
            )
        return PluginError(
            f"{where} returned {type(failed.made).__name__}. Return the record, or None to leave it out.{see(begin_of(function))}"
        )

    def _remark(self, row: Mapping[str, Any]) -> None:
        if row.keys() <= self.columns:
            self._usual = list(row)
            return
        for name in row.keys() - self.columns - self._warned:
            value = row[name]
            # An undeclared float travels as a 32-bit one, and so does a whole number beyond 64 bits.
            if isinstance(value, float) or (isinstance(value, int) and abs(value) > LARGEST_LONG):
                self._warned.add(name)
                self.log.warning(
                    f"{self.table.name}: field {one_line(name, 60)} is not declared and may lose digits on its way "
                    f'({one_line(value, 40)}). Add "{one_line(name, 60)}": "DOUBLE" to the table\'s columns.'
                )
