"""Made-up values, by declared column type."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def time_of(kind: str, number: int) -> Any:
    moment = EPOCH + timedelta(minutes=number)
    if kind in ("SHORT", "INT", "LONG"):
        return int(moment.timestamp())
    if kind in ("FLOAT", "DOUBLE"):
        return moment.timestamp()
    if kind == "NAIVE_DATE":
        return (EPOCH + timedelta(days=number)).date().isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + ("" if kind == "NAIVE_DATETIME" else "Z")


def _base64(number: int) -> str:
    return b64encode(f"made up {number}".encode()).decode()


_VALUES: Mapping[str, Callable[[int, Random], Any]] = {
    "BOOLEAN": lambda _, random: random.random() < 0.5,
    "SHORT": lambda _, random: random.randint(0, 9),
    "INT": lambda _, random: random.randint(-5, 500),
    "LONG": lambda _, random: random.choice([0, 1, 7, 2**53 + 1, -4]),
    "FLOAT": lambda _, random: random.choice([0.0, 0.5, 1.25]),
    "DOUBLE": lambda _, random: random.choice([0.0, 0.1, 2.5, 16777217.0, -2.5]),
    "NAIVE_DATE": lambda number, _: (EPOCH + timedelta(days=number % 300)).date().isoformat(),
    "NAIVE_DATETIME": lambda number, _: (EPOCH + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S"),
    "UTC_DATETIME": lambda number, _: (EPOCH + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "JSON": lambda number, _: {"number": number},
    "BINARY": lambda number, _: _base64(number),  # a text: JSON has no bytes, so a transform has to make them
    "XML": lambda number, _: f"<n>{number}</n>",
}
_KEYS: Mapping[str, Callable[[int], Any]] = {
    **dict.fromkeys(("SHORT", "INT", "LONG"), lambda number: number),
    **dict.fromkeys(("FLOAT", "DOUBLE"), float),
    "NAIVE_DATE": lambda number: (EPOCH + timedelta(days=number)).date().isoformat(),
    "BINARY": lambda number: _base64(number),
    "NAIVE_DATETIME": lambda number: time_of("NAIVE_DATETIME", number),
    "UTC_DATETIME": lambda number: time_of("UTC_DATETIME", number),
}


def value_of(kind: str, number: int, random: Random, *, key: bool = False) -> Any:
    """A value of a declared column type; one of a key is of this *number* alone, any other may be null."""
    if key:
        return _KEYS[kind](number) if kind in _KEYS else f"key-{number:06d}"
    if random.random() < 0.1:
        return None
    if kind.startswith("DECIMAL"):
        return f"{random.randint(0, 99)}.5"
    return _VALUES[kind](number, random) if kind in _VALUES else random.choice(["A", "B", "C é", "", 'D\'s "E"'])
