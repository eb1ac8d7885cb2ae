"""Singer messages as a destination: SCHEMA, RECORD, ACTIVATE_VERSION and STATE, for any target to land.

What lands them says which STATE is safe, as it is with every tap: it writes it out once all before it is there, and what it has
written goes into ``--state`` of the next run. So nothing is kept here.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from attrs import define, field

from connector_build.destinations.kinds import as_text
from connector_build.destinations.layout import Layout
from connector_build.destinations.singer_types import DELETED_AT, schema_of
from connector_build.destinations.written import json_object

STATE: Final = "state"
VERSIONS: Final = "versions"


@define
class Singer:
    """The operations of a sync as messages.

    given: the value of a STATE message of before, or a state as Fivetran keeps it.
    fresh: whether *given* is left aside, and every table begun anew.
    clock: seconds since 1970.
    """

    out: TextIO
    layouts: Mapping[str, Layout]
    given: Mapping[str, Any] = field(factory=dict)
    fresh: bool = False
    clock: Callable[[], float] = time.time
    state: dict[str, Any] = field(factory=dict, init=False)
    """Where the sync begins."""
    _versions: dict[str, int] = field(factory=dict, init=False)
    """Table → the version that its records carry."""
    _began: list[str] = field(factory=list, init=False)
    """Tables that have begun a version which is not yet said to be the one that counts."""
    _told: dict[str, int] = field(factory=dict, init=False)
    """Table → which of its layouts the last SCHEMA said."""

    def open(self) -> None:
        """Read the state, and say what every table looks like."""
        wrapped = self.given.keys() == {STATE, VERSIONS}
        self.state = {} if self.fresh else dict(self.given[STATE] if wrapped else self.given)
        self._versions = dict(self.given[VERSIONS]) if wrapped else {}
        for name, layout in self.layouts.items():
            self._schema(layout)
            if self.fresh:
                self.truncate(name)

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        layout = self.layouts[table]
        row = layout.row(data)
        if self._told[table] != layout.version:
            self._schema(layout)
        whole: dict[str, Any] = dict.fromkeys(layout.columns) | {name: _fit(layout, name, row[name]) for name in row}
        unknown = whole.keys() - layout.columns.keys()  # undeclared, and never anything but null
        self._record(table, {name: whole[name] for name in whole if name not in unknown}, None)

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        layout = self.layouts[table]
        self._record(table, {name: _fit(layout, name, value) for name, value in layout.keys(keys).items()}, self._now())

    def truncate(self, table: str) -> None:
        self._versions[table] = max(int(self.clock() * 1000), self._versions.get(table, 0) + 1)
        if table not in self._began:
            self._began.append(table)

    def checkpoint(self, state: dict[str, Any]) -> None:
        for table in self._began:
            self._write({"type": "ACTIVATE_VERSION", "stream": table, "version": self._versions[table]})
        self._began.clear()
        self._write({"type": "STATE", "value": {STATE: state, VERSIONS: self._versions}})
        self.out.flush()

    def _schema(self, layout: Layout) -> None:
        self._told[layout.name] = layout.version
        self._write({"type": "SCHEMA", "stream": layout.name, "schema": schema_of(layout), "key_properties": list(layout.key)})

    def _record(self, table: str, row: Mapping[str, Any], deleted: datetime | None) -> None:
        if table not in self._versions:
            self._versions[table] = int(self.clock() * 1000)
        if self.layouts[table].deletes:
            row = {**row, DELETED_AT: deleted}
        head = f'"type": "RECORD", "stream": "{table}", "version": {self._versions[table]}'
        moment = json.dumps(self._now().isoformat().replace("+00:00", "Z"))
        self.out.write(f'{{{head}, "record": {json_object(row)}, "time_extracted": {moment}}}\n')

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def _write(self, message: Mapping[str, Any]) -> None:
        self.out.write(json.dumps(message) + "\n")


def _fit(layout: Layout, name: str, value: Any) -> Any:
    """*value* as the schema of its stream says it: a moment without a zone as one in UTC, what is told as a text as one."""
    if value.__class__ is datetime and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    if value is not None and layout.columns.get(name) == "STRING" and not isinstance(value, str):
        return as_text(value)
    return value
