"""JSON as RFC 8259 has it, and nothing that only Python's decoder takes."""

import json
import sys
from typing import Any, NoReturn

LARGEST_DOUBLE = sys.float_info.max
PLAIN_LENGTH = 16
"""A point and the fifteen digits that any float keeps."""


class ExactFloat(float):
    """A number of which its text in the answer says more than the float does: ``0.12345678901234567890``, ``1.50``.

    A float in every other way. *text* goes into a column of texts or decimals, digit by digit.
    """

    __slots__ = ("text",)
    text: str


class NotJson(Exception):  # noqa: N818  (reads better where it is raised, as in errors)
    """The body is something else than JSON that can be kept, and would be the next time too.

    Its text says what the body does: ``holds NaN``. shown: the beginning of the body tells more.
    """

    def __init__(self, message: str, *, shown: bool = False) -> None:
        super().__init__(message)
        self.shown = shown


def decode(content: bytes) -> Any:
    """*content* as JSON (RFC 8259). Raises NotJson, or ValueError where it may have been cut."""
    _check_no_page(content.lstrip()[:1] == b"<")  # in whatever encoding
    # Decoded strictly, where json itself would take halves of characters.
    return decode_text(content.decode(json.detect_encoding(content)))


def decode_text(text: str) -> Any:
    """*text* as JSON. Raises NotJson, or ValueError where it may have been cut."""
    _check_no_page(text.lstrip()[:1] == "<")
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise NotJson("is nested too deeply to be read") from None


def _check_no_page(begins_with_a_tag: bool) -> None:
    if begins_with_a_tag:
        raise NotJson("is a web page, not JSON", shown=True)


def _no_constant(name: str) -> NoReturn:
    # json would take NaN and Infinity, which JSON (RFC 8259, section 6) does not have.
    raise NotJson(f"holds {name}, so it is not JSON")


def _number(text: str) -> float:
    value = float(text)
    # Fifteen digits come back just as they were (IEEE 754 holds that many) where Python's own text has neither a zero more nor
    # less at the end, nor an exponent. This is asked of each number, in the order of what it costs.
    if text[-1] != "0" and len(text) <= PLAIN_LENGTH and not -1e-4 < value < 1e-4 and "e" not in text and "E" not in text:
        return value
    return _looked_at(value, text)


def _looked_at(value: float, text: str) -> float:
    # Python would take 1e400 for infinity, and a destination cannot hold the number.
    if not -LARGEST_DOUBLE <= value <= LARGEST_DOUBLE:
        raise NotJson(f"holds {text[:40]}, which is larger than a 64-bit float")
    if repr(value) == text:
        return value
    exact = ExactFloat(value)
    exact.text = text
    return exact


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant)


def json_type(value: object) -> str:
    """What JSON calls the type of *value*."""
    names = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names.get(float if isinstance(value, ExactFloat) else type(value), type(value).__name__)
