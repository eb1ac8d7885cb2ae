"""FRED: observations of economic series, for a list of series."""

from connector_core import ApiKeyQuery, Each, OffsetPaginator, Setting, Table, base_url, hookimpl, total_reached

OBSERVATIONS = Table(
    name="observations",
    path="/series/observations",
    records="observations",
    primary_key=["series_id", "date"],
    columns={"series_id": "STRING", "date": "NAIVE_DATE", "value": "STRING", "realtime_start": "NAIVE_DATE"},
    params={"series_id": "{each.value}", "file_type": "json", "observation_start": "{settings.start_date}"},
    each=Each("series", adds={"series_id": "value"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [OBSERVATIONS]


@hookimpl
def connector_auth() -> ApiKeyQuery:
    return ApiKeyQuery("api_key")


@hookimpl
def connector_paginator(table: Table) -> OffsetPaginator:
    return OffsetPaginator(size_param="limit", stop=[total_reached("count")])


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url("https://api.stlouisfed.org/fred"),
        Setting("series", description="Ids of the series, such as GDP.", kind="list"),
        Setting("start_date", description="The first day to read.", default="1990-01-01", kind="date"),
    ]
