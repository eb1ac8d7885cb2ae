"""Where a request may go: credentials go to the configured origin only."""

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urljoin

import requests

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.basics.wire import parse_url
from connector_core.source.elsewhere import is_elsewhere


@lru_cache(maxsize=64)  # the same few are asked for with each page, and to parse one takes 15 µs
def origin(url: str) -> tuple[str | None, str | None, int | None]:
    """Scheme, host and port: what has to be the same for a credential to travel (RFC 6454). ValueError: no address.

    Read by the parser that requests goes by. urllib.parse would read another host where a backslash stands before an @.
    """
    parts = parse_url(url)
    return parts.scheme, parts.host, parts.port or {"https": 443, "http": 80}.get(parts.scheme or "")


def host_of(url: str) -> str | None:
    """The host of *url*; None where it has none, or is no address."""
    try:
        return origin(url)[1]
    except ValueError:
        return None


def check_origin(base_url: str, table: str, path: str, elsewhere: Sequence[str] = ()) -> str:
    """The address of a request to *path*.

    Raises UnexpectedAnswer unless it is at *base_url*, where credentials may go, or at one of the hosts that the table names as
    *elsewhere*, where none goes.
    """
    if path.startswith("/"):
        return base_url.rstrip("/") + path
    url = path
    if not (same_origin(url, base_url) or is_elsewhere(url, elsewhere)):
        raise UnexpectedAnswer(
            f"{table}: the next request would go to {shown_origin(url)}, "
            f"but credentials go to {shown_origin(base_url)} only{_difference(url, base_url)}. {_other_hosts(elsewhere)}"
            "If the API has moved, set base_url to its address. If it is the same API, behind a proxy, write path_only=True in "
            "the paginator of the links. If the address needs no credential, such as a signed one, write its host into elsewhere "
            "of the Table; if it is none of these, correct the plugin's paginator."
        )
    return url


def _other_hosts(elsewhere: Sequence[str]) -> str:
    return f"Requests without any go to {', '.join(elsewhere)} as well, by https. " if elsewhere else ""


def _difference(url: str, base_url: str) -> str:
    """What tells the origins of two addresses apart, for people; nothing where one has none."""
    try:
        pairs = zip(("scheme", "host", "port"), origin(url), origin(base_url), strict=True)
    except ValueError:
        return ""
    told = [f"its {name} is {one_line(one, 60)}, and that of base_url {two}" for name, one, two in pairs if one != two and one]
    return f": {'; '.join(told)}" if told else ""


def check_redirect(base_url: str, where: str, response: requests.Response, elsewhere: Sequence[str] = ()) -> str:
    """The address that *response* leads to.

    Raises UnexpectedAnswer unless it is at *base_url*, where credentials may go, or at one of the hosts that the table names as
    *elsewhere*. Who was led away from the API is led no further than to these.
    """
    url = led_to(response)
    home = same_origin(url, base_url) and same_origin(response.url, base_url)
    if not (home or is_elsewhere(url, elsewhere)):
        raise UnexpectedAnswer(
            f"{where}: the API redirects to {shown_origin(url)}. "
            f"The key is sent to {shown_origin(base_url)} only, so the redirect is not followed. {_other_hosts(elsewhere)}"
            "If the API has moved, set base_url to its new address. If the address needs no key, such as a signed one, write its "
            "host into elsewhere of the Table."
        )
    return url


def same_origin(url: str, other: str) -> bool:
    """Whether a credential for one of the two may travel to the other as well."""
    try:
        return origin(url) == origin(other)
    except ValueError:
        return False


def asks_to_get(response: requests.Response) -> bool:
    """Whether the redirect leads to what is to be read with GET, whatever was sent (RFC 9110, section 15.4.4)."""
    return response.status_code == 303


def led_to(response: requests.Response) -> str:
    """The address that a redirect leads to; an empty one where that is none."""
    try:
        return urljoin(response.url, response.headers["Location"])
    except ValueError:
        return ""


def shown_origin(url: str) -> str:
    """The origin of *url*, for people."""
    try:
        scheme, host, port = origin(url)
    except ValueError:
        scheme = host = port = None
    if not host:
        return "what is no address"
    return one_line(f"{scheme}://{host}:{port}", 100)
