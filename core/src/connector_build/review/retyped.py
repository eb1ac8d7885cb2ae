"""What Fivetran does with a column whose declared type is another one now: one rule for all who tell of it."""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from connector_build.review.changes import Level
from connector_core.basics.names import decimal_digits

_SPELT_ALIKE: Final[Mapping[str, frozenset[str]]] = {
    "SHORT": frozenset({"INT", "LONG", "DOUBLE", "STRING"}),
    "INT": frozenset({"LONG", "DOUBLE", "STRING"}),
    "LONG": frozenset({"STRING"}),
    "NAIVE_DATE": frozenset({"NAIVE_DATETIME"}),
    "XML": frozenset({"STRING"}),
}
"""Type → the types in which each of its values is the one that would be sent now."""


@frozen
class Retyped:
    """How grave the change of a type is, and what it means: the end of a sentence that names both types."""

    level: Level
    meaning: str


def retyped(before: str, after: str) -> Retyped | None:
    """What becomes of a column that was of the type *before* and is declared as *after*; None where both are one type."""
    if before == after or (decimal_digits(before) and decimal_digits(before) == decimal_digits(after)):
        return None
    if after in _SPELT_ALIKE.get(before, frozenset()):
        return Retyped("safe", ", which holds every value of before: Fivetran widens the column")
    if after == "STRING" or (before, after) == ("FLOAT", "DOUBLE"):
        said = ": Fivetran widens the column, but values of before stay rounded, or as the destination spells them"
        return Retyped("re-sync", said)
    if before == "STRING":
        return Retyped("breaks", f": a column that is text stays text, and {after} arrives in it as text. {_DROP}")
    return Retyped("breaks", f", which does not hold every value of before. {_DROP}")


_DROP: Final = "Drop the column, then re-sync"
