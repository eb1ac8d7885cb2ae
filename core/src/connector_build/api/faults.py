"""How the sample API misbehaves on demand: what a fault does, when it strikes, and how it is written.

As text, for a command line: `status=429,retry_after=2,times=3`, `drop,times=1`, `truncate,every=10`,
`latency=0.05`. As a mapping, for JSON: the same words as keys, with `true` for those without a value.
"""

import re
from collections.abc import Callable, Mapping
from math import isfinite
from threading import Lock
from typing import Any, Final

from attrs import define, field, frozen

KINDS: Final = ("status", "drop", "truncate", "html", "loop", "expire", "latency")
KNOWN: Final = (
    "drop, truncate, html, loop, expire, status=CODE (with retry_after=SECONDS or an HTTP date), "
    "latency=SECONDS; times=N for the next N requests, every=K for each Kth one, neither for all"
)
# These change what becomes of a cursor, so they wait for a request that has one.
_NEED_CURSOR: Final = frozenset({"loop", "expire"})
# A comma within a date is followed by a number, one between two options by a word.
_BETWEEN: Final = re.compile(r",\s*(?=[a-z_]+\s*(?:=|,|$))")


@frozen
class Fault:
    """One kind of misbehaviour of the data requests.

    kind: `status` (answers with `status`, `headers`, `body`), `drop` (closes the connection without an
    answer), `truncate` (promises more bytes than it sends, then closes), `html` (200 with a body that is not
    JSON), `loop` (`next_cursor` is the cursor that was sent), `expire` (every cursor becomes unknown) or
    `latency` (waits only, and lets the faults behind it act too).

    Raises ValueError for values that make no sense.
    """

    kind: str
    latency: float = 0.0
    """Seconds to wait first; goes with every kind."""
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes | None = None
    """What kind `status` sends; None for a JSON error."""
    times: int | None = None
    """How often it strikes; None for ever."""
    every: int = 1
    """Strikes at every Kth request that reaches it."""

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {KNOWN}")
        if not (isfinite(self.latency) and self.latency >= 0):
            raise ValueError(f"latency is in seconds, 0 or more; not {self.latency}")
        if not 200 <= self.status <= 599:
            raise ValueError(f"status is a number from 200 to 599; not {self.status}")
        if self.every < 1 or (self.times is not None and self.times < 1):
            raise ValueError("times and every are 1 or more")

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read a fault from text; raises ValueError that lists what is known."""
        values: dict[str, object] = {}
        for part in _BETWEEN.split(text.strip()):
            name, equals, value = part.partition("=")
            values[name.strip()] = value.strip() if equals else True
        return cls.of(values)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Fault":
        """Read a fault from a mapping, which may also hold `headers` (a mapping) and `body` (text).

        Raises ValueError that lists what is known.
        """
        given = {name: _value(name, value) for name, value in values.items()}
        kinds = [name for name in given if name in KINDS and name != "latency"]
        if len(kinds) > 1:
            raise ValueError(f"one fault at a time, not {' and '.join(kinds)}; known: {KNOWN}")
        if not kinds and "latency" not in given:
            raise ValueError(f"no fault named in {dict(values)!r}; known: {KNOWN}")
        kind = kinds[0] if kinds else "latency"
        answer = {"retry_after", "headers", "body"} & given.keys()
        if answer and kind != "status":
            raise ValueError(f"{' and '.join(sorted(answer))} goes with status=CODE only, not with {kind}")
        headers = dict(given.get("headers", {}))
        if "retry_after" in given:
            headers["Retry-After"] = given["retry_after"]
        others = {name: given[name] for name in ("latency", "status", "body", "times", "every") if name in given}
        return cls(kind, headers=headers, **others)


def _flag(value: object) -> bool:
    if value is not True:
        raise ValueError("takes no value")
    return True


def _whole(value: object) -> int:
    # Through text: int() alone would take True and 2.5.
    return int(str(value))


def _number(value: object) -> float:
    return float(str(value))


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError("is a mapping of names to values")  # noqa: TRY004 - all bad faults are ValueErrors
    return {str(name): _text(each) for name, each in value.items()}


def _text(value: object) -> str:
    text = str(value)
    if isinstance(value, bool) or not text or not text.isprintable():
        raise ValueError("needs a value on one line")
    return text


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(("drop", "truncate", "html", "loop", "expire"), _flag),
    **dict.fromkeys(("status", "times", "every"), _whole),
    "latency": _number,
    "retry_after": _text,
    "headers": _texts,
    "body": lambda value: str(value).encode(),
}


def _value(name: str, value: object) -> Any:
    if name not in _READERS:
        raise ValueError(f"unknown fault {name!r}; known: {KNOWN}")
    try:
        return _READERS[name](value)
    except ValueError as error:
        raise ValueError(f"fault {name!r} with value {value!r}: {error}; known: {KNOWN}") from error


@frozen
class Strike:
    """What is to happen to one request: wait `latency` seconds, then act as `fault` (None: answer well)."""

    latency: float = 0.0
    fault: Fault | None = None


@define
class _Armed:
    fault: Fault
    reached: int = 0
    struck: int = 0

    def strikes(self, *, has_cursor: bool) -> bool:
        if not has_cursor and self.fault.kind in _NEED_CURSOR:
            return False
        self.reached += 1
        if self.reached % self.fault.every:
            return False
        self.struck += 1
        return True

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.struck >= self.fault.times


class Faults:
    """The faults in force, in the order they were added; safe to use from several threads.

    A request passes down the queue: each latency that is due adds to its wait, and the first other fault
    that is due ends the way. Those behind it neither act nor count the request.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._armed: list[_Armed] = []

    def add(self, fault: Fault | str) -> Fault:
        """Put a fault, or the text of one, at the end; raises ValueError for a text that is none."""
        parsed = Fault.parse(fault) if isinstance(fault, str) else fault
        with self._lock:
            self._armed.append(_Armed(parsed))
        return parsed

    def clear(self) -> None:
        """Behave from now on."""
        with self._lock:
            self._armed.clear()

    def pending(self) -> list[Fault]:
        """The faults that can still strike."""
        with self._lock:
            return [armed.fault for armed in self._armed]

    def strike(self, *, has_cursor: bool) -> Strike:
        """What is to happen to the next data request; counts it."""
        with self._lock:
            latency, acting = 0.0, None
            for armed in self._armed:
                if armed.strikes(has_cursor=has_cursor):
                    latency += armed.fault.latency
                    if armed.fault.kind != "latency":
                        acting = armed.fault
                        break
            self._armed = [armed for armed in self._armed if not armed.spent]
            return Strike(latency, acting)
