"""The present of a recording: a request that was made until then, and one that is made until now, ask for the same."""

import json
import re
from decimal import Decimal
from typing import Final

from connector_build.api.messages import Asked
from connector_core.paging.times import Mark, moment_of, seconds_of

_TIME: Final = re.compile(
    r"(?<![\w.])(\d{4}-?\d\d-?\d\d(?:[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|\d{9,19}(?:\.\d+)?)(?![\w.])"
)
DAY: Final = 86_400
"""A window of days reaches to the day's end, and a clock may be off: so many seconds before the moment is the present still."""


def asks_the_same(recorded: Asked, asked: Asked, made: str) -> bool:
    """Whether *asked* differs from what was *recorded* in nothing but the present: the moment *made*, and a later one."""
    moment = moment_of(made)
    if moment is None or (recorded.method, recorded.path) != (asked.method, asked.path):
        return False
    then, now = (_TIME.split(_text(each)) for each in (recorded, asked))
    if len(then) != len(now) or then[::2] != now[::2]:
        return False
    differing = [pair for pair in zip(then[1::2], now[1::2], strict=True) if pair[0] != pair[1]]
    return bool(differing) and all(_moved_on(*pair, seconds_of(moment) - DAY) for pair in differing)


def _moved_on(then: str, now: str, present: Decimal) -> bool:
    first, second = Mark.read(then), Mark.read(now)
    if first is None or second is None or not first.goes_with(second) or first.seconds is None or second.seconds is None:
        return False
    return present <= first.seconds < second.seconds


def _text(request: Asked) -> str:
    parts = (dict(sorted(request.params.items())), dict(sorted(request.headers.items())), request.json)
    return json.dumps(parts, sort_keys=True)
