"""Places in a feed: which of them a later sync may go on from.

A place that is counted, such as the third page or the hundredth record, shifts when records come or go: who goes on there after
a crash passes records over. A read that says its places so starts over.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from connector_core.source.pagination import Request, Where

_COUNTED = re.compile(r"-?\d{1,9}")
_WORD = re.compile(r"[A-Za-z_,. -]{0,30}|\d{4}-\d\d-\d\d.*")
_OF_A_TOKEN = re.compile(r"cursor|token|after|before|marker|continu|scroll|next|info|key|state|position", re.IGNORECASE)
_OF_PAGES = frozenset({"page", "pages", "p", "offset", "skip", "start"})
_IN_A_HEADER = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def counts_up(value: Any) -> bool:
    """Whether *value* is a small whole number, as pages and records are counted."""
    return not isinstance(value, bool) and isinstance(value, str | int) and _COUNTED.fullmatch(str(value)) is not None


def is_counted(request: Request) -> bool:
    """Whether *request* says its place by counting: plain numbers, and no token, tell it from the ``start`` in its position."""
    start: Request | None = request.position.get("start")
    if start is None:
        return False
    asked, began = {**request.linked, **request.params}, {**start.linked, **start.params}
    new = [(name, value) for name, value in asked.items() if began.get(name) != value]
    new += [(name, value) for name, value in _leaves(request.json) if (name, value) not in list(_leaves(start.json))]
    new += [(name, value) for name, value in request.headers.items() if start.headers.get(name) != value]
    steps = _steps(urlsplit(start.path).path, urlsplit(request.path).path)
    if steps is None:
        return False
    numbers = [value for _, value in new if counts_up(value)] + steps
    others = [(name, value) for name, value in new if not counts_up(value)]
    plain = all(isinstance(value, str | bool | None) and _WORD.fullmatch(str(value)) for _, value in others)
    return plain and not any(_OF_A_TOKEN.search(name) for name, _ in others) and bool(numbers or not new)


def _leaves(body: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(body, Mapping):
        for key, value in body.items():
            yield from _leaves(value, str(key))
    elif isinstance(body, list):
        for value in body:
            yield from _leaves(value, name)
    else:
        yield name, body


def _steps(start: str, path: str) -> list[str] | None:
    """The numbers by which *path* differs from *start*, which may stand in the middle of it; None where more tells them apart."""
    here, there = [part for part in start.split("/") if part], [part for part in path.split("/") if part]
    for shift in range(len(there) - len(here) + 1):
        differing = [two for one, two in zip(here, there[shift:], strict=False) if one != two]
        more = there[shift + len(here) :]
        if all(counts_up(part) for part in differing) and all(counts_up(part) or part in _OF_PAGES for part in more):
            return [part for part in [*differing, *more] if counts_up(part)]
    return None


def is_address(value: Any) -> TypeGuard[str]:
    """Whether *value* can be the path of a request: below ``base_url``, or a whole address."""
    return isinstance(value, str) and (value.startswith("/") or "://" in value) and value.isprintable() and " " not in value


def fits_a_header(value: Any) -> bool:
    """Whether *value* can stand in a header of a request (RFC 9110, section 5.5)."""
    return isinstance(value, str | int | float) and _IN_A_HEADER.fullmatch(str(value)) is not None


def fits_a_path(value: Any) -> bool:
    """Whether *value* can be a segment of a path: empty ones, and those of dots alone, are taken out of an address (RFC 3986)."""
    return isinstance(value, str | int | float) and str(value) not in ("", ".", "..")


def can_carry(where: Where, value: Any) -> bool:
    """Whether a request can carry *value* there."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return where == "body" and not isinstance(value, bool)
    match where:
        case "header":
            return fits_a_header(value)
        case "path":
            return fits_a_path(value)
    return True


def request_of(stored: Any) -> Request | None:
    """The request that a state holds, written by ``stored_request``; None for anything else."""
    if not isinstance(stored, Mapping) or not is_address(stored.get("path")):
        return None
    params, headers, method = stored.get("params"), stored.get("headers"), stored.get("method")
    if not _is_texts(params) or not _is_texts(headers) or not all(fits_a_header(value) for value in headers.values()):
        return None
    if method not in ("GET", "POST") or not all(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) for name in headers):
        return None
    json, form = stored.get("json"), stored.get("form") is True
    return Request(stored["path"], params, method, headers, json, form=form and isinstance(json, Mapping))


def stored_request(request: Request) -> dict[str, Any]:
    """*request* as a state holds it."""
    return {
        "path": request.path,
        "params": dict(request.params),
        "method": request.method,
        "headers": dict(request.headers),
        "json": request.json,
        **({"form": True} if request.form else {}),
    }


def _is_texts(value: Any) -> TypeGuard[Mapping[str, str]]:
    return isinstance(value, Mapping) and all(isinstance(part, str) for pair in value.items() for part in pair)
