"""Stop rules: what says that a feed ends with a page. APIs differ in that more than in anything else.

A rule is a frozen value that is called with a request and its page, or any function of the two. One that reads a parameter of
the request says which, so that a rule that cannot work with its paginator is refused when the connector is assembled.
"""

from collections.abc import Sequence
from typing import Any, cast

from attrs import field, frozen

from connector_core.basics.counting import counted
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import shown_at
from connector_core.basics.names import one_line
from connector_core.basics.paths import Path, compile_path
from connector_core.paging.checks import carried, text
from connector_core.paging.ends import Plain, is_one_of
from connector_core.paging.web_links import links_of
from connector_core.source.pagination import Page, Request, Where


@frozen
class empty_page:  # noqa: N801  (read as a function: stop=[empty_page()])
    """The feed ends with a page without records. It costs one request more than the other rules.

    Not for an API that filters a page after it was cut, which may send an empty one in the middle of the feed.
    """

    def __call__(self, request: Request, page: Page) -> bool:  # noqa: ARG002  (the signature of every rule)
        return not page.records


@frozen
class short_page:  # noqa: N801
    """The feed ends with a page of fewer records than were asked for.

    param: what asks for them, and where. Only for an API that never answers with fewer in the middle of the feed: one that
    caps pages at fewer than it is asked for would end after the first.
    """

    param: str = field(validator=text)
    where: Where = "query"

    risk = "A page with fewer records than were asked for ends the feed, whatever the reason why it has fewer."

    @property
    def asked(self) -> tuple[Where, str]:
        """The parameter of the request that the rule reads."""
        return self.where, self.param

    def __call__(self, request: Request, page: Page) -> bool:
        asked = request.found(self.where, self.param)
        return asked is not None and len(page.records) < int(asked)


@frozen
class no_more:  # noqa: N801
    """The feed ends where the answer says so at *path*, such as ``has_more``: false.

    Raises UnexpectedAnswer when the answer does not have a true or false there. For other words, see field_is.
    """

    path: str = field(validator=text)
    _at: Path = field(init=False, eq=False, repr=False)

    @_at.default
    def _(self) -> Path:
        return compile_path(self.path)

    def __call__(self, request: Request, page: Page) -> bool:
        more = self._at.find(page.body)
        if not isinstance(more, bool):
            raise UnexpectedAnswer(
                f"{request}: {shown_at(self._at, page.body)}, where true or false was expected, so it cannot be told "
                "whether the feed ends here. If the API says it with another word, such as 0, write "
                f"field_is({self.path!r}, 0) instead of no_more. If the API changed, change the plugin's paginator."
            )
        return not more


def _values(value: Plain | Sequence[Plain]) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (cast("str", value),)


@frozen
class field_is:  # noqa: N801
    """The feed ends with an answer that has *value* at *path*, or one of several: ``field_is("isLast", True)``.

    An answer that has nothing there goes on.
    """

    path: str = field(validator=text)
    value: tuple[Any, ...] = field(converter=_values)
    _at: Path = field(init=False, eq=False, repr=False)

    @_at.default
    def _(self) -> Path:
        return compile_path(self.path)

    def __call__(self, request: Request, page: Page) -> bool:  # noqa: ARG002
        return is_one_of(self._at.find(page.body), self.value)


@frozen
class header_is:  # noqa: N801
    """The feed ends with an answer whose header *name* has *value*, or one of several: ``header_is("X-Has-More", "false")``."""

    name: str = field(validator=text)
    value: tuple[str, ...] = field(converter=_texts)

    def __call__(self, request: Request, page: Page) -> bool:  # noqa: ARG002
        return page.headers.get(self.name.lower()) in self.value


@frozen
class link_is:  # noqa: N801
    """The feed ends with an answer whose ``Link`` header gives its next link a parameter of that value.

    ``link_is("results", "false")`` is for ``Link: <…>; rel="next"; results="false"``.
    """

    parameter: str = field(validator=text)
    value: tuple[str, ...] = field(converter=_texts)
    relation: str = field(default="next", validator=text)

    def __call__(self, request: Request, page: Page) -> bool:  # noqa: ARG002
        found = links_of(page.headers.get("link", "")).get(self.relation)
        return found is not None and found.parameters.get(self.parameter.lower()) in self.value


