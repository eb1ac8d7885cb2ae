"""Pages that were kept in files: raw JSON, what `curl -i` prints, and a HAR file of a browser (HTTP Archive 1.2)."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import field, frozen

from connector_build.errors import UsageProblem
from connector_core.basics.decoding import NotJson, decode
from connector_core.basics.names import one_line

MOST_BYTES: Final = 100_000_000
PAGE_BYTES: Final = 15_000_000
"""As large as the answer that a sync takes by default."""
_STATUS: Final = re.compile(rb"HTTP/[\d.]+ (\d{3})[^\n]*\n")


@frozen
class Kept:
    """One answer, and the request that it came for, where that is known.

    url: whole; empty where nobody kept it. sent: the headers of the request; json: its body. body: decoded; text: as it came.
    """

    text: str = field(repr=False)
    body: Any = field(repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    status: int = 200
    url: str = ""
    method: str = "GET"
    sent: Mapping[str, str] = field(factory=dict, repr=False)
    json: Any = field(default=None, repr=False)


def read_files(paths: Sequence[Path]) -> list[Kept]:
    """The answers in some files, in order. Raises UsageProblem for a file that has none."""
    return [kept for path in paths for kept in _read(path)]


def _read(path: Path) -> list[Kept]:
    where = f"--from {one_line(path, 200)}"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageProblem(f"{where}: it has more than {MOST_BYTES // 1_000_000} MB. Keep fewer pages, or smaller ones.")
        content = path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"{where}: it cannot be read: {error.strerror}. Name a file with a page of the API.") from None
    if content.startswith(b"HTTP/"):
        return _of_curl(content.replace(b"\r\n", b"\n"), where)
    body = _json(content, where)
    return _of_har(body, where) if _is_har(body) else [_page(content, body, where)]


def _page(content: bytes, body: Any, where: str, **parts: Any) -> Kept:
    if len(content) > PAGE_BYTES:
        raise UsageProblem(
            f"{where}: a page has more than {PAGE_BYTES // 1_000_000} MB, which no sync takes. Keep a smaller one."
        )
    return Kept(content.decode("utf-8", "replace"), body, **parts)


def _json(content: bytes, where: str) -> Any:
    try:
        return decode(content)
    except NotJson as error:
        other = " `new` does not draft tables of XML: docs/sources.md has the format, Xml." if "XML" in str(error) else ""
        raise UsageProblem(
            f"{where}: it {error}. Give a page of an API in JSON, what curl -i printed, or a HAR file.{other}"
        ) from None
    except (ValueError, RecursionError):
        raise UsageProblem(
            f"{where}: it is no whole JSON. Give a page of an API in JSON, what curl -i printed, or a HAR file."
        ) from None


def _of_curl(content: bytes, where: str) -> list[Kept]:
    """Answers with their headers in front; those that only lead on (100, 3xx, a proxy's 200) have no JSON."""
    starts = [
        found.start()
        for found in _STATUS.finditer(content)
        if found.start() == 0 or content[found.start() - 1 : found.start()] == b"\n"
    ]
    found = []
    for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
        head, _, body = content[start:end].partition(b"\n\n")
        first, *lines = head.decode("latin-1").split("\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split()[1])
        if body.strip() and 200 <= status < 300:
            found.append(_page(body, _json(body, where), where, headers=headers, status=status))
    if not found:
        raise UsageProblem(f"{where}: no answer in it has JSON. Keep what `curl -i` prints of a page.")
    return found


def _is_har(body: Any) -> bool:
    log = body.get("log") if isinstance(body, dict) else None
    return isinstance(log, dict) and isinstance(log.get("entries"), list)


def _of_har(body: Any, where: str) -> list[Kept]:
    found = [kept for entry in body["log"]["entries"] if (kept := _of_entry(entry)) is not None]
    if not found:
        raise UsageProblem(
            f"{where}: no answer in it is JSON. Open the page that shows the data, and save the archive with content."
        )
    return found


def _of_entry(entry: Any) -> Kept | None:
    """One entry of a HAR file; None for one that is no page in JSON."""
    try:
        request, response = entry["request"], entry["response"]
        content, url = response["content"], str(request["url"])
        text, method = content.get("text"), str(request["method"]).upper()
        if not text or not 200 <= int(response["status"]) < 300 or method not in ("GET", "POST"):
            return None
        raw = b64decode(text) if content.get("encoding") == "base64" else str(text).encode()
        if len(raw) > PAGE_BYTES or urlsplit(url).scheme not in ("https", "http"):
            return None
        decoded = decode(raw)
        posted = (request.get("postData") or {}).get("text")
        sent = json.loads(posted) if method == "POST" and posted else None
        return Kept(
            raw.decode("utf-8", "replace"),
            decoded,
            _headers(response),
            int(response["status"]),
            url,
            method,
            _headers(request),
            sent,
        )
    except (KeyError, TypeError, AttributeError, ValueError, NotJson, RecursionError):
        return None


def _headers(part: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(each["name"]).lower(): str(each["value"]) for each in part.get("headers", ()) if not str(each["name"]).startswith(":")
    }
