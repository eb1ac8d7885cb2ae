"""Ready-made functions for ``Transform``: rename, drop, hash, flatten, filter, and tell what the API has deleted.

Each is frozen, and equal to another one of the same values. None of them raises because of a field that is missing or null.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import column_names, did_you_mean, field_names
from connector_core.basics.paths import Path, compile_path
from connector_core.derived.transforms import ColumnChanges
from connector_core.source.columns import Declared
from connector_core.source.tables import Record

NO = frozenset({"", "false", "f", "no", "n", "0"})
"""Texts that a tombstone field says no with, in lower case."""


@frozen
class Rename:
    """What ``rename`` makes."""

    fields: tuple[tuple[str, str], ...]

    def __call__(self, record: Record) -> Record:
        taken = {new: (old, record.pop(old)) for old, new in self.fields if old in record}
        for new, (old, value) in taken.items():
            _put(record, new, value, f"the field {old}")
        return record

    def column_changes(self, columns: Declared) -> ColumnChanges:
        """A declared column takes its type along."""
        return [old for old, _ in self.fields], {new: columns.get(old) for old, new in self.fields}


@frozen
class Drop:
    """What ``drop`` makes."""

    fields: tuple[str, ...]

    def __call__(self, record: Record) -> Record:
        for name in self.fields:
            record.pop(name, None)
        return record

    def column_changes(self, columns: Declared) -> ColumnChanges:  # noqa: ARG002
        """The columns go."""
        return self.fields, {}


@frozen
class Hashed:
    """What ``hashed`` makes."""

    fields: tuple[str, ...]
    salt: str = field(repr=False)

    def __call__(self, record: Record) -> Record:
        for name in self.fields:
            value = record.get(name)
            if value is not None:
                text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
                record[name] = sha256(f"{self.salt}{text}".encode(errors="surrogatepass")).hexdigest()
        return record

    def column_changes(self, columns: Declared) -> ColumnChanges:
        """The columns become texts. Raises PluginError for one that is not declared: a misspelt one would go out as it is."""
        for name in self.fields:
            if name not in columns:
                raise PluginError(
                    f"hashed names {name}{did_you_mean(name, columns)}, which is not declared at this point. "
                    "Declare it in the table's columns, so that a misspelt name cannot let the value through."
                )
        return self.fields, {name: evolve(columns[name], type="STRING", null=()) for name in self.fields}


@frozen
class Flatten:
    """What ``flatten`` makes."""

    fields: tuple[str, ...]
    separator: str
    depth: int | None

    def __call__(self, record: Record) -> Record:
        for name in self.fields:
            if isinstance(record.get(name), dict):
                for path, value in self._leaves((name,), record.pop(name)):
                    _put(record, self.separator.join(path), value, f"the nested field {'.'.join(path)}")
        return record

    def column_changes(self, columns: Declared) -> ColumnChanges:  # noqa: ARG002
        """The objects' own columns go."""
        return self.fields, {}

    def _leaves(self, path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Path and value of whatever is to become a column; an object in which there is nothing is none."""
        if isinstance(value, dict) and (self.depth is None or len(path) <= self.depth):
            for name, inner in value.items():
                yield from self._leaves((*path, name), inner)
        else:
            yield path, value


@frozen
class OnlyIf:
    """What ``only_if`` makes."""

    path: str
    values: tuple[Any, ...] | Callable[[Any], object]
    optional: bool = field(default=False, repr=False)
    place: Path = field(init=False, eq=False, repr=False)

    @place.default
    def _(self) -> Path:
        return _path(self.path, "only_if")

    def __call__(self, record: Record) -> Record | None:
        value = self.place.get(record)
        keep = self.values(value) if callable(self.values) else _among(value, self.values)
        return record if keep else None


@frozen
class Tombstones:
    """What ``tombstones`` makes."""

    path: str
    values: tuple[Any, ...] | None
    optional: bool = field(default=False, repr=False)
    place: Path = field(init=False, eq=False, repr=False)

    repeats = True
    """A record that was there comes again as deleted, so the feed does more than append."""

    @place.default
    def _(self) -> Path:
        return _path(self.path, "tombstones")

    def __call__(self, record: Record) -> Record | None:
        value = self.place.get(record)
        if self.values is not None:
            gone = _among(value, self.values)
        else:
            gone = value.strip().lower() not in NO if isinstance(value, str) else bool(value)
        return None if gone else record


def rename(fields: Mapping[str, str]) -> Rename:
    """A function for Transform: fields under other names, old → new, all at once. A declared column takes its type along.

    A record without the field stays as it is. A new name that the record has already is an error: no value is overwritten.
    """
    if not isinstance(fields, Mapping):
        raise PluginError(f'rename takes a dict, not {type(fields).__name__}. Write rename({{"old": "new"}}).')
    field_names(list(fields), "rename: fields: its old names")
    column_names(list(fields.values()), "rename: fields: its new names")
    return Rename(tuple(fields.items()))


def drop(*fields: str) -> Drop:
    """A function for Transform: these fields go, and their columns with them."""
    return Drop(field_names(fields, "drop"))


def hashed(*fields: str, salt: str) -> Hashed:
    """A function for Transform: the SHA-256 of *salt* and value, in hexadecimal, instead of the value; null stays null.

    A text is taken as it is, in UTF-8, any other value as its JSON. Equal values have equal hashes, so records can still be
    counted and joined, also with a hash of ``salt || value`` made in the warehouse.

    It keeps a value from being read by whoever looks at the table. It is no anonymisation: whoever knows the salt, which
    stands in the plugin and in the built project, can hash every value that is likely (phone numbers, known addresses) and
    compare. Where that matters, ``drop`` the field. A salt that is changed changes every hash.
    """
    if not isinstance(salt, str) or not salt:
        raise PluginError('hashed: its salt is empty or no text. Write a text of your own, salt="…", and never change it.')
    return Hashed(column_names(fields, "hashed"), salt)


def flatten(*fields: str, separator: str = "_", depth: int | None = None) -> Flatten:
    """A function for Transform: the fields of nested objects become columns, ``address.city`` ``address_city``.

    *depth* is how many levels down; an object below that stays JSON, as lists do. What is no object stays as it is. A name that
    the record has already is an error: no value is overwritten. Give the new columns' types to the Transform: ``columns={…}``.
    """
    if depth is not None and (not isinstance(depth, int) or depth < 1):
        raise PluginError(f"flatten: depth is {depth!r}. Write how many levels to take apart, from 1, or leave it out for all.")
    if not isinstance(separator, str):
        raise PluginError(f'flatten: separator is {separator!r}. Write a text, such as "_".')
    return Flatten(column_names(fields, "flatten"), separator, depth)


def only_if(path: str, values: Iterable[Any] | Callable[[Any], object], *, optional: bool = False) -> OnlyIf:
    """A function for Transform: leaves out every record but those whose value is one of *values*, or for which *values* holds.

    path:     a field, or the place in a nested object, with dots: ``crew.status``.
    values:   a list of values, compared as in JSON (true is not 1), or a function from the value (None where there is none) to
              true or false.
    optional: the API may leave the field out of all records of a page. Without it that is an error: the field is misspelt.
    """
    return OnlyIf(path, values if callable(values) else _values(values, "only_if"), optional)


def tombstones(path: str, values: Iterable[Any] | None = None, *, optional: bool = False) -> Tombstones:
    """A function for Transform: a record whose field says that it is deleted is deleted from the table.

    path:     a field such as ``deleted`` or ``deleted_at``, or the place in a nested object, with dots.
    values:   what says so. Without them, any value but null, false, 0, what is empty, and the texts false, f, no, n and 0.
    optional: the API leaves the field out of records that are not deleted. Without it, a page of which no record has the field
              is an error: it is misspelt, and nothing would ever be deleted.
    """
    return Tombstones(path, None if values is None else _values(values, "tombstones"), optional)


def _put(record: Record, name: str, value: Any, what: str) -> None:
    if name in record:
        raise ValueError(f"{what} would become {name}, which the record has already; rename or drop one of them before")
    record[name] = value


def _among(value: Any, values: tuple[Any, ...]) -> bool:
    """Whether *value* is one of *values*, as JSON sees it: true is not 1."""
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in values)


def _path(path: object, what: str) -> Path:
    try:
        return compile_path(path)
    except PluginError as error:
        raise PluginError(f"{what}: its path is {path!r}. {error}") from None


def _values(values: Any, what: str) -> tuple[Any, ...]:
    if not isinstance(values, list | tuple | set | frozenset) or not values:
        raise PluginError(f"{what}: its values are {values!r}. Write them as a list: [{values!r}].")
    return tuple(values) if isinstance(values, list | tuple) else tuple(sorted(values, key=repr))
