"""The plugins of the gallery that read by an export job: three syncs of each, from a server that keeps its API's contract."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from away import StandIn
from cases.support import Answer, Call, Connection, Reply, serving
from connector_build.gallery import pinterest_reports, salesforce_bulk, shopify_bulk
from connector_build.testing.warehouse.memory import Warehouse
from connector_core.plugin.assembly import Plugin, assemble

SIGNED = "c4nary5ignature0f9d"


@contextmanager
def connected(module: ModuleType, api: Answer, store: tuple[str, Answer] | None, **given: str) -> Iterator[Connection]:
    assembly = assemble([Plugin(module.__name__, module)])
    with serving(api) as home, serving(store[1] if store else api) as other:
        made = Connection(assembly, home, Warehouse(assembly), given)
        made.elsewhere = [StandIn(store[0], other.url)] if store else []
        yield made


def csv(*rows: Mapping[str, Any]) -> bytes:
    return "".join(",".join(str(value) for value in line) + "\n" for line in (rows[0], *(row.values() for row in rows))).encode()


def test_shopify_in_bulk() -> None:
    orders = {"gid://shopify/Order/1": "paid", "gid://shopify/Order/2": "pending"}
    jobs: list[int] = []

    def api(call: Call) -> Any:
        assert call.headers["x-shopify-access-token"] == "canary-token"
        assert (call.method, call.path) == ("POST", "/admin/api/2025-01/graphql.json")
        if "bulkOperationRunQuery" in call.body["query"]:
            jobs.append(0)
            made = {"bulkOperation": {"id": f"gid://shopify/BulkOperation/{len(jobs)}"}, "userErrors": []}
            return {"data": {"bulkOperationRunQuery": made}}
        assert call.body["variables"]["id"] == f"gid://shopify/BulkOperation/{len(jobs)}"
        jobs[-1] += 1
        ready = jobs[-1] > 2
        url = f"https://storage.googleapis.com/bulk/{len(jobs)}.jsonl?X-Goog-Signature={SIGNED}" if ready and orders else None
        node = {"status": "COMPLETED" if ready else "RUNNING", "errorCode": None, "objectCount": str(len(orders)), "url": url}
        return {"data": {"node": node}, "extensions": {"cost": {}}}

    def store(call: Call) -> Reply:
        assert call.query == {"X-Goog-Signature": SIGNED}
        lines = [json.dumps({"id": order, "displayFinancialStatus": status}) for order, status in orders.items()]
        return Reply("\n".join(lines).encode(), 200, {"Content-Type": "application/jsonl"})

    with connected(shopify_bulk, api, ("storage.googleapis.com", store), access_token="canary-token") as one:
        for change in ({}, {"gid://shopify/Order/2": "paid"}, {"gid://shopify/Order/3": "refunded"}):
            orders.update(change)
            one.sync()
            assert {row["id"]: row["displayFinancialStatus"] for row in one.rows("orders")} == orders
        assert jobs == [3, 3, 3]
        assert SIGNED not in json.dumps([one.warehouse.state, one.log.infos])


def test_shopify_in_bulk_says_what_the_api_objects_to() -> None:
    made = {"bulkOperation": None, "userErrors": [{"field": None, "message": "A bulk query operation is already in progress"}]}
    with (
        connected(shopify_bulk, lambda _: {"data": {"bulkOperationRunQuery": made}}, None, access_token="t") as one,
        pytest.raises(Exception, match=r"names no job.*already in progress"),
    ):
        one.sync()


def test_pinterest_reports() -> None:
    spent = {"2026-01-01": 10, "2026-01-02": 20}
    asked: list[Any] = []

    def api(call: Call) -> Any:
        assert call.path == "/v5/ad_accounts/549/reports"
        assert call.headers["authorization"] == "Bearer canary-token"
        if call.method == "POST":
            asked.append(call.body)
            return {"report_status": "IN_PROGRESS", "token": "REPORT/7", "message": None}
        assert call.query == {"token": "REPORT/7"}
        if call.number % 3 == 1:
            return {"report_status": "IN_PROGRESS", "url": None, "size": None}
        url = f"https://reports.s3.amazonaws.com/7.csv?X-Amz-Signature={SIGNED}"
        return {"report_status": "FINISHED", "url": url, "size": 1}

    def store(_: Call) -> Reply:
        lines = [{"CAMPAIGN_ID": 1, "DATE": day, "SPEND_IN_MICRO_DOLLAR": number} for day, number in spent.items()]
        return Reply(
            csv(*({**line, "IMPRESSION_1": 1, "CLICKTHROUGH_1": 0} for line in lines)), 200, {"Content-Type": "text/csv"}
        )

    given = {"token": "canary-token", "ad_account_id": "549", "start_date": "2026-01-01", "end_date": "2026-01-03"}
    with connected(pinterest_reports, api, ("reports.s3.amazonaws.com", store), **given) as one:
        for change in ({}, {"2026-01-02": 25}, {"2026-01-03": 5}):
            spent.update(change)
            one.sync()
            rows = {str(row["DATE"])[:10]: row["SPEND_IN_MICRO_DOLLAR"] for row in one.rows("campaign_days")}
            assert rows == spent
        assert [(body["start_date"], body["end_date"]) for body in asked] == [("2026-01-01", "2026-01-03")] * 3


def test_salesforce_in_bulk() -> None:
    accounts = {f"001{number}": f"account {number}" for number in range(5)}
    jobs: list[int] = []

    def api(call: Call) -> Any:
        assert call.headers["authorization"] == "Bearer canary-token"
        if call.method == "POST":
            jobs.append(0)
            return {"id": f"750{len(jobs)}", "state": "UploadComplete"}
        if not call.path.endswith("/results"):
            jobs[-1] += 1
            return {"id": f"750{len(jobs)}", "state": "InProgress" if jobs[-1] < 2 else "JobComplete"}
        assert call.path == f"/services/data/v61.0/jobs/query/750{len(jobs)}/results"
        start, size = int(call.query.get("locator", "MTA0")[3:]), int(call.query["maxRecords"])
        rest = {"Industry": "", "AnnualRevenue": "1.5", "IsDeleted": "false", "SystemModstamp": "2026-01-01T00:00:00.000Z"}
        lines = [{"Id": key, "Name": name, **rest} for key, name in list(accounts.items())[start : start + size]]
        locator = f"MTA{start + size}" if start + size < len(accounts) else "null"
        return Reply(csv(*lines), 200, {"Content-Type": "text/csv", "Sforce-Locator": locator})

    with connected(salesforce_bulk, api, None, token="canary-token", page_size="2") as one:
        for change in ({}, {"0011": "renamed"}, {"0019": "new"}):
            accounts.update(change)
            one.sync()
            assert {row["Id"]: row["Name"] for row in one.rows("accounts")} == accounts
        assert jobs == [2, 2, 2]
