"""Reading a feed page by page, the next page fetched while the current one is delivered where that pays."""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor

from attrs import frozen

from connector_core.errors import ConnectorError, PluginError, UnexpectedAnswer
from connector_core.names import one_line
from connector_core.pagination import LoopGuard, Page, Paginator, Request, next_request

AHEAD_FROM_SECONDS = 0.01
"""Read ahead when the API took at least this long to answer: below it, handing over between threads costs more than it gains."""


@frozen(hash=False)
class PageRead:
    """A page, the request that brought it, and the one that follows; None where the feed ends."""

    request: Request
    page: Page
    following: Request | None


def read_pages(
    fetch: Callable[[Request], Page], paginator: Paginator, request: Request, table: str = "", origin: object = "the paginator"
) -> Generator[PageRead, None, None]:
    """The pages of a feed from *request* to its end, one in hand and at most one in flight.

    *table* and *origin*, the plugin and hook that the paginator came from, are for messages. Whatever *fetch* raises for a page
    is raised when that page is due, also when another thread fetched it. Raises UnexpectedAnswer when the feed goes in circles
    or does not say where to go on, PluginError when the paginator fails.
    """
    guard = LoopGuard()
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="next-page")
    try:
        guard.check(request)
        page = fetch(request)
        while (following := _following(paginator, guard, PageRead(request, page, None), table, origin)) is not None:
            ahead = _ahead(pool, fetch, following, page)
            yield PageRead(request, page, following)
            before, page = page, ahead.result() if ahead else fetch(following)
            request = following
            if page.records and page.records == before.records:
                raise UnexpectedAnswer(
                    f"{table}: {request}: the API sends the same records as for the page before, so the feed would never end. "
                    "The next sync goes on from the last checkpoint; if it fails the same way, check the plugin's paginator."
                )
        yield PageRead(request, page, None)
    finally:
        # A request in flight is not waited for: the client is closed right after, which ends a pause between tries.
        pool.shutdown(wait=False, cancel_futures=True)


def _following(paginator: Paginator, guard: LoopGuard, read: PageRead, table: str, origin: object) -> Request | None:
    try:
        following = next_request(paginator, read.request, read.page)
        if following is not None:
            guard.check(following)
    except UnexpectedAnswer as error:
        raise type(error)(f"{table}: {error}") from None
    except ConnectorError:
        raise
    except Exception as error:
        raise PluginError(
            f"{table}: {read.request}: {origin} failed with {type(error).__name__}: {one_line(error)}. Correct the paginator."
        ) from error
    return following


def _ahead(pool: ThreadPoolExecutor, fetch: Callable[[Request], Page], request: Request, page: Page) -> Future[Page] | None:
    return pool.submit(fetch, request) if page.seconds >= AHEAD_FROM_SECONDS else None
