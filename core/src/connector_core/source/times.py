"""Dates and times: from the ways in which APIs write them to objects, and back to one way of writing each.

A time may be written with ``T`` or a blank, with one digit where two are usual, without seconds or without a time of day, and
with any number of digits behind the seconds. Six of those are kept, because no destination stores more; they are cut off, not
rounded, so that no time moves into another day. ``24:00:00`` is the beginning of the next day (ISO 8601:2004, 4.2.3), and a leap
second ``:60`` is the second after it.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from connector_core.source.columns import UnfitError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_USUAL = re.compile(_DAY.pattern + r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?")
"""What ``fromisoformat`` may be given: it takes much else, such as weeks, and any letter between day and time."""

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[T ]([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:[.,]([0-9]+))?)?)?"
    r" ?(?:(Z|UTC|GMT)|([+-])([0-9]{2})(?::?([0-9]{2}))?)?",
    re.IGNORECASE,
)
_MIDNIGHT = re.compile(r"(.{8,10})[T ]0{1,2}:0{1,2}(?::0{1,2}(?:[.,]0+)?)?(?:Z|\+00:?00)?", re.IGNORECASE)


@lru_cache(maxsize=4096)  # the same days come again and again
def date_of(text: str) -> date:
    """The day that *text* writes, alone or as its midnight. Raises UnfitError when it writes none."""
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise UnfitError("is no day of any calendar") from None
    midnight = _MIDNIGHT.fullmatch(text.strip())
    moment, _ = _read(midnight[1] if midnight else text, "is no day such as 2024-01-31")
    if moment != datetime.combine(moment, datetime.min.time()):
        raise UnfitError("is a time and not only a day: declare UTC_DATETIME or NAIVE_DATETIME")
    return moment.date()


def naive_of(text: str) -> datetime:
    """The time without a zone that *text* writes. Raises UnfitError when it writes none, or one with a zone."""
    moment, zoned = _read(text, "is no time such as 2024-01-31T10:20:30")
    if zoned:
        raise UnfitError("is a time with a zone: declare UTC_DATETIME")
    return moment


def utc_of(text: str) -> datetime:
    """The moment that *text* writes, in UTC. Raises UnfitError when it writes none, or a time without a zone."""
    moment, zoned = _read(text, "is no time such as 2024-01-31T10:20:30Z")
    if not zoned:
        raise UnfitError("is a time without a zone: declare NAIVE_DATETIME, or let a transform add the zone")
    return moment


def moment_of(text: str) -> datetime:
    """The moment that *text* writes, in UTC, which one without a zone is taken to mean. Raises UnfitError when it writes none."""
    moment, zoned = _read(text, "is no time such as 2024-01-31T10:20:30Z")
    return moment if zoned else moment.replace(tzinfo=UTC)


def written(value: date) -> str:
    """A date or time as it stands in a state and in messages: ISO 8601, of UTC with a Z, fractions where there are any."""
    text = value.isoformat()
    return text.replace("+00:00", "Z") if isinstance(value, datetime) and value.tzinfo else text


def _read(text: str, otherwise: str) -> tuple[datetime, bool]:
    """The time that *text* writes, with a zone in UTC, and whether it has one."""
    try:
        usual = _USUAL.fullmatch(text)
        moment = datetime.fromisoformat(text) if usual else _unusual(text.strip(), otherwise)
        if moment.tzinfo is None:
            return moment, False
        return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)), True
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, UnfitError) else UnfitError("is no time of any calendar") from None


def _unusual(text: str, otherwise: str) -> datetime:
    found = _TIME.fullmatch(text)
    if found is None:
        raise UnfitError(otherwise)
    year, month, day, hour, minute, second, fraction, utc, sign, hours, minutes = found.groups()
    moment = datetime(int(year), int(month), int(day))
    rest = timedelta(
        hours=_within(hour, 24),
        minutes=_within(minute, 59),
        seconds=_within(second, 60),
        microseconds=int(f"{fraction or 0:0<6}"[:6]),
    )
    if rest > timedelta(days=1):
        raise UnfitError("has an hour after the end of its day")
    if utc:
        return (moment + rest).replace(tzinfo=UTC)
    if sign:
        ahead = timedelta(hours=_within(hours, 23), minutes=_within(minutes, 59))
        return (moment + rest + (-ahead if sign == "+" else ahead)).replace(tzinfo=UTC)
    return moment + rest


def _within(digits: str | None, most: int) -> int:
    number = int(digits or 0)
    if number > most:
        raise UnfitError(f"has {number} where at most {most} may stand")
    return number
