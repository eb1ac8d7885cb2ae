"""The SDK's deferred truncate, where it has one: rows of a table that is replaced go only once the sync has ended well.

It is told by what the SDK offers, never by its version: whoever has an older one gets the truncate that acts at once.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from attrs import frozen

NAMES: Final = ("deferred_truncate", "truncate_deferred")
KEYWORDS: Final = ("deferred", "defer")

Truncate = Callable[[str], object]


def deferred_truncate(operations: Any) -> Truncate | None:
    """What of *operations*, the SDK's, truncates a table at the end of the sync; None where nothing does.

    That is an operation of its own (``deferred_truncate(table)``), or a keyword of ``truncate`` that is off unless it is given
    (``truncate(table, deferred=True)``). Whatever asks for more than a table is not what is looked for.
    """
    for name in NAMES:
        found = getattr(operations, name, None)
        if callable(found) and _takes_a_table(found):
            return found  # type: ignore[no-any-return]  # it was looked at
    truncate: Any = getattr(operations, "truncate", None)
    for name in KEYWORDS:
        keyword = _parameters(truncate).get(name)
        if keyword is not None and keyword.default is False and keyword.kind is not keyword.POSITIONAL_ONLY:
            return partial(truncate, **{name: True})
    return None


def _takes_a_table(call: Callable[..., object]) -> bool:
    try:
        inspect.signature(call).bind("table")
    except (TypeError, ValueError):
        return False
    return True


def _parameters(call: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(call).parameters
    except (TypeError, ValueError):  # it is none, or one that is not written in Python
        return {}


@frozen
class Deferring:
    """Operations whose truncate may wait for the end of the sync. Each is what it was, so a row costs no further call."""

    upsert: Callable[[str, dict[str, Any]], None]
    delete: Callable[[str, dict[str, Any]], None]
    truncate: Truncate
    checkpoint: Callable[[dict[str, Any]], None]
    truncate_at_end: Truncate
