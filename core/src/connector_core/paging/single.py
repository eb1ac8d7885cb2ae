"""An answer that is the whole feed."""

from attrs import frozen

from connector_core.paging.resting import Paged, RestsAtTheStart, first_request
from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Table


@frozen
class SinglePage(RestsAtTheStart, Paged):
    """The API answers with everything at once. Each sync reads it whole."""

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:  # noqa: ARG002  (there is one request only)
        return first_request(table)

    def following(self, request: Request, page: Page) -> Request | None:  # noqa: ARG002
        return None

    def bookmark(self, request: Request) -> Bookmark:  # noqa: ARG002
        return {}
