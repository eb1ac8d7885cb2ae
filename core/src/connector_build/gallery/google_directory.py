"""Google Workspace: users of a domain, without those that it no longer lists; nextPageToken is left out at the end."""

from connector_core import CursorPaginator, OAuth2RefreshToken, Setting, Table, base_url, hookimpl, page_size

USERS = Table(
    name="users",
    path="/admin/directory/v1/users",
    records="users",
    primary_key=["id"],
    columns={
        "id": "STRING",
        "primaryEmail": "STRING",
        "name": "JSON",
        "isAdmin": "BOOLEAN",
        "suspended": "BOOLEAN",
        "creationTime": "UTC_DATETIME",
        "lastLoginTime": "UTC_DATETIME",
    },
    params={"customer": "{settings.customer}"},
    nothing="missing",
    missing="delete",
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_auth() -> OAuth2RefreshToken:
    return OAuth2RefreshToken(token_url="https://oauth2.googleapis.com/token")


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator("pageToken", "nextPageToken", size_param="maxResults", missing_ends=True)


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url("https://admin.googleapis.com"),
        page_size(100, maximum=500),
        Setting("customer", description="The customer's id; my_customer for one's own.", default="my_customer"),
    ]
