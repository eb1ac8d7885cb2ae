"""The words of any value, by its class: a module beside this one has those of each kind of part."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import singledispatch
from typing import Any, Final

from connector_core.basics.names import one_line

_OURS: Final = "connector_core."
MOST: Final = 160
"""Characters of a value that a plugin gave."""


@singledispatch
def said(value: object) -> str:
    """*value* in words for people.

    What is not ready-made says itself by an attribute ``in_words``, else by its own ``__str__``; else it is named.
    """
    words = getattr(value, "in_words", None)
    if isinstance(words, str) and words:
        return words
    kind = type(value)
    if kind.__str__ is not object.__str__ or kind.__module__.startswith(_OURS):
        return one_line(str(value), MOST)
    name = getattr(value, "__qualname__", None) or kind.__qualname__
    return f"{one_line(str(name), MOST)}, which the plugin brings"


def shown(value: Any) -> str:
    """A value that a plugin gave, such as the end of a cursor, as JSON would have it."""
    words = {True: "true", False: "false", None: "null"}
    plain = words.get(value) if value is None or isinstance(value, bool) else None
    return plain or one_line(f'"{value}"' if isinstance(value, str) else repr(value), MOST)


def any_of(values: Iterable[Any], say: Callable[[Any], str] = shown) -> str:
    """``"a"``, ``"a" or "b"``, ``"a", "b" or "c"``."""
    *front, last = [say(each) for each in values]
    return f"{', '.join(front)} or {last}" if front else last


def all_of(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *front, last = names
    return f"{', '.join(front)} and {last}" if front else last


def pairs(values: Mapping[str, Any], say: Callable[[Any], str] = str) -> str:
    """``day from date, zone from timezone``."""
    return ", ".join(f"{name} from {say(value)}" for name, value in values.items())


def sent_in(name: str, where: str) -> str:
    """A parameter of a request, and where it stands in it."""
    places = {"query": "the parameter", "body": "the field", "header": "the header", "path": "the path, as"}
    return f"{places.get(where, where)} {name}{' of the body' if where == 'body' else ''}"
