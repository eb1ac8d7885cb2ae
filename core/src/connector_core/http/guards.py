"""Guards against feeds without an end: one that asks for the same again, and one that brings nothing new."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from attrs import evolve, frozen

from connector_core.basics.counting import counted, plural
from connector_core.basics.errors import CircularFeed
from connector_core.source.pagination import Page, Request


class LoopGuard:
    """Notices that a feed goes in circles, in constant memory: a request that was made before in this read.

    A request that repeats the one before it is noticed at once. Longer loops by Brent's cycle detection (R. P. Brent, "An
    improved Monte Carlo factorization algorithm", BIT 20, 1980): one earlier request is kept, and replaced each time the
    count of requests since doubles, so a loop is noticed before it has been gone round more often than it took to get there.
    """

    def __init__(self) -> None:
        self._begin("")

    def _begin(self, part: str) -> None:
        self._part = part
        self._kept: Request | None = None
        self._previous: Request | None = None
        self._since = 0
        self._limit = 1

    def check(self, request: Request) -> None:
        """Raise CircularFeed when *request* was made before in this read of its part."""
        if request.asks:
            return  # whoever asks how far something is asks the same again, and knows when to stop
        if request.part != self._part:
            self._begin(request.part)
        if request in (self._previous, self._kept):
            raise CircularFeed(
                f"{request}: the API's next cursor leads back to a page that this sync has already read, so the feed would never "
                "end. The next sync goes on from the last checkpoint; if it fails the same way, ask the API's owner."
            )
        self._previous = request
        self._since += 1
        if self._since >= self._limit:
            self._kept, self._since, self._limit = request, 0, self._limit * 2


class Standstill:
    """Notices that a feed brings nothing new: *most* pages in a row that are empty, or have the records of the page before.

    Equal answers to other requests are no circle by themselves: a feed may send a record several times running. Only a page with
    several records that comes once more, all of it, is the answer to another request. Where the paginator *counts* its pages,
    the first one is remembered as well, because an API may send that for every page beyond the end.
    """

    def __init__(self, most: int, *, counts: bool) -> None:
        self._most = most
        self._counts = counts
        self._part = ""
        self._before: Page | None = None
        self._first: _Look | None = None
        self._idle = 0
        self._alike = 0
        self._first_again = 0
        self._stale = False

    def seen(self, request: Request, page: Page) -> Page:
        """*page*, which *request* brought; marked where its records were there already, in the same part of the feed."""
        if request.asks:
            return page
        before = self._before
        same = before is None or request.part == self._part
        if not same:
            # Equal answers to other parts are right. An API that knows no parts sends them for ever, and no empty one.
            self._first, self._alike = None, 0
        self._part = request.part
        alike = before is not None and bool(page.records) and page.records == before.records
        again = self._is_first(page)
        self._first_again += again
        idles = alike or again or (same and not page.records)
        self._idle = self._idle + 1 if idles else 0
        self._alike = self._alike + 1 if alike and same else 0
        self._stale = before is not None and self._alike > (page.body != before.body) and _is_mixed(page.records)
        self._before = page
        return evolve(page, repeated=True) if again or (alike and same) else page

    def check(self, table: str, request: Request) -> None:
        """Raise CircularFeed when the feed goes on though it has brought nothing new for too long."""
        if self._stale:
            raise CircularFeed(
                f"{table}: {request}: the API sends the same records as for the page before, so the feed would never end. "
                f"{_AGAIN} The next sync goes on from the last checkpoint."
            )
        if self._idle < self._most and self._first_again < self._most:
            return
        empty = self._before is not None and not self._before.records
        came = f"{plural(self._most, 'was', 'were')} empty" if empty else "brought the same records again"
        raise CircularFeed(
            f"{table}: {request}: {counted(self._most, 'page')} in a row {came}, and "
            f"there is always another one, so the feed may never end. {_EMPTY if empty else _AGAIN} "
            "If the feed is like that, set max_empty_pages of the paginator higher."
        )

    def _is_first(self, page: Page) -> bool:
        """Whether *page* has the records of the first page of its part; False for that page itself."""
        if not self._counts or not page.records:
            return False
        if self._first is None:
            self._first = _Look.at(page.records)
            return False
        return self._first.fits(page.records)


@frozen
class _Look:
    """How a page looked, in a few bytes. Records in a file can be compared as they are."""

    number: int
    first: Any
    whole: Any

    @classmethod
    def at(cls, records: Sequence[Any]) -> "_Look":
        if not isinstance(records, list):
            return cls(0, None, records)
        return cls(len(records), records[0], _digest(records))

    def fits(self, records: Sequence[Any]) -> bool:
        if not isinstance(records, list):
            return bool(self.whole == records)
        return len(records) == self.number and bool(records[0] == self.first) and _digest(records) == self.whole


def _is_mixed(records: Sequence[Any]) -> bool:
    """Whether not all *records* are one and the same, which may have come several times running."""
    return any(one != two for one, two in pairwise(records))


_EMPTY = "Say how the API tells the end: give the paginator a stop rule, such as empty_page() or field_is(…)."
_AGAIN = (
    "If the API sends the last page, or the first one, for every page beyond the end, add repeated_page() to the paginator's "
    "stop; if it does not know the parameter that says which page, correct that."
)


def _digest(records: list[Any]) -> str:
    return blake2b(json.dumps(records, sort_keys=True, default=repr).encode(), digest_size=16).hexdigest()
