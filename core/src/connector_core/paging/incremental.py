"""Incremental strategies: ways to ask only for what is new that the API's paging alone does not give.

Each is a paginator around the one that pages the answers, so it goes wherever a paginator goes.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.hints import nowhere
from connector_core.basics.names import one_line
from connector_core.basics.paths import MISSING, Path, compile_path
from connector_core.paging.resting import RestsAtTheStart
from connector_core.paging.single import SinglePage
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, next_request
from connector_core.source.tables import Table


@frozen(hash=False)
class FullRead(RestsAtTheStart):
    """Every sync reads the feed from its start, for a feed whose cursor does not bring what changed.

    pages: how the answers are paged. The state holds a bookmark while a read is under way, and nothing between two.
    """

    pages: Paginator

    reads_on = True

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        return self.pages.first(table, page_size, bookmark)

    def following(self, request: Request, page: Page) -> Request | None:
        return next_request(self.pages, request, page)

    def bookmark(self, request: Request) -> Bookmark:
        return self.pages.bookmark(request)


@frozen(hash=False)
class UpdatedSince:
    """The API has a filter on a time, and each sync asks for what has one since the newest that was seen.

    param:     the query parameter of the filter, such as ``updated_since``.
    newest:    the field of a record that holds its time (a nested one: ``fields.updated``): a text in ISO 8601, or a whole number
               such as seconds since 1970. A page of which no record has it is an error.
    pages:     how the answers are paged.
    start:     what the first sync asks for; None leaves the filter out and so asks for everything.
    lookback:  how far before the newest time to ask: a timedelta for texts, a number for numbers. It brings late records, and
               with some days of it, replays them.
    first_only: the filter goes with the first request only, because the cursor or the link of the further pages carries it.
    inclusive: whether the filter takes a record of exactly the time asked for. If it does not, one second (or 1) is taken off,
               because a record of the same time may come later.

    The state holds ``{"since": time}``. While a read is under way it holds the place in it as well, and the newest time seen so
    far: the filter stays the same from the first page to the last. Records at the edge come again in the next sync.

    Pages by number or offset shift when a record changes while they are read, and a record that slips through is not asked for
    again. So a read of such pages that was cut short starts over, and the state holds no place in it. A change in the minutes of
    one read can still make a record slip through; where the API offers a cursor, a next link or a key, page by that.
    """

    param: str
    newest: str
    pages: Paginator = field(factory=SinglePage)
    start: str | int | None = None
    lookback: timedelta | int = 0
    inclusive: bool = True
    first_only: bool = False
    _place: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.newest)

    repeats = True
    reads_on = True

    @property
    def reads(self) -> str:
        """What a sync reads, for people."""
        return f"incrementally: each sync asks for the records whose {self.newest} is not before the newest one seen"

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        since = bookmark.get("since")
        asked = self.start if since is None else self._asked(since)
        place = _mapping(bookmark.get("page"))
        request = self.pages.first(table, page_size, place)
        carried = f"{self.param}=" in request.path or (self.first_only and place)
        if asked is not None and not carried:
            request = request.placed("query", self.param, asked)
        return evolve(request, position={"since": since, "newest": bookmark.get("newest")})

    def following(self, request: Request, page: Page) -> Request | None:
        following = next_request(self.pages, request, page)
        if following is None:
            return None
        params = {name: value for name, value in following.params.items() if not (self.first_only and name == self.param)}
        return evolve(following, params=params, position={**request.position, "newest": self._newest(request, page)})

    def bookmark(self, request: Request) -> Bookmark:
        if getattr(self.pages, "shifts", False):
            place = {"since": request.position["since"]}
        else:
            place = {**request.position, "page": dict(self.pages.bookmark(request))}
        return {name: value for name, value in place.items() if value not in (None, {})}

    def rest(self, request: Request, page: Page) -> Bookmark:
        newest, since = self._newest(request, page), request.position.get("since")
        times = [time for time in (newest, since) if time is not None]
        return {"since": max(times, key=_time)} if times else {}

    def _newest(self, request: Request, page: Page) -> Any:
        """The newest time of the records so far, as the API wrote it."""
        seen = [request.position.get("newest")]
        find = self._place.find
        seen += [find(record) for record in page.records]
        times = [value for value in seen if value not in (None, MISSING)]
        if len(times) < 2 and (hint := nowhere(self._place, page.records)):
            raise UnexpectedAnswer(
                f"{request}: no record of this page has {self.newest}, which newest names{hint}, so it cannot be told what "
                "is new. Correct newest in the plugin's UpdatedSince."
            )
        try:
            return max(times, key=_time) if times else None
        except (TypeError, ValueError):
            raise UnexpectedAnswer(
                f"{request}: a record's {self.newest} is no time that can be compared. It has to be a text in ISO 8601 or a "
                "whole number, and the same in every record. Ask by another field, or ask the API's owner."
            ) from None

    def _asked(self, since: Any) -> Any:
        back = self.lookback
        if isinstance(since, str):
            step = timedelta(0) if self.inclusive else timedelta(seconds=1)
            step += back if isinstance(back, timedelta) else timedelta(seconds=back)
            try:
                return since if not step else _iso(_time(since) - step, since)
            except OverflowError:  # there is no time before it
                return self.start
        whole = int(back.total_seconds()) if isinstance(back, timedelta) else back
        return since - whole - (0 if self.inclusive else 1)


@frozen(hash=False)
class Windows:
    """The API is asked for one stretch of ids or dates after the other.

    from_param, to_param: the query parameters that take the two ends of a window, both included.
    start: the first id (a whole number) or the first day (a text such as ``2024-01-31``).
    step:  how many ids or days a window has.
    pages: how the answers for one window are paged.
    empty: for ids: how many windows without a record in a row end the feed. A gap wider than that hides what comes after it.
    today: for dates: gives the day that the last window reaches to; today in UTC.

    The state holds ``{"from": …}``, the window under way. A finished sync rests at the last window that had a record, which the
    next one reads again; so does one that goes on after a crash, because that window may have been the feed's end then.

    A record that comes into a window after it was read, while later windows of the same sync already have records, is not seen.
    Where ids or dates come in that late, page by a cursor, or ask by ``UpdatedSince``.
    """

    from_param: str
    to_param: str
    start: int | str
    step: int
    pages: Paginator = field(factory=SinglePage)
    empty: int = 1
    today: Callable[[], date] = field(default=lambda: datetime.now(UTC).date(), repr=False)

    repeats = True
    reads_on = True
    reads = "incrementally, window by window: each sync starts at the last window that had records, and reads it again"

    def __attrs_post_init__(self) -> None:
        if self.step < 1 or self.empty < 1:
            raise PluginError("Windows: step and empty are at least 1.")
        if isinstance(self.start, str):
            try:
                date.fromisoformat(self.start)
            except ValueError:
                raise PluginError(
                    f"Windows: start is {self.start!r}. Write a whole number, or a day such as 2024-01-31."
                ) from None

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        page = _mapping(bookmark.get("page"))
        stored = bookmark.get("from") if page else bookmark.get("last", bookmark.get("from"))
        begin = stored if type(stored) is type(self.start) else self.start
        base = self.pages.first(table, page_size, {})
        request = self.pages.first(table, page_size, page)
        position = {"from": begin, "last": bookmark.get("last"), "empty": 0, "seen": bool(page), "base": base}
        return evolve(self._window(request, begin), position=position)

    def following(self, request: Request, page: Page) -> Request | None:
        place = request.position
        seen = place["seen"] or bool(page.records)
        if inner := next_request(self.pages, request, page):
            return evolve(inner, position={**place, "seen": seen})
        empty = 0 if seen else place["empty"] + 1
        begin = self._moved(place["from"], self.step)
        if self._ends(begin, empty):
            return None
        last = place["from"] if seen else place["last"]
        return evolve(
            self._window(place["base"], begin), position={**place, "from": begin, "last": last, "empty": empty, "seen": False}
        )

    def bookmark(self, request: Request) -> Bookmark:
        place = request.position
        stored = {"from": place["from"], "last": place["last"], "page": dict(self.pages.bookmark(request))}
        return {name: value for name, value in stored.items() if value not in (None, {})}

    def rest(self, request: Request, page: Page) -> Bookmark:
        place = request.position
        last = place["from"] if place["seen"] or page.records else place["last"]
        return {} if last is None else {"from": last}

    def _window(self, request: Request, begin: int | str) -> Request:
        return request.placed("query", self.from_param, begin).placed("query", self.to_param, self._moved(begin, self.step - 1))

    def _moved(self, begin: int | str, by: int) -> int | str:
        return begin + by if isinstance(begin, int) else (date.fromisoformat(begin) + timedelta(days=by)).isoformat()

    def _ends(self, begin: int | str, empty: int) -> bool:
        return empty >= self.empty if isinstance(begin, int) else date.fromisoformat(begin) > self.today()


def _mapping(value: Any) -> Bookmark:
    return value if isinstance(value, Mapping) else {}


def _time(value: Any) -> Any:
    """What to compare times by: a number, or a moment; a text without a zone is taken to be UTC."""
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(one_line(repr(value), 60))
    return value


def _iso(moment: datetime, like: str) -> str:
    """*moment* as the API writes times, going by *like*: with a Z, an offset or neither, with fractions or without."""
    precision = "microseconds" if "." in like else "seconds"
    if len(like) == len("2024-01-31"):
        return moment.date().isoformat()
    text = moment.isoformat(sep="T" if "T" in like else " ", timespec=precision)
    if like.endswith("Z"):
        return text.replace("+00:00", "Z")
    return text if "+" in like or "-" in like[11:] else text.removesuffix("+00:00")
