"""What the paginators share: the first request of a feed, coming to rest at its start, and how long they are patient."""

from typing import Any

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.source.pagination import MAX_EMPTY_PAGES, Bookmark, Page, Request, Where
from connector_core.source.positions import positions_in
from connector_core.source.tables import Table


def first_request(table: Table) -> Request:
    """The request for a table before anything is said about pages: a GET, or a POST where the table has a body."""
    return Request(table.path, table.params, table.method, table.headers, table.body, form=table.form)


def sized(request: Request, param: str | None, page_size: int, where: Where = "query") -> Request:
    """*request* with the setting ``page_size`` in *param*, if the API has one."""
    return request.placed(place_of_size(where, param, request.path), param, page_size) if param else request


def place_of_size(where: Where, param: str, path: str) -> Where:
    """Where a request to *path*, which carries its position at *where*, has the page size: the query, unless it fits there."""
    fits = where == "body" or (where == "path" and any(positions_in(path, {param})))
    return where if fits else "query"


WHOLE = "whole in each sync, from its start"


@frozen
class RestsAtTheStart:
    """What paginators share after which the next sync starts at the start again."""

    @property
    def reads(self) -> str:
        """What a sync reads, for people."""
        return WHOLE

    def rest(self, request: Request, page: Page) -> Bookmark:  # noqa: ARG002  (wherever it ended)
        """Nothing: the next sync reads the feed whole."""
        return {}


def _whole(instance: Any, attribute: Any, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        kind = type(instance).__name__
        raise PluginError(f"{kind}: {attribute.name} is {one_line(repr(value), 60)}. Write a whole number above 0.")


@frozen
class Paged:
    """What paginators share that page at all.

    max_empty_pages: so many pages in a row may bring nothing new before the read is given up with an error.
    """

    max_empty_pages: int = field(default=MAX_EMPTY_PAGES, kw_only=True, repr=False, validator=_whole)

    @property
    def fills(self) -> tuple[str, ...]:
        """The names in braces in a path that it puts something in the place of."""
        if getattr(self, "where", "query") != "path":
            return ()
        return tuple(name for each in ("param", "size_param") if (name := getattr(self, each, None)))
