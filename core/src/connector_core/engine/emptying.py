"""Emptying: a table that had rows is not emptied because of what one sync met, unless its plugin says that it may be empty.

An answer without records, a transform that lost its ``return``, a filter by a word that the API no longer uses: each would
delete every row, and each ends well. Where nothing is left of a feed that was read from its start, and rows were there, the sync
is loud.
"""

from collections import Counter
from collections.abc import Mapping

from attrs import define, field

from connector_core.basics.errors import ConnectorError, PluginError, UnexpectedAnswer
from connector_core.derived.applying import LeftOut
from connector_core.engine.records import GONE, Rows
from connector_core.plugin.plan import TablePlan

HELD = 20_000
"""So many deletes wait for the first record that is not left out. A feed that begins with more of them goes on without it."""


@define
class Held:
    """Deletes of records that are left out, held back while no record of the feed was kept: there may be something wrong."""

    waits: bool
    rows: Rows = field(factory=list, init=False)

    def hold(self, rows: Rows) -> Rows:
        """What of *rows*, behind those that were held back, is to be delivered now."""
        if not self.waits:
            return rows
        self.rows += rows
        if len(self.rows) <= HELD and all(isinstance(row, LeftOut) for _, row in rows):
            return []
        return self.release()

    @property
    def left_out(self) -> Counter[str]:
        """Who left out how many of the records that are held back."""
        return Counter(row.by for _, row in self.rows if isinstance(row, LeftOut))

    def release(self) -> Rows:
        """What was held back; nothing is any more."""
        self.waits, rows, self.rows = False, self.rows, []
        return rows


def emptied(plan: TablePlan, *, had_rows: bool, extra_rows: Mapping[str, int], left_out: Counter[str]) -> ConnectorError | None:
    """The error of a whole read of which nothing is left; None where nothing was there, or where the table may be empty.

    had_rows: whether the table had rows. extra_rows: extra table → how many rows it has. left_out: who left out how many records.
    """
    extras = [name for name, rows in extra_rows.items() if rows]
    if plan.table.may_be_empty or not (had_rows or extras):
        return None
    name = plan.table.name
    lost = " and of ".join([*([name] if had_rows and plan.deletes else []), *extras])
    if not lost:
        return None
    allow = f"If {name} may be empty, write may_be_empty=True in its Table."
    transforms = [each for each in left_out if each != GONE]
    if transforms:
        return PluginError(
            f"{name}: {', '.join(transforms)} left out every record of the feed ({left_out.total()}), and there were rows "
            f"before, so all rows of {lost} would be deleted. Let the transform return the records that it keeps. {allow} "
            "The next sync reads the whole feed."
        )
    what = f"lists all of its records as {GONE}" if left_out else "has no record any more"
    return UnexpectedAnswer(
        f"{name}: the feed {what}, and there were rows before, so all rows of {lost} would be deleted. "
        f"Look at what the API answers: it may have failed and not said so. {allow} The next sync reads the whole feed."
    )
