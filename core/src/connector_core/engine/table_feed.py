"""The feed of a table of its own, or of one parent's children."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any

from attrs import evolve, frozen

from connector_core.basics.blame import told
from connector_core.basics.errors import (
    ConnectorError,
    LostJob,
    PluginError,
    RequestRejected,
    StaleCursor,
    StalePlace,
    UnexpectedAnswer,
)
from connector_core.basics.names import one_line
from connector_core.engine.reading import Api, BookmarkRejectedError, Read
from connector_core.http.origin import check_origin, same_origin
from connector_core.http.pages import PageRead, read_pages
from connector_core.paging.evidence import Evidence
from connector_core.plugin.assembly import TablePlan
from connector_core.source.pagination import MAX_EMPTY_PAGES, Bookmark, Page, Paginator, Request, next_request


@frozen
class _Paginator:
    """The paginator of *plan*: its next requests stay at the API and hold no secret that it put into them, its errors say whose
    they are."""

    plan: TablePlan
    api: Api

    reads_on = True

    @property
    def pages(self) -> Paginator:
        """What it is made around."""
        return self.plan.paginator

    def first(self, page_size: int, bookmark: Bookmark) -> Request:
        with self._blame():
            return self.plan.paginator.first(self.plan.table, page_size, bookmark)

    def following(self, request: Request, page: Page) -> Request | None:
        following = next_request(self.plan.paginator, request, page)
        if following is None:
            return None
        following = following.without(self.api.hidden.sent_back)  # the auth adds it again
        # Here, before any state says to go on there: it would be refused in every sync from now on.
        return self.checked(following)

    def foreseen(self, request: Request, page: Page) -> Iterator[Request]:
        """What the paginator foresees, as ``following`` would say it."""
        if foreseen := getattr(self.plan.paginator, "foreseen", None):
            with self._blame():
                yield from (self.checked(later.without(self.api.hidden.sent_back)) for later in foreseen(request, page))

    def checked(self, request: Request) -> Request:
        """*request*, which says whether it goes to another host. Raises UnexpectedAnswer where it may not go there."""
        url = check_origin(self.api.base_url, self.plan.table.name, request.path, self.plan.table.elsewhere)
        if same_origin(url, self.api.base_url):
            return evolve(request, away=False) if request.away else request
        self.api.hidden.lent(url)
        return evolve(request, away=True)

    def bookmark(self, request: Request) -> Bookmark:
        if request.away:
            return self._bookmark_away(request)
        with self._blame():
            # A session of the API's is followed as it is, but the next sync has one of its own.
            return self.plan.paginator.bookmark(request.without(self.api.hidden.kept_out))

    def _bookmark_away(self, request: Request) -> Bookmark:
        """None that holds the address: it is signed, which no state may show, and not for long."""
        with self._blame():
            place = self.plan.paginator.bookmark(request)
        return {} if json.dumps(request.path)[1:-1] in json.dumps(place) else place

    def rest(self, request: Request, page: Page) -> Bookmark:
        with self._blame():
            return self.plan.paginator.rest(request, page)

    def remark(self, request: Request, page: Page) -> None:
        """Pass on what the paginator has to say of a page."""
        if remarks := getattr(self.plan.paginator, "remarks", None):
            warn = self.api.warn_once(self.plan.table.name)
            with self._blame():
                for text in remarks(request, page):
                    warn(text, text)

    def enough(self, request: Request, page: Page) -> bool:
        """Whether the rest of the feed is not wanted."""
        enough = getattr(self.plan.paginator, "enough", None)
        return bool(enough and enough(request, page))

    @property
    def max_empty_pages(self) -> int:
        """So many pages in a row may bring nothing new."""
        return int(getattr(self.plan.paginator, "max_empty_pages", MAX_EMPTY_PAGES))

    @property
    def counts(self) -> bool:
        """Whether the pages are counted."""
        return bool(getattr(self.plan.paginator, "counts", False))

    @contextmanager
    def _blame(self) -> Iterator[None]:
        try:
            yield
        except UnexpectedAnswer as error:  # a paginator does not know its table
            raise type(error)(f"{self.plan.table.name}: {error}") from None
        except ConnectorError:
            raise
        except Exception as error:
            raise PluginError(
                f"{self.plan.table.name}: {self.plan.paginator_origin} failed with {told(error)} Correct the paginator."
            ) from error


def begun(plan: TablePlan, api: Api, bookmark: Bookmark, *, ahead: bool = True) -> "TableFeed":
    """The feed from *bookmark* on or, with a warning, from its start where *bookmark* is none that the paginator could have made.

    A state may come from anywhere. A paginator that were to fail on it would fail in each sync from now on.
    """
    made = TableFeed(plan, api, bookmark, ahead=ahead)
    if bookmark and not _alike(made.bookmark, bookmark):
        made = TableFeed(plan, api, {}, ahead=ahead)
    if bookmark and not made.bookmark:
        made.left_aside = True
        api.warn_once(plan.table.name)("left aside", nothing_said(bookmark))
    return made


def paginator_anew(plan: TablePlan, bookmark: Bookmark) -> Bookmark:
    """What of *bookmark* a read of the whole feed may begin with."""
    anew = getattr(plan.paginator, "anew", None)
    return dict(anew(bookmark)) if anew else {}


def nothing_said(bookmark: Bookmark) -> str:
    """What to say of a *bookmark* that is none of the feed's."""
    return f"the state ({one_line(', '.join(bookmark), 80)}) says nothing about where to go on. Reading the whole feed."


