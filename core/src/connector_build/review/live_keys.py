"""Whether the primary key tells records from each other, and if not, which field might."""

import json
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from attrs import define, field

from connector_build.review.live_finding import Finding, number_of
from connector_core.basics.counting import plural
from connector_core.basics.names import one_line
from connector_core.source.tables import Table

MANY = 10
"""Where more than one in so many records has the key of another, the key is none; a few may have changed as they were read."""


@define
class Keys:
    """The keys of the rows that came, in order."""

    table: Table
    rows: int = 0
    others: int = 0
    """Rows with the key of one before, and with other values."""
    beside: int = 0
    """How many of these were on one page with it."""
    same: int = 0
    _known: dict[str, tuple[str, int]] = field(factory=dict, init=False)
    _unique: dict[str, set[str]] = field(factory=dict, init=False)
    """Field → its values, as long as no two rows have the same."""
    _example: str = field(default="", init=False)

    def add(self, row: Mapping[str, Any], page: int) -> None:
        """Note a row of page number *page*."""
        self.rows += 1
        self._note_fields(row)
        key = ", ".join(one_line(row.get(name), 60) for name in self.table.primary_key)
        digest = blake2b(json.dumps(row, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()
        before, at = self._known.get(key, ("", 0))
        if before == digest:
            self.same += 1
        elif before:
            self.others += 1
            self.beside += at == page
            self._example = self._example or key
        self._known[key] = (digest, page)

    def _note_fields(self, row: Mapping[str, Any]) -> None:
        if self.rows == 1:
            self._unique = {name: set() for name in row}
        for name in list(self._unique):
            value = row.get(name)
            text = json.dumps(value, default=str)
            if value is None or isinstance(value, dict | list | float) or text in self._unique[name]:
                del self._unique[name]
            else:
                self._unique[name].add(text)

    @property
    def broken(self) -> bool:
        """Whether the key does not identify a record."""
        return bool(self.beside) or self.others * MANY > self.rows

    def findings(self) -> Iterator[Finding]:
        """What there is to say of the key."""
        names = ", ".join(self.table.primary_key)
        if not self.rows:
            return
        if self.broken:
            yield Finding(
                "wrong",
                "keys",
                f"{names} does not identify a record: {number_of(self.rows, 'record')} become "
                f"{number_of(len(self._known), 'row')}, and others are overwritten, such as those of {names} {self._example}.",
                f"primary_key=[{self._better()}]",
            )
        elif self.others:
            text = f"{number_of(self.others, 'record')} came again with other values, such as {names} {self._example}."
            yield Finding("remark", "keys", f"{text} They may have changed while they were read.")
        elif self.rows > 1:
            yield Finding("proved", "keys", f"{names} is unique over {self.rows:,} {plural(self.rows, 'record')}")
        else:
            yield Finding("unproved", "keys", f"there is one record, so nothing is known of whether {names} is unique")

    def _better(self) -> str:
        """The fields that would do, those first that are called like an identity."""
        found = sorted(self._unique, key=lambda name: ("id" not in name.lower(), len(name)))[:1]
        return ", ".join(f'"{name}"' for name in found) or "…"
