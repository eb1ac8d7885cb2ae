"""Users behind a key that travels in the header Authorization."""

from connector_core import ApiKeyHeader, SinglePage, Table, hookimpl

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/auth/api_key",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("Authorization", prefix="apiKey ")


@hookimpl
def connector_paginator(table: Table) -> SinglePage:
    return SinglePage()
