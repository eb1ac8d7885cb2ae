"""Numbers: from the ways in which APIs write them to objects, as each type of column has them."""

import math
import re
import struct
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import Any

from connector_core.basics.decoding import LARGEST_DOUBLE, ExactFloat
from connector_core.source.columns import UnfitError

EXACTLY = Context(prec=1000, rounding=ROUND_HALF_UP)
"""Decimals are rounded and added with more digits than any of them can have."""

LARGEST_LONG = 2**63 - 1
SMALLEST_LONG = -(2**63)

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""Python itself would take 1_000, digits of other scripts, and nan."""

TOO_LARGE = "has more than 64 bits: declare STRING, or DECIMAL(38,0)"


def whole_of(text: str) -> int:
    """The whole number that *text* writes, such as ``7``. Raises UnfitError when it writes none."""
    bare = text.strip()
    if not _WHOLE.fullmatch(bare):
        raise UnfitError("has a fraction: declare DOUBLE or DECIMAL" if _NUMBER.fullmatch(bare) else "is no whole number")
    try:
        return int(bare)
    except ValueError:  # Python reads 4,300 digits at most
        raise UnfitError(TOO_LARGE) from None


def whole_from(number: float | Decimal) -> int:
    """The whole number that *number* is. Raises UnfitError when it has a fraction."""
    if not math.isfinite(number):
        raise UnfitError("is no finite number")
    if number != int(number):
        raise UnfitError("has a fraction: declare DOUBLE or DECIMAL")
    return int(number)


def within(bits: int, convert: Callable[[Any], int]) -> Callable[[Any], int]:
    """*convert*, for whole numbers of at most so many *bits*. What it gives raises UnfitError for a larger one."""
    largest = 2 ** (bits - 1) - 1
    message = TOO_LARGE if bits > 32 else f"has more than {bits} bits: declare LONG"

    def checked(value: Any) -> int:
        number = convert(value)
        if not -largest - 1 <= number <= largest:
            raise UnfitError(message)
        return number

    return checked


def float_of(text: str) -> float:
    """The number that *text* writes, as a float. Raises UnfitError when it writes none, or one beyond the largest float."""
    if not _NUMBER.fullmatch(text.strip()):
        raise UnfitError("is no number")
    return float_from(float(text))


def float_from(number: float | Decimal) -> float:
    """*number* as a float. Raises UnfitError when it is beyond the largest float."""
    try:
        value = float(number)
    except OverflowError:
        raise UnfitError("is larger than a 64-bit float") from None
    if math.isinf(value):
        raise UnfitError("is larger than a 64-bit float")
    return value


def finite(value: float) -> float | None:
    """A float for comparing: NaN is null, and there is one zero. Raises UnfitError for infinity."""
    if -LARGEST_DOUBLE <= value <= LARGEST_DOUBLE:
        return value + 0.0
    return None if value != value else float_from(value)


def single(value: float | None) -> float | None:
    """A float with the 32 bits of a FLOAT. Raises UnfitError when they do not reach so far."""
    if value is None:
        return None
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        raise UnfitError("is larger than a 32-bit float: declare DOUBLE") from None


@lru_cache(maxsize=64)
def decimal_from(precision: int, scale: int) -> Callable[[Any], Decimal | None]:
    """What makes a DECIMAL of a text, a number or a Decimal. It raises UnfitError."""
    return partial(_decimal, step=Decimal(1).scaleb(-scale), end=Decimal(1).scaleb(precision - scale))


def _decimal(value: Any, step: Decimal, end: Decimal) -> Decimal | None:
    if isinstance(value, str):
        value = value.strip()
        if not _NUMBER.fullmatch(value):
            raise UnfitError("is no number")
    elif isinstance(value, float):
        if value != value:
            return None
        value = digits_of(value)
    try:
        number = Decimal(value).quantize(step, context=EXACTLY)
    except InvalidOperation:  # infinity, or more digits than anything has
        raise UnfitError(f"has more than {end.adjusted()} digits in front of the point") from None
    if not -end < number < end:
        raise UnfitError(f"has more than {end.adjusted()} digits in front of the point")
    return number if number else abs(number)  # there is one zero


def digits_of(number: float) -> str:
    """A float as the answer wrote it, where that is known; else the shortest text that stands for it."""
    return number.text if isinstance(number, ExactFloat) else repr(number)
