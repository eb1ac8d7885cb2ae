"""Pagination: what a request, a page and a paginator are.

A paginator is a frozen value without a position of its own: the position lives in the request, so two tables, two
parents or two threads can share one without one moving the other.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, runtime_checkable
from urllib.parse import parse_qsl, quote_plus

from attrs import evolve, field, frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.links import link_without
from connector_core.basics.names import one_line
from connector_core.basics.paths import cached_path
from connector_core.source.form import form_fields
from connector_core.source.positions import UnfitPosition, filled_path
from connector_core.source.tables import Table, frozen_mapping

Where = Literal["query", "body", "header", "path"]
"""Where a request carries a position: its query, its JSON body, its headers, or the place of its name in braces in its path."""

MAX_EMPTY_PAGES = 200
"""So many pages in a row may bring nothing new, unless a paginator says another number.

An API that filters a page after it was cut sends some that are empty.
"""

LONG = 200
"""Characters of a request that are shown."""
MOST_PLACED = 8
"""So many names of what was set last in a body are remembered."""

Bookmark = Mapping[str, Any]
"""A JSON object that brings a paginator back to a request; it becomes part of the state. Empty: from the start."""


@frozen(hash=False)
class Request:
    """One request to the API, without any credential.

    path:    below ``base_url``, with a slash in front; or a whole address on the same host, as a next link may be.
    params:  query parameters.
    method:  ``GET`` or ``POST``.
    headers: further headers, such as one that takes a cursor.
    json:    the body of a POST, sent as JSON; None for no body. form: it is sent as the fields of a form instead.
    position: what a paginator wants to know when the answer is there, beyond what it sent; never sent, and no part of equality.
    link:    the API gave the address out, so nothing is added to it.
    part:    which of several feeds the request belongs to, where a paginator makes several into one, such as windows. What
             guards against circles and endless feeds starts anew with each.
    after:   seconds to let pass before it is made.
    asks:    it asks about records rather than for them, such as how far an export is. Its answer is JSON or nothing, of a status
             below 300, or an address (302, 303) that is not gone to. "json": what it asks is told in JSON, so nothing else will
             do where the answer says that all is well (200, 201).
    leased:  what it asks for is there for a while only. Where it is gone, the answer is a page that says so.
    away:    it goes to another host than the API's, without credentials. Its query may be a signature, so nobody is shown it.
    template, places: the path with the names of positions in braces, and what stands in their places so far.
    placed_in_body: what was set in the body, such as the cursor: where the body is long, this is what is shown of it.
    """

    path: str
    params: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    method: str = "GET"
    headers: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    json: Any = None
    form: bool = field(default=False, kw_only=True)
    position: Mapping[str, Any] = field(factory=dict, eq=False, repr=False, converter=frozen_mapping)
    link: bool = field(default=False, eq=False, repr=False)
    part: str = field(default="", eq=False, repr=False)
    after: float = field(default=0.0, eq=False, repr=False)
    asks: bool | Literal["json"] = field(default=False, eq=False, repr=False)
    leased: bool = field(default=False, eq=False, repr=False)
    away: bool = field(default=False, eq=False, repr=False)
    template: str = field(default="", eq=False, repr=False)
    places: Mapping[str, Any] = field(factory=dict, eq=False, repr=False, converter=frozen_mapping)
    placed_in_body: tuple[str, ...] = field(default=(), eq=False, repr=False)

    def __str__(self) -> str:
        return self.sent_below("")

    def sent_below(self, base_path: str) -> str:
        """The request as it is sent, for people; *base_path* is that of ``base_url``. What could be misread is quoted."""
        path = f"{base_path}{self.path}" if self.path.startswith("/") else self.path
        if self.away:
            address, mark, _ = self.path.partition("?")
            return one_line(f"GET {address}{mark and '?…'}")
        query = "&".join([f"{name}={_readable(str(value))}" for name, value in self.params.items()])
        joined = f"{'&' if '?' in path else '?'}{query}" if query else ""
        headers = "".join([f" {name}: {value}" for name, value in self.headers.items()])
        line = f"{self.method} {path}{joined}{headers}"
        return one_line(line if self.json is None else f"{line} {self._body(LONG - len(line) - 1)}", LONG)

    @property
    def in_body(self) -> Mapping[str, Any]:
        """What was set in the body, by its path: where a page stands, and how large it is."""
        found = {name: self.found("body", name) for name in dict.fromkeys(self.placed_in_body)}
        return {name: value for name, value in found.items() if value is not None}

    def _body(self, room: int) -> str:
        """The body for people; where it takes more than *room* characters, what was set in it, with dots for the rest."""
        whole, kept = self._written(self.json), self.in_body
        if len(whole) <= room or not kept:
            return whole
        return f"{self._written(kept)}&..." if self.form else f"{self._written(kept)[:-1]}, ...}}"

    def _written(self, body: Any) -> str:
        if not self.form:
            return json.dumps(body)
        return "&".join(f"{name}={_readable(value)}" for name, value in form_fields(body))

    def placed(self, where: Where, name: str, value: Any, **others: Any) -> "Request":
        """This request with *name* set to *value* in its query, its JSON body (a path), its headers, or its path.

        others: further fields, each with its new value. Raises UnexpectedAnswer for a value that cannot stand in a path.
        """
        match where:
            case "query":
                return evolve(self, params={**self.params, name: value if isinstance(value, str) else str(value)}, **others)
            case "header":
                return evolve(self, headers={**self.headers, name: str(value)}, **others)
            case "body":
                body = {**self.json, name: value} if self.form else cached_path(name).put(self.json or {}, value)
                return evolve(self, json=body, placed_in_body=(*self.placed_in_body, name)[-MOST_PLACED:], **others)
            case "path":
                return evolve(self, places={**self.places, name: value}, **others).at(self.template or self.path)

    def at(self, path: str) -> "Request":
        """This request at another *path*, with the positions that it has in the places of their names.

        Raises UnexpectedAnswer for one that cannot stand there.
        """
        try:
            return evolve(self, path=filled_path(path, self.places), template=path)
        except UnfitPosition as error:
            raise UnexpectedAnswer(
                f"{self.method} {path}: {str(error)!r} would stand in the path, which leads elsewhere then. Ask the API's owner."
            ) from None

    def lacking(self, where: Where, name: str) -> "Request":
        """This request without *name* in its query, its JSON body (a path) or its headers; in a path it stays."""
        match where:
            case "body":
                return evolve(self, json=cached_path(name).drop(self.json or {}))
            case "query":
                return evolve(self, params={key: value for key, value in self.params.items() if key != name})
            case "header":
                return evolve(self, headers={key: value for key, value in self.headers.items() if key != name})
        return self

    def without(self, secret: Callable[[str, str], bool]) -> "Request":
        """This request without the parameters, in its path, of which *secret* says so by name and value.

        A next link may repeat the key that the request came with. The auth adds it again; the state must not hold it. All else
        stays as it is written.
        """
        path = link_without(self.path, secret)
        return self if path == self.path else evolve(self, path=path)

    def found(self, where: Where, name: str) -> Any:
        """What *name* is set to in the query, the JSON body, the headers or the path; None where it is not."""
        if where == "body":
            return self.json.get(name) if self.form else cached_path(name).get(self.json or {})
        if where in ("header", "path"):
            return (self.headers if where == "header" else self.places).get(name)
        return self.params[name] if name in self.params else self.linked.get(name)

    @property
    def linked(self) -> Mapping[str, str]:
        """The query parameters in the path, which a link brings."""
        return dict(parse_qsl(self.path.partition("?")[2], keep_blank_values=True)) if "?" in self.path else {}


def _readable(value: str) -> str:
    """*value* as a query has it, quoted only where it would otherwise read as something else."""
    return quote_plus(value) if _MISREAD.search(value) else value


_MISREAD = re.compile(r"[&=#%+\s]")


@frozen(hash=False)
class Page:
    """One answer of the API.

    body:    the decoded JSON: an object, or a list for an API that answers with the records alone.
    records: the records in it; a list, or for a streamed format a sequence that is read from a temporary file.
    seconds: how long the API took to answer.
    headers: of the answer; their names in lower case.
    ended:   an error rule took the answer for the end of the feed. empty: one took it for a page without records.
    silent:  it is ended because there is nothing at all in the answer, as in a 204.
    url:     the address that answered, after redirects, without its query; empty where nobody knows.
    status:  of the answer. at: when it was there, in seconds since 1970.
    gone:    it answers a *leased* request that finds nothing any more.
    told:    what came back, for people and without a secret, where that is gone or the request *asks*.
    exact:   makes the same records with each number as the answer wrote it (see ``ExactFloat``), where those in hand have plain
             floats; None where they are exact.
    repeated: its records are those of the page before or, where the paginator counts its pages, of the first one.
    witness: what a feed that ends with this page is held against, called with the paginator, the request and the page; a request
             where the feed goes on all the same. None where nobody watches.
    """

    body: Any = field(repr=False)
    records: Sequence[Any] = field(repr=False)
    seconds: float = 0.0
    headers: Mapping[str, str] = field(factory=dict, repr=False, converter=frozen_mapping)
    ended: bool = False
    empty: bool = False
    silent: bool = False
    url: str = ""
    status: int = 200
    at: float = 0.0
    gone: bool = False
    told: str = field(default="", repr=False)
    repeated: bool = False
    exact: Callable[[], Sequence[Any]] | None = field(default=None, eq=False, repr=False)
    witness: "Witness | None" = field(default=None, eq=False, repr=False)

    def get(self, path: str) -> Any:
        """The value at *path* in the body, such as ``next_cursor`` or ``meta.next``; None where there is none."""
        return cached_path(path).get(self.body)

    def find(self, path: str) -> Any:
        """The value at *path* in the body; ``MISSING``, which null is not, where there is none."""
        return cached_path(path).find(self.body)


Witness = Callable[[Any, Request, Page], Request | None]


@runtime_checkable
class Paginator(Protocol):
    """What the sync engine asks of a paginator; each method is pure.

    It may say more of itself, by attributes that are looked for when they are needed:

    reads:   what a sync reads, for people: ``whole in each sync, from its start``.
    in_words: what it does, in words for people, where that is more than to go from page to page.
    risk:    what it takes upon itself, in whole sentences for people; empty for a read that can lose nothing.
    repeats: a record may come again though the table is declared append_only.
    counts:  it makes the next request by counting, whatever the answer says. Such pages shift when records come or go.
    max_empty_pages: so many pages in a row may bring nothing new before the read is given up.
    anew(bookmark): the part of a bookmark that a read of the whole feed may begin with, such as an export that is under way.
    check(table): raises PluginError, at assembly, when it cannot page *table*.
    onward(request, page): the next request whatever the stop rules say, for a feed whose answer says that there is more.
    named(page): what stands where the answer should name the next page.
    fills:   the names in braces, in the table's path or its own constants, that it puts something in the place of.
    enough(request, page): the feed is ended although it may go on, because the rest is not wanted.
    parallel: several pages may be asked for at the same time, as many as the setting ``threads`` says.
    foreseen(request, page): the requests after *request*, as far as they are known by then, in order. They are asked for ahead;
             ``following`` says all the same which of them is due, and what is asked for in vain does no harm.
    remarks(request, page): warnings about a page, each a sentence; the same text is shown once in a sync.
    """

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        """The request that *bookmark* stands for; with an empty bookmark, the very first one."""

    def following(self, request: Request, page: Page) -> Request | None:
        """The request after *request*, which brought *page*; None where the feed ends.

        Raises UnexpectedAnswer when the page does not say where to go on.
        """

    def bookmark(self, request: Request) -> Bookmark:
        """What the state has to hold, as JSON, in order to make *request* again."""

    def rest(self, request: Request, page: Page) -> Bookmark:
        """Where the next sync starts once *page*, the last one, was read; empty for a feed to be read whole each time."""


StopRule = Callable[[Request, Page], bool]
"""Whether a feed ends with a page. Made with empty_page, short_page, no_more, field_is, …, or any function."""


class Follower(Protocol):
    """What reading pages asks of a paginator."""

    def following(self, request: Request, page: Page) -> Request | None:
        """The request after *request*, which brought *page*; None where the feed ends."""


def next_request(paginator: Follower, request: Request, page: Page) -> Request | None:
    """The request after *request*; None after a page that an error rule made the last, or that is silent.

    A paginator with ``reads_on`` is asked even then, because it makes several feeds into one and knows which of them ended. Where
    any other ends its feed, or a silent page does, the page's witness has a say: see ``connector_core.paging.evidence``. After a
    page that a rule made empty, a paginator that does not know where to go on has come to the end.
    """
    reads_on = getattr(paginator, "reads_on", False)
    if page.ended and not reads_on:
        return page.witness(paginator, request, page) if page.silent and page.witness is not None else None
    try:
        following = paginator.following(request, page)
    except UnexpectedAnswer:
        if not page.empty or reads_on:
            raise
        following = None
    if following is None and page.witness is not None and not reads_on:
        return page.witness(paginator, request, page)
    return following
