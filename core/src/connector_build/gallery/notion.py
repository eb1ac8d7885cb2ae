"""Notion: pages of a database, by a cursor in the body of a POST."""

from connector_core import BearerToken, CursorPaginator, Each, Setting, Table, base_url, hookimpl, page_size

PAGES = Table(
    name="pages",
    path="/v1/databases/{each.value}/query",
    records="results",
    primary_key=["id"],
    columns={
        "id": "STRING",
        "database_id": "STRING",
        "url": "STRING",
        "archived": "BOOLEAN",
        "created_time": "UTC_DATETIME",
        "last_edited_time": "UTC_DATETIME",
        "properties": "JSON",
    },
    body={"sorts": [{"timestamp": "last_edited_time", "direction": "ascending"}]},
    headers={"Notion-Version": "2022-06-28"},
    each=Each("databases", adds={"database_id": "value"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [PAGES]


@hookimpl
def connector_auth() -> BearerToken:
    return BearerToken("token")


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator("start_cursor", "next_cursor", where="body")


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url("https://api.notion.com"),
        page_size(100, maximum=100),
        Setting("databases", description="Ids of the databases.", kind="list"),
    ]
