"""FTS: what field technicians did, from the oil and gas task API."""

from connector_core import Aggregate, ApiKeyHeader, CursorPaginator, DerivedField, Setting, Table

from connector_core import base_url, count, hookimpl, ratio, total  # isort: skip
from connector_fts.columns import RECORD

RECORDS = Table(
    name="fts_records",
    path="/fts_data",
    records="fts_records",
    primary_key=("record_id",),
    columns=RECORD,
    description="one task of a field technician, with the log entry, its summary and what the work cost",
)


@hookimpl
def connector_tables() -> list[Table]:
    return [RECORDS]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("api_key")


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator(param="cursor", next_field="next_cursor", size_param="page_size", incremental=True)


@hookimpl
def connector_transforms(table: Table) -> list[DerivedField]:
    return [DerivedField("cost_per_hour", ratio("maintenance_cost", "downtime_hours"), default=False)] if table == RECORDS else []


@hookimpl
def connector_extra_tables(table: Table) -> list[Aggregate]:
    measures = {
        "total_tasks": count(),
        "total_maintenance_cost": total("maintenance_cost"),
        "total_downtime_hours": total("downtime_hours"),
        "total_time_saved": total("summarization_time_saved"),
    }
    what = "the work of each field technician, added up"
    technicians = Aggregate("fts_technicians", ("technician_id",), measures, default=False, description=what)
    return [technicians] if table == RECORDS else []


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://sdk-demo-api-dot-internal-sales.uc.r.appspot.com")]
