"""Users behind a user name and a password."""

from connector_core import BasicAuth, SinglePage, Table, hookimpl

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/auth/http_basic",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_auth() -> BasicAuth:
    return BasicAuth()


@hookimpl
def connector_paginator(table: Table) -> SinglePage:
    return SinglePage()
