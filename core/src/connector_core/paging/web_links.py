"""Links that an API gives out: the ``Link`` header (RFC 8288), and where a link leads (RFC 3986)."""

import re
from collections.abc import Mapping
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from attrs import frozen

from connector_core.source.pagination import Page, Request

_LINK = re.compile(r"<([^>]*)>((?:[^,\"<]|\"(?:[^\"\\]|\\.)*\")*)")
_PARAMETER = re.compile(r";\s*([^\s=;,]+)\s*(?:=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,]*)))?")
NOWHERE = "https://host"
"""Where a request is taken to be made to as long as nobody has said."""


@frozen
class Link:
    """One link of a ``Link`` header: where it leads, and its parameters by their names in lower case."""

    target: str
    parameters: Mapping[str, str]


def links_of(header: str) -> Mapping[str, Link]:
    """Relation → the first link that has it, from a ``Link`` header (RFC 8288, section 3)."""
    found: dict[str, Link] = {}
    for target, rest in _LINK.findall(header):
        parameters: dict[str, str] = {}
        for name, quoted, bare in _PARAMETER.findall(rest):
            parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or bare)  # of several, the first counts
        for relation in parameters.get("rel", "").lower().split():
            found.setdefault(relation, Link(target.strip(), parameters))
    return found


def resolved(link: str, request: Request, page: Page, *, path_only: bool = False) -> str:
    """The path of the request that *link* on *page* leads to, by RFC 3986, section 5, from the address that answered.

    It is a whole address. An absolute path that is the very path which was asked for stays that, below ``base_url``: behind a
    gateway, an API does not know what stands in front of its own paths. *path_only* takes no more than path and query from the
    link. Raises ValueError when it leads to no address.
    """
    base = page.url or (NOWHERE + request.path if request.path.startswith("/") else request.path)
    own = urlsplit(request.path)
    led = urlsplit(urldefrag(urljoin(base, link)).url)
    if path_only:
        there = urlsplit(base)
        led = led._replace(scheme=there.scheme, netloc=there.netloc)
    given = urlsplit(link)
    if request.path.startswith("/") and given.path == own.path and (path_only or not given.netloc):
        return urlunsplit(("", "", own.path, led.query, ""))
    whole = urlunsplit(led)
    return whole if page.url else whole.removeprefix(NOWHERE)
