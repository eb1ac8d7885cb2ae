"""What the state remembers of rows that were sent, by how a table is read, so that what did not change is not sent again."""

import json
import re
from collections.abc import Collection
from functools import partial
from hashlib import blake2b
from typing import Any, Protocol

from attrs import define

from connector_core.basics.operations import Log
from connector_core.engine.by_change import ByChange
from connector_core.engine.identity import identity
from connector_core.engine.records import Rows
from connector_core.engine.tail import Tail
from connector_core.engine.unchanged import Sent
from connector_core.plugin.plan import TablePlan
from connector_core.source.pagination import Page
from connector_core.source.tables import Key


class Remembered(Protocol):
    """What a sync asks of it. Whoever sends rows lets the state say nothing any more, once they contradict what it says."""

    said: bool
    contradicts: bool
    complete: bool
    unchanged: int

    def begins(self, page: Page) -> None:
        """The first page of the read has come."""

    def differing(self, rows: Rows, new: Collection[Key] = ()) -> Rows:
        """Those of *rows* that the destination does not have as they are; *new*: keys that it certainly does not have."""

    def state(self) -> Any:
        """What the state keeps of it now; None for nothing."""


@define
class Nothing:
    """Of a table of which nothing is remembered; *stored* is what the state says of it all the same."""

    stored: Any = None
    said: bool = True
    contradicts: bool = False
    complete: bool = False
    unchanged: int = 0

    def __attrs_post_init__(self) -> None:
        self.said = self.stored is None

    def begins(self, page: Page) -> None:
        """The first page of the read has come: nothing hangs on it."""

    def differing(self, rows: Rows, new: Collection[Key] = ()) -> Rows:  # noqa: ARG002  (it has nothing to hold them against)
        """All of them."""
        self.contradicts = bool(rows) and not self.said
        return rows

    def state(self) -> None:
        """Nothing."""


def remembered(plan: TablePlan, stored: Any, log: Log, *, goes_on: bool, most: int | None) -> Remembered:
    """What *stored*, of the state, says of the rows of *plan*.

    goes_on: the read does not begin at the start. most: rows that are remembered; None: as many as there may be.
    """
    if not (plan.knows_unchanged or plan.knows_tail):
        return Nothing(stored)
    odd = [name for name, kind in plan.columns.items() if "DATE" in kind or kind.startswith(("DECIMAL", "BINARY"))]
    if plan.knows_tail:
        return Tail.read(_made(plan), stored, odd, goes_on=goes_on, most=most)
    table = plan.table
    if table.updated is None:
        return Sent.read(_made(plan), stored, odd, table.name, log, most, None)
    changed = partial(ByChange.of, table.updated, plan.declared[table.updated], table.lookback, whole=not goes_on)
    return Sent.read(_made(plan, *_making(plan)), stored, odd, table.name, log, most, changed)


def _made(plan: TablePlan, *further: Any) -> str:
    """A digest of what makes rows those of another table, or of another kind."""
    return blake2b(json.dumps([identity(plan), sorted(plan.columns.items()), *further]).encode(), digest_size=6).hexdigest()


def _making(plan: TablePlan) -> list[Any]:
    """How rows are made of records: where that is another way, each is another row, though no record has changed."""
    transforms = [re.sub(r" at 0x[0-9a-f]+", "", repr(each)) for each in plan.transforms]
    nulls = [[name, repr(column.null)] for name, column in sorted(plan.declared.items()) if column.null]
    return [transforms, nulls, plan.undeclared]
