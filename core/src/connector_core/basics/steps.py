"""The steps of a path: read from its text, followed into decoded JSON, and put into a copy of it. See ``paths``."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from connector_core.basics.errors import PluginError

HOW = (
    "Write keys with dots between them (meta.next), indices in brackets (errors[0].code), "
    'and a key that has a dot of its own in double quotes ("a.b".c)'
)

Find = Callable[[Any], Any]


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
class Step:
    """One step of a path; of keys that were not quoted, several may be one."""

    name: str | int
    quoted: bool = False


_TOKEN = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|\[\s*(?P<index>-?\d+)\s*\]|(?P<dot>\.)|(?P<bare>[^.\[\]{}*|&()"\'`,?!<>=]+)')
_FOREIGN = re.compile(r"\$(?=$|[.\[])|/")


def read_steps(text: str) -> tuple[Step, ...] | None:
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
    return steps[1:] if len(steps) > 1 and steps[0] == Step("@") else steps


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


def _step(text: str, token: re.Match[str]) -> Step:
    if token["index"] is not None:
        return Step(int(token["index"]), quoted=True)
    if token["quoted"] is None:
        return Step(token[0])
    try:
        return Step(json.loads(token[0], strict=False), quoted=True)
    except ValueError:
        raise PluginError(f"The path {text!r} has {token[0]} in it, which is no JSON text. {HOW}.") from None


def _names(steps: Sequence[Step]) -> Iterator[tuple[str, int]]:
    """What the next key of an object may be, and of how many *steps* it is made: the first, the first two as one, and so on."""
    joined: list[str] = []
    for count, step in enumerate(steps, 1):
        if not isinstance(step.name, str) or (joined and step.quoted):
            return
        joined.append(step.name)
        yield ".".join(joined), count
        if step.quoted:
            return


def finder(steps: Sequence[Step]) -> Find:
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


def put_at(value: Any, steps: tuple[Step, ...], new: Any, text: str) -> Any:
    """A copy of *value* with *new* where *steps* lead, as ``finder`` follows them; *text* is their path, for a message."""
    if not steps:
        return new
    name = steps[0].name
    if isinstance(value, list) and (isinstance(name, int) or (name.isdecimal() and not steps[0].quoted)):
        index = int(name)
        if -len(value) <= index < len(value):
            copy = list(value)
            copy[index] = put_at(value[index], steps[1:], new, text)
            return copy
    if isinstance(name, int):
        raise PluginError(f"Nothing can be put at {text!r}: there is no list with an entry {name}. {HOW}.")
    holder = value if isinstance(value, Mapping) else {}
    key, count = next(
        ((key, count) for key, count in _names(steps) if key in holder and finder(steps[count:])(holder[key]) is not MISSING),
        (name, 1),
    )
    return {**holder, key: put_at(holder.get(key), steps[count:], new, text)}


def drop_at(value: Any, steps: tuple[Step, ...]) -> Any:
    """A copy of *value* without what stands where *steps* lead; of a list, an entry becomes null, so that the others stay."""
    if not steps or finder(steps)(value) is MISSING:
        return value
    if isinstance(value, list):
        index = int(steps[0].name)
        copy = list(value)
        copy[index] = None if len(steps) == 1 else drop_at(value[index], steps[1:])
        return copy
    key, count = next(
        (key, count) for key, count in _names(steps) if finder(steps[count:])(value.get(key, MISSING)) is not MISSING
    )
    if count < len(steps):
        return {**value, key: drop_at(value[key], steps[count:])}
    return {name: each for name, each in value.items() if name != key}
