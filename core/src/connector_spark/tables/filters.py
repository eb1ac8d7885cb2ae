"""Filters of a query that the API can answer itself.

Spark applies every filter again, so what is asked for may be more than what it leaves, and never less. That is why nothing is
handed to the API unless the plugin's own words say what it means there: the field that a strategy asks by, the key that pages
start after, what a child is given by its parent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from attrs import evolve, frozen

from connector_core.derived.transforms import DerivedField
from connector_core.paging.keyset import KeysetPaginator
from connector_core.paging.updated_since import UpdatedSince
from connector_core.paging.windows import Windows
from connector_core.parts.bounded import innermost
from connector_core.parts.part import ALL, Wanted
from connector_core.plugin.plan import TablePlan


@frozen
class Condition:
    """One condition of a query: a column, how it is compared (``=``, ``in``, ``>``, ``>=``, ``<``, ``<=``), and with what."""

    column: str
    how: str
    value: Any


_HOW = {"EqualTo": "=", "In": "in", "GreaterThan": ">", "GreaterThanOrEqual": ">=", "LessThan": "<", "LessThanOrEqual": "<="}


def conditions(filters: Iterable[Any]) -> Iterator[Condition]:
    """Those of Spark's *filters* that are of a kind that can be handed on."""
    for each in filters:
        how = _HOW.get(type(each).__name__)
        if how is not None and len(each.attribute) == 1:
            yield Condition(each.attribute[0], how, each.value)


def wanted(plan: TablePlan, found: Iterable[Condition], window_column: str = "") -> Wanted:
    """What is to be asked for, given the conditions of a query. *window_column* is what windows are of, if it is said."""
    found = [each for each in found if _is_untouched(plan, each.column)]
    if plan.parent is not None:
        return _of_parents(plan, found)
    paginator = innermost(plan.paginator)
    for kind, narrowed in _NARROWED.items():
        if isinstance(paginator, kind):
            return narrowed(paginator, found, window_column)
    return ALL


def _is_untouched(plan: TablePlan, column: str) -> bool:
    """Whether what stands in *column* is what the API sent: no transform made it, or may have changed it."""
    derived = all(isinstance(each, DerivedField) for each in plan.transforms)
    return derived and column in plan.table.declared and not plan.table.declared[column].null


def _of_parents(plan: TablePlan, found: Iterable[Condition]) -> Wanted:
    given = plan.table.parent.adds if plan.table.parent else {}
    among: dict[str, frozenset[Any]] = {}
    for each in found:
        if each.column in given and each.how in ("=", "in"):
            values = frozenset(each.value if each.how == "in" else [each.value])
            among[each.column] = among.get(each.column, values) & values
    return evolve(ALL, among=among)


def _since(paginator: UpdatedSince, found: Iterable[Condition], _: str) -> Wanted:
    """From a time on: the strategy asks as a sync does that rested there."""
    times = [_written(each.value) for each in found if each.column == paginator.newest and each.how in (">", ">=", "=")]
    times = [each for each in times if each is not None]
    # A number that is a clock is one, and a text that is a time: of both, the latest is wanted, and any of them will do.
    return evolve(ALL, bookmark={"since": times[0]}) if times and paginator.notation is None else ALL


def _after(paginator: KeysetPaginator, found: Iterable[Condition], _: str) -> Wanted:
    """Behind a key, where the API sorts by it."""
    if paginator.order != "ascending":
        return ALL
    keys = [_key_before(each) for each in found if each.column == paginator.key]
    known = [key for key in keys if key is not None]
    place = "after" if paginator.incremental else "page_after"
    return evolve(ALL, bookmark={place: max(known)}) if known else ALL


def _key_before(condition: Condition) -> int | None:
    """The key after which all that is wanted comes. Of texts nobody knows how the API sorts them."""
    if isinstance(condition.value, bool) or not isinstance(condition.value, int):
        return None
    return {">": condition.value, ">=": condition.value - 1, "=": condition.value - 1}.get(condition.how)


def _windows(paginator: Windows, found: Iterable[Condition], column: str) -> Wanted:
    """From the window of one id or time to that of another."""
    if not column:
        return ALL
    own = [(each.how, each.value if paginator.of_ids else _written(each.value)) for each in found if each.column == column]
    own = [(how, value) for how, value in own if value is not None and (not paginator.of_ids or isinstance(value, int))]
    begins = [value for how, value in own if how in (">", ">=", "=")]
    ends = [value for how, value in own if how in ("<", "<=", "=")]
    return evolve(ALL, begin=max(begins, default=None), until=min(ends, default=None))


def _written(value: Any) -> Any:
    """A time as JSON has it; None for what is none."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


_NARROWED: Mapping[type, Callable[[Any, Iterable[Condition], str], Wanted]] = {
    UpdatedSince: _since,
    KeysetPaginator: _after,
    Windows: _windows,
}
