"""How the check of a rule ends other than well, and what the checks share."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from typing import Any
from unittest.mock import patch

from connector_core.basics.names import one_line


class Broken(Exception):  # noqa: N818  (reads better where it is raised)
    """A rule does not hold. The text says what is wrong and how to mend it."""


class NotChecked(Exception):  # noqa: N818  (an outcome, no failure)
    """A rule cannot be checked. The text says why."""


@contextmanager
def no_network() -> Iterator[list[str]]:
    """Refuse connections and look-ups of hosts in this process; what was asked for all the same, also if nobody was told."""
    asked: list[str] = []

    def refuse(*arguments: Any, **_: Any) -> None:
        address = arguments[1] if isinstance(arguments[0], socket.socket) else arguments[:2]
        asked.append(one_line(":".join(map(str, address)) if isinstance(address, tuple) else address, 100))
        raise OSError(f"{asked[-1]} is out of reach: there is no network here")

    with ExitStack() as stack:
        for owner, name in ((socket.socket, "connect"), (socket.socket, "connect_ex"), (socket, "getaddrinfo")):
            stack.enter_context(patch.object(owner, name, refuse))
        yield asked


def difference(first: Any, second: Any, where: str = "") -> str:
    """Where two descriptions differ first, and what stands there; empty where they are equal."""
    if isinstance(first, Mapping) and isinstance(second, Mapping) and first.keys() == second.keys():
        return next(filter(None, (difference(first[name], second[name], f"{where}.{name}") for name in first)), "")
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = enumerate(zip(first, second, strict=True))
        return next(filter(None, (difference(*pair, f"{where}[{number}]") for number, pair in pairs)), "")
    if first == second:
        return ""
    if isinstance(first, str) and isinstance(second, str):
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
        start = max(0, same - 30)
        first, second = first[start : start + 60], second[start : start + 60]
    return f"{where.strip('.')}: {one_line(repr(first))}, then {one_line(repr(second))}"
