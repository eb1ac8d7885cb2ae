"""Stripe: invoices, newest first by the id of the last one, and the lines inside of each."""

from connector_core import BasicAuth, KeysetPaginator, Setting, Table, base_url, exploded, hookimpl, no_more, page_size

INVOICES = Table(
    name="invoices",
    path="/v1/invoices",
    records="data",
    primary_key=["id"],
    columns={
        "id": "STRING",
        "customer": "STRING",
        "created": "LONG",
        "currency": "STRING",
        "amount_due": "LONG",
        "amount_paid": "LONG",
        "status": "STRING",
        "lines": "JSON",
    },
)
LINES = Table(
    name="invoice_lines",
    path="/v1/invoices",
    records="data",
    rows=exploded("lines.data", keep={"invoice_id": "id"}),
    primary_key=["invoice_id", "id"],
    columns={"invoice_id": "STRING", "id": "STRING", "amount": "LONG", "currency": "STRING", "quantity": "LONG"},
    params={"expand[]": "data.lines"},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [INVOICES, LINES]


@hookimpl
def connector_auth() -> BasicAuth:
    return BasicAuth("api_key", password_setting=None)


@hookimpl
def connector_paginator(table: Table) -> KeysetPaginator:
    return KeysetPaginator("starting_after", "id", size_param="limit", order="descending", stop=[no_more("has_more")])


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://api.stripe.com"), page_size(100, maximum=100)]
