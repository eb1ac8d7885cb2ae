"""WordPress: posts, by page numbers; an API that answers 400 for the page behind the last."""

from connector_core import PageNumberPaginator, Setting, Table, base_url, hookimpl, ignore, page_size

POSTS = Table(
    name="posts",
    path="/wp-json/wp/v2/posts",
    records="@",
    primary_key=["id"],
    columns={
        "id": "LONG",
        "date_gmt": "NAIVE_DATETIME",
        "modified_gmt": "NAIVE_DATETIME",
        "slug": "STRING",
        "status": "STRING",
        "link": "STRING",
        "title": "JSON",
        "content": "JSON",
        "categories": "JSON",
        "tags": "JSON",
    },
    params={"orderby": "id", "order": "asc"},
    errors=[ignore(status=400, content=("code", "rest_post_invalid_page_number"))],
)


@hookimpl
def connector_tables() -> list[Table]:
    return [POSTS]


@hookimpl
def connector_paginator(table: Table) -> PageNumberPaginator:
    return PageNumberPaginator(size_param="per_page")


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url(), page_size(100, maximum=100)]
