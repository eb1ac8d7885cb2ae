"""How a text may be written: escapes undone, so that what is looked for is found whoever wrote it."""

import re
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from html.entities import html5

from attrs import evolve, frozen

ROUNDS = 8
"""So many times an escape may be escaped again: JSON in JSON in an address."""

_ESCAPE = re.compile(
    r"%(?:25)*(?P<percent>[0-9a-fA-F]{2})"
    r"|%u(?P<wide>[0-9a-fA-F]{4})"
    r"|\\+(?:u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|x(?P<byte>[0-9a-fA-F]{2})|(?P<blank>[bfnrtv0]))?"
    r"|&(?:amp;)*(?:#(?P<decimal>\d{1,7})|#[xX](?P<code>[0-9a-fA-F]{1,6})|(?P<entity>[A-Za-z][A-Za-z0-9]{1,30}));"
)
"""Addresses (RFC 3986, and JavaScript's older way), JSON and its kin, HTML. Each is read in one pass, whatever stands there."""
_MARKS = re.compile(r"[%\\&]")
_UNSIGHTLY = re.compile(r"[\s+]{2,}|[^\S ]|\+|[^\x20-\x7e]")
_CUT = re.compile(r"(?:%(?:25)*[0-9a-fA-F]?|\\+(?:[ux][0-9a-fA-F]{0,7})?|&[#\w;]{0,12})\Z")
"""An escape of which the end was cut off."""
_SIGNS = re.compile(r"[^0-9a-z]+")
_Change = Callable[[re.Match[str]], str]


def _undone(found: re.Match[str]) -> str:
    """The character that an escape stands for; none for one that is not ASCII, and for a backslash alone."""
    kind = found.lastgroup
    if kind is None:
        return ""
    if kind == "blank":
        return " "
    if kind == "entity":
        character = html5.get(f"{found['entity']};", "")
        return character if character.isascii() else ""
    number = int(found[kind], 10 if kind == "decimal" else 16)
    return chr(number) if 0 < number < 128 else ""


def _sightly(found: re.Match[str]) -> str:
    return " " if found[0][0] == "+" or found[0][0].isspace() else ""


def plain(text: str) -> str:
    """*text* with its escapes undone, blanks of every kind as one, and without backslashes and what is not ASCII."""
    for _ in range(ROUNDS if _MARKS.search(text) else 0):
        undone = _ESCAPE.sub(_undone, text)
        if undone == text:
            break
        text = undone
    return _UNSIGHTLY.sub(_sightly, text)


def bare(text: str) -> str:
    """The letters and digits of *text*, which was made ``plain``; small ones."""
    return _SIGNS.sub("", text.lower())


@lru_cache(maxsize=4096)
def encoded(text: str) -> tuple[str, ...]:
    """How ``bare`` shows *text* where it is written in hex or base64, alone or inside of something longer."""
    content = text.encode(errors="surrogatepass")
    found = [content.hex()]
    for before in range(3):  # how base64 has it depends on where in a group of three bytes it begins
        padded = b64encode(b"\0" * before + content).decode().rstrip("=")
        found.append(bare(padded[-(-before * 8 // 6) : (before + len(content)) * 8 // 6]))
    return tuple(dict.fromkeys(found))


@frozen
class Written:
    """A text made ``plain``, and where each character of that began and ended."""

    text: str
    plain: str
    begins: list[int]
    ends: list[int]

    @classmethod
    def of(cls, text: str) -> "Written":
        """What ``plain`` makes of *text*, with the places."""
        made = cls(text, text, list(range(len(text))), list(range(1, len(text) + 1)))
        for _ in range(ROUNDS):
            undone = made._with(_ESCAPE, _undone)
            if undone.plain == made.plain:
                break
            made = undone
        return made._with(_UNSIGHTLY, _sightly)

    def small(self) -> "Written":
        """The same in small letters."""
        return evolve(self, plain=self.plain.lower())

    def bare(self) -> "Written":
        """What ``bare`` makes of it, with the places."""
        return self.small()._with(_SIGNS, lambda _: "")

    def matches(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Where the group ``secret`` of *pattern* stands, as places in the text."""
        for found in pattern.finditer(self.plain):
            start, end = found.span("secret")
            yield self.begins[start], self.ends[end - 1]

    def spans(self, needle: str) -> Iterator[tuple[int, int]]:
        """Where *needle* stands, as places in the text."""
        at = self.plain.find(needle)
        while at >= 0:
            yield self.begins[at], self.ends[at + len(needle) - 1]
            at = self.plain.find(needle, at + len(needle))

    def cut(self, needle: str, places: Iterable[int], shortest: int) -> Iterator[tuple[int, int]]:
        """Where the beginning of *needle*, of at least *shortest* characters, stands right in front of one of *places*."""
        if needle[:shortest] not in self.plain:
            return
        ends = {}
        for place in places:
            whole = _CUT.search(self.text, max(0, place - 40), place)
            for end in {place, whole.start() if whole else place}:
                ends[bisect_left(self.begins, end)] = place
        for last, length in enumerate(_matched(needle, self.plain), 1):
            if length >= shortest and last in ends:
                yield self.begins[last - length], ends[last]

    def _with(self, pattern: re.Pattern[str], change: _Change) -> "Written":
        parts: list[str] = []
        begins: list[int] = []
        ends: list[int] = []
        at = 0
        for found in pattern.finditer(self.plain):
            start, end = found.span()
            parts.append(self.plain[at:start])
            begins += self.begins[at:start]
            ends += self.ends[at:start]
            if one := change(found):
                parts.append(one)
                begins.append(self.begins[start])
                ends.append(self.ends[end - 1])
            at = end
        return Written(self.text, "".join(parts) + self.plain[at:], begins + self.begins[at:], ends + self.ends[at:])


def _matched(needle: str, text: str) -> Iterator[int]:
    """After each character of *text*, how much of *needle* it ends with.

    By the failure function of Knuth, Morris and Pratt ("Fast pattern matching in strings", SIAM J. Comput. 6, 1977).
    """
    failure = _failure(needle)
    length = 0
    for letter in text:
        while length and (length == len(needle) or needle[length] != letter):
            length = failure[length - 1]
        if needle[length] == letter:
            length += 1
        yield length


@lru_cache(maxsize=256)
def _failure(needle: str) -> list[int]:
    """For each beginning of *needle*, how much of *needle* it ends with, itself left aside."""
    found = [0] * len(needle)
    length = 0
    for at in range(1, len(needle)):
        while length and needle[at] != needle[length]:
            length = found[length - 1]
        if needle[at] == needle[length]:
            length += 1
        found[at] = length
    return found
