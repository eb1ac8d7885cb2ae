"""Microsoft Graph: users, by @odata.nextLink."""

from connector_core import NextLinkPaginator, OAuth2ClientCredentials, Setting, Table, base_url, hookimpl, page_size

USERS = Table(
    name="users",
    path="/v1.0/users",
    records="value",
    primary_key=["id"],
    columns={
        "id": "STRING",
        "displayName": "STRING",
        "mail": "STRING",
        "userPrincipalName": "STRING",
        "accountEnabled": "BOOLEAN",
        "createdDateTime": "UTC_DATETIME",
    },
    params={"$select": "id,displayName,mail,userPrincipalName,accountEnabled,createdDateTime"},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_auth() -> OAuth2ClientCredentials:
    return OAuth2ClientCredentials(
        token_url="https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
        scope="https://graph.microsoft.com/.default",
        client_auth="body",
    )


@hookimpl
def connector_paginator(table: Table) -> NextLinkPaginator:
    return NextLinkPaginator("@odata.nextLink", size_param="$top")


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://graph.microsoft.com"), page_size(100, maximum=999)]
