"""Zendesk: tickets by the incremental export with cursors, which keeps its cursor from sync to sync."""

from connector_core import BasicAuth, CursorPaginator, Setting, Table, base_url, field_is, hookimpl, page_size

TICKETS = Table(
    name="tickets",
    path="/api/v2/incremental/tickets/cursor.json",
    records="tickets",
    primary_key=["id"],
    columns={
        "id": "LONG",
        "subject": "STRING",
        "status": "STRING",
        "priority": "STRING",
        "requester_id": "LONG",
        "assignee_id": "LONG",
        "created_at": "UTC_DATETIME",
        "updated_at": "UTC_DATETIME",
        "tags": "JSON",
    },
    params={"start_time": "{settings.start_time}"},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [TICKETS]


@hookimpl
def connector_auth() -> BasicAuth:
    return BasicAuth("email", "api_token")


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator("cursor", "after_cursor", size_param="per_page", stop=[field_is("end_of_stream", True)])


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url(), page_size(100, maximum=1000), Setting("start_time", description="Seconds since 1970.", default="0")]
