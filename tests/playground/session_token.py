"""Users behind a login that answers with a token for an hour."""

from connector_core import SessionLogin, SinglePage, Table, hookimpl

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/auth/session_token/data",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_auth() -> SessionLogin:
    return SessionLogin("/auth/session_token/login", prefix="Token ", lifetime=3600)


@hookimpl
def connector_paginator(table: Table) -> SinglePage:
    return SinglePage()
