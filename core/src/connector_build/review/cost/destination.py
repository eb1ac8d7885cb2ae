"""A destination that keeps no row: only which keys came, and how many operations there were."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector_build.review.cost.sampling import Key, Rest
from connector_build.testing.warehouse.memory import Warehouse
from connector_core.derived.nested import Nested
from connector_core.plugin.assembly import Assembly, TablePlan

Weight = Callable[[Mapping[str, Any]], float]


class Bill(Warehouse):
    """Counts upserts and deletes; one of a record that stands for several counts as often."""

    def __init__(self, assembly: Assembly, rests: Mapping[str, Rest]) -> None:
        super().__init__(assembly)
        self._weights = {name: weight for plan in assembly.tables for name, weight in _weights(plan, rests)}
        self._keys: dict[str, dict[Any, dict[str, Any]]] = {}
        self._counts: defaultdict[tuple[str, str], float] = defaultdict(float)

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self._note("upsert", table, data)

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self._note("delete", table, keys)

    def _note(self, kind: str, table: str, row: dict[str, Any]) -> None:
        self._keys.setdefault(table, {})[self._key(table, row)] = row
        self._counts[kind, table] += self._weight(table, row)

    def _weight(self, table: str, row: Mapping[str, Any]) -> float:
        weight = self._weights.get(table)
        return weight(row) if weight else 1.0

    def begin(self) -> None:
        """Count from here on."""
        self._keys.clear()
        self._counts.clear()

    def keys_of(self, table: str) -> int:
        """How many distinct keys of *table* came."""
        return round(sum(self._weight(table, row) for row in self._keys.get(table, {}).values()))

    def count(self, kind: str, table: str | None = None) -> int:
        """How many operations of one kind came."""
        return round(self._counts[kind, str(table)])


def _weights(plan: TablePlan, rests: Mapping[str, Rest]) -> list[tuple[str, Weight]]:
    """Table → how many rows one of it stands for; nothing of groups, of which a larger feed may not have more."""
    rest, key = rests[plan.table.name], plan.table.primary_key
    if not rest.keys or (plan.parent is None and not plan.reads_whole):
        return []  # an incremental read comes to the end of the feed alone
    found = [(plan.table.name, _by(rest, key))]
    for extra in plan.extra_tables:
        if isinstance(extra, Nested):
            columns = {source: column for column, source in extra.adds.items()}
            found.append((extra.name, _by(rest, [columns[name] for name in key])))
    return found


def _by(rest: Rest, columns: Sequence[str]) -> Weight:
    return lambda row: rest.weight(_key_of(row, columns))


def _key_of(row: Mapping[str, Any], columns: Sequence[str]) -> Key:
    return tuple(row.get(name) for name in columns)
