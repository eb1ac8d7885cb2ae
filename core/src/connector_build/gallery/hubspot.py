"""HubSpot: contacts by the search endpoint, a POST whose cursor is in paging.next.after."""

from connector_core import BearerToken, CursorPaginator, Setting, Table, base_url, hookimpl, page_size

CONTACTS = Table(
    name="contacts",
    path="/crm/v3/objects/contacts/search",
    records="results",
    primary_key=["id"],
    columns={
        "id": "STRING",
        "properties": "JSON",
        "createdAt": "UTC_DATETIME",
        "updatedAt": "UTC_DATETIME",
        "archived": "BOOLEAN",
    },
    body={
        "properties": ["email", "firstname", "lastname", "lastmodifieddate"],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
    },
)


@hookimpl
def connector_tables() -> list[Table]:
    return [CONTACTS]


@hookimpl
def connector_auth() -> BearerToken:
    return BearerToken("access_token")


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator("after", "paging.next.after", size_param="limit", where="body", missing_ends=True)


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://api.hubapi.com"), page_size(100, maximum=200)]
