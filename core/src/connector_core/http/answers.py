"""Answers: from the body that came back to JSON, and to the records in it."""

import json
import re
from collections.abc import Callable
from typing import Any

import requests

from connector_core.basics.decoding import NotJson, charset_of, decode, json_type
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import did_you_mean_place, near, nowhere
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

    def plain_json(self) -> Any:
        """The decoded body with plain floats (see ``decode``), unless it was decoded already. Raises as ``json`` does."""
        decoded = self._json is not None or self._why_not is not None
        return self.json() if decoded else decode(self.content, charset_of(self.response.headers), digits=False)

    def at(self, path: str) -> Any:
        """The value at *path*; None where there is none, or no JSON."""
        try:
            return cached_path(path).get(self.json())
        except (ValueError, NotJson):
            return None


def may_have_floats(value: Any, besides: Any) -> bool:
    """Whether a float may stand in *value*, JSON, or in anything in it but *besides*; another list is not looked through."""
    if isinstance(value, dict):
        return any(may_have_floats(each, besides) for each in value.values())
    return isinstance(value, float) or (isinstance(value, list) and value is not besides and bool(value))


def records_in(table: Table, where: str, body: Any) -> list[Any]:
    """The records in the JSON of an answer, from where *table* says; *where* names table and request.

    Raises UnexpectedAnswer when there is no list of them, nor what the table takes for none.
    """
    found = table.place.find(body)
    if isinstance(found, list):
        _check_projection(table, where, body, found)
        return found
    if (table.is_nothing(found) or (body is None and table.is_nothing(None))) and not _elsewhere(table, body):
        return []
    raise UnexpectedAnswer(f"{where}: {_no_list(table, body, found)} {CHECK_URL}")


def _no_list(table: Table, body: Any, found: Any) -> str:
    """What to say of an answer without a list of records."""
    path = table.records
    if found is not MISSING:
        way = "" if found else f" If the API says so where there are none, write nothing={json.dumps(found)!r} in its Table."
        return f"{path!r} is a JSON {json_type(found)}, not a list of records.{way}"
    if not isinstance(body, dict):
        return f"the answer is a JSON {json_type(body)}, not an object."
    keys = one_line(", ".join(body) or "no key at all")
    meant = _elsewhere(table, body) or did_you_mean_place(path, [body])
    way = "" if meant else ' If the API leaves it out where there are none, write nothing="missing" in its Table.'
    return f"the answer has no {path!r}, only {keys}{meant}.{way}"


def _elsewhere(table: Table, body: Any) -> str:
    """What lists of objects the answer has under a name like that of the records: then it is misspelt rather than left out."""
    lists = {
        f"{path}.{name}" if path else name: value
        for path, holder in table.place.holders(body)
        for name, value in holder.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    }
    found = near(table.records, lists) if table.place.find(body) is MISSING else []
    return f" (did you mean {one_line(' or '.join(found), 120)}?)" if found else ""


_PROJECTION = re.compile(r"([^*?|&(){}]+)\[\*?\]\.([^\[\]*?|&(){}]+)")
"""A list, and what is taken of each of its entries: ``edges[*].node``."""


def _check_projection(table: Table, where: str, body: Any, found: list[Any]) -> None:
    """Raise UnexpectedAnswer where an expression finds nothing in a list that is not empty, because it names the wrong key."""
    parts = None if found or not table.place.needs else _PROJECTION.fullmatch(table.records)
    entries = cached_path(parts[1]).find(body) if parts else None
    if parts and isinstance(entries, list) and (hint := nowhere(cached_path(parts[2]), entries)):
        raise UnexpectedAnswer(f"{where}: no entry of {parts[1]} has {parts[2]}{hint}. Correct records in the plugin's Table.")
