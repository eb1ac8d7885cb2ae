"""Room: whether the rows of extra tables can fit the state, told while the feed is read and not after it."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

from attrs import define, field

from connector_core.basics.errors import DeliveryError
from connector_core.derived.extra_tables import ExtraTable, Group
from connector_core.engine.live_rows import name_of
from connector_core.engine.state import LIMIT
from connector_core.source.tables import Key, Record

DIGEST = len('": "0123456789abcdef", ')
"""What a row takes in the state beside its name, as JSON."""
SLACK = 0.05
"""The share of the limit that has to be new before groups that may have vanished are counted again."""


@define
class Room:
    """How much of the state the groups that were seen so far take at least.

    A record that comes again may leave its group, so what was seen is more than what there is: before the limit is said to be
    passed, *recount* gives the records that there are.
    """

    extras: Sequence[ExtraTable]
    recount: Callable[[], Iterable[tuple[Key, Record]]]
    limit: int = LIMIT
    _seen: list[dict[Group, None]] = field(init=False)
    _bytes: int = field(default=0, init=False)
    _next: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._forget()
        self._next = self.limit

    def take(self, rows: Iterable[tuple[Key, Record]]) -> None:
        """Take in the rows of a page. Raises DeliveryError as soon as their groups cannot fit the state."""
        if not self.extras:
            return
        self._add([record for _, record in rows])
        if self._bytes > self._next:
            self._forget()
            for _, record in self.recount():
                self._add([record])
                if self._bytes > self.limit:
                    raise self._too_many()
            self._next = max(self.limit, self._bytes + SLACK * self.limit)

    def _forget(self) -> None:
        self._seen, self._bytes = [{} for _ in self.extras], 0

    def _add(self, records: Sequence[Record]) -> None:
        for extra, seen in zip(self.extras, self._seen, strict=True):
            before = len(seen)
            seen.update(zip(zip(*[[record.get(name) for record in records] for name in extra.by], strict=True), repeat(None)))
            self._bytes += sum(map(_size, _newest(seen, len(seen) - before)))

    def _too_many(self) -> DeliveryError:
        counts = {extra.name: len(seen) for extra, seen in zip(self.extras, self._seen, strict=True)}
        return too_many(counts, self.limit)


def too_many(counts: dict[str, int], limit: int = LIMIT) -> DeliveryError:
    """The error of extra tables, name → rows so far, whose rows cannot fit the state."""
    name = max(counts, key=lambda each: counts[each])
    return DeliveryError(
        f"{name} has more rows than can be remembered: {counts[name]:,} so far, and the state, of which Fivetran keeps "
        f"{limit / 1e6:.0f} MB, holds a digest of each. Disable that extra table, or group by fewer columns."
    )


def _newest(seen: dict[Group, Any], number: int) -> Iterator[Group]:
    """The groups that came last."""
    groups = reversed(seen)
    for _ in range(number):
        yield next(groups)


def _size(group: Group) -> int:
    """The bytes that a group takes in the state; none where it counts in no row."""
    return 0 if None in group else len(json.dumps(name_of(group))) + DIGEST
