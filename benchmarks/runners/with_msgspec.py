"""Our ``decode`` with msgspec underneath, as strict as it is: what msgspec refuses, Python's decoder has the last word on."""

from typing import Any

import msgspec

from connector_core.basics import decoding
from connector_core.http import answers

_PLAIN = msgspec.json.Decoder()
_EXACT = msgspec.json.Decoder(float_hook=decoding._number)  # it gets the number's text


def decode(content: bytes, charset: str | None = None, *, digits: bool = True) -> Any:
    """As that of connector_core; and a name that comes twice in one object is found by the same count of colons."""
    try:
        value = (_EXACT if digits else _PLAIN).decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return decoding.decode(content, charset, digits=digits)
    if content.count(b":") != decoding._shallow(value):
        text = content.decode()
        if decoding._repeats(text, value):
            decoding._STRICT.decode(text)
    return value


def use() -> None:
    """Decode every answer so, from now on."""
    answers.decode = decode  # type: ignore[attr-defined]  # its own module's name
