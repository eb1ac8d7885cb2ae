"""A strategy for a feed that is sorted newest first: read down to what the last sync had seen."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, ClassVar

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError, StalePlace
from connector_core.basics.names import one_line
from connector_core.basics.paths import Path, compile_path
from connector_core.paging.checks import text
from connector_core.paging.newest import ByNewest, utc_now
from connector_core.paging.times import Mark, sort_as_they_are
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, next_request
from connector_core.source.tables import Table

ENOUGH = 2
"""So many records that are older than what is known end a read: a single one that stands too far up does not."""


@frozen
class Descent:
    """How the values of a read have come down so far.

    low: the smallest. older: how many were older than what was known. rises: the value that came after a smaller one by more than
    the lookback; None as long as the feed is sorted as it should be.
    """

    low: Mark | None = None
    older: int = 0
    rises: Mark | None = None


@frozen(hash=False)
class UntilKnown(ByNewest):
    """The API sorts newest first and has no filter: a sync reads from the top down to what the last one had seen.

    newest:   the field of a record that the feed is sorted by, largest first: a time, or a number that grows, such as an id.
    pages:    how the answers are paged.
    lookback: how far below the newest value of the last sync to read on: a timedelta, or a number of seconds for a text and else
              of what the number counts. Records that come late by no more than that are found, and within it any order will do.
    now:      the time, for an API whose answers have no ``Date``.

    The state holds ``{"known": value}``, in the API's own notation: the newest one of the last sync that came to its end. While a
    read is under way it holds that too, and besides the place in it, when it was begun, and the newest value since then. Only the
    end of a read makes that the known one. So what lies between the place of a crash and what was known before is read by the
    sync that takes it up, and what came on top meanwhile by that one or the next.

    A read ends with two records that are older than what is known; one of exactly that age is read again. It is taken for sorted
    as long as no value is larger, by more than the lookback, than one that came before it. One that is not is read whole, with a
    warning that names the record, and so is the next. So is a feed in which nothing is as new as what was known: it was emptied,
    or its numbers begin again. A time more than a day ahead of the API's clock counts for nothing.
    """

    newest: str = field(validator=text)
    pages: Paginator
    lookback: timedelta | int = 0
    now: Callable[[], datetime] = field(default=utc_now, repr=False)
    _place: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.newest)

    name_of_mark: ClassVar[str] = "known"

    @property
    def reads(self) -> str:
        """What a sync reads, for people."""
        return f"incrementally, newest first: each sync reads down to the newest {self.newest} that the last one had seen"

    @property
    def risk(self) -> str:
        """What the plugin takes upon itself."""
        late = f", by more than {_words(self.lookback)}," if self.lookback else ""
        shifts = (
            " Pages by number or offset shift when a record is deleted while they are read, and may hide one."
            if self.counts
            else ""
        )
        return (
            f"A record that changes, or is deleted, without a new {self.newest} is not read again; one that comes late{late} "
            f"with an older {self.newest} is not seen.{shifts}"
        )

    def check(self, table: Table) -> None:
        """Raise PluginError when the pages of *table* cannot be read newest first."""
        ByNewest.check(self, table)
        kind = type(self.pages).__name__
        if getattr(self.pages, "incremental", False):
            raise PluginError(
                f"UntilKnown: its pages are a {kind} with incremental=True, which goes on behind the oldest record. Leave "
                "incremental out."
            )
        if getattr(self.pages, "order", "descending") == "ascending":
            raise PluginError(
                f"UntilKnown: its pages are a {kind} with ascending keys, which begins with the oldest. Write "
                'order="descending", or "any" if it goes on by another key than the feed is sorted by.'
            )

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request, _, resumed = self._begin(table, page_size, bookmark)
        is_sorted = not resumed or bookmark.get("sorted") is not False
        return evolve(request, position={**request.position, "sorted": is_sorted, "descent": Descent()})

    def following(self, request: Request, page: Page) -> Request | None:
        if self.enough(request, page):
            return None
        following = next_request(self.pages, request, page)
        if following is None:
            return None
        descent = self._descent(request, page)
        place = {"descent": descent, "sorted": self._is_sorted(request, descent), **self._going_on(request, page)}
        return evolve(following, position={**request.position, **following.position, **place})

    def enough(self, request: Request, page: Page) -> bool:
        """Whether what follows is older than what the last sync had seen.

        Raises StalePlace where nothing is as new as that: then it says nothing about what is new.
        """
        known, descent = self._mark(request.position.get("known")), self._descent(request, page)
        if known is None or descent.older < ENOUGH or not self._is_sorted(request, descent):
            return False
        if any(mark.size >= known.size for mark in self._newest(request, page)):
            return True
        raise StalePlace(
            f"{request}: the last sync had seen {one_line(repr(known.raw), 60)} as the newest {self.newest}, and all "
            "are older now"
        )

    def foreseen(self, request: Request, page: Page) -> Iterable[Request]:
        """Nothing but in the first sync: in any other, most of what there is is not wanted."""
        return super().foreseen(request, page) if request.position.get("known") is None else ()

    def bookmark(self, request: Request) -> Bookmark:
        found = dict(super().bookmark(request))
        if request.position.get("sorted", True):
            return found
        found.pop("known", None)
        return found | {"sorted": False} if found else {}

    def rest(self, request: Request, page: Page) -> Bookmark:
        return super().rest(request, page) if self._is_sorted(request, self._descent(request, page)) else {}

    def remarks(self, request: Request, page: Page) -> Iterator[str]:
        """The first record that is out of order, and what there is to say of times that are ahead."""
        yield from super().remarks(request, page)
        rises = self._descent(request, page).rises
        if rises is not None and request.position.get("sorted", True):
            yield (
                f"{self._record(request, page, rises.raw)}, and stands below an older one, so the feed is not sorted newest "
                f"first by {self.newest}. It is read whole, and so is the next. Ask the API to sort by it, descending, with a "
                "parameter in the table's params, or to leave out what it pins to the top; or write a lookback as wide as that."
            )

    def _is_sorted(self, request: Request, descent: Descent) -> bool:
        return request.position.get("sorted", True) is not False and descent.rises is None

    def _descent(self, request: Request, page: Page) -> Descent:
        """How the values came down, those of this page included."""
        self._newest(request, page)  # here every value is looked at that cannot be compared
        found: Descent = request.position.get("descent", Descent())
        known, begun, values = self._mark(request.position.get("known")), self._begun(request, page), self._values(page)
        for value in self._edges(values, known, begun):
            mark = Mark.read(value)
            if mark is not None and not self._is_ahead(mark, begun):
                found = self._down(found, mark, known)
        return found

    def _edges(self, values: list[Any], known: Mark | None, begun: str) -> list[Any]:
        """Of *values* the first and the last, where those between them say nothing more: they descend, and none is older."""
        if len(values) < 2 or not sort_as_they_are(values) or any(one < two for one, two in pairwise(values)):
            return values
        first, last = Mark.read(values[0]), Mark.read(values[-1])
        if first is None or last is None or self._is_ahead(first, begun):
            return values
        older = known is not None and last.size < known.size - last.step(self.lookback)
        return values if older else [values[0], values[-1]]

    def _down(self, descent: Descent, mark: Mark, known: Mark | None) -> Descent:
        low, step = descent.low, mark.step(self.lookback)
        older = descent.older + (known is not None and mark.size < known.size - step)
        if low is not None and mark.size > low.size + step and descent.rises is None:
            return evolve(descent, older=older, rises=mark)
        return evolve(descent, older=older, low=mark if low is None or mark.size < low.size else low)


def _words(lookback: timedelta | int) -> str:
    return str(lookback) if isinstance(lookback, timedelta) else f"{lookback}"
