"""Whether keys come in the order that a paginator needs which goes on after the last one."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from attrs import define, field

from connector_build.review.live_finding import Finding
from connector_build.review.live_pages import innermost
from connector_core import KeysetPaginator
from connector_core.basics.names import one_line
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import TablePlan
from connector_core.source.pagination import Page


@define
class Order:
    """How the keys of one table's records go, over all its pages."""

    plan: TablePlan
    up: int = field(default=0, init=False)
    down: int = field(default=0, init=False)
    _last: Any = field(default=None, init=False)
    _example: str = field(default="", init=False)

    @property
    def by(self) -> KeysetPaginator | None:
        """The paginator that needs an order, if it does."""
        inner = innermost(self.plan.paginator)
        return inner if isinstance(inner, KeysetPaginator) and getattr(inner, "order", "ascending") == "ascending" else None

    def took(self, page: Page) -> None:
        """Note the keys of a page."""
        if self.by is None:
            return
        place = cached_path(self.by.key)
        found = [place.get(record) for record in page.records if isinstance(record, dict)]
        for one, two in pairwise([self._last, *found]):
            if type(one) is type(two) and isinstance(one, str | int | float) and one != two:
                self.up += one < two
                self.down += one > two
                self._example = self._example or (f"{one_line(two, 60)} after {one_line(one, 60)}" if one > two else "")
        self._last = found[-1] if found else self._last

    def findings(self) -> Iterator[Finding]:
        """What there is to say of the order."""
        by = self.by
        if by is None:
            return
        if self.down and not self.up:
            yield Finding(
                "wrong",
                "order",
                f"the keys descend: {by.key} {self._example}. What is new comes before the last key, so no later sync reads it.",
                f"params of the table, so that the API sorts by {by.key}, ascending; or FullRead(…) around the paginator",
            )
        elif self.up and not self.down:
            yield Finding("proved", "order", f"{by.key} ascends over all pages")
        else:
            yield Finding("unproved", "order", f"whether the API sorts by {by.key} cannot be told from what was read")
