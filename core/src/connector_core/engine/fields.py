"""Places that the plugin names and that have to be there: one that is misspelt would change what is delivered."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from attrs import define, field

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.paths import MISSING, Path
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.source.tables import Table


def deleted_keys(table: Table, body: Any, where: str) -> Any:
    """What an answer has where it lists the keys of records that are gone; None for nothing.

    Raises UnexpectedAnswer where it has no such place, unless the table says that it may be left out.
    """
    assert table.gone is not None  # noqa: S101  (the caller has looked)
    found = table.gone.find(body)
    if found is not MISSING or "missing" in table.nothing:
        return table.gone.get(body)
    raise UnexpectedAnswer(
        f"{where}: the answer has no {table.gone}{there_is(str(table.gone), [body])}, under which {table.name} has the keys that "
        'are gone. Correct its deleted; if the API leaves it out where nothing is gone, write nothing="missing" in its Table.'
    )


LOOKED_AT = 50
"""Records whose fields a message offers."""


@define
class FieldWatch:
    """Watches one page for fields that the transforms go by: one that no record has is misspelt."""

    _waiting: list[Transform | DerivedField]
    _lacking: list[Transform | DerivedField] = field(factory=list, init=False)

    def saw(self, transform: Transform | DerivedField, record: Mapping[str, Any]) -> bool:
        """Note that *transform* is given *record*; whether there is something left to watch for."""
        if transform in self._waiting:
            path = named_field(transform)
            if path is None or path.knows(record):
                self._waiting.remove(transform)
                self._lacking = [each for each in self._lacking if each != transform]
            elif transform not in self._lacking:
                self._lacking.append(transform)
        return bool(self._waiting)

    def check(self, where: str, table: Table, records: Iterable[Any]) -> None:
        """Raise UnexpectedAnswer for a transform that was given records of the page, none of which has its field."""
        for transform in self._lacking:
            path = named_field(transform)
            raise UnexpectedAnswer(
                f"{where}: no record of this page has {path}, which the transform {transform.name} of {table.name} goes by"
                f"{there_is(str(path), islice(records, LOOKED_AT))}. Correct it there; if the API leaves the field out, "
                "write optional=True."
            )


def watch_for(transforms: Iterable[Transform | DerivedField]) -> FieldWatch | None:
    """What watches a page for the fields of these *transforms*; None where they go by none."""
    waiting = [each for each in transforms if named_field(each)]
    return FieldWatch(waiting) if waiting else None


def named_field(transform: Transform | DerivedField) -> Path | None:
    """The field that *transform* goes by, unless the API may leave it out."""
    function = transform.function
    return None if getattr(function, "optional", False) else getattr(function, "place", None)
