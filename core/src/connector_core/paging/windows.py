"""A strategy: one stretch of ids, days or hours after the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError, StalePlace, UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.paging.around import Around, filled, mapping
from connector_core.paging.checks import check_where, text
from connector_core.paging.filters import Template, check_own_filter, check_template
from connector_core.paging.newest import utc_now
from connector_core.paging.notation import Notation
from connector_core.paging.single import SinglePage
from connector_core.paging.stretches import Ids, Stretch, Times, stretch_of
from connector_core.paging.times import clock
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, Where, next_request
from connector_core.source.positions import FILLED, LATER
from connector_core.source.positions import filled as put_in
from connector_core.source.tables import Table
from connector_core.source.templates import names_in

Ends = Literal["inclusive", "exclusive"]


@frozen(hash=False)
class Windows(Around):
    """The API is asked for one stretch of ids, days or hours after the other.

    from_param, to_param: what takes the two ends of a window. With a *template*, from_param takes it, and to_param is None.
    start: the first id (a whole number), the first day (a text such as ``2024-01-31``) or the first moment, in UTC.
    step:  how many ids or days a window has; or a timedelta, such as ``timedelta(hours=1)``.
    pages: how the answers for one window are paged.
    empty: for ids: how many windows without a record in a row end the feed. A gap wider than that hides what comes after it.
    today: for days: gives the day that the last window reaches to; today in UTC.
    where: whether the request carries the two ends in its ``query``, its JSON ``body``, its ``header``, or in its ``path``, where
           that of the table has their names in braces.
    template: one text that holds both, with ``{from}`` and ``{to}`` in it: ``"[{from} TO {to}]"``. In a body it may be JSON. What
           the table's own parameter of that name says has to be in it. Braces that are meant are written twice.
    notation: how times are written: ``"epoch"``, ``"epoch_ms"``, a format of strftime; None for ISO 8601. Always in UTC.
    ends:  ``inclusive`` where the API takes both ends into a window, ``exclusive`` where the second one is the first that is not
           in it. Windows of moments that are inclusive share their ends, because a record may lie between any two moments.
    future: whether the last window may reach beyond now. Where it may not, it ends now, by the API's own clock once that has
           answered.
    now:   the time, for an API whose answers have no ``Date``.
    parallel: as many windows as the setting ``threads`` says are asked for at the same time. Of ids, of which nobody knows the
           last, up to that many are asked for beyond it.

    The state holds ``{"from": …}``. A finished sync rests at the last window but one that had a record, and the next reads on
    from there: one record with an id or a day far ahead of all others hides nothing. So does one that goes on after a crash,
    because that window may have been the feed's end then. If that window is found empty, the feed is read from its start.

    A record that comes into a window before that is not seen. Where ids or dates come in that late, page by a cursor, or ask by
    ``UpdatedSince``.
    """

    from_param: str = field(validator=text)
    to_param: str | None
    start: int | str
    step: int | timedelta
    pages: Paginator = field(factory=SinglePage)
    empty: int = 1
    today: Callable[[], date] = field(default=lambda: datetime.now(UTC).date(), repr=False)
    where: Where = "query"
    template: Template | None = field(default=None, kw_only=True, metadata={FILLED: LATER})
    notation: str | None = field(default=None, kw_only=True)
    ends: Ends = field(default="inclusive", kw_only=True)
    future: bool = field(default=True, kw_only=True)
    now: Callable[[], datetime] = field(default=utc_now, kw_only=True, repr=False)
    _parallel: bool = field(default=False, kw_only=True, repr=False)
    _stretch: Stretch | None = field(init=False, eq=False, repr=False)
    """None before a configuration has filled in the start."""

    repeats = True

    @_stretch.default
    def _(self) -> Stretch | None:
        notation = None if self.notation is None else Notation.read(self.notation, "Windows")
        return stretch_of(self.start, self.step, notation)

    def __attrs_post_init__(self) -> None:
        if isinstance(self.empty, bool) or not isinstance(self.empty, int) or self.empty < 1:
            raise PluginError("Windows: empty is a whole number, at least 1.")
        if self._parallel and hasattr(self.pages, "anew"):
            raise PluginError("Windows: parallel=True would make export jobs that may not be wanted. Leave it out for a Job.")
        check_template("Windows", self.template, self.where, "from", "to")
        if (self.to_param is None) == (self.template is None):
            wrong = "to_param is None. Name what takes the end of a window" if self.template is None else "to_param is not sent"
            raise PluginError(f'Windows: {wrong}; with a template, which holds both ends, write None: "[{{from}} TO {{to}}]".')
        if self._stretch is None and not list(names_in(self.start, "settings")):
            raise PluginError(self._why_not())

    def _why_not(self) -> str:
        start, step = one_line(repr(self.start), 60), one_line(repr(self.step), 60)
        if stretch_of(self.start, 1, None) is None:
            return f"Windows: start is {start}. Write a whole number, a day such as 2024-01-31, or 2024-01-31T00:00:00Z."
        if isinstance(self.start, int):
            return (
                f"Windows: step is {step}{' and notation for ids' if self.notation else ''}. Ids take a whole number, at least 1."
            )
        if stretch_of(self.start, self.step, None) is None:
            return f"Windows: step is {step}. Write whole days, at least 1, or a timedelta of whole seconds: timedelta(hours=1)."
        return (
            f"Windows: step is {step}, and notation {self.notation!r} cannot write where such windows begin. Write a finer one."
        )

    @property
    def fills(self) -> tuple[str, ...]:
        """The names in braces that it puts something in the place of."""
        ends = ("from", "to") if self.template is not None else ()
        return (*ends, *(self._params if self.where == "path" else ()))

    @property
    def reads(self) -> str:
        """What a sync reads, for people."""
        at_once = ", several at a time" if self._parallel else ""
        return f"incrementally, window by window{at_once}: each sync starts at the last window but one that had records"

    @property
    def risk(self) -> str:
        """What the plugin takes upon itself."""
        gap = f" A gap of {self.empty} empty windows ends the feed." if isinstance(self.start, int) else ""
        return f"A record that comes, or changes, in a window before the last two that had records is not read again.{gap}"

    @property
    def parallel(self) -> bool:
        """Whether several windows, or several pages of one, may be asked for at the same time."""
        return self._parallel or super().parallel

    @property
    def of_days(self) -> bool:
        """Whether they are whole days."""
        return isinstance(self._stretch, Times) and self._stretch.days

    @property
    def of_ids(self) -> bool:
        """Whether they are of ids, of which nobody knows the last."""
        return isinstance(self._stretch, Ids)

    @property
    def shares_ends(self) -> bool:
        """Whether a record may lie in two windows, where one ends and the next begins."""
        return isinstance(self._stretch, Times) and not self.of_days and self.ends == "inclusive"

    def begins(self, begin: Any = None, until: Any = None) -> Sequence[Any]:
        """Where the windows begin that there are by now, from that of *begin* to that of *until*.

        Of ids without *until*, only the first: nobody knows the last.
        """
        first, last = self._cut.read(self.start), self._reach({})
        if until is not None:
            last = until if last is None else min(last, until)
        if isinstance(self._cut, Ids):
            first += max(0, 0 if begin is None else begin - first) // self._cut.step * self._cut.step
            return range(first, max(first, first if last is None else last) + 1, self._cut.step)
        found = [first]
        while (at := self.behind(found[-1])) is not None and at <= last:
            found.append(at)
        beyond = sum(each <= begin for each in found) - 1 if begin is not None else 0
        return found[max(0, beyond) :]

    def behind(self, begin: Any) -> Any:
        """Where the window begins that comes after the one from *begin*; None at the end of the calendar."""
        return self._cut.moved(begin)

    @property
    def so_far(self) -> int:
        """How many windows there are by now; 0 for ids, of which nobody knows the last."""
        cut = self._stretch
        return (self._own_clock() - cut.start) // cut.step + 1 if isinstance(cut, Times) else 0

    def check(self, table: Table) -> None:
        """Raise PluginError when the requests for *table* cannot carry the ends of a window."""
        Around.check(self, table)
        check_where(self, table, *self._params)
        check_own_filter(self, table, self.from_param)

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        at, last, before = (self._begin(bookmark.get(name)) for name in ("from", "last", "before"))
        base = self.pages.first(table, page_size, {})
        request = self.pages.first(table, page_size, mapping(bookmark.get("page")) if at is not None else {})
        resumed = bool(self.pages.bookmark(request))
        if not resumed:
            request, at = base, before if "page" in bookmark else at
            last, before = None, at  # what was rested at is as good as one that had records in this read
        begin = self._cut.read(self.start) if at is None else at
        place = {"last": last, "before": before, "empty": 0, "seen": resumed, "base": base}
        place["rested"] = at is not None and not resumed
        until = self._cut.read(bookmark.get("to")) if resumed else None
        return self._window(request, begin, self._end(begin, self._latest({})) if until is None else until, place)

    def following(self, request: Request, page: Page) -> Request | None:
        here = request.position
        seen = here["seen"] or bool(page.records)
        if inner := next_request(self.pages, request, page):
            return evolve(inner, position={**here, **inner.position, "seen": seen}, part=request.part)
        if here["rested"] and not seen:
            raise StalePlace(f"{request}: the window that the last sync rested at has no record any more")
        empty, latest = 0 if seen else here["empty"] + 1, self._latest(page.headers)
        begin = self._cut.moved(here["from"])
        if begin is None or self._is_over(begin, empty, latest):
            return None
        last, before = self._had_records(here, seen=seen)
        place = {"last": last, "before": before, "empty": empty, "seen": False, "rested": False, "base": here["base"]}
        return self._window(here["base"], begin, self._end(begin, latest), place)

    def foreseen(self, request: Request, page: Page) -> Iterator[Request]:
        """Further pages of the window as its pages foresee them; once it has ended, the first ones of the windows behind it."""
        if self._goes_on(request, page):
            yield from super().foreseen(request, page)
            return
        here, latest = request.position, self._latest(page.headers)
        begin = self._cut.moved(here["from"])
        while self._parallel and begin is not None and not self._is_over(begin, 0, latest):
            yield self._window(here["base"], begin, self._end(begin, latest), {})
            begin = self._cut.moved(begin)

    def _goes_on(self, request: Request, page: Page) -> bool:
        """Whether the window has a further page; its witness, who judges the end of a feed, is not asked."""
        try:
            return not page.ended and self.pages.following(request, page) is not None
        except UnexpectedAnswer:
            return False

    def bookmark(self, request: Request) -> Bookmark:
        here, page = request.position, dict(self.pages.bookmark(request))
        if not page:
            return filled({"from": here["before"]})
        # Its cursors may go with the very end that was asked for.
        until = None if here["to"] == self._end(here["from"], None) else here["to"]
        return filled({"from": here["from"], "to": until, "last": here["last"], "before": here["before"], "page": page})

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

    @property
    def _cut(self) -> Stretch:
        assert self._stretch is not None  # noqa: S101  (a configuration has filled it in before a request is made)
        return self._stretch

    @property
    def _params(self) -> tuple[str, ...]:
        return (self.from_param,) if self.to_param is None else (self.from_param, self.to_param)

    def _begin(self, value: Any) -> Any:
        """Where a window begins by the state; None where it holds something else, or what is not yet."""
        begin, latest = self._cut.read(value), self._reach({})
        return None if begin is None or (latest is not None and begin > latest) else begin

    def _window(self, request: Request, begin: Any, end: Any, place: Mapping[str, Any]) -> Request:
        """*request* for the window from *begin* to *end*; a link is followed as it is."""
        if not request.link:
            request = self._asking(request, *(self._cut.sent(value) for value in (begin, end)))
        return evolve(request, position={**request.position, "from": begin, "to": end, **place}, part=str(begin))

    def _asking(self, request: Request, begin: Any, end: Any) -> Request:
        if self.template is not None:
            return request.placed(self.where, self.from_param, put_in(self.template, {"from": begin, "to": end}))
        return request.placed(self.where, self.from_param, begin).placed(self.where, str(self.to_param), end)

    def _end(self, begin: Any, latest: str | None) -> Any:
        """The end of the window from *begin* as it is asked for, up to *latest*; None: however far it reaches."""
        end = self._cut.moved(begin, last=self.ends == "inclusive")
        if end is None:
            end = "9999-12-31" if isinstance(self._cut, Times) and self._cut.days else "9999-12-31T00:00:00Z"
        return end if latest is None else max(begin, min(end, latest))

    def _latest(self, headers: Mapping[str, str]) -> str | None:
        """Where the last window ends, by an answer with *headers*; None where it may reach beyond now."""
        if self.future or not isinstance(self._cut, Times):
            return None
        return self._cut.latest(clock(headers, self._own_clock()))

    def _reach(self, headers: Mapping[str, str]) -> str | None:
        """The day or moment after which no window begins; None for ids."""
        if not isinstance(self._cut, Times):
            return None
        return self._cut.latest(self._own_clock() if self._cut.days else clock(headers, self._own_clock()))

    def _own_clock(self) -> datetime:
        return datetime.combine(self.today(), time(), UTC) if self.of_days else self.now()

    def _is_over(self, begin: Any, empty: int, latest: str | None) -> bool:
        if isinstance(self._cut, Ids):
            return empty >= self.empty
        reach = self._reach({}) if latest is None else latest
        return bool(begin > reach or (latest is not None and self.ends == "exclusive" and begin == latest))
