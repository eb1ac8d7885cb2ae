"""What a feed is read with, what comes of it, and what the sync asks of a feed."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Protocol

from attrs import field, frozen

from connector_core.basics.discretion import Secrets
from connector_core.basics.operations import Log
from connector_core.engine.journal import Journal
from connector_core.plugin.plan import TablePlan
from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Table

WARNINGS = 100
"""The most warnings about pages that one sync shows."""


@frozen(hash=False)
class Api:
    """What a feed is read with.

    fetch:   (table, request) → page.
    journal: what the log says of the progress.
    threads: how many requests may be under way at once.
    """

    fetch: Callable[[Table, Request], Page]
    base_url: str
    page_size: int
    hidden: Secrets
    log: Log
    journal: Journal
    threads: int = 1
    _warned: set[tuple[str, str]] = field(factory=set, init=False, repr=False)

    def warn_once(self, table: str) -> Callable[[str, str], None]:
        """What takes warnings about *table*, each with the name of what it is about, and gives the first of each name."""

        def warn(what: str, warning: str) -> None:
            if (table, what) not in self._warned and len(self._warned) < WARNINGS:
                self._warned.add((table, what))
                more = "" if len(self._warned) < WARNINGS else " Further warnings of this kind are not shown."
                self.log.alert(f"{table}: {warning}{more}")

        return warn


@frozen(hash=False)
class Read:
    """One page of a feed.

    added: column → value that each of its records is given, for a child table.
    last:  the feed ends with it. again: and the next sync reads it again.
    keeps: the place behind it is worth a checkpoint though no record came, such as an export job that was made.
    gone:  it has no records of the table, but these keys of records that are gone: column → value.
    """

    request: Request
    page: Page
    added: Mapping[str, Any] = field(factory=dict)
    last: bool = False
    again: bool = False
    keeps: bool = False
    gone: Sequence[Mapping[str, Any]] | None = None


class Feed(Protocol):
    """What the sync asks of a feed."""

    @property
    def start(self) -> Bookmark:
        """Where the read starts; empty: from the start."""

    @property
    def bookmark(self) -> Bookmark:
        """Where a sync goes on once what was read so far is delivered."""

    @property
    def anew(self) -> Bookmark:
        """What the state has to hold for a sync that reads the feed from its start; empty unless an export is under way."""

    @property
    def left_aside(self) -> bool:
        """Whether there was a bookmark that said nothing that can be understood."""

    @property
    def ended(self) -> bool:
        """Whether the page that was read last is known to be the last one."""

    def reads(self) -> Generator[Read | None, None, None]:
        """The pages, in the order in which they are to be delivered; None where nothing but the bookmark has moved.

        Raises BookmarkRejectedError when the API does not know the place to start from.
        """


class Opens(Protocol):
    """What opens the feed of a table: ``connector_core.engine.feeds.feed``."""

    def __call__(self, plan: TablePlan, api: Api, bookmark: Bookmark, *, ahead: bool = True) -> Feed: ...


class BookmarkRejectedError(Exception):
    """The API refuses the place that the state says to go on from."""
