"""Mailchimp: audiences and the members of each, by offset and total."""

from connector_core import BasicAuth, OffsetPaginator, Parent, Setting, Table, base_url, hookimpl, page_size, total_reached

LISTS = Table(
    name="lists",
    path="/3.0/lists",
    records="lists",
    primary_key=["id"],
    columns={"id": "STRING", "name": "STRING", "date_created": "UTC_DATETIME", "stats": "JSON"},
)
MEMBERS = Table(
    name="members",
    path="/3.0/lists/{parent.id}/members",
    records="members",
    primary_key=["list_id", "id"],
    columns={
        "list_id": "STRING",
        "id": "STRING",
        "email_address": "STRING",
        "status": "STRING",
        "last_changed": "UTC_DATETIME",
        "merge_fields": "JSON",
    },
    parent=Parent("lists", adds={"list_id": "id"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [LISTS, MEMBERS]


@hookimpl
def connector_auth() -> BasicAuth:
    return BasicAuth("user", "api_key")


@hookimpl
def connector_paginator(table: Table) -> OffsetPaginator:
    return OffsetPaginator("offset", size_param="count", stop=[total_reached("total_items")])


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url(), page_size(100, maximum=1000)]
