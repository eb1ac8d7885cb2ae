"""What a plugin's module with sample records imports: ``Sample``.

This module imports nothing but attrs, so a plugin can use it wherever the command is installed.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from attrs import frozen

__all__ = ["Sample"]

Record = dict[str, Any]


@frozen
class Sample:
    """How to make up the records of one dataset.

    Both functions take their chance from the generator they are given, and from nothing else, so that a
    seed decides every value. `last_updated_epoch`, where a record has it, is in whole seconds.
    """

    count: int
    """How many records the feed starts with."""
    make: Callable[[int, Random], Record]
    """Makes record number i (from 0)."""
    change: Callable[[Record, Random], Record]
    """Returns the record with new values: a new dict, the same `record_id`, a larger `last_updated_epoch`."""
