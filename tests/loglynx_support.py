"""A warehouse of the dataset fts for the tests of LogLynx, as `fivetran debug` would leave one."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb
from attrs import asdict, frozen

from connector_app.asking.rows import Rows
from connector_app.data.dictionary import as_dictionary
from connector_app.data.duck import DuckDBSession
from connector_fts.app.words import EXPECTED, RECORDS_TABLE
from connector_fts.columns import RECORD

DICTIONARY: Final = {
    "tables": {
        RECORDS_TABLE: {
            "primary_key": ["record_id"],
            "columns": {name: {"type": column.type, "description": column.description} for name, column in RECORD.items()},
        }
    }
}
_TYPES: Final = {"number": "DOUBLE", "date": "DATE", "text": "VARCHAR"}
MANY: Final = """
    INSERT INTO tester.fts_records BY NAME SELECT
    'R' || i AS record_id, 'CUST' || (i % 120) AS customer_id, 'EQ' || (i % 2600) AS equipment_id, 'ORDER' || i AS erp_order_id,
    'Found a leaking seal on unit ' || i || '; seal replaced' AS log_description,
    ['Completed', 'Completed', 'Completed', 'In Progress', 'Delayed', 'Cancelled'][1 + i % 6] AS maintenance_status,
    ['Predictive', 'Corrective', 'Condition-Based'][1 + i % 3] AS maintenance_type, 'Issue resolved' AS summarized_log,
    'TECH' || (i % 40) AS technician_id, i % 25 AS downtime_hours, 1747890000 + i AS last_updated_epoch,
    1 + i % 12 AS summarization_time_saved, (i % 97) / 100.0 AS failure_rate,
    CASE WHEN i % 1000 = 0 THEN 1e6 ELSE 100 + i % 900 END AS maintenance_cost,
    DATE '2024-01-01' + CAST(i % 730 AS INTEGER) AS log_date, FALSE AS _fivetran_deleted FROM range({0}) t(i)
"""


@frozen
class Task:
    """A row of fts_records."""

    record_id: str
    log_date: date | None = None
    equipment_id: str | None = "E1"
    technician_id: str | None = "T1"
    customer_id: str | None = "C1"
    maintenance_type: str | None = "Predictive"
    maintenance_status: str | None = "Completed"
    maintenance_cost: float | None = None
    downtime_hours: float | None = None
    failure_rate: float | None = None
    summarization_time_saved: float | None = None
    log_description: str | None = None
    summarized_log: str | None = None
    erp_order_id: str | None = None


def warehouse(folder: Path, tasks: Sequence[Task] = (), *, many: int = 0, options: bool = False) -> DuckDBSession:
    """A session over a new warehouse. options: with `cost_per_hour` and `fts_technicians`. many: so many tasks, made in SQL."""
    path = folder / "warehouse.db"
    with duckdb.connect(str(path)) as database:
        database.execute("CREATE SCHEMA tester")
        columns = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in EXPECTED.items())
        database.execute(f"CREATE TABLE tester.fts_records ({columns}, _fivetran_deleted BOOLEAN, _fivetran_synced TIMESTAMPTZ)")
        for task in tasks:
            _insert(database, {**asdict(task), "_fivetran_deleted": False})
        if many:
            database.execute(MANY.format(many))
        if options:
            _with_options(database)
    return DuckDBSession(path, dictionary=as_dictionary(DICTIONARY))


def rows(folder: Path, tasks: Sequence[Task], *, options: bool = False) -> Rows:
    """All rows of a new warehouse, as the app asks for them."""
    return Rows(warehouse(folder, tasks, options=options), RECORDS_TABLE, expected=EXPECTED)


def _insert(database: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    database.execute(f"INSERT INTO tester.fts_records ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def _with_options(database: duckdb.DuckDBPyConnection) -> None:
    """What the plugin's transform and aggregate make of the rows."""
    database.execute("ALTER TABLE tester.fts_records ADD COLUMN cost_per_hour DOUBLE")
    database.execute(
        "UPDATE tester.fts_records SET cost_per_hour = CASE WHEN downtime_hours > 0 THEN maintenance_cost / downtime_hours "
        "WHEN downtime_hours IS NULL OR maintenance_cost IS NULL THEN NULL ELSE 0 END"
    )
    database.execute(
        "CREATE TABLE tester.fts_technicians AS SELECT technician_id, COUNT(*) AS total_tasks, SUM(maintenance_cost) AS "
        "total_maintenance_cost, SUM(downtime_hours) AS total_downtime_hours, SUM(summarization_time_saved) AS total_time_saved, "
        "FALSE AS _fivetran_deleted FROM tester.fts_records WHERE technician_id IS NOT NULL GROUP BY 1"
    )
