"""Dates and times as objects, on their way into the SDK.

The SDK takes a date as a text or as an object and stores the same (tried with 3.0.0 and 2.13.1). A text costs it a call of
``strptime``, about a quarter of all that it does for a record of fifteen columns; see docs/performance.md.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?")
_MOMENT = re.compile(_TIME.pattern + r"(?:Z|[+-][0-9]{2}:[0-9]{2})")


def converters(columns: Mapping[str, Any]) -> Sequence[tuple[str, Callable[[Any], Any]]]:
    """What makes an object of a text, for each of *columns* (name → type, as the SDK takes it) that holds dates or times."""
    return [(name, _CONVERTERS[kind]) for name, kind in columns.items() if isinstance(kind, str) and kind in _CONVERTERS]


def to_date(value: Any) -> Any:
    """The date that *value* writes as ``2024-01-31``; *value* itself where it is no such text, for the SDK to judge."""
    return _read(value, _DATE, date.fromisoformat)


def to_naive_datetime(value: Any) -> Any:
    """The same for a time without a zone: ``2024-01-31T10:20:30.5``, or with a space in the middle."""
    return _read(value, _TIME, datetime.fromisoformat)


def to_utc_datetime(value: Any) -> Any:
    """The same for a time with a zone: ``2024-01-31T10:20:30Z``, ``2024-01-31 10:20:30.5+02:00``."""
    return _read(value, _MOMENT, datetime.fromisoformat)


def _read(value: Any, form: re.Pattern[str], read: Callable[[str], Any]) -> Any:
    if not (isinstance(value, str) and form.fullmatch(value)):
        return value
    try:
        return read(value)
    except ValueError:  # there is no such day, or hour
        return value


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "NAIVE_DATE": to_date,
    "NAIVE_DATETIME": to_naive_datetime,
    "UTC_DATETIME": to_utc_datetime,
}
