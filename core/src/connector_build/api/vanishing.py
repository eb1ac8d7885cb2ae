"""Records that vanish from a simulated API, wherever a plugin has a way to hear of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field

from connector_build.api.feed import Feed
from connector_core import DeletedBy, ListedIn, Record
from connector_core.basics.paths import Path
from connector_core.derived.ready_transforms import Tombstones
from connector_core.plugin.assembly import TablePlan


@define
class Vanishing:
    """What an API does where records vanish: tells of it in events, in a list of what there is, or in its answers."""

    tables: Sequence[TablePlan]
    feeds: Mapping[str, Feed]
    left: dict[str, list[Record]] = field(factory=dict, init=False)
    """What a table was sent and keeps, although the API has it no longer: entries of a list that is read for itself as well."""
    _gone: dict[str, list[Any]] = field(factory=dict, init=False)

    def grows(self, table: str) -> bool:
        """Whether records come to a table by themselves: not where each of them says something of another table's record."""
        rules = [rule for _, rule in _rules(self.tables) if rule.table == table]
        return not any(isinstance(rule, ListedIn) or rule.when is None for rule in rules)

    def changes(self, table: str) -> bool:
        """Whether records of a table change: not what says something of another table's record."""
        return not any(rule.table == table for _, rule in _rules(self.tables))

    def came(self, plan: TablePlan, records: Iterable[Record]) -> None:
        """Put *records*, which are new in a table, into the list of what there is."""
        if isinstance(rule := plan.table.missing, ListedIn):
            for record in records:
                self.feeds[rule.table].append(1, _naming(rule.places, record))

    def vanish(self, plan: TablePlan, number: int, tells_changes: Callable[[TablePlan], bool]) -> int:
        """Let *number* records of a table vanish, or as many as there are, and say how many did."""
        feed = self.feeds[plan.table.name]
        alike = [each for each in self.tables if self.feeds[each.table.name] is feed]
        is_parent = any(each.parent and each.parent.table == plan.table for each in self.tables)
        if alike[0] is not plan or is_parent or not all(map(_hears, alike)):
            return 0
        number = min(number, len(feed))
        if not any(map(_by_itself, alike)) and (mark := _tombstone(plan)):
            return len(feed.change(number, mark)) if tells_changes(plan) else 0
        gone = feed.remove(number)
        for each in alike:
            self._tell(each, gone)
        return len(gone)

    def gone(self, plan: TablePlan) -> list[Any]:
        """The keys of what has vanished, as its answers list them."""
        return list(self._gone.get(plan.table.name, ()))

    def _tell(self, plan: TablePlan, records: Iterable[Record]) -> None:
        names, by, missing = plan.table.primary_key, plan.table.deleted_by, plan.table.missing
        for record in records:
            if by is not None:
                self.feeds[by.table].append(1, _event(by, record))
            if isinstance(missing, ListedIn):
                self._unlist(missing, record)
            key = {name: record.get(name) for name in names}
            self._gone.setdefault(plan.table.name, []).append(key if len(names) > 1 else record.get(names[0]) if names else key)

    def _unlist(self, rule: ListedIn, record: Record) -> None:
        named = {column: record.get(column) for column in rule.places}
        gone = self.feeds[rule.table].remove_those(lambda entry: rule.named(entry) == named)
        list_of_it = next(plan for plan in self.tables if plan.table.name == rule.table)
        if not _hears(list_of_it):
            self.left.setdefault(rule.table, []).extend(gone)


def fields_of_events(tables: Sequence[TablePlan], table: str) -> Iterator[str]:
    """The fields that each event of a table has to have, because rows of others are deleted by it."""
    for _, rule in _rules(tables):
        if isinstance(rule, DeletedBy) and rule.table == table and rule.when is not None:
            yield rule.when[0]


def _rules(tables: Sequence[TablePlan]) -> Iterator[tuple[TablePlan, DeletedBy | ListedIn]]:
    for plan in tables:
        for rule in (plan.table.deleted_by, plan.table.missing):
            if isinstance(rule, DeletedBy | ListedIn):
                yield plan, rule


def _by_itself(plan: TablePlan) -> bool:
    """Whether it is noticed that a record is not there any more, or the API says so elsewhere."""
    table = plan.table
    listed = table.deleted is not None and table.parent is None
    return bool(table.full_refresh or table.missing or table.deleted_by or listed)


def _hears(plan: TablePlan) -> bool:
    return _by_itself(plan) or _tombstone(plan) is not None


def _tombstone(plan: TablePlan) -> Callable[[Record], Record] | None:
    """What marks a record as gone, where an enabled transform of a table goes by a mark."""
    functions = (each.function for each in plan.transforms)
    rule = next((each for each in functions if isinstance(each, Tombstones)), None)
    if rule is None:
        return None
    value = True if rule.values is None else rule.values[0]
    return lambda record: dict(rule.place.put(record, value))


def _naming(places: Mapping[str, Path], record: Record) -> Record:
    named: Record = {}
    for column, place in places.items():
        named = place.put(named, record.get(column))
    return named


def _event(rule: DeletedBy, record: Record) -> Record:
    event = _naming(rule.places, record)
    if rule.about is None or rule.when is None:
        return event
    wanted = rule.when[1]
    return dict(rule.about.put(event, wanted[0] if isinstance(wanted, list | tuple) else wanted))
