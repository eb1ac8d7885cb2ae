"""Texts: what a STRING column holds of whatever is no text, and what texts stand for in columns that hold something else."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from connector_core.basics.decoding import ExactFloat
from connector_core.source.columns import UnfitError
from connector_core.source.numbers import digits_of, finite

BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "1"), True),
    **dict.fromkeys(("false", "f", "no", "0"), False),
}
"""Texts that stand for true and false, in small letters."""

_URL_SAFE = str.maketrans("-_", "+/")


def json_text(value: Any) -> str:
    """*value* as JSON, with each number as the answer wrote it. Raises UnfitError when it is nested some hundred levels deep."""
    try:
        return _json_text(value)
    except RecursionError:
        raise UnfitError("is nested too deeply to become a text") from None


def _json_text(value: Any) -> str:
    match value:
        case dict():
            return f"{{{', '.join(f'{_json_text(str(name))}: {_json_text(each)}' for name, each in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(_json_text(each) for each in value)}]"
        case ExactFloat():
            return value.text
    return json.dumps(value, ensure_ascii=False, default=str)


def text_of_whole(value: int) -> str:
    """The digits of *value*. Raises UnfitError beyond 4,300 of them, which Python does not write."""
    try:
        return str(int(value))
    except ValueError:
        raise UnfitError("has more digits than a text is made of") from None


def text_of_float(value: float) -> str | None:
    """The digits of *value* as the answer wrote them; None for NaN. Raises UnfitError for infinity."""
    return None if finite(value) is None else digits_of(value)


def text_of_bytes(value: bytes) -> str:
    """The text that *value* is in UTF-8. Raises UnfitError when it is none."""
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        raise UnfitError("is bytes that are no text in UTF-8: declare BINARY") from None


def boolean_of(text: str) -> bool:
    """What *text* stands for. Raises UnfitError when that is neither true nor false."""
    found = BOOLEANS.get(text.strip().lower())
    if found is None:
        raise UnfitError("is neither true nor false")
    return found


def bytes_of(text: str) -> bytes:
    """The bytes that *text* writes in base64 (RFC 4648, sections 4 and 5). Raises UnfitError when it writes none."""
    try:
        return base64.b64decode(text.translate(_URL_SAFE), validate=True)
    except ValueError:
        raise UnfitError("is no base64, which a BINARY column reads from texts") from None
