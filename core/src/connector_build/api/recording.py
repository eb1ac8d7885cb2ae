"""Recorded answers of a real API, without its secrets, that are answered again."""

import json
import os
import tempfile
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from attrs import field, frozen

from connector_build.api.messages import Answering, Asked, Reply
from connector_build.api.nearest import nearest
from connector_build.api.presents import asks_the_same
from connector_build.errors import UsageProblem
from connector_core.basics.errors import UnexpectedAnswer

STRUCK = "***"
"""What stands where a secret was."""
FRAMING = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
"""Headers about one connection (RFC 9112): an answer that is sent again is framed anew, and may have become another length."""
ZIP = b"PK\x03\x04"
"""What an archive begins with."""


class NotRecorded(UnexpectedAnswer):
    """A request that the recording has no answer to. The text names the nearest one that it has."""


@frozen
class Recorded:
    """One request and its answer, neither with a secret. *headers* are those of the answer, in lower case.

    table: whose records were asked for. asks: it was asked how far something is, such as an export.
    """

    request: Asked
    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)
    encoding: str = "utf-8"
    table: str = ""
    asks: bool = False

    @property
    def line(self) -> str:
        """The request on one line: ``GET /shifts?limit=100``, with headers and body behind it where it has some."""
        return _line(self.request)


@frozen
class Recording:
    """What an API answered. ``reply`` answers the same again.

    settings:  what the configuration said beside secrets, addresses and what the auth reads. A day is one of the calendar.
    made:      when it was read, in UTC: ``2026-01-31T10:00:00Z``; empty where that is not known.
    elsewhere: the origins, beside the API's own, from which something was fetched.
    """

    page_size: int
    answers: tuple[Recorded, ...]
    settings: Mapping[str, str] = field(factory=dict)
    made: str = ""
    elsewhere: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "Recording":
        """The recording in a file. Raises UsageProblem where there is none."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            answers = tuple(map(_from_json, found["answers"]))
            settings = {str(name): str(value) for name, value in found.get("settings", {}).items()}
            more = str(found.get("made", "")), tuple(map(str, found.get("elsewhere", ())))
            return cls(int(found["page_size"]), answers, settings, *more)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise UsageProblem(
                f"{path} is no recording that can be read ({type(error).__name__}: {error}). Make one with "
                "connector-build record NAME --configuration FILE."
            ) from None

    def save(self, path: Path) -> None:
        """Write it into a file, whole or not at all. Raises UsageProblem where that cannot be written."""
        found: dict[str, Any] = {"made": self.made} if self.made else {}
        found |= {"page_size": self.page_size}
        found |= {"settings": dict(self.settings)} if self.settings else {}
        found |= {"elsewhere": list(self.elsewhere)} if self.elsewhere else {}
        found |= {"answers": [to_json(each) for each in self.answers]}
        write_whole(path, json.dumps(found, indent=2, ensure_ascii=False) + "\n")

    def reply(self, request: Asked) -> Reply:
        """The recorded answer; where there is none, that to the same request of the time of the recording. Raises NotRecorded.

        A request may name the present, as the last of a plugin's windows does. Then the present of the recording stands for it.
        """
        asked = self._of_the_client(request)
        same = (each for each in self.answers if each.request == asked)
        earlier = (each for each in self.answers if asks_the_same(each.request, asked, self.made))
        for each in chain(same, earlier):
            kept = {name: value for name, value in each.headers.items() if name not in FRAMING}
            return Reply(each.status, kept, each.body.encode(each.encoding))
        when = f" It was made on {self.made[:10]}, and knows of no time after that." if self.made else ""
        raise NotRecorded(
            f"{self.lacks(request)} If the plugin now asks for something else, record the API anew; "
            f"if not, correct the paginator.{when}"
        )

    def _of_the_client(self, request: Asked) -> Asked:
        """*request* with those of its headers that some recorded one has: the rest are of the client, or of the auth."""
        names = {name for each in self.answers for name in each.request.headers}
        headers = {name: value for name, value in request.headers.items() if name in names}
        return Asked(request.method, request.path, without_struck(request.params), headers, request.json)

    def nearest(self, request: Asked) -> Asked | None:
        """The recorded request that is most like *request*; None where there is none at all."""
        return nearest(self._of_the_client(request), [each.request for each in self.answers])

    def lacks(self, request: Asked) -> str:
        """That *request* was not recorded, and which one is the nearest: two sentences."""
        found = self.nearest(request)
        nearest_of = (
            "The one request in it" if len(self.answers) == 1 else f"The nearest of the {len(self.answers)} requests in it"
        )
        has = f"{nearest_of} is {_line(found)}" if found else "It is empty"
        return f"{_line(self._of_the_client(request))} is not in the recording. {has}."


def write_whole(path: Path, text: str) -> None:
    """Write *text* into the file *path*, whole or not at all. Raises UsageProblem where that cannot be written."""
    try:
        handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                opened.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise UsageProblem(f"{path} cannot be written: {error.strerror}. Name a file in a folder that is there.") from None


def replay(path: Path) -> Answering:
    """What answers as recorded in the file *path*, for ``Run.sync``, ``InProcess`` or the API server."""
    return Recording.load(path).reply


def without_struck(params: Mapping[str, str]) -> dict[str, str]:
    """*params* without those that hold nothing but what was a secret, which a next link may bring along."""
    return {name: value for name, value in params.items() if value != STRUCK}


def _line(request: Asked) -> str:
    query = urlencode(request.params)
    headers = "".join(f" {name}: {value}" for name, value in request.headers.items())
    body = "" if request.json is None else f" {json.dumps(request.json)}"
    return f"{request.method} {request.path}" + (f"?{query}" if query else "") + headers + body


def to_json(each: Recorded) -> dict[str, Any]:
    request = each.request
    found: dict[str, Any] = {"request": _line(Asked(request.method, request.path, request.params))}
    found |= {"request_headers": dict(request.headers)} if request.headers else {}
    found |= {"request_body": request.json} if request.json is not None else {}
    found |= {"status": each.status, "headers": dict(each.headers)}
    found |= {"encoding": each.encoding} if each.encoding != "utf-8" else {}
    found |= {"table": each.table} if each.table else {}
    found |= {"asks": True} if each.asks else {}
    return {**found, "body": each.body}


def _from_json(found: Mapping[str, Any]) -> Recorded:
    method, _, target = found["request"].partition(" ")
    parts = urlsplit(target)
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    request = Asked(method, parts.path, params, found.get("request_headers", {}), found.get("request_body"))
    encoding, body = found.get("encoding", "utf-8"), str(found["body"])
    body.encode(encoding)  # or it is no recording
    headers = {str(name).lower(): str(value) for name, value in found["headers"].items()}
    return Recorded(request, int(found["status"]), headers, body, encoding, str(found.get("table", "")), bool(found.get("asks")))
