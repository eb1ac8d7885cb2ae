"""Which values a declared column type takes, as the Connector SDK stores them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final


def kind_of(value: object) -> str:
    """What *value* is, in words; of what JSON does not have, the name of its class."""
    return _KIND_NAMES.get(type(value), type(value).__name__)


_KIND_NAMES: Final[Mapping[type, str]] = {
    type(None): "null", bool: "boolean", int: "whole number", float: "float", str: "text", dict: "object", list: "list"
}  # fmt: skip


def unfit(declared: str, value: Any) -> str:
    """What *value* is, in words, where a column declared as *declared* does not take it; empty where it does, as it does null."""
    name = declared.partition("(")[0]
    kind = kind_of(value)
    if value is None or name not in _TAKEN:
        return ""
    if kind not in _TAKEN[name]:
        return kind
    if name in _BITS and not -(2 ** (_BITS[name] - 1)) <= value < 2 ** (_BITS[name] - 1):
        return f"whole number beyond {_BITS[name]} bits"
    if kind == "text" and name in _FORMS and not _reads_as(name, value):
        return f"text not like {_FORMS[name]}"
    return ""


_TAKEN: Final[Mapping[str, Sequence[str]]] = {
    "BOOLEAN": ("boolean",),
    **dict.fromkeys(("SHORT", "INT", "LONG"), ("whole number",)),
    **dict.fromkeys(("FLOAT", "DOUBLE"), ("whole number", "float")),
    "DECIMAL": ("text",),
    "NAIVE_DATE": ("text", "date"),
    **dict.fromkeys(("NAIVE_DATETIME", "UTC_DATETIME"), ("text", "datetime")),
    **dict.fromkeys(("STRING", "XML"), ("text",)),
    "BINARY": ("bytes",),
}
"""Declared type → what the Connector SDK takes for it and stores unchanged; JSON, which is not here, may be anything."""


def looks_like_null(value: Any) -> bool:
    """Whether *value* is how some APIs write that there is none, in a column of another type."""
    return isinstance(value, str) and value.strip().lower() in _NULLS


_NULLS: Final = frozenset({"", "null", "none", "n/a", "na", "nan", "-", "--", "undefined", "0000-00-00", "0000-00-00 00:00:00"})

SUGGESTED: Final = ("BOOLEAN", "LONG", "DOUBLE", "NAIVE_DATE", "NAIVE_DATETIME", "UTC_DATETIME", "STRING")
"""Types that may be suggested for a column, the narrowest first."""


def narrowed(types: Sequence[str], value: Any) -> tuple[str, ...]:
    """Those of *types* that take *value* as well; JSON where none does, or where it is nested."""
    if isinstance(value, dict | list):
        return ("JSON",)
    # Also beside text, a number too large for a LONG keeps its digits as a text alone.
    if types == ("STRING",) or (isinstance(value, int) and unfit("LONG", value) and not isinstance(value, bool)):
        return types if types == ("JSON",) else ("STRING",)
    return tuple(each for each in types if not unfit(each, value)) or ("STRING",)


_BITS: Final = {"SHORT": 16, "INT": 32, "LONG": 64}
_FORMS: Final = {
    "DECIMAL": "12.50",
    "NAIVE_DATE": "2024-12-31",
    "NAIVE_DATETIME": "2024-12-31T23:59:59",
    "UTC_DATETIME": "2024-12-31T23:59:59Z",
}
_DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = "[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?"
_PATTERNS: Final = {
    "NAIVE_DATE": re.compile(_DATE),
    "NAIVE_DATETIME": re.compile(_DATE + _TIME),
    "UTC_DATETIME": re.compile(f"{_DATE}{_TIME}(Z|[+-][0-9]{{2}}:?[0-9]{{2}})"),
}
"""How the Connector SDK takes dates and times (ISO 8601, with seconds and at most six digits behind them)."""


def _reads_as(declared: str, text: str) -> bool:
    if declared == "DECIMAL":
        try:
            return Decimal(text).is_finite()
        except InvalidOperation:
            return False
    try:
        return bool(_PATTERNS[declared].fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False
