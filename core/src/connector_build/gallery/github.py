"""GitHub: issues of a list of repositories, by Link headers, and only what was updated since the last sync."""

from connector_core import (
    ApiKeyHeader,
    Column,
    Each,
    LinkHeaderPaginator,
    Setting,
    Table,
    UpdatedSince,
    base_url,
    hookimpl,
    page_size,
)

ISSUES = Table(
    name="issues",
    path="/repos/{settings.owner}/{each.value}/issues",
    records="@",
    primary_key=["id"],
    columns={
        "id": "LONG",
        "repository": "STRING",
        "number": "LONG",
        "title": "STRING",
        "state": "STRING",
        "body": "STRING",
        "created_at": "UTC_DATETIME",
        "updated_at": "UTC_DATETIME",
        "closed_at": Column("UTC_DATETIME", "null while it is open"),
        "labels": "JSON",
    },
    params={"state": "all", "sort": "updated", "direction": "asc"},
    headers={"Accept": "application/vnd.github+json"},
    each=Each("repositories", adds={"repository": "value"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [ISSUES]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("Authorization", setting="token", prefix="Bearer ")


@hookimpl
def connector_paginator(table: Table) -> UpdatedSince:
    return UpdatedSince("since", "updated_at", LinkHeaderPaginator(size_param="per_page"))


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url("https://api.github.com"),
        page_size(100, maximum=100),
        Setting("owner", description="The user or organisation that owns the repositories."),
        Setting("repositories", description="Names of repositories.", kind="list"),
    ]
