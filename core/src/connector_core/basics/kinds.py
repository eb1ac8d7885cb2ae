"""Kinds: whether a value is of an annotated type, and how that type is said in words.

Looser than a type checker where a plugin loses nothing: a list does for a tuple, a whole number for a float, a number for a
text in a dict. Stricter in one thing: a class of ours is nobody's function, because whoever writes ``no_more`` means
``no_more(…)``.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from attrs import frozen

from connector_core.basics.names import one_line

_PLAIN: Mapping[object, tuple[type, ...]] = {
    bool: (bool,),
    int: (int,),
    float: (int, float),
    str: (str,),
    NoneType: (NoneType,),
}
_TEXT = {str}
KEY_OF = "a key of "
_WORDS: Mapping[object, str] = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    NoneType: "None",
    Any: "any value",
}


@frozen
class Misfit:
    """A value that is of another kind than the place where it stands: ``stop[0]``."""

    place: str
    value: Any
    kind: Any

    @property
    def argument(self) -> str:
        """The argument that it is, or stands in."""
        return self.place.removeprefix(KEY_OF).partition("[")[0]

    def __str__(self) -> str:
        return f"{self.place} is {shown(self.value)}. It takes {words(self.kind)}.{_hint(self)}"


def plainly(kind: Any) -> Callable[[Any], bool]:
    """A quick first look, because requests and pages are made all through a sync: True only where nothing can be wrong."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Mapping and arguments == (str, str):
        return lambda value: (
            value.__class__ is MappingProxyType and {each.__class__ for pair in value.items() for each in pair} <= _TEXT
        )
    if origin is Mapping and arguments == (str, Any):
        return lambda value: value.__class__ is MappingProxyType
    each = arguments if origin in (Union, UnionType) else (kind,)
    classes = frozenset(one for known in each if known in _PLAIN for one in _PLAIN[known])
    return lambda value: value.__class__ in classes


def shown(value: object) -> str:
    """*value* as a message names it: its type, and how it looks."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"{type(value).__name__} {one_line(repr(value), 60)}"


def misfit(value: Any, kind: Any, place: str) -> Misfit | None:
    """What is of another kind than *kind*, the annotation of *place*: *value* itself, or something in it; None if nothing is."""
    if kind in _PLAIN:
        good = isinstance(value, _PLAIN[kind]) and (kind is bool or not isinstance(value, bool))
        return None if good else Misfit(place, value, kind)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _of_union(value, kind, place)
    good = _fits(value, kind, origin)
    return next(_inside(value, kind, origin, place), None) if good else Misfit(place, value, kind)


def _of_union(value: Any, kind: Any, place: str) -> Misfit | None:
    found = [misfit(value, each, place) for each in get_args(kind)]
    if None in found:
        return None
    # A list with something wrong in it is a list all the same: what is in it is to be named.
    return next((each for each in found if each and each.place != place), Misfit(place, value, kind))


def _fits(value: Any, kind: Any, origin: Any) -> bool:
    """Whether *value* is of *kind*, whatever is in it."""
    if origin is Literal:
        return any(value == each and type(value) is type(each) for each in get_args(kind))
    if origin is Callable or kind is Callable:
        return _callable(value, kind)
    if origin is tuple:
        return isinstance(value, list | tuple) and (_is_open(kind) or len(value) == len(get_args(kind)))
    wanted = origin or kind
    if wanted in (Sequence, Iterable) and isinstance(value, str | bytes | Mapping):
        return False
    return not isinstance(wanted, type) or _instance(value, wanted)


def _instance(value: Any, wanted: type) -> bool:
    if getattr(wanted, "_is_protocol", False) and is_ours(value):
        return False
    try:
        return isinstance(value, wanted)
    except TypeError:  # a protocol that nobody can be asked about
        return True


def _inside(value: Any, kind: Any, origin: Any, place: str) -> Iterator[Misfit]:
    arguments = get_args(kind)
    if origin is not None and isinstance(value, Mapping) and len(arguments) == 2:
        for name, each in value.items():
            # A number stands well where a text is sent.
            loose = str | float if arguments[1] is str else arguments[1]
            yield from _some(misfit(name, arguments[0], f"{KEY_OF}{place}"), misfit(each, loose, f"{place}[{name!r}]"))
    elif isinstance(value, list | tuple) and arguments and origin is not Literal:
        kinds = [arguments[0]] * len(value) if origin is not tuple or _is_open(kind) else arguments
        for number, (each, of_each) in enumerate(zip(value, kinds, strict=True)):
            yield from _some(misfit(each, of_each, f"{place}[{number}]"))


def _some(*found: Misfit | None) -> Iterator[Misfit]:
    return (each for each in found if each)


def _is_open(kind: Any) -> bool:
    return get_args(kind)[-1:] == (Ellipsis,)


def is_ours(value: object) -> bool:
    """Whether *value* is a class of this package."""
    return isinstance(value, type) and value.__module__.partition(".")[0] == __name__.partition(".")[0]


def _callable(value: Any, kind: Any) -> bool:
    if not callable(value) or is_ours(value):
        return False
    given = next(iter(get_args(kind)), ...)
    try:
        return given is ... or inspect.signature(value).bind(*given) is not None
    except TypeError:
        return False
    except ValueError:  # something of Python's own, which does not say what it takes
        return True


def words(kind: Any) -> str:
    """*kind* as a message says it: ``a list of texts``."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in _WORDS:
        return _WORDS[kind]
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(words(each) for each in arguments))
    if origin is Literal:
        return " or ".join(repr(each) for each in arguments)
    if origin is Callable:
        return _function_words(arguments)
    return _container_words(origin or kind, arguments)


def _function_words(arguments: Sequence[Any]) -> str:
    given = arguments[0] if arguments else ...
    if not isinstance(given, list):
        return "a function"
    names = " and ".join(_name(each) for each in given)
    return f"a function that is given {names}" if names else "a function without arguments"


def _container_words(kind: Any, arguments: Sequence[Any]) -> str:
    if kind is tuple and arguments and arguments[-1] is not Ellipsis:
        return f"a tuple ({', '.join(words(each) for each in arguments)})"
    inner = [words(each) for each in arguments if each is not Ellipsis and each is not Any]
    if kind in (tuple, list, Sequence, Iterable):
        return f"a list in which each entry is {inner[0]}" if inner else "a list"
    if kind in (dict, Mapping):
        return f"a dict in which each value is {inner[-1]}" if len(inner) == 2 else "a dict"
    name = str(getattr(kind, "__name__", kind))
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"


def _name(kind: Any) -> str:
    if kind is Any:
        return "a value"
    return "a record" if get_origin(kind) is dict else f"a {getattr(kind, '__name__', kind)}"


def _hint(wrong: Misfit) -> str:
    """What to write instead, where that can be told."""
    value, kinds = wrong.value, get_args(wrong.kind) if get_origin(wrong.kind) in (Union, UnionType) else (wrong.kind,)
    lists = any(get_origin(each) in (tuple, list, Sequence, Iterable) for each in kinds)
    call = f"{value.__name__}(…)" if is_ours(value) else "…"
    if lists and not isinstance(value, list | tuple | Mapping):
        return f" Put it into a list: {wrong.place}=[{call}]."
    if is_ours(value):
        return f" Write {call}."
    if isinstance(value, str) and value.isdecimal() and {int, float} & set(kinds):
        return f" Write {value}, without quotes."
    if type(value) in (int, float) and str in kinds:
        return f' Write "{value}", in quotes.'
    return ""
