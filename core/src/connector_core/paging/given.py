"""The records that a configuration gives, instead of an API: one for each value of a list."""

from attrs import frozen

from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Record, Table


@frozen(hash=False)
class Given:
    """One page, which nobody has to ask for: a record ``{"value": …}`` for each of *values*."""

    values: tuple[str, ...] = ()

    reads = "as the configuration lists it"

    @property
    def page(self) -> Page:
        """The page."""
        records: list[Record] = [{"value": value} for value in self.values]
        return Page(records, records)

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:  # noqa: ARG002  (there is only one)
        """What stands for the request that is not made."""
        return Request(table.path)

    def following(self, request: Request, page: Page) -> Request | None:  # noqa: ARG002
        """None: the list is whole."""
        return None

    def bookmark(self, request: Request) -> Bookmark:  # noqa: ARG002
        """Nothing: the list is in the configuration."""
        return {}

    def rest(self, request: Request, page: Page) -> Bookmark:  # noqa: ARG002
        """Nothing."""
        return {}
