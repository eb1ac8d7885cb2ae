"""A plugin as a source of Databricks' Lakeflow community connectors. A generated file holds a copy of this module."""

import json
import logging
import pickle
import sqlite3
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from attrs import evolve, frozen

from connector_core.basics.names import decimal_digits
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.parts.cutting import Cutter
from connector_core.parts.opening import opened
from connector_core.parts.part import Part
from connector_core.parts.reading import PartRead
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.columns import Column

SEQUENCE = "_connector_sequence"
"""The column that says which of two rows of one key is the newer: when it was read, in microseconds, and its place there."""
BATCH = "max_records_per_batch"
"""The table option that bounds a batch; a batch ends with the page, and the checkpoint, behind it."""
MOST = 100_000
PARTITIONS = "num_partitions"
"""The table option that says into how many parts at most a table is cut for a read of all of it."""
PARTS = 8


@frozen
class Place:
    """A table: the plan that reads it, what of it is wanted, and its columns and key.

    snapshot: whether it is read whole each time; else what is new or changed is told, and, where *deletes*, what is gone.
    """

    name: str
    plan: TablePlan
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    snapshot: bool
    deletes: bool = False


def places(assembly: Assembly) -> dict[str, Place]:
    """Table → its place. An extra table is read with its source table, whole, and so is what has no key."""
    found: dict[str, Place] = {}
    for plan in assembly.tables:
        bare = evolve(plan, extra_tables=())
        table, name = plan.table, plan.table.name
        # Where a sync has to know what it has sent before, a whole read is what the interface has for it.
        whole = bare.reads_whole or not table.primary_key or bool(table.missing) or plan.parent is not None
        found[name] = Place(name, bare, table.primary_key, plan.declared, whole, plan.deletes and not whole)
        for extra in plan.extra_tables:
            alone = evolve(plan, extra_tables=(extra,))
            found[extra.name] = Place(extra.name, alone, tuple(extra.by), plan.extra_declared[extra.name], snapshot=True)
    return found


