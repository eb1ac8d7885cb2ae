"""Users by offset and limit; each answer says how many users there are."""

from connector_core import OffsetPaginator, Setting, Table, hookimpl, page_size, total_reached

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/pagination/offset",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_paginator(table: Table) -> OffsetPaginator:
    return OffsetPaginator(stop=[total_reached("total")])


@hookimpl
def connector_settings() -> list[Setting]:
    return [page_size(50, maximum=50)]
