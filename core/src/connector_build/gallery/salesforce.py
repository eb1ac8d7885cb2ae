"""Salesforce: accounts by a SOQL query, and further pages by nextRecordsUrl, which is left out at the end."""

from connector_core import NextLinkPaginator, OAuth2ClientCredentials, Setting, Table, base_url, hookimpl, page_size

QUERY = (
    "SELECT Id, Name, Industry, AnnualRevenue, CreatedDate, SystemModstamp FROM Account "
    "WHERE SystemModstamp >= {settings.start_date}T00:00:00Z ORDER BY Id"
)
ACCOUNTS = Table(
    name="accounts",
    path="/services/data/v61.0/query",
    records="records",
    primary_key=["Id"],
    columns={
        "Id": "STRING",
        "Name": "STRING",
        "Industry": "STRING",
        "AnnualRevenue": "DOUBLE",
        "CreatedDate": "UTC_DATETIME",
        "SystemModstamp": "UTC_DATETIME",
        "attributes": "JSON",
    },
    params={"q": QUERY},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [ACCOUNTS]


@hookimpl
def connector_auth() -> OAuth2ClientCredentials:
    return OAuth2ClientCredentials(token_url="/services/oauth2/token", client_auth="body")


@hookimpl
def connector_paginator(table: Table) -> NextLinkPaginator:
    return NextLinkPaginator("nextRecordsUrl", size_param=None, missing_ends=True)


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url(),
        page_size(),
        Setting("start_date", description="The first day of change.", default="2000-01-01", kind="date"),
    ]