@frozen
class repeated_page:  # noqa: N801
    """The feed ends with a page that has the records of the one before or, by number or offset, of the first one.

    For an API that sends its last page, or the first one, for every page beyond the end; and only for one that never sends two
    pages alike before that.
    """

    risk = "A page with the same records as another ends the feed."

    def __call__(self, request: Request, page: Page) -> bool:  # noqa: ARG002
        return page.repeated


@frozen
class total_reached:  # noqa: N801
    """The feed ends when the records before the page and those on it reach the number at *path*, such as ``total``.

    param: what the paginator counts by: the parameter that takes the offset, or the page's number; where: where it is.

    Raises UnexpectedAnswer when the answer has no whole number at *path*.
    """

    path: str = field(validator=text)
    param: str = field(default="offset", validator=text)
    where: Where = "query"
    _at: Path = field(init=False, eq=False, repr=False)

    @_at.default
    def _(self) -> Path:
        return compile_path(self.path)

    @property
    def position(self) -> tuple[Where, str]:
        """The parameter of the request that the rule counts by."""
        return self.where, self.param

    def __call__(self, request: Request, page: Page) -> bool:
        return self._left(request, page) <= 0

    def pages_left(self, request: Request, page: Page) -> int:
        """How many pages come after *page*, which has records, were they all like it."""
        return max(0, -(-self._left(request, page) // len(page.records)))

    def _left(self, request: Request, page: Page) -> int:
        return _number(request, page, self._at) - _before(request, self.position) - len(page.records)


@frozen
class last_page:  # noqa: N801
    """The feed ends when the page's number reaches the number at *path*, such as ``total_pages``.

    param: what takes the page's number, and where.

    Raises UnexpectedAnswer when the answer has no whole number at *path*.
    """

    path: str = field(validator=text)
    param: str = field(default="page", validator=text)
    where: Where = "query"
    _at: Path = field(init=False, eq=False, repr=False)

    @_at.default
    def _(self) -> Path:
        return compile_path(self.path)

    @property
    def position(self) -> tuple[Where, str]:
        """The parameter of the request that the rule counts by."""
        return self.where, self.param

    def __call__(self, request: Request, page: Page) -> bool:
        return self.pages_left(request, page) <= 0

    def pages_left(self, request: Request, page: Page) -> int:
        """How many pages come after *page*."""
        return _number(request, page, self._at) - _whole(request, self.position, 1)


@frozen
class hard_limit:  # noqa: N801
    """The API serves no offset beyond *records*. A feed that goes on there is an error, because the rest cannot be read.

    param: what the paginator counts by: the parameter that takes the offset, or the page's number; where: where it is.
    """

    records: int
    param: str = field(default="offset", validator=text)
    where: Where = "query"

    @property
    def position(self) -> tuple[Where, str]:
        """The parameter of the request that the rule counts by."""
        return self.where, self.param

    def __call__(self, request: Request, page: Page) -> bool:
        if page.records and _before(request, self.position) + len(page.records) >= self.records:
            raise UnexpectedAnswer(
                f"{request}: the feed has {counted(self.records, 'record')} or more, and the API serves no offset beyond that. "
                "Page by a cursor or a key, or ask for less at a time."
            )
        return False


def _before(request: Request, position: tuple[Where, str]) -> int:
    """How many records came before a page: as the paginator counted them, or else as the request says."""
    return int(request.position["records"]) if "records" in request.position else _whole(request, position, 0)


def _whole(request: Request, position: tuple[Where, str], default: int) -> int:
    found = request.found(*position)
    try:
        return default if found is None else int(found)
    except (TypeError, ValueError):
        raise UnexpectedAnswer(
            f"{request}: {carried(position)} is {one_line(repr(found), 60)}, by which a stop rule cannot count. Use another rule."
        ) from None


def _number(request: Request, page: Page, path: Path) -> int:
    value = path.find(page.body)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UnexpectedAnswer(
            f"{request}: {shown_at(path, page.body)}, where a whole number of 0 or more was expected, so it cannot be told "
            "where the feed ends. If the API changed, change the plugin's paginator."
        )
    return value
