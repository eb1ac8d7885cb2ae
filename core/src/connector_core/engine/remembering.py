"""What the state remembers of rows that were sent, by how a table is read, so that what did not change is not sent again."""

import json
from collections.abc import Collection
from hashlib import blake2b
from typing import Any, Protocol

from attrs import define

from connector_core.basics.operations import Log
from connector_core.engine.identity import identity
from connector_core.engine.records import Rows
from connector_core.engine.tail import Tail
from connector_core.engine.unchanged import Sent
from connector_core.plugin.plan import TablePlan
from connector_core.source.tables import Key


class Remembered(Protocol):
    """What a sync asks of it. Whoever sends rows lets the state say nothing any more, once they contradict what it says."""

    said: bool
    contradicts: bool
    complete: bool
    unchanged: int

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
    of = blake2b(json.dumps([identity(plan), sorted(plan.columns.items())]).encode(), digest_size=6).hexdigest()
    odd = [name for name, kind in plan.columns.items() if "DATE" in kind or kind.startswith(("DECIMAL", "BINARY"))]
    if plan.knows_tail:
        return Tail.read(of, stored, odd, goes_on=goes_on, most=most)
    return Sent.read(of, stored, odd, plan.table.name, log, most)
