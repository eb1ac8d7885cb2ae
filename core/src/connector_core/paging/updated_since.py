"""A strategy: ask only for what changed since the newest change that was seen."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from attrs import evolve, field, frozen

from connector_core.basics.errors import StalePlace, UnexpectedAnswer
from connector_core.basics.hints import nowhere
from connector_core.basics.names import one_line
from connector_core.basics.paths import Path, compile_path
from connector_core.paging.around import Around, filled, mapping
from connector_core.paging.checks import text
from connector_core.paging.single import SinglePage
from connector_core.paging.times import Mark, check_alike, clock, descending, is_no_time, moment_of, seconds_of
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, Where, next_request
from connector_core.source.tables import Table

DAY = Decimal(86_400)
"""Seconds by which a time may be ahead of the API's clock: it may have been written without its zone."""


def _now() -> datetime:
    return datetime.now(UTC)


@frozen(hash=False)
class UpdatedSince(Around):
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
    where:     whether the request carries the filter in its ``query``, its ``header``, or its JSON ``body``, where a number stays
               one.
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
    now: Callable[[], datetime] = field(default=_now, repr=False)
    _place: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.newest)

    repeats = True

    @property
    def reads(self) -> str:
        """What a sync reads, for people."""
        return f"incrementally: each sync asks for the records whose {self.newest} is not before the newest one seen"

    @property
    def risk(self) -> str:
        """What the plugin takes upon itself."""
        shifts = (
            " Pages by number or offset shift when a record changes while they are read, and may hide one." if self.counts else ""
        )
        return f"A record that changes, or is deleted, without a new {self.newest} is not read again.{shifts}"

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        since = self._mark(bookmark.get("since"))
        seen = [self._mark(value) for value in _listed(bookmark.get("newest"))]
        begun = bookmark.get("begun")
        whole = ("since" not in bookmark or since is not None) and None not in seen and _is_moment(begun)
        request = self.pages.first(table, page_size, mapping(bookmark.get("page")) if whole else {})
        resumed = bool(self.pages.bookmark(request))
        asked = self.start if since is None else self._asked(since)
        if asked is not None and not request.link and not (self.first_only and resumed):
            request = request.placed(self.where, self.param, asked)
        return evolve(
            request,
            position={
                **request.position,
                "key": table.primary_key,
                "since": since.raw if since else None,
                "newest": [mark.raw for mark in seen if mark] if resumed else [],
                "begun": begun if resumed else None,
            },
        )

    def following(self, request: Request, page: Page) -> Request | None:
        following = next_request(self.pages, request, page)
        if following is None:
            return None
        if self.first_only and not following.link:
            following = following.lacking(self.where, self.param)
        marks = self._newest(request, page)
        place = {"newest": [mark.raw for mark in marks], "begun": self._begun(request, page)}
        return evolve(following, position={**request.position, **following.position, **place})

    def bookmark(self, request: Request) -> Bookmark:
        since, page = request.position.get("since"), dict(self.pages.bookmark(request))
        if not page:  # the read starts over, and sees again what it saw
            return filled({"since": since})
        return filled({"since": since, "page": page} | {name: request.position.get(name) for name in ("newest", "begun")})

    def rest(self, request: Request, page: Page) -> Bookmark:
        marks = self._newest(request, page)
        since = self._mark(request.position.get("since"))
        if since is not None:
            marks = _largest([*marks, since])
        if not marks:
            return {}
        newest, second = marks[0], marks[1] if len(marks) > 1 else since
        if newest.seconds is None or (second is not None and second.unit != newest.unit):
            return filled({"since": second.raw if second else None})
        begun = self._seconds(self._begun(request, page))
        return {"since": newest.raw if newest.seconds <= begun else newest.at(begun)}

    def remarks(self, request: Request, page: Page) -> Iterator[str]:
        """The records whose time is ahead of the API's own clock, and what the pages say."""
        yield from Around.remarks(self, request, page)
        begun = self._begun(request, page)
        for mark in descending(self._values(page)):
            if not self._is_ahead(mark, begun):
                return
            yield (
                f"{self._record(request, page, mark.raw)}, and the API's own clock says {begun}. It does not count as the "
                "newest. Correct it at its source: until then it comes in each sync."
            )

    def _newest(self, request: Request, page: Page) -> list[Mark]:
        """The two largest values so far that are not ahead of the clock, the largest first.

        Raises UnexpectedAnswer for values that cannot be compared, StalePlace where that of the state goes with none of a page.
        """
        begun, since = self._begun(request, page), self._mark(request.position.get("since"))
        known = [mark for value in request.position.get("newest", ()) if (mark := self._mark(value))]
        values = self._values(page)
        if not values and (hint := nowhere(self._place, page.records)):
            raise UnexpectedAnswer(
                f"{request}: no record of this page has {self.newest}, which newest names{hint}, so it cannot be told what is "
                "new. Correct newest in the plugin's UpdatedSince."
            )
        try:
            here = list(islice((mark for mark in descending(values) if not self._is_ahead(mark, begun)), 2))
            check_alike([*known, *here])
        except ValueError as error:
            raise UnexpectedAnswer(
                f"{request}: {self._record(request, page, error.args[0])}, so {self.newest} is no time that can be compared. It "
                "has to be a text in ISO 8601 or a number, and the same in every record. Ask by another field, or ask the API's "
                "owner."
            ) from None
        fitting = [mark for mark in here if since is None or mark.goes_with(since)]
        if here and not fitting and since is not None:
            raise StalePlace(
                f"{request}: the state holds {one_line(repr(since.raw), 60)} as the newest {self.newest}, and "
                f"{self._record(request, page, here[0].raw)}, which does not go with that"
            )
        return _largest([*known, *fitting])

    def _values(self, page: Page) -> list[Any]:
        found = (self._place.get(record) for record in page.records if isinstance(record, Mapping))
        return [value for value in found if not is_no_time(value)]

    def _is_ahead(self, mark: Mark, begun: str) -> bool:
        return mark.seconds is not None and mark.seconds > self._seconds(begun) + DAY

    def _record(self, request: Request, page: Page, value: Any) -> str:
        """The record that has *value*, by its key, for people."""
        found = (each for each in page.records if isinstance(each, Mapping) and self._place.get(each) == value)
        record: Mapping[str, Any] = next(found, {})
        key = ", ".join(f"{name} {one_line(record.get(name), 60)}" for name in request.position.get("key", ()))
        return f"the record with {key} has {one_line(repr(value), 60)} as {self.newest}"

    def _mark(self, value: Any) -> Mark | None:
        """What a value of the state says; None where it cannot be one that this strategy wrote."""
        mark = Mark.read(value)
        if mark is None or mark.seconds is None:
            return mark
        return mark if mark.seconds <= seconds_of(self.now()) + DAY else None

    def _begun(self, request: Request, page: Page) -> str:
        """When the first request of this read was made, by the API's clock, as the state holds it."""
        begun = request.position.get("begun")
        if _is_moment(begun):
            return str(begun)
        # The clock says when the answer was made, in whole seconds; what it holds may be as old as the request.
        moment = clock(page.headers, self.now()) - timedelta(seconds=page.seconds + 1)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @staticmethod
    def _seconds(begun: str) -> Decimal:
        moment = moment_of(begun)
        assert moment is not None  # noqa: S101  (it was looked at, or made here)
        return seconds_of(moment)

    def _asked(self, since: Mark) -> Any:
        if not self.lookback and self.inclusive:
            return since.raw
        back = since.back(self.lookback, 0 if self.inclusive else 1)
        return self.start if back is None else back


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and moment_of(value) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _largest(marks: list[Mark]) -> list[Mark]:
    """The two largest of *marks* that differ, the largest first; of equal ones, the one that came last."""
    distinct = {mark.size: mark for mark in marks}
    return [distinct[size] for size in sorted(distinct, reverse=True)[:2]]
