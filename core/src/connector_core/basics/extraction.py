"""Where an answer has its records: a path, compiled once.

Paths are those of JMESPath (https://jmespath.org/specification.html). Keys with dots between them, ``@`` for the whole answer
and brackets around one of these, which make a list of one object, need no library; every other expression needs ``jmespath``.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line

LIBRARY = "jmespath"
"""The package, by the name that it is imported under, that expressions need."""

_BRACKETS = re.compile(r"\[\s*(?P<inner>[^\[\]*]+?)\s*\]")
_EXPRESSION = re.compile(r"[\[\]{}*|&()\"'`,?!<>=]")
_INDEX = re.compile(r"-?\d*(:-?\d*)*")


def value_at(body: Any, path: str) -> Any:
    """The value at *path* in decoded JSON: keys with dots between them, ``@`` for the whole; None where there is none.

    This is the part of JMESPath ("Identifiers" and "Sub-expressions" of its specification) that needs no library.
    """
    value = body
    for name in () if path == "@" else path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def needs_library(path: str) -> bool:
    """Whether *path* is more than keys with dots between them, bare or in one pair of brackets."""
    return _EXPRESSION.search(_inner(path) or path) is not None


def finder(path: str) -> Callable[[Any], Any]:
    """A function from decoded JSON to what stands at *path* in it; None where there is nothing.

    Raises PluginError when *path* is no expression, or when it needs ``jmespath`` and that is not installed.
    """
    if needs_library(path):
        return _compiled(path)
    inner = _inner(path)
    if not all((inner or path).split(".")):
        raise PluginError(f"The path {path!r} has a dot too many. Write keys with dots between them.")
    return partial(value_at, path=path) if inner is None else partial(_alone, path=inner)


def _inner(path: str) -> str | None:
    """What stands in the one pair of brackets around *path*, unless it is an index (``[0]``) or a slice (``[:2]``)."""
    found = _BRACKETS.fullmatch(path)
    return found["inner"] if found and not _INDEX.fullmatch(found["inner"]) else None


def _alone(body: Any, path: str) -> Any:
    value = value_at(body, path)
    return None if value is None else [value]


def _compiled(path: str) -> Callable[[Any], Any]:
    try:
        # By name: a package that only some plugins need, and declare, is no dependency of this one.
        library = importlib.import_module("jmespath")
    except ImportError:
        raise PluginError(
            f'The path {path!r} is a JMESPath expression. Add "jmespath>=1.0" to the plugin\'s dependencies, '
            "or write keys with dots between them."
        ) from None
    try:
        search: Callable[[Any], Any] = library.compile(path).search
    except ValueError as error:  # the base of the library's errors of syntax
        raise PluginError(f"The path {path!r} is no JMESPath expression: {one_line(error)}.") from None
    found = partial(_searched, path=path, search=search, errors=library.exceptions)
    found({})  # a function that does not exist shows when it is called
    return found


def _searched(body: Any, path: str, search: Callable[[Any], Any], errors: Any) -> Any:
    try:
        return search(body)
    except errors.JMESPathTypeError:  # a function was given a value of another type: there is nothing of that kind
        return None
    except errors.JMESPathError as error:
        raise PluginError(f"The path {path!r} cannot be followed: {one_line(error)}.") from None
