"""One value of the recording, and what a destination holds in its place."""

import json
import struct
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from connector_core.paging.times import moment_of

Kind = Literal["null", "32 bits", "digits", "text", "value", ""]
SDK_TYPES: Final[Mapping[str, str]] = {
    "VARCHAR": "STRING",
    "BOOLEAN": "BOOLEAN",
    "SMALLINT": "SHORT",
    "INTEGER": "INT",
    "BIGINT": "LONG",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "DATE": "NAIVE_DATE",
    "TIMESTAMP": "NAIVE_DATETIME",
    "TIMESTAMP WITH TIME ZONE": "UTC_DATETIME",
    "JSON": "JSON",
    "BLOB": "BINARY",
}
"""Type in the local destination → the Connector SDK's."""


def sdk_type(stored: str) -> str:
    """The type of the Connector SDK that a column of the local destination has."""
    return SDK_TYPES.get(stored, stored.replace(" ", "") if stored.startswith("DECIMAL") else "STRING")


def fault(wanted: Any, stored: Any) -> Kind:
    """How *stored* differs from what the recording has; empty where it is the same value.

    ``null``: it is null, and should not be. ``32 bits``: the nearest 32-bit float. ``digits``: a number that lost digits
    otherwise. ``text``: the same, written as a text. ``value``: any other.
    """
    if stored is None or wanted is None:
        return "" if stored is wanted else "null" if stored is None else "value"
    if same(wanted, stored):
        return ""
    first, second = number(wanted), number(stored)
    if first is not None and second is not None:
        return _of_numbers(first, second)
    spelt = isinstance(stored, str) and isinstance(wanted, bool | int | float | Decimal) and _spelt(wanted, stored)
    return "text" if spelt else "value"


def same(wanted: Any, stored: Any) -> bool:
    """Whether both are one value, whatever it is written as."""
    first, second = number(wanted), number(stored)
    if first is not None and second is not None:
        return first == second
    if isinstance(wanted, bool) or isinstance(stored, bool) or (first is None) is not (second is None):
        return wanted is stored
    if isinstance(wanted, dict | list) or isinstance(stored, dict | list):
        return bool(_json(wanted) == _json(stored))
    return str(wanted) == str(stored) or (_moment(wanted) is not None and _moment(wanted) == _moment(stored))


def number(value: Any) -> Decimal | None:
    """The number that *value* is; None for what is none, a text of digits too."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        return Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, ValueError):
        return None


def single(value: float) -> float | None:
    """The nearest 32-bit float, which is what becomes of a float whose column nobody declares."""
    try:
        (found,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return None
    return float(found)


def _of_numbers(wanted: Decimal, stored: Decimal) -> Kind:
    if single(float(wanted)) == float(stored) or single(float(wanted)) == single(float(stored)):
        return "32 bits"
    return "digits" if float(wanted) == float(stored) or round(wanted) == round(stored) else "value"


def _spelt(wanted: Any, stored: str) -> bool:
    return str(wanted).lower() == stored.lower() or json.dumps(wanted, default=str) == stored


def _json(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return json.loads(json.dumps(value, default=str))


def _moment(value: Any) -> datetime | None:
    return moment_of(value.isoformat() if isinstance(value, date | datetime) else str(value))
