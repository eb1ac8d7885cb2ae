"""Pages by a function of the plugin's own."""

from collections.abc import Callable, Mapping

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.paging.resting import RestsAtTheStart, first_request, sized
from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Table


@frozen(hash=False)
class FunctionPaginator(RestsAtTheStart):
    """Any other way: a pure function from a request and its page to the next request, or None at the end.

    next_request: the function. It must not keep anything between calls: build the next request from the one it is given.
    size_param:   the query parameter of the first request that takes the setting ``page_size``; None when the API has none.

    The bookmark is the request itself. A finished sync rests at the start.
    """

    next_request: Callable[[Request, Page], Request | None] = field(repr=False)
    size_param: str | None = None

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        stored = bookmark.get("request")
        if isinstance(stored, Mapping):
            return Request(**stored)
        return sized(first_request(table), self.size_param, page_size)

    def following(self, request: Request, page: Page) -> Request | None:
        following = self.next_request(request, page)
        if following is not None and not isinstance(following, Request):
            raise PluginError(f"the function returned {type(following).__name__}. Return a Request, or None at the end.")
        return following

    def bookmark(self, request: Request) -> Bookmark:
        return {
            "request": {
                "path": request.path,
                "params": dict(request.params),
                "method": request.method,
                "headers": dict(request.headers),
                "json": request.json,
            }
        }
