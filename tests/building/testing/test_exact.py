"""The oracle: what SQL makes of rows of declared types, held against what the engine of the sync made.

Each row is put into both tables by hand, so that the core has no say here.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from connector_build.errors import UsageProblem
from connector_build.testing import Warehouse
from connector_build.testing.warehouse import exact
from connector_build.testing.warehouse.exact import assert_exact
from connector_core import Aggregate, Dimension, Nested, Table, count, hookimpl, maximum, minimum, total
from connector_core.basics.errors import ConnectorError
from connector_core.plugin.assembly import Assembly, Plugin, assemble

KINDS: Mapping[str, list[Any]] = {
    "DECIMAL(10,2)": [Decimal("9.50"), Decimal("10.00"), Decimal("-0.01")],
    "LONG": [9, 10, -(2**62)],
    "DOUBLE": [9.5, 10.0, -1e300],
    "NAIVE_DATE": [date(1999, 12, 31), date(2026, 1, 1)],
    "NAIVE_DATETIME": [datetime(1999, 12, 31, 9), datetime(1999, 12, 31, 10, 0, 0, 1)],
    "UTC_DATETIME": [
        datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=9))),  # 03:00
        datetime(2026, 1, 1, 4, tzinfo=UTC),
    ],
    "STRING": ["10", "9"],
    "BOOLEAN": [False, True],
}
"""Declared type → values; the lesser ones are not the lesser texts."""


def warehouse(kind: str, values: Sequence[Any], extra: Dimension | Aggregate, rows: Sequence[Mapping[str, Any]]) -> None:
    """Hold an extra table of *rows* against what SQL makes of a source table with *values*."""
    columns = {"id": "LONG", "of": "STRING", "value": kind, "time": "LONG"}
    assembly = plugin(Table("things", "/things", "things", ["id"], columns), extra)
    held = Warehouse(assembly)
    for number, value in enumerate(values):
        held.upsert("things", {"id": number, "of": "a", "value": value, "time": number})
    for row in rows:
        held.upsert(extra.name, dict(row))
    assert_exact(assembly, held)


def plugin(table: Table, *extras: Dimension | Aggregate | Nested) -> Assembly:
    hooks = {"connector_tables": lambda: [table], "connector_extra_tables": lambda: list(extras)}
    return assemble([Plugin("plugin", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("STRING", "BOOLEAN")])
def test_the_least_and_the_greatest_go_by_the_declared_type(kind: str) -> None:
    values = KINDS[kind]
    extra = Aggregate("things_ends", ["of"], {"least": minimum("value"), "greatest": maximum("value")})
    wanted = {"of": "a", "least": min(values), "greatest": max(values)}
    warehouse(kind, values, extra, [wanted])
    with pytest.raises(AssertionError, match=r"column → what is there, what SQL gives: \{'least'"):
        warehouse(kind, values, extra, [wanted | {"least": max(values)}])


def test_prices_are_no_texts() -> None:
    extra = Aggregate("things_ends", ["of"], {"least": minimum("value")})
    with pytest.raises(AssertionError, match="things_ends"):
        warehouse("DECIMAL(10,2)", KINDS["DECIMAL(10,2)"][:2], extra, [{"of": "a", "least": Decimal("10.00")}])


@pytest.mark.parametrize("kind", KINDS)
def test_a_group_is_one_value_of_the_declared_type(kind: str) -> None:
    values = KINDS[kind]
    extra = Aggregate("things_groups", ["value"], {"things": count()})
    rows = [{"value": value, "things": 2} for value in values]
    warehouse(kind, [*values, *values], extra, rows)
    with pytest.raises(AssertionError, match="rows that SQL gives and that are not there"):
        warehouse(kind, values, extra, rows[1:])
    with pytest.raises(AssertionError, match="rows that should not be"):
        warehouse(kind, values[1:], extra, [{"value": value, "things": 1} for value in values])


def test_one_moment_in_two_zones_is_one_group() -> None:
    here = datetime(2026, 1, 1, 12, tzinfo=UTC)
    extra = Aggregate("things_groups", ["value"], {"things": count()})
    there = here.astimezone(timezone(timedelta(hours=2)))
    warehouse("UTC_DATETIME", [here, there], extra, [{"value": there, "things": 2}])


def test_totals_are_those_of_the_type() -> None:
    extra = Aggregate("things_sums", ["of"], {"sum": total("value")})
    warehouse("DECIMAL(10,2)", [Decimal("0.10")] * 3, extra, [{"of": "a", "sum": Decimal("0.30")}])
    warehouse("DOUBLE", [0.1] * 3, extra, [{"of": "a", "sum": 0.3}])
    with pytest.raises(AssertionError, match="sum"):
        warehouse("DECIMAL(10,2)", [Decimal("0.10")] * 3, extra, [{"of": "a", "sum": Decimal("0.31")}])


def test_null_is_nothing_and_no_group() -> None:
    ends = Aggregate("things_ends", ["of"], {"least": minimum("value"), "things": count()})
    warehouse("LONG", [None, 5, None], ends, [{"of": "a", "least": 5, "things": 3}])
    groups = Aggregate("things_groups", ["value"], {"things": count()})
    warehouse("LONG", [None, 5, None], groups, [{"value": 5, "things": 1}])


def test_the_newest_row_goes_by_time_then_by_key() -> None:
    newest = Dimension("things_newest", ["of"], ["value"], newest="time")
    warehouse("STRING", ["old", "new"], newest, [{"of": "a", "value": "new"}])
    with pytest.raises(AssertionError, match="things_newest"):
        warehouse("STRING", ["old", "new"], newest, [{"of": "a", "value": "old"}])


def test_a_text_is_stored_as_a_destination_stores_it() -> None:
    groups = Aggregate("things_groups", ["value"], {"things": count()})
    for text in ("", " ", "a\x00b", "\ud800", "'\"%s", "null", "ß" * 1000):
        warehouse("STRING", [text], groups, [{"value": text, "things": 1}])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("STRING", 5),
        ("LONG", "5"),
        ("LONG", True),
        ("LONG", 5.0),
        ("DOUBLE", "5.5"),
        ("DECIMAL(10,2)", "9.50"),
        ("DECIMAL(10,2)", 9.5),
        ("BOOLEAN", 1),
        ("NAIVE_DATE", "2026-01-01"),
        ("NAIVE_DATE", datetime(2026, 1, 1, tzinfo=UTC)),
        ("NAIVE_DATETIME", datetime(2026, 1, 1, tzinfo=UTC)),
        ("UTC_DATETIME", datetime(2026, 1, 1)),
        ("UTC_DATETIME", "2026-01-01T00:00:00Z"),
        ("BINARY", "aGFzaA=="),
    ],
)
def test_a_value_that_is_not_of_its_type_is_no_row(kind: str, value: Any) -> None:
    held = Warehouse(plugin(Table("things", "/things", "things", ["id"], {"id": "LONG", "value": kind})))
    with pytest.raises(TypeError, match="things: value is declared "):
        held.upsert("things", {"id": 1, "value": value})
    held.upsert("things", {"id": 1, "value": None})


def test_a_number_that_its_column_does_not_hold() -> None:
    groups = Aggregate("things_groups", ["value"], {"things": count()})
    with pytest.raises(AssertionError, match="has a value that is none of its column's type"):
        warehouse("SHORT", [40_000], groups, [{"value": 40_000, "things": 1}])


def test_names_of_columns_may_be_words_of_sql() -> None:
    columns = {"id": "LONG", "order": "STRING", "select": "LONG"}
    extra = Aggregate("things_groups", ["order"], {"group": total("select")})
    assembly = plugin(Table("things", "/things", "things", ["id"], columns), extra)
    held = Warehouse(assembly)
    held.upsert("things", {"id": 1, "order": "a", "select": 2})
    held.upsert("things_groups", {"order": "a", "group": 2})
    assert_exact(assembly, held)


def test_a_column_that_should_not_be_there() -> None:
    extra = Aggregate("things_groups", ["value"], {"things": count()})
    with pytest.raises((AssertionError, ConnectorError), match="other"):
        warehouse("LONG", [1], extra, [{"value": 1, "things": 1, "other": 1}])


def test_without_duckdb_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    exact._connection.cache_clear()
    monkeypatch.setattr(exact, "_SAME", set())
    try:
        with pytest.raises(UsageProblem, match=r"pip install 'connector-core\[local\]'"):
            warehouse("LONG", [1], Aggregate("things_groups", ["value"], {"things": count()}), [{"value": 1, "things": 1}])
    finally:
        exact._connection.cache_clear()


LINES = Nested(
    "things_lines",
    "body.lines",
    ("thing", "at"),
    {"thing": "id"},
    {"price": "DECIMAL(10,2)", "on": "NAIVE_DATE", "more": "JSON"},
    "at",
)
BODY = {"lines": [{"price": 9.5, "on": "2026-01-01", "more": {"b": 1, "a": [2]}}, {"price": "10"}, 7]}
ROWS: list[dict[str, Any]] = [
    {"thing": 1, "at": 0, "price": Decimal("9.50"), "on": date(2026, 1, 1), "more": {"a": [2], "b": 1}},
    {"thing": 1, "at": 1, "price": Decimal("10.00")},
    {"thing": 1, "at": 2, "value": 7},
]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (ROWS, ""),
        (ROWS[1:], "rows that SQL gives and that are not there"),
        ([*ROWS, ROWS[0] | {"at": 3}], "rows that should not be"),
        ([ROWS[0] | {"price": Decimal("9.51")}, *ROWS[1:]], "price"),
        ([ROWS[0] | {"more": {"a": [3], "b": 1}}, *ROWS[1:]], "more"),
    ],
)
def test_a_nested_list_is_what_sql_unnests(rows: list[dict[str, Any]], words: str) -> None:
    assembly = plugin(Table("things", "/things", "things", ["id"], {"id": "LONG", "body": "JSON"}), LINES)
    held = Warehouse(assembly)
    bodies: list[Any] = [None, BODY, {"lines": None}, {}, {"lines": []}]
    for number, body in enumerate(bodies):
        held.upsert("things", {"id": number, "body": body})
    for row in rows:
        held.upsert("things_lines", row)
    with pytest.raises(AssertionError, match=words) if words else nullcontext():
        assert_exact(assembly, held)
