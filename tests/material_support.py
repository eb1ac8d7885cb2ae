"""Warehouses for the tests of MaterialMind: the plugin's own made-up records, or rows whose figures are known by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import duckdb

from connector_app.data.duck import DuckDBSession
from connector_mso import PRODUCT, RECORDS
from connector_mso.sample import SAMPLE

TYPES: Final = {"STRING": "VARCHAR", "LONG": "BIGINT", "DOUBLE": "DOUBLE", "NAIVE_DATE": "DATE"}
COLUMNS: Final = {name: TYPES[kind] for name, kind in RECORDS.columns.items()}
Record = Mapping[str, Any]


def warehouse(folder: Path, records: Sequence[Record], *, options: bool = False, without: Sequence[str] = ()) -> DuckDBSession:
    """A session over a new warehouse with *records*; what one lacks is NULL.

    options: with `efficiency_ratio` and the table `mso_products`. without: columns that the table lacks.
    """
    path = folder / "warehouse.db"
    columns = {name: kind for name, kind in COLUMNS.items() if name not in without}
    with duckdb.connect(str(path)) as database:
        database.execute("CREATE SCHEMA tester")
        _table(database, "mso_records", columns, records)
        if options:
            _with_options(database)
    return DuckDBSession(path)


def sampled(folder: Path, count: int = SAMPLE.count, *, options: bool = False) -> DuckDBSession:
    """A session over the records that the sample API of mso serves."""
    rng = Random(1)  # noqa: S311 - made-up records, the same each time
    return warehouse(folder, [SAMPLE.make(number, rng) for number in range(count)], options=options)


def many(folder: Path, count: int) -> DuckDBSession:
    """A session over *count* records: those of the sample again and again, with keys and dates of their own."""
    session = sampled(folder, options=True)
    again = (
        f"SELECT r.* REPLACE (r.record_id || i AS record_id, r.material_cost + i % 7 AS material_cost, "
        f"r.material_optimization_date - CAST(i % 700 AS INTEGER) AS material_optimization_date) FROM tester.mso_records r, "
        f"range(1, {count // SAMPLE.count + 2}) t(i) LIMIT {count - SAMPLE.count}"
    )
    with duckdb.connect(str(session.path)) as database:
        database.execute(f"INSERT INTO tester.mso_records {again}")
    return session


def _table(database: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], records: Sequence[Record]) -> None:
    declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    database.execute(f"CREATE TABLE tester.{name} ({declared}, _fivetran_deleted BOOLEAN, _fivetran_synced TIMESTAMPTZ)")
    marks = ", ".join("?" * len(columns))
    if records:
        rows = [[record.get(column) for column in columns] for record in records]
        database.executemany(f"INSERT INTO tester.{name} VALUES ({marks}, FALSE, TIMESTAMPTZ '2026-01-02 03:04:05+00')", rows)


def _with_options(database: duckdb.DuckDBPyConnection) -> None:
    database.execute("ALTER TABLE tester.mso_records ADD COLUMN efficiency_ratio DOUBLE")
    database.execute(
        "UPDATE tester.mso_records SET efficiency_ratio = "
        "CASE WHEN material_cost > 0 THEN performance_improvement / material_cost WHEN material_cost <= 0 THEN 0 END"
    )
    described = ", ".join(f"arg_max({column}, last_updated_epoch) AS {column}" for column in PRODUCT)
    database.execute(
        f"CREATE TABLE tester.mso_products AS SELECT product_id, {described}, FALSE AS _fivetran_deleted "
        "FROM tester.mso_records GROUP BY product_id"
    )
