"""Pages that are asked for before they are due: the next one or, where a paginator foresees them, several at once.

What a paginator foresees is a guess. Which page is due is said by ``following`` alone, page by page as ever: where that says
something else, what was asked for is thrown away, and so is an error that it may have brought.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from itertools import islice

from connector_core.http.workers import Workers
from connector_core.source.pagination import Page, Request

HEAD_START_SECONDS = 0.002
"""How long the caller waits for a request that is read ahead to be on its way.

A thread that delivers records lets another run only every 5 ms (``sys.getswitchinterval``), and a request has to run several
times before it is out: without a head start it would leave when the page before is delivered, and nothing would be gained.
"""

Foreseen = Callable[[Request, Page], Iterable[Request]]
"""The requests after one that brought a page, in order, as far as they are known by then; none where nothing is."""


class Ahead:
    """Pages on their way, in the order in which they are due: one, or up to *most* where they are *foreseen*.

    coming: what is on its way, each request with its page.
    """

    def __init__(self, fetch: Callable[[Request], Page], most: int = 1, foreseen: Foreseen | None = None) -> None:
        self._fetch = fetch
        self._foreseen = foreseen if most > 1 else None
        self._most = most if self._foreseen else 1
        self._workers = Workers(self._most, "next-page")
        self.coming: deque[tuple[Request, Future[Page]]] = deque()
        self._later: Iterator[Request] = iter(())

    def ask(self, request: Request, page: Page, following: Request, *, worth_it: bool) -> None:
        """Let *following*, which is due after *request* and its *page*, be on its way, and what is known to come behind it.

        Where it is not *worth_it*, nothing more is asked for.
        """
        if self.coming and not _is_same(first := self.coming[0][0], following):
            if request.part == following.part != first.part:  # one more page of a window, before those that are foreseen
                self.coming.appendleft((following, self._workers.submit(self._fetch, following)))
            else:
                self._throw_away()
        if not worth_it:
            return
        sent = None
        if not self.coming:
            self._later = self._known(request, page, following)
            sent = self._send(following)
        for later in islice(self._later, self._most - len(self.coming)):
            sent = self._send(later)
        if sent is not None:
            wait([sent], timeout=HEAD_START_SECONDS)

    def page(self) -> Page:
        """The first page that is on its way. Raises whatever fetching it raises."""
        return self.coming.popleft()[1].result()

    def close(self) -> None:
        """Wait for nothing that is on its way."""
        self._workers.close()

    def _known(self, request: Request, page: Page, following: Request) -> Iterator[Request]:
        """What is foreseen behind *following*."""
        if self._foreseen is None:
            return iter(())
        known = iter(self._foreseen(request, page))
        first = next(known, None)
        return known if first is not None and _is_same(first, following) else iter(())

    def _send(self, request: Request) -> Future[Page]:
        future = self._workers.submit(self._fetch, request)
        self.coming.append((request, future))
        return future

    def _throw_away(self) -> None:
        """Forget what is on its way. From now on it is one page at a time: a feed that cannot be foreseen costs no more."""
        for _, future in self.coming:
            future.cancel()
        self.coming.clear()
        self._foreseen = None
        self._most = 1


def _is_same(foreseen: Request, following: Request) -> bool:
    """Whether the answer to the one is that to the other. What is to wait, or asks how far something is, has its own time."""
    alike = foreseen == following and foreseen.link == following.link and foreseen.away == following.away
    return alike and not (following.after or following.asks or following.leased)
