"""Rows that did not change: of a table that is read whole in each sync, only what differs from what was sent last goes out.

The state keeps a digest of each row that the destination has: 8 bytes of blake2b (RFC 7693), so a change is passed over only if
all 64 bits are the same by chance. It never says more than is certain:

- before the first row that differs goes out, the state is saved without digests, and has none until all rows are out. Whatever
  arrives before a crash, no digest of an older version is left that could be taken for it;
- a record that a read meets with several values has no digest: which version is there depends on order. One that was left out
  has the digest of there being no row, so its delete is sent once;
- a read that was taken up again knows what lies behind the place where it goes on. The rest is sent once more by the next one.

A table of too many rows for that is sent whole; or, where its plugin names the column that every change moves (``updated``), by
that: the state then has the newest change instead (engine.by_change), until the table is small again.

Without a state, as in a re-sync, everything goes out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from attrs import define, field

from connector_core.basics.operations import Log
from connector_core.derived.applying import LeftOut
from connector_core.engine.by_change import ByChange
from connector_core.engine.digests import digest_of, gone_digest, packed, unpacked
from connector_core.engine.records import Rows
from connector_core.source.pagination import Page
from connector_core.source.tables import Key, Record

MOST = 20_000
"""Rows of a table that are remembered; a larger one is sent whole in each sync."""

OF, ROWS, NEWEST = "of", "rows", "newest"
_NEVER = object()
Changed = Callable[[Any], ByChange]
"""From the newest change in a state to what goes by it."""


@define
class Sent:
    """What of a table the destination is known to have as it is, and what this read has met of it."""

    of: str
    known: frozenset[bytes]
    log: Log
    name: str
    most: int
    """Rows that are remembered; a table with more is sent whole."""
    stored: Any
    """What the state says."""
    odd: Sequence[str] = ()
    """Columns of values that no JSON has, such as dates."""
    by_change: ByChange | None = None
    """What goes by ``updated``, where the plugin names it."""
    met: dict[Key, bytes | None] = field(factory=dict, init=False)
    """Digest of each record that this read has met; None where its latest version is not certain."""
    unchanged: int = field(default=0, init=False)
    said: bool = field(init=False)
    """Whether the state says nothing any more of what was there before this read."""
    contradicts: bool = field(default=False, init=False)
    """Whether what goes out next makes untrue what the state says."""
    complete: bool = field(default=False, init=False)
    """Whether every row that this read has met is out."""
    overfull: bool = field(init=False)
    """Whether there are too many rows for digests."""
    _seen: int = field(default=0, init=False)

    @overfull.default
    def _(self) -> bool:
        return self.by_change is not None and self.by_change.mark is not None

    @said.default
    def _(self) -> bool:
        return self.stored is None

    @classmethod
    def read(
        cls, of: str, stored: Any, odd: Sequence[str], name: str, log: Log, most: int | None, changed: Changed | None
    ) -> "Sent":
        """What a state says; nothing where that is about another feed, other types, or cannot be understood.

        most: rows that are remembered; None: MOST. changed: what makes the rule by ``updated`` of the mark in the state.
        """
        said = stored if isinstance(stored, Mapping) and stored.get(OF) == of else {}
        by_change = changed and changed(said.get(NEWEST))
        return cls(of, frozenset(unpacked(said.get(ROWS))), log, name, MOST if most is None else most, stored, odd, by_change)

    def begins(self, page: Page) -> None:
        """The first page of the read has come."""
        if self.by_change is not None:
            self.by_change.begins(page)

    def differing(self, rows: Rows, new: Collection[Key] = ()) -> Rows:
        """Those of *rows* that the destination does not have as they are, in order."""
        self._seen += len(rows)
        if self.by_change is not None:
            self.by_change.see(rows)
        if self.overfull:
            differing = rows if self.by_change is None else self.by_change.due(rows, new)
            self.unchanged += len(rows) - len(differing)
        else:
            differing = [each for each in rows if not self._is_there(*each)]
        self.contradicts = bool(differing) and not self.said and not self._goes_by_change
        if len(self.met) > self.most:
            self._give_up()
        return differing

    @property
    def _goes_by_change(self) -> bool:
        """Whether what the state says stays true whatever goes out: the newest change that the last sync saw."""
        return self.by_change is not None and self.by_change.mark is not None

    def _is_there(self, key: Key, row: Record | LeftOut) -> bool:
        digest = gone_digest(key) if row.__class__ is LeftOut else digest_of(row, self.odd)  # type: ignore[arg-type]  # a record
        before = self.met.get(key, _NEVER)
        if before is _NEVER:
            self.met[key] = digest
            there = digest in self.known
        else:
            there = digest is not None and before == digest
            self.met[key] = digest if there else None
        self.unchanged += there and row.__class__ is not LeftOut
        return there

    def _give_up(self) -> None:
        self.overfull, self.known = True, frozenset()
        self.met.clear()
        what = "all of them, also those that did not change"
        if self.by_change is not None:
            what = f"all of them once, and from then on those that {self.by_change.name} says may have changed"
        self.log.info(f"{self.name}: it has more than {self.most:,} rows, so a sync sends {what}")

    def state(self) -> Mapping[str, Any] | None:
        """What is certain now, as the state keeps it; None where that is nothing."""
        if self.complete and self.overfull:
            return self._changes()
        if not self.said:
            return None if self.overfull and not self._goes_by_change else self.stored
        certain = list(filter(None, self.met.values())) if self.complete else []
        return {OF: self.of, ROWS: packed(certain)} if certain else None

    def _changes(self) -> Mapping[str, Any] | None:
        """The newest change; none where the table is small enough for digests again, by half: it may grow and shrink."""
        if self.by_change is None or (self.by_change.whole and self._seen <= self.most // 2):
            return None
        newest = self.by_change.stored()
        return None if newest is None else {OF: self.of, NEWEST: newest}
