"""Twilio: messages of an account, by next_page_uri, a path that is null on the last page."""

from connector_core import BasicAuth, NextLinkPaginator, Setting, Table, base_url, hookimpl, page_size

MESSAGES = Table(
    name="messages",
    path="/2010-04-01/Accounts/{settings.account}/Messages.json",
    records="messages",
    primary_key=["sid"],
    columns={
        "sid": "STRING",
        "from": "STRING",
        "to": "STRING",
        "body": "STRING",
        "status": "STRING",
        "direction": "STRING",
        "price": "DECIMAL(18,5)",
        "price_unit": "STRING",
        "date_sent": "STRING",
    },
)


@hookimpl
def connector_tables() -> list[Table]:
    return [MESSAGES]


@hookimpl
def connector_auth() -> BasicAuth:
    return BasicAuth("api_key", "api_secret")


@hookimpl
def connector_paginator(table: Table) -> NextLinkPaginator:
    return NextLinkPaginator("next_page_uri", size_param="PageSize")


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url("https://api.twilio.com"),
        page_size(100, maximum=1000),
        Setting("account", description="SID of the account."),
    ]
