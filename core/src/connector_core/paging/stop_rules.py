"""Stop rules: what says that a feed ends with a page. APIs differ in that more than in anything else."""

from collections.abc import Callable, Iterable

from attrs import field, frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import shown_at
from connector_core.basics.paths import Path, compile_path
from connector_core.source.pagination import Page, Request, Where

StopRule = Callable[[Request, Page], bool]
"""Whether the feed ends with this page. Make one with empty_page, short_page, no_more, total_reached, last_page, or write it."""


def listed_rules(rules: Iterable[StopRule]) -> tuple[StopRule, ...]:
    """The stop rules of a paginator, as its fields keep them."""
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
    _at: Path = field(init=False, eq=False, repr=False)

    @_at.default
    def _(self) -> Path:
        return compile_path(self.path)

    def __call__(self, request: Request, page: Page) -> bool:
        more = self._at.find(page.body)
        if not isinstance(more, bool):
            raise UnexpectedAnswer(
                f"{request}: {shown_at(self._at, page.body)}, where true or false was expected, so it cannot be told "
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
    _at: Path = field(init=False, eq=False, repr=False)

    @_at.default
    def _(self) -> Path:
        return compile_path(self.path)

    def __call__(self, request: Request, page: Page) -> bool:
        return int(request.params.get(self.param, 0)) + len(page.records) >= _number(request, page, self._at)


@frozen
class last_page:  # noqa: N801
    """The feed ends when the page's number reaches the number at *path*, such as ``total_pages``.

    param: the query parameter that takes the page's number.

    Raises UnexpectedAnswer when the answer has no whole number at *path*.
    """

    path: str
    param: str = "page"
    _at: Path = field(init=False, eq=False, repr=False)

    @_at.default
    def _(self) -> Path:
        return compile_path(self.path)

    def __call__(self, request: Request, page: Page) -> bool:
        return int(request.params.get(self.param, 1)) >= _number(request, page, self._at)


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


def _number(request: Request, page: Page, path: Path) -> int:
    value = path.find(page.body)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnexpectedAnswer(
            f"{request}: {shown_at(path, page.body)}, where a whole number was expected, so it cannot be told "
            "where the feed ends. If the API changed, change the plugin's paginator."
        )
    return value
