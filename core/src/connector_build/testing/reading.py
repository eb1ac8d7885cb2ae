"""Reading a feed page by page, without the guards of a sync: a paginator, and whatever fetches a page."""

from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from connector_core import Record, Table
from connector_core.basics.discretion import Secrets
from connector_core.plugin.assembly import TablePlan
from connector_core.source.children import for_parent
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, next_request

Fetch = Callable[[Table, Request], Page]


@frozen(eq=False)
class Step:
    """A request, the page that it brought, and the request after it."""

    request: Request
    page: Page
    following: Request | None


def read_feed(
    fetch: Fetch, paginator: Paginator, table: Table, size: int, bookmark: Bookmark, secrets: Secrets | None = None
) -> Iterator[Step]:
    """A feed, one page after the other; what keeps a sync from going in circles is left out here."""
    request: Request | None = paginator.first(table, size, bookmark)
    while request is not None:
        page = fetch(table, request)
        following = next_request(paginator, request, page)
        if following is not None and secrets is not None:
            following = following.without(secrets.sent_back)  # as a sync does
        yield Step(request, page, following)
        request = following


def feeds_of(plan: TablePlan, parents: Iterable[Record]) -> list[Table]:
    """A child table as it is asked for, for each of the records of its parent, once."""
    found: dict[str, Table] = {}
    for number, record in enumerate(parents, 1):
        table = for_parent(plan.table, record, f"{plan.table.name}: parent {number}")
        found.setdefault(repr((table.path, table.params, table.headers, table.body)), table)
    return list(found.values())
