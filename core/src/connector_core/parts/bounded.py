"""Paginators that end where the next part begins."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from connector_core.paging.around import Around
from connector_core.paging.full_read import FullRead
from connector_core.paging.numbers import OffsetPaginator, PageNumberPaginator
from connector_core.paging.windows import Windows
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, next_request
from connector_core.source.tables import Table


def innermost(paginator: Paginator) -> Paginator:
    """*paginator*, or what a FullRead is around: where a feed is read once from its start, that makes no difference."""
    return paginator.pages if isinstance(paginator, FullRead) else paginator


@frozen(hash=False)
class SomeWindows(Around):
    """The windows of *pages*, up to the one that starts at *until*."""

    pages: Windows
    until: Any

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        return self.pages.first(table, page_size, bookmark)

    def following(self, request: Request, page: Page) -> Request | None:
        following = self.pages.following(request, page)
        return None if following is None or self._is_beyond(following) else following

    def foreseen(self, request: Request, page: Page) -> Iterator[Request]:
        """Those that the windows foresee, and that belong here."""
        return (each for each in self.pages.foreseen(request, page) if not self._is_beyond(each))

    def bookmark(self, request: Request) -> Bookmark:
        return self.pages.bookmark(request)

    def rest(self, request: Request, page: Page) -> Bookmark:
        return self.pages.rest(request, page)

    def _is_beyond(self, request: Request) -> bool:
        return bool(request.position["from"] >= self.until)


@frozen(hash=False)
class SomePages(Around):
    """The pages of *pages*, which counts them, from the one at *begin* on, up to the one at *until*; None: to the end.

    begin: where the first of them is, and how many ``records`` and ``pages`` come before it.

    Its bookmark says where a page is: unlike that of the paginator, it belongs to one read.
    """

    pages: PageNumberPaginator | OffsetPaginator
    begin: Mapping[str, int]
    until: int | None

    def place(self, request: Request) -> dict[str, int]:
        """Where *request* is, as *begin* says it."""
        return {"at": self.at(request), "records": request.position["records"], "pages": request.position["pages"]}

    def at(self, request: Request) -> int:
        """The number or the offset that *request* asks for."""
        return int(request.found(self.pages.where, self.pages.param))

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:  # noqa: ARG002  (it holds no other place)
        first = self.pages.first(table, page_size, {}).placed(self.pages.where, self.pages.param, self.begin["at"])
        return evolve(first, position={**first.position, "records": self.begin["records"], "pages": self.begin["pages"]})

    def following(self, request: Request, page: Page) -> Request | None:
        following = next_request(self.pages, request, page)
        return None if following is None or self._is_beyond(following) else following

    def foreseen(self, request: Request, page: Page) -> Iterator[Request]:
        """Those that the paginator foresees, and that belong here."""
        return (each for each in self.pages.foreseen(request, page) if not self._is_beyond(each))

    def enough(self, request: Request, page: Page) -> bool:
        """Whether what comes after this page belongs to another part."""
        return not page.ended and self._is_beyond(self.pages.onward(request, page))

    def bookmark(self, request: Request) -> Bookmark:
        return {"at": self.at(request)}

    def rest(self, request: Request, page: Page) -> Bookmark:  # noqa: ARG002
        """Nothing: the next sync reads such pages from the first."""
        return {}

    def _is_beyond(self, request: Request) -> bool:
        return self.until is not None and self.at(request) >= self.until
