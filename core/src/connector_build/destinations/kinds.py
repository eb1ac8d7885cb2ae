"""Types of columns: what a value of no declared type is stored as, and what takes the values of two types.

A type is called as a plugin calls it (``LONG``, ``DECIMAL(15,2)``), whatever a destination makes of it.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from json import dumps
from typing import Any, Final

from connector_core.basics.names import decimal_digits

_CHAINS: Final = (("SHORT", "INT", "LONG"), ("FLOAT", "DOUBLE"), ("NAIVE_DATE", "NAIVE_DATETIME"))
"""Types of which each takes the values of those before it."""
_WHOLES: Final = {"BOOLEAN": 0, "SHORT": 5, "INT": 10, "LONG": 19}
"""Digits of a whole number."""
_NUMBERS: Final = frozenset({"SHORT", "INT", "LONG", "FLOAT", "DOUBLE"})
_LARGEST: Final = 2**63
MOST_DIGITS: Final = 38
"""Digits of a decimal that DuckDB and Parquet keep; one of more is stored as a text."""


def widened(old: str, new: str) -> str:
    """The narrowest type that takes the values of both: STRING where nothing else does."""
    if old == new:
        return old
    for chain in _CHAINS:
        if old in chain and new in chain:
            return max(old, new, key=chain.index)
    if decimal_digits(old) or decimal_digits(new):
        return _with_decimal(old, new)
    return "DOUBLE" if {old, new} <= _NUMBERS else "STRING"


def _with_decimal(old: str, new: str) -> str:
    if {old, new} & {"FLOAT", "DOUBLE"}:
        return "DOUBLE"
    digits = [_digits(old), _digits(new)]
    if None in digits:
        return "STRING"
    before, behind = (max(each) for each in zip(*filter(None, digits), strict=True))
    return f"DECIMAL({before + behind},{behind})" if before + behind <= MOST_DIGITS else "STRING"


def _digits(kind: str) -> tuple[int, int] | None:
    """Digits before and behind the point; None for what is no exact number."""
    if found := decimal_digits(kind):
        return found[0] - found[1], found[1]
    return (_WHOLES[kind], 0) if kind in _WHOLES and kind != "BOOLEAN" else None


def kind_of(value: Any) -> str:
    """The type that a column is given for a *value* that nobody declared."""
    match value:
        case bool():
            return "BOOLEAN"
        case int():
            return "LONG" if -_LARGEST <= value < _LARGEST else "STRING"
        case float():
            return "DOUBLE"
        case dict() | list() | tuple():
            return "JSON"
        case datetime():
            return "UTC_DATETIME" if value.tzinfo else "NAIVE_DATETIME"
        case date():
            return "NAIVE_DATE"
        case bytes() | bytearray():
            return "BINARY"
    return "STRING"


def as_text(value: Any) -> str | None:
    """*value*, in the form of its column, as a text without loss: bytes in base64, moments as ISO 8601 has them."""
    return None if value is None else _TEXTS.get(value.__class__, _other)(value)


def _json(value: Any) -> str:
    return dumps(value, ensure_ascii=False)


def _moment(value: datetime) -> str:
    return value.isoformat(sep=" ")


def _base64(value: bytes | bytearray) -> str:
    return b64encode(value).decode()


def _other(value: Any) -> str:
    """The same of a value whose class is derived from one of these, such as a float that knows how it was written."""
    return next((text(value) for kind, text in _TEXTS.items() if isinstance(value, kind)), None) or str(value)


_TEXTS: Mapping[type, Callable[[Any], str]] = {
    str: str.__str__,
    bool: _json,
    int: int.__repr__,
    float: float.__repr__,
    Decimal: lambda value: format(value, "f"),
    datetime: _moment,
    date: date.isoformat,
    dict: _json,
    list: _json,
    tuple: _json,
    bytes: _base64,
    bytearray: _base64,
}
