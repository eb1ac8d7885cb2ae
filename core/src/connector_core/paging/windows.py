"""A strategy: one stretch of ids or days after the other."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError, StalePlace
from connector_core.basics.names import one_line
from connector_core.paging.around import Around, filled, mapping
from connector_core.paging.checks import text
from connector_core.paging.single import SinglePage
from connector_core.paging.times import day_of
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, Where, next_request
from connector_core.source.tables import Table
from connector_core.source.templates import names_in


@frozen(hash=False)
class Windows(Around):
    """The API is asked for one stretch of ids or dates after the other.

    from_param, to_param: what takes the two ends of a window, both included.
    start: the first id (a whole number) or the first day (a text such as ``2024-01-31``).
    step:  how many ids or days a window has.
    pages: how the answers for one window are paged.
    empty: for ids: how many windows without a record in a row end the feed. A gap wider than that hides what comes after it.
    today: for dates: gives the day that the last window reaches to; today in UTC.
    where: whether the request carries the two ends in its ``query``, its JSON ``body`` or its ``header``.

    The state holds ``{"from": …}``. A finished sync rests at the last window but one that had a record, and the next reads on
    from there: one record with an id or a day far ahead of all others hides nothing. So does one that goes on after a crash,
    because that window may have been the feed's end then. If that window is found empty, the feed is read from its start.

    A record that comes into a window before that is not seen. Where ids or dates come in that late, page by a cursor, or ask by
    ``UpdatedSince``.
    """

    from_param: str = field(validator=text)
    to_param: str = field(validator=text)
    start: int | str
    step: int
    pages: Paginator = field(factory=SinglePage)
    empty: int = 1
    today: Callable[[], date] = field(default=lambda: datetime.now(UTC).date(), repr=False)
    where: Where = "query"

    repeats = True
    reads = "incrementally, window by window: each sync starts at the last window but one that had records"

    def __attrs_post_init__(self) -> None:
        numbers = (self.step, self.empty)
        if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 1 for number in numbers):
            raise PluginError("Windows: step and empty are whole numbers, at least 1.")
        if list(names_in(self.start, "settings")):
            return  # there is nothing to look at before a configuration fills it in
        if day_of(self.start) is None and (isinstance(self.start, bool) or not isinstance(self.start, int)):
            shown = one_line(repr(self.start), 60)
            raise PluginError(f"Windows: start is {shown}. Write a whole number, or a day such as 2024-01-31.")

    @property
    def risk(self) -> str:
        """What the plugin takes upon itself."""
        gap = f" A gap of {self.empty} empty windows ends the feed." if isinstance(self.start, int) else ""
        return f"A record that comes, or changes, in a window before the last two that had records is not read again.{gap}"

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        at, last, before = (self._begin(bookmark.get(name)) for name in ("from", "last", "before"))
        base = self.pages.first(table, page_size, {})
        request = self.pages.first(table, page_size, mapping(bookmark.get("page")) if at is not None else {})
        resumed = bool(self.pages.bookmark(request))
        if not resumed:
            request, at = base, before if "page" in bookmark else at
            last, before = None, at  # what was rested at is as good as one that had records in this read
        begin = self.start if at is None else at
        place = {"from": begin, "last": last, "before": before, "empty": 0, "seen": resumed, "base": base}
        place["rested"] = at is not None and not resumed
        if not request.link:
            request = self._window(request, begin)
        return evolve(request, position={**request.position, **place}, part=str(begin))

    def following(self, request: Request, page: Page) -> Request | None:
        here = request.position
        seen = here["seen"] or bool(page.records)
        if inner := next_request(self.pages, request, page):
            return evolve(inner, position={**here, **inner.position, "seen": seen}, part=request.part)
        if here["rested"] and not seen:
            raise StalePlace(f"{request}: the window that the last sync rested at has no record any more")
        empty = 0 if seen else here["empty"] + 1
        begin = self._moved(here["from"], self.step)
        if begin is None or self._ends(begin, empty):
            return None
        last, before = self._had_records(here, seen=seen)
        place = {"from": begin, "last": last, "before": before, "empty": empty, "seen": False, "rested": False}
        base: Request = here["base"]
        return evolve(self._window(base, begin), position={**base.position, "base": base, **place}, part=str(begin))

    def bookmark(self, request: Request) -> Bookmark:
        here, page = request.position, dict(self.pages.bookmark(request))
        if not page:
            return filled({"from": here["before"]})
        return filled({"from": here["from"], "last": here["last"], "before": here["before"], "page": page})

    def rest(self, request: Request, page: Page) -> Bookmark:
        here = request.position
        _, before = self._had_records(here, seen=here["seen"] or bool(page.records))
        return filled({"from": before})

    @staticmethod
    def _had_records(here: Mapping[str, Any], *, seen: bool) -> tuple[Any, Any]:
        """The last window that had a record and the one before it, once the window under way has ended."""
        if not seen:
            return here["last"], here["before"]
        return here["from"], here["before"] if here["last"] is None else here["last"]

    def _begin(self, value: Any) -> int | str | None:
        """Where a window begins by the state; None where it holds something else."""
        if isinstance(self.start, int):
            return value if isinstance(value, int) and not isinstance(value, bool) and value >= self.start else None
        day = day_of(value)
        return str(value) if day is not None and day >= date.fromisoformat(self.start) and day <= self.today() else None

    def _window(self, request: Request, begin: int | str) -> Request:
        end = self._moved(begin, self.step - 1)
        last = date.max.isoformat() if end is None else end
        return request.placed(self.where, self.from_param, begin).placed(self.where, self.to_param, last)

    def _moved(self, begin: int | str, by: int) -> int | str | None:
        """What is *by* ids or days behind *begin*; None beyond the end of the calendar."""
        if isinstance(begin, int):
            return begin + by
        try:
            return (date.fromisoformat(begin) + timedelta(days=by)).isoformat()
        except OverflowError:
            return None

    def _ends(self, begin: int | str, empty: int) -> bool:
        return empty >= self.empty if isinstance(begin, int) else date.fromisoformat(begin) > self.today()
