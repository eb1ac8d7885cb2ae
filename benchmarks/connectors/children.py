"""A parent table of 200 groups, each with one page of children: what the setting ``threads`` is for."""

import sys

import connector_fts
from connector_core import ApiKeyHeader, Parent, SinglePage, Table, base_url, hookimpl
from connector_core.runtime.fivetran import connector_for
from connector_core.source.settings import Setting

GROUPS = Table(name="groups", path="/groups", records="groups", primary_key=("id",), columns={"id": "LONG"})
CHILDREN = Table(
    name="fts_records",
    path="/groups/{parent.id}/fts_data",
    records="fts_records",
    primary_key=("group_id", "record_id"),
    columns={**connector_fts.RECORDS.columns, "group_id": "LONG"},
    parent=Parent("groups", adds={"group_id": "id"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [GROUPS, CHILDREN]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("api_key")


@hookimpl
def connector_paginator() -> SinglePage:
    return SinglePage()


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://api.example.com")]


connector = connector_for({"children": sys.modules[__name__]})
