"""Pages by an address that the API hands out, in the answer or in its header."""

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from attrs import field, frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.names import one_line
from connector_core.basics.paths import MISSING, Path, compile_path
from connector_core.paging.resting import RestsAtTheStart, first_request, sized
from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Table


@frozen(hash=False)
class NextLinkPaginator(RestsAtTheStart):
    """The answer holds the whole address of the next page.

    next_field: where: ``next_page_url``, ``links.next``; null or empty on the last page.
    size_param: the query parameter of the first request that takes the setting ``page_size``; None when the API has none.
    missing_ends: the API leaves the link out on the last page.

    A link that is left out ends the feed without *missing_ends* too where that can be no mistake: after a page that was itself
    reached by a link, with a page that is empty or has fewer records than were asked for, and for the link of OData, which is
    defined so (OData JSON Format 4.01, section 4.5.5). Anywhere else it is an error: the field may be called otherwise.

    The bookmark is the address. A finished sync rests at the start, so each sync reads the feed whole.
    """

    next_field: str = "next"
    size_param: str | None = None
    missing_ends: bool = False
    _place: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.next_field)

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        link = bookmark.get("next_link")
        if isinstance(link, str) and link:
            return _linked(first_request(table), link)
        return sized(first_request(table), self.size_param, page_size)

    def following(self, request: Request, page: Page) -> Request | None:
        link = self.named(page)
        if link is MISSING and not self._may_be_left_out(request, page):
            raise UnexpectedAnswer(
                f"{request}: the answer has no {self.next_field}{there_is(self.next_field, [page.body])}, so it cannot be told "
                f"whether the feed ends here. Correct next_field of {type(self).__name__}; if the API leaves it out on the last "
                "page, write missing_ends=True."
            )
        if link not in (None, MISSING) and not isinstance(link, str):
            raise UnexpectedAnswer(
                f"{request}: the next link is {one_line(repr(link), 60)}, where an address or null was expected. "
                "If the API changed, change the plugin's paginator."
            )
        return _linked(request, link) if link else None

    def bookmark(self, request: Request) -> Bookmark:
        # A request with a whole address, or with a query of its own, came from a link.
        return {"next_link": request.path} if "?" in request.path or "://" in request.path else {}

    def named(self, page: Page) -> Any:
        """What stands where the link should be; ``MISSING`` where nothing does."""
        found = self._place.find(page.body)
        return None if found is MISSING and self._place.knows(page.body) else found

    def _may_be_left_out(self, request: Request, page: Page) -> bool:
        if self.missing_ends or self.bookmark(request) or not page.records or self.next_field.endswith("odata.nextLink"):
            return True
        asked = request.params.get(self.size_param) if self.size_param else None
        return asked is not None and len(page.records) < int(asked)


@frozen(hash=False)
class LinkHeaderPaginator(NextLinkPaginator):
    """The next page's address is in the answer's ``Link`` header, with ``rel="next"`` (RFC 8288).

    next_field: the relation, ``next``.
    """

    def named(self, page: Page) -> Any:
        """The link of the header; None where there is none."""
        for target, parameters in _LINK.findall(page.headers.get("link", "")):
            relation = _REL.search(parameters)
            if relation and self.next_field in relation[1].lower().split():
                return target
        return None


_LINK = re.compile(r"<([^>]*)>((?:[^,\"<]|\"[^\"]*\")*)")
_REL = re.compile(r";\s*rel\s*=\s*\"?([^\";]*)", re.IGNORECASE)


def _linked(request: Request, link: str) -> Request:
    """The request for *link*, which may be relative to the address that *request* was made to."""
    if "://" in link or link.startswith("/"):
        return Request(link, {}, request.method, request.headers, request.json)
    joined = urljoin(f"https://host{urlsplit(request.path).path}", link)
    parts = urlsplit(joined)
    return Request(parts.path + (f"?{parts.query}" if parts.query else ""), {}, request.method, request.headers, request.json)
