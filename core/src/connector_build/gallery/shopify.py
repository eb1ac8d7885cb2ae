"""Shopify: orders by Link headers, and their line items from the same answers."""

from connector_core import (
    ApiKeyHeader,
    LinkHeaderPaginator,
    Setting,
    Table,
    UpdatedSince,
    base_url,
    exploded,
    hookimpl,
    page_size,
)

VERSION = "2025-10"
ORDERS = Table(
    name="orders",
    path=f"/admin/api/{VERSION}/orders.json",
    records="orders",
    primary_key=["id"],
    columns={
        "id": "LONG",
        "name": "STRING",
        "email": "STRING",
        "created_at": "UTC_DATETIME",
        "updated_at": "UTC_DATETIME",
        "currency": "STRING",
        "total_price": "DECIMAL(18,2)",
        "line_items": "JSON",
    },
    params={"status": "any", "order": "updated_at asc"},
)
LINES = Table(
    name="order_lines",
    path=f"/admin/api/{VERSION}/orders.json",
    records="orders",
    rows=exploded("line_items", keep={"order_id": "id"}),
    primary_key=["order_id", "id"],
    columns={"order_id": "LONG", "id": "LONG", "sku": "STRING", "quantity": "LONG", "price": "DECIMAL(18,2)"},
    params={"status": "any", "fields": "id,line_items"},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [ORDERS, LINES]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("X-Shopify-Access-Token", setting="access_token")


@hookimpl
def connector_paginator(table: Table) -> UpdatedSince | LinkHeaderPaginator:
    pages = LinkHeaderPaginator(size_param="limit")
    return UpdatedSince("updated_at_min", "updated_at", pages, first_only=True) if table == ORDERS else pages


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url(), page_size(100, maximum=250)]
