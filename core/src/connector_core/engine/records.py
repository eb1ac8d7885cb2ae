"""From what stands in a page to the rows that go out: checked, transformed, their undeclared fields remarked on."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from attrs import define, field

from connector_core.basics.errors import DeliveryError, UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.derived.applying import LeftOut, TransformFailed, transformed
from connector_core.derived.named_fields import FieldWatch, watch_for
from connector_core.derived.transforms import DerivedField, Transform, made_by_functions
from connector_core.engine.forms import Forms, Kinds
from connector_core.engine.objections import failed_transform, misfit, no_key, no_object
from connector_core.engine.undeclared import Strangers
from connector_core.plugin.plan import TablePlan
from connector_core.source.columns import Declared, UnfitError
from connector_core.source.numbers import LARGEST_LONG, SMALLEST_LONG, TOO_LARGE
from connector_core.source.rows import made_key
from connector_core.source.tables import Key, Record, Table, Undeclared
from connector_core.source.values import Convert, read

GONE = "deleted"
"""What leaves out a record that an answer lists among those that are gone."""


_key = itemgetter(0)
Rows = list[tuple[Key, Record | LeftOut]]


@define
class RowMaker:
    """Makes the rows of one table, each value in the form of its column. It remembers what was remarked on.

    declared: every declared column, as the transforms leave them. compared: those that extra tables read.
    checks_fields: what it is given are pages, and a field that a transform goes by and no record of one has is an error.
    undeclared: what becomes of fields that nobody declared.
    """

    table: Table
    transforms: Sequence[Transform | DerivedField]
    declared: Declared
    log: Log
    compared: frozenset[str] = frozenset()
    checks_fields: bool = True
    undeclared: Undeclared = "allow"
    repeated: int = field(default=0, init=False)
    """Records with the key of another record of their page, and with other values."""
    _strangers: Strangers = field(init=False)
    _forms: Forms = field(init=False)
    _nulls: Declared = field(init=False)
    """The columns of the API's own records in which some value stands for null."""

    def __attrs_post_init__(self) -> None:
        made = made_by_functions(self.transforms, self.declared)
        watched = frozenset((*self.table.primary_key, *self.compared, *made))
        self._strangers = Strangers(self.table, self.declared, self.undeclared, self.log)
        self._forms = Forms(self.table.name, self.declared, watched, self.log, self._strangers.told)
        self._nulls = {name: column for name, column in self.table.declared.items() if column.null}

    @classmethod
    def of(cls, plan: TablePlan, log: Log, *, checks_fields: bool = True) -> "RowMaker":
        """What makes the rows of a table as it is planned."""
        compared = frozenset(name for extra in plan.extra_tables for name in extra.needs)
        undeclared = plan.undeclared if checks_fields else "allow"
        return cls(plan.table, plan.transforms, plan.declared, log, compared, checks_fields, undeclared)

    def rows(self, records: Iterable[Any], where: str, first: int = 1, added: Mapping[str, Any] | None = None) -> Rows:
        """Key and row of each record of a page, or what is left of one.

        *where* names table and request, *first* is the number of the first of these records in the page, *added* what each of
        them is given: the columns that a child table takes from its parent.

        Raises UnexpectedAnswer when a record is no object or lacks its key, PluginError when a transform fails, DeliveryError
        when a value is none of its column's type.
        """
        made: Rows = []
        usual: list[str] = []
        kinds: Kinds = {}
        names, shared = self.table.primary_key, not self.transforms
        given = self._strangers.left_out(self._all_given(records, where, first, added), where, first)
        for number, row in enumerate(given, first):
            if row.__class__ is not dict:
                made.append(self._left_out(row, number, where))
                continue
            if list(row) != usual:
                kinds, usual = self._forms.kinds(row, f"{where}: record {number}"), list(row)
            steps, wholes = kinds.get(tuple(map(type, row.values()))) or self._forms.learn(kinds, row)
            if steps:
                # Whether the next page is this one again is told by what came.
                row = self._formed(row.copy() if shared else row, steps)
            for name in wholes:
                if not SMALLEST_LONG <= row[name] <= LARGEST_LONG:
                    self._too_large(row, name)
            key = tuple(map(row.get, names)) or (self._whole(row),)
            if None in key:
                no_key(self.table, row, f"{where}: record {number}", self.transforms)
            made.append((key, row))
        self._count_repeated(made)
        return made

    def _all_given(self, records: Iterable[Any], where: str, first: int, added: Mapping[str, Any] | None) -> Iterable[Any]:
        """The records with what they are given, as the transforms leave them."""
        if added:
            records = [self._added(record, added, number, where) for number, record in enumerate(records, first)]
        if not self.transforms:
            return records
        # What a page has is told by its first part.
        watch = watch_for(self.transforms) if first == 1 and self.checks_fields else None
        rows = [self._transformed(record, f"{where}: record {number}", watch) for number, record in enumerate(records, first)]
        if watch is not None:
            watch.check(f"{where}: no record of this page", records)
        return rows

    def _transformed(self, record: Any, where: str, watch: FieldWatch | None) -> Record | LeftOut:
        if not isinstance(record, dict):
            no_object(record, where)
        if self._nulls:
            record = record | {name: None for name, column in self._nulls.items() if column.is_null(record.get(name))}
        if None in map(record.get, self.table.primary_key):
            no_key(self.table, record, where)
        try:
            row = transformed(self.transforms, record, self.table.primary_key, watch)
        except TransformFailed as failed:
            raise failed_transform(self.table, failed, record) from failed.__cause__
        return dict(row) if isinstance(row, dict) and row.__class__ is not dict else row

    def _left_out(self, row: Any, number: int, where: str) -> tuple[Key, LeftOut]:
        if not isinstance(row, LeftOut):
            no_object(row, f"{where}: record {number}")
        keys = self._keys(row.keys)
        return tuple(keys.values()), LeftOut(keys, row.by)

    def _formed(self, row: Record, steps: Iterable[tuple[str, Convert]]) -> Record:
        name = ""
        try:
            for name, convert in steps:
                row[name] = convert(row[name])
        except UnfitError as error:
            raise self._misfit(row, name, str(error)) from None
        return row

    def _whole(self, row: Record) -> str:
        """What tells a row of a table without a key from others: all that it holds."""
        return made_key(row.get(name) for name in sorted({*row, *self.declared}))

    def _too_large(self, row: Record, name: str) -> None:
        if name in self.declared:
            raise self._misfit(row, name, TOO_LARGE)
        self._forms.remark(name, row[name], "STRING")

    def _misfit(self, row: Mapping[str, Any], name: str, why: str) -> DeliveryError:
        return misfit(self.table, row, name, self.declared[name].type, why)

    def _keys(self, row: Mapping[str, Any]) -> Record:
        """The primary key columns of *row*, each in its form."""
        name = ""
        keys = {}
        try:
            for name in self.table.primary_key:
                keys[name] = read(self.declared[name], row[name])
        except UnfitError as error:
            raise self._misfit(row, name, str(error)) from None
        return keys

    def _count_repeated(self, made: Rows) -> None:
        """Count the records whose key another one on their page had, with other values; the last of them is what stays."""
        if len(set(map(_key, made))) == len(made):
            return
        seen: dict[Key, Record] = {}
        for key, row in made:
            if not isinstance(row, LeftOut):
                self.repeated += key in seen and seen[key] != row
                seen[key] = row

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
        teller = self.table.deleted or (self.table.deleted_by.table if self.table.deleted_by else "")
        return [self._gone(key, f"{where}: {teller}", added or {}) for key in keys]

    def _gone(self, key: Any, where: str, added: Mapping[str, Any]) -> tuple[Key, LeftOut]:
        names = self.table.primary_key
        own = [name for name in names if name not in added]
        record = key if isinstance(key, dict) else {own[0]: key} if len(own) == 1 else {}
        try:
            found = self._keys({name: record.get(name, added.get(name)) for name in names})
        except DeliveryError:
            found = dict.fromkeys(names)
        if None in found.values() or any(isinstance(record.get(name), dict | list) for name in names):
            raise UnexpectedAnswer(
                f"{where} lists {one_line(repr(key), 60)}, which is no key of {self.table.name} ({', '.join(names)}). "
                "Ask the API's owner, or change the plugin."
            )
        return tuple(found.values()), LeftOut(found, GONE)

    def _added(self, record: Any, added: Mapping[str, Any], number: int, where: str) -> Record:
        if not isinstance(record, dict):
            no_object(record, f"{where}: record {number}")
        made: Record = {**record}  # a copy: whether the next page is this one again is told by what came
        for name, value in added.items():
            if made.setdefault(name, value) != value and not self._alike(name, made[name], value):
                raise UnexpectedAnswer(
                    f"{where}: record {number} has {one_line(repr(made[name]), 60)} as {name}, but its parent has "
                    f"{one_line(repr(value), 60)}. Give the parent's value a column of another name in the table's parent."
                )
        return made

    def _alike(self, name: str, one: object, other: object) -> bool:
        """Whether two values of a column are one in the destination."""
        try:
            return bool(read(self.table.declared[name], one) == read(self.table.declared[name], other))
        except UnfitError:
            return False
