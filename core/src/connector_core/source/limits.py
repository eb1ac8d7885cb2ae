"""Rate limits: when the next request may go out, by what the API says is left and by what the plugin declares."""

import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from attrs import frozen

from connector_core.basics.counting import counted
from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line

EPOCH_FROM = 1e9
MILLISECONDS_FROM = 1e11
NONSENSE_FROM = 1e14
"""A number below the first is a distance in seconds, one from the first on a time in seconds since 1970, from the second on in
milliseconds, and from the third on nothing that anyone means."""

IN_MILLISECONDS = ("Retry-After-Ms", "X-Ms-Retry-After-Ms")
"""What clouds send beside Retry-After, and mean more exactly."""
UNFELT_SECONDS = 0.01
"""A pause may end this much early."""

PREFIXES = ("RateLimit", "X-RateLimit")
_QUOTED = re.compile(r'"[^"]*"')
_PARAMETER = re.compile(r";\s*(\w+)\s*=\s*(\d+)")
_NONE_LEFT = re.compile(r"-?0+(\.0*)?")


@frozen
class Budget:
    """At most *requests* requests in any *seconds* seconds, retries included. Tables with the same budget share it."""

    requests: int
    seconds: float = 1.0

    def __attrs_post_init__(self) -> None:
        if isinstance(self.requests, bool) or not isinstance(self.requests, int) or self.requests < 1:
            raise PluginError(f"Budget: requests is {one_line(repr(self.requests), 60)}. Write a whole number from 1 on.")
        number = not isinstance(self.seconds, bool) and isinstance(self.seconds, int | float)
        if not number or not 0 < self.seconds < float("inf"):
            raise PluginError(f"Budget: seconds is {one_line(repr(self.seconds), 60)}. Write a number above 0, such as 60.")

    def __str__(self) -> str:
        return f"{counted(self.requests, 'request')} in {self.seconds:g} s"


@frozen
class Slot:
    """How long a request has to wait for its turn, and whether it is the API's quota that makes it wait."""

    wait: float
    quota: bool


class Limits:
    """The rate limits of one API. Threads may share it.

    clock: seconds from any start, never going back; now: seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float], now: Callable[[], float]) -> None:
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._resets = float("-inf")
        self._taken: dict[Budget, deque[float]] = {}

    def take(self, budget: Budget | None, longest: float) -> Slot:
        """The next free slot. It is taken, unless it is more than *longest* seconds away."""
        with self._lock:
            now = self._clock()
            taken = self._taken.setdefault(budget, deque(maxlen=budget.requests)) if budget else None
            free = taken[0] + budget.seconds if budget and taken and len(taken) == budget.requests else now
            at = max(now, free, self._resets)
            if taken is not None and at - now <= longest:
                taken.append(at)
            return Slot(at - now, quota=self._resets >= free)

    def left(self) -> Slot:
        """How long the API's quota is used up from now on: it may have been used up while a request waited for its turn."""
        with self._lock:
            wait = self._resets - self._clock()
            return Slot(wait if wait > UNFELT_SECONDS else 0.0, quota=True)

    def sent(self, budget: Budget | None, times: int) -> None:
        """Count further requests, which an auth object made on its own."""
        if budget:
            with self._lock:
                taken = self._taken[budget]
                taken.extend([max(self._clock(), taken[-1])] * times)

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer says about its API's quota."""
        reset = seconds_to_reset(headers, self._now())
        if reset is not None:
            with self._lock:
                self._resets = max(self._resets, self._clock() + reset)


def seconds_to_reset(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until there is quota again, where an answer says that there is none left.

    By the fields of draft-ietf-httpapi-ratelimit-headers, ``RateLimit: "default";r=0;t=30`` and the older ``RateLimit-Remaining``
    with ``RateLimit-Reset``, and by ``X-RateLimit-Remaining`` with ``X-RateLimit-Reset`` (seconds, or a time).
    """
    found = []
    for item in _QUOTED.sub('""', limit).split(",") if (limit := headers.get("RateLimit")) else ():
        parameters = dict(_PARAMETER.findall(item))
        if int(parameters.get("r", 1)) == 0 and "t" in parameters:
            found.append(seconds_until(parameters["t"], now))
    for prefix in PREFIXES:
        remaining = headers.get(f"{prefix}-Remaining")
        if remaining and _NONE_LEFT.fullmatch(remaining.strip()):
            found.append(seconds_until(headers.get(f"{prefix}-Reset"), now))
    return max((reset for reset in found if reset is not None), default=None)


def seconds_asked(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that an answer with *headers* asks to wait; None where it does not, or not so that it can be read.

    headers: by names in any case, or in lower case; now: seconds since 1970.

    Retry-After (RFC 9110, section 10.2.3) is a number of seconds or a date, and APIs send fractions, times in ISO 8601 and times
    since 1970 in it as well. Some say it in milliseconds beside it.
    """
    for name in IN_MILLISECONDS:
        if (asked := seconds_until(headers.get(name, headers.get(name.lower())), now, 0.001)) is not None:
            return asked
    text = (headers.get("Retry-After", headers.get("retry-after")) or "").strip().strip('"')
    asked = seconds_until(text or None, now)
    return float(text) if asked is None and text.isdecimal() else asked  # a number that is no time: longer than anybody waits


def seconds_until(value: Any, now: float, unit: float = 1.0) -> float | None:
    """Seconds from *now* to what *value* says: a distance, seconds or milliseconds since 1970, a time in ISO 8601 or an HTTP
    date; None where it says nothing.

    unit: of a distance, in seconds.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    except ValueError:
        return _until_moment(str(value).strip(), now)
    if not isfinite(number) or number >= NONSENSE_FROM:
        return None
    if number >= EPOCH_FROM:
        return max(0.0, number / (1000 if number >= MILLISECONDS_FROM else 1) - now)
    return max(0.0, number * unit)


def _until_moment(text: str, now: float) -> float | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
        except (TypeError, ValueError, OverflowError):
            continue
    return None
