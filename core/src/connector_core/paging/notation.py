"""Notations of times: how a request writes a moment that a record wrote otherwise."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.paging.times import FIRST, LAST, Mark

EPOCHS = {"epoch": 1, "epoch_ms": 1000}
"""Names of the notations that are numbers, and in how many parts of a second they count."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PROBES = (datetime(2023, 11, 24, 21, 48, 37, 123456, tzinfo=UTC), datetime(2031, 2, 3, 4, 5, 6, 700000, tzinfo=UTC))
_STEPS = (timedelta(microseconds=1), *(timedelta(seconds=seconds) for seconds in (1, 60, 3600, 86_400)))
_THOUSAND = datetime(1000, 1, 1, tzinfo=UTC)
"""Before it, ``%Y`` has fewer than four digits."""


@frozen
class Notation:
    """``epoch``, ``epoch_ms``, or a text for strftime; times are written in UTC.

    step: seconds between one moment that it can write and the next.
    """

    text: str
    step: Decimal = field(eq=False)

    @classmethod
    def read(cls, text: str, where: str) -> "Notation":
        """The notation that *text* says. Raises PluginError, which begins with *where*, when it does not tell moments apart."""
        if text in EPOCHS:
            return cls(text, Decimal(1) / EPOCHS[text])
        step, other = (_step(text, probe) for probe in _PROBES)
        if step is None or step != other:
            raise PluginError(
                f'{where}: notation is {one_line(repr(text), 60)}, by which no moment can be told. Write "epoch", "epoch_ms", or '
                'a format of strftime with a year, a month and a day in it, and each part down to the smallest: "%Y-%m-%d %H:%M".'
            )
        return cls(text, Decimal(str(step.total_seconds())))

    def written(self, seconds: Decimal) -> int | str | None:
        """The last moment that it can write up to so many *seconds* since 1970; None for one before the year 1000."""
        if self.text in EPOCHS:
            return int((seconds * EPOCHS[self.text]).to_integral_value(ROUND_FLOOR))
        try:
            moment = _EPOCH + timedelta(microseconds=int(seconds.scaleb(6).to_integral_value(ROUND_FLOOR)))
        except OverflowError:
            return None
        return moment.strftime(self.text) if max(FIRST, _THOUSAND) <= moment <= LAST else None


def _step(text: str, probe: datetime) -> timedelta | None:
    """How far two moments that *text* tells apart are from each other, as tried with *probe*; None where it tells none."""
    try:
        found = datetime.strptime(probe.strftime(text), text)
    except ValueError:
        return None
    lost = probe - (found if found.tzinfo else found.replace(tzinfo=UTC))
    return next((step for step in _STEPS if lost == (probe - _EPOCH) % step), None)


def given_moment(value: Any) -> Decimal | None:
    """The moment, in seconds since 1970, that a plugin gave as a text or a number; None where it is none."""
    mark = Mark.read(value)
    return None if mark is None else mark.seconds
