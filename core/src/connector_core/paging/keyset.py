"""Pages that start after a key."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.paths import Path, compile_path
from connector_core.paging.resting import first_request, sized
from connector_core.paging.stop_rules import StopRule, empty_page, listed_rules
from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Table


@frozen(hash=False)
class KeysetPaginator:
    """Pages start after a key: the API sorts by *key*, and *param* takes the last one seen.

    param:      the query parameter, such as ``after_id``.
    key:        the field of a record that the API sorts by, ascending, and that no two records share.
    size_param: the query parameter that takes the setting ``page_size``; None when the API has none.
    stop:       what ends the feed; an empty page unless said otherwise.

    The bookmark is ``{"after": key}``. A finished sync rests after the last key seen, so the next reads what was added since.
    """

    param: str
    key: str
    size_param: str | None = "page_size"
    stop: Sequence[StopRule] = field(default=(empty_page(),), converter=listed_rules)
    _place: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.key)

    reads = "incrementally: each sync starts after the last key that was seen"

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size)
        after = bookmark.get("after")
        return request if after is None else request.placed("query", self.param, after)

    def following(self, request: Request, page: Page) -> Request | None:
        if any(rule(request, page) for rule in self.stop):
            return None
        if not page.records:
            raise UnexpectedAnswer(
                f"{request}: the page is empty, without a record to go on after, and nothing says that the feed ends here. "
                "If an empty page is its end, add empty_page() to the paginator's stop; if not, ask the API's owner."
            )
        return self.onward(request, page)

    def onward(self, request: Request, page: Page) -> Request:
        """The request for what comes after the last key of this page, whatever the stop rules say."""
        return request.placed("query", self.param, self._last(request, page))

    def bookmark(self, request: Request) -> Bookmark:
        after = request.params.get(self.param)
        return {} if after is None else {"after": after}

    def rest(self, request: Request, page: Page) -> Bookmark:
        return {"after": str(self._last(request, page))} if page.records else self.bookmark(request)

    def _last(self, request: Request, page: Page) -> Any:
        last = page.records[-1]
        value = self._place.get(last)
        if value is None or isinstance(value, Mapping | list):
            hint = "" if self._place.knows(last) else there_is(self.key, [last])
            raise UnexpectedAnswer(
                f"{request}: the last record has no {self.key} to go on after{hint}. If the API changed, change the plugin's "
                "paginator."
            )
        return value
