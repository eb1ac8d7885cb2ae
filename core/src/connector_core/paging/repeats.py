"""Whether what an answer gives out to go on with is only what the request itself said: an echo leads nowhere."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connector_core.source.pagination import Request

_SIZES = frozenset({"size", "per", "limit", "count", "max"})


def repeats(name: str, value: Any, request: Request) -> bool:
    """Whether *value*, which stands at *name* of the answer, is what *request* asked for, or lies before it."""
    if isinstance(value, int):
        return any(value <= number for number in _numbers(name.rpartition(".")[2], request))
    text = str(value)
    return text in _sent(request) or _is_same_address(text, request)


def _numbers(name: str, request: Request) -> Iterator[int]:
    """The numbers in the request's query that are called as *name* is: ``page`` for ``next_page``."""
    wanted = _words(name) - {"next"}
    for param, value in request.params.items():
        words = _words(param)
        if wanted and wanted <= words and not words & _SIZES and value.isdecimal():
            yield int(value)


def _words(name: str) -> set[str]:
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def _sent(request: Request) -> set[str]:
    """The texts that the request carries, short ones left out: those are alike by chance."""
    return {text for text in (*request.params.values(), *request.headers.values(), *_leaves(request.json)) if len(text) > 3}


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, str):
        yield value


def _is_same_address(link: str, request: Request) -> bool:
    """Whether *link* leads to where *request* went: the same path, and the same query in whatever order."""
    if "?" not in link and "/" not in link:
        return False
    try:
        there, here = urlsplit(link), urlsplit(request.path)
        asked = {**dict(parse_qsl(here.query, keep_blank_values=True)), **request.params}
        return there.path.endswith(here.path) and dict(parse_qsl(there.query, keep_blank_values=True)) == asked
    except ValueError:  # no address
        return False
