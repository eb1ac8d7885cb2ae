"""Shopify, GraphQL in bulk: orders, by an operation that leaves JSON lines at a signed address of Google's store."""

from connector_core import ApiKeyHeader, Job, JsonLines, Request, Setting, Table, base_url, hookimpl

PATH = "/admin/api/2025-01/graphql.json"
QUERY = "{ orders { edges { node { id name createdAt updatedAt displayFinancialStatus email } } } }"
RUN = 'mutation { bulkOperationRunQuery(query: """%s""") { bulkOperation { id } userErrors { field message } } }'
ASK = "query($id: ID!) { node(id: $id) { ... on BulkOperation { status errorCode objectCount url } } }"

ORDERS = Table(
    name="orders",
    path=PATH,
    records="@",
    format=JsonLines(),
    body={"query": RUN % QUERY},
    primary_key=["id"],
    columns={
        "id": "STRING",
        "name": "STRING",
        "createdAt": "UTC_DATETIME",
        "updatedAt": "UTC_DATETIME",
        "displayFinancialStatus": "STRING",
        "email": "STRING",
    },
    elsewhere=["storage.googleapis.com"],
)


@hookimpl
def connector_tables() -> list[Table]:
    return [ORDERS]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("X-Shopify-Access-Token", setting="access_token")


@hookimpl
def connector_paginator(table: Table) -> Job:
    return Job(
        create="data.bulkOperationRunQuery.bulkOperation.id",
        status=Request(PATH, method="POST", json={"query": ASK, "variables": {"id": "{job}"}}),
        at="data.node.status",
        done="COMPLETED",
        failed=["FAILED", "CANCELED", "EXPIRED"],
        result="data.node.url",
    )


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://your-shop.myshopify.com")]
