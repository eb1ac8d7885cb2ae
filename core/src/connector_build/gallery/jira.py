"""Jira: issues of a project, by startAt, in pages that permissions may cut; updated ones by a JQL filter."""

from connector_core import BasicAuth, OffsetPaginator, Setting, Table, base_url, hookimpl, page_size, total_reached

ISSUES = Table(
    name="issues",
    path="/rest/api/2/search",
    records="issues",
    primary_key=["id"],
    columns={"id": "STRING", "key": "STRING", "self": "STRING", "fields": "JSON"},
    params={"jql": "project = {settings.project} order by created asc", "fields": "*navigable"},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [ISSUES]


@hookimpl
def connector_auth() -> BasicAuth:
    return BasicAuth("email", "api_token")


@hookimpl
def connector_paginator(table: Table) -> OffsetPaginator:
    return OffsetPaginator("startAt", size_param="maxResults", stop=[total_reached("total", param="startAt")])


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url(), page_size(100, maximum=100), Setting("project", description="Key of the project, such as OPS.")]
