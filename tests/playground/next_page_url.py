"""Users, each answer with the whole address of the next page."""

from connector_core import NextLinkPaginator, Setting, Table, hookimpl, page_size

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/pagination/next_page_url",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_paginator(table: Table) -> NextLinkPaginator:
    return NextLinkPaginator("next_page_url", size_param="per_page")


@hookimpl
def connector_settings() -> list[Setting]:
    return [page_size(50, maximum=50)]
