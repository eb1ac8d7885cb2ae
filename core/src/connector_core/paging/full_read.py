"""A strategy: everything, each time."""

from attrs import field, frozen

from connector_core.paging.around import Around, filled, mapping
from connector_core.paging.resting import RestsAtTheStart
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, next_request
from connector_core.source.tables import Table


@frozen(hash=False)
class FullRead(Around, RestsAtTheStart):
    """Every sync reads the feed from its start, for a paginator of one's own that would rest elsewhere.

    pages: how the answers are paged. The state holds ``{"page": place}`` while a read is under way, and nothing between two. The
    ready-made paginators read whole by themselves unless they are told ``incremental=True``.
    """

    pages: Paginator = field()

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        return self.pages.first(table, page_size, mapping(bookmark.get("page")))

    def following(self, request: Request, page: Page) -> Request | None:
        return next_request(self.pages, request, page)

    def bookmark(self, request: Request) -> Bookmark:
        return filled({"page": dict(self.pages.bookmark(request))})
