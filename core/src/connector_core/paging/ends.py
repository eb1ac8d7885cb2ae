"""Values by which an API says that a feed ends."""

from collections.abc import Iterable, Sequence
from typing import Any

Plain = str | int | float | bool | None

LOOKS_LIKE_AN_END = (0, "0", -1, "-1", False)
"""Next cursors by which some APIs say that there is no next page."""


def end_values(values: Sequence[Plain]) -> Sequence[Plain]:
    """The values of ``ends_at``, as a paginator keeps them."""
    return tuple(values) if isinstance(values, list) else values


def is_one_of(value: Any, values: Iterable[Any]) -> bool:
    """Whether *value* is one of *values* as JSON has them: true is not 1, and "0" is not 0."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values)
