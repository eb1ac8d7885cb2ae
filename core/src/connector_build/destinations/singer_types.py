"""Types of columns in the terms of Singer: the JSON schema of a stream, as its targets read it."""

from collections.abc import Mapping
from typing import Any, Final

from connector_build.destinations.layout import Layout
from connector_core.basics.names import decimal_digits

DELETED_AT: Final = "_sdc_deleted_at"
"""When the record was deleted, as taps that follow changes say it; null of one that is there."""
MOMENT: Final[Mapping[str, Any]] = {"type": "string", "format": "date-time"}
DIVIDED: Final = 28
"""Digits with which targets divide decimals."""

_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "BOOLEAN": {"type": "boolean"},
    "SHORT": {"type": "integer"},
    "INT": {"type": "integer"},
    "LONG": {"type": "integer"},
    "FLOAT": {"type": "number"},
    "DOUBLE": {"type": "number"},
    "NAIVE_DATE": {"type": "string", "format": "date"},
    "NAIVE_DATETIME": MOMENT,
    "UTC_DATETIME": MOMENT,
    "JSON": {"type": ["object", "array", "string", "number", "boolean"]},
    "BINARY": {"type": "string", "contentEncoding": "base64"},
}


def schema_of(layout: Layout) -> dict[str, Any]:
    """The JSON schema of a table's records: columns of the key are never null."""
    columns = {name: _property(kind, needed=name in layout.key) for name, kind in layout.columns.items()}
    deleted = {DELETED_AT: _nullable(MOMENT)} if layout.deletes else {}
    return {"type": "object", "properties": columns | deleted}


def _property(kind: str, *, needed: bool) -> dict[str, Any]:
    digits = decimal_digits(kind)
    found = _decimal(*digits) if digits else _TYPES.get(kind, {"type": "string"})
    return dict(found) if needed else _nullable(found)


def _decimal(digits: int, behind: int) -> dict[str, Any]:
    """A number with so many digits, some of them behind the point.

    What it is a multiple of is said where a validator can tell: Python's divides with 28 digits.
    """
    if digits > DIVIDED:
        return {"type": "number"}
    return {"type": "number", "multipleOf": float(f"1e-{behind}") if behind else 1}


def _nullable(found: Mapping[str, Any]) -> dict[str, Any]:
    kinds = found["type"]
    return {**found, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
