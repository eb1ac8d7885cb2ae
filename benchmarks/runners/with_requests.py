"""The floors: bare sessions that fetch the same pages and throw them away, as many at once as ``workers`` says, or one.

``"decode": false`` throws the bytes away, and looks at the end of the body only, where the next cursor stands. ``true`` decodes
the body, and throws away what comes out.
"""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from measure import measured, told

_END = re.compile(rb'"next_cursor":"([0-9a-f]{32})"')
_END_BYTES = 100
_MINE = threading.local()


def session_of(asked: dict[str, Any]) -> requests.Session:
    """The session of this thread."""
    if not hasattr(_MINE, "session"):
        _MINE.session = requests.Session()
        _MINE.session.trust_env = False  # no proxy of the environment, and no look for one in each request
        _MINE.session.headers["api_key"] = asked["key"]
    found: requests.Session = _MINE.session
    return found


def page(asked: dict[str, Any], **place: str) -> bytes:
    """The body of one page."""
    params = {"page_size": str(asked["page_size"]), **place}
    response = session_of(asked).get(f"{asked['url']}/{asked['path']}", params=params, timeout=60)
    response.raise_for_status()
    return response.content


def _cursor_in(body: bytes, *, decode: bool) -> str | None:
    if decode:
        cursor: str | None = json.loads(body)["next_cursor"]
        return cursor
    found = _END.search(body[-_END_BYTES:])
    return found[1].decode() if found else None


def by_cursor(asked: dict[str, Any]) -> int:
    """How many pages a table has that is read from its first to its last."""
    pages, place = 0, dict[str, str]()
    while True:
        cursor = _cursor_in(page(asked, **place), decode=asked["decode"])
        pages += 1
        if cursor is None:
            return pages
        place = {"cursor": cursor}


def by_offset(asked: dict[str, Any], pool: ThreadPoolExecutor) -> int:
    """How many pages a table has of which the first is waited for, because it tells the total."""
    total, size = json.loads(page(asked))["total"], asked["page_size"]
    return 1 + sum(1 for _ in pool.map(lambda offset: page(asked, offset=str(offset)), range(size, total, size)))


def main() -> None:
    asked = told()
    with measured(asked["report"]) as report, ThreadPoolExecutor(asked["workers"] or 1) as pool:
        if asked["by"] == "offset":
            report["pages"] = by_offset(asked, pool)
        else:
            report["pages"] = sum(pool.map(lambda _: by_cursor(asked), asked["tables"]))


if __name__ == "__main__":
    main()
