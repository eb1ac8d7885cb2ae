"""JSON as RFC 8259 has it, and nothing that only Python's decoder takes."""

import json
import re
import sys
from collections.abc import Mapping
from itertools import chain
from typing import Any, NoReturn

LARGEST_DOUBLE = sys.float_info.max
PLAIN_LENGTH = 16
"""A point and the fifteen digits that any float keeps."""


class ExactFloat(float):
    """A number of which its text in the answer says more than the float does: ``0.12345678901234567890``, ``1.50``.

    A float in every other way. *text* goes into a column of texts or decimals, digit by digit.
    """

    __slots__ = ("text",)
    text: str


_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_LATIN = frozenset({"ascii", "us-ascii", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "cp1252", "windows-1252"})
"""What servers say of every text unless they were told otherwise."""


class NotJson(Exception):  # noqa: N818  (reads better where it is raised, as in errors)
    """The body is something else than JSON that can be kept, and would be the next time too.

    Its text says what the body does: ``holds NaN``. shown: the beginning of the body tells more.
    """

    def __init__(self, message: str, *, shown: bool = False) -> None:
        super().__init__(message)
        self.shown = shown


class WebPage(NotJson):
    """The body is a web page, or XML. Where JSON was answered before, it may be again."""


def charset_of(headers: Mapping[str, str]) -> str | None:
    """How the text of an answer is written in bytes, by its Content-Type (RFC 9110, section 8.3); None where it does not say."""
    found = _CHARSET.search(headers.get("Content-Type") or "")
    return found[1].lower() if found else None


def decode(content: bytes, charset: str | None = None, *, digits: bool = True) -> Any:
    """*content*, said to be written in *charset*, as JSON (RFC 8259).

    Without *digits*, each number with a fraction or an exponent is a plain float, whatever its text says beyond that, and
    infinity where no float is as large: for whoever looks whether that matters, and then asks again.

    Raises NotJson, or ValueError where it may have been cut.
    """
    _check_no_page(content.lstrip())  # in whatever encoding
    return decode_text(_text(content, charset), digits=digits)


def decode_text(text: str, *, digits: bool = True) -> Any:
    """*text* as JSON, with *digits* as above. Raises NotJson, or ValueError where it may have been cut."""
    _check_no_page(text.lstrip())
    try:
        value = (_DECODER if digits else _PLAIN).decode(text)
        if text.count(":") != _shallow(value) and _repeats(text, value):
            _STRICT.decode(text)
    except RecursionError:
        raise NotJson("is nested too deeply to be read") from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # int itself
        _no_long_number(text)
    return value


def _text(content: bytes, charset: str | None) -> str:
    """*content* decoded strictly, where json itself would take halves of characters.

    JSON is UTF-8, whatever else a server says (RFC 8259, sections 8.1 and 11): one that names Latin-1, the usual default, is
    believed only where the bytes are no UTF-8.
    """
    own = json.detect_encoding(content)
    if charset in (None, "utf-8", "utf8") or own == "utf-8-sig":
        return content.decode(own)
    if charset not in _LATIN:
        return _decoded(content, charset)
    try:
        return content.decode(own)
    except UnicodeDecodeError:
        # What is called Latin-1 is Windows' own version of it wherever the two differ (WHATWG Encoding, section 4.2).
        return content.decode("cp1252", "ignore") if not set(content) & _NO_CP1252 else content.decode("latin-1")


_NO_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset)
    except LookupError:
        raise NotJson(f"says that it is written in {charset[:40]!a}, which Python does not know") from None


_HEAD = 4000
_XML = re.compile(r"<\?xml\b(?!.*<(?:!doctype )?html\b)|<(?:rss|feed|soap\w*:envelope)\b", re.IGNORECASE | re.DOTALL)


def _check_no_page(answer: str | bytes) -> None:
    if answer[:1] in ("<", b"<"):
        head = answer[:_HEAD] if isinstance(answer, str) else answer[:_HEAD].decode("latin-1")
        raise WebPage("is XML, not JSON" if _XML.match(head) else "is a web page, not JSON", shown=True)


def _no_constant(name: str) -> NoReturn:
    # json would take NaN and Infinity, which JSON (RFC 8259, section 6) does not have.
    raise NotJson(f"holds {name}, so it is not JSON")


def _number(text: str) -> float:
    value = float(text)
    # Fifteen digits come back just as they were (IEEE 754 holds that many) where Python's own text has neither a zero more nor
    # less at the end, nor an exponent. This is asked of each number, in the order of what it costs.
    if text[-1] != "0" and len(text) <= PLAIN_LENGTH and not -1e-4 < value < 1e-4 and "e" not in text and "E" not in text:
        return value
    return _looked_at(value, text)


def _looked_at(value: float, text: str) -> float:
    # Python would take 1e400 for infinity, and a destination cannot hold the number.
    if not -LARGEST_DOUBLE <= value <= LARGEST_DOUBLE:
        raise NotJson(f"holds {text[:40]}, which is larger than a 64-bit float")
    if repr(value) == text:
        return value
    exact = ExactFloat(value)
    exact.text = text
    return exact


def _no_long_number(text: str) -> NoReturn:
    """Raise for a whole number with more digits than Python reads."""
    digits = sys.get_int_max_str_digits()
    found = re.search(rf'"(?P<key>(?:[^"\\]|\\.){{0,200}})"\s*:\s*\[?\s*-?\d{{{digits + 1}}}', text)
    where = f" in {found['key'][:60]!a}" if found else ""
    raise NotJson(f"holds a whole number of more than {digits:,} digits{where}, which nothing here can keep") from None


# A name that is repeated in one object


def _shallow(value: Any) -> int:
    """How many names an answer has that is records without anything nested in them, and what stands beside the records."""
    try:
        if value.__class__ is list:
            return sum(map(len, value))
        return len(value) + sum(sum(map(len, each)) for each in value.values() if each.__class__ is list)
    except (AttributeError, TypeError):  # it is something else
        return -1


def _repeats(text: str, value: Any) -> bool:
    """Whether *text* may name something twice in one object: it has other places that look like a name than *value* has names."""
    names = 0
    level = [value]
    while level:
        objects = [each for each in level if each.__class__ is dict]
        names += sum(map(len, objects))
        inside = list(chain.from_iterable(map(dict.values, objects)))
        inside += chain.from_iterable(each for each in level if each.__class__ is list)
        level = [each for each in inside if each.__class__ is dict or each.__class__ is list]
    return text.count('":') != names


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        name = next(name for name in names if names.count(name) > 1)
        raise NotJson(f"names {name[:60]!a} twice in one object, so one value would overwrite the other")
    return found


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant)
_PLAIN = json.JSONDecoder(parse_constant=_no_constant)
_STRICT = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant, object_pairs_hook=_unique)


def json_type(value: object) -> str:
    """What JSON calls the type of *value*."""
    names = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names.get(float if isinstance(value, ExactFloat) else type(value), type(value).__name__)
