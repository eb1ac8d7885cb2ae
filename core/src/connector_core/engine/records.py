"""From what stands in a page to the rows that go out: checked, transformed, their undeclared fields remarked on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from operator import itemgetter
from typing import Any

from attrs import define, field

from connector_core.basics.errors import DeliveryError, UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.derived.applying import LeftOut, TransformFailed, transformed
from connector_core.derived.named_fields import FieldWatch, watch_for
from connector_core.derived.transforms import DerivedField, Transform, made_by_functions
from connector_core.engine.forms import Form, Forms
from connector_core.engine.objections import check_columns, failed_transform, misfit, no_key, no_object
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


def _floats_do(form: Form, rows: Iterable[Record]) -> bool:
    """Whether plain floats are all that *rows* of that form need, and none of them stands for a number beyond any float."""
    if form.digits or not form.floats:
        return not form.digits
    floats = itemgetter(form.floats[0], *form.floats)  # two at least, so that it gives a tuple
    return isfinite(sum(map(sum, map(floats, rows))))


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
    pages: int = field(default=0, init=False)
    """Pages that rows were made of."""
    _strangers: Strangers = field(init=False)
    _forms: Forms = field(init=False)
    _usual: tuple[list[object], Form] = field(default=([], Form((), (), (), digits=False)), init=False)
    """The shape of the last row, and what it needs."""
    _shared: bool = field(init=False)
    """Whether somebody else may hold what is made into a row: the page, or a transform that gives the same one twice."""
    _nulls: Declared = field(init=False)
    """The columns of the API's own records in which some value stands for null."""

    def __attrs_post_init__(self) -> None:
        made = made_by_functions(self.transforms, self.declared)
        watched = frozenset((*self.table.primary_key, *self.compared, *made))
        self._strangers = Strangers(self.table, self.declared, self.undeclared, self.log)
        self._forms = Forms(self.table.name, self.declared, watched, self.log, self._strangers.told)
        self._shared = not self.transforms or not all(isinstance(each, DerivedField) for each in self.transforms)
        self._nulls = {name: column for name, column in self.table.declared.items() if column.null}

    @classmethod
    def of(cls, plan: TablePlan, log: Log, *, checks_fields: bool = True) -> "RowMaker":
        """What makes the rows of a table as it is planned."""
        compared = frozenset(name for extra in plan.extra_tables for name in extra.needs)
        undeclared = plan.undeclared if checks_fields else "allow"
        return cls(plan.table, plan.transforms, plan.declared, log, compared, checks_fields, undeclared)

    def rows(
        self,
        records: Sequence[Any],
        where: str,
        first: int = 1,
        added: Mapping[str, Any] | None = None,
        exact: Callable[[], Sequence[Any]] | None = None,
    ) -> Rows:
        """Key and row of each record of a page, or what is left of one.

        *where* names table and request, *first* is the number of the first of these records in the page, *added* what each of
        them is given: the columns that a child table takes from its parent. *exact* makes all records of the page with the digits
        of their numbers, where these have plain floats.

        Raises UnexpectedAnswer when a record is no object or lacks its key, PluginError when a transform fails, DeliveryError
        when a value is none of its column's type.
        """
        given = self._strangers.left_out(self._all_given(records, where, first, added), where, first)
        rows, alike = self._by_form(given, where, first)
        if exact is not None and not all(_floats_do(form, of_form) for form, of_form in alike.items()):
            return self.rows(exact()[first - 1 : first - 1 + len(records)], where, first, added)
        for form, of_form in alike.items():
            self._convert(of_form, form.steps)
            self._check_wholes(of_form, form.wholes)
        made: Rows = list(zip(self._keys_of(rows, where, first), rows, strict=True))
        self._count_repeated(made)
        return made

    def _by_form(self, given: Iterable[Any], where: str, first: int) -> tuple[list[Record | LeftOut], dict[Form, list[Record]]]:
        """What stands for each record that is *given*, ready to be converted; and the rows once more, by what they need."""
        rows: list[Record | LeftOut] = []
        alike: dict[Form, list[Record]] = {}
        usual, form = self._usual
        copies, same = form.copied and self._shared, alike.setdefault(form, [])
        for number, row in enumerate(given, first):
            if row.__class__ is not dict:
                if not isinstance(row, dict):
                    rows.append(self._left_out(row, number, where))
                    continue
                row = dict(row)  # of whatever class a transform has made
            shape = [*row, *map(type, row.values())]
            if shape != usual:
                usual, form = self._usual = shape, self._forms.form(row, f"{where}: record {number}")
                copies, same = form.copied and self._shared, alike.setdefault(form, [])
            if copies:
                row = row.copy()
            rows.append(row)
            same.append(row)
        return rows, {form: of_form for form, of_form in alike.items() if of_form}

    def _keys_of(self, rows: Sequence[Record | LeftOut], where: str, first: int) -> Iterable[Key]:
        names = self.table.primary_key
        if not names:
            return [() if isinstance(row, LeftOut) else (self._whole(row),) for row in rows]
        columns = [[(row if isinstance(row, dict) else row.keys).get(name) for row in rows] for name in names]
        if any(None in column for column in columns):
            for number, row in enumerate(rows, first):
                if not isinstance(row, LeftOut) and None in map(row.get, names):
                    no_key(self.table, row, f"{where}: record {number}", self.transforms)
        return zip(*columns, strict=True)

    def _all_given(self, records: Sequence[Any], where: str, first: int, added: Mapping[str, Any] | None) -> Iterable[Any]:
        """The records with what they are given, as the transforms leave them."""
        if not self.table.primary_key and self.checks_fields and first == 1:
            check_columns(self.table, records, where)
        if added:
            records = [self._added(record, added, number, where) for number, record in enumerate(records, first)]
        if not self.transforms:
            return records
        records = self._checked(records, where, first)
        # What a page has is told by its first part.
        watch = watch_for(self.transforms) if first == 1 and self.checks_fields else None
        rows = self._transformed(records, watch)
        if watch is not None:
            watch.check(f"{where}: no record of this page", records)
        return rows

    def _checked(self, records: Iterable[Any], where: str, first: int) -> Sequence[Record]:
        """The records as transforms take them: objects, each with its key, and null where a value stands for that."""
        checked = list(records)
        for number, record in enumerate(checked, first) if set(map(type, checked)) != {dict} else ():
            if not isinstance(record, dict):
                no_object(record, f"{where}: record {number}")
        if self._nulls:
            checked = [
                record | {name: None for name, column in self._nulls.items() if column.is_null(record.get(name))}
                for record in checked
            ]
        for name in self.table.primary_key:
            if None in (column := [record.get(name) for record in checked]):
                at = column.index(None)
                no_key(self.table, checked[at], f"{where}: record {first + at}")
        return checked

    def _transformed(self, records: Iterable[Record], watch: FieldWatch | None) -> list[Record | LeftOut]:
        record: Record = {}
        rows = []
        try:
            for record in records:
                rows.append(transformed(self.transforms, record, self.table.primary_key, watch))
        except TransformFailed as failed:
            raise failed_transform(self.table, failed, record) from failed.__cause__
        return rows

    def _left_out(self, row: Any, number: int, where: str) -> LeftOut:
        if not isinstance(row, LeftOut):
            no_object(row, f"{where}: record {number}")
        return LeftOut(self._keys(row.keys), row.by)

    def _convert(self, rows: Iterable[Record], steps: Iterable[tuple[str, Convert]]) -> None:
        """Do *steps* in *rows* of one shape, column by column."""
        for name, convert in steps:
            row: Record = {}
            try:
                for row in rows:
                    row[name] = convert(row[name])
            except UnfitError as error:
                raise self._misfit(row, name, str(error)) from None

    def _check_wholes(self, rows: Sequence[Record], names: Iterable[str]) -> None:
        """Look at the whole numbers of *rows*, none of which 64 bits may be too few for."""
        for name in names:
            column = [row[name] for row in rows]
            if max(column) > LARGEST_LONG or min(column) < SMALLEST_LONG:
                self._too_large(next(row for row in rows if not SMALLEST_LONG <= row[name] <= LARGEST_LONG), name)

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
