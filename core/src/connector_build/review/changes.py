"""A change between two builds of a connector, and how grave it is."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import frozen

Level = Literal["safe", "re-sync", "breaks"]
LEVELS: Final[Mapping[Level, int]] = {"safe": 0, "re-sync": 10, "breaks": 20}
"""What a change asks for → the exit code of a comparison in which nothing asks for more."""

Lock = Mapping[str, Any]
"""The lock of a build, as `lock.wrong_with` finds nothing wrong with it."""


@frozen
class Change:
    """One difference: what it asks for, what it is of (a table, a setting, a plugin …), and what it means in words."""

    level: Level
    what: str
    message: str
