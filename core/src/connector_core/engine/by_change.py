"""By change: a table of too many rows for digests sends those whose ``updated`` is not before what the last finished sync saw.

It is the plugin's word that the API moves that column with every change and every new record. What the word does not say is
looked after here:

- a record may change while the feed is read, behind the place that the read has passed. So nothing counts that is later than the
  moment at which the read began, by the API's own clock, and no value that is ahead of it hides what comes after;
- only a read from the start to the end moves the mark. One that is taken up again sends everything that it meets;
- what cannot be compared is sent: null, a number that is no time or counts in another unit, a record whose other version this
  read has sent already, and one that came back after its row was deleted because it was missing.
"""

import itertools
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from attrs import define, field

from connector_core.derived.applying import LeftOut
from connector_core.engine.records import Rows
from connector_core.paging.newest import utc_now
from connector_core.paging.times import CLOCK_FROM, UNITS, clock, seconds_of
from connector_core.source.columns import Column, UnfitError
from connector_core.source.pagination import Page
from connector_core.source.tables import Key
from connector_core.source.values import plain, read

DAY = timedelta(days=1)
MOST_SENT = 100_000
"""So many keys of records that were sent are kept, for another version of one; beyond, the rest of the read is sent."""


@define
class ByChange:
    """What the newest change is that a read has seen, and which rows are not older than that of the last one.

    mark:  that of the last finished sync, in the form of the column; None where there is none.
    whole: this read begins at the start of the feed.
    """

    name: str
    column: Column
    lookback: timedelta | int
    mark: Any
    whole: bool
    newest: Any = field(default=None, init=False)
    _begun: datetime | None = field(default=None, init=False)
    _from: Any = field(default=None, init=False)
    """Rows from here on are sent; None: all of them."""
    _floor: Any = field(default=None, init=False)
    """A number below counts in another unit, or is no time."""
    _sent: set[Key] = field(factory=set, init=False)

    @classmethod
    def of(cls, name: str, column: Column, lookback: timedelta | int, stored: Any, *, whole: bool) -> "ByChange":
        """For the column *name*; *stored* is the mark as the state has it."""
        try:
            mark = None if stored is None else read(column, stored)
        except UnfitError:
            mark = None
        return cls(name, column, lookback, mark, whole)

    def begins(self, page: Page) -> None:
        """The first page of the read has come."""
        if self._begun is not None:
            return
        # The clock says when the answer was made, in whole seconds; what it holds may be as old as the request.
        self._begun = clock(page.headers, utc_now()).astimezone(UTC) - timedelta(seconds=page.seconds + 1)
        unit = _unit(self.mark)
        if self.whole and self.mark is not None and unit and self.mark <= self._at(self._begun + DAY, unit):
            self._from, self._floor = self._back(self.mark, unit), _floor(unit) if _is_number(self.mark) else None

    def see(self, rows: Rows) -> None:
        """Take in the newest change of *rows*."""
        values = [row.get(self.name) for _, row in rows if not isinstance(row, LeftOut)]
        newest = max((value for value in values if value is not None and self._counts(value)), default=None)
        if newest is not None and (self.newest is None or newest > self.newest):
            self.newest = newest

    def _counts(self, value: Any) -> bool:
        """Whether *value* is a time that is not ahead of the clock by more than its zone may explain."""
        unit = _unit(value)
        return self._begun is not None and unit is not None and bool(value <= self._at(self._begun + DAY, unit))

    def due(self, rows: Rows, new: Collection[Key]) -> Rows:
        """Those of *rows* that may have changed since the last sync; *new* are keys that the destination does not have."""
        if self._from is None:
            return rows
        found: Rows = []
        for key, row in rows:
            if isinstance(row, LeftOut) or key in new or key in self._sent or not self._is_older(row.get(self.name)):
                found.append((key, row))
                self._sent.add(key)
        if len(self._sent) > MOST_SENT:
            self._from = None
            self._sent.clear()
        return found

    def _is_older(self, value: Any) -> bool:
        return value is not None and (self._floor is None or value >= self._floor) and bool(value < self._from)

    def stored(self) -> Any:
        """The mark for the next sync, as JSON has it; None for none."""
        if not self.whole or self.newest is None or self._begun is None:
            return plain(self.mark)
        # A text without a zone may be of one that is behind UTC.
        known = self._begun if self.column.type == "UTC_DATETIME" or _is_number(self.newest) else self._begun - DAY
        return plain(min(self.newest, self._at(known, _unit(self.newest) or 1)))

    def _at(self, moment: datetime, unit: int) -> Any:
        """*moment* in the form of the column."""
        match self.column.type:
            case "UTC_DATETIME":
                return moment
            case "NAIVE_DATETIME":
                return moment.replace(tzinfo=None)
            case "NAIVE_DATE":
                return moment.date()
            case "DOUBLE":
                return float(seconds_of(moment) * unit)
        number = int(seconds_of(moment) * unit)
        return Decimal(number) if self.column.type.startswith("DECIMAL") else number

    def _back(self, mark: Any, unit: int) -> Any:
        """*mark* less the lookback: a timedelta, or a number of seconds, and of what a number counts."""
        step = self.lookback if isinstance(self.lookback, timedelta) else timedelta(seconds=self.lookback)
        if _is_number(mark):
            units = step.total_seconds() * unit if isinstance(self.lookback, timedelta) else self.lookback
            return mark - ceil(units)
        try:
            return mark - (step if isinstance(mark, datetime) else timedelta(days=ceil(step / DAY)))
        except OverflowError:
            return None


def _is_number(value: Any) -> bool:
    return not isinstance(value, date)  # a datetime is one


def _unit(value: Any) -> int | None:
    """In how many parts of a second *value* counts; None where it is no time."""
    if value is None or (_is_number(value) and value < CLOCK_FROM):
        return None
    return next(unit for below, unit in UNITS if value < below) if _is_number(value) else 1


def _floor(unit: int) -> Decimal | int:
    """The smallest number that counts in so many parts of a second."""
    return next((int(below) for (below, _), (_, of) in itertools.pairwise(UNITS) if of == unit), CLOCK_FROM)
