"""JSON lines as a destination: the operations of a sync, one after the other, for whatever reads them."""

import json
from collections.abc import Mapping
from typing import Any, TextIO

from attrs import define, field

from connector_build.destinations.layout import Layout
from connector_build.destinations.state_file import StateFile
from connector_build.destinations.written import json_object


@define
class Lines:
    """Writes an object for each operation: ``{"type": "upsert", "table": …, "row": {…}}``, delete, truncate, state.

    file:  where the state goes once all before it was written; None where nobody keeps it.
    fresh: each table is truncated first.
    """

    out: TextIO
    layouts: Mapping[str, Layout]
    file: StateFile | None = None
    fresh: bool = False
    state: dict[str, Any] = field(factory=dict, init=False)
    """Where the sync begins."""

    def open(self) -> None:
        """Read the state, or say that it begins anew."""
        if not self.fresh:
            self.state = self.file.read() if self.file else {}
            return
        for name in self.layouts:
            self.truncate(name)

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self._row("upsert", table, self.layouts[table].row(data))

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self._row("delete", table, self.layouts[table].keys(keys))

    def truncate(self, table: str) -> None:
        self.out.write(json.dumps({"type": "truncate", "table": table}) + "\n")

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.out.write(json.dumps({"type": "state", "state": state}) + "\n")
        self.out.flush()
        if self.file:
            self.file.write(state)

    def _row(self, kind: str, table: str, row: Mapping[str, Any]) -> None:
        self.out.write(f'{{"type": "{kind}", "table": "{table}", "row": {json_object(row)}}}\n')
