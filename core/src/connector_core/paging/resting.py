"""What the paginators share: the first request of a feed, and coming to rest at its start."""

from attrs import frozen

from connector_core.source.pagination import Bookmark, Page, Request, Where
from connector_core.source.tables import Table


def first_request(table: Table) -> Request:
    """The request for a table before anything is said about pages: a GET, or a POST where the table has a body."""
    return Request(table.path, table.params, table.method, table.headers, table.body)


def sized(request: Request, param: str | None, page_size: int, where: Where = "query") -> Request:
    """*request* with the setting ``page_size`` in *param*, if the API has one."""
    return request.placed(where, param, page_size) if param else request


@frozen
class RestsAtTheStart:
    """What paginators share after which the next sync starts at the start again."""

    reads = "whole in each sync, from its start"

    def rest(self, request: Request, page: Page) -> Bookmark:  # noqa: ARG002  (wherever it ended)
        """Nothing: the next sync reads the feed whole."""
        return {}
