"""Pages that the paginator counts by itself: by their number, or by how many records came before.

Such pages shift when records come or go: what was at the end of one page is then in the middle of another. So a read of them that
was cut short starts over, and the state holds no place in it.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.paging.checks import check_carried, check_positions, check_where, listed_rules, text
from connector_core.paging.resting import WHOLE, Paged, RestsAtTheStart, first_request, sized
from connector_core.paging.signs import signs_in
from connector_core.paging.stop_rules import empty_page
from connector_core.source.pagination import Bookmark, Page, Request, StopRule, Where
from connector_core.source.tables import Table

PARALLEL_RISK = (
    "A record that moves to another page while pages are read may be missed, because the plugin says parallel=True: several are "
    "read at the same time."
)


class Counted(RestsAtTheStart, Paged):
    """What both kinds share."""

    __slots__ = ()

    counts = True
    repeats = True  # what is inserted while they are read moves records to the next page, where they come again

    param: str
    size_param: str | None
    stop: Sequence[StopRule]
    where: Where
    parallel: bool

    def __attrs_post_init__(self) -> None:
        check_positions(self, [(self.where, self.param)])
        if self.parallel and not any(hasattr(rule, "pages_left") for rule in self.stop):
            raise PluginError(
                f"{type(self).__name__}: parallel=True, and none of its stop rules says how many pages there are. Add "
                f'total_reached("total", {self.param!r}) or last_page("total_pages", {self.param!r}), with the name that the '
                "answer has for it, or leave parallel out."
            )

    @property
    def reads(self) -> str:
        """What a sync reads, for people."""
        return f"{WHOLE}{', several pages at a time' if self.parallel else ''}"

    @property
    def risk(self) -> str:
        """What the plugin takes upon itself."""
        return PARALLEL_RISK if self.parallel else ""

    def check(self, table: Table) -> None:
        """Raise PluginError when a stop rule reads what the requests for *table* do not have."""
        check_carried(self, self.first(table, 1, {}))
        check_where(self, table, self.param)

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        raise NotImplementedError

    def bookmark(self, request: Request) -> Bookmark:  # noqa: ARG002  (any place shifts)
        """Nothing: a read that was cut short starts over."""
        return {}

    def onward(self, request: Request, page: Page) -> Request:
        raise NotImplementedError

    def foreseen(self, request: Request, page: Page) -> Iterator[Request]:
        """The requests after *request*, if *parallel*: as many as its *page* says that there are, were they all like it."""
        for _ in range(self._left(request, page) if self.parallel and page.records else 0):
            request = self.onward(request, page)
            yield request

    def _left(self, request: Request, page: Page) -> int:
        with suppress(UnexpectedAnswer):  # it is following that says what is wrong with the answer
            return min(int(rule.pages_left(request, page)) for rule in self.stop if hasattr(rule, "pages_left"))
        return 0

    def _start(self, table: Table, page_size: int, at: int) -> Request:
        request = sized(first_request(table), self.size_param, page_size, self.where)
        return evolve(request.placed(self.where, self.param, at), position={"table": table, "records": 0, "pages": 0})

    def _ends(self, request: Request, page: Page) -> bool:
        return any(rule(request, page) for rule in self.stop) or (page.repeated and _is_told(request, page))

    def _moved(self, request: Request, page: Page, by: int) -> Request:
        at = int(request.found(self.where, self.param)) + by
        here = request.position
        read = {"records": int(here.get("records", 0)) + len(page.records), "pages": int(here.get("pages", 0)) + 1}
        return evolve(request.placed(self.where, self.param, at), position={**here, **read})


@frozen(hash=False)
class PageNumberPaginator(Counted):
    """Pages have numbers.

    param:      what takes the number.
    first_page: the number of the first page: 1, or 0.
    size_param: what takes the setting ``page_size``; None when the API has none.
    stop:       what ends the feed; an empty page unless said otherwise.
    where:      whether the request carries both in its ``query``, its JSON ``body``, its ``header``, with the size in the query,
                or its ``path``, where that of the table has their names in braces: ``/items/page/{page}``.
    parallel:   as many pages as the setting ``threads`` says are asked for at the same time, for an API whose records stay on
                their page meanwhile. A stop rule says how many there are: total_reached or last_page.

    A finished sync rests at the start, and one that was cut short starts over: pages shift when records come or go.
    """

    param: str = field(default="page", validator=text)
    first_page: int = 1
    size_param: str | None = "page_size"
    stop: Sequence[StopRule] = field(default=(empty_page(),), converter=listed_rules)
    where: Where = "query"
    parallel: bool = field(default=False, kw_only=True)

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:  # noqa: ARG002  (it holds no place)
        return self._start(table, page_size, self.first_page)

    def following(self, request: Request, page: Page) -> Request | None:
        return None if self._ends(request, page) else self.onward(request, page)

    def onward(self, request: Request, page: Page) -> Request:
        """The request for the page after this one, whatever the stop rules say."""
        return self._moved(request, page, 1)


@frozen(hash=False)
class OffsetPaginator(Counted):
    """Pages start after so many records.

    param:      what takes the offset.
    size_param: what takes the setting ``page_size``; None when the API has none.
    stop:       what ends the feed; an empty page unless said otherwise.
    where:      whether the request carries both in its ``query``, its JSON ``body``, its ``header``, with the size in the query,
                or its ``path``, where that of the table has their names in braces: ``/items/page/{page}``.
    parallel:   as many pages as the setting ``threads`` says are asked for at the same time, for an API whose records stay on
                their page meanwhile. A stop rule says how many there are: total_reached or last_page.

    A finished sync rests at the start, and one that was cut short starts over: pages shift when records come or go.
    """

    param: str = field(default="offset", validator=text)
    size_param: str | None = "limit"
    stop: Sequence[StopRule] = field(default=(empty_page(),), converter=listed_rules)
    where: Where = "query"
    parallel: bool = field(default=False, kw_only=True)

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:  # noqa: ARG002  (it holds no place)
        return self._start(table, page_size, 0)

    def following(self, request: Request, page: Page) -> Request | None:
        return None if self._ends(request, page) else self.onward(request, page)

    def onward(self, request: Request, page: Page) -> Request:
        """The request for what comes after this page, whatever the stop rules say."""
        # By what came, not by what was asked for: an API may serve smaller pages than it is asked for.
        return self._moved(request, page, len(page.records))


def _is_told(request: Request, page: Page) -> bool:
    """Whether the answer says itself that the feed was read before this page: by a total of records, or of pages."""
    table, records, pages = (request.position.get(name) for name in ("table", "records", "pages"))
    if table is None or not records:
        return False
    return any(
        (sign.kind == "pages" and sign.value <= pages)
        # A count that is that of the page in hand is no total, unless it is called one.
        or (sign.kind == "total" and sign.value <= records and (sign.value != len(page.records) or "total" in sign.name.lower()))
        for sign in signs_in(table, request, page)
    )
