"""Users by number, fifty at a time."""

from connector_core import Table, Windows, hookimpl

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/incremental/step",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_paginator(table: Table) -> Windows:
    return Windows("start_id", "end_id", start=1, step=50)
