"""The one language of paths: where something stands in an answer or a record.

A path is keys with dots between them (``data.items``), indices (``errors[0].code``, from the end ``[-1]``), ``@`` for the whole,
and one pair of brackets around all of it, which makes a list of one object (``[data]``). A key that has a dot of its own may
stand in double quotes (``"a.b".c``). It is found without them too: at each object the first key is tried, and where that leads
nowhere the first two as one, the first three, and so on, so ``@odata.nextLink`` is found, and nesting wins where both are there.
A number between dots is an index where a list stands (``errors.0.code``).

But for joined keys, that is a part of JMESPath (https://jmespath.org/specification.html, "Identifiers", "Sub-expressions" and
"Index Expressions"). Every other expression of JMESPath needs the library, which the plugin then declares.

Not there, there and null, and there and empty are three things: ``find`` gives ``MISSING``, ``None`` and what is empty. JMESPath
itself has no word for what is not there, so null from an expression counts as ``MISSING``.
"""

import importlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from attrs import field, fields, frozen, has

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.basics.steps import HOW, MISSING, Find, Step, drop_at, finder, put_at, read_steps

__all__ = ["LIBRARY", "MISSING", "Path", "cached_path", "compile_path", "paths_of", "taken"]

LIBRARY = "jmespath"
"""The package, by the name that it is imported under, that expressions need."""


@frozen
class Path:
    """A path that was read once, with ``compile_path``. Two are equal when their texts are.

    text:  as it was written.
    find:  a function from decoded JSON to what stands there: ``MISSING`` where nothing does.
    needs: whether it is an expression that the library JMESPath reads.
    alone: whether it is in brackets, which make a list of one object.
    """

    text: str
    find: Find = field(eq=False, repr=False)
    needs: bool = field(default=False, eq=False, repr=False)
    alone: bool = field(default=False, eq=False, repr=False)
    _steps: tuple[Step, ...] = field(default=(), eq=False, repr=False)
    """Of an expression, those that stand in front of it."""

    def get(self, value: Any) -> Any:
        """What stands there; None also where nothing does."""
        found = self.find(value)
        return None if found is MISSING else found

    def holders(self, value: Any) -> list[tuple[str, Any]]:
        """The objects on the way to this place, *value* first, each with its own path, that of the whole empty."""
        found = []
        for count in range(max(len(self._steps), int(self.needs))):
            held = finder(self._steps[:count])(value)
            if isinstance(held, Mapping):
                found.append((".".join(str(step.name) for step in self._steps[:count]), held))
        return found

    def knows(self, value: Any) -> bool:
        """Whether there is something at this place of *value*, or might be: null, or what is empty, stands on the way to it.

        It tells a key that does not exist from one of an object that is not there this time. Of an expression nothing is known.
        """
        if self.find(value) is not MISSING:
            return True
        if self.needs:
            return False
        ways = (finder(self._steps[:count])(value) for count in range(1, len(self._steps)))
        return any(way is None or way in ({}, [], "") for way in ways)

    def put(self, value: Any, new: Any) -> Any:
        """A copy of *value* with *new* at this place, where ``find`` finds it; objects that are not there are made.

        Raises PluginError for an index that is not there, and for a path that says more than one place.
        """
        if self.needs or self.alone or not self._steps:
            raise PluginError(f"Nothing can be put at {self.text!r}, which is not one place. {HOW}.")
        return put_at(value, self._steps, new, self.text)

    def drop(self, value: Any) -> Any:
        """A copy of *value* without what stands at this place; *value* itself where nothing does, or for more than one place."""
        return value if self.needs or self.alone else drop_at(value, self._steps)

    def __str__(self) -> str:
        return self.text


def compile_path(text: object) -> Path:
    """The path that *text* says.

    Raises PluginError, with what to write instead, when it cannot be read, or when it needs JMESPath and that is not installed.
    """
    if not isinstance(text, str) or not text.strip():
        raise PluginError(f"{one_line(repr(text), 60)} is no path. {HOW}.")
    steps = read_steps(text)
    if steps is not None:
        return Path(text, finder(steps), steps=steps)
    inner = _BRACKETS.fullmatch(text)
    alone = read_steps(inner[1]) if inner else None
    if alone is not None:
        return Path(text, partial(_alone, find=finder(alone)), alone=True, steps=alone)
    leading = _LEADING.match(text)
    return Path(text, _expression(text), needs=True, steps=(read_steps(leading[0]) or ()) if leading else ())


def paths_of(value: Any) -> Iterator[Path]:
    """The paths that a frozen value of the plugin's words, or what it is made of, has compiled."""
    if isinstance(value, Path):
        yield value
    elif has(type(value)):
        for each in fields(type(value)):
            yield from paths_of(getattr(value, each.name))
    elif isinstance(value, Mapping):
        yield from paths_of(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from paths_of(each)


def taken(places: Mapping[str, Path], value: Any) -> dict[str, Any]:
    """Name → what stands at its place of *value*; null where nothing does."""
    return {name: place.get(value) for name, place in places.items()}


cached_path = lru_cache(maxsize=1024)(compile_path)
"""``compile_path``, for a text that is met again and again."""


_BRACKETS = re.compile(r"\[\s*(?![-\d]*:)(\S|\S.*\S)\s*\]")
"""One pair of brackets, unless they hold a slice (``[:2]``)."""
_KEY = r'(?:"(?:[^"\\]|\\.)*"|[\w@$:-]+)'
_LEADING = re.compile(rf"{_KEY}(?:\.{_KEY})*(?=\[)")
"""The keys in front of an expression: ``data.edges`` of ``data.edges[*].node``."""


def _expression(text: str) -> Find:
    if text[0] == text[-1] == "'":
        raise PluginError(f"The path {text!r} is a text to JMESPath, and no place. Write a key with a dot in double quotes.")
    try:
        # By name: a package that only some plugins need, and declare, is no dependency of this one.
        library = importlib.import_module("jmespath")
    except ImportError:
        raise PluginError(
            f'The path {text!r} is a JMESPath expression. Add "jmespath>=1.0" to the plugin\'s dependencies, '
            f"or do without it. {HOW}."
        ) from None
    try:
        search: Find = library.compile(text).search
    except ValueError as error:  # the base of the library's errors of syntax
        raise PluginError(f"The path {text!r} is no JMESPath expression: {one_line(error)}. {HOW}.") from None
    found = partial(_searched, text=text, search=search, errors=library.exceptions)
    found({})  # a function that does not exist shows when it is called
    return found


def _searched(value: Any, text: str, search: Find, errors: Any) -> Any:
    try:
        found = search(value)
    except errors.JMESPathTypeError:  # a function was given a value of another type: there is nothing of that kind
        return MISSING
    except errors.JMESPathError as error:
        raise PluginError(f"The path {text!r} cannot be followed: {one_line(error)}.") from None
    return MISSING if found is None else found


def _alone(value: Any, find: Find) -> Any:
    """What stands there, as a list of one."""
    found = find(value)
    return found if found is None or found is MISSING else [found]
