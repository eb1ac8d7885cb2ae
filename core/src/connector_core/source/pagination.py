"""Pagination: what a request, a page and a paginator are, and noticing a feed that goes in circles.

A paginator is a frozen value without a position of its own: the position lives in the request, so two tables, two
parents or two threads can share one without one moving the other.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

from attrs import evolve, field, frozen

from connector_core.basics.errors import CircularFeed, UnexpectedAnswer
from connector_core.basics.links import link_without
from connector_core.basics.names import one_line
from connector_core.basics.paths import cached_path
from connector_core.source.tables import Table, frozen_mapping

Where = Literal["query", "body", "header"]
"""Where a request carries a position: its query, its JSON body or its headers."""

Bookmark = Mapping[str, Any]
"""A JSON object that brings a paginator back to a request; it becomes part of the state. Empty: from the start."""


@frozen(hash=False)
class Request:
    """One request to the API, without any credential.

    path:    below ``base_url``, with a slash in front; or a whole address on the same host, as a next link may be.
    params:  query parameters.
    method:  ``GET`` or ``POST``.
    headers: further headers, such as one that takes a cursor.
    json:    the body of a POST, sent as JSON; None for no body.
    position: what a paginator wants to know when the answer is there, beyond what it sent; never sent, and no part of equality.
    """

    path: str
    params: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    method: str = "GET"
    headers: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    json: Any = None
    position: Mapping[str, Any] = field(factory=dict, eq=False, repr=False, converter=frozen_mapping)

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.params.items())
        headers = "".join(f" {name}: {value}" for name, value in self.headers.items())
        body = "" if self.json is None else f" {json.dumps(self.json)}"
        return one_line(f"{self.method} {self.path}" + (f"?{query}" if query else "") + headers + body)

    def placed(self, where: Where, name: str, value: Any) -> "Request":
        """This request with *name* set to *value* in its query, its JSON body (a path) or its headers."""
        match where:
            case "query":
                return evolve(self, params={**self.params, name: str(value)})
            case "header":
                return evolve(self, headers={**self.headers, name: str(value)})
            case "body":
                return evolve(self, json=cached_path(name).put(self.json or {}, value))

    def without(self, secret: Callable[[str, str], bool]) -> "Request":
        """This request without the parameters, in its path, of which *secret* says so by name and value.

        A next link may repeat the key that the request came with. The auth adds it again; the state must not hold it. All else
        stays as it is written.
        """
        path = link_without(self.path, secret)
        return self if path == self.path else evolve(self, path=path)

    def found(self, where: Where, name: str) -> Any:
        """What *name* is set to in the query, the JSON body or the headers; None where it is not."""
        if where == "body":
            return cached_path(name).get(self.json or {})
        return (self.params if where == "query" else self.headers).get(name)


@frozen(hash=False)
class Page:
    """One answer of the API.

    body:    the decoded JSON: an object, or a list for an API that answers with the records alone.
    records: the records in it; a list, or for a streamed format a sequence that is read from a temporary file.
    seconds: how long the API took to answer.
    headers: of the answer; their names in lower case.
    ended:   an error rule took the answer for the end of the feed. empty: one took it for a page without records.
    witness: what a feed that ends with this page is held against, called with the paginator, the request and the page; a request
             where the feed goes on all the same. None where nobody watches.
    """

    body: Any = field(repr=False)
    records: Sequence[Any] = field(repr=False)
    seconds: float = 0.0
    headers: Mapping[str, str] = field(factory=dict, repr=False, converter=frozen_mapping)
    ended: bool = False
    empty: bool = False
    witness: "Witness | None" = field(default=None, eq=False, repr=False)

    def get(self, path: str) -> Any:
        """The value at *path* in the body, such as ``next_cursor`` or ``meta.next``; None where there is none."""
        return cached_path(path).get(self.body)

    def find(self, path: str) -> Any:
        """The value at *path* in the body; ``MISSING``, which null is not, where there is none."""
        return cached_path(path).find(self.body)


Witness = Callable[[Any, Request, Page], Request | None]


@runtime_checkable
class Paginator(Protocol):
    """What the sync engine asks of a paginator; each method is pure."""

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        """The request that *bookmark* stands for; with an empty bookmark, the very first one."""

    def following(self, request: Request, page: Page) -> Request | None:
        """The request after *request*, which brought *page*; None where the feed ends.

        Raises UnexpectedAnswer when the page does not say where to go on.
        """

    def bookmark(self, request: Request) -> Bookmark:
        """What the state has to hold, as JSON, in order to make *request* again."""

    def rest(self, request: Request, page: Page) -> Bookmark:
        """Where the next sync starts once *page*, the last one, was read; empty for a feed to be read whole each time."""


class Follower(Protocol):
    """What reading pages asks of a paginator."""

    def following(self, request: Request, page: Page) -> Request | None:
        """The request after *request*, which brought *page*; None where the feed ends."""


def next_request(paginator: Follower, request: Request, page: Page) -> Request | None:
    """The request after *request*; None after a page that an error rule made the last.

    A paginator with ``reads_on`` is asked even then, because it makes several feeds into one and knows which of them ended. Where
    any other ends its feed, the page's witness has a say: see ``connector_core.paging.evidence``. After a page that a rule made
    empty, a paginator that does not know where to go on has come to the end.
    """
    reads_on = getattr(paginator, "reads_on", False)
    if page.ended and not reads_on:
        return None
    try:
        following = paginator.following(request, page)
    except UnexpectedAnswer:
        if not page.empty or reads_on:
            raise
        following = None
    if following is None and page.witness is not None and not reads_on:
        return page.witness(paginator, request, page)
    return following


class LoopGuard:
    """Notices that a feed goes in circles, in constant memory.

    A request that repeats the one before it is noticed at once. Longer loops by Brent's cycle detection (R. P. Brent, "An
    improved Monte Carlo factorization algorithm", BIT 20, 1980): one earlier request is kept, and replaced each time the
    count of requests since doubles, so a loop is noticed before it has been gone round more often than it took to get there.
    """

    def __init__(self) -> None:
        self._kept: Request | None = None
        self._previous: Request | None = None
        self._since = 0
        self._limit = 1

    def check(self, request: Request) -> None:
        """Raise UnexpectedAnswer when *request* was made before in this read."""
        if request in (self._previous, self._kept):
            raise CircularFeed(
                f"{request}: the API's next cursor leads back to a page that this sync has already read, so the feed would never "
                "end. The next sync goes on from the last checkpoint; if it fails the same way, ask the API's owner."
            )
        self._previous = request
        self._since += 1
        if self._since >= self._limit:
            self._kept, self._since, self._limit = request, 0, self._limit * 2
