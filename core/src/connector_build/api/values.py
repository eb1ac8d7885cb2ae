"""Made-up values, by declared column type."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def time_of(kind: str, number: int) -> Any:
    """Moment *number*, as a column type has it."""
    moment = EPOCH + timedelta(minutes=number)
    if kind in ("SHORT", "INT", "LONG"):
        return int(moment.timestamp())
    if kind in ("FLOAT", "DOUBLE"):
        return moment.timestamp()
    if kind == "NAIVE_DATE":
        return (EPOCH + timedelta(days=number)).date().isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + ("" if kind == "NAIVE_DATETIME" else "Z")


def number_of(kind: str, moment: datetime) -> int:
    """The number of the first moment of a column type that is not before *moment*, from 0."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    step = timedelta(days=1) if kind == "NAIVE_DATE" else timedelta(minutes=1)
    return max(0, -((EPOCH - moment) // step))


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
    "BINARY": lambda number, _: _base64(number),
    "XML": lambda number, _: f"<n>{number}</n>",
    "DECIMAL": lambda _, random: f"{random.randint(0, 99)}.5",
    "STRING": lambda _, random: random.choice(["A", "B", "C é", "", 'D\'s "E"']),
}
_KEYS: Mapping[str, Callable[[int], Any]] = {
    **dict.fromkeys(("SHORT", "INT", "LONG"), lambda number: number),
    **dict.fromkeys(("FLOAT", "DOUBLE"), float),
    "BOOLEAN": lambda number: number % 2 == 0,  # there are no more of them, so it is part of a key at most
    "DECIMAL": lambda number: f"{number}.5",
    "NAIVE_DATE": lambda number: (EPOCH + timedelta(days=number)).date().isoformat(),
    "BINARY": lambda number: _base64(number),
    "NAIVE_DATETIME": lambda number: time_of("NAIVE_DATETIME", number),
    "UTC_DATETIME": lambda number: time_of("UTC_DATETIME", number),
}


def value_of(kind: str, number: int, random: Random, *, key: bool = False) -> Any:
    """A value of a declared column type; one of a key is of this *number* alone, any other may be null."""
    family = family_of(kind)
    if key:
        return _KEYS[family](number) if family in _KEYS else f"key-{number:06d}"
    if random.random() < 0.1:
        return None
    return _VALUES[family](number, random)


def family_of(kind: str) -> str:
    """A column type without its arguments: ``DECIMAL`` of ``DECIMAL(10,2)``; STRING for one that is unknown."""
    family = kind.partition("(")[0].strip()
    return family if family in _VALUES else "STRING"


def kind_of(value: object) -> str:
    """The column type that a value of a record is of."""
    # bool first: it is an int to isinstance.
    kinds = ((bool, "BOOLEAN"), (int, "LONG"), (float, "DOUBLE"), (str, "STRING"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "JSON")


def edges_of(kind: str, ordinary: Any = None) -> dict[str, Any]:
    """The edges of a column type, by what they are: null, nothing, a negative and a large one, as far as it has them.

    ordinary: a value of a field that is JSON, which tells whether it is an object or a list.
    """
    family = family_of(kind)
    if family == "JSON":
        return {"null": None, "nothing": [] if isinstance(ordinary, list) else {}}
    return {"null": None, **_EDGES[family]}


_WHOLE = {"SHORT": 2**15 - 1, "INT": 2**31 - 1, "LONG": 2**63 - 1}
_EDGES: Mapping[str, Mapping[str, Any]] = {
    "BOOLEAN": {"nothing": False, "a large value": True},
    **{kind: {"nothing": 0, "a negative value": -1, "a large value": large} for kind, large in _WHOLE.items()},
    "FLOAT": {"nothing": 0.0, "a negative value": -0.5, "a large value": 1e15},
    "DOUBLE": {"nothing": 0.0, "a negative value": -0.5, "a large value": 1e15, "a whole number": 5},
    "DECIMAL": {"nothing": "0.00", "a negative value": "-0.50", "a large value": "99999999.99"},
    "NAIVE_DATE": {"an early value": "1970-01-01", "a large value": "2999-12-31"},
    "NAIVE_DATETIME": {"an early value": "1970-01-01T00:00:00", "a large value": "2999-12-31T23:59:59.999999"},
    "UTC_DATETIME": {"an early value": "1970-01-01T00:00:00Z", "a large value": "2999-12-31T23:59:59.999999+00:00"},
    "BINARY": {"nothing": "", "a large value": b64encode(b"large" * 200).decode()},
    "XML": {"nothing": "<n/>", "a large value": f"<n>{'large' * 200}</n>"},
    "STRING": {"nothing": "", "a large value": 'é "\n' * 200},
}
