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
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line

LIBRARY = "jmespath"
"""The package, by the name that it is imported under, that expressions need."""

HOW = (
    "Write keys with dots between them (meta.next), indices in brackets (errors[0].code), "
    'and a key that has a dot of its own in double quotes ("a.b".c)'
)

Find = Callable[[Any], Any]
Step = str | int
"""A key or an index."""


class Missing:
    """The class of ``MISSING``, what stands where nothing is: false, and nothing else but itself. Null is ``None``."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"  # a copy, or one that was pickled, is the same


MISSING: Final = Missing()


@frozen
class Path:
    """A path that was read once, with ``compile_path``. Two are equal when their texts are.

    text:  as it was written.
    find:  a function from decoded JSON to what stands there: ``MISSING`` where nothing does.
    needs: whether it is an expression that the library JMESPath reads.
    """

    text: str
    find: Find = field(eq=False, repr=False)
    needs: bool = field(default=False, eq=False, repr=False)
    _steps: tuple["_Step", ...] = field(default=(), eq=False, repr=False)

    def get(self, value: Any) -> Any:
        """What stands there; None also where nothing does."""
        found = self.find(value)
        return None if found is MISSING else found

    def put(self, value: Any, new: Any) -> Any:
        """A copy of *value* with *new* at this place, where ``find`` finds it; objects that are not there are made.

        Raises PluginError for an index that is not there, and for a path that says more than one place.
        """
        if self.needs or not self._steps:
            raise PluginError(f"Nothing can be put at {self.text!r}, which is not one place. {HOW}.")
        return _put(value, self._steps, new, self.text)

    def __str__(self) -> str:
        return self.text


def compile_path(text: object) -> Path:
    """The path that *text* says.

    Raises PluginError, with what to write instead, when it cannot be read, or when it needs JMESPath and that is not installed.
    """
    if not isinstance(text, str) or not text.strip():
        raise PluginError(f"{one_line(repr(text), 60)} is no path. {HOW}.")
    steps = _plain(text)
    if steps is not None:
        return Path(text, _finder(steps), steps=steps)
    inner = _BRACKETS.fullmatch(text)
    alone = _plain(inner[1]) if inner else None
    if alone is not None:
        return Path(text, partial(_alone, find=_finder(alone)))
    return Path(text, _expression(text), needs=True)


cached_path = lru_cache(maxsize=1024)(compile_path)
"""``compile_path``, for a text that is met again and again."""


@frozen
class _Step:
    """One step of a path; of keys that were not quoted, several may be one."""

    name: Step
    quoted: bool = False


_TOKEN = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|\[\s*(?P<index>-?\d+)\s*\]|(?P<dot>\.)|(?P<bare>[^.\[\]{}*|&()"\'`,?!<>=]+)')
_BRACKETS = re.compile(r"\[\s*(?![-\d]*:)(\S|\S.*\S)\s*\]")
"""One pair of brackets, unless they hold a slice (``[:2]``)."""
_FOREIGN = re.compile(r"\$(?=$|[.\[])|/")


def _plain(text: str) -> tuple[_Step, ...] | None:
    """The steps of a path that needs no library; None for what may be an expression."""
    tokens = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        tokens.append(token)
        at = token.end()
    if text == "@":
        return ()
    _check(text, tokens)
    steps = tuple(_step(text, token) for token in tokens if token.lastgroup != "dot")
    return steps[1:] if len(steps) > 1 and steps[0] == _Step("@") else steps


def _check(text: str, tokens: Sequence[re.Match[str]]) -> None:
    """Raise PluginError unless keys and dots alternate."""
    if found := _FOREIGN.match(text):
        meant = text[found.end() :].lstrip(".").replace("/", ".") or "@"
        raise PluginError(f"The path {text!r} is written as in another language. Write {meant!r}. {HOW}.")
    after_key = False
    for token in tokens:
        kind = token.lastgroup
        if (kind == "dot" and not after_key) or (kind in ("bare", "quoted") and after_key):
            raise _unreadable(text, kind)
        if kind == "bare" and token[0] != token[0].strip():
            raise PluginError(
                f"The path {text!r} has a blank at the edge of a key. Take it out, or put the key in double quotes."
            )
        after_key = kind != "dot"
    if not after_key:
        raise _unreadable(text, "dot")


def _unreadable(text: str, kind: str | None) -> PluginError:
    return PluginError(f"The path {text!r} has a dot {'too many' if kind == 'dot' else 'too few'}. {HOW}.")


def _step(text: str, token: re.Match[str]) -> _Step:
    if token["index"] is not None:
        return _Step(int(token["index"]), quoted=True)
    if token["quoted"] is None:
        return _Step(token[0])
    try:
        return _Step(json.loads(token[0], strict=False), quoted=True)
    except ValueError:
        raise PluginError(f"The path {text!r} has {token[0]} in it, which is no JSON text. {HOW}.") from None


def _names(steps: Sequence[_Step]) -> Iterator[tuple[str, int]]:
    """What the next key of an object may be, and of how many *steps* it is made: the first, the first two as one, and so on."""
    joined: list[str] = []
    for count, step in enumerate(steps, 1):
        if not isinstance(step.name, str) or (joined and step.quoted):
            return
        joined.append(step.name)
        yield ".".join(joined), count
        if step.quoted:
            return


def _finder(steps: Sequence[_Step]) -> Find:
    """A function that follows *steps*: one closure a step, made from the last one on."""
    rests: list[Find] = [_itself]
    for at in range(len(steps) - 1, -1, -1):
        name = steps[at].name
        if isinstance(name, int):
            find = _at_index(name, rests[0])
        else:
            names = [(joined, rests[count - 1]) for joined, count in _names(steps[at:])]
            find = _at_key(name) if rests[0] is _itself else _at_keys(names)
            if name.isdecimal() and not steps[at].quoted:
                find = _at_either(_at_index(int(name), rests[0]), find)
        rests.insert(0, find)
    return rests[0]


def _itself(value: Any) -> Any:
    return value


def _at_key(name: str) -> Find:
    def find(value: Any) -> Any:
        return value.get(name, MISSING) if value.__class__ is dict or isinstance(value, Mapping) else MISSING

    return find


def _at_keys(names: Sequence[tuple[str, Find]]) -> Find:
    def find(value: Any) -> Any:
        if value.__class__ is dict or isinstance(value, Mapping):
            for name, rest in names:
                found = rest(value[name]) if name in value else MISSING
                if found is not MISSING:
                    return found
        return MISSING

    return find


def _at_index(index: int, rest: Find) -> Find:
    def find(value: Any) -> Any:
        return rest(value[index]) if isinstance(value, list) and -len(value) <= index < len(value) else MISSING

    return find


def _at_either(of_list: Find, of_object: Find) -> Find:
    def find(value: Any) -> Any:
        return (of_list if isinstance(value, list) else of_object)(value)

    return find


def _alone(value: Any, find: Find) -> Any:
    """What stands there, as a list of one."""
    found = find(value)
    return found if found is None or found is MISSING else [found]


def _put(value: Any, steps: tuple[_Step, ...], new: Any, text: str) -> Any:
    if not steps:
        return new
    name = steps[0].name
    if isinstance(value, list) and (isinstance(name, int) or (name.isdecimal() and not steps[0].quoted)):
        index = int(name)
        if -len(value) <= index < len(value):
            copy = list(value)
            copy[index] = _put(value[index], steps[1:], new, text)
            return copy
    if isinstance(name, int):
        raise PluginError(f"Nothing can be put at {text!r}: there is no list with an entry {name}. {HOW}.")
    holder = value if isinstance(value, Mapping) else {}
    key, count = next(
        ((key, count) for key, count in _names(steps) if key in holder and _finder(steps[count:])(holder[key]) is not MISSING),
        (name, 1),
    )
    return {**holder, key: _put(holder.get(key), steps[count:], new, text)}


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
