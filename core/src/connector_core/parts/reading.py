"""Reading a part: the rows that a sync would leave in the destination, and where the next sync would go on."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from attrs import define, evolve, field

from connector_core.basics.errors import SourceError
from connector_core.derived.applying import LeftOut
from connector_core.engine.feeds import feed
from connector_core.engine.ledger import Ledger
from connector_core.engine.missing import check_gone, listed
from connector_core.engine.reading import Api, BookmarkRejectedError, Feed, Read
from connector_core.engine.records import RowMaker
from connector_core.engine.rows_of_pages import rows_of
from connector_core.paging.numbers import OffsetPaginator
from connector_core.paging.windows import Windows
from connector_core.parts.bounded import SomePages, SomeWindows, innermost
from connector_core.parts.cutting import shared
from connector_core.parts.parents import ShareOfChildren, children_of
from connector_core.parts.part import Part
from connector_core.plugin.plan import TablePlan
from connector_core.source.deletes import ListedIn
from connector_core.source.pagination import Bookmark
from connector_core.source.tables import Key, Record

NO_END = 1_000_000_000
"""Empty windows that end nothing, because an end is given."""


@define
class PartRead:
    """The read of one part. *plan* is that of its table as it is for a connection.

    columns: those that the rows are to have; the declared ones if none are named.
    rest:    where the next sync of this part goes on, once it was read.
    """

    plan: TablePlan
    api: Api
    part: Part
    columns: tuple[str, ...] = ()
    rest: Bookmark = field(factory=dict, init=False)

    def rows(self) -> Iterator[Record]:
        """The rows that there are once the part was read, each key once, as the API had it last.

        Nothing comes before the part was read to its end: a read that fails has given nothing. Raises ConnectorError as a sync
        does.
        """
        ledger = Ledger(self.columns or tuple(self.plan.declared))
        with closing(ledger):
            try:
                self._read(ledger, self.part)
            except BookmarkRejectedError as error:
                self.api.log.warning(f"{self.plan.table.name}: {error} Reading it once more.")
                self._again(ledger)
            gone = self._gone(ledger)
            yield from (row for key, row in ledger.records() if key not in gone)

    def _again(self, ledger: Ledger) -> None:
        for key in [key for key, _ in ledger.records()]:
            ledger.remove(key)
        try:
            self._read(ledger, evolve(self.part, bookmark={}))
        except BookmarkRejectedError as error:
            raise SourceError(
                f"{self.plan.table.name}: {error} It has happened twice in this read, so it ends here. If it keeps failing, read "
                "faster (a larger page_size), or ask the API's owner how long a place is good for."
            ) from None

    def _read(self, ledger: Ledger, part: Part) -> None:
        plan = evolve(plan_of(self.plan, part), events=None)  # what is gone is in no feed that is read from its start
        source = feed_of(plan, self.api, part)
        maker = RowMaker.of(plan, self.api.log)
        with closing(source.reads()) as reads:
            for read in reads:
                for rows in rows_of(plan, _cut_off(plan, read), maker):
                    _keep(ledger, rows)
        self.rest = source.bookmark

    def _gone(self, ledger: Ledger) -> set[Key]:
        """The keys of rows that another table, a complete list of what there is, does not name."""
        rule = self.plan.table.missing
        if not isinstance(rule, ListedIn):
            return set()
        there = listed(self.plan, rule, self.api, feed)
        known = {key: None for key, _ in ledger.records()}
        gone = {key for key in known if key not in there}
        check_gone(self.plan.table, [(key, LeftOut({}, "missing")) for key in gone], known)
        return gone


def plan_of(plan: TablePlan, part: Part) -> TablePlan:
    """*plan* as this *part* of its table is read: its share of budgets, and a paginator that ends where the next part begins."""
    plan, paginator = shared(plan, part.of), innermost(plan.paginator)
    if part.kind == "windows" and isinstance(paginator, Windows):
        known_end = part.until is not None and paginator.of_ids
        windows = evolve(paginator, start=part.begin, empty=NO_END if known_end else paginator.empty)
        return evolve(plan, paginator=windows if part.until is None else SomeWindows(windows, part.until))
    if part.kind == "pages":
        return evolve(plan, paginator=SomePages(paginator, part.begin, part.until))  # type: ignore[arg-type]  # cut as such
    return plan


def feed_of(plan: TablePlan, api: Api, part: Part) -> Feed:
    """The feed of a part, by its plan (``plan_of``)."""
    if part.kind == "children":
        return children_of(plan, api, part.parents)
    if part.kind == "share":
        return ShareOfChildren(plan, api, part.number, part.of)
    place = {"at": part.begin["at"]} if part.kind == "pages" and part.number else part.bookmark
    return feed(plan, api, place)


def _keep(ledger: Ledger, rows: Iterable[tuple[Key, Any]]) -> None:
    """Let *ledger* have the newest of *rows*; they come in order, so that what is left out may have come before."""
    newest = dict(rows)
    for key, row in newest.items():
        if isinstance(row, LeftOut):
            ledger.remove(key)
    ledger.put([(key, row) for key, row in newest.items() if not isinstance(row, LeftOut)])


def _cut_off(plan: TablePlan, read: Read | None) -> Read | None:
    """*read* without records that the next part has too, where the API sends pages of another length than its first."""
    some = plan.paginator
    if read is None or not isinstance(some, SomePages) or some.until is None or not isinstance(some.pages, OffsetPaginator):
        return read
    left = some.until - some.at(read.request)
    if left >= len(read.page.records):
        return read
    return evolve(read, page=evolve(read.page, records=list(read.page.records)[:left]))
