"""The order of keys: whether an API sends them sorted, as far as that can be told from the keys.

Numbers compare as numbers and times as instants, and one that is out of order is proof. How an API sorts texts nobody can know:
there, only many keys that go the wrong way from the first one on are proof. That random keys do so has a chance of one in 40,320.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Literal

from attrs import evolve, frozen

from connector_core.paging.times import moment_of

PROOF = 8
"""So many texts in a row, from the first one of a read on, are proof that they are sorted the other way round."""

NUMBERS = frozenset({"SHORT", "INT", "LONG", "FLOAT", "DOUBLE"})
_DIGITS = re.compile(r"-?\d+")

Verdict = Literal["sorted", "backwards", "unsorted", "unknown"]


@frozen
class Trend:
    """How the keys of a read have gone so far.

    known: they were sorted, each of them. backwards: how many at its start went the other way, one and all.
    """

    known: bool = True
    backwards: int | None = 1

    def after(self, keys: Sequence[Any], column: str | None) -> tuple["Trend", Verdict]:
        """How they have gone once *keys*, of a *column* with that declared type, came too."""
        if len(keys) < 2:
            return self, "unknown"
        orders, certain = _orders(keys, column)
        if any(all(one <= two for one, two in pairwise(order)) for order in orders):
            return evolve(self, backwards=None), "sorted"
        falling = any(all(one > two for one, two in pairwise(order)) for order in orders)
        if certain:
            return evolve(self, known=False), "backwards" if falling else "unsorted"
        backwards = self.backwards + len(keys) - 1 if falling and self.backwards is not None else None
        found = Trend(known=False, backwards=backwards)
        return found, "backwards" if backwards is not None and backwards >= PROOF else "unknown"


def _orders(keys: Sequence[Any], column: str | None) -> tuple[list[list[Any]], bool]:
    """*keys* as the values that an API may sort them by, and whether it is certain that it goes by one of these."""
    if all(isinstance(key, int | float) and not isinstance(key, bool) for key in keys):
        return [list(keys)], True
    if not all(isinstance(key, str) for key in keys):
        return [], False
    if column is not None and (column in NUMBERS or column.startswith("DECIMAL")) and (numbers := _read(_decimal, keys)):
        return [numbers], True
    if all(_DIGITS.fullmatch(key) for key in keys):
        return [[Decimal(key) for key in keys], list(keys)], True
    if moments := _read(moment_of, keys):
        return [moments, list(keys)], True
    return [list(keys), [key.casefold() for key in keys], [_natural(key) for key in keys]], False


def _read(reading: Callable[[str], Any], keys: Sequence[str]) -> list[Any]:
    """What *reading* makes of each; nothing where one of them is None."""
    found = [reading(key) for key in keys]
    return [] if None in found else found


def _decimal(key: str) -> Decimal | None:
    try:
        value = Decimal(key)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _natural(key: str) -> list[Any]:
    """A text as a person sorts it, ``item 9`` before ``item 10``: texts and numbers in turn, a number by its length first."""
    parts = re.split(r"(\d+)", key.casefold())
    return [(len(part.lstrip("0")), part.lstrip("0")) if number % 2 else part for number, part in enumerate(parts)]


def out_of_order(keys: Sequence[Any]) -> tuple[Any, Any]:
    """Two keys, the second of which comes where it should not."""
    return next(((one, two) for one, two in pairwise(keys) if _later(one, two)), (keys[0], keys[-1]))


def _later(one: Any, two: Any) -> bool:
    orders, _ = _orders([one, two], None)
    return bool(orders) and all(order[0] > order[1] for order in orders)
