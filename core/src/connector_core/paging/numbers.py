"""Pages that the paginator counts by itself: by their number, or by how many records came before."""

from collections.abc import Sequence

from attrs import field, frozen

from connector_core.paging.resting import RestsAtTheStart, first_request, sized
from connector_core.paging.stop_rules import StopRule, empty_page, listed_rules
from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Table


@frozen(hash=False)
class PageNumberPaginator(RestsAtTheStart):
    """Pages have numbers.

    param:      the query parameter that takes the number.
    first_page: the number of the first page: 1, or 0.
    size_param: the query parameter that takes the setting ``page_size``; None when the API has none.
    stop:       what ends the feed; an empty page unless said otherwise.

    The bookmark is the number of records before the page, so another page size finds the place (or, without size_param, the
    page's number). A finished sync rests at the start: pages shift when records come in between, so each sync reads it all.
    """

    param: str = "page"
    first_page: int = 1
    size_param: str | None = "page_size"
    stop: Sequence[StopRule] = field(default=(empty_page(),), converter=listed_rules)

    shifts = True

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size)
        if self.size_param:
            return request.placed("query", self.param, self.first_page + _whole(bookmark, "records") // page_size)
        return request.placed("query", self.param, _whole(bookmark, "page", self.first_page))

    def following(self, request: Request, page: Page) -> Request | None:
        return None if any(rule(request, page) for rule in self.stop) else self.onward(request, page)

    def onward(self, request: Request, page: Page) -> Request:  # noqa: ARG002  (whatever came)
        """The request for the page after this one, whatever the stop rules say."""
        return request.placed("query", self.param, int(request.params[self.param]) + 1)

    def bookmark(self, request: Request) -> Bookmark:
        number = int(request.params[self.param])
        if number == self.first_page:
            return {}
        if self.size_param:
            return {"records": (number - self.first_page) * int(request.params[self.size_param])}
        return {"page": number}


@frozen(hash=False)
class OffsetPaginator(RestsAtTheStart):
    """Pages start after so many records.

    param:      the query parameter that takes the offset.
    size_param: the query parameter that takes the setting ``page_size``.
    stop:       what ends the feed; an empty page unless said otherwise.

    The bookmark is ``{"offset": n}``. A finished sync rests at the start, as with PageNumberPaginator.
    """

    param: str = "offset"
    size_param: str | None = "limit"
    stop: Sequence[StopRule] = field(default=(empty_page(),), converter=listed_rules)

    shifts = True

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size)
        return request.placed("query", self.param, _whole(bookmark, "offset"))

    def following(self, request: Request, page: Page) -> Request | None:
        return None if any(rule(request, page) for rule in self.stop) else self.onward(request, page)

    def onward(self, request: Request, page: Page) -> Request:
        """The request for what comes after this page, whatever the stop rules say."""
        # By what came, not by what was asked for: an API may serve smaller pages than it is asked for.
        return request.placed("query", self.param, int(request.params[self.param]) + len(page.records))

    def bookmark(self, request: Request) -> Bookmark:
        offset = int(request.params[self.param])
        return {"offset": offset} if offset else {}


def _whole(bookmark: Bookmark, name: str, default: int = 0) -> int:
    """A whole number of a bookmark; *default* where the state has none, or something else."""
    value = bookmark.get(name, default)
    return value if isinstance(value, int) and value >= default else default
