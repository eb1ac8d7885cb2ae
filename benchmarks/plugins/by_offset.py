"""One table by offset, whose pages may be asked for at the same time: the API says how many records there are."""

from connector_core import ApiKeyHeader, OffsetPaginator, Setting, Table, base_url, hookimpl, total_reached

TEXT = """record_id customer_id equipment_id erp_order_id log_description maintenance_status maintenance_type summarized_log
technician_id"""
COLUMNS = {
    **dict.fromkeys(TEXT.split(), "STRING"),
    **dict.fromkeys(["downtime_hours", "last_updated_epoch", "summarization_time_saved"], "LONG"),
    **dict.fromkeys(["failure_rate", "maintenance_cost"], "DOUBLE"),
    "log_date": "NAIVE_DATE",
}
TASKS = Table("tasks", "/by_offset", "fts_records", ["record_id"], COLUMNS)


@hookimpl
def connector_tables() -> list[Table]:
    return [TASKS]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("api_key")


@hookimpl
def connector_paginator() -> OffsetPaginator:
    return OffsetPaginator(size_param="page_size", stop=[total_reached("total")], parallel=True)


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://api.example.com")]
