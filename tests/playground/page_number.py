"""Users by the number of their page; each answer says how many pages there are."""

from connector_core import PageNumberPaginator, Setting, Table, hookimpl, last_page, page_size

TEXT = "id name email address company job"
TIMES = "createdAt updatedAt"

USERS = Table(
    name="users",
    path="/pagination/page_number",
    records="data",
    primary_key=("id",),
    columns={**dict.fromkeys(TEXT.split(), "STRING"), **dict.fromkeys(TIMES.split(), "UTC_DATETIME")},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [USERS]


@hookimpl
def connector_paginator(table: Table) -> PageNumberPaginator:
    return PageNumberPaginator(size_param="per_page", stop=[last_page("total_pages")])


@hookimpl
def connector_settings() -> list[Setting]:
    return [page_size(50, maximum=50)]
