"""The feed of what the configuration lists."""

from collections.abc import Generator

from attrs import define, field

from connector_core.engine.reading import Read
from connector_core.paging.given import Given
from connector_core.source.pagination import Bookmark, Request


@define
class GivenFeed:
    """One page, without a request."""

    given: Given
    start: Bookmark = field(factory=dict)
    bookmark: Bookmark = field(factory=dict)
    anew: Bookmark = field(factory=dict)
    left_aside: bool = False
    ended: bool = True

    def reads(self) -> Generator[Read | None, None, None]:
        """The page."""
        yield Read(Request("/"), self.given.page, last=True)
