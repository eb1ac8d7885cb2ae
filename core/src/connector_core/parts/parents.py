"""The parents of a child table: listed apart from their children, and handed on to whoever reads those."""

from collections.abc import Iterator, Mapping, Sequence, Set
from copy import deepcopy
from typing import Any

from attrs import evolve

from connector_core.basics.logs import SilentLog
from connector_core.derived.applying import LeftOut
from connector_core.engine.child_feed import ChildFeed
from connector_core.engine.feeds import feed
from connector_core.engine.given_feed import GivenFeed
from connector_core.engine.reading import Api, Feed
from connector_core.engine.records import RowMaker
from connector_core.plugin.plan import TablePlan
from connector_core.source.children import check_parents
from connector_core.source.columns import UnfitError
from connector_core.source.pagination import Bookmark, Page
from connector_core.source.rows import records_of
from connector_core.source.tables import Key, Record
from connector_core.source.templates import names_in
from connector_core.source.values import read


def listed_parents(plan: TablePlan, api: Api) -> Iterator[Record]:
    """The records of the parent of *plan* that have children to be read, each once, cut to what its children are asked for by.

    Raises as a sync does that lists them.
    """
    parent = plan.parent
    assert parent is not None  # noqa: S101  (the caller has looked)
    rows, kept = RowMaker.of(parent, SilentLog(), checks_fields=False), _fields_for(plan, parent)
    seen: set[Key] = set()
    for page in feed(parent, evolve(api, threads=1), {}, ahead=False).reads():
        if page is None:
            continue
        where = f"{plan.table.name}: {page.request}"
        records = [_given(each, page.added) for each in records_of(parent.table, page.page, page.request, where)]
        check_parents(plan.table, records, where)
        for number, record in enumerate(records, 1):
            # A transform may change what it is given.
            [(key, row)] = rows.rows([deepcopy(record) if parent.transforms else record], where, number, page.added)
            if key not in seen and not isinstance(row, LeftOut):
                yield record if kept is None else {name: record[name] for name in kept if name in record}
            seen.add(key)


def _given(record: Any, added: Mapping[str, Any]) -> Any:
    """A record of a parent that is a child itself: what it was given by its own parent counts as a field."""
    return {**record, **added} if added and isinstance(record, dict) else record


def _fields_for(plan: TablePlan, parent: TablePlan) -> Set[str] | None:
    """The fields of a parent that are needed to read its children; None where that cannot be told."""
    table, link = plan.table, plan.table.parent
    assert link is not None  # noqa: S101  (the caller has looked)
    named = [name for part in (table.path, table.params, table.headers, table.body) for name in names_in(part, "parent", "each")]
    places = [*link.places.values(), *([link.changes] if link.changes else [])]
    if parent.transforms or any(place.needs or place.alone for place in places):
        return None
    return {name.partition(".")[0].partition("[")[0] for name in [*named, *map(str, places)]} | set(parent.table.primary_key)


def is_among(plan: TablePlan, parent: Record, among: Mapping[str, Set[Any]]) -> bool:
    """Whether what the children of *parent* are given is wanted: column → the values that are."""
    link = plan.table.parent
    given = link.added(parent) if link else {}
    return all(_is_one(plan, column, given[column], wanted) for column, wanted in among.items() if column in given)


def _is_one(plan: TablePlan, column: str, value: Any, wanted: Set[Any]) -> bool:
    try:
        return read(plan.declared[column], value) in wanted
    except (UnfitError, TypeError, KeyError):
        return True  # whoever reads the children says what is wrong with it


def children_of(plan: TablePlan, api: Api, parents: Sequence[Record]) -> Feed:
    """The feeds of the children of *parents*."""
    assert plan.parent is not None  # noqa: S101  (the caller has looked)
    parent = evolve(plan.parent, table=evolve(plan.parent.table, rows=()))  # these records are made already

    def listing(plan: TablePlan, api: Api, bookmark: Bookmark, *, ahead: bool = True) -> Feed:  # noqa: ARG001
        return GivenFeed(Page(list(parents), list(parents)) if parents else None, plan.table.path)

    return ChildFeed(plan, parent, api, {}, listing)


class ShareOfChildren(ChildFeed):
    """The feeds of the children whose parent's key falls to one of several processes; each of them lists all parents."""

    def __init__(self, plan: TablePlan, api: Api, number: int, of: int) -> None:
        assert plan.parent is not None  # noqa: S101  (the caller has looked)
        super().__init__(plan, plan.parent, api, {}, feed)
        self._number, self._of = number, of

    def _is_due(self, child: Any) -> bool:
        return int.from_bytes(child.name, "big") % self._of == self._number and super()._is_due(child)
