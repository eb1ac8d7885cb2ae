"""Room: whether the rows of extra tables can fit the state, told while the feed is read and not after it."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, repeat

from attrs import define, field

from connector_core.basics.errors import DeliveryError
from connector_core.derived.extra_tables import ExtraTable, Group
from connector_core.engine.live_rows import name_of
from connector_core.engine.state import LIMIT
from connector_core.source.tables import Key, Record

DIGEST = len('": "0123456789abcdef", ')
"""What a row takes in the state beside its name, as JSON."""
TOTALS = len('": [0], ')
"""What its totals take at least, beside its name, where they ride in the state too."""
SLACK = 0.05
"""The share of the limit that has to be new before groups that may have vanished are counted again."""


@define
class Room:
    """How much of the state the groups that were seen so far take at least.

    carried: whether their totals ride in the state as well. recount: gives the records that there are, where a record that
    comes again may leave its group: then what was seen may be more than what there is.
    """

    extras: Sequence[ExtraTable]
    carried: bool = False
    recount: Callable[[], Iterable[tuple[Key, Record]]] | None = None
    limit: int = LIMIT
    _seen: list[dict[Group, None]] = field(init=False)
    _bytes: int = field(default=0, init=False)
    _next: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._forget()
        self._next = self.limit

    def know(self, groups: Iterable[Iterable[Group]]) -> None:
        """Take in the *groups* of each extra table that were there before."""
        for seen, of_table in zip(self._seen, groups, strict=True):
            self._grow(seen, dict.fromkeys(of_table))

    def take(self, rows: Iterable[tuple[Key, Record]]) -> None:
        """Take in the rows of a page. Raises DeliveryError as soon as their groups cannot fit the state."""
        if not self.extras:
            return
        self._add([record for _, record in rows])
        if self._bytes > self._next:
            self._count_again()

    def _count_again(self) -> None:
        if self.recount is not None:
            self._forget()
            for _, record in self.recount():
                self._add([record])
                if self._bytes > self.limit:
                    break
        if self._bytes > self.limit:
            raise too_many({extra.name: len(seen) for extra, seen in zip(self.extras, self._seen, strict=True)}, self.limit)
        self._next = max(self.limit, self._bytes + SLACK * self.limit)

    def _forget(self) -> None:
        self._seen, self._bytes = [{} for _ in self.extras], 0

    def _add(self, records: Sequence[Record]) -> None:
        for extra, seen in zip(self.extras, self._seen, strict=True):
            columns = [[record.get(name) for record in records] for name in extra.by]
            self._grow(seen, zip(zip(*columns, strict=True), repeat(None)))

    def _grow(self, seen: dict[Group, None], more: Mapping[Group, None] | Iterable[tuple[Group, None]]) -> None:
        before = len(seen)
        seen.update(more)
        self._bytes += sum(map(self._size, islice(reversed(seen), len(seen) - before)))

    def _size(self, group: Group) -> int:
        """The bytes that a group takes in the state; none where it counts in no row."""
        if None in group:
            return 0
        name = len(json.dumps(name_of(group)))
        return name + DIGEST + (name + TOTALS if self.carried else 0)


def too_many(counts: Mapping[str, int], limit: int) -> DeliveryError:
    """The error of extra tables, name → rows so far, whose rows cannot fit the state."""
    name = max(counts, key=lambda each: counts[each])
    return DeliveryError(
        f"{name} has more rows than can be remembered: {counts[name]:,} so far, and the state, of which Fivetran keeps "
        f"{limit / 1e6:.0f} MB, holds a digest of each. Disable that extra table, or group by fewer columns."
    )
