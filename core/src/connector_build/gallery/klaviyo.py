"""Klaviyo: profiles in JSON:API, by links.next, whose attributes are one level down; updated ones by a filter expression."""

from connector_core import ApiKeyHeader, NextLinkPaginator, Setting, Table, UpdatedSince, base_url, hookimpl, page_size

PROFILES = Table(
    name="profiles",
    path="/api/profiles",
    records="data",
    primary_key=["id"],
    columns={"id": "STRING", "type": "STRING", "attributes": "JSON", "links": "JSON"},
    params={"sort": "updated"},
    headers={"revision": "2025-07-15"},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [PROFILES]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("Authorization", setting="private_key", prefix="Klaviyo-API-Key ")


@hookimpl
def connector_paginator(table: Table) -> UpdatedSince:
    pages = NextLinkPaginator("links.next", size_param="page[size]")
    return UpdatedSince("filter", "attributes.updated", pages, first_only=True, template="greater-or-equal(updated,{since})")


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://a.klaviyo.com"), page_size(100, maximum=100)]
