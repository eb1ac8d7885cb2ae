"""Blame: the line of a plugin that an error comes from.

An error is mostly raised in our own code, in a library or by Python itself. Who reads of it can change none of these: what
helps is the innermost line of the plugin that led there.
"""

import re
import sys
from collections.abc import Iterator
from functools import partial
from inspect import unwrap
from pathlib import Path
from traceback import walk_tb
from types import CodeType
from typing import Any

from attrs import frozen

from connector_core.basics.errors import ConnectorError
from connector_core.basics.names import did_you_mean, one_line

OURS = frozenset({"connector_core", "connector_build", "attr", "attrs", "pluggy", "requests", "urllib3", "click"})
"""The packages that no plugin is made of."""


@frozen
class Frame:
    """Where a function stood when an error went through it."""

    package: str
    file: str
    line: int

    @property
    def foreign(self) -> bool:
        """Whether it is neither ours nor Python's."""
        made_up = self.file.startswith("<") and self.file != "<string>"
        return not made_up and self.package not in OURS and self.package not in sys.stdlib_module_names

    def __str__(self) -> str:
        return f"{one_line(self.file)}, line {self.line}"


def frames_of(error: BaseException) -> Iterator[Frame]:
    """The frames that *error* went through, the outermost first."""
    for frame, line in walk_tb(error.__traceback__):
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        yield Frame(package, frame.f_code.co_filename, line)


def culprit(error: BaseException, function: object = None) -> str:
    """``FILE, line N`` of the plugin's own innermost frame; without one, where *function* begins, or an empty text.

    The plugin is whatever our code called into: a library that it uses in turn is not its own, and neither is Python.
    """
    foreign = [frame for frame in frames_of(error) if frame.foreign]
    own = [frame for frame in foreign if frame.package == foreign[0].package]
    return str(own[-1]) if own else begin_of(function)


def cause(error: BaseException) -> str:
    """What ended an import, as a sentence: its type, the plugin's line, where it was raised if that is elsewhere, and what it
    says. Of an error of ours, its own message, which says what to write, and the line."""
    if isinstance(error, ConnectorError):
        return f"{sentence(error)}{see(culprit(error))}"
    if isinstance(error, SyntaxError) and error.filename:
        place, says = f"{one_line(error.filename)}, line {error.lineno}", one_line(error.msg)
    else:
        place, says = ", from ".join(dict.fromkeys(each for each in (culprit(error), _raised_in(error)) if each)), _says(error)
    return sentence(f"{type(error).__name__}{f' ({place})' if place else ''}: {says}")


def _says(error: BaseException) -> str:
    """What *error* says; of a name that we do not have, the nearest that we do, and not where we are installed."""
    wanted = _IMPORTED.match(str(error)) if isinstance(error, ImportError) else None
    if wanted is None:
        return one_line(error)
    return f"{wanted[2]} has no {wanted[1]}{did_you_mean(wanted[1], getattr(sys.modules.get(wanted[2]), '__all__', ()))}"


_IMPORTED = re.compile(r"cannot import name '(\w+)' from '(connector_core[\w.]*)'")


def _raised_in(error: BaseException) -> str:
    innermost = list(frames_of(error))[-1:]
    # What Python's own import raises says which module it is about.
    return "".join(str(each) for each in innermost if each.package not in {*OURS, "importlib"} and not each.file.startswith("<"))


def begin_of(function: object) -> str:
    """``FILE, line N`` where a function of a plugin begins; an empty text for what is none, or none of a plugin's."""
    code = _code_of(function)
    if code is None:
        return ""
    package = str(getattr(_plain(function), "__module__", "")).partition(".")[0]
    frame = Frame(package, code.co_filename, code.co_firstlineno)
    return str(frame) if frame.foreign else ""


def _plain(function: Any) -> Any:
    function = function.func if isinstance(function, partial) else function
    return unwrap(getattr(function, "__func__", function))


def _code_of(function: object) -> CodeType | None:
    plain = _plain(function)
    return getattr(plain, "__code__", None) or getattr(vars(type(plain)).get("__call__"), "__code__", None)


def see(*places: str) -> str:
    """The sentence that sends the reader to *places*, with a space in front; an empty text where none is known."""
    known = dict.fromkeys(place for place in places if place)
    return f" See {', and '.join(known)}." if known else ""


def sentence(text: object) -> str:
    """*text*, ended by one full stop."""
    plain = str(text).strip()
    return plain if plain.endswith((".", "!", "?", "…")) else f"{plain}."


def told(error: BaseException, function: object = None) -> str:
    """What *error*, which *function* of a plugin raised, is: its type, the plugin's line in short, and what it says, as a
    sentence."""
    where = culprit(error, function)
    return sentence(f"{type(error).__name__}{f' ({_short(where)})' if where else ''}: {one_line(error)}")


def _short(place: str) -> str:
    """*place* with the file's name alone, or with its folder where the name is that of every package."""
    file, _, line = place.rpartition(", ")
    path = Path(file)
    return f"{path.parent.name}/{path.name}, {line}" if path.name == "__init__.py" else f"{path.name}, {line}"
