"""What is new, by a field of the records: a time or a growing number. No single record can push it past the API's clock."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, ClassVar

from attrs import evolve

from connector_core.basics.errors import StalePlace, UnexpectedAnswer
from connector_core.basics.hints import nowhere
from connector_core.basics.names import one_line
from connector_core.basics.paths import Path
from connector_core.paging.around import Around, filled, mapping
from connector_core.paging.times import Mark, check_alike, clock, descending, is_no_time, moment_of, seconds_of
from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Table

DAY = Decimal(86_400)
"""Seconds by which a time may be ahead of the API's clock: it may have been written without its zone."""


def utc_now() -> datetime:
    """The time, for an API that does not say its own."""
    return datetime.now(UTC)


class ByNewest(Around):
    """A strategy that goes by the largest value of a field, ``newest``, which the last finished sync had seen.

    name_of_mark: what the state calls that value. The position of a request has it, the two largest values that were seen so far
    in this read, and when the read was begun.
    """

    __slots__ = ()

    name_of_mark: ClassVar[str]
    repeats = True

    newest: str
    now: Callable[[], datetime]
    _place: Path

    def _begin(self, table: Table, page_size: int, bookmark: Bookmark) -> tuple[Request, Mark | None, bool]:
        """The first request without any filter, the mark of the last finished sync, and whether a read is taken up again."""
        name = self.name_of_mark
        mark = self._mark(bookmark.get(name))
        seen = [self._mark(value) for value in _listed(bookmark.get("newest"))]
        begun = bookmark.get("begun")
        whole = (name not in bookmark or mark is not None) and None not in seen and _is_moment(begun)
        request = self.pages.first(table, page_size, mapping(bookmark.get("page")) if whole else {})
        resumed = bool(self.pages.bookmark(request))
        place = {
            "key": table.primary_key,
            name: mark.raw if mark else None,
            "newest": [mark.raw for mark in seen if mark] if resumed else [],
            "begun": begun if resumed else None,
        }
        return evolve(request, position={**request.position, **place}), mark, resumed

    def _going_on(self, request: Request, page: Page) -> dict[str, Any]:
        """What the position of the next request says of what was seen so far."""
        return {"newest": [mark.raw for mark in self._newest(request, page)], "begun": self._begun(request, page)}

    def bookmark(self, request: Request) -> Bookmark:
        mark, page = request.position.get(self.name_of_mark), dict(self.pages.bookmark(request))
        if not page:  # the read starts over, and sees again what it saw
            return filled({self.name_of_mark: mark})
        going_on = {name: request.position.get(name) for name in ("newest", "begun")}
        return filled({self.name_of_mark: mark, "page": page} | going_on)

    def rest(self, request: Request, page: Page) -> Bookmark:
        marks = self._newest(request, page)
        before = self._mark(request.position.get(self.name_of_mark))
        if before is not None:
            marks = _largest([*marks, before])
        if not marks:
            return {}
        newest, second = marks[0], marks[1] if len(marks) > 1 else before
        if newest.seconds is None or (second is not None and second.unit != newest.unit):
            return filled({self.name_of_mark: second.raw if second else None})
        begun = self._seconds(self._begun(request, page))
        return {self.name_of_mark: newest.raw if newest.seconds <= begun else newest.at(begun)}

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
        begun, since = self._begun(request, page), self._mark(request.position.get(self.name_of_mark))
        known = [mark for value in request.position.get("newest", ()) if (mark := self._mark(value))]
        values = self._values(page)
        if not values and (hint := nowhere(self._place, page.records)):
            raise UnexpectedAnswer(
                f"{request}: no record of this page has {self.newest}, which newest names{hint}, so it cannot be told what is "
                f"new. Correct newest in the plugin's {type(self).__name__}."
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


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and moment_of(value) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _largest(marks: list[Mark]) -> list[Mark]:
    """The two largest of *marks* that differ, the largest first; of equal ones, the one that came last."""
    distinct = {mark.size: mark for mark in marks}
    return [distinct[size] for size in sorted(distinct, reverse=True)[:2]]
