"""What our own sync lands, as tables of DuckDB with the columns that Fivetran adds to each."""

import importlib
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from connector_build.api.messages import Answering
from connector_build.api.simulated import Dataset, Simulated
from connector_build.catalog.dbt.package import Package, make_package
from connector_build.catalog.dictionary import dictionary_of
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.runs import URL, Run, signed
from connector_core.basics.names import stored_name
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.tables import Record
from dbt_package import crew

TYPES: Mapping[str, str] = {
    "BOOLEAN": "BOOLEAN",
    "SHORT": "SMALLINT",
    "INT": "INTEGER",
    "LONG": "BIGINT",
    "FLOAT": "REAL",
    "DOUBLE": "DOUBLE",
    "NAIVE_DATE": "DATE",
    "NAIVE_DATETIME": "TIMESTAMP",
    "UTC_DATETIME": "TIMESTAMPTZ",
    "BINARY": "BLOB",
    "JSON": "JSON",
}


class Landing(Warehouse):
    """A destination that keeps the rows that were deleted, marked, as Fivetran does."""

    def __init__(self, assembly: Assembly) -> None:
        super().__init__(assembly)
        self.deleted: dict[tuple[str, tuple[Any, ...]], Record] = {}

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        key = tuple(keys[name] for name in self._entry(table)["primary_key"])
        if key in self.live(table):
            self.deleted[table, key] = self.live(table)[key]
        super().delete(table, keys)

    def rows(self, table: str) -> Iterator[tuple[Record, bool]]:
        """Each row, and whether it is marked as deleted."""
        live = self.live(table)
        yield from ((row, False) for row in live.values())
        yield from ((row, True) for (name, key), row in self.deleted.items() if name == table and key not in live)


def assembled(dataset: str) -> Assembly:
    """A dataset with all that it offers switched on."""
    module = crew if dataset == "crew" else importlib.import_module(f"connector_{dataset}")
    plugin = Plugin(f"connector-{dataset}", module, "0.1.0")
    return assemble([plugin], enable=[option.name for option in assemble([plugin]).options])


def packaged(dataset: str) -> Package:
    """Its dbt package."""
    assembly = assembled(dataset)
    shrinking = [plan.table.name for plan in assembly.tables if plan.deletes]
    return make_package(dictionary_of(assembly, dataset, version="0.1.0"), shrinking)


def land(dataset: str, warehouse: Path) -> None:
    """Sync *dataset* twice, as the demo does, with changes in between, into a schema of its name in *warehouse*."""
    assembly = signed(assembled(dataset))
    landing, run = Landing(assembly), Run(page_size=100, checkpoint_records=100)
    if dataset == "crew":
        run.sync(assembly, landing, crew.answer)
    else:
        sample = importlib.import_module(f"connector_{dataset}.sample").SAMPLE
        api = Simulated.of(Dataset(dataset, assembly, sample), URL, "key", 0)
        answering: Answering = api.mimic.reply
        run.sync(assembly, landing, answering)
        api.world.move_on(25, 60)
        run.sync(assembly, landing, answering)
    with duckdb.connect(str(warehouse)) as database:
        database.execute(f"CREATE SCHEMA {dataset}")
        for entry in assembly.schema:
            _write(database, dataset, entry, landing)


def _write(database: duckdb.DuckDBPyConnection, schema: str, entry: Mapping[str, Any], landing: Landing) -> None:
    """Make a table. Its values go over as texts in one JSON, of which each column makes its own."""
    columns = {stored_name(name): _type(kind) for name, kind in entry["columns"].items()}
    columns |= {"_fivetran_deleted": "BOOLEAN", "_fivetran_synced": "TIMESTAMPTZ"}
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    table = f"{schema}.{stored_name(entry['table'])}"
    database.execute(f"CREATE TABLE {table} ({declared})")
    now = datetime.now(UTC)
    rows = [[_text(row[name]) for name in entry["columns"]] + [gone, _text(now)] for row, gone in landing.rows(entry["table"])]
    texts = [f"from_base64(row->>{at})" if kind == "BLOB" else f"(row->>{at})" for at, kind in enumerate(columns.values())]
    unpacked = "SELECT unnest(json_extract(?::JSON, '$[*]')) AS row"
    database.execute(f"INSERT INTO {table} SELECT {', '.join(texts)} FROM ({unpacked})", [json.dumps(rows)])


def _type(kind: Any) -> str:
    return f"DECIMAL({kind['precision']},{kind['scale']})" if isinstance(kind, dict) else TYPES.get(kind, "VARCHAR")


def _text(value: Any) -> Any:
    """A value as JSON has it, and as a column reads it."""
    match value:
        case bytes():
            return b64encode(value).decode()
        case dict() | list():
            return json.dumps(value)
        case float() | Decimal():
            return str(value)
    return value.isoformat() if isinstance(value, date) else value
