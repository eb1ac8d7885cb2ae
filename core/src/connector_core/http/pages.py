"""Reading feeds page by page: the next page, or several, fetched ahead where that pays; or several feeds at once."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from typing import TypeVar

from attrs import evolve, frozen

from connector_core.basics.blame import told
from connector_core.basics.errors import ConnectorError, PluginError, UnexpectedAnswer
from connector_core.http.ahead import Ahead
from connector_core.http.guards import LoopGuard, Standstill
from connector_core.http.workers import Workers
from connector_core.paging.evidence import Evidence
from connector_core.source.pagination import MAX_EMPTY_PAGES, Follower, Page, Request, next_request

AHEAD_FROM_SECONDS = 0.01
"""Read ahead when the API took at least this long to answer: below it, handing over between threads costs more than it gains."""

T = TypeVar("T")
R = TypeVar("R")


@frozen(hash=False)
class PageRead:
    """A page, the request that brought it, and the one that follows; None where the feed ends."""

    request: Request
    page: Page
    following: Request | None


def read_pages(
    fetch: Callable[[Request], Page],
    paginator: Follower,
    request: Request,
    table: str = "",
    origin: object = "the paginator",
    *,
    ahead: bool = True,
    together: int = 1,
    evidence: Evidence | None = None,
) -> Generator[PageRead, None, None]:
    """The pages of a feed from *request* to its end, one in hand and at most one in flight; without *ahead*, none in flight.

    Of a paginator that foresees requests, at most *together* are in flight, or waiting for the pages before them.
    *table* and *origin*, the plugin and hook that the paginator came from, are for messages. Whatever *fetch* raises for a page
    is raised when that page is due, also when another thread fetched it. Raises UnexpectedAnswer when the feed goes in circles,
    does not say where to go on, or ends while *evidence* is against it; PluginError when the paginator fails.
    """
    guard = LoopGuard()
    still = Standstill(getattr(paginator, "max_empty_pages", MAX_EMPTY_PAGES), counts=getattr(paginator, "counts", False))
    reader = Ahead(fetch, together, getattr(paginator, "foreseen", None))
    try:
        guard.check(request)
        page = watched(still.seen(request, fetch(request)), evidence, request)
        while (following := _following(paginator, guard, PageRead(request, page, None), table, origin, evidence)) is not None:
            still.check(table, request)
            worth_it = ahead and page.seconds >= AHEAD_FROM_SECONDS
            if worth_it or reader.coming:
                reader.ask(request, page, following, worth_it=worth_it)
            yield PageRead(request, page, following)
            request = following
            page = watched(still.seen(request, reader.page() if reader.coming else fetch(request)), evidence, request)
        if page.repeated:
            page = evolve(page, records=[])  # beyond the end, and each record was delivered already
        yield PageRead(request, page, None)
    finally:
        # A request in flight is not waited for: the client is closed right after, which ends a pause between tries.
        reader.close()


def watched(page: Page, evidence: Evidence | None, request: Request) -> Page:
    """*page*, which *request* brought, counted by *evidence*, which witnesses what becomes of it."""
    if evidence is None or request.asks:
        return page
    evidence.took(page)
    object.__setattr__(page, "witness", evidence.ended)  # nobody else has this page, and a copy would cost more for each
    return page


def _following(
    paginator: Follower, guard: LoopGuard, read: PageRead, table: str, origin: object, evidence: Evidence | None
) -> Request | None:
    try:
        following = next_request(paginator, read.request, read.page)
        judged = evidence is None or evidence.judged or read.page.ended or read.request.asks
        if following is None and evidence is not None and not (judged or _enough(paginator, read)):
            # It is made around another one that it asked without next_request.
            following = evidence.ended(getattr(paginator, "pages", paginator), read.request, read.page)
        if following is not None:
            guard.check(following)
    except UnexpectedAnswer as error:
        # A paginator does not know its table; what a record that it looked at raises does.
        raise type(error)(str(error) if str(error).startswith(f"{table}: ") else f"{table}: {error}") from None
    except ConnectorError:
        raise
    except Exception as error:
        raise PluginError(f"{table}: {read.request}: {origin} failed with {told(error)} Correct the paginator.") from error
    return following


def _enough(paginator: Follower, read: PageRead) -> bool:
    """Whether *paginator* wants no more of a feed that may go on: then there is no end that anything could be against."""
    enough = getattr(paginator, "enough", None)
    return bool(enough and enough(read.request, read.page))


def interleaved(read: Callable[[T], Iterator[R]], items: Iterable[T], threads: int) -> Generator[tuple[T, R | None], None, None]:
    """What *read* yields for each of the *items*, as it comes, at most *threads* of them at a time; None when an item is done.

    Of each item, the next is read while the one before is in the caller's hands, and no further. Whatever *read* raises is
    raised here.
    """
    workers = Workers(threads, "children")
    waiting = iter(items)
    running: dict[Future[R | None], tuple[T, Iterator[R]]] = {}

    def go_on(item: T, found: Iterator[R]) -> None:
        running[workers.submit(next, found, None)] = (item, found)

    try:
        for item in islice(waiting, threads):
            go_on(item, read(item))
        while running:
            ready, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in [future for future in running if future in ready]:  # in the order in which they were asked for
                item, found = running.pop(future)
                value = future.result()
                if value is not None:
                    go_on(item, found)
                else:
                    for another in islice(waiting, 1):
                        go_on(another, read(another))
                yield item, value
    finally:
        # As above: what is in flight is not waited for.
        workers.close()
