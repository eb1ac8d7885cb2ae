"""Times and other values that say what is new: read as values, and written back in the notation that they came in.

A time is a text as ISO 8601 has it (``2026-01-31T10:00:00Z``, with a zone, fractions, or a day alone), or a number of seconds,
milliseconds, microseconds or nanoseconds since 1970, as JSON number or as text. Which unit it is, its size tells. A smaller
number counts something else, such as versions, and no clock.
"""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_FLOOR, Decimal, localcontext
from email.utils import parsedate_to_datetime
from typing import Any

from attrs import field, frozen

_ISO = re.compile(
    r"(?P<year>\d{4})(?P<dash>-?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:(?P<t>[Tt ])(?P<hour>\d\d)(?P<colon>:?)(?P<minute>\d\d)"
    r"(?:(?P=colon)(?P<second>\d\d)(?:(?P<point>[.,])(?P<fraction>\d+))?)?"
    r"(?P<gap> ?)(?P<zone>[Zz]|UTC|[+-]\d\d(?::?\d\d)?)?)?"
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
CLOCK_FROM = 100_000_000
"""Seconds since 1970 from which a number is taken for a time: March 1973."""
UNITS = ((3 * 10**11, 1), (3 * 10**14, 10**3), (3 * 10**17, 10**6), (math.inf, 10**9))
"""Below which size a number is in which unit, in parts of a second: below each is the year 9999, above the one before 1980."""
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""The moments that can be calculated with, whatever zone they are in."""


def moment_of(text: str) -> datetime | None:
    """The moment that a text in ISO 8601 says; one without a zone is taken to be UTC. None for any other text."""
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    parts = found.groupdict()
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    try:
        day = datetime(int(parts["year"]), int(parts["month"]), int(parts["day"]), tzinfo=_zone(parts["zone"]))
        part = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=int(f"{parts['fraction'] or 0:<06}"[:6]))
        return day + part if hour <= 24 and minute < 60 and second <= 60 else None
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    if text is None or text.upper() in ("Z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def is_no_time(value: Any) -> bool:
    """Whether *value* says that there is no time: null, an empty text, or a day of only noughts."""
    return value is None or (isinstance(value, str) and (not value.strip() or value.startswith("0000-00-00")))


@frozen
class Mark:
    """A value that says when, or in which order, a record changed.

    raw:  as the API wrote it.
    kind: ``time`` for a text that is one, ``number`` for the rest.
    size: what to compare by: seconds since 1970 for a time, the number itself for a number.
    """

    raw: Any
    kind: str = field(eq=False)
    size: Decimal = field(eq=False)

    @classmethod
    def read(cls, value: Any) -> "Mark | None":
        """What *value* says; None where it is no time and no number."""
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            return cls(value, "number", Decimal(repr(value))) if math.isfinite(value) else None
        if not isinstance(value, str):
            return None
        moment = moment_of(value)
        if moment is not None:
            return cls(value, "time", seconds_of(moment))
        return cls(value, "number", Decimal(value)) if _NUMBER.fullmatch(value) else None

    @property
    def unit(self) -> int | None:
        """In how many parts of a second it counts; None where it is no clock."""
        if self.kind == "time":
            return 1
        return next(unit for below, unit in UNITS if self.size < below) if self.size >= CLOCK_FROM else None

    @property
    def seconds(self) -> Decimal | None:
        """Seconds since 1970; None where it is no clock."""
        return None if self.unit is None else self.size / self.unit

    def goes_with(self, other: "Mark") -> bool:
        """Whether the two can be compared: both are texts, or both numbers, and no two clocks of different units."""
        return self.kind == other.kind and (self.unit == other.unit or None in (self.unit, other.unit))

    def at(self, seconds: Decimal) -> Any:
        """The moment of so many *seconds* since 1970 in the notation of this mark, cut to its precision."""
        if self.kind == "time":
            return _written(seconds, self.raw)
        return self._like(seconds * (self.unit or 1))

    def back(self, step: timedelta | float, more: int = 0) -> Any:
        """What is *step* and *more* before this mark, in its notation; None for a time before the year 1.

        A timedelta counts in the mark's own unit, and a bare number in seconds for a time, and else in what the number counts.
        """
        if self.kind == "time":
            return _written(self.size - self.step(step) - more, self.raw)
        return self._like(self.size, -self.step(step) - more)

    def step(self, step: timedelta | float) -> Decimal:
        """*step* as what sizes are compared by: a timedelta in the mark's own unit, a bare number as it is."""
        seconds = Decimal(str(step.total_seconds() if isinstance(step, timedelta) else step))
        return seconds * (self.unit or 1 if isinstance(step, timedelta) else 1)

    def _like(self, number: Decimal, more: Decimal = Decimal(0)) -> Any:
        """*number* and *more* as this mark is written: with as many decimals, as a text or as a JSON number."""
        text = str(self.raw)
        decimals = 0 if "e" in text.lower() else len(text.partition(".")[2])
        with localcontext(prec=len(text) + 40):
            found = f"{(number + more).quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR):f}"
        return found if isinstance(self.raw, str) else type(self.raw)(found)


def descending(values: Sequence[Any]) -> Iterator[Mark]:
    """What *values* say, the largest first and each once. Raises ValueError, with the value, for one that cannot be compared."""
    if sort_as_they_are(values):
        yield from map(_read, sorted(set(values), reverse=True))
        return
    marks = [_read(value) for value in values]
    check_alike(marks)
    distinct = {mark.size: mark for mark in marks}  # of equal ones, the last
    for size in sorted(distinct, reverse=True):
        yield distinct[size]


def check_alike(marks: Sequence[Mark]) -> None:
    """Raise ValueError, with the value, for a mark that cannot be compared with the first."""
    if odd := next((mark for mark in marks if mark.kind != marks[0].kind), None):
        raise ValueError(odd.raw)


def _read(value: Any) -> Mark:
    mark = Mark.read(value)
    if mark is None:
        raise ValueError(value)
    return mark


def sort_as_they_are(values: Sequence[Any]) -> bool:
    """Whether *values* are numbers, or texts of one form in UTC or without a zone: reading each would only cost time."""
    kinds = {type(value) for value in values}
    if kinds <= {int, float}:
        return all(math.isfinite(value) for value in values)
    if kinds != {str} or len({(len(value), value[10:11], value[-1:].isdigit()) for value in values}) > 1:
        return False
    return _ISO.fullmatch(values[0]) is not None and not any("+" in value or "-" in value[10:] for value in values)


def seconds_of(moment: datetime) -> Decimal:
    """Seconds since 1970, exactly."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return Decimal(since.days * 86_400 + since.seconds) + Decimal(since.microseconds).scaleb(-6)


def _written(seconds: Decimal, like: str) -> str | None:
    """The moment of so many *seconds* since 1970 as *like* is written; None for one that no calendar has."""
    found = _ISO.fullmatch(like.strip())
    assert found is not None  # noqa: S101  (a mark was read from it)
    parts = found.groupdict()
    micros = int(seconds.scaleb(6).to_integral_value(rounding="ROUND_FLOOR"))
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
        if not FIRST <= moment <= LAST:
            return None
        moment = moment.astimezone(_zone(parts["zone"]))
    except OverflowError:
        return None
    dash, colon = parts["dash"], parts["colon"]
    text = f"{moment.year:04}{dash}{moment.month:02}{dash}{moment.day:02}"
    if parts["t"] is None:
        return text
    text += f"{parts['t']}{moment.hour:02}{colon}{moment.minute:02}"
    if parts["second"] is not None:
        text += f"{colon}{moment.second:02}"
    if parts["fraction"] is not None:
        text += parts["point"] + f"{moment.microsecond:06}000000"[: len(parts["fraction"])]
    return text + parts["gap"] + (parts["zone"] or "")


def clock(headers: Any, now: datetime) -> datetime:
    """What time the API has, by the ``Date`` of its answer (RFC 9110, section 6.6.1); *now* where it does not say."""
    try:
        told = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError, IndexError):
        return now
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def day_of(text: object) -> date | None:
    """The day that a text such as ``2024-01-31`` says; None for anything else."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
