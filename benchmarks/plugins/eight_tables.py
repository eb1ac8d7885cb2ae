"""Eight tables that are alike and do not need each other: what `threads` is for where tables would wait for each other."""

from connector_core import ApiKeyHeader, CursorPaginator, Setting, Table, base_url, hookimpl

TEXT = """record_id customer_id equipment_id erp_order_id log_description maintenance_status maintenance_type summarized_log
technician_id"""
COLUMNS = {
    **dict.fromkeys(TEXT.split(), "STRING"),
    **dict.fromkeys(["downtime_hours", "last_updated_epoch", "summarization_time_saved"], "LONG"),
    **dict.fromkeys(["failure_rate", "maintenance_cost"], "DOUBLE"),
    "log_date": "NAIVE_DATE",
}
TABLES = [Table(f"tasks_{number}", "/fts_data", "fts_records", ["record_id"], COLUMNS) for number in range(8)]


@hookimpl
def connector_tables() -> list[Table]:
    return TABLES


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("api_key")


@hookimpl
def connector_paginator() -> CursorPaginator:
    return CursorPaginator(size_param="page_size")


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://api.example.com")]
