"""One feed, read as a sync reads it and no further than some pages: what came, how it was asked for, where it goes on."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from hashlib import blake2b
from itertools import islice
from typing import Any

from attrs import define, evolve, field, frozen

from connector_core.basics.errors import PluginError, SourceError, UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.engine.reading import Api, BookmarkRejectedError, Read
from connector_core.engine.table_feed import TableFeed
from connector_core.plugin.assembly import TablePlan
from connector_core.source.pagination import Bookmark, Page, Request
from connector_core.source.tables import Table

LOOKED_AT = 50_000
"""Records of one page that are looked at: a file may hold any number of them."""

Took = Callable[[Read], None]
"""What is given each page as it comes; it may raise UnexpectedAnswer."""


@frozen(hash=False)
class Seen:
    """A page that was read.

    mark:  the bookmark that leads to it. names: what its records are known by, in order; whole: the same by all that is in them.
    new:   how many of them were on no page before it.
    """

    request: Request
    mark: Bookmark
    records: int
    names: tuple[str, ...] = field(repr=False)
    whole: tuple[str, ...] = field(repr=False)
    new: int = 0

    @property
    def keys(self) -> frozenset[str]:
        """What its records are known by."""
        return frozenset(self.names)


@define
class Run:
    """What was read of one feed.

    start:   the bookmark as the paginator understood it. ended: it came to its end. last: the last page that came.
    rest:    where the next sync starts; where the feed was not read to its end, where it would, were this the end.
    refused: how the API refused the bookmark; problem: what else a sync would fail with. Empty where it would not.
    """

    start: Bookmark = field(factory=dict)
    pages: list[Seen] = field(factory=list)
    last: Read | None = None
    ended: bool = False
    rest: Bookmark = field(factory=dict)
    refused: str = ""
    problem: str = ""

    @property
    def filled(self) -> list[Seen]:
        """The pages that have records."""
        return [page for page in self.pages if page.records]

    @property
    def keys(self) -> frozenset[str]:
        """What all the records are known by."""
        return frozenset().union(*(page.keys for page in self.pages))

    @property
    def records(self) -> int:
        """How many came."""
        return sum(page.records for page in self.pages)

    def add(self, read: Read, mark: Bookmark, known: "KnownBy") -> None:
        """Note a page that came."""
        records = list(islice(read.page.records, LOOKED_AT))
        names, before = tuple(map(known, records)), self.keys
        new = sum(name not in before for name in names)
        self.pages.append(Seen(read.request, mark, len(read.page.records), names, tuple(map(_whole, records)), new))
        self.last = read

    def by_whole(self) -> "Run":
        """The same with each record known by all that is in it, because its key turned out to be none."""
        pages: list[Seen] = []
        before: set[str] = set()
        for page in self.pages:
            pages.append(evolve(page, names=page.whole, new=sum(name not in before for name in page.whole)))
            before.update(page.whole)
        return evolve(self, pages=pages)


@frozen(hash=False)
class Asking:
    """How one table is asked for. most: so many pages of a feed are read. whole: its records are known by all that is in them."""

    api: Api
    most: int
    whole: bool = False

    def known(self, table: Table) -> "KnownBy":
        """What tells a record of *table* from the others of its feed."""
        return _whole if self.whole else partial(_keyed, table)

    def sized(self, page_size: int) -> "Asking":
        """The same with pages of another size."""
        return evolve(self, api=evolve(self.api, page_size=page_size))

    def first(self, plan: TablePlan, bookmark: Bookmark) -> Request:
        """The request that *bookmark* leads to."""
        return plan.paginator.first(plan.table, self.api.page_size, bookmark)

    def page(self, plan: TablePlan, request: Request) -> Page:
        """One page."""
        return self.api.fetch(plan.table, request)

    def run(self, plan: TablePlan, bookmark: Bookmark | None = None, most: int = 0, took: Took = lambda _: None) -> Run:
        """Read the feed of *plan* from *bookmark* on, *most* pages of it; what a sync would fail with is in what comes back.

        Raises a ConnectorError when the API cannot be reached, or refuses the key.
        """
        made = Run()
        try:
            self._read(plan, bookmark or {}, most or self.most, took, made)
        except BookmarkRejectedError as error:
            made.refused = str(error)
        except (UnexpectedAnswer, PluginError) as error:
            made.problem = str(error)
        except SourceError as error:
            if not bookmark and not made.pages:
                raise
            made.problem = str(error)  # it had answered before, so it is this request that it cannot bear
        return made

    def _read(self, plan: TablePlan, bookmark: Bookmark, most: int, took: Took, made: Run) -> None:
        feed = TableFeed(plan, self.api, bookmark, ahead=False)
        made.start = mark = feed.start
        with closing(feed.reads()) as reads:
            for read in islice(reads, most):
                took(read)
                made.add(read, mark, self.known(plan.table))
                mark, made.ended = feed.bookmark, feed.ended
        if made.last is not None:
            made.rest = feed.bookmark if made.ended else plan.paginator.rest(made.last.request, made.last.page)


KnownBy = Callable[[Any], str]


def _keyed(table: Table, record: Any) -> str:
    """A record by its key or, where it has none, by all that is in it."""
    if not isinstance(record, Mapping) or any(record.get(name) is None for name in table.primary_key):
        return _whole(record)
    return json.dumps([record[name] for name in table.primary_key], sort_keys=True, default=str)


def _whole(record: Any) -> str:
    return blake2b(json.dumps(record, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def shown(bookmark: Bookmark) -> str:
    """A bookmark as it stands in the state."""
    return one_line(json.dumps(bookmark, default=str), 120)


def given(records: Iterable[Any], added: Mapping[str, Any], table: str) -> Iterator[Any]:
    """The records of a child table, each with the columns that it is given, as a sync does it."""
    for number, record in enumerate(islice(records, LOOKED_AT), 1):
        if not isinstance(record, dict):
            yield record
            continue
        for name, value in added.items():
            if record.get(name, value) != value:
                raise UnexpectedAnswer(
                    f"{table}: record {number} has {one_line(repr(record[name]), 60)} as {name}, but its parent has "
                    f"{one_line(repr(value), 60)}. Give the parent's value a column of another name in the table's parent."
                )
        yield {**added, **record}
