"""The ready-made paginators, one for each way in which APIs hand out their pages.

Each is a frozen value. What it needs to know about where the feed stands is in the request; when the feed ends is said by
stop rules, because APIs differ in that more than in anything else.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from attrs import field, frozen

from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.source.pagination import Bookmark, Page, Request, Where
from connector_core.source.tables import Table

StopRule = Callable[[Request, Page], bool]
"""Whether the feed ends with this page. Make one with empty_page, short_page, no_more, total_reached, last_page, or write it."""


def _rules(rules: Iterable[StopRule]) -> tuple[StopRule, ...]:
    return tuple(rules)


@frozen
class empty_page:  # noqa: N801  (read as a function: stop=[empty_page()])
    """The feed ends with a page without records. It costs one request more than the other rules, and can always be trusted."""

    def __call__(self, request: Request, page: Page) -> bool:  # noqa: ARG002  (the signature of every rule)
        return not page.records


@frozen
class short_page:  # noqa: N801
    """The feed ends with a page of fewer records than were asked for.

    param: the parameter that asks for them. Only for an API that never answers with fewer in the middle of the feed.
    """

    param: str
    where: Where = "query"

    def __call__(self, request: Request, page: Page) -> bool:
        asked = request.found(self.where, self.param)
        return asked is not None and len(page.records) < int(asked)


@frozen
class no_more:  # noqa: N801
    """The feed ends where the answer says so at *path*, such as ``has_more``: false.

    Raises UnexpectedAnswer when the answer does not have a true or false there.
    """

    path: str

    def __call__(self, request: Request, page: Page) -> bool:
        more = page.get(self.path)
        if not isinstance(more, bool):
            raise UnexpectedAnswer(
                f"{request}: {self.path} is {one_line(repr(more), 60)}, where true or false was expected, so it cannot be told "
                "whether the feed ends here. If the API changed, change the plugin's paginator."
            )
        return not more


@frozen
class total_reached:  # noqa: N801
    """The feed ends when the offset and the page's records together reach the number at *path*, such as ``total``.

    param: the query parameter that takes the offset.

    Raises UnexpectedAnswer when the answer has no whole number at *path*.
    """

    path: str
    param: str = "offset"

    def __call__(self, request: Request, page: Page) -> bool:
        return int(request.params.get(self.param, 0)) + len(page.records) >= _number(request, page, self.path)


@frozen
class last_page:  # noqa: N801
    """The feed ends when the page's number reaches the number at *path*, such as ``total_pages``.

    param: the query parameter that takes the page's number.

    Raises UnexpectedAnswer when the answer has no whole number at *path*.
    """

    path: str
    param: str = "page"

    def __call__(self, request: Request, page: Page) -> bool:
        return int(request.params.get(self.param, 1)) >= _number(request, page, self.path)


@frozen
class hard_limit:  # noqa: N801
    """The API serves no offset beyond *records*. A feed that goes on there is an error, because the rest cannot be read.

    param: the query parameter that takes the offset.
    """

    records: int
    param: str = "offset"

    def __call__(self, request: Request, page: Page) -> bool:
        if page.records and int(request.params.get(self.param, 0)) + len(page.records) >= self.records:
            raise UnexpectedAnswer(
                f"{request}: the feed has {self.records} records or more, and the API serves no offset beyond that. "
                "Page by a cursor or a key, or ask for less at a time."
            )
        return False


def first_request(table: Table) -> Request:
    """The request for a table before anything is said about pages: a GET, or a POST where the table has a body."""
    return Request(table.path, table.params, table.method, table.headers, table.body)


def sized(request: Request, param: str | None, page_size: int, where: Where = "query") -> Request:
    """*request* with the setting ``page_size`` in *param*, if the API has one."""
    return request.placed(where, param, page_size) if param else request


@frozen
class RestsAtTheStart:
    """What paginators share after which the next sync starts at the start again."""

    reads = "whole in each sync, from its start"

    def rest(self, request: Request, page: Page) -> Bookmark:  # noqa: ARG002  (wherever it ended)
        """Nothing: the next sync reads the feed whole."""
        return {}


@frozen
class SinglePage(RestsAtTheStart):
    """The API answers with everything at once. Each sync reads it whole."""

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:  # noqa: ARG002  (there is one request only)
        return first_request(table)

    def following(self, request: Request, page: Page) -> Request | None:  # noqa: ARG002
        return None

    def bookmark(self, request: Request) -> Bookmark:  # noqa: ARG002
        return {}


@frozen(hash=False)
class CursorPaginator:
    """The API hands out a cursor with each page, to be sent back for the next one.

    param:      what takes the cursor.
    next_field: where the answer has the next cursor (``meta.next`` for a nested one); null or empty on the last page.
    size_param: what takes the setting ``page_size``; None when the API has none.
    more_field: where the answer says whether more pages follow, used when it is there.
    where:      whether the request carries cursor and size in its ``query``, its JSON ``body`` or its ``header``.
    next_header: the header of the answer that has the next cursor, for an API that puts it there; then next_field is not used.
    next_path:  the path of every request but the first, for an API that has one of its own (a scroll).
    stop:       further rules that end the feed, for an API that hands out a cursor on the last page too: ``[empty_page()]``.

    The bookmark is ``{"next_cursor": <cursor>}``, the state of the documented hand-written connectors. A finished sync rests at
    the last cursor that was not null: the next reads the last page again, or what follows it where even that page had a cursor.
    """

    param: str = "cursor"
    next_field: str = "next_cursor"
    size_param: str | None = "page_size"
    more_field: str = "has_more"
    where: Where = "query"
    next_header: str | None = None
    next_path: str | None = None
    stop: Sequence[StopRule] = field(default=(), converter=_rules)

    reads = (
        "incrementally: each sync starts at the cursor that the last one ended with, reads that page again, "
        "and so picks up what was added since"
    )

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size, "query" if self.where == "header" else self.where)
        cursor = bookmark.get("next_cursor")
        return self._at(request, cursor) if cursor else request

    def following(self, request: Request, page: Page) -> Request | None:
        more = page.get(self.more_field)
        if more is False or any(rule(request, page) for rule in self.stop):
            return None
        cursor = self._cursor(request, page)
        if cursor:
            return self._at(request, cursor)
        if more is True:
            raise UnexpectedAnswer(
                f"{request}: the answer says {self.more_field}: true but gives no {self._name}, so the rest of the feed "
                "cannot be read. Ask the API's owner; nothing that was delivered is lost."
            )
        return None

    def bookmark(self, request: Request) -> Bookmark:
        cursor = request.found(self.where, self.param)
        return {"next_cursor": cursor} if cursor else {}

    def rest(self, request: Request, page: Page) -> Bookmark:
        cursor = self._value(page)
        return {"next_cursor": cursor} if cursor and isinstance(cursor, str) else self.bookmark(request)

    @property
    def _name(self) -> str:
        return self.next_header or self.next_field

    def _at(self, request: Request, cursor: Any) -> Request:
        placed = request.placed(self.where, self.param, str(cursor))
        return Request(self.next_path or placed.path, placed.params, placed.method, placed.headers, placed.json)

    def _value(self, page: Page) -> Any:
        return page.headers.get(self.next_header.lower(), "") if self.next_header else page.get(self.next_field)

    def _cursor(self, request: Request, page: Page) -> str | None:
        cursor = self._value(page)
        if cursor is None and not self.next_header and not _has(page.body, self.next_field):
            keys = one_line(", ".join(page.body) if isinstance(page.body, Mapping) and page.body else "no key at all")
            raise UnexpectedAnswer(
                f"{request}: the answer has neither {self.next_field} nor {self.more_field}: false, so it cannot be told "
                f"whether the feed ends here. It has {keys}. If the API changed, change the plugin's paginator."
            )
        if cursor is None or isinstance(cursor, str):
            return cursor
        if isinstance(cursor, int) and not isinstance(cursor, bool):
            return str(cursor)
        raise UnexpectedAnswer(
            f"{request}: {self.next_field} is {one_line(repr(cursor), 60)}, where a text, a whole number or null was expected. "
            "If the API changed, change the plugin's paginator."
        )


@frozen(hash=False)
class PageNumberPaginator(RestsAtTheStart):
    """Pages have numbers.

    param:      the query parameter that takes the number.
    first_page: the number of the first page: 1, or 0.
    size_param: the query parameter that takes the setting ``page_size``; None when the API has none.
    stop:       what ends the feed; an empty page unless said otherwise.

    The bookmark is the number of records before the page, so another page size finds the place (or, without size_param, the
    page's number). A finished sync rests at the start: pages shift when records come in between, so each sync reads it all.
    """

    param: str = "page"
    first_page: int = 1
    size_param: str | None = "page_size"
    stop: Sequence[StopRule] = field(default=(empty_page(),), converter=_rules)

    shifts = True

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size)
        if self.size_param:
            return request.placed("query", self.param, self.first_page + _whole(bookmark, "records") // page_size)
        return request.placed("query", self.param, _whole(bookmark, "page", self.first_page))

    def following(self, request: Request, page: Page) -> Request | None:
        if any(rule(request, page) for rule in self.stop):
            return None
        return request.placed("query", self.param, int(request.params[self.param]) + 1)

    def bookmark(self, request: Request) -> Bookmark:
        number = int(request.params[self.param])
        if number == self.first_page:
            return {}
        if self.size_param:
            return {"records": (number - self.first_page) * int(request.params[self.size_param])}
        return {"page": number}


@frozen(hash=False)
class OffsetPaginator(RestsAtTheStart):
    """Pages start after so many records.

    param:      the query parameter that takes the offset.
    size_param: the query parameter that takes the setting ``page_size``.
    stop:       what ends the feed; an empty page unless said otherwise.

    The bookmark is ``{"offset": n}``. A finished sync rests at the start, as with PageNumberPaginator.
    """

    param: str = "offset"
    size_param: str | None = "limit"
    stop: Sequence[StopRule] = field(default=(empty_page(),), converter=_rules)

    shifts = True

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size)
        return request.placed("query", self.param, _whole(bookmark, "offset"))

    def following(self, request: Request, page: Page) -> Request | None:
        if any(rule(request, page) for rule in self.stop):
            return None
        # By what came, not by what was asked for: an API may serve smaller pages than it is asked for.
        return request.placed("query", self.param, int(request.params[self.param]) + len(page.records))

    def bookmark(self, request: Request) -> Bookmark:
        offset = int(request.params[self.param])
        return {"offset": offset} if offset else {}


@frozen(hash=False)
class KeysetPaginator:
    """Pages start after a key: the API sorts by *key*, and *param* takes the last one seen.

    param:      the query parameter, such as ``after_id``.
    key:        the field of a record that the API sorts by, ascending, and that no two records share.
    size_param: the query parameter that takes the setting ``page_size``; None when the API has none.
    stop:       what ends the feed; an empty page unless said otherwise.

    The bookmark is ``{"after": key}``. A finished sync rests after the last key seen, so the next reads what was added since.
    """

    param: str
    key: str
    size_param: str | None = "page_size"
    stop: Sequence[StopRule] = field(default=(empty_page(),), converter=_rules)

    reads = "incrementally: each sync starts after the last key that was seen"

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size)
        after = bookmark.get("after")
        return request if after is None else request.placed("query", self.param, after)

    def following(self, request: Request, page: Page) -> Request | None:
        if any(rule(request, page) for rule in self.stop):
            return None
        if not page.records:
            raise UnexpectedAnswer(
                f"{request}: the page is empty, without a record to go on after, and nothing says that the feed ends here. "
                "If an empty page is its end, add empty_page() to the paginator's stop; if not, ask the API's owner."
            )
        return request.placed("query", self.param, self._last(request, page))

    def bookmark(self, request: Request) -> Bookmark:
        after = request.params.get(self.param)
        return {} if after is None else {"after": after}

    def rest(self, request: Request, page: Page) -> Bookmark:
        return {"after": str(self._last(request, page))} if page.records else self.bookmark(request)

    def _last(self, request: Request, page: Page) -> Any:
        last = page.records[-1]
        value = last.get(self.key) if isinstance(last, Mapping) else None
        if value is None or isinstance(value, Mapping | list):
            raise UnexpectedAnswer(
                f"{request}: the last record has no {self.key} to go on after. If the API changed, change the plugin's paginator."
            )
        return value


@frozen(hash=False)
class NextLinkPaginator(RestsAtTheStart):
    """The answer holds the whole address of the next page.

    next_field: where: ``next_page_url``, ``links.next``; null or missing on the last page.
    size_param: the query parameter of the first request that takes the setting ``page_size``; None when the API has none.

    The bookmark is the address. A finished sync rests at the start, so each sync reads the feed whole.
    """

    next_field: str = "next"
    size_param: str | None = None

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        link = bookmark.get("next_link")
        if isinstance(link, str) and link:
            return _linked(first_request(table), link)
        return sized(first_request(table), self.size_param, page_size)

    def following(self, request: Request, page: Page) -> Request | None:
        link = self._link(page)
        if link is not None and not isinstance(link, str):
            raise UnexpectedAnswer(
                f"{request}: the next link is {one_line(repr(link), 60)}, where an address or null was expected. "
                "If the API changed, change the plugin's paginator."
            )
        return _linked(request, link) if link else None

    def bookmark(self, request: Request) -> Bookmark:
        # A request with a whole address, or with a query of its own, came from a link.
        return {"next_link": request.path} if "?" in request.path or "://" in request.path else {}

    def _link(self, page: Page) -> Any:
        return page.get(self.next_field)


@frozen(hash=False)
class LinkHeaderPaginator(NextLinkPaginator):
    """The next page's address is in the answer's ``Link`` header, with ``rel="next"`` (RFC 8288).

    next_field: the relation, ``next``.
    """

    def _link(self, page: Page) -> Any:
        for target, parameters in _LINK.findall(page.headers.get("link", "")):
            relation = _REL.search(parameters)
            if relation and self.next_field in relation[1].lower().split():
                return target
        return None


@frozen(hash=False)
class FunctionPaginator(RestsAtTheStart):
    """Any other way: a pure function from a request and its page to the next request, or None at the end.

    next_request: the function. It must not keep anything between calls: build the next request from the one it is given.
    size_param:   the query parameter of the first request that takes the setting ``page_size``; None when the API has none.

    The bookmark is the request itself. A finished sync rests at the start.
    """

    next_request: Callable[[Request, Page], Request | None] = field(repr=False)
    size_param: str | None = None

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        stored = bookmark.get("request")
        if isinstance(stored, Mapping):
            return Request(**stored)
        return sized(first_request(table), self.size_param, page_size)

    def following(self, request: Request, page: Page) -> Request | None:
        following = self.next_request(request, page)
        if following is not None and not isinstance(following, Request):
            raise PluginError(f"the function returned {type(following).__name__}. Return a Request, or None at the end.")
        return following

    def bookmark(self, request: Request) -> Bookmark:
        return {
            "request": {
                "path": request.path,
                "params": dict(request.params),
                "method": request.method,
                "headers": dict(request.headers),
                "json": request.json,
            }
        }


_LINK = re.compile(r"<([^>]*)>((?:[^,\"<]|\"[^\"]*\")*)")
_REL = re.compile(r";\s*rel\s*=\s*\"?([^\";]*)", re.IGNORECASE)


def _linked(request: Request, link: str) -> Request:
    """The request for *link*, which may be relative to the address that *request* was made to."""
    if "://" in link or link.startswith("/"):
        return Request(link, {}, request.method, request.headers, request.json)
    joined = urljoin(f"https://host{urlsplit(request.path).path}", link)
    parts = urlsplit(joined)
    return Request(parts.path + (f"?{parts.query}" if parts.query else ""), {}, request.method, request.headers, request.json)


def _has(body: Any, path: str) -> bool:
    parent, _, name = path.rpartition(".")
    holder = Page(body, []).get(parent) if parent else body
    return isinstance(holder, Mapping) and name in holder


def _number(request: Request, page: Page, path: str) -> int:
    value = page.get(path)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnexpectedAnswer(
            f"{request}: {path} is {one_line(repr(value), 60)}, where a whole number was expected, so it cannot be told "
            "where the feed ends. If the API changed, change the plugin's paginator."
        )
    return value


def _whole(bookmark: Bookmark, name: str, default: int = 0) -> int:
    """A whole number of a bookmark; *default* where the state has none, or something else."""
    value = bookmark.get(name, default)
    return value if isinstance(value, int) and value >= default else default
