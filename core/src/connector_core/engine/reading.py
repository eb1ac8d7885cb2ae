"""What a feed is read with, what comes of it, and what the sync asks of a feed."""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Protocol

from attrs import field, frozen

from connector_core.basics.discretion import Secrets
from connector_core.basics.operations import Log
from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Table

REMARKS = 100
"""The most warnings about pages that one sync shows."""


@frozen(hash=False)
class Api:
    """What a feed is read with.

    fetch:   (table, request) → page.
    threads: how many requests may be under way at once for child tables.
    """

    fetch: Callable[[Table, Request], Page]
    base_url: str
    page_size: int
    hidden: Secrets
    log: Log
    threads: int = 1
    _told: set[str] = field(factory=set, init=False)

    def remark(self, text: str) -> None:
        """Warn, of the same thing once in a sync."""
        if text not in self._told:
            self._told.add(text)
            if len(self._told) <= REMARKS:
                self.log.warning(text if len(self._told) < REMARKS else f"{text} Further warnings of this kind are not shown.")


@frozen(hash=False)
class Read:
    """One page of a feed.

    added: column → value that each of its records is given, for a child table.
    last:  the feed ends with it. again: and the next sync reads it again.
    """

    request: Request
    page: Page
    added: Mapping[str, Any] = field(factory=dict)
    last: bool = False
    again: bool = False


class Feed(Protocol):
    """What the sync asks of a feed."""

    @property
    def start(self) -> Bookmark:
        """Where the read starts; empty: from the start."""

    @property
    def bookmark(self) -> Bookmark:
        """Where a sync goes on once what was read so far is delivered."""

    def reads(self) -> Generator[Read | None, None, None]:
        """The pages, in the order in which they are to be delivered; None where nothing but the bookmark has moved.

        Raises BookmarkRejectedError when the API does not know the place to start from.
        """


class BookmarkRejectedError(Exception):
    """The API refuses the place that the state says to go on from."""
