"""Rows as JSON, with every digit: what both streams write, JSON lines and Singer messages."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


def json_object(values: Mapping[str, Any]) -> str:
    """*values*, each in the form of its column, as a JSON object on one line; decimals are numbers with all their digits."""
    return "{" + ", ".join(f"{json.dumps(name)}: {json_value(value)}" for name, value in values.items()) + "}"


def json_value(value: Any) -> str:
    """One value as JSON: moments and dates in ISO 8601, a moment with a zone in UTC, bytes in base64.

    Raises ValueError or TypeError for what JSON or UTF-8 does not have.
    """
    convert = _SPECIAL.get(value.__class__)
    return convert(value) if convert else json.dumps(value, ensure_ascii=True, allow_nan=False)


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        return f'"{value.isoformat()}"'
    return f'"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"'


def _base64(value: bytes | bytearray) -> str:
    return json.dumps(b64encode(value).decode())


_SPECIAL: Mapping[type, Callable[[Any], str]] = {
    Decimal: lambda value: format(value, "f"),
    datetime: _moment,
    date: lambda value: f'"{value.isoformat()}"',
    bytes: _base64,
    bytearray: _base64,
}
