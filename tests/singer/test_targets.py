"""Two real Singer targets land what `connector-build run --to singer` says: into PostgreSQL, from Debian, and into DuckDB.

In an environment of its own: ``tox run -e singer``. The server listens on a socket in a folder of its own, and belongs to a user
who is not root.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from attrs import frozen

import connector_fts
from connector_build.api.simulation import Simulation
from connector_build.destinations.layout import ROW_ID, Layout, layouts
from connector_build.destinations.merging import quoted
from connector_build.destinations.singer import Singer
from connector_build.local.comparing import expected
from connector_build.testing.warehouse.memory import Warehouse
from connector_core import Table
from connector_core.basics.names import stored_name
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from landed import Together, in_order
from simulated import simulated
from support import plugin

PROGRAMS = Path(sys.executable).parent
SCHEMA = "main"
FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))

Rows = list[dict[str, Any]]


@frozen
class Target:
    """A target: its command, its configuration, what asks its database, and whether it keeps decimals and replaces tables."""

    command: str
    configuration: Mapping[str, Any]
    ask: Callable[[str], list[tuple[Any, ...]]]
    exact: bool

    def land(self, messages: str, folder: Path) -> dict[str, Any]:
        """Have it land *messages*; the last state that it was sure of."""
        file = folder / "target.json"
        file.write_text(json.dumps(self.configuration))
        done = subprocess.run(
            [str(PROGRAMS / self.command), "--config", str(file)],
            input=messages, capture_output=True, text=True, check=False, timeout=120, cwd=folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        state: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return state

    def rows(self, layout: Layout) -> Rows:
        """The live rows of a table, as `comparable` has them."""
        names = [name for name in layout.columns if name != ROW_ID]
        deleted = "WHERE _sdc_deleted_at IS NULL" if layout.deletes else ""
        found = self.ask(f"SELECT {', '.join(map(quoted, names))} FROM {SCHEMA}.{layout.name} {deleted}")
        return in_order(
            {name: self.comparable(value, layout.columns[name]) for name, value in zip(names, row, strict=True)} for row in found
        )

    def comparable(self, value: Any, kind: str) -> Any:
        """A value as both sides have it: moments in UTC without a zone, bytes in base64, decimals with what digits are kept."""
        if value is None:
            return None
        if kind.startswith("DECIMAL"):
            return Decimal(value) if self.exact else float(value)
        return _CONVERTED.get(kind, lambda same: same)(value)


def _moment(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


_CONVERTED: Mapping[str, Callable[[Any], Any]] = {
    "SHORT": int,
    "LONG": int,
    "FLOAT": float,
    "DOUBLE": float,
    "NAIVE_DATE": _date,
    "NAIVE_DATETIME": _moment,
    "UTC_DATETIME": _moment,
    "JSON": lambda value: json.loads(value) if isinstance(value, str) else value,
    "BINARY": lambda value: value if isinstance(value, str) else b64encode(value).decode(),
}


@pytest.fixture(scope="session")
def socket() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL server that is made for these tests."""
    assert FOUND, "There is no PostgreSQL here, which one of the targets writes to: apt-get install postgresql"
    programs, user = FOUND[-1].parent, "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if user:
        shutil.chown(folder, user)

    def server(*command: str) -> None:
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120)

    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    data = str(folder / "data")
    try:
        server(str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "crew", "--no-sync", "-E", "UTF8")
        server(str(programs / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield folder
        finally:
            server(str(programs / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _postgres(socket: Path) -> Target:
    def ask(query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"host={socket} user=crew dbname=postgres") as connection:
            found: list[tuple[Any, ...]] = connection.execute(query.encode()).fetchall()
            return found

    with psycopg.connect(f"host={socket} user=crew dbname=postgres", autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())
    address = f"postgresql+psycopg://crew@/postgres?host={socket}"
    configuration = {"sqlalchemy_url": address, "default_target_schema": SCHEMA, "load_method": "upsert"}
    return Target("target-postgres", configuration, ask, exact=True)


def _duckdb(folder: Path) -> Target:
    file = folder / "landed.duckdb"

    def ask(query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(file)) as connection:
            return connection.execute(query).fetchall()

    return Target("target-duckdb", {"filepath": str(file), "default_target_schema": SCHEMA}, ask, exact=False)


@pytest.fixture(params=["postgres", "duckdb"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return _postgres(request.getfixturevalue("socket")) if request.param == "postgres" else _duckdb(tmp_path)


COLUMNS = {
    "id": "LONG", "day": "NAIVE_DATE", "textIt": "STRING", "yes": "BOOLEAN", "small": "SHORT", "real": "FLOAT",
    "double": "DOUBLE", "price": "DECIMAL(20,4)", "large": "DECIMAL(38,9)", "local": "NAIVE_DATETIME", "at": "UTC_DATETIME",
    "more": "JSON", "raw": "BINARY", "page": "XML",
}  # fmt: skip
FULL = {
    "textIt": 'héllo "x"', "yes": True, "small": -5, "real": 0.5, "double": 0.1, "price": Decimal("1234567890123456.7891"),
    "large": Decimal("12345678901234567890123456789.123456789"), "local": datetime(2026, 1, 2, 3, 4, 5, 123456),
    "at": datetime(2026, 1, 2, 23, 4, 5, tzinfo=UTC), "more": {"a": [1, 2.5, None]}, "raw": b"\x00hi", "page": "<a/>",
}  # fmt: skip


def _all_kinds() -> Assembly:
    keyed = Table("crew_items", "/items", "items", ["id", "day"], COLUMNS, full_refresh=True)
    notes = Table("crew_notes", "/notes", "notes", [], {"note": "STRING", "size": "LONG"}, append_only=True)
    return assemble([plugin(keyed, notes)])


def _key(number: int) -> dict[str, Any]:
    return {"id": number, "day": date(2026, 1, 2)}


def test_every_type_upserts_deletes_and_new_columns(target: Target, tmp_path: Path) -> None:
    assembly = _all_kinds()
    warehouse, shapes = Warehouse(assembly), layouts(assembly)
    state: dict[str, Any] = {}
    for number, told in enumerate((_first, _second)):
        out = StringIO()
        singer = Singer(out, shapes, state)
        singer.open()
        told(Together(warehouse, singer))
        state = target.land(out.getvalue(), tmp_path)
        assert state["state"] == {"number": number}
        for layout in shapes.values():
            assert target.rows(layout) == _expected(target, warehouse, layout)


def _first(both: Together) -> None:
    for number in range(4):
        both.upsert("crew_items", _key(number) | FULL)
    both.upsert("crew_notes", {"note": "a", "size": 1})
    both.checkpoint({"number": 0})


def _second(both: Together) -> None:
    both.upsert("crew_items", _key(1))
    both.delete("crew_items", _key(2))
    both.delete("crew_items", _key(3))
    both.upsert("crew_items", _key(3) | FULL | {"extraField": 7})
    both.upsert("crew_notes", {"note": "a", "size": 1})
    both.upsert("crew_notes", {"note": "b", "size": None})
    both.checkpoint({"number": 1})


def _expected(target: Target, warehouse: Warehouse, layout: Layout) -> Rows:
    live = ({stored_name(name): value for name, value in row.items()} for row in warehouse.live(layout.name).values())
    names = [name for name in layout.columns if name != ROW_ID]
    return in_order({name: target.comparable(row.get(name), layout.columns[name]) for name in names} for row in live)


def test_a_table_that_is_replaced(socket: Path, tmp_path: Path) -> None:
    """Of the two, the target for PostgreSQL hears of ACTIVATE_VERSION."""
    target, assembly = _postgres(socket), _all_kinds()
    warehouse, shapes = Warehouse(assembly), layouts(assembly)
    state: dict[str, Any] = {}
    for numbers in ((1, 2, 3), (3, 4)):
        out = StringIO()
        singer = Singer(out, shapes, state)
        singer.open()
        both = Together(warehouse, singer)
        both.truncate("crew_items")
        for number in numbers:
            both.upsert("crew_items", _key(number))
        both.checkpoint({"number": numbers[0]})
        state = target.land(out.getvalue(), tmp_path)
        assert target.rows(shapes["crew_items"]) == _expected(target, warehouse, shapes["crew_items"])


def test_the_command_from_run_to_run(target: Target, tmp_path: Path) -> None:
    extras = ["fts_technicians", "cost_per_hour"]
    assembly = assemble([Plugin("connector-fts", connector_fts)], enable=extras)
    shapes, [plan] = layouts(assembly), assembly.tables
    with Simulation([simulated("fts", 120)], secret="key") as server:
        configuration = {"api_key": "key", "base_url": server.url, "page_size": "50"}
        (tmp_path / "configuration.json").write_text(json.dumps(configuration))
        program = [str(PROGRAMS / "connector-build"), "run", "fts", "--configuration", "configuration.json", "--to", "singer"]
        command = [*program, "--enable", ",".join(extras), "--state", "state.json"]
        for _ in range(3):
            done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=120)
            (tmp_path / "state.json").write_text(json.dumps(target.land(done.stdout, tmp_path)))
            wanted = expected(plan, server.feed("fts").records())
            for name, layout in shapes.items():
                rows = (
                    {key: target.comparable(row.get(key), kind) for key, kind in layout.columns.items()} for row in wanted[name]
                )
                assert target.rows(layout) == in_order(rows), name
            server.feed("fts").append(10)
            server.feed("fts").change(15)
