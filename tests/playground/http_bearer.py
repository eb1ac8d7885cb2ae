"""Users behind a bearer token."""

from connector_core import BearerToken, SinglePage, Table, hookimpl

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/auth/http_bearer",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_auth() -> BearerToken:
    return BearerToken()


@hookimpl
def connector_paginator(table: Table) -> SinglePage:
    return SinglePage()
