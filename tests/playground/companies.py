"""Companies whose updatedAt is not before the newest one seen, and the same of the departments of each."""

from connector_core import Parent, Table, UpdatedSince, hookimpl

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
DEPARTMENTS = Table(
    name="departments",
    path="/cursors/{parent.company_id}/departments",
    records="data",
    primary_key=("department_id", "company_id"),
    columns={
        "department_id": "LONG",
        "company_id": "LONG",
        "department_name": "STRING",
        "createdAt": "UTC_DATETIME",
        "updatedAt": "UTC_DATETIME",
    },
    parent=Parent("companies", adds={"company_id": "company_id"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [COMPANIES, DEPARTMENTS]


@hookimpl
def connector_paginator(table: Table) -> UpdatedSince:
    return UpdatedSince("updated_since", newest="updatedAt")
