"""The floors: a bare session that fetches the same pages, one after another, and throws them away.

``"decode": false`` throws the bytes away, and looks at the end of the body only, where the next cursor stands. ``true`` decodes
the body, and throws away what comes out.
"""

import re

import requests
from measure import measured, told

_END = re.compile(rb'"next_cursor":"([0-9a-f]{32})"')
_END_BYTES = 100


def _cursor_in(response: requests.Response, *, decode: bool) -> str | None:
    if decode:
        cursor: str | None = response.json()["next_cursor"]
        return cursor
    found = _END.search(response.content[-_END_BYTES:])
    return found[1].decode() if found else None


def main() -> None:
    asked = told()
    session = requests.Session()
    session.trust_env = False  # no proxy of the environment, and no look for one in each request
    session.headers["api_key"] = asked["key"]
    params = {"page_size": str(asked["page_size"])}
    pages = 0
    with measured(asked["report"]) as report:
        while True:
            response = session.get(f"{asked['url']}/fts_data", params=params, timeout=60)
            response.raise_for_status()
            pages += 1
            cursor = _cursor_in(response, decode=asked["decode"])
            if cursor is None:
                break
            params["cursor"] = cursor
        report["pages"] = pages


if __name__ == "__main__":
    main()
