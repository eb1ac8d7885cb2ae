"""Dates and times as objects, on their way into the SDK.

The SDK takes a date as a text or as an object and stores the same (tried with 3.0.0 and 2.13.1). A text costs it a call of
``strptime``, about a quarter of all that it does for a record of fifteen columns; see docs/performance.md.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?")
_MOMENT = re.compile(_TIME.pattern + r"(?:Z|[+-][0-9]{2}:[0-9]{2})")


def converters(columns: Mapping[str, Any]) -> Sequence[tuple[str, Callable[[str], Any]]]:
    """What makes an object of a text, for each of *columns* (name → type, as the SDK takes it) that holds dates or times."""
    return [(name, _CONVERTERS[kind]) for name, kind in columns.items() if isinstance(kind, str) and kind in _CONVERTERS]


@lru_cache(maxsize=4096)  # the same days come again and again
def to_date(text: str) -> date | str:
    """The date that *text* writes as ``2024-01-31``; *text* itself where it is no such thing, for the SDK to judge."""
    return _read(text, _DATE, date.fromisoformat)


def to_naive_datetime(text: str) -> datetime | str:
    """The same for a time without a zone: ``2024-01-31T10:20:30.5``, or with a space in the middle."""
    return _read(text, _TIME, datetime.fromisoformat)


def to_utc_datetime(text: str) -> datetime | str:
    """The same for a time with a zone: ``2024-01-31T10:20:30Z``, ``2024-01-31 10:20:30.5+02:00``."""
    return _read(text, _MOMENT, datetime.fromisoformat)


def _read(text: str, form: re.Pattern[str], read: Callable[[str], T]) -> T | str:
    if not form.fullmatch(text):
        return text
    try:
        return read(text)
    except ValueError:  # there is no such day, or hour
        return text


_CONVERTERS: Mapping[str, Callable[[str], Any]] = {
    "NAIVE_DATE": to_date,
    "NAIVE_DATETIME": to_naive_datetime,
    "UTC_DATETIME": to_utc_datetime,
}
