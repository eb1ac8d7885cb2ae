"""Fields that a transform goes by, and that have to be there: one that is misspelt would leave out all records, or none."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from attrs import define, field

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.paths import Path
from connector_core.derived.transforms import DerivedField, Transform

LOOKED_AT = 50
"""Records whose fields a message offers."""


@define
class FieldWatch:
    """Watches one page for fields that the transforms go by: one that no record has is misspelt.

    waiting: the transforms whose field was not seen yet.
    """

    waiting: list[Transform | DerivedField]
    _lacking: list[Transform | DerivedField] = field(factory=list, init=False)

    def saw(self, transform: Transform | DerivedField, record: Mapping[str, Any]) -> None:
        """Note that *transform* is given *record*."""
        if transform not in self.waiting:
            return
        path = named_field(transform.function)
        if path is None or path.knows(record):
            self.waiting.remove(transform)
            self._lacking = [each for each in self._lacking if each != transform]
        elif transform not in self._lacking:
            self._lacking.append(transform)

    def check(self, none: str, records: Iterable[Any]) -> None:
        """Raise UnexpectedAnswer for a transform that was given some of *records*, the page's, none of which has its field.

        *none* begins the message: table, request and "no record of this page".
        """
        for transform in self._lacking:
            path = named_field(transform.function)
            raise UnexpectedAnswer(
                f"{none} has {path}, which the transform {transform.name} goes by"
                f"{there_is(str(path), islice(records, LOOKED_AT))}. Correct it there; if the API leaves the field out, "
                "write optional=True."
            )


def watch_for(transforms: Iterable[Transform | DerivedField]) -> FieldWatch | None:
    """What watches a page for the fields of these *transforms*; None where they go by none."""
    waiting = [each for each in transforms if named_field(each.function)]
    return FieldWatch(waiting) if waiting else None


def named_field(function: Any) -> Path | None:
    """The field that the *function* of a transform goes by, unless the API may leave it out."""
    place = getattr(function, "place", None)
    return place if isinstance(place, Path) and not getattr(function, "optional", False) else None
