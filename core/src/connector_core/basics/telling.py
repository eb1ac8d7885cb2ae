"""What came back, as messages tell it: the status and the beginning of an answer, without any secret."""

from collections.abc import Iterable

import requests

from connector_core.basics.discretion import SHOWN_BYTES, strike
from connector_core.basics.names import one_line


def came_back(secrets: Iterable[str], response: requests.Response, content: bytes) -> str:
    """The status, and the beginning of the answer, as messages tell them."""
    reason = one_line(strike(secrets, str(response.reason or "")), 100)
    return f"{response.status_code} {reason}".strip() + shown(secrets, content)


def shown(secrets: Iterable[str], content: bytes) -> str:
    """The beginning of the answer on one line, without any secret, in front of which a colon stands."""
    # Struck out before it is cut to what is shown: half a secret would not be found.
    text = one_line(strike(secrets, content[:SHOWN_BYTES].decode("utf-8", "replace").replace("\0", ""))[:2000])
    return f": {text}" if text else ""
