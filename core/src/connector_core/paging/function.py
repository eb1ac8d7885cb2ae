"""Pages by a function of the plugin's own."""

from collections.abc import Callable, Sequence

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError
from connector_core.paging.checks import check_carried, listed_rules
from connector_core.paging.places import is_counted, request_of, stored_request
from connector_core.paging.resting import Paged, RestsAtTheStart, first_request, sized
from connector_core.source.pagination import Bookmark, Page, Request, StopRule
from connector_core.source.tables import Table


@frozen(hash=False)
class FunctionPaginator(RestsAtTheStart, Paged):
    """Any other way: a pure function from a request and its page to the next request, or None at the end.

    next_request: the function. It must not keep anything between calls: build the next request from the one it is given.
    size_param:   the query parameter of the first request that takes the setting ``page_size``; None when the API has none.
    stop:         rules that end the feed before the function is asked.

    While a read is under way the state holds ``{"request": request}``, and the page size where one was asked for. A read that was
    cut short goes on there, unless the page size is another one, or plain small numbers are all that tells the request from the
    first: such a place shifts when records come or go. A finished sync rests at the start.
    """

    next_request: Callable[[Request, Page], Request | None] = field(repr=False)
    size_param: str | None = None
    stop: Sequence[StopRule] = field(default=(), converter=listed_rules)

    def check(self, table: Table) -> None:
        """Raise PluginError when a stop rule reads what the requests for *table* do not have."""
        check_carried(self, self.first(table, 1, {}))

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size)
        size = page_size if self.size_param else None
        position = {"start": request, "page_size": size}
        stored = request_of(bookmark.get("request")) if bookmark.get("page_size") == size else None
        return evolve(request if stored is None else stored, position=position)

    def following(self, request: Request, page: Page) -> Request | None:
        if any(rule(request, page) for rule in self.stop):
            return None
        following = self.next_request(request, page)
        if following is None:
            return None
        if not isinstance(following, Request):
            raise PluginError(f"the function returned {type(following).__name__}. Return a Request, or None at the end.")
        return evolve(following, position={**request.position, **following.position})

    def bookmark(self, request: Request) -> Bookmark:
        if request == request.position.get("start") or is_counted(request):
            return {}
        size = request.position.get("page_size")
        return {"request": stored_request(request)} | ({} if size is None else {"page_size": size})
