"""Answers: from the body that came back to JSON, and to the records in it."""

from collections.abc import Callable
from typing import Any

import requests

from connector_core.basics.decoding import NotJson, charset_of, decode, json_type
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import did_you_mean_place
from connector_core.basics.names import one_line
from connector_core.basics.paths import MISSING, cached_path
from connector_core.source.tables import Table

CHECK_URL = "Check that base_url is the API that this connector is made for; if the API changed, the plugin has to follow."


class Answer:
    """An answer whose body is read when something asks for it, and once; the same goes for its JSON."""

    def __init__(self, response: requests.Response, read: Callable[[], bytes]) -> None:
        self.response = response
        self._read = read
        self._content: bytes | None = None
        self._json: Any = None
        self._why_not: Exception | None = None

    @property
    def content(self) -> bytes:
        """The whole body."""
        if self._content is None:
            self._content = self._read()
        return self._content

    def json(self) -> Any:
        """The decoded body. Raises NotJson, or ValueError where it is JSON that was cut."""
        if self._json is None and self._why_not is None:
            try:
                self._json = decode(self.content, charset_of(self.response.headers))
            except (ValueError, NotJson) as error:
                self._why_not = error
        if self._why_not is not None:
            raise self._why_not
        return self._json

    def at(self, path: str) -> Any:
        """The value at *path*; None where there is none, or no JSON."""
        try:
            return cached_path(path).get(self.json())
        except (ValueError, NotJson):
            return None


def records_in(table: Table, where: str, body: Any) -> list[Any]:
    """The records in the JSON of an answer, from where *table* says; *where* names table and request.

    Raises UnexpectedAnswer when there is no list of them.
    """
    found = table.place.find(body)
    if isinstance(found, list):
        return found
    path = table.records
    if found is MISSING and not isinstance(body, dict):
        raise UnexpectedAnswer(f"{where}: the answer is a JSON {json_type(body)}, not an object. {CHECK_URL}")
    if found is MISSING:
        keys = one_line(", ".join(body) or "no key at all")
        raise UnexpectedAnswer(f"{where}: the answer has no {path!r}, only {keys}{did_you_mean_place(path, [body])}. {CHECK_URL}")
    raise UnexpectedAnswer(f"{where}: {path!r} is a JSON {json_type(found)}, not a list of records. {CHECK_URL}")