def _alike(start: Any, stored: Any) -> bool:
    """Whether what a paginator made of a stored place is of the kinds that were stored: a text may have been a number."""
    if isinstance(start, Mapping) and isinstance(stored, Mapping):
        return all(_alike(value, stored[name]) for name, value in start.items() if name in stored)
    return start == stored or (_is_plain(start) and _is_plain(stored))


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


class TableFeed:
    """The feed of one table, or of one parent's children; without *ahead*, no page is fetched before it is asked for."""

    def __init__(self, plan: TablePlan, api: Api, bookmark: Bookmark, *, ahead: bool = True) -> None:
        self._plan = plan
        self._api = api
        self._ahead = ahead
        self._paginator = _Paginator(plan, api)
        self._first, self.bookmark = self._begin(bookmark)
        self.anew = paginator_anew(plan, self.bookmark)
        self.start: Bookmark = {} if self.bookmark == self.anew else self.bookmark
        self._place = self.bookmark
        """The bookmark that it was begun with, where that was understood."""
        self.left_aside = False
        """Whether there was a bookmark that said nothing that can be understood (see ``begun``)."""
        self.ended = False

    def _begin(self, bookmark: Bookmark) -> tuple[Request, Bookmark]:
        """The first request, and the place that it stands for; from the start where *bookmark* cannot be understood.

        A state may hold anything: it may be of another version of the plugin, or of another API.
        """
        paginator, size = self._paginator, self._api.page_size
        if bookmark:
            with suppress(ConnectorError):
                first = paginator.checked(paginator.first(size, bookmark))
                start = paginator.bookmark(first)
                if start:
                    return first, start
        return paginator.first(size, {}), {}

    def reads(self) -> Generator[Read, None, None]:
        plan = self._plan
        paginator = self._paginator
        name, origin = plan.table.name, plan.paginator_origin
        evidence = Evidence(plan.table, self._api.warn_once(name), whole=not self.start)
        together = self._api.threads
        pages = read_pages(
            self._fetch, paginator, self._first, name, origin, ahead=self._ahead, together=together, evidence=evidence
        )
        self._api.journal.fetching(plan.table, self._first)
        with closing(pages):
            try:
                for read in pages:
                    yield self._read(read)
                    if read.following:
                        self._api.journal.fetching(plan.table, read.following)  # also where that is on its way already
            except LostJob as error:
                raise BookmarkRejectedError(f"the export job has to be made anew ({error}).") from None
            except StalePlace as error:
                if self.start:
                    raise BookmarkRejectedError(
                        f"the place that the last sync ended with does not go with what the API answers ({error})."
                    ) from None
                raise

    def _read(self, read: PageRead) -> Read:
        paginator, before = self._paginator, self.bookmark
        self.ended = read.following is None
        self.bookmark = paginator.bookmark(read.following) if read.following else paginator.rest(read.request, read.page)
        if self.bookmark:
            self.anew = paginator_anew(self._plan, self.bookmark)
        paginator.remark(read.request, read.page)
        unmoved = self.bookmark == before
        keeps = read.request.asks and not self.ended and not unmoved
        return Read(read.request, read.page, last=self.ended, again=self.ended and unmoved, keeps=keeps)

    def _fetch(self, request: Request) -> Page:
        """One page; a refusal of the very first request is the stored bookmark's fault, if there is one."""
        try:
            return self._api.fetch(self._plan.table, request)
        except RequestRejected as error:
            if self._place and request is self._first:
                raise BookmarkRejectedError(
                    f"the API no longer knows the cursor that the last sync ended with ({error})."
                ) from None
            if isinstance(error, StaleCursor):
                raise self._stale(error, request) from None
            raise

    def _stale(self, error: StaleCursor, request: Request) -> Exception:
        """What a rule that starts a read over comes to."""
        if request is self._first:
            return RequestRejected(
                f"{error}. By the plugin's error rule the read starts over after such an answer, but this is its first request, "
                "and it holds no place to go on from. Correct the rule."
            )
        return BookmarkRejectedError(f"the API no longer knows the place that this read had come to ({error}).")
