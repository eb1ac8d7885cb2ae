"""Rows that did not change: of a table that is read whole in each sync, only what differs from what was sent last goes out.

The state keeps a digest of each row that the destination has: 8 bytes of blake2b (RFC 7693), so a change is passed over only if
all 64 bits are the same by chance. It never says more than is certain:

- before the first row that differs goes out, the state is saved without the digests of what this read has not met yet. Whatever
  of the following arrives before a crash, no digest of an older version is left that could be taken for it;
- a record that a read meets with several values, or that was left out, has no digest: which version is there depends on order;
- a read that was taken up again forgets what lies before the place where it goes on. It is sent once more by the next one.

Without a state, as in a re-sync, everything goes out.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from attrs import define, field

from connector_core.basics.operations import Log
from connector_core.derived.applying import LeftOut
from connector_core.engine.identity import identity
from connector_core.engine.records import Rows
from connector_core.plugin.plan import TablePlan
from connector_core.source.tables import Key, Record

BYTES = 8
"""Of a digest. As base64 (RFC 4648) it takes a third more in the state."""
MOST = 20_000
"""Rows of a table that are remembered; a larger one is sent whole in each sync."""

OF, ROWS = "of", "rows"
_ENCODER = json.JSONEncoder(default=str, separators=(",", ":"))


@define
class Sent:
    """What of a table the destination is known to have as it is, and what this read has met of it."""

    of: str
    known: frozenset[bytes]
    log: Log
    name: str
    most: int
    """Rows that are remembered; a table with more is sent whole."""
    met: dict[Key, bytes | None] = field(factory=dict, init=False)
    """Digest of each record that this read has met; None where its latest version is not certain."""
    unchanged: int = field(default=0, init=False)
    said: bool = field(init=False)
    """Whether the state says nothing any more about what this read has not met yet."""
    overfull: bool = field(default=False, init=False)

    @said.default
    def _(self) -> bool:
        return not self.known

    @classmethod
    def read(cls, plan: TablePlan, state: Any, log: Log, most: int | None = None) -> "Sent":
        """What *state* says; nothing where that is about another feed, other types, or cannot be understood.

        most: rows that are remembered; None: MOST.
        """
        made = blake2b(json.dumps([identity(plan), sorted(plan.columns.items())]).encode(), digest_size=6).hexdigest()
        known = _digests(state.get(ROWS)) if isinstance(state, Mapping) and state.get(OF) == made else frozenset()
        return cls(made, known, log, plan.table.name, MOST if most is None else most)

    def differing(self, rows: Rows) -> Rows:
        """Those of *rows* that the destination does not have as they are, in order."""
        return [each for each in rows if self._differs(*each)]

    def _differs(self, key: Key, row: Record | LeftOut) -> bool:
        if isinstance(row, LeftOut):
            self.met[key] = None
            return True
        if self.overfull:
            return True
        digest = digest_of(row)
        first = key not in self.met
        if not first and self.met[key] != digest:
            digest = None
        self.met[key] = digest
        self._check_room()
        there = digest is not None and (not first or digest in self.known)
        self.unchanged += there
        return not there

    def _check_room(self) -> None:
        if len(self.met) > self.most:
            self.overfull, self.known = True, frozenset()
            self.met.clear()
            self.log.info(
                f"{self.name}: it has more than {self.most:,} rows, so a sync sends all of them, also those that did not change"
            )

    def state(self, waiting: Sequence[tuple[Key, Any]] = ()) -> dict[str, str] | None:
        """What is certain now, as the state keeps it, while those rows are *waiting* to go out; None where that is nothing."""
        if self.overfull:
            return None
        certain: Iterable[bytes] = self.known
        if self.said:
            left = {key for key, _ in waiting}
            certain = {digest for key, digest in self.met.items() if digest is not None and key not in left}
        return {OF: self.of, ROWS: b64encode(b"".join(sorted(certain))).decode()} if certain else None


def digest_of(row: Record) -> bytes | None:
    """A digest of all that a row holds; None where there can be none, so that it always goes out."""
    try:
        return blake2b(_ENCODER.encode(row).encode(), digest_size=BYTES).digest()
    except (TypeError, ValueError, RecursionError):
        return None


def _digests(text: object) -> frozenset[bytes]:
    try:
        raw = b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        return frozenset()
    return frozenset() if len(raw) % BYTES else frozenset(raw[at : at + BYTES] for at in range(0, len(raw), BYTES))
