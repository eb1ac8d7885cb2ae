"""Salesforce, Bulk API 2.0: accounts but for deleted ones, by a query job whose result is CSV in parts, led on by locators."""

from connector_core import (
    BearerToken,
    Csv,
    CursorPaginator,
    Job,
    Setting,
    Table,
    Transform,
    base_url,
    hookimpl,
    page_size,
    tombstones,
)

JOBS = "/services/data/v61.0/jobs/query"

ACCOUNTS = Table(
    name="accounts",
    path=JOBS,
    records="@",
    format=Csv(),
    body={"operation": "queryAll", "query": "SELECT Id, Name, Industry, AnnualRevenue, IsDeleted, SystemModstamp FROM Account"},
    primary_key=["Id"],
    columns={
        "Id": "STRING",
        "Name": "STRING",
        "Industry": "STRING",
        "AnnualRevenue": "DOUBLE",
        "IsDeleted": "BOOLEAN",
        "SystemModstamp": "UTC_DATETIME",
    },
)


@hookimpl
def connector_tables() -> list[Table]:
    return [ACCOUNTS]


@hookimpl
def connector_auth() -> BearerToken:
    return BearerToken()


@hookimpl
def connector_paginator(table: Table) -> Job:
    return Job(
        create="id",
        status=f"{JOBS}/{{job}}",
        at="state",
        done="JobComplete",
        failed=["Failed", "Aborted"],
        result=f"{JOBS}/{{job}}/results",
        pages=CursorPaginator("locator", size_param="maxRecords", next_header="Sforce-Locator", ends_at=["null"]),
    )


@hookimpl
def connector_transforms(table: Table) -> list[Transform]:
    return [Transform("deleted", tombstones("IsDeleted"))]


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://your-domain.my.salesforce.com"), page_size(50_000, maximum=250_000)]
