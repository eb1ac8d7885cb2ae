"""Templates: texts of a plugin in which a value is put in the place of a name in braces.

``{settings.account}`` stands for a value of the configuration, ``{parent.id}`` for a field of the parent's record and
``{each.value}`` for an entry of a list in the configuration. Braces that are meant are written twice: ``{{settings.account}}`` is
sent as ``{settings.account}``.

A value cannot leave the place where it was put. In a path it is percent-encoded, so that it stays in its segment (RFC 3986,
sections 2.1 and 3.3); a query and a JSON body are encoded when they are sent; in a header no value may hold a line break. A
template in a body that is nothing else keeps the JSON type of its value.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from attrs import frozen

from connector_core.basics.names import one_line

SCOPES = ("settings", "parent", "each")
"""What a value can be taken from."""

NAME = r"[A-Za-z_][\w.]*"
_PIECE = re.compile(rf"\{{\{{({NAME})\}}\}}|\{{({'|'.join(SCOPES)})\.([^{{}}\s]+)\}}")
_INNERMOST = re.compile(rf"\{{({NAME})\}}")

Take = Callable[[str, str], Any]
"""Scope and name → the value that stands there."""


def placeholders(part: Any) -> Iterator[tuple[str, str]]:
    """Scope and name of each placeholder of *part*, a text or JSON of texts."""
    match part:
        case str():
            yield from ((found[2], found[3]) for found in _PIECE.finditer(part) if found[2])
        case Mapping():
            for value in part.values():
                yield from placeholders(value)
        case list() | tuple():
            for value in part:
                yield from placeholders(value)


def names_in(part: Any, *scopes: str) -> Iterator[str]:
    """The names that *part* has placeholders for, of these *scopes*."""
    return (name for scope, name in placeholders(part) if scope in scopes)


def parts_around(part: str) -> list[str]:
    """What stands around the placeholders of a text, as it is sent."""
    found, at = [""], 0
    for piece in _PIECE.finditer(part):
        found[-1] += part[at : piece.start()]
        at = piece.end()
        if piece[1] is None:
            found.append("")
        else:
            found[-1] += f"{{{piece[1]}}}"
    found[-1] += part[at:]
    return found


@frozen
class Filling:
    """How templates are filled.

    take:   what gives the values. scopes: of what; placeholders of others stay as they are.
    last:   nothing is filled after this, so braces that are written twice become single ones.
    """

    take: Take
    scopes: tuple[str, ...]
    last: bool = True

    def json(self, part: Any) -> Any:
        """*part*, JSON of texts, filled; a placeholder that is a whole text keeps the type of its value."""
        match part:
            case str():
                whole = _PIECE.fullmatch(part)
                if whole and whole[2] in self.scopes:
                    value = self.take(whole[2], whole[3])
                    return self._kept(value) if isinstance(value, str) else list(value) if isinstance(value, tuple) else value
                return self.text(part)
            case Mapping():
                return {name: self.json(value) for name, value in part.items()}
            case list():
                return [self.json(value) for value in part]
        return part

    def text(self, part: str) -> str:
        """The text *part* filled."""
        return self._each(part, lambda _, value: value)

    def path(self, part: str) -> str:
        """A path filled, each value in its segment. Raises ValueError, with the name, for a value that cannot stand there."""

        def segment(name: str, text: str) -> str:
            # Dots would be taken out of the address, and another one be asked.
            if text in ("", ".", ".."):
                raise ValueError(f"{name} is {text!r}, which cannot stand in the path {part}")
            return quote(text, safe="")

        return self._each(part, segment)

    def header(self, part: str) -> str:
        """A header filled. Raises ValueError, with the name, for a value that no header can carry."""

        def value(name: str, text: str) -> str:
            if not text.isprintable() or max(text, default="") > "\xff":
                raise ValueError(f"{name} is {one_line(repr(text), 60)}, which no HTTP header can carry")
            return text

        return self._each(part, value)

    def _each(self, part: str, checked: Callable[[str, str], str]) -> str:
        def replaced(found: re.Match[str]) -> str:
            doubled, scope, name = found.groups()
            if doubled is not None:
                return f"{{{doubled}}}" if self.last else found[0]
            return self._kept(checked(name, text_of(self.take(scope, name)))) if scope in self.scopes else found[0]

        return _PIECE.sub(replaced, part) if "{" in part else part

    def _kept(self, text: str) -> str:
        """*text* so that what is filled after this leaves it as it is."""
        return text if self.last else _INNERMOST.sub(r"{{\1}}", text)


def text_of(value: Any) -> str:
    """*value* as it is written into an address: true and false in small letters, as JSON has them; of a list, with commas."""
    if isinstance(value, list | tuple):
        return ",".join(text_of(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
