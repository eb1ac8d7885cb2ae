"""Users whose updatedAt is not before the newest one seen."""

from connector_core import Table, UpdatedSince, hookimpl

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/incremental/timestamp",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_paginator(table: Table) -> UpdatedSince:
    return UpdatedSince("since", newest="updatedAt")
