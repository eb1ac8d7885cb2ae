"""Large tables: of the records that nothing happens to, some stand for all.

What comes, what changes and what stands at the end of a feed, where an incremental read begins, is simulated in full.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from attrs import define

from connector_build.review.cost.month import Month
from connector_core.plugin.assembly import Assembly, TablePlan

READ: Final = 60_000
"""So many of the records that were there at first are read at most in the syncs of a month, over all tables."""
LEAST: Final = 10
"""So many records of a table are simulated at least."""
MOST: Final = 5_000
"""So many at most, however few the syncs are."""
PARENTS: Final = 30
"""So many of a table with child tables: each is a request."""

Key = tuple[Any, ...]


def most_of(plan: TablePlan, assembly: Assembly, month: Month) -> int:
    """So many records of a table are simulated at most."""
    most = min(MOST, max(LEAST, READ // month.syncs // len(assembly.tables)))
    return min(PARENTS, most) if _has_children(plan, assembly) else most


def reads(assembly: Assembly, month: Month) -> int:
    """How many records the syncs of a month read here, about."""
    number = 0
    for plan in assembly.tables:
        there = min(month.rows_of(plan.table.name), most_of(plan, assembly, month)) if plan.reads_whole else 0
        grown = month.new * month.syncs // 2 if plan.reads_whole else month.new
        number += month.syncs * (there + grown)
    return number


def tail_of(plan: TablePlan, assembly: Assembly, page_size: int) -> int:
    """So many records at the end of a feed stand for themselves alone: those of the last page and the one before."""
    return LEAST if _has_children(plan, assembly) else 2 * page_size


def _has_children(plan: TablePlan, assembly: Assembly) -> bool:
    return any(each.table.parent and each.table.parent.table == plan.table.name for each in assembly.tables)


@define
class Rest:
    """The records of one table that nothing has happened to, of which some stand for all.

    left_out: so many are not simulated. share: records that there are, for one that is simulated. tail: the part of them that
    stands for itself.
    """

    keys: set[Key]
    left_out: int
    share: float
    tail: float

    @classmethod
    def of(cls, keys: Sequence[Key], rows: int, tail: int) -> "Rest":
        """Of a table that has *keys* here, in the order of its feed, and so many *rows* in truth."""
        left_out = max(0, rows - len(keys))
        if not left_out or not keys:
            return cls(set(), 0, 1.0, 1.0)
        tail = min(tail, len(keys) // 2)
        return cls(set(keys[: len(keys) - tail]), left_out, rows / len(keys), tail / len(keys))

    def touch(self, keys: Iterable[Key]) -> None:
        """They have changed, and stand for themselves from now on."""
        self.keys.difference_update(keys)

    def weight(self, key: Key) -> float:
        """How many records the one with this *key* stands for."""
        return 1 + self.left_out / len(self.keys) if key in self.keys else 1.0
