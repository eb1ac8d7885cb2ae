"""Values: the one form that each has by the type of its column, wherever it is stored, compared, added up or remembered.

``step`` and ``read`` make that form of whatever an API, a transform or a state has; ``plain`` makes JSON of it, for a state, and
``text`` a text, for people. The forms are Python's own, so that ``==``, ``<``, ``+`` and ``hash`` mean what they do in the
destination:

================  ==============================================================================================================
STRING            ``str``. Whatever is no text becomes its JSON text, with the digits that were sent.
BOOLEAN           ``bool``: also of 1, 0, and texts such as ``"true"``
SHORT, INT, LONG  ``int``: also of 7.0 and ``"7"``
FLOAT, DOUBLE     ``float``, of a FLOAT with 32 bits: also of texts. NaN is null, as it is in the destination.
DECIMAL(p,s)      ``Decimal`` with s places, rounded half up as the destination does
NAIVE_DATE        ``date``, see ``connector_core.source.times``
NAIVE_DATETIME    ``datetime`` without a zone
UTC_DATETIME      ``datetime`` with the zone UTC
JSON              what JSON has
XML               ``str``
BINARY            ``bytes``: also of base64 (RFC 4648, sections 4 and 5)
================  ==============================================================================================================
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, NoReturn

from connector_core.basics.names import decimal_digits
from connector_core.source.columns import Column, Declared, UnfitError
from connector_core.source.numbers import (
    decimal_from,
    finite,
    float_from,
    float_of,
    single,
    whole_from,
    whole_of,
    within,
)
from connector_core.source.texts import boolean_of, bytes_of, json_text, text_of_bytes, text_of_float, text_of_whole
from connector_core.source.times import date_of, naive_of, utc_of, written

Convert = Callable[[Any], Any]


def read(column: Column, value: Any) -> Any:
    """*value* in the form that it has in *column*. Raises UnfitError when it is none of that type."""
    convert = step(column, value.__class__)
    return convert(value) if convert else value


OF_TEXTS = frozenset({"SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "BOOLEAN"})
"""Types of which a transform sees no texts where a format has nothing else."""


def converters(columns: Declared) -> dict[str, Convert]:
    """Of the columns whose values are converted where a format has texts only, what makes the value of a text."""
    made = {name: step(Column(column.type), str) for name, column in columns.items() if column.type in OF_TEXTS}
    return {name: convert for name, convert in made.items() if convert}


def in_form(columns: Declared, row: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of *row* with each value in the form of its column; what is not declared stays. Raises UnfitError."""
    return {name: read(columns[name], value) if name in columns else value for name, value in row.items()}


@lru_cache(maxsize=4096)
def step(column: Column, kind: type) -> Convert | None:
    """What makes its form in *column* of a value of the class *kind*: a function, or None where each such value has it already.

    The function raises UnfitError. Two columns of one type have the same function, ``CHECKED_LONG`` and ``FINITE`` for most.
    """
    convert = None if kind is type(None) else _step(column.type, kind)
    nulls = frozenset(each for each in column.null if _is_like(each, kind))
    return partial(_unless_null, nulls=nulls, convert=convert) if nulls else convert


def _is_like(null: object, kind: type) -> bool:
    """Whether a value of the class *kind* may be equal to *null*, as JSON has it."""
    if isinstance(null, bool):
        return issubclass(kind, bool)
    if isinstance(null, str):
        return issubclass(kind, str)
    return issubclass(kind, int | float | Decimal) and not issubclass(kind, bool)


def _unless_null(value: Any, nulls: frozenset[Any], convert: Convert | None) -> Any:
    if value in nulls:
        return None
    return convert(value) if convert else value


def _step(kind: str, of: type) -> Convert | None:
    digits = decimal_digits(kind)
    table = _DECIMAL if digits else _TYPES[kind]
    for base in of.__mro__:
        if base in table:
            if table[base] is _AS_DECIMAL:
                return decimal_from(*digits) if digits else None
            # Whoever encodes a value for the destination asks for its very class.
            return _PLAINER.get(base) if table[base] is None and base is not of else table[base]
    return _refusing(f"is no {_NAMES.get(kind, kind)}")


