"""Users by a scroll parameter that stands for the last one's updatedAt."""

from connector_core import CursorPaginator, Table, hookimpl

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/pagination/keyset",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator(param="scroll_param", next_field="scroll_param", size_param=None, incremental=True)
