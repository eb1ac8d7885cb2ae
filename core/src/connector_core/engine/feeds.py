"""Feeds: what a sync reads for one table, page by page, and the bookmark that belongs to each.

``TableFeed`` is the feed of a table of its own; ``ChildFeed`` reads one feed for each record of the parent table, several at a
time, and the parent may be a child itself; ``GivenFeed`` has what the configuration lists; ``EventsFeed`` reads what is gone
before the table's own feed. All say where they start and, once a page was delivered, where a sync would have to go on. None
delivers anything.
"""

from connector_core.engine.child_feed import ChildFeed
from connector_core.engine.events_feed import EventsFeed
from connector_core.engine.given_feed import GivenFeed
from connector_core.engine.reading import Api, Feed
from connector_core.engine.table_feed import begun
from connector_core.paging.given import Given
from connector_core.plugin.assembly import TablePlan
from connector_core.source.pagination import Bookmark


def feed(plan: TablePlan, api: Api, bookmark: Bookmark, *, ahead: bool = True) -> Feed:
    """The feed of one table, from *bookmark* on; without *ahead*, no page is fetched before it is asked for."""
    if isinstance(plan.paginator, Given):
        return GivenFeed(plan.paginator.page)
    if plan.events is not None:
        return EventsFeed(plan, plan.events, api, bookmark, feed)
    if plan.parent is None:
        return begun(plan, api, bookmark, ahead=ahead)
    return ChildFeed(plan, plan.parent, api, bookmark, feed)
