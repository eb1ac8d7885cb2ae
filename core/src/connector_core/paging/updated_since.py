"""A strategy: ask only for what changed since the newest change that was seen."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.basics.paths import Path, compile_path
from connector_core.paging.checks import check_where, text
from connector_core.paging.filters import Template, check_own_filter, check_template
from connector_core.paging.newest import ByNewest, utc_now
from connector_core.paging.notation import Notation, given_moment
from connector_core.paging.resting import first_request
from connector_core.paging.single import SinglePage
from connector_core.paging.times import Mark
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, Where, next_request
from connector_core.source.positions import FILLED, LATER, filled, positions_in
from connector_core.source.tables import Table
from connector_core.source.templates import names_in


@frozen(hash=False)
class UpdatedSince(ByNewest):
    """The API has a filter on a time, and each sync asks for what has one since the newest that was seen.

    param:     what takes the filter, such as ``updated_since``.
    newest:    the field of a record that holds its time: a text in ISO 8601, or a number such as seconds since 1970.
    pages:     how the answers are paged.
    start:     what the first sync asks for; None leaves the filter out and so asks for everything.
    lookback:  how far before the newest time to ask: a timedelta, or a number of seconds for a text and else of what the number
               counts. It brings late records, and with some days of it, replays them.
    inclusive: whether the filter takes a record of exactly the time asked for. If it does not, one second (or 1) is taken off,
               because a record of the same time may come later.
    first_only: the filter goes with the first request only, because the cursor of the further pages carries it. A link is
               followed as it is in any case.
    where:     whether the request carries the filter in its ``query``, its ``header``, its JSON ``body``, where a number stays
               one, or its ``path``, where that of the table has the name of *param* in braces; then there is a *start*.
    template:  the whole filter, with ``{since}`` where the time stands: ``"updatedAt ge {since}"``. In a body it may be JSON.
               What the table's own parameter of that name says has to be in it. Braces that are meant are written twice.
    otherwise: what is sent while there is no time yet, instead of nothing or of the table's own parameter.
    notation:  how the filter writes its time, in UTC: ``"epoch"``, ``"epoch_ms"``, a format of strftime, or None for the API's
               own notation, which the state keeps in any case. *start* is then a day, a time or a number that is one.
    now:       the time, for an API whose answers have no ``Date``.

    The state holds ``{"since": time}``, in the API's own notation. While a read is under way it holds the place in it as well,
    when it was begun, and the newest time seen so far: the filter stays the same from the first page to the last. Records at the
    edge come again in the next sync.

    No record can push the filter past the time at which the read was begun, by the API's own clock: what changes while it is
    read is asked for again. A time more than a day ahead of that is left aside, with a warning that names the record. Of numbers
    that are no clock, the second largest counts, so that one that is far ahead of all others hides nothing.
    """

    param: str = field(validator=text)
    newest: str = field(validator=text)
    pages: Paginator = field(factory=SinglePage)
    start: str | int | None = None
    lookback: timedelta | int = 0
    inclusive: bool = True
    first_only: bool = False
    where: Where = "query"
    now: Callable[[], datetime] = field(default=utc_now, repr=False)
    template: Template | None = field(default=None, kw_only=True, metadata={FILLED: LATER})
    otherwise: Template | None = field(default=None, kw_only=True)
    notation: str | None = field(default=None, kw_only=True)
    _place: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.newest)

    name_of_mark: ClassVar[str] = "since"

    def __attrs_post_init__(self) -> None:
        check_template("UpdatedSince", self.template, self.where, "since")
        check_template("UpdatedSince", self.otherwise, self.where, argument="otherwise")
        if list(positions_in(self.otherwise, {"since"})):
            raise PluginError("UpdatedSince: otherwise has {since} in it, and is sent while there is no time yet. Take it out.")
        if self._notation and self.start is not None and not list(names_in(self.start, "settings")) and self._started() is None:
            shown = one_line(repr(self.start), 60)
            raise PluginError(f"UpdatedSince: start is {shown}, which notation cannot write. Write a day or a time: 2024-01-31.")
        if self.start is not None and self.otherwise is not None:
            raise PluginError("UpdatedSince: start and otherwise are both for the first sync. Write one of them.")

    @property
    def fills(self) -> tuple[str, ...]:
        """The names in braces that it puts something in the place of."""
        return (*(["since"] if self.template is not None else []), *([self.param] if self.where == "path" else []))

    @property
    def reads(self) -> str:
        """What a sync reads, for people."""
        asked = f"incrementally: each sync asks for the records whose {self.newest} is not before the newest one seen"
        if self.start is not None:
            return f"{asked}; the first one asks from {one_line(self.start, 60)} on"
        if self.otherwise is not None:
            return f"{asked}; the first one sends {one_line(self.otherwise, 60)}"
        return f"{asked}; the first one goes without that filter" if self.template is not None else asked

    @property
    def risk(self) -> str:
        """What the plugin takes upon itself."""
        shifts = (
            " Pages by number or offset shift when a record changes while they are read, and may hide one." if self.counts else ""
        )
        return f"A record that changes, or is deleted, without a new {self.newest} is not read again.{shifts}"

    def check(self, table: Table) -> None:
        """Raise PluginError when the requests for *table* cannot carry the filter."""
        ByNewest.check(self, table)
        check_where(self, table, self.param)
        check_own_filter(self, table, self.param)
        if self.where == "path" and (self.start is None or self.first_only):
            wrong = "the path of further pages has it too: leave first_only out"
            missing = "in the first sync there is no time yet to put there: give it one, start=…"
            raise PluginError(f'UpdatedSince: where="path", and {missing if self.start is None else wrong}.')
        if self.otherwise is not None and self.where != "path" and self._own(table) is not None:
            raise PluginError(
                f"UpdatedSince: otherwise and {self.param} of {table.name} are both for the first sync. Write one of them."
            )

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request, since, resumed = self._begin(table, page_size, bookmark)
        if request.link or (self.first_only and resumed):
            return request
        asked = self._started() if since is None else self._asked(since)
        if asked is None:
            return request if self.otherwise is None else request.placed(self.where, self.param, self.otherwise)
        sent = asked if self.template is None else filled(self.template, {"since": asked})
        return request.placed(self.where, self.param, sent)

    def following(self, request: Request, page: Page) -> Request | None:
        following = next_request(self.pages, request, page)
        if following is None:
            return None
        if self.first_only and not following.link:
            following = following.lacking(self.where, self.param)
        return evolve(following, position={**request.position, **following.position, **self._going_on(request, page)})

    def _own(self, table: Table) -> Any:
        return first_request(table).found(self.where, self.param)

    @property
    def _notation(self) -> Notation | None:
        return None if self.notation is None else Notation.read(self.notation, "UpdatedSince")

    def _mark(self, value: Any) -> Mark | None:
        mark = ByNewest._mark(self, value)
        return None if mark is None or (self.notation is not None and mark.seconds is None) else mark

    def _started(self) -> Any:
        """What the first sync asks for; None for nothing."""
        if self._notation is None:
            return self.start
        moment = given_moment(self.start)
        return None if moment is None else self._notation.written(moment)

    def _asked(self, since: Mark) -> Any:
        if self._notation is not None:
            back = self._in_notation(self._notation, since)
        elif not self.lookback and self.inclusive:
            back = since.raw
        else:
            back = since.back(self.lookback, 0 if self.inclusive else 1)
        return self._started() if back is None else back

    def _in_notation(self, notation: Notation, since: Mark) -> Any:
        """The time to ask for, in the notation of the filter."""
        assert since.seconds is not None  # noqa: S101  (see _mark)
        # What the notation cannot tell apart, a filter that leaves out the time asked for would leave out altogether.
        more = 0 if self.inclusive else max(Decimal(1), notation.step)
        return notation.written(since.seconds - since.step(self.lookback) / (since.unit or 1) - more)
