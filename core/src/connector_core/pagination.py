"""Pagination: from a request and the page it brought to the next request.

A paginator is a frozen value without a position of its own: the position lives in the request, so two tables, two
parents or two threads can share one without one moving the other.
"""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from attrs import field, frozen

from connector_core.errors import UnexpectedAnswer
from connector_core.names import one_line
from connector_core.tables import Table, frozen_mapping

Bookmark = Mapping[str, Any]
"""A JSON object that brings a paginator back to a request; it becomes part of the state. Empty: from the start."""


@frozen(hash=False)
class Request:
    """One GET request to the API: *path* below ``base_url`` and the query parameters, without any credential."""

    path: str
    params: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.params.items())
        return one_line(f"GET {self.path}" + (f"?{query}" if query else ""))


@frozen(hash=False)
class Page:
    """One answer of the API: its JSON object, the records in it, and how long the API took to answer, in seconds."""

    body: Mapping[str, Any] = field(repr=False)
    records: list[Any] = field(repr=False)
    seconds: float = 0.0


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
        """What the state has to hold in order to make *request* again in a later sync."""


@frozen
class CursorPaginator:
    """The API hands out a cursor with each page, to be sent back for the next one.

    param:      the query parameter that takes the cursor.
    next_field: the key of the answer that holds the next cursor; null or an empty text on the last page.
    size_param: the query parameter that takes the setting ``page_size``; None when the API has none.
    more_field: the key of the answer that says whether more pages follow, used when it is there.

    The bookmark is ``{"next_cursor": <cursor>}``, the state of the documented hand-written connectors.
    """

    param: str = "cursor"
    next_field: str = "next_cursor"
    size_param: str | None = "page_size"
    more_field: str = "has_more"

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        params = {self.size_param: str(page_size)} if self.size_param else {}
        if cursor := bookmark.get("next_cursor"):
            params[self.param] = str(cursor)
        return Request(table.path, params)

    def following(self, request: Request, page: Page) -> Request | None:
        more = page.body.get(self.more_field)
        if more is False:
            return None
        cursor = self._cursor(request, page)
        if cursor:
            return Request(request.path, {**request.params, self.param: cursor})
        if more is True:
            raise UnexpectedAnswer(
                f"{request}: the answer says {self.more_field}: true but gives no {self.next_field}, so the rest of the feed "
                "cannot be read. Ask the API's owner; nothing that was delivered is lost."
            )
        return None

    def bookmark(self, request: Request) -> Bookmark:
        cursor = request.params.get(self.param)
        return {"next_cursor": cursor} if cursor else {}

    def _cursor(self, request: Request, page: Page) -> str | None:
        if self.next_field not in page.body:
            raise UnexpectedAnswer(
                f"{request}: the answer has neither {self.next_field} nor {self.more_field}: false, so it cannot be told "
                f"whether the feed ends here. It has {one_line(', '.join(page.body) or 'no key at all')}. If the API changed, "
                "change the plugin's paginator."
            )
        cursor = page.body[self.next_field]
        if cursor is None or isinstance(cursor, str):
            return cursor
        if isinstance(cursor, int) and not isinstance(cursor, bool):
            return str(cursor)
        raise UnexpectedAnswer(
            f"{request}: {self.next_field} is {one_line(repr(cursor), 60)}, where a text, a whole number or null was expected. "
            "If the API changed, change the plugin's paginator."
        )


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
            raise UnexpectedAnswer(
                f"{request}: the API's next cursor leads back to a page that this sync has already read, so the feed would never "
                "end. The next sync goes on from the last checkpoint; if it fails the same way, ask the API's owner."
            )
        self._previous = request
        self._since += 1
        if self._since >= self._limit:
            self._kept, self._since, self._limit = request, 0, self._limit * 2
