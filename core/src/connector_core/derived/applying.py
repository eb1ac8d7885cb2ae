"""Applying transforms: from a record to the row that goes out, or to what is left of it."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from connector_core.derived.named_fields import FieldWatch
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.source.tables import Record


@frozen
class LeftOut:
    """In place of a row: the transform *by* leaves the record out. *keys* are its primary key columns as it saw them."""

    keys: Record
    by: str


class TransformFailed(Exception):  # noqa: N818  (reads better where it is caught)
    """A transform raised something, which is the cause of this, or *made* something that is no record."""

    def __init__(self, transform: Transform | DerivedField, made: object = None) -> None:
        super().__init__(transform.name)
        self.transform = transform
        self.made = made


def transformed(
    transforms: Iterable[Transform | DerivedField], record: Record, key: Sequence[str] = (), watch: FieldWatch | None = None
) -> Record | LeftOut:
    """The row that *transforms*, in order, make of a copy of *record*; *key* names its primary key columns.

    *watch* is told what each of them is given, until it has seen all that it looks for. What is nested in the record is not
    copied. Raises TransformFailed.
    """
    row = {**record}
    for transform in transforms:
        if watch is not None and watch.waiting:
            watch.saw(transform, row)
        try:
            if isinstance(transform, DerivedField):  # which leaves nothing out
                row[transform.name] = transform.function(row)
                continue
            keys = {name: row.get(name) for name in key}
            made = transform(row)
        except Exception as error:
            raise TransformFailed(transform) from error
        if made is None:
            return LeftOut(keys, transform.name)
        if not isinstance(made, dict):
            raise TransformFailed(transform, made)
        row = made
    return row
