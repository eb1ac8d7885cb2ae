"""Airtable: records of a list of tables in one base, by an offset that is left out at the end."""

from connector_core import BearerToken, CursorPaginator, Each, Setting, Table, base_url, hookimpl, page_size

RECORDS = Table(
    name="records",
    path="/v0/{settings.base}/{each.value}",
    records="records",
    primary_key=["table_name", "id"],
    columns={"table_name": "STRING", "id": "STRING", "createdTime": "UTC_DATETIME", "fields": "JSON"},
    each=Each("tables", adds={"table_name": "value"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [RECORDS]


@hookimpl
def connector_auth() -> BearerToken:
    return BearerToken("token")


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator("offset", "offset", size_param="pageSize", missing_ends=True)


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url("https://api.airtable.com"),
        page_size(100, maximum=100),
        Setting("base", description="Id of the base."),
        Setting("tables", description="Names or ids of the tables.", kind="list"),
    ]
