"""Rows that did not change: of a table that is read whole in each sync, only what differs from what was sent last goes out.

The state keeps a digest of each row that the destination has: 8 bytes of blake2b (RFC 7693), so a change is passed over only if
all 64 bits are the same by chance. It never says more than is certain:

- before the first row that differs goes out, the state is saved without digests, and has none until all rows are out. Whatever
  arrives before a crash, no digest of an older version is left that could be taken for it;
- a record that a read meets with several values, or that was left out, has no digest: which version is there depends on order;
- a read that was taken up again knows what lies behind the place where it goes on. The rest is sent once more by the next one.

Without a state, as in a re-sync, everything goes out.
"""

import json
import marshal
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
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
_NEVER = object()
_MARSHALLED = 2
"""The format of ``marshal`` that writes equal values as equal bytes; the later ones refer to what they have written already."""


@define
class Sent:
    """What of a table the destination is known to have as it is, and what this read has met of it."""

    of: str
    known: frozenset[bytes]
    log: Log
    name: str
    most: int
    """Rows that are remembered; a table with more is sent whole."""
    stored: Mapping[str, str] | None
    """What the state says of it."""
    odd: Sequence[str] = ()
    """Columns of values that no JSON has, such as dates."""
    met: dict[Key, bytes | None] = field(factory=dict, init=False)
    """Digest of each record that this read has met; None where its latest version is not certain."""
    unchanged: int = field(default=0, init=False)
    said: bool = field(init=False)
    """Whether the state says nothing any more of what was there before this read."""
    complete: bool = field(default=False, init=False)
    """Whether every row that this read has met is out."""
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
        odd = [name for name, kind in plan.columns.items() if "DATE" in kind or kind.startswith(("DECIMAL", "BINARY"))]
        return cls(made, known, log, plan.table.name, MOST if most is None else most, state if known else None, odd)

    def differing(self, rows: Rows) -> Rows:
        """Those of *rows* that the destination does not have as they are, in order."""
        if self.overfull:
            return rows
        differing = [each for each in rows if not self._is_there(*each)]
        if len(self.met) > self.most:
            self._give_up()
        return differing

    def _is_there(self, key: Key, row: Record | LeftOut) -> bool:
        if row.__class__ is LeftOut:
            self.met[key] = None
            return False
        digest = digest_of(row, self.odd)  # type: ignore[arg-type]  # it is a record
        before = self.met.get(key, _NEVER)
        if before is _NEVER:
            self.met[key] = digest
            there = digest in self.known
        else:
            there = digest is not None and before == digest
            self.met[key] = digest if there else None
        self.unchanged += there
        return there

    def _give_up(self) -> None:
        self.overfull, self.known = True, frozenset()
        self.met.clear()
        self.log.info(
            f"{self.name}: it has more than {self.most:,} rows, so a sync sends all of them, also those that did not change"
        )

    def state(self) -> Mapping[str, str] | None:
        """What is certain now, as the state keeps it; None where that is nothing."""
        if not self.said:
            return None if self.overfull else self.stored
        # Sorted, so that the same rows make the same state, in whatever order threads have read them.
        certain = b"".join(sorted(filter(None, self.met.values()))) if self.complete else b""
        return {OF: self.of, ROWS: b64encode(certain).decode()} if certain else None


def digest_of(row: Record, odd: Sequence[str] = ()) -> bytes | None:
    """A digest of all that a row holds; None where there can be none, so that it always goes out.

    odd: the columns whose values are told by their texts.
    """
    plain = row | {name: str(row[name]) for name in odd if name in row} if odd else row
    try:
        written = marshal.dumps(plain, _MARSHALLED)
    except ValueError:  # a value of another class, such as a number with all of its digits
        try:
            written = repr(row).encode("utf-8", "surrogatepass")
        except RecursionError:
            return None
    return blake2b(written, digest_size=BYTES).digest()


def _digests(text: object) -> frozenset[bytes]:
    try:
        raw = b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        return frozenset()
    return frozenset() if len(raw) % BYTES else frozenset(raw[at : at + BYTES] for at in range(0, len(raw), BYTES))
