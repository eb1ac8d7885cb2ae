"""What incremental strategies share: each is a paginator around the one that pages the answers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connector_core.source.pagination import MAX_EMPTY_PAGES, Bookmark, Page, Paginator
from connector_core.source.tables import Table


class Around:
    """A strategy: what it does not say itself is said by its ``pages``."""

    __slots__ = ()

    pages: Paginator
    reads_on = True

    @property
    def max_empty_pages(self) -> int:
        """So many pages in a row may bring nothing new."""
        return int(getattr(self.pages, "max_empty_pages", MAX_EMPTY_PAGES))

    @property
    def counts(self) -> bool:
        """Whether the pages are counted."""
        return bool(getattr(self.pages, "counts", False))

    @property
    def parallel(self) -> bool:
        """Whether several pages may be asked for at the same time."""
        return bool(getattr(self.pages, "parallel", False))

    def foreseen(self, request: Any, page: Page) -> Iterable[Any]:
        """The requests after *request*, as far as they are known by now."""
        foreseen = getattr(self.pages, "foreseen", None)
        return foreseen(request, page) if foreseen else ()

    def check(self, table: Table) -> None:
        """Raise PluginError when the pages of *table* cannot be read so."""
        if check := getattr(self.pages, "check", None):
            check(table)

    def remarks(self, request: Any, page: Page) -> Iterator[str]:
        """What there is to say of a page."""
        if remarks := getattr(self.pages, "remarks", None):
            yield from remarks(request, page)


def mapping(value: Any) -> Bookmark:
    """A part of a bookmark; an empty one where the state has something else."""
    return value if isinstance(value, Mapping) else {}


def filled(place: Mapping[str, Any]) -> Bookmark:
    """A bookmark without what says nothing."""
    return {name: value for name, value in place.items() if value is not None and value != {}}
