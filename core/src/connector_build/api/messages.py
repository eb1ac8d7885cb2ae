"""What a request and an answer are to an API on this machine."""

import json as json_text
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen

from connector_core import Request
from connector_core.source.form import form_fields

JSON = {"Content-Type": "application/json"}


@frozen
class Asked:
    """A request as an API sees it. *headers* have lower-case names; *json* is None without a body, and a form's fields for one:
    a text for each, and a list of texts where it is there more than once.

    target: path and query as they were sent. body: the bytes. repeated: the query parameters that were given more than once.
    template, places: the path with names in braces, and what stands in their places, once that is known; start: the path of the
    first request of its feed.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)
    json: Any = None
    target: str = field(default="", eq=False, repr=False)
    body: bytes = field(default=b"", eq=False, repr=False)
    repeated: Mapping[str, int] = field(factory=dict, eq=False, repr=False)
    template: str = field(default="", eq=False, repr=False)
    places: Mapping[str, str] = field(factory=dict, eq=False, repr=False)
    start: str = field(default="", eq=False, repr=False)

    def get(self, where: str, name: str) -> Any:
        """What *name* is set to in the ``query``, the ``header``, the ``path`` or the ``body`` (keys with dots between them)."""
        if where == "header":
            return self.headers.get(name.lower())
        if where == "path":
            return self.places.get(name)
        if where == "query":
            return self.params.get(name)
        value = self.json
        if isinstance(value, Mapping) and name in value:  # also of a form, whose names may have dots
            return value[name]
        for key in name.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value


def asked(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Asked:
    """A request from what came over the wire. A body that is no JSON is taken for a form, such as a request for a token."""
    parts = urlsplit(target)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    times = Counter(name for name, _ in pairs)
    lower = {name.lower(): value for name, value in headers.items()}
    repeated = {name: number for name, number in times.items() if number > 1}
    return Asked(method, parts.path, dict(pairs), lower, _decoded(body), target, body, repeated)


def _decoded(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json_text.loads(body)
    except ValueError:
        return _gathered(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def sent_body(request: Request) -> Any:
    """The body of *request* as an API sees it; see ``Asked``."""
    return _gathered(form_fields(request.json)) if request.form else request.json


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


@frozen
class Reply:
    """An answer."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = field(default=b"", repr=False)


Answering = Callable[[Asked], Reply]
"""What answers requests: ``Mimic.reply``, or a function around it."""


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer in JSON."""
    return Reply(status, {**JSON, **(headers or {})}, json_text.dumps(value).encode())


def refused(status: int, why: str, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer that refuses, and says why."""
    return json_reply({"error": why}, status, headers)
