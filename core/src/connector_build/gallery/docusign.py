"""DocuSign: envelopes of an account by start_position, with nextUri left out on the last page."""

from connector_core import BearerToken, NextLinkPaginator, Setting, Table, base_url, hookimpl, page_size

ENVELOPES = Table(
    name="envelopes",
    path="/restapi/v2.1/accounts/{settings.account}/envelopes",
    records="envelopes",
    primary_key=["envelopeId"],
    columns={
        "envelopeId": "STRING",
        "status": "STRING",
        "emailSubject": "STRING",
        "createdDateTime": "UTC_DATETIME",
        "completedDateTime": "UTC_DATETIME",
        "statusChangedDateTime": "UTC_DATETIME",
    },
    params={"from_date": "{settings.start_date}", "order_by": "created"},
    nothing="missing",
)


@hookimpl
def connector_tables() -> list[Table]:
    return [ENVELOPES]


@hookimpl
def connector_auth() -> BearerToken:
    return BearerToken("access_token")


@hookimpl
def connector_paginator(table: Table) -> NextLinkPaginator:
    return NextLinkPaginator("nextUri", size_param="count", missing_ends=True)


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url("https://na4.docusign.net"),
        page_size(100, maximum=1000),
        Setting("account", description="Id of the account."),
        Setting("start_date", description="The first day to read.", default="30 days ago", kind="date"),
    ]
