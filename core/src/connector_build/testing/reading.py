"""Reading a feed page by page: a paginator, and whatever fetches a page."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from attrs import frozen

from connector_core import Record, Table
from connector_core.basics.discretion import Secrets
from connector_core.http.guards import LoopGuard, Standstill
from connector_core.paging.given import Given
from connector_core.plugin.assembly import TablePlan
from connector_core.source.children import for_parent
from connector_core.source.pagination import MAX_EMPTY_PAGES, Bookmark, Page, Paginator, Request, next_request

Fetch = Callable[[Table, Request], Page]


@frozen(eq=False)
class Step:
    """A request, the page that it brought, and the request after it."""

    request: Request
    page: Page
    following: Request | None


def read_feed(
    fetch: Fetch,
    paginator: Paginator,
    table: Table,
    size: int,
    bookmark: Bookmark,
    secrets: Secrets | None = None,
    *,
    guarded: bool = True,
) -> Iterator[Step]:
    """A feed, one page after the other.

    guarded: raise CircularFeed where a sync would, for a feed that goes in circles or brings nothing new. Who counts the pages
    and looks at the requests himself can do without.
    """
    loop = LoopGuard()
    still = Standstill(getattr(paginator, "max_empty_pages", MAX_EMPTY_PAGES), counts=getattr(paginator, "counts", False))
    request: Request | None = paginator.first(table, size, bookmark)
    while request is not None:
        if guarded:
            loop.check(request)
        page = fetch(table, request)
        seen = still.seen(request, page) if guarded else page
        following = next_request(paginator, request, seen)
        if following is not None and guarded:
            still.check(table.name, request)
        if following is not None and secrets is not None:
            following = following.without(secrets.sent_back)  # as a sync does
        yield Step(request, page, following)
        request = following


Listed = Callable[[TablePlan, Table], Iterable[Record]]
"""What a table has, as it is asked for."""


def tables_of(plan: TablePlan, listed: Listed, most: int | None = None) -> list[Table]:
    """The table itself; of a child table what it is for each record of its parent, once, or for the first *most* of them.

    *listed* gives the records of a table above it, as it is asked for.
    """
    return [plan.table] if plan.parent is None else [table for table, _ in feeds_of(plan, listed, most)]


def feeds_of(plan: TablePlan, listed: Listed, most: int | None) -> list[tuple[Table, dict[str, Any]]]:
    """The feeds of a child table, each with what its rows are given."""
    found: dict[str, tuple[Table, dict[str, Any]]] = {}
    assert plan.table.parent is not None  # noqa: S101  (the caller has looked)
    for number, record in enumerate(_parents(plan.parent, listed, most), 1):
        table = for_parent(plan.table, record, f"{plan.table.name}: parent {number}")
        which = repr((table.path, table.params, table.headers, table.body))
        found.setdefault(which, (table, plan.table.parent.added(record)))
        if most is not None and len(found) >= most:
            break
    return list(found.values())


def _parents(parent: TablePlan | None, listed: Listed, most: int | None) -> Iterator[Record]:
    if parent is None:
        return
    if isinstance(parent.paginator, Given):
        yield from parent.paginator.page.records
    elif parent.parent is None:
        yield from listed(parent, parent.table)
    else:
        for table, added in feeds_of(parent, listed, most):
            yield from ({**record, **added} for record in listed(parent, table))
