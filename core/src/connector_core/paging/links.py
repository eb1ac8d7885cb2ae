"""Pages by an address that the API hands out, in the answer or in its header."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from attrs import evolve, field, frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.names import one_line
from connector_core.basics.paths import MISSING, Path, compile_path
from connector_core.paging.checks import check_carried, check_positions, listed_rules, text
from connector_core.paging.ends import Plain, end_values, is_one_of
from connector_core.paging.places import is_address, is_counted
from connector_core.paging.resting import Paged, RestsAtTheStart, first_request, sized
from connector_core.paging.web_links import links_of, resolved
from connector_core.source.pagination import Bookmark, Page, Request, StopRule
from connector_core.source.tables import Table


def _names(names: Sequence[str] | None) -> Sequence[str] | None:
    return tuple(names) if isinstance(names, list) else names


@frozen(hash=False)
class NextLinkPaginator(RestsAtTheStart, Paged):
    """The answer holds the address of the next page, whole or relative (RFC 3986, section 5).

    next_field: where: ``next_page_url``, ``links.next``; null or empty on the last page.
    size_param: the query parameter of the first request that takes the setting ``page_size``; None when the API has none.
    stop:       rules that end the feed, for an API that hands out a link on the last page too.
    ends_at:    links that mean the end, beside null and an empty text: ``[False]``.
    missing_ends: the API leaves the link out on the last page.
    keep:       query parameters of the first request that each link is given where it lacks them: ``["status"]``. An empty list
                says that links carry all they need. Unless that is said, a link that lacks one of the table's ``params`` is an
                error where its own parameters are plain numbers, and else a warning: a token may carry them.
    path_only:  of a link only path and query count; scheme, host and port are those of the answer. For an API behind a proxy
                that hands out links as it sees itself.

    A link that is left out ends the feed without *missing_ends* too where that can be no mistake: after a page that was itself
    reached by a link, with a page that is empty or has fewer records than were asked for, and for the link of OData, which is
    defined so (OData JSON Format 4.01, section 4.5.5). Anywhere else it is an error: the field may be called otherwise.

    A link is followed as it is. While a read is under way the state holds ``{"next_link": link}``, and the page size where one
    was asked for. A read that was cut short goes on there, unless the page size is another one, or the link goes by plain small
    numbers: such a place shifts when records come or go. A finished sync rests at the start, so each sync reads the feed whole.
    """

    next_field: str = field(default="next", validator=text)
    size_param: str | None = None
    stop: Sequence[StopRule] = field(default=(), converter=listed_rules)
    ends_at: Sequence[Plain] = field(default=(), converter=end_values, kw_only=True)
    keep: Sequence[str] | None = field(default=None, converter=_names, kw_only=True)
    path_only: bool = field(default=False, kw_only=True)
    missing_ends: bool = field(default=False, kw_only=True)
    _place: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.next_field)

    def __attrs_post_init__(self) -> None:
        check_positions(self, [])

    @property
    def risk(self) -> str:
        """What the plugin takes upon itself."""
        if self.keep is None or self.keep:
            return ""
        return "Links are taken to carry what the params of the table say, because the plugin says keep=[]."

    def check(self, table: Table) -> None:
        """Raise PluginError when a stop rule reads what the requests for *table* do not have."""
        check_carried(self, self.first(table, 1, {}))

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size)
        size = page_size if self.size_param else None
        request = evolve(request, position={"start": request, "page_size": size})
        link = bookmark.get("next_link")
        return self._to(request, link) if is_address(link) and bookmark.get("page_size") == size else request

    def following(self, request: Request, page: Page) -> Request | None:
        if any(rule(request, page) for rule in self.stop):
            return None
        link = self.named(page)
        if link is MISSING and not self._may_be_left_out(request, page):
            raise UnexpectedAnswer(
                f"{request}: the answer has no {self.next_field}{there_is(self.next_field, [page.body])}, so it cannot be told "
                f"whether the feed ends here. Correct next_field of {type(self).__name__}; if the API leaves it out on the last "
                "page, write missing_ends=True."
            )
        if link is None or link is MISSING or link == "" or is_one_of(link, self.ends_at):
            return None
        if not isinstance(link, str):
            raise self._no_link(request, link)
        following = self._kept(request, self._led(request, page, link.strip()))
        lost = self._lost(request, following)
        if lost and is_counted(following):
            raise UnexpectedAnswer(
                f"{request}: the next link, {following.path}, lacks {', '.join(lost)}, which the table's params have, so the "
                f"next pages would hold other records. Write keep={lost!r} in the paginator, or keep=[] if the API knows it by "
                "itself."
            )
        return following

    def bookmark(self, request: Request) -> Bookmark:
        if not request.link or is_counted(request):
            return {}
        size = request.position.get("page_size")
        return {"next_link": request.path} | ({} if size is None else {"page_size": size})

    def remarks(self, request: Request, page: Page) -> Iterator[str]:
        """Parameters of the first request that the next link lacks, where a token in it may carry them."""
        if self.keep is not None or page.ended:
            return
        following = self.following(request, page)
        if following is not None and (lost := self._lost(request, following)):
            yield (
                f"the next links lack {', '.join(lost)}, which the table's params have. If rows come that they should leave out, "
                f"write keep={lost!r} in the paginator; if the links carry it in another form, write keep=[]."
            )

    def named(self, page: Page) -> Any:
        """What stands where the link should be; ``MISSING`` where nothing does."""
        found = self._place.find(page.body)
        return None if found is MISSING and self._place.knows(page.body) else found

    def _may_be_left_out(self, request: Request, page: Page) -> bool:
        if self.missing_ends or request.link or not page.records or self.next_field.endswith("odata.nextLink"):
            return True
        asked = request.found("query", self.size_param) if self.size_param else None
        return asked is not None and len(page.records) < int(asked)

    def _no_link(self, request: Request, link: Any) -> UnexpectedAnswer:
        shown = one_line(repr(link), 60)
        return UnexpectedAnswer(
            f"{request}: the next link is {shown}, where an address or null was expected. If it means that the feed ends, write "
            f"ends_at=[{shown}] in the paginator; if the API changed, change the paginator."
        )

    def _led(self, request: Request, page: Page, link: str) -> Request:
        try:
            return self._to(request, resolved(link, request, page, path_only=self.path_only))
        except ValueError:
            raise self._no_link(request, link) from None

    def _to(self, request: Request, path: str) -> Request:
        return evolve(request, path=path, params={}, link=True)

    def _kept(self, request: Request, following: Request) -> Request:
        values = {name: request.found("query", name) for name in self.keep or () if name not in following.linked}
        added = urlencode({name: value for name, value in values.items() if value is not None})
        if not added:
            return following
        return evolve(following, path=f"{following.path}{'&' if '?' in following.path else '?'}{added}")

    def _lost(self, request: Request, following: Request) -> list[str]:
        """The table's params that *following* lacks, unless the plugin has said that this is right."""
        if self.keep is not None or "start" not in request.position:
            return []
        start: Request = request.position["start"]
        return [name for name in start.params if name != self.size_param and name not in following.linked]


@frozen(hash=False)
class LinkHeaderPaginator(NextLinkPaginator):
    """The next page's address is in the answer's ``Link`` header, with ``rel="next"`` (RFC 8288).

    next_field: the relation, ``next``. The rest is as in NextLinkPaginator. An API that hands out a next link on the last page
    too often marks it there: ``stop=[link_is("results", "false")]``.
    """

    def named(self, page: Page) -> Any:
        """The link of the header; None where there is none."""
        found = links_of(page.headers.get("link", "")).get(self.next_field.lower())
        return found.target if found else None
