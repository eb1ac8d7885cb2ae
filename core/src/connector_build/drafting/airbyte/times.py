"""Durations and notations of times in a manifest → days, seconds and notations of a plugin."""

import re
from typing import Any, Final

from connector_build.drafting.draft import Call, Value

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")
_SECONDS: Final = (365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1)
_NOTATIONS: Final = {"%s": "epoch", "%ms": "epoch_ms", "%s_as_float": "epoch"}


def seconds_of(duration: Any) -> int | None:
    """A duration of ISO 8601 in seconds; None for what is none, or is made of an expression."""
    found = _DURATION.fullmatch(str(duration or ""))
    total = sum(int(part) * unit for part, unit in zip(found.groups(default="0"), _SECONDS, strict=True)) if found else 0
    return total if 0 < total < 100 * 365 * 86_400 else None


def step_of(seconds: int) -> Value:
    """The step of windows: whole days, or a timedelta."""
    return seconds // 86_400 if seconds % 86_400 == 0 else Call("timedelta", (), {"seconds": seconds})


def notation_of(text: Any) -> str | None:
    """A format of Airbyte's as a notation; None where there is none."""
    text = str(text or "")
    return (_NOTATIONS.get(text) or text.replace("%_ms", "%f")) or None
