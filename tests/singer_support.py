"""A Singer target in memory, which takes nothing that is not as the specification has it, and lands records as targets do."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

from jsonschema import Draft7Validator

from connector_build.destinations.layout import ROW_ID, Layout
from connector_build.destinations.singer import Singer
from connector_build.destinations.singer_types import DELETED_AT
from connector_build.testing.warehouse.memory import Warehouse
from landed import EPOCH, in_order
from landed import expected as expected_rows

_STREAM = {"type": "string", "minLength": 1}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
MESSAGES: Mapping[str, Mapping[str, Any]] = {
    "SCHEMA": {"stream": _STREAM, "schema": {"type": "object"}, "key_properties": {"type": "array", "items": _STREAM}},
    "RECORD": {"stream": _STREAM, "record": {"type": "object"}, "version": {"type": "integer"}, "time_extracted": _MOMENT},
    "ACTIVATE_VERSION": {"stream": _STREAM, "version": {"type": "integer"}},
    "STATE": {"value": {"type": "object"}},
}
"""What each kind of message holds, all of it needed."""


class Landed:
    """What a target holds after some runs: a row for each key, and the last state that it was told."""

    def __init__(self, layouts: Mapping[str, Layout]) -> None:
        self.layouts = layouts
        self.state: dict[str, Any] = {}
        self.rows: dict[str, dict[tuple[Any, ...], tuple[int, dict[str, Any]]]] = {}
        self._schemas: dict[str, tuple[Draft7Validator, list[str]]] = {}

    @contextmanager
    def told(self, out: StringIO, *, fresh: bool = False) -> Iterator[Singer]:
        """Messages of one run, which are landed at its end."""
        singer = Singer(out, self.layouts, self.state, fresh)
        singer.open()
        yield singer
        self.land(out.getvalue())

    def land(self, text: str) -> None:
        """Land each message. Raises AssertionError for one that is not as it has to be."""
        for line in text.splitlines():
            message = json.loads(line, parse_float=Decimal)
            kind = message.pop("type")
            parts = MESSAGES[kind]
            assert message.keys() == parts.keys(), line
            Draft7Validator({"properties": dict(parts)}).validate(message)
            getattr(self, f"_{kind.lower()}")(message)

    def _schema(self, message: Mapping[str, Any]) -> None:
        schema = {**message["schema"], "additionalProperties": False}
        Draft7Validator.check_schema(json.loads(json.dumps(schema, default=float)))
        self._schemas[message["stream"]] = Draft7Validator(schema), message["key_properties"]

    def _record(self, message: Mapping[str, Any]) -> None:
        validator, key = self._schemas[message["stream"]]
        record = dict(message["record"])
        validator.validate(record)
        place = tuple(record[name] for name in key)
        self.rows.setdefault(message["stream"], {})[place] = (message["version"], record)

    def _activate_version(self, message: Mapping[str, Any]) -> None:
        table = self.rows.setdefault(message["stream"], {})
        self.rows[message["stream"]] = {key: row for key, row in table.items() if row[0] == message["version"]}

    def _state(self, message: Mapping[str, Any]) -> None:
        self.state = message["value"]

    def live(self, table: str) -> list[dict[str, Any]]:
        """Rows that are not deleted, with values as a destination of their types has them."""
        layout, records = self.layouts[table], (record for _, record in self.rows.get(table, {}).values())
        return in_order(_read(record, layout) for record in records if record.get(DELETED_AT) is None)

    def assert_same(self, warehouse: Warehouse) -> None:
        """Each table's live rows are those of the warehouse."""
        for name, layout in self.layouts.items():
            assert self.live(name) == expected_rows(warehouse.live(name).values(), layout), name


def _read(record: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
    return {name: _value(record.get(name), kind) for name, kind in layout.columns.items() if name != ROW_ID}


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    match kind:
        case "FLOAT" | "DOUBLE":
            return float(value)
        case "JSON":
            return _plain(value)
        case "UTC_DATETIME":
            return (datetime.fromisoformat(value) - EPOCH) // timedelta(microseconds=1)
        case "BINARY":
            return b64decode(value)
        case "NAIVE_DATETIME":
            return datetime.fromisoformat(value).replace(tzinfo=None)
        case "NAIVE_DATE":
            return datetime.fromisoformat(value).date()
    return Decimal(value) if kind.startswith("DECIMAL") else value


def _plain(value: Any) -> Any:
    """JSON with plain floats."""
    match value:
        case Decimal():
            return float(value)
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
    return value
