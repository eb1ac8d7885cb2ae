"""Stripe: invoices, newest first by the id of the last one, the lines inside of each, and events that say what was deleted."""

from connector_core import BasicAuth, DeletedBy, KeysetPaginator, Nested, Setting, Table, base_url, hookimpl, no_more, page_size

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
    deleted_by=DeletedBy("events", {"id": "data.object.id"}, when=("type", "invoice.deleted")),
)
EVENTS = Table(
    name="events",
    path="/v1/events",
    records="data",
    primary_key=["id"],
    columns={"id": "STRING", "type": "STRING", "created": "LONG", "data": "JSON"},
)
LINES = {"id": "STRING", "amount": "LONG", "currency": "STRING", "quantity": "LONG"}


@hookimpl
def connector_tables() -> list[Table]:
    return [INVOICES, EVENTS]


@hookimpl
def connector_auth() -> BasicAuth:
    return BasicAuth("api_key", password_setting=None)


@hookimpl
def connector_paginator(table: Table) -> KeysetPaginator:
    return KeysetPaginator("starting_after", "id", size_param="limit", order="descending", stop=[no_more("has_more")])


@hookimpl
def connector_extra_tables(table: Table) -> list[Nested]:
    lines = Nested("stripe_invoice_lines", "lines.data", ["invoice_id", "id"], adds={"invoice_id": "id"}, columns=LINES)
    return [lines] if table == INVOICES else []


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://api.stripe.com"), page_size(100, maximum=100)]
