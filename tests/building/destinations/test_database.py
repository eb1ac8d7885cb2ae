"""Rows in DuckDB are those of the warehouse in memory, whatever operations come, and wherever the process ends."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_build.destinations.database import database
from connector_build.destinations.layout import DELETED, layouts
from connector_build.errors import BuildError, UsageProblem
from connector_build.testing.warehouse.memory import Warehouse
from connector_core import Table
from connector_core.basics.errors import DeliveryError
from connector_core.plugin.assembly import assemble
from histories import OPERATIONS, assembled
from landed import Together, assert_landed, landing, rows
from support import plugin


@settings(max_examples=30)
@given(st.lists(OPERATIONS, max_size=25))
def test_any_history(tmp_path_factory: pytest.TempPathFactory, history: list[tuple[Any, ...]]) -> None:
    file = tmp_path_factory.mktemp("any") / "rows.duckdb"
    assembly, left = assembled(), list(history)
    warehouse = Warehouse(assembly)
    for number in range(len(history) + 1):
        with landing(file, assembly) as found:
            both = Together(warehouse, found)
            assert found.state == warehouse.state
            while left and (operation := left.pop(0))[0] != "crash":
                kind, *arguments = operation
                getattr(both, kind)(*(arguments or [{"number": number, "left": len(left)}]))
            if not left:
                both.checkpoint({"number": number})
                assert_landed(found, warehouse)
                return
        warehouse.roll_back()


def test_what_is_deleted_stays_and_is_marked(tmp_path: Path) -> None:
    row = {"id": 1, "day": date(2026, 1, 1), "textIt": "here"}
    with landing(tmp_path / "a.duckdb", assembled()) as found:
        found.upsert("crew_items", row)
        found.checkpoint({})
        found.delete("crew_items", {"id": 1, "day": date(2026, 1, 1)})
        found.checkpoint({})
        assert _stored(found.connection) == [(1, "here", True)]
        assert found.counts() == {"crew_items": (0, 1), "crew_notes": (0, 0)}
        found.upsert("crew_items", {"id": 1, "day": date(2026, 1, 1)})
        found.checkpoint({})
        assert _stored(found.connection) == [(1, None, False)]


def _stored(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT id, text_it, {DELETED} FROM crew_items ORDER BY id").fetchall()


def test_fields_that_nobody_declared_get_columns_and_widen(tmp_path: Path) -> None:
    assembly, file = assembled({"id": "LONG"}, ["id"]), tmp_path / "a.duckdb"
    sent: list[list[dict[str, Any]]] = [
        [{"id": 1, "someThing": 5, "sure": True}, {"id": 2, "someThing": None, "nothing": None}],
        [{"id": 3, "someThing": 2.5, "more": {"a": [1]}}],
        [{"id": 4, "someThing": "text", "sure": "no", "more": None}, {"id": 5, "someThing": {"b": 1}}],
    ]
    for part in sent:  # each by a run of its own
        with landing(file, assembly) as found:
            for row in part:
                found.upsert("crew_items", row)
            found.checkpoint({})
    connection = duckdb.connect(str(file))
    assert connection.execute("SELECT id, some_thing, sure, more FROM crew_items ORDER BY id").fetchall() == [
        (1, "5.0", "true", None),
        (2, None, None, None),
        (3, "2.5", None, '{"a": [1]}'),
        (4, "text", "no", None),
        (5, '{"b": 1}', None, None),
    ]


@pytest.mark.parametrize(
    ("before", "after", "type_now"),
    [
        ("SHORT", "LONG", "BIGINT"),
        ("LONG", "SHORT", "BIGINT"),
        ("LONG", "DOUBLE", "DOUBLE"),
        ("LONG", "DECIMAL(10,2)", "DECIMAL(21,2)"),
        ("NAIVE_DATE", "NAIVE_DATETIME", "TIMESTAMP"),
        ("DOUBLE", "STRING", "VARCHAR"),
        ("BINARY", "STRING", "VARCHAR"),
        ("JSON", "LONG", "VARCHAR"),
    ],
)
def test_a_type_that_changes_is_widened(tmp_path: Path, before: str, after: str, type_now: str) -> None:
    value = {"NAIVE_DATE": date(2026, 1, 1), "BINARY": b"hi", "JSON": [1], "DOUBLE": 1.5}.get(before, 7)
    for number, kind in enumerate((before, after)):
        with landing(tmp_path / "a.duckdb", assembled({"id": "LONG", "it": kind}, ["id"])) as found:
            if not number:
                found.upsert("crew_items", {"id": 1, "it": value})
            found.checkpoint({})
            described = dict(row[:2] for row in found.connection.execute("DESCRIBE crew_items").fetchall())
            kept = found.connection.execute("SELECT it::VARCHAR FROM crew_items").fetchall()
    assert described["it"] == type_now
    assert kept[0][0] in {"7", "7.0", "7.00", "2026-01-01 00:00:00", "1.5", "aGk=", "[1]"}


def test_everything_anew(tmp_path: Path) -> None:
    file = tmp_path / "a.duckdb"
    with landing(file, assembled({"id": "LONG", "old": "STRING"}, ["id"])) as found:
        found.upsert("crew_items", {"id": 1, "old": "x"})
        found.checkpoint({"at": 1})
    with landing(file, assembled({"id": "STRING"}, ["id"]), full=True) as found:
        assert found.state == {}
        found.upsert("crew_items", {"id": "a"})
    with landing(file, assembled({"id": "LONG", "old": "STRING"}, ["id"])) as found:
        assert found.state == {"at": 1}  # that run has saved nothing
        assert found.counts()["crew_items"] == (1, 0)
    with landing(file, assembled({"id": "STRING"}, ["id"]), full=True) as found:
        found.upsert("crew_items", {"id": "a"})
        found.checkpoint({"at": 2})
        assert found.connection.execute("SELECT * EXCLUDE (_fivetran_synced) FROM crew_items").fetchall() == [("a", False)]


def test_a_key_that_changed(tmp_path: Path) -> None:
    with landing(tmp_path / "a.duckdb", assembled({"id": "LONG", "no": "LONG"}, ["id"])):
        pass
    refused = pytest.raises(BuildError, match=r"a\.duckdb: crew_items: its key was id, and is no now.*add --full")
    with refused, landing(tmp_path / "a.duckdb", assembled({"id": "LONG", "no": "LONG"}, ["no"])):
        pass


def test_tables_of_somebody_else(tmp_path: Path) -> None:
    file = tmp_path / "a.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE crew_items (a INT)")
    refused = pytest.raises(BuildError, match="There is a table crew_items already, which no run has made")
    with refused, landing(file, assembled()):
        pass
    other = tmp_path / "b.duckdb"
    with landing(other, assembled()):
        pass
    refused = pytest.raises(BuildError, match="crew_items in there belongs to crew, and ferry has one of that name too")
    with refused, database(other, "ferry", layouts(assembled())):
        pass


def test_two_datasets_in_one_file(tmp_path: Path) -> None:
    other = assemble([plugin(Table("ferry_ships", "/ships", "ships", ["id"], {"id": "LONG"}))])
    with landing(tmp_path / "a.duckdb", assembled()) as found:
        found.checkpoint({"crew": 1})
    with database(tmp_path / "a.duckdb", "ferry", layouts(other)) as found:
        assert found.state == {}
        found.checkpoint({"ferry": 1})
    with landing(tmp_path / "a.duckdb", assembled()) as found:
        assert found.state == {"crew": 1}


def test_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.duckdb").write_text("no database, and longer than a header of one has to be" * 100)
    for file, words in [("a.duckdb", "is no DuckDB database"), ("no/b.duckdb", "there is no folder"), (".", "cannot be opened")]:
        with pytest.raises(UsageProblem, match=words), landing(tmp_path / file, assembled()):
            pass


def test_a_value_that_does_not_fit(tmp_path: Path) -> None:
    with landing(tmp_path / "a.duckdb", assembled({"id": "LONG", "price": "DECIMAL(4,2)"}, ["id"])) as found:
        found.upsert("crew_items", {"id": 1, "price": Decimal("1.00")})
        found.checkpoint({"at": 1})
        found.upsert("crew_items", {"id": 2, "price": Decimal("1234567.00")})
        with pytest.raises(DeliveryError, match=r"DuckDB refuses what came since the last checkpoint: .*1234567\.00"):
            found.checkpoint({"at": 2})
        assert found.counts()["crew_items"] == (1, 0)
    with landing(tmp_path / "a.duckdb", assembled({"id": "LONG", "price": "DECIMAL(4,2)"}, ["id"])) as found:
        assert found.state == {"at": 1}


def test_a_text_that_cannot_be_written_is_left_out(tmp_path: Path) -> None:
    with landing(tmp_path / "a.duckdb", assembled({"id": "LONG"}, ["id"])) as found:
        with pytest.raises(ValueError, match="surrogates"):
            found.upsert("crew_items", {"id": 1, "text": "\ud800"})
        found.upsert("crew_items", {"id": 2, "text": "nul \0 and 'quotes' \"\U0001f600"})
        found.checkpoint({})
        assert [row["text"] for row in rows(found.connection, "crew_items", found.layouts["crew_items"])] == [
            "nul \0 and 'quotes' \"\U0001f600"
        ]


@pytest.mark.parametrize("name", ["_connector", "crew_items", "main", "a b'c\"d"])
def test_the_name_of_the_file_does_not_matter(tmp_path: Path, name: str) -> None:
    for number in (0, 1):
        with landing(tmp_path / f"{name}.duckdb", assembled()) as found:
            assert found.state == ({"number": 0} if number else {})
            found.upsert("crew_items", {"id": 1, "day": date(2026, 1, 1), "at": datetime(2026, 1, 1, tzinfo=UTC)})
            found.delete("crew_items", {"id": 2, "day": date(2026, 1, 1)})
            found.checkpoint({"number": number})
            assert found.counts()["crew_items"] == (1, 0)


def test_a_long_line_is_read(tmp_path: Path) -> None:
    with landing(tmp_path / "a.duckdb", assembled({"id": "LONG"}, ["id"])) as found:
        found.upsert("crew_items", {"id": 1, "text": "x" * 20_000_000})
        found.checkpoint(json.loads("{}"))
        assert found.connection.execute("SELECT length(text) FROM crew_items").fetchall() == [(20_000_000,)]
