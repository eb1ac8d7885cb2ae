"""Confluence: pages of a space, by relative links in _links.next, left out on the last page."""

from connector_core import BasicAuth, NextLinkPaginator, Setting, Table, base_url, hookimpl, page_size

PAGES = Table(
    name="pages",
    path="/wiki/api/v2/pages",
    records="results",
    primary_key=["id"],
    columns={
        "id": "STRING",
        "title": "STRING",
        "status": "STRING",
        "spaceId": "STRING",
        "authorId": "STRING",
        "createdAt": "UTC_DATETIME",
        "version": "JSON",
    },
    params={"sort": "id", "space-id": "{settings.space_id}"},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [PAGES]


@hookimpl
def connector_auth() -> BasicAuth:
    return BasicAuth("email", "api_token")


@hookimpl
def connector_paginator(table: Table) -> NextLinkPaginator:
    return NextLinkPaginator("_links.next", size_param="limit", missing_ends=True)


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url(), page_size(100, maximum=250), Setting("space_id", description="Id of a space; empty: all.", default="")]
