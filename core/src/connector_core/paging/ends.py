"""Values by which an API says that a feed ends."""

from collections.abc import Iterable
from typing import Any

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line

LOOKS_LIKE_AN_END = (0, "0", -1, "-1", False)
"""Next cursors by which some APIs say that there is no next page."""


def end_values(values: Any) -> tuple[Any, ...]:
    """The values of ``ends_at``, as a paginator keeps them. Raises PluginError for what is no list of plain values."""
    if not isinstance(values, list | tuple) or not all(isinstance(value, str | int | float | bool | None) for value in values):
        raise PluginError(f"ends_at is {one_line(repr(values), 60)}. Write a list of the values that mean the end: ends_at=[0].")
    return tuple(values)


def is_one_of(value: Any, values: Iterable[Any]) -> bool:
    """Whether *value* is one of *values* as JSON has them: true is not 1, and "0" is not 0."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values)
