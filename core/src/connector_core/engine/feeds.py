"""Feeds: what a sync reads for one table, page by page, and the bookmark that belongs to each.

``TableFeed`` is the feed of a table of its own; ``ChildFeed`` reads one feed for each record of the parent table, several at a
time. Both say where they start and, once a page was delivered, where a sync would have to go on. Neither delivers anything.
"""

from connector_core.engine.child_feed import ChildFeed
from connector_core.engine.reading import Api, Feed
from connector_core.engine.table_feed import begun
from connector_core.plugin.assembly import TablePlan
from connector_core.source.pagination import Bookmark


def feed(plan: TablePlan, api: Api, bookmark: Bookmark) -> Feed:
    """The feed of one table, from *bookmark* on."""
    return ChildFeed(plan, plan.parent, api, bookmark) if plan.parent else begun(plan, api, bookmark)
