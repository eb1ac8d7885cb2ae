"""openFDA: adverse events by windows of the day on which they came in, in a range expression; no read beyond 25,000."""

from connector_core import (
    ApiKeyQuery,
    OffsetPaginator,
    Setting,
    Table,
    Windows,
    base_url,
    hard_limit,
    hookimpl,
    ignore,
    page_size,
)

from connector_core import total_reached  # isort: skip

EVENTS = Table(
    name="drug_events",
    path="/drug/event.json",
    records="results",
    primary_key=["safetyreportid"],
    columns={
        "safetyreportid": "STRING",
        "receivedate": "NAIVE_DATE",
        "serious": "STRING",
        "occurcountry": "STRING",
        "patient": "JSON",
    },
    errors=[ignore(status=404)],
)


@hookimpl
def connector_tables() -> list[Table]:
    return [EVENTS]


@hookimpl
def connector_auth() -> ApiKeyQuery:
    return ApiKeyQuery("api_key")


@hookimpl
def connector_paginator(table: Table) -> Windows:
    pages = OffsetPaginator(
        "skip", size_param="limit", stop=[total_reached("meta.results.total", param="skip"), hard_limit(25_000, param="skip")]
    )
    return Windows("search", None, "2024-01-01", 1, pages, template="receivedate:[{from} TO {to}]", notation="%Y%m%d")


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://api.fda.gov"), page_size(100, maximum=1000)]
