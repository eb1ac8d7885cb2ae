"""Pages by a cursor that the API hands out."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.names import one_line
from connector_core.basics.paths import MISSING, Path, compile_path
from connector_core.paging.checks import check_carried, check_first, check_positions, check_where, listed_rules, text
from connector_core.paging.ends import LOOKS_LIKE_AN_END, Plain, end_values, is_one_of
from connector_core.paging.places import can_carry, counts_up
from connector_core.paging.resting import Paged, first_request, sized
from connector_core.source.pagination import Bookmark, Page, Request, StopRule, Where
from connector_core.source.positions import A_PATH, FILLED
from connector_core.source.tables import Table


@frozen(hash=False)
class CursorPaginator(Paged):
    """The API hands out a cursor with each page, to be sent back for the next one.

    param:      what takes the cursor.
    next_field: where the answer has the next cursor (``meta.next`` for a nested one); null or empty on the last page.
    size_param: what takes the setting ``page_size``; None when the API has none.
    more_field: where the answer says whether more pages follow, used when it is there.
    missing_ends: the API leaves the next cursor out on the last page. Without it, an answer that has none is an error: the field
                may be called otherwise.
    where:      whether the request carries the cursor in its ``query``, its JSON ``body``, its ``header`` or its ``path``, and
                the size in the body or a path that has a place for it, else in the query. In a body, the cursor keeps its JSON
                type, and may be a list or an object. In a path, *next_path* has the name of *param* in braces:
                ``/items/{cursor}``.
    next_header: the header of the answer that has the next cursor, for an API that puts it there; then next_field is not used.
    next_path:  the path of every request but the first, for an API that has one of its own (a scroll).
    stop:       further rules that end the feed, for an API that hands out a cursor on the last page too: ``[empty_page()]``.
    ends_at:    next cursors that mean the end, beside null and an empty text: ``[0]``. With it, every other value is a cursor.
    incremental: the API keeps its cursors from one sync to the next, and what is new or changed comes behind them.

    While a read is under way the state holds ``{"page_cursor": cursor, "page_size": size}``. A read that was cut short goes on
    there, unless the page size is another one, or the cursor is a small number: such a place shifts when records come or go. A
    finished sync rests at the start.

    With *incremental* the state holds ``{"next_cursor": cursor}``, as the documented hand-written connectors keep it. A finished
    sync rests at the last cursor that was not null: the next reads the last page again, or what follows it where even that page
    had a cursor.
    """

    param: str = field(default="cursor", validator=text)
    next_field: str = field(default="next_cursor", validator=text)
    size_param: str | None = "page_size"
    more_field: str = field(default="has_more", validator=text)
    where: Where = "query"
    next_header: str | None = None
    next_path: str | None = field(default=None, metadata={FILLED: A_PATH})
    stop: Sequence[StopRule] = field(default=(), converter=listed_rules)
    ends_at: Sequence[Plain] = field(default=(), converter=end_values, kw_only=True)
    missing_ends: bool = field(default=False, kw_only=True)
    incremental: bool = field(default=False, kw_only=True)
    _place: Path = field(init=False, eq=False, repr=False)
    _more: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.next_field)

    @_more.default
    def _(self) -> Path:
        return compile_path(self.more_field)

    def __attrs_post_init__(self) -> None:
        check_positions(self, [(self.where, self.param)])

    @property
    def reads(self) -> str:
        """What a sync reads, for people."""
        if not self.incremental:
            return "whole in each sync, from its start"
        return (
            "incrementally: each sync starts at the cursor that the last one ended with, reads that page again, "
            "and so picks up what was added since"
        )

    @property
    def risk(self) -> str:
        """What the plugin takes upon itself."""
        if not self.incremental:
            return ""
        return (
            "A record that changes without coming again behind the last cursor keeps its old values, because the plugin says "
            "incremental=True."
        )

    def check(self, table: Table) -> None:
        """Raise PluginError when a stop rule reads what the requests for *table* do not have."""
        check_carried(self, self.first(table, 1, {}))
        check_first(self, table)
        check_where(self, table, self.param, path=self.next_path)

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = evolve(sized(first_request(table), self.size_param, page_size, self.where), position=self._sizes(page_size))
        if self.incremental:
            cursor = bookmark.get("next_cursor")
        else:
            cursor = bookmark.get("page_cursor") if bookmark.get("page_size") == self._sizes(page_size).get("page_size") else None
        return self._at(request, cursor) if self._is_cursor(cursor) else request

    def following(self, request: Request, page: Page) -> Request | None:
        more = self._more.find(page.body)
        if more is False or any(rule(request, page) for rule in self.stop):
            return None
        cursor = self._cursor(request, page, certain=more is True)
        if cursor is not None:
            return self._at(request, cursor)
        if more is True:
            raise UnexpectedAnswer(
                f"{request}: the answer says {self.more_field}: true but gives no {self._name}, so the rest of the feed "
                "cannot be read. Ask the API's owner; nothing that was delivered is lost."
            )
        return None

    def bookmark(self, request: Request) -> Bookmark:
        cursor = request.position.get("cursor", request.found(self.where, self.param))
        if cursor is None:
            return {}
        if self.incremental:
            return {"next_cursor": cursor}
        size = request.position.get("page_size")
        return {} if counts_up(cursor) else {"page_cursor": cursor} | ({} if size is None else {"page_size": size})

    def rest(self, request: Request, page: Page) -> Bookmark:
        if not self.incremental:
            return {}
        cursor = self.named(page)
        goes_on = self._is_cursor(cursor) and not self._ends(cursor) and (bool(self.ends_at) or not _looks_like_an_end(cursor))
        return {"next_cursor": cursor} if goes_on else self.bookmark(request)

    @property
    def _name(self) -> str:
        return self.next_header or self.next_field

    def _sizes(self, page_size: int) -> Mapping[str, Any]:
        return {"page_size": page_size} if self.size_param else {}

    def _at(self, request: Request, cursor: Any) -> Request:
        position = {**request.position, "cursor": cursor}
        there = request if self.next_path in (None, request.template) else request.at(str(self.next_path))
        return there.placed(self.where, self.param, cursor, position=position)

    def named(self, page: Page) -> Any:
        """What stands where the next cursor should be; ``MISSING`` where nothing does."""
        if self.next_header:
            return page.headers.get(self.next_header.lower(), "")
        return self._place.find(page.body)

    def _is_cursor(self, value: Any) -> bool:
        """Whether *value* can be sent where the cursor goes."""
        if value is None or value is MISSING or isinstance(value, bool) or value in ("", [], {}):
            return False
        return can_carry(self.where, value)

    def _ends(self, value: Any) -> bool:
        return value is None or value is MISSING or value in ("", [], {}) or is_one_of(value, self.ends_at)

    def _cursor(self, request: Request, page: Page, *, certain: bool) -> Any:
        """The next cursor; None where there is none. Raises UnexpectedAnswer for what is no cursor.

        certain: the answer says that there is another page, so a value that looks like an end is none.
        """
        cursor = self.named(page)
        if cursor is MISSING and not self.missing_ends:
            raise UnexpectedAnswer(
                f"{request}: the answer has neither {self.next_field} nor {self.more_field}: false, so it cannot be told "
                f"whether the feed ends here{there_is(self.next_field, [page.body])}. Correct next_field of the "
                "CursorPaginator; if the API leaves it out on the last page, write missing_ends=True."
            )
        if self._ends(cursor):
            return None
        shown = one_line(repr(cursor), 60)
        if not self.ends_at and not certain and _looks_like_an_end(cursor):
            raise UnexpectedAnswer(
                f"{request}: {self._name} is {shown}, by which many APIs say that the feed ends. If this one does, write "
                f"ends_at=[{shown}] in the paginator; if it is a cursor, write ends_at=[None]."
            )
        if not self._is_cursor(cursor):
            raise UnexpectedAnswer(
                f"{request}: {self._name} is {shown}, where a text, a number or null was expected. "
                f"If it means that the feed ends, write ends_at=[{shown}] in the paginator; if the API changed, change that."
            )
        return cursor


def _looks_like_an_end(value: Any) -> bool:
    return is_one_of(value, LOOKS_LIKE_AN_END)