def _refusing(reason: str) -> Convert:
    def refuse(_: Any) -> NoReturn:
        raise UnfitError(reason)

    return refuse


def _boolean_of_number(value: float) -> bool:
    if value not in (0, 1):
        raise UnfitError("is neither 1 nor 0: declare a type for numbers")
    return bool(value)


def _naive(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _same(value: Any) -> Any:
    return value


CHECKED_LONG = within(64, _same)
"""What looks at each whole number of a LONG column."""
FINITE = finite
"""What looks at each float of a DOUBLE column."""

_NO_TIME = _refusing("is a number, which is no time: let a transform make one of it, such as datetime.fromtimestamp(value, UTC)")
_AS_DECIMAL: Convert = _same
_NAMES = {"SHORT": "whole number", "INT": "whole number", "LONG": "whole number", "FLOAT": "number", "DOUBLE": "number"} | {
    "BOOLEAN": "boolean", "XML": "text", "BINARY": "bytes", "JSON": "value that JSON has",
}  # fmt: skip
"""What a type is called in front of people, where that is not its name."""

_Table = Mapping[type, Convert | None]


def _wholes(bits: int) -> _Table:
    number = within(bits, whole_from)
    return {
        bool: int,
        int: CHECKED_LONG if bits == 64 else within(bits, _same),
        float: number,
        Decimal: number,
        str: within(bits, whole_of),
    }


_TYPES: Mapping[str, _Table] = {
    "STRING": {
        str: None,
        bool: json_text,
        int: text_of_whole,
        float: text_of_float,
        Decimal: lambda value: format(value, "f"),
        dict: json_text,
        list: json_text,
        tuple: json_text,
        bytes: text_of_bytes,
        bytearray: text_of_bytes,
        object: str,
    },
    "XML": {str: None},
    "BOOLEAN": {bool: None, int: _boolean_of_number, float: _boolean_of_number, Decimal: _boolean_of_number, str: boolean_of},
    "SHORT": _wholes(16),
    "INT": _wholes(32),
    "LONG": _wholes(64),
    "DOUBLE": {bool: float, float: FINITE, int: float_from, Decimal: float_from, str: float_of},
    "FLOAT": {
        bool: float,
        float: lambda value: single(finite(value)),
        int: lambda value: single(float_from(value)),
        Decimal: lambda value: single(float_from(value)),
        str: lambda value: single(float_of(value)),
    },
    "NAIVE_DATE": {datetime: datetime.date, date: None, str: date_of, bool: _NO_TIME, int: _NO_TIME, float: _NO_TIME},
    "NAIVE_DATETIME": {
        datetime: _naive,
        date: lambda value: datetime.combine(value, time()),
        str: naive_of,
        int: _NO_TIME,
        float: _NO_TIME,
    },
    "UTC_DATETIME": {
        datetime: _utc,
        date: lambda value: datetime.combine(value, time(), UTC),
        str: utc_of,
        int: _NO_TIME,
        float: _NO_TIME,
    },
    "JSON": {dict: None, list: None, str: None, bool: None, int: None, float: None, tuple: list},
    "BINARY": {bytes: None, bytearray: bytes, memoryview: bytes, str: bytes_of},
}
_DECIMAL: _Table = dict.fromkeys((str, int, float, Decimal), _AS_DECIMAL) | {bool: _refusing("is no number")}
_PLAINER: Mapping[type, Convert] = {str: str.__str__, bytes: bytes, date: lambda value: date(value.year, value.month, value.day)}


def plain(value: Any) -> Any:
    """A value in its form as JSON has it, for a state: ``read`` makes the same of it again."""
    return _PLAIN.get(value.__class__, _same)(value)


def as_json(value: Any) -> Any:
    """``plain``, for ``json.dumps(…, default=as_json)``; what has no form becomes a text."""
    found = plain(value)
    return str(value) if found is value else found


_PLAIN: Mapping[type, Convert] = {
    Decimal: lambda value: format(value, "f"),
    date: written,
    datetime: written,
    bytes: lambda value: base64.b64encode(value).decode(),
}


def text(value: Any) -> str:
    """A value in its form as a text: what a key is called in messages, and in the part of a state that names parents."""
    if isinstance(value, bool):
        return json.dumps(value)
    return str(plain(value))