class PluginSource:
    """What a Lakeflow connector has to answer, by an assembled plugin: a subclass says which, in ``assembled``."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self.options = options

    @classmethod
    def assembled(cls) -> Assembly:
        """The connector."""
        raise NotImplementedError

    def list_tables(self) -> list[str]:
        """Source tables, each followed by its extra tables."""
        return list(places(self.assembled()))

    def get_table_schema(self, table_name: str, table_options: Mapping[str, str]) -> Any:  # noqa: ARG002  (the interface's)
        """The declared columns as Spark's types, with what they mean."""
        from pyspark.sql.types import LongType, StructField, StructType

        place = self._place(table_name)
        fields = [
            StructField(name, _spark_type(column.type), name not in place.key, {"comment": column.description})
            for name, column in place.columns.items()
        ]
        return StructType([*fields, *([] if place.snapshot else [StructField(SEQUENCE, LongType(), False)])])

    def read_table_metadata(self, table_name: str, table_options: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002
        """The key, and how the table is read: ``snapshot``, ``cdc`` or ``cdc_with_deletes``."""
        place = self._place(table_name)
        if place.snapshot:
            return {"primary_keys": list(place.key), "ingestion_type": "snapshot"}
        kind = "cdc_with_deletes" if place.deletes else "cdc"
        return {"primary_keys": list(place.key), "cursor_field": SEQUENCE, "ingestion_type": kind}

    def read_table(
        self, table_name: str, start_offset: Mapping[str, str] | None, table_options: Mapping[str, str]
    ) -> tuple[Iterator[dict[str, Any]], Any]:
        """Rows from *start_offset* on, and the offset behind them, which is *start_offset* itself where there is nothing new."""
        place = self._place(table_name)
        if place.snapshot:
            return self._read(place, {}, None).rows(gone=False), None
        most = int(table_options.get(BATCH) or MOST)
        return self._from(place, start_offset, most, gone=False)

    def read_table_deletes(
        self,
        table_name: str,
        start_offset: Mapping[str, str] | None,
        table_options: Mapping[str, str],  # noqa: ARG002
    ) -> tuple[Iterator[dict[str, Any]], Any]:
        """The same of keys that are gone. It is not cut into batches: what came back later is not gone."""
        return self._from(self._place(table_name), start_offset, None, gone=True)

    def get_partitions(self, table_name: str, table_options: Mapping[str, str]) -> list[dict[str, str]]:
        """The parts of a table that may be read side by side, where what the plugin says of it divides; one where it does not."""
        place = self._place(table_name)
        if place.name != place.plan.table.name:
            return [{}]
        most = int(table_options.get(PARTITIONS) or PARTS)
        with opened(self.assembled(), self._values(), _Log(), place.name, Engine(make_client)) as api:
            parts = Cutter(most).cut(api.plan(place.name), api.api)
        return [{"part": b64encode(pickle.dumps(part)).decode()} for part in parts]

    def read_partition(
        self,
        table_name: str,
        partition: Mapping[str, str],
        table_options: Mapping[str, str],  # noqa: ARG002
    ) -> Iterator[dict[str, Any]]:
        """The rows of one part, once it was read to its end."""
        place = self._place(table_name)
        if not partition:
            return self._read(place, {}, None).rows(gone=False)
        # Spark brings it from the driver of the same job, as it brings this very object.
        return self._rows_of(place, pickle.loads(b64decode(partition["part"])))  # noqa: S301

    def _rows_of(self, place: Place, part: Part) -> Iterator[dict[str, Any]]:
        began = time.time_ns() // 1000
        with opened(self.assembled(), self._values(), _Log(), place.name, Engine(make_client)) as api:
            for number, record in enumerate(PartRead(api.plan(place.name), api.api, part).rows()):
                row = {name: _value(record.get(name), column.type) for name, column in place.columns.items()}
                yield row if place.snapshot else {**row, SEQUENCE: began + number}

    def _from(
        self, place: Place, start: Mapping[str, str] | None, most: int | None, *, gone: bool
    ) -> tuple[Iterator[dict[str, Any]], Any]:
        given = start or {}
        state = json.loads(given.get("state") or "{}")
        batch = self._read(place, state, most)
        seen = batch.digest(gone=gone)
        # A place at rest is read again each time, so what was read there belongs to the offset: it moves only with the rows.
        if start and batch.state == state and seen == given.get("seen"):
            return iter(()), start
        return batch.rows(gone=gone), {"state": json.dumps(batch.state), "seen": seen}

    def _read(self, place: Place, state: Mapping[str, Any], most: int | None) -> "Batch":
        batch = Batch(place, dict(state), most)
        assembly = self.assembled()
        wanted = place.plan.table.name
        tables = tuple(place.plan if plan.table.name == wanted else plan for plan in assembly.tables)
        with suppress(Enough):
            sync(evolve(assembly, tables=tables), self._values(), state, batch, _Log(), Engine(make_client, only=[wanted]))
        return batch

    def _values(self) -> dict[str, str]:
        """The configuration: what of the options is a setting."""
        return {setting.name: self.options[setting.name] for setting in self.assembled().settings if setting.name in self.options}

    def _place(self, name: str) -> Place:
        found = places(self.assembled())
        if name not in found:
            raise ValueError(f"There is no table {name!r}. Tables: {', '.join(found)}.")
        return found[name]


class Enough(BaseException):
    """A batch is full, and what it holds is covered by a checkpoint: the sync ends here, and the next one goes on."""


class Batch:
    """What a sync does to one table, the last word on each key, in a private database that is gone with it."""

    def __init__(self, place: Place, state: dict[str, Any], most: int | None) -> None:
        self.place, self.state, self._most = place, state, most
        self._taken = 0
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("CREATE TABLE told (at INTEGER PRIMARY KEY, key TEXT UNIQUE, gone INTEGER, row TEXT)")
        self._database.execute("BEGIN")

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self._take(table, data, gone=False)

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self._take(table, keys, gone=True)

    def truncate(self, table: str) -> None:
        if table == self.place.name:
            self._database.execute("DELETE FROM told")

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.state = json.loads(json.dumps(state))
        if self._most is not None and self._taken >= self._most:
            raise Enough

    def rows(self, *, gone: bool) -> Iterator[dict[str, Any]]:
        """The rows that are there now, or the keys of those that are *gone*, in the order in which they were told."""
        began = time.time_ns() // 1000
        for at, row in self._database.execute("SELECT at, row FROM told WHERE gone = ? ORDER BY at", (gone,)):
            found = json.loads(row)
            yield found if self.place.snapshot else {**found, SEQUENCE: began + at}

    def digest(self, *, gone: bool) -> str:
        """What tells these rows from others."""
        made = blake2b(digest_size=16)
        for (row,) in self._database.execute("SELECT row FROM told WHERE gone = ? ORDER BY at", (gone,)):
            made.update(row.encode())
        return made.hexdigest()

    def _take(self, table: str, data: Mapping[str, Any], *, gone: bool) -> None:
        if table != self.place.name:
            return
        self._taken += 1
        row = {name: _value(data.get(name), column.type) for name, column in self.place.columns.items()}
        # Of a table without a key, all of a row is its key.
        key = json.dumps([row[name] for name in self.place.key] or list(row.values()))
        told = (self._taken, key, gone, json.dumps(row))
        self._database.execute("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?)", told)


class _Log:
    """The log of the process."""

    def info(self, message: str) -> None:
        logging.getLogger("connector").info("%s", message)

    def warning(self, message: str) -> None:
        logging.getLogger("connector").warning("%s", message)

    alert = warning


def _value(value: Any, kind: str) -> Any:
    """*value* as JSON has it, as whatever reads rows into the declared types wants it: moments in UTC, JSON as its text."""
    if value is None:
        return None
    if kind == "JSON":
        return value if isinstance(value, str) else json.dumps(value)
    match value:
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case bytes():
            return b64encode(value).decode()
    return value


def _spark_type(kind: str) -> Any:
    """The type of Spark for a declared one; whole numbers and floats are as wide as they come."""
    from pyspark.sql import types

    if digits := decimal_digits(kind):
        return types.DecimalType(*digits) if digits[0] <= 38 else types.StringType()
    names = {"BOOLEAN": "Boolean", "SHORT": "Long", "INT": "Long", "LONG": "Long", "FLOAT": "Double", "DOUBLE": "Double"} | {
        "NAIVE_DATE": "Date", "NAIVE_DATETIME": "Timestamp", "UTC_DATETIME": "Timestamp", "BINARY": "Binary",
    }  # fmt: skip
    return getattr(types, f"{names.get(kind, 'String')}Type")()
