"""Pages by a cursor that the API hands out."""

from collections.abc import Sequence
from typing import Any

from attrs import field, frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.names import one_line
from connector_core.basics.paths import MISSING, Path, compile_path
from connector_core.paging.resting import first_request, sized
from connector_core.paging.stop_rules import StopRule, listed_rules
from connector_core.source.pagination import Bookmark, Page, Request, Where
from connector_core.source.tables import Table


@frozen(hash=False)
class CursorPaginator:
    """The API hands out a cursor with each page, to be sent back for the next one.

    param:      what takes the cursor.
    next_field: where the answer has the next cursor (``meta.next`` for a nested one); null or empty on the last page.
    size_param: what takes the setting ``page_size``; None when the API has none.
    more_field: where the answer says whether more pages follow, used when it is there.
    missing_ends: the API leaves the next cursor out on the last page. Without it, an answer that has none is an error: the field
                may be called otherwise.
    where:      whether the request carries cursor and size in its ``query``, its JSON ``body`` or its ``header``.
    next_header: the header of the answer that has the next cursor, for an API that puts it there; then next_field is not used.
    next_path:  the path of every request but the first, for an API that has one of its own (a scroll).
    stop:       further rules that end the feed, for an API that hands out a cursor on the last page too: ``[empty_page()]``.

    The bookmark is ``{"next_cursor": <cursor>}``, the state of the documented hand-written connectors. A finished sync rests at
    the last cursor that was not null: the next reads the last page again, or what follows it where even that page had a cursor.
    """

    param: str = "cursor"
    next_field: str = "next_cursor"
    size_param: str | None = "page_size"
    more_field: str = "has_more"
    where: Where = "query"
    next_header: str | None = None
    next_path: str | None = None
    stop: Sequence[StopRule] = field(default=(), converter=listed_rules)
    missing_ends: bool = False
    _place: Path = field(init=False, eq=False, repr=False)
    _more: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.next_field)

    @_more.default
    def _(self) -> Path:
        return compile_path(self.more_field)

    reads = (
        "incrementally: each sync starts at the cursor that the last one ended with, reads that page again, "
        "and so picks up what was added since"
    )

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size, "query" if self.where == "header" else self.where)
        cursor = bookmark.get("next_cursor")
        return self._at(request, cursor) if cursor else request

    def following(self, request: Request, page: Page) -> Request | None:
        more = self._more.find(page.body)
        if more is False or any(rule(request, page) for rule in self.stop):
            return None
        cursor = self._cursor(request, page)
        if cursor:
            return self._at(request, cursor)
        if more is True:
            raise UnexpectedAnswer(
                f"{request}: the answer says {self.more_field}: true but gives no {self._name}, so the rest of the feed "
                "cannot be read. Ask the API's owner; nothing that was delivered is lost."
            )
        return None

    def bookmark(self, request: Request) -> Bookmark:
        cursor = request.found(self.where, self.param)
        return {"next_cursor": cursor} if cursor else {}

    def rest(self, request: Request, page: Page) -> Bookmark:
        cursor = self.named(page)
        return {"next_cursor": cursor} if cursor and isinstance(cursor, str) else self.bookmark(request)

    @property
    def _name(self) -> str:
        return self.next_header or self.next_field

    def _at(self, request: Request, cursor: Any) -> Request:
        placed = request.placed(self.where, self.param, str(cursor))
        return Request(self.next_path or placed.path, placed.params, placed.method, placed.headers, placed.json)

    def named(self, page: Page) -> Any:
        """What stands where the next cursor should be; ``MISSING`` where nothing does."""
        if self.next_header:
            return page.headers.get(self.next_header.lower(), "")
        return self._place.find(page.body)

    def _cursor(self, request: Request, page: Page) -> str | None:
        cursor = self.named(page)
        if cursor is MISSING and not self.missing_ends:
            raise UnexpectedAnswer(
                f"{request}: the answer has neither {self.next_field} nor {self.more_field}: false, so it cannot be told "
                f"whether the feed ends here{there_is(self.next_field, [page.body])}. Correct next_field of the "
                "CursorPaginator; if the API leaves it out on the last page, write missing_ends=True."
            )
        if cursor in (None, MISSING):
            return None
        if isinstance(cursor, str):
            return cursor
        if isinstance(cursor, int) and not isinstance(cursor, bool):
            return str(cursor)
        raise UnexpectedAnswer(
            f"{request}: {self.next_field} is {one_line(repr(cursor), 60)}, where a text, a whole number or null was expected. "
            "If the API changed, change the plugin's paginator."
        )
