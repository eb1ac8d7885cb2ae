"""The feeds of a child table: one for each record of its parent, several at a time."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from typing import Any

from attrs import evolve, field, frozen

from connector_core.basics.counting import counted
from connector_core.basics.errors import RequestRejected, SourceError, UnexpectedAnswer
from connector_core.derived.applying import LeftOut
from connector_core.engine.child_place import Place
from connector_core.engine.marks import KEY, mark_of, name_of
from connector_core.engine.reading import Api, BookmarkRejectedError, Feed, Opens, Read
from connector_core.engine.records import RowMaker
from connector_core.engine.table_feed import TableFeed, begun, nothing_said
from connector_core.http.pages import interleaved
from connector_core.plugin.assembly import TablePlan
from connector_core.source.children import check_parents, for_parent
from connector_core.source.pagination import Bookmark
from connector_core.source.rows import records_of
from connector_core.source.tables import Record, Table
from connector_core.source.values import text


@frozen(hash=False)
class _Child:
    """One record of the parent, as far as its children are concerned.

    key:     its primary key as text. added: column → value for its children. changed: what tells whether they changed.
    name:    a digest of the key. mark: one of the key and of *changed*.
    """

    key: str
    table: Table
    added: Mapping[str, Any]
    changed: Any
    name: bytes = field(init=False)
    mark: bytes = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "name", name_of(self.key))
        object.__setattr__(self, "mark", mark_of(self.key, self.changed))


class ChildFeed:
    """The feeds of a child table, one for each record of its parent: at most *threads* under way, page by page.

    The parents are listed by the parent's own paginator, apart from the sync of the parent table, so that this one may be
    incremental while every parent is looked at here. The list costs one request for as many parents as a page has.
    """

    ended = False

    def __init__(self, plan: TablePlan, parent: TablePlan, api: Api, bookmark: Bookmark, opens: Opens) -> None:
        self._plan = plan
        self._opens = opens
        self._parent = parent
        self._api = api
        self._place = Place.read(bookmark)
        self._seen: set[bytes] = set()
        self._by_change = bool(plan.table.parent and plan.table.parent.incremental)
        self._unchanged = 0
        self._rest: Bookmark = {}
        """Where the list of parents rests at its end."""
        self.start = self._place.bookmark()
        self.left_aside = bool(bookmark and not self.start)
        if self.left_aside:
            api.log.warning(f"{self._name}: {nothing_said(bookmark)}")

    @property
    def bookmark(self) -> Bookmark:
        return self._place.bookmark()

    @property
    def anew(self) -> Bookmark:
        """Nothing: which exports are under way belongs to the children."""
        return {}

    def reads(self) -> Generator[Read | None, None, None]:
        """The children's pages, in the order in which they come."""
        listing = self._list(self._place.listing)
        whole = not listing.start
        if listing.left_aside:
            self._place.done = {}
        try:
            yield from self._listed(listing)
        except BookmarkRejectedError as error:
            whole = True
            self._api.log.warning(f"{self._name}: of the list of parents, {error} Reading it again.")
            yield from self._listed(self._list({}))
        if self._by_change:
            self._place.keep_edge()
            self._place.listing = self._rest
        else:
            if whole:
                self._place.forget_others(self._seen)
            self._place.listing = {}
        if self._unchanged:
            self._api.log.info(
                f"{self._name}: {counted(self._unchanged, 'record')} of {self._parent.table.name} did not change: no "
                f"request for them"
            )

    @property
    def _above(self) -> str:
        """What the feeds are read for each of."""
        return self._plan.table.parent.named if self._plan.table.parent else ""

    @property
    def _name(self) -> str:
        return self._plan.table.name

    def _list(self, bookmark: Bookmark) -> Feed:
        """The list of parents. One that is read parent by parent itself does so one at a time: the threads are busy here."""
        return self._opens(self._parent, evolve(self._api, threads=1), bookmark, ahead=False)

    def _listed(self, listing: Feed) -> Generator[Read | None, None, None]:
        rows = RowMaker.of(self._parent, _Quiet(), checks_fields=False)
        for read in listing.reads():
            if read is None:
                continue
            children = self._children(read, rows)
            with closing(interleaved(self._feed, children, self._api.threads)) as pages:
                for child, page in pages:
                    yield from self._moved(child, page)
            if not listing.ended:
                if self._place.moved(listing.bookmark) and self._by_change:
                    self._place.keep_edge()
                yield None
        self._place.done, self._rest = {}, listing.bookmark

    def _children(self, read: Read, rows: RowMaker) -> list[_Child]:
        """What has to be read for a page of parents: each once, as the last record on the page has it."""
        where = f"{self._name}: {read.request}"
        found: dict[str, _Child | None] = {}
        # Of a parent that is a child itself, what it was given by its own parent counts as a field.
        records = list(records_of(self._parent.table, read.page, read.request, where))
        records = [_given(record, read.added) for record in records] if read.added else records
        check_parents(self._plan.table, records, where)
        for number, record in enumerate(records, 1):
            # A transform may change the record that it is given, and the children are asked for by what the API sent.
            given = _copied(record, f"{where}: record {number}") if self._parent.transforms else record
            [(key, row)] = rows.rows([given], where, number, read.added)
            name = text(key[0]) if len(key) == 1 else json.dumps([text(value) for value in key])
            found[name] = None if isinstance(row, LeftOut) else self._child(name, record, f"{where}: record {number}")
        if not self._by_change:
            self._seen.update(child.name for child in found.values() if child)
        return [child for child in found.values() if child and self._is_due(child)]

    def _child(self, key: str, record: Record, where: str) -> _Child:
        parent = self._plan.table.parent
        assert parent is not None  # noqa: S101  (a ChildFeed is made for a table that has one)
        changed = parent.changes.get(record) if parent.changes else None
        return _Child(key, for_parent(self._plan.table, record, where), parent.added(record), changed)

    def _is_due(self, child: _Child) -> bool:
        place = self._place
        if place.done.get(child.name[:KEY]) == child.mark:
            return False
        if child.changed is not None and child.key not in place.open and place.changed.get(child.name[:KEY]) == child.mark:
            self._unchanged += 1
            return False
        return True

    def _feed(self, child: _Child) -> Iterator[tuple[Read, Bookmark, bool]]:
        """The pages of one parent's children, each with the bookmark behind it and whether it is the last."""
        plan = evolve(self._plan, table=child.table)
        bookmark = self._opened(child) or self._place.rests.get(child.name) or {}
        feed = begun(plan, self._api, bookmark, ahead=False)
        try:
            try:
                yield from self._pages(feed)
            except BookmarkRejectedError as error:
                self._api.log.warning(f"{self._name}: {error} Reading these children whole.")
                yield from self._once_more(plan)
        except RequestRejected as error:
            raise RequestRejected(
                f"{error} If the API answers so where a {self._above} is gone, put ignore(status=…) into "
                f"the errors of {self._name}."
            ) from None

    def _once_more(self, plan: TablePlan) -> Iterator[tuple[Read, Bookmark, bool]]:
        """The children of one parent from their start. That they cannot be read so either is no matter of the list of parents."""
        try:
            yield from self._pages(TableFeed(plan, self._api, {}, ahead=False))
        except BookmarkRejectedError as error:
            raise SourceError(
                f"{self._name}: {error} It has happened twice in this sync, so this one ends here, and the next one goes on from "
                "the last checkpoint. If it keeps failing, ask the API's owner."
            ) from None

    def _opened(self, child: _Child) -> Bookmark | None:
        """Where the feed of *child* was left by a crash; None also where a change since then may lie behind that place."""
        bookmark, mark = self._place.open.get(child.key, (None, b""))
        return bookmark if mark == child.mark else None

    def _pages(self, feed: TableFeed) -> Iterator[tuple[Read, Bookmark, bool]]:
        for read in feed.reads():
            yield read, feed.bookmark, feed.ended

    def _moved(self, child: _Child, page: tuple[Read, Bookmark, bool] | None) -> Iterator[Read]:
        """Hand on a page of *child*, after noting where its children go on behind it."""
        if page is None:
            return
        read, bookmark, ended = page
        place = self._place
        if not ended:
            place.open[child.key] = (bookmark, child.mark)
        else:
            place.open.pop(child.key, None)
            place.done[child.name[:KEY]] = child.mark
            _set(place.rests, child.name, bookmark or None)
            # Behind all others: of those that are listed by their change, the last are kept.
            place.changed.pop(child.name[:KEY], None)
            _set(place.changed, child.name[:KEY], None if child.changed is None else child.mark)
        yield evolve(read, added=child.added, last=False, again=False)


def _given(record: Any, added: Mapping[str, Any]) -> Any:
    return {**record, **added} if isinstance(record, dict) else record


def _copied(record: Record, what: str) -> Record:
    try:
        return deepcopy(record)
    except RecursionError:
        raise UnexpectedAnswer(f"{what} is nested too deeply to be read. Ask the API's owner.") from None


def _set(known: dict[bytes, Any], key: bytes, value: Any) -> None:
    if value is None:
        known.pop(key, None)
    else:
        known[key] = value


class _Quiet:
    """A log for the list of parents, whose own sync has remarked on them already."""

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    def alert(self, message: str) -> None: ...
