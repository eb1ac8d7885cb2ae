"""What is recorded holds no secret, wherever an API puts it, and is answered again all the same."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from away import StandIn, mounted
from cases.support import Answer, Call, Reply, serving
from connector_build.api.recording import NotRecorded, Recording
from connector_build.api.replaying import Replayed
from connector_build.errors import UsageProblem
from connector_build.gallery import pinterest_reports, salesforce_bulk, shopify_bulk
from connector_build.review.preview import chosen, previews, replayed
from connector_build.review.proof.truth import truths
from connector_build.testing import ListLog, Run, Warehouse, signed
from connector_build.testing import discreet as bodies
from connector_build.testing.recording import record_pages
from connector_core import (
    ApiKeyHeader,
    ApiKeyPath,
    ApiKeyQuery,
    BasicAuth,
    Csv,
    NextLinkPaginator,
    OAuth2ClientCredentials,
    SessionLogin,
    SinglePage,
    Table,
    Windows,
    Zip,
    hookimpl,
)
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble

COLUMNS = {"id": "STRING", "note": "STRING"}
ITEMS = Table("kept_items", "/items", "items", ["id"], COLUMNS)


def dataset(auth: Any, table: Table = ITEMS, paginator: Any = None) -> Assembly:
    @hookimpl
    def connector_tables() -> list[Table]:
        return [table]

    @hookimpl
    def connector_auth() -> Any:
        return auth

    @hookimpl
    def connector_paginator(table: Table) -> Any:
        return paginator or SinglePage()

    return assemble(
        [Plugin("kept", SimpleNamespace(**{name: value for name, value in locals().items() if "connector_" in name}))]
    )


def recorded(assembly: Assembly, answer: Answer, folder: Path, **given: str) -> tuple[Recording, str]:
    """What is recorded of an API, and the file that it is written into."""
    with serving(answer) as api:
        made, _ = record_pages("kept", assembly, {"base_url": api.url, "page_size": "10", **given})
    file = folder / "pages.json"
    made.save(file)
    assert Recording.load(file) == made
    assert not [path for path in folder.iterdir() if path != file]
    return made, file.read_text()


def rows(assembly: Assembly, made: Recording) -> dict[Any, Any]:
    """The rows of the first table after two syncs from a recording."""
    assembly = signed(assembly, made.settings)
    warehouse = Warehouse(assembly)
    for _ in range(2):
        Run(page_size=made.page_size).sync(assembly, warehouse, made.reply)
    return warehouse.live(assembly.tables[0].table.name)


def zipped(text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("items.csv", text)
    return made.getvalue()


CSV = Table("kept_items", "/items", "@", ["id"], COLUMNS, format=Csv())
ZIPPED = Table("kept_items", "/items", "@", ["id"], COLUMNS, format=Zip(Csv()))
Body = Callable[[str, Call], Reply]


def in_json(secret: str, call: Call) -> Reply:
    return Reply({"items": [{"id": "1", "note": f"by {secret}"}], secret: 1, "link": f"{call.base}/x?api_key={quote(secret)}"})


def in_headers(secret: str, call: Call) -> Reply:
    plain = quote(secret, safe="")
    return Reply(
        {"items": [{"id": "1"}]}, 200, {"Link": f"<{call.base}/i?k={plain}>; rel=self", "Set-Cookie": f"session={plain}"}
    )


def in_csv(secret: str, _: Call) -> Reply:
    return Reply(f"id,note\n1,{secret}\n".encode(), 200, {"Content-Type": "text/csv"})


def in_gzip(secret: str, call: Call) -> Reply:
    return Reply(gzip.compress(in_csv(secret, call).content), 200, {"Content-Type": "text/csv"})


def in_zip(secret: str, call: Call) -> Reply:
    return Reply(zipped(in_csv(secret, call).content.decode()), 200, {"Content-Type": "application/zip"})


PLACES: Mapping[str, tuple[Table, Body]] = {
    "json": (ITEMS, in_json),
    "headers": (ITEMS, in_headers),
    "csv": (CSV, in_csv),
    "gzip": (CSV, in_gzip),
    "zip": (ZIPPED, in_zip),
}
AUTHS: Mapping[str, tuple[Any, str]] = {
    "header": (ApiKeyHeader("X-Key"), "api_key"),
    "query": (ApiKeyQuery("k"), "api_key"),
    "path": (ApiKeyPath("/bot"), "api_key"),
    "basic": (BasicAuth(), "password"),
}


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.text("abcdefghkmABCDEFG23456789-._~", min_size=16, max_size=40), kind=st.sampled_from(sorted(AUTHS)))
def test_no_secret_of_the_configuration_is_in_the_file(place: str, secret: str, kind: str, tmp_path: Path) -> None:
    secret = f"q7{secret}"
    table, body = PLACES[place]
    auth, name = AUTHS[kind]
    assembly = dataset(auth, table)
    made, text = recorded(assembly, lambda call: body(secret, call), tmp_path, **{name: secret, "username": "me"})
    assert secret not in text
    assert quote(secret, safe="") not in text
    assert all(secret.encode() not in bytes_of(made, number) for number in range(len(made.answers)))
    assert list(rows(assembly, made)) == [("1",)]


def bytes_of(made: Recording, number: int) -> bytes:
    """An answer as it is replayed, unpacked."""
    body = made.answers[number].body.encode(made.answers[number].encoding)
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("auth", [SessionLogin("/login"), OAuth2ClientCredentials(token_url="/token")], ids=["login", "oauth"])
def test_no_token_that_the_api_gives_is_in_the_file(auth: Any, tmp_path: Path) -> None:
    token = "c4nary0token5f1e2d3c"

    def api(call: Call) -> Any:
        if call.method == "POST":
            return {"token": token, "access_token": token, "token_type": "Bearer", "expires_in": 3600}
        assert token in call.headers["authorization"]
        items = [{"id": call.query.get("page", "1"), "note": f"token {token}"}]
        return {"items": items, "next": None if "page" in call.query else f"{call.base}/items?page=2&access_token={token}"}

    given = {"username": "me", "password": "c4nary-password", "client_id": "c4nary-client", "client_secret": "c4nary-secret"}
    assembly = dataset(auth, paginator=NextLinkPaginator("next"))
    names = {setting.name for setting in assembly.settings}
    made, text = recorded(assembly, api, tmp_path, **{name: value for name, value in given.items() if name in names})
    assert "c4nary" not in text
    assert sorted(rows(assembly, made)) == [("1",), ("2",)]


def test_addresses_that_somebody_signed_are_recorded_unsigned(tmp_path: Path) -> None:
    signs = "X-Amz-Credential=c4nary1&X-Amz-Expires=60&X-Amz-Signature=c4nary2"

    def api(_: Call) -> Any:
        return {
            "items": [{"id": "1", "note": f"https://store.example.com/a.pdf?{signs}"}, {"id": "2", "note": "sig=plain words"}]
        }

    made, text = recorded(dataset(ApiKeyHeader("X-Key")), api, tmp_path, api_key="c4nary-key")
    assert "c4nary" not in text
    assert "X-Amz-Credential=***&X-Amz-Expires=60&X-Amz-Signature=***" in text
    assert "sig=plain words" in text
    assert len(made.answers) == 1


def test_too_large_an_answer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST", 1_000_000)
    body = gzip.compress(b"id,note\n" + b"1,aaaaaaaaaaaaaaaaaaaaaaaa\n" * 60_000)
    with pytest.raises(UsageProblem, match="kept_items: an answer has more than 1 MB"):
        recorded(dataset(ApiKeyHeader("X-Key"), CSV), lambda _: Reply(body, 200, {}), tmp_path, api_key="k")
    assert not list(tmp_path.iterdir())


# Exports that are made by a job, and kept by somebody else


def salesforce(call: Call) -> Any:
    if call.method == "POST":
        return {"id": "7501", "state": "UploadComplete"}
    if not call.path.endswith("/results"):
        return {"id": "7501", "state": "JobComplete"}
    text = "Id,Name,Industry,AnnualRevenue,IsDeleted,SystemModstamp\n0011,one,,1.5,false,2026-01-01T00:00:00.000Z\n"
    return Reply(text.encode(), 200, {"Content-Type": "text/csv", "Sforce-Locator": "null"})


def shopify(call: Call) -> Any:
    if "bulkOperationRunQuery" in call.body["query"]:
        return {"data": {"bulkOperationRunQuery": {"bulkOperation": {"id": "gid://b/1"}, "userErrors": []}}}
    node = {"status": "COMPLETED", "errorCode": None, "objectCount": "1", "url": f"https://storage.googleapis.com/b/1?{SIGNED}"}
    return {"data": {"node": node}, "extensions": {"cost": {}}}


def pinterest(call: Call) -> Any:
    if call.method == "POST":
        return {"report_status": "IN_PROGRESS", "token": "REPORT/7", "message": None}
    return {"report_status": "FINISHED", "url": f"https://reports.s3.amazonaws.com/7.csv?{SIGNED}", "size": 1}


def store(call: Call) -> Reply:
    if call.path == "/b/1":
        return Reply(
            json.dumps({"id": "gid://o/1", "displayFinancialStatus": "PAID"}).encode(), 200, {"Content-Type": "text/plain"}
        )
    text = "CAMPAIGN_ID,DATE,SPEND_IN_MICRO_DOLLAR,IMPRESSION_1,CLICKTHROUGH_1\n1,2026-01-01,10,1,0\n"
    return Reply(text.encode(), 200, {"Content-Type": "text/csv"})


SIGNED = "X-Goog-Signature=c4nary5ignature0f9d&Signature=c4nary0ther5ignature"
GIVEN = {"ad_account_id": "549", "start_date": "2026-01-01", "end_date": "2026-01-03"}


@pytest.mark.parametrize(
    ("module", "api", "host", "given"),
    [
        (salesforce_bulk, salesforce, "", {"token": "c4nary-token"}),
        (shopify_bulk, shopify, "storage.googleapis.com", {"access_token": "c4nary-token"}),
        (pinterest_reports, pinterest, "reports.s3.amazonaws.com", {"token": "c4nary-token", **GIVEN}),
    ],
    ids=["salesforce", "shopify", "pinterest"],
)
def test_exports_are_recorded(module: Any, api: Answer, host: str, given: dict[str, str], tmp_path: Path) -> None:
    assembly = assemble([Plugin(module.__name__, module)])
    with serving(api) as home, serving(store) as other:
        standins = [StandIn(host, other.url)] if host else []
        configuration = {"base_url": home.url, **given}
        client = mounted(partial(make_client, sleep=lambda _: None), *standins)
        made, remarks = record_pages("exports", assembly, configuration, client=client)
    made.save(tmp_path / "pages.json")
    text = (tmp_path / "pages.json").read_text()
    assert "c4nary" not in text
    assert made.elsewhere == ((f"https://{host}",) if host else ())
    assert not [each for each in remarks if "fails" in each]
    assert re.findall(r'"asks": true', text)
    assert len(rows(assembly, made)) == 1
    with replayed(assembly, made) as source:
        [shown] = previews(source, chosen(assembly, []), 3)
    assert (len(shown.rows), shown.problem) == (1, "")
    assert [each.records for each in truths(assembly, made).values()] == [1]
    # And over HTTP, where what others keep is at the same server.
    warehouse = Warehouse(assembly)
    with Replayed(made, assembly, "any") as replay:
        sync(assembly, replay.configuration, {}, warehouse, ListLog(), Engine(partial(make_client, sleep=lambda _: None)))
        assert replay.missed == []
    assert len(warehouse.live(assembly.tables[0].table.name)) == 1


def test_a_window_that_reaches_to_today_is_replayed_on_another_day(tmp_path: Path) -> None:
    def of(day: date) -> Assembly:
        days = Table("kept_items", "/items", "items", ["id"], {"id": "STRING", "on": "NAIVE_DATE"})
        return dataset(ApiKeyHeader("X-Key"), days, Windows("from", "to", "2026-01-01", 40, today=lambda: day))

    def api(call: Call) -> Any:
        return {"items": [{"id": call.query["from"], "on": call.query["from"]}]}

    at = datetime(2026, 3, 5, 10, tzinfo=UTC)
    with serving(api) as home:
        configuration = {"base_url": home.url, "api_key": "c4nary-key"}
        made, _ = record_pages("kept", of(at.date()), configuration, now=lambda: at)
    wanted = [("2026-01-01",), ("2026-02-10",)]
    assert sorted(rows(of(at.date()), made)) == wanted
    assert sorted(rows(of(date(2026, 3, 20)), made)) == wanted
    with pytest.raises(NotRecorded, match="It was made on 2026-03-05, and knows of no time after that"):
        rows(of(date(2026, 6, 1)), made)
