"""Exchange rates: the latest rates of some base currencies, an object keyed by currency."""

from connector_core import Each, Setting, SinglePage, Table, base_url, hookimpl, keyed, stamped

RATES = Table(
    name="rates",
    path="/latest",
    records="[@]",
    rows=[keyed("rates", key="currency", value="rate"), stamped({"day": "date"})],
    primary_key=["base", "day", "currency"],
    columns={"base": "STRING", "day": "NAIVE_DATE", "currency": "STRING", "rate": "DOUBLE"},
    params={"base": "{each.value}"},
    each=Each("bases", adds={"base": "value"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [RATES]


@hookimpl
def connector_paginator(table: Table) -> SinglePage:
    return SinglePage()


@hookimpl
def connector_settings() -> list[Setting]:
    return [
        base_url("https://api.frankfurter.dev/v1"),
        Setting("bases", description="Currencies to have rates of.", default="EUR, USD", kind="list"),
    ]
