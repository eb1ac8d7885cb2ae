"""What a request and an answer are to an API on this machine."""

import json as json_text
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen

JSON = {"Content-Type": "application/json"}


@frozen
class Asked:
    """A request as an API sees it. *headers* have lower-case names; *json* is None without a body."""

    method: str
    path: str
    params: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)
    json: Any = None

    def get(self, where: str, name: str) -> Any:
        """What *name* is set to in the ``query``, the ``header`` or the ``body``."""
        if where == "header":
            return self.headers.get(name.lower())
        return (self.params if where == "query" else self.json or {}).get(name)


def asked(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Asked:
    """A request from what came over the wire. Raises ValueError for a body that is no JSON."""
    parts = urlsplit(target)
    lower = {name.lower(): value for name, value in headers.items()}
    return Asked(
        method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), lower, json_text.loads(body) if body else None
    )


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
