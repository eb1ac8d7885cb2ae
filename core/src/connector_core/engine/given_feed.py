"""The feed of records that are there already: what the configuration lists, or parents that were listed before."""

from collections.abc import Generator

from attrs import define, field

from connector_core.engine.reading import Read
from connector_core.source.pagination import Bookmark, Page, Request


@define
class GivenFeed:
    """One page, or none, without a request; *path* stands for where it would be."""

    page: Page | None
    path: str = "/"
    start: Bookmark = field(factory=dict)
    bookmark: Bookmark = field(factory=dict)
    anew: Bookmark = field(factory=dict)
    left_aside: bool = False
    ended: bool = True

    def reads(self) -> Generator[Read | None, None, None]:
        """The page."""
        if self.page is not None:
            yield Read(Request(self.path), self.page, last=True)
