"""What windows are cut out of: ids, days, or moments.

Ids and days are whole: where both ends of a window are included, the next begins with the one after. Between two moments there is
always another: there, windows that include both ends share them, and a record at an edge comes twice.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from attrs import frozen

from connector_core.paging.notation import Notation
from connector_core.paging.times import day_of, moment_of, seconds_of

DAY = timedelta(days=1)


class Stretch(Protocol):
    """What is cut into windows. Where one begins is kept as JSON: an id, or a text in ISO 8601."""

    def read(self, value: Any) -> Any:
        """Where a window begins by a state; None where it says nothing of that kind, or what lies before the start."""

    def moved(self, begin: Any, *, last: bool = False) -> Any:
        """What is one step behind *begin*, or, for *last*, the last one of its window; None beyond the end of the calendar."""

    def sent(self, value: Any) -> Any:
        """*value* as a request has it."""


@frozen
class Ids:
    """Whole numbers."""

    start: int
    step: int

    def read(self, value: Any) -> int | None:
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= self.start else None

    def moved(self, begin: int, *, last: bool = False) -> int:
        return begin + self.step - last

    def sent(self, value: int) -> int:
        return value


@frozen
class Times:
    """Days, or moments in UTC; *days*: they are whole days, and written as such."""

    start: datetime
    step: timedelta
    days: bool
    notation: Notation | None = None

    def read(self, value: Any) -> str | None:
        moment = moment_of(value) if isinstance(value, str) else None
        return None if moment is None or moment < self.start else self._text(moment)

    def moved(self, begin: str, *, last: bool = False) -> str | None:
        try:
            return self._text(self.moment(begin) + self.step - (DAY if last and self.days else timedelta()))
        except OverflowError:
            return None

    def sent(self, value: str) -> Any:
        if self.notation is None:
            return value
        written = self.notation.written(seconds_of(self.moment(value)))
        return value if written is None else written

    def latest(self, now: datetime) -> str:
        """The last day or moment that there is by *now*."""
        return self._text(now)

    @staticmethod
    def moment(text: str) -> datetime:
        """The moment of a text that this class wrote."""
        found = moment_of(text)
        assert found is not None  # noqa: S101  (it was read, or written here)
        return found

    def _text(self, moment: datetime) -> str:
        found = moment.astimezone(UTC)
        return found.date().isoformat() if self.days else found.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def stretch_of(start: Any, step: Any, notation: Notation | None) -> Stretch | None:
    """What windows with these arguments are cut out of; None where they do not go together."""
    if isinstance(start, int) and not isinstance(start, bool):
        return Ids(start, step) if _is_whole(step) and notation is None else None
    moment = moment_of(start) if isinstance(start, str) else None
    if moment is None or not (_is_whole(step) or isinstance(step, timedelta)):
        return None
    length = step if isinstance(step, timedelta) else timedelta(days=step)
    whole_days = day_of(start) is not None and not length % DAY
    days = whole_days and (notation is None or notation.step >= DAY.total_seconds())
    return Times(moment.replace(microsecond=0), length, days, notation) if _is_cut(length, notation) else None


def _is_cut(length: timedelta, notation: Notation | None) -> bool:
    """Whether windows of that *length* begin at moments that can be written."""
    step = Decimal(1) if notation is None else max(notation.step, Decimal(1))
    return length > timedelta() and not Decimal(str(length.total_seconds())) % step


def _is_whole(step: Any) -> bool:
    return isinstance(step, int) and not isinstance(step, bool) and step >= 1
