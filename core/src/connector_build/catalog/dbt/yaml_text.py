"""YAML for values that JSON has too, in the order in which they are given, for people to read."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_PLAIN: Final = re.compile(r"_?[A-Za-z][A-Za-z0-9_]*(?: [A-Za-z0-9_]+)*")
_NAME: Final = re.compile(r"\+?_?[A-Za-z][A-Za-z0-9_-]*")
_NOT_PLAIN: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""Texts that YAML 1.1, which dbt reads, takes for something else."""


def yaml_text(value: Mapping[str, Any]) -> str:
    """A document: mappings and lists in blocks, texts in quotes wherever they could be taken for something else."""
    return "".join(f"{line}\n" for line in _mapping(value)) or "{}\n"


def _mapping(value: Mapping[str, Any]) -> Iterator[str]:
    for name, part in value.items():
        if _is_block(part):
            yield f"{_name(name)}:"
            yield from (f"  {line}" for line in _block(part))
        else:
            yield f"{_name(name)}: {_scalar(part)}"


def _block(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _mapping(value)
        return
    for part in value:
        first, *rest = _block(part) if _is_block(part) else [_scalar(part)]
        yield f"- {first}"
        yield from (f"  {line}" for line in rest)


def _is_block(value: Any) -> bool:
    return isinstance(value, Mapping | list) and bool(value) and not _is_short(value)


def _is_short(value: Any) -> bool:
    """Whether *value* is a list of names, which reads best on one line."""
    return isinstance(value, list) and all(isinstance(each, str) and _NAME.fullmatch(each) for each in value)


def _name(text: str) -> str:
    return text if _NAME.fullmatch(text) and text.lower() not in _NOT_PLAIN else quoted(text)


def _scalar(value: Any) -> str:
    if _is_short(value):
        return f"[{', '.join(map(_name, value))}]"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value.lower() not in _NOT_PLAIN else quoted(value)
    return json.dumps(value)


def quoted(text: str) -> str:
    """*text* in double quotes, on one line, whatever is in it; half a character, which no file holds, becomes U+FFFD."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    code = ord(letter)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return "\\n" if letter == "\n" else f"\\x{code:02x}" if code < 0x100 else f"\\U{code:08x}"


def undone(text: str) -> str:
    """*text* as dbt's Jinja, which it puts every description through, has to be given it so that it comes out as it is."""
    return text.replace("{", "{{ '{' }}") if re.search(r"\{[{%#]", text) else text
