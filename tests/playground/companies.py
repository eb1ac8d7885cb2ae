"""Companies, all of them in one answer."""

from connector_core import SinglePage, Table, hookimpl

COMPANIES = Table(
    name="companies",
    path="/cursors/companies",
    records="data",
    primary_key=("company_id",),
    columns={
        "company_id": "LONG",
        "company_name": "STRING",
        "createdAt": "UTC_DATETIME",
        "updatedAt": "UTC_DATETIME",
    },
)


@hookimpl
def connector_tables() -> list[Table]:
    return [COMPANIES]


@hookimpl
def connector_paginator(table: Table) -> SinglePage:
    return SinglePage()
