"""Elasticsearch: documents of an index by search_after, a list that goes back as it came."""

from connector_core import (
    ApiKeyHeader,
    CursorPaginator,
    Setting,
    Table,
    Transform,
    base_url,
    drop,
    empty_page,
    hookimpl,
    page_size,
)

DOCUMENTS = Table(
    name="documents",
    path="/{settings.index}/_search",
    records="hits.hits",
    primary_key=["_id"],
    columns={"_id": "STRING", "_index": "STRING", "_source": "JSON"},
    body={"query": {"match_all": {}}, "sort": [{"_doc": "asc"}]},
    overrule=["hits.total.value"],
)


@hookimpl
def connector_tables() -> list[Table]:
    return [DOCUMENTS]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("Authorization", prefix="ApiKey ")


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator(
        "search_after", "hits.hits[-1].sort", size_param="size", where="body", missing_ends=True, stop=[empty_page()]
    )


@hookimpl
def connector_transforms(table: Table) -> list[Transform]:
    return [Transform("without_sort", drop("sort"))]


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url(), page_size(100, maximum=10_000), Setting("index", description="Name of the index.")]
