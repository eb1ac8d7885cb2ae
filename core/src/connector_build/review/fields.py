"""How the fields of some records differ from what a plugin declares."""

import reprlib
import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Final, Literal

from attrs import define, evolve, field, frozen

from connector_build.review.column_types import SUGGESTED, kind_of, looks_like_null, narrowed, unfit
from connector_core.basics.discretion import strike
from connector_core.basics.names import one_line, same_stored, stored_name
from connector_core.source.columns import Column, Declared, UnfitError
from connector_core.source.tables import Record
from connector_core.source.values import read

Kind = Literal["missing", "type", "converted", "new"]
EXAMPLE: Final = 60
"""Characters of an example that are shown."""
REFUSED: Final = 5
NULL_KEY, NO_KEY = "null in a key", "nothing in a key"
KEYLESS: Final = frozenset({NULL_KEY, NO_KEY})


@frozen
class FieldDrift:
    """A field in which the API and the plugin differ.

    kind:     ``missing``: declared, and in no record; ``type``: a sync refuses some value of it, which is none of its type;
              ``converted``: values arrive in the form of its type, but the API sends them as another; ``new``: not declared.
    declared: its type, empty for a new one. found: what there is instead, in words. example: such a value, shortened.
    record:   the record that has it, by its key in plain form.
    fits:     the type that takes every value of the field; empty where there is none, or nothing but null.
    now:      of a missing one, the name that it may have now.
    nulls:    the values that a sync refuses, where they look like what an API writes for null.
    """

    name: str
    kind: Kind
    declared: str
    found: str
    example: str
    record: str = ""
    fits: str = ""
    now: str = ""
    nulls: tuple[Any, ...] = ()


@define
class Tally:
    """What the fields of some records hold that is not what *columns* declare."""

    columns: Declared
    key: Sequence[str]
    secrets: Iterable[str] = field(repr=False)
    records: int = field(default=0, init=False)
    _seen: set[str] = field(factory=set, init=False)
    _odd: dict[str, dict[str, "_Odd"]] = field(factory=dict, init=False)
    """Field → what it holds, in words → how often, with an example."""
    _refused: dict[str, list[Any]] = field(factory=dict, init=False)
    """Field → the first few different values of it that a sync refuses."""
    _fits: dict[str, tuple[str, ...]] = field(factory=dict, init=False)
    """Field → the types that take every value of it so far."""

    def add(self, record: Record) -> None:
        self.records += 1
        for name, value in record.items():
            column = self.columns.get(name)
            if column is not None:
                self._seen.add(name)
            if value is None or (column is not None and column.is_null(value)):
                odd = "" if column else kind_of(value)
            else:
                self._fits[name] = narrowed(self._fits.get(name, SUGGESTED), value)
                odd = self._odd_in(name, column, value) if column else kind_of(value)
            if odd:
                self._note(name, odd, value, record)
        for name in self.key:
            if record.get(name) is None:
                self._note(name, NULL_KEY if name in record else NO_KEY, None, record)

    def _odd_in(self, name: str, column: Column, value: Any) -> str:
        """What a declared column does not take as it is; a value that a sync refuses goes before one that it converts."""
        odd = unfit(column.type, value)
        try:
            read(column, value)
        except UnfitError as error:
            refused = self._refused.setdefault(name, [])
            if value not in refused and len(refused) < REFUSED:
                refused.append(value)
            return odd or f"{kind_of(value)} that {error}"
        return odd

    def _note(self, name: str, odd: str, value: Any, record: Record) -> None:
        noted = self._odd.setdefault(name, {})
        if odd not in noted:
            noted[odd] = _Odd("" if value is None else example_of(value, self.secrets), self._named(record))
        noted[odd].records += 1

    def _named(self, record: Record) -> str:
        """A record by its key, as the API sends it."""
        key = ", ".join(f"{name} {one_line(record[name], EXAMPLE)}" for name in self.key if record.get(name) is not None)
        return one_line(strike(self.secrets, key or f"number {self.records}"), EXAMPLE)

    def meeting(self) -> tuple[str, ...]:
        """Two names that are one in the destination."""
        found = same_stored(name for name in dict.fromkeys([*self.columns, *self._odd]) if isinstance(name, str))
        seen = self._seen | self._odd.keys()
        return tuple(strike(self.secrets, name) for name in found) if found and seen.issuperset(found) else ()

    def empty(self) -> tuple[str, ...]:
        """The columns that came with nothing but null."""
        return tuple(name for name in self.columns if name in self._seen and name not in self._fits)

    def drifts(self) -> tuple[FieldDrift, ...]:
        """What is missing, of another type, and new, in this order."""
        missing = [name for name in self.columns if self.records and name not in self._seen]
        wrong = [name for name in self.columns if name in self._odd and name in self._seen]
        wrong.sort(key=lambda name: not self._breaks(name))
        new = [name for name in self._odd if name not in self.columns]
        return (
            *(self._missing(name, new) for name in missing),
            *(self._declared_drift(name) for name in wrong),
            *(self._drift(name, "new", "") for name in new),
        )

    def _missing(self, name: str, new: Iterable[str]) -> FieldDrift:
        now = strike(self.secrets, _renamed(name, new))
        return FieldDrift(
            name, "missing", self.columns[name].type, f"nothing, or is it {now} now?" if now else "nothing", "", now=now
        )

    def _breaks(self, name: str) -> bool:
        return name in self._refused or not KEYLESS.isdisjoint(self._odd[name])

    def _declared_drift(self, name: str) -> FieldDrift:
        found = self._drift(name, "type" if self._breaks(name) else "converted", self.columns[name].type)
        return evolve(found, nulls=self._nulls(name))

    def _nulls(self, name: str) -> tuple[Any, ...]:
        """The refused values of a column, where they look like what an API writes for null and nothing else is wrong with it."""
        refused = self._refused.get(name, [])
        return tuple(refused) if refused and all(looks_like_null(value) for value in refused) else ()

    def _drift(self, name: str, kind: Kind, declared: str) -> FieldDrift:
        noted = self._odd[name]
        parts = [
            f"{odd} ({each.records} of {self.records})" if each.records < self.records else odd for odd, each in noted.items()
        ]
        odd = next((each for each in noted.values() if each.example), next(iter(noted.values())))
        fits = self._fits.get(name, ("",))[0]
        return FieldDrift(strike(self.secrets, str(name)), kind, declared, ", ".join(parts), odd.example, odd.record, fits)


@define
class _Odd:
    """How many records hold something odd, and an example of it with the record that has it."""

    example: str
    record: str
    records: int = 0


def _renamed(name: str, new: Iterable[str]) -> str:
    """Which of the *new* fields a missing one may have become; empty where it is none of them."""
    stored = {stored_name(str(each)): str(each) for each in new}
    near = get_close_matches(stored_name(name), stored, n=1, cutoff=0.8)
    return stored[near[0]] if near else ""


class _Repr(reprlib.Repr):
    """The repr of a value that may be nested deeper than Python prints. Texts stay whole: half a secret could not be struck."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxstring = self.maxlong = self.maxother = sys.maxsize


_REPR: Final = _Repr()


def example_of(value: object, secrets: Iterable[str]) -> str:
    return one_line(strike(secrets, _REPR.repr(value)), EXAMPLE)
