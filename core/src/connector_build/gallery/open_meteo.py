"""Open-Meteo: hourly weather of a list of places, in lists that stand beside each other."""

from connector_core import Each, Setting, SinglePage, Table, base_url, columns_to_rows, hookimpl, stamped

WEATHER = Table(
    name="hourly_weather",
    path="/v1/archive",
    records="[@]",
    rows=[columns_to_rows("hourly"), stamped({"timezone": "timezone"})],
    primary_key=["place", "time"],
    columns={
        "place": "STRING",
        "time": "NAIVE_DATETIME",
        "temperature_2m": "DOUBLE",
        "precipitation": "DOUBLE",
        "timezone": "STRING",
    },
    params={
        "location": "{each.value}",
        "hourly": "temperature_2m,precipitation",
        "start_date": "{settings.start_date}",
    },
    each=Each("places", adds={"place": "value"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [WEATHER]


@hookimpl
def connector_paginator(table: Table) -> SinglePage:
    return SinglePage()


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url("https://archive-api.open-meteo.com"),
        Setting("places", description="Places to read the weather of.", kind="list"),
        Setting("start_date", description="The first day to read.", default="30 days ago", kind="date"),
    ]
