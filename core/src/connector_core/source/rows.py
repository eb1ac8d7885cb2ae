"""Rows that a function of page and request makes, where the answer does not have them as a list of records with a key.

A step takes a page and the request that brought it, and gives records. ``Table(rows=[…])`` has several of them: each is given a
page whose ``records`` are what the step before it gave, the first one what stands at the table's ``records``; ``"[@]"`` is the
whole answer as one record. Paginators, stop rules and strategies look at what the API sent; the key of a row is in what the last
step gave.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from attrs import evolve, field, frozen

from connector_core.basics.blame import told
from connector_core.basics.counting import counted
from connector_core.basics.errors import ConnectorError, PluginError, UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.names import check_column_name, one_line
from connector_core.basics.paths import MISSING, Path, compile_path, taken
from connector_core.source.pagination import Page, Request
from connector_core.source.tables import Record, Table
from connector_core.source.texts import json_text

DIGITS = 32
"""Hexadecimal digits of a key that is made: 128 bits, so that among a thousand million rows two alike are not to be expected."""


def records_of(table: Table, page: Page, request: Request, where: str) -> Iterable[Any]:
    """The records of a page, as the steps of *table* make them; *where* names the page.

    A page that is about records, or says that they are gone, has none.

    Raises PluginError when a step fails, or gives nothing that can be gone through.
    """
    records: Iterable[Any] = page.records
    for step in () if request.asks or page.gone else table.rows:
        given = page if records is page.records else evolve(page, records=list(records))
        records = _guarded(table, step, given, request, where)
    return records


def _guarded(table: Table, step: Any, page: Page, request: Request, where: str) -> Iterator[Any]:
    try:
        yield from step(page, request)
    except UnexpectedAnswer as error:
        raise type(error)(f"{where}: {error}") from None
    except ConnectorError:
        raise
    except Exception as error:
        name = getattr(step, "__name__", None) or type(step).__name__
        raise PluginError(
            f"{where}: {name}, a step of the rows of {table.name}, failed with {told(error, step)} Correct it."
        ) from error


def _path(text: object, what: str) -> Path:
    try:
        return compile_path(text)
    except PluginError as error:
        raise PluginError(f"{what}: {error}") from None


@frozen(hash=False)
class _At:
    """A step that looks at one place of each record."""

    at: str
    _place: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return _path(self.at, f"{type(self).__name__}: at")


def _columns(instance: Any, attribute: Any, value: Any) -> None:
    kind = type(instance).__name__
    if not isinstance(value, Mapping):
        raise PluginError(f'{kind}: {attribute.name} is {one_line(repr(value), 60)}. Write {{"order_id": "id"}}.')
    for column in value:
        check_column_name(column, f"{kind}: {attribute.name}")


def _column(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None:
        check_column_name(value, f"{type(instance).__name__}: {attribute.name}")


@frozen(hash=False)
class Exploded(_At):
    """See ``exploded``."""

    keep: Mapping[str, str] = field(factory=dict, validator=_columns)
    index: str | None = field(default=None, validator=_column)
    _kept: Mapping[str, Path] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(
            self, "_kept", {column: _path(name, f"Exploded: keep, {column}") for column, name in self.keep.items()}
        )

    def __call__(self, page: Page, request: Request) -> Iterator[Record]:  # noqa: ARG002  (what every step is given)
        for record in page.records:
            kept = taken(self._kept, record)
            for number, entry in enumerate(_listed(self._place, record)):
                numbered = {} if self.index is None else {self.index: number}
                yield {**(entry if isinstance(entry, dict) else {"value": entry}), **kept, **numbered}


def _listed(place: Path, record: Any) -> Sequence[Any]:
    found = place.find(record)
    if found is MISSING or found is None:
        return ()
    if not isinstance(found, list):
        raise UnexpectedAnswer(f"{place} of {one_line(repr(record), 60)} is no list. Correct the path.")
    return found


@frozen(hash=False)
class ColumnsToRows(_At):
    """See ``columns_to_rows``."""

    names: str | None = None
    _named: Path | None = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_named", None if self.names is None else _path(self.names, "ColumnsToRows: names"))

    def __call__(self, page: Page, request: Request) -> Iterator[Record]:  # noqa: ARG002
        for record in page.records:
            found = self._place.find(record)
            if found is MISSING or found is None:
                raise UnexpectedAnswer(f"{self.at} is missing from the answer{there_is(self.at, [record])}. Correct the path.")
            yield from _of_columns(self.at, found) if self._named is None else _of_rows(self.at, found, self._named.get(record))


def _of_columns(at: str, found: Any) -> Iterator[Record]:
    lists = {name: value for name, value in found.items() if isinstance(value, list)} if isinstance(found, dict) else {}
    if not lists:
        raise UnexpectedAnswer(f"{at} is {one_line(repr(found), 60)}, no object of lists. Correct the path.")
    lengths = {name: len(value) for name, value in lists.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise UnexpectedAnswer(f"the lists of {at} are not of one length ({one_line(said, 120)}). Ask the API's owner.")
    yield from (dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True))


def _of_rows(at: str, found: Any, names: Any) -> Iterator[Record]:
    said = [each.get("name") if isinstance(each, dict) else each for each in names] if isinstance(names, list) else []
    columns = [name for name in said if isinstance(name, str)]
    if not columns or len(columns) != len(said):
        raise UnexpectedAnswer(f"the names of the columns of {at} are {one_line(repr(names), 60)}, no list of texts.")
    if not isinstance(found, list):
        raise UnexpectedAnswer(f"{at} is {one_line(repr(found), 60)}, no list of rows. Correct the path.")
    for row in found:
        if not isinstance(row, list) or len(row) != len(columns):
            raise UnexpectedAnswer(
                f"a row of {at} has not {counted(len(columns), 'value')}, as there are names: {one_line(repr(row), 60)}."
            )
        yield dict(zip(columns, row, strict=True))


@frozen(hash=False)
class Keyed(_At):
    """See ``keyed``."""

    key: str = field(default="id", validator=_column)
    value: str = field(default="value", validator=_column)

    def __call__(self, page: Page, request: Request) -> Iterator[Record]:  # noqa: ARG002
        for record in page.records:
            found = self._place.find(record)
            if not isinstance(found, dict):
                is_what = (
                    f"is {one_line(repr(found), 60)}" if found is not MISSING else f"is missing{there_is(self.at, [record])}"
                )
                raise UnexpectedAnswer(f"{self.at} {is_what}, where an object of entries was expected. Correct the path.")
            yield from (
                {**(entry if isinstance(entry, dict) else {self.value: entry}), self.key: name} for name, entry in found.items()
            )


@frozen(hash=False)
class Values:
    """See ``values``."""

    column: str = field(validator=_column)

    def __call__(self, page: Page, request: Request) -> Iterator[Record]:  # noqa: ARG002
        for value in page.records:
            if isinstance(value, dict | list):
                raise UnexpectedAnswer(f"an entry is {one_line(repr(value), 60)}, where a bare value was expected.")
            yield {self.column: value}


Stamp = Callable[[Mapping[str, Any], Page, Request], Any]
"""What gives a column of a record its value: made with ``request_param`` or ``key_of``, or any function."""


@frozen(hash=False)
class Stamped:
    """See ``stamped``."""

    adds: Mapping[str, str | Stamp] = field(validator=_columns)
    _made: Mapping[str, Path | Stamp] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        made = {name: value if callable(value) else _path(value, f"Stamped: adds, {name}") for name, value in self.adds.items()}
        object.__setattr__(self, "_made", made)

    def __call__(self, page: Page, request: Request) -> Iterator[Record]:
        of_page = {name: place.get(page.body) for name, place in self._made.items() if isinstance(place, Path)}
        of_record = {name: make for name, make in self._made.items() if not isinstance(make, Path)}
        for record in page.records:
            if not isinstance(record, dict):
                raise UnexpectedAnswer(
                    f"an entry is {one_line(repr(record), 60)}, not an object. Use values(…) before stamped(…)."
                )
            row = {**record, **of_page}
            for name, make in of_record.items():  # each sees what those before it gave: a key may be made of them
                row[name] = make(row, page, request)
            yield row


@frozen
class RequestParam:
    """See ``request_param``."""

    name: str

    def __call__(self, record: Mapping[str, Any], page: Page, request: Request) -> Any:  # noqa: ARG002
        places = (request.found(where, self.name) for where in ("query", "body", "header"))
        return next((value for value in places if value is not None), None)


@frozen(hash=False)
class KeyOf:
    """See ``key_of``."""

    names: tuple[str, ...]
    _places: tuple[Path, ...] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.names:
            raise PluginError('key_of names no field. Write key_of("account", "day").')
        object.__setattr__(self, "_places", tuple(_path(name, "key_of") for name in self.names))

    def __call__(self, record: Mapping[str, Any], page: Page, request: Request) -> str:  # noqa: ARG002
        return made_key(place.get(record) for place in self._places)


def made_key(parts: Iterable[Any]) -> str:
    """The key that *parts* make, as ``key_of`` has it."""
    texts = [part if part is None or isinstance(part, str) else json_text(part) for part in parts]
    return sha256(json.dumps(texts).encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def exploded(at: str, keep: Mapping[str, str] | None = None, *, index: str | None = None) -> Exploded:
    """One record for each entry of a list inside of each record.

    at:    where the list is; a record without one, or with null there, gives nothing.
    keep:  column → field of the record around, given to each entry: ``{"order_id": "id"}``.
    index: the column for an entry's place in its list, from 0; None for none.

    An entry that is no object is ``{"value": entry}``.
    """
    return Exploded(at, keep or {}, index)


def columns_to_rows(at: str = "@", names: str | None = None) -> ColumnsToRows:
    """One record for each place in lists that stand beside each other: ``{"time": [1, 2], "heat": [20.5, 21.0]}``.

    at:    where the object of lists is, in each record; ``"@"``: each record is one.
    names: where the names of the columns are, for an API that sends rows without names (``[[1, 20.5], [2, 21.0]]`` at *at*): a
           list of texts, or of objects with a ``name``. None where *at* is an object of lists.
    """
    return ColumnsToRows(at, names)


def keyed(at: str, key: str = "id", value: str = "value") -> Keyed:
    """One record for each entry of an object whose keys are ids: ``{"EUR": 1.0, "USD": 1.1}``.

    at:    where the object is, in each record; ``"@"``: each record is one.
    key:   the column for the key of an entry.
    value: the column for an entry that is no object; the fields of one that is are columns of their own.
    """
    return Keyed(at, key, value)


def values(column: str) -> Values:
    """A record for each bare value of a list, such as ``[17, 18]``, with the value in *column*."""
    return Values(column)


def stamped(adds: Mapping[str, str | Stamp]) -> Stamped:
    """Each record with further columns.

    adds: column → where its value is in the answer, outside of the records (``"meta.date"``), or what makes it:
          ``request_param``, ``key_of``, or a function of the record, the page and the request.

    What adds a column goes over a field of that name. A function sees the columns of the answer, and those above its own.
    """
    return Stamped(adds)


def request_param(name: str) -> RequestParam:
    """The value of a parameter of the request: of its query, else of its JSON body, else of its headers; null without one."""
    return RequestParam(name)


def key_of(*fields: str) -> KeyOf:
    """A key made of several fields: 32 hexadecimal digits, the same for the same values in each sync.

    They are the first 128 bits of the SHA-256 (FIPS 180-4) of the values as a JSON list of texts, nulls staying null: ``7`` and
    ``"7"`` make one key, as they do in a STRING column.
    """
    return KeyOf(fields)
