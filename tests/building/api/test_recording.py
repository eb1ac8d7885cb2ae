"""Recorded pages: what is written holds no secret, and is answered again as it came."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from broken import HEALTHY
from connector_build.api.recording import NotRecorded, Recorded
from connector_build.errors import BuildError, UsageProblem
from connector_build.testing import (
    Answering,
    ApiServer,
    Asked,
    ListLog,
    Mimic,
    Recording,
    Reply,
    Run,
    Warehouse,
    World,
    assembled,
    check_contract,
    record,
    recorder,
    replay,
    signed,
)
from connector_build.testing.recording import _check_discreet
from connector_core import Csv, Request, Table
from connector_core.auth.kinds import HeaderAuth
from connector_core.basics.discretion import Secrets
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly
from distributions import install_dataset

SECRET = "a key/that stays=home"  # with characters that an address escapes


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server
    assert server.errors == []


def put(folder: Path, patch: pytest.MonkeyPatch, dataset: str, below: str) -> Assembly:
    install_dataset(folder, dataset, (HEALTHY + below).replace("DATASET", dataset))
    patch.syspath_prepend(folder)
    return assembled(dataset, [option.name for option in assembled(dataset).options])


def serve(server: ApiServer, assembly: Assembly, **options: Any) -> World:
    world = World(assembly, **options)
    server.answering = Mimic(assembly, world, server.url).reply
    return world


def synced(assembly: Assembly, answering: Answering, size: int) -> Warehouse:
    """A destination after two syncs, with another auth than the one of the recording."""
    warehouse = Warehouse(assembly)
    for _ in range(2):
        Run(page_size=size).sync(signed(assembly), warehouse, answering)
    return warehouse


LINKS = """
from connector_core import ApiKeyQuery, NextLinkPaginator


@hookimpl
def connector_auth():
    return ApiKeyQuery("key")


@hookimpl
def connector_paginator(table):
    return NextLinkPaginator("next", size_param="n")
"""
BODY = """
@hookimpl
def connector_tables():
    return [Table(**PARTS, body={"of": "ships", "page": 1})]


@hookimpl
def connector_paginator(table):
    return CursorPaginator(where="body")
"""
HEADERS = """
@hookimpl
def connector_paginator(table):
    return CursorPaginator("X-Cursor", where="header", next_header="X-Next")
"""
CHILDREN = """
from connector_core import Parent

TRIPS = Table(
    name="trips",
    path="/shifts/{parent.shift_id}/trips",
    records="trips",
    primary_key=["trip_id", "shift_id"],
    columns={"trip_id": "LONG", "shift_id": "STRING", "km": "DOUBLE"},
    parent=Parent("DATASET_shifts", {"shift_id": "shift_id"}),
)


@hookimpl
def connector_tables():
    return [Table(**PARTS), TRIPS]


@hookimpl
def connector_transforms(table):
    return []


@hookimpl
def connector_extra_tables(table):
    return []
"""
CSV = """
from connector_core import Csv, SinglePage


@hookimpl
def connector_tables():
    return [Table(**{**PARTS, "records": "@"}, format=Csv(delimiter=";", encoding="latin-1"))]


@hookimpl
def connector_paginator(table):
    return SinglePage()
"""
SINCE = """
from connector_core import UpdatedSince


@hookimpl
def connector_paginator(table):
    return UpdatedSince("since", newest="updated", pages=CursorPaginator())
"""


@pytest.mark.parametrize(
    ("dataset", "below"),
    [
        ("in_query", ""),
        ("in_links", LINKS),
        ("in_body", BODY),
        ("in_headers", HEADERS),
        ("of_children", CHILDREN),
        ("in_csv", CSV),
        ("since", SINCE),
    ],
)
def test_a_recording_brings_what_the_api_brought(
    dataset: str, below: str, server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assembly = put(tmp_path, monkeypatch, dataset, below)
    world = serve(server, assembly)
    pages = tmp_path / "pages.json"
    made = record(dataset, {"base_url": server.url, "api_key": SECRET, "page_size": "5"}, pages)
    assert Recording.load(pages) == made
    warehouse = synced(assembly, replay(pages), 5)
    for plan in assembly.tables:
        assert warehouse.live(plan.table.name) == world.expected(plan)
        assert len(warehouse.live(plan.table.name)) >= 12
    text = pages.read_text()
    assert server.url not in text
    assert "stays" not in text
    failed = [finding for finding in check_contract(dataset, pages=pages, rules=CHECKED) if finding.status != "pass"]
    assert failed == []


CHECKED = ["paginator_ends", "paginator_advances", "bookmarks", "exact_tables"]

FUNCTION = """
from connector_core import FunctionPaginator


def next_request(request, page):
    return request.placed("query", "quarter", page.body["next"]) if page.body["next"] else None


@hookimpl
def connector_paginator(table):
    return FunctionPaginator(next_request)
"""


def quarters(asked: Asked) -> Reply:
    number = int(asked.params.get("quarter", "1"))
    records = [{"shift_id": f"{number}-{each}", "memberId": "A", "pay": 1.5, "hours": 2} for each in range(2)]
    return Reply(200, {}, json.dumps({"shifts": records, "next": number + 1 if number < 3 else None}).encode())


def test_a_paginator_that_is_a_function_is_checked_with_recorded_pages(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, monkeypatch, "quarterly", FUNCTION)
    server.answering = quarters
    pages = tmp_path / "pages.json"
    record("quarterly", {"base_url": server.url, "api_key": SECRET}, pages)
    assert {finding.status for finding in check_contract("quarterly", rules=CHECKED)} == {"skip"}
    assert {finding.status for finding in check_contract("quarterly", pages=pages, rules=CHECKED)} == {"pass"}

    found = json.loads(pages.read_text())
    found["answers"][-1]["body"] = found["answers"][-1]["body"].replace('"next": null', '"next": 4')
    pages.write_text(json.dumps(found))
    ends, *others = check_contract("quarterly", pages=pages, rules=CHECKED)
    assert ends.status == "fail"
    assert "from recorded pages with pages of 100: GET /shifts?quarter=4 is not in the recording" in ends.message
    assert {finding.status for finding in others} == {"skip"}


def test_what_was_recorded_wrong_is_not_exact(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, monkeypatch, "torn_pages", FUNCTION)
    server.answering = quarters
    pages = tmp_path / "pages.json"
    record("torn_pages", {"base_url": server.url, "api_key": SECRET}, pages)
    pages.write_text(pages.read_text().replace('\\"shift_id\\": \\"2-0\\"', '\\"shift_id\\": null'))
    [exact] = [each for each in check_contract("torn_pages", pages=pages, rules=CHECKED) if each.status == "fail"]
    assert exact.rule == "exact_tables"
    assert "shift_id, which identifies it, is null" in exact.message


def test_a_secret_that_the_api_sends_back_is_struck(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, monkeypatch, "echoing", LINKS)

    def answer(asked: Asked) -> Reply:
        link = None if "page" in asked.params else f"{server.url}/shifts?key=a%20key%2Fthat%20stays%3Dhome&page=2"
        shift = {"shift_id": asked.params.get("page", "1"), "memberId": asked.params["key"], "pay": 1.0}
        body = json.dumps({"shifts": [shift], "next": link, "heard": f"{asked.headers} {SECRET}"})
        return Reply(200, {"Set-Cookie": f"session={SECRET}", "X-Heard": SECRET, "Link": f"<{SECRET}>"}, body.encode())

    server.answering = answer
    pages = tmp_path / "pages.json"
    record("echoing", {"base_url": server.url, "api_key": SECRET}, pages)
    assert [request.params["key"] for request in server.requests] == [SECRET] * 2
    text = pages.read_text()
    assert "stays" not in text
    assert "ookie" not in text
    assert 'eard\\":' in text
    made = Recording.load(pages)
    assert [each.line for each in made.answers] == ["GET /shifts?n=100", "GET /shifts?page=2"]
    assert all(set(each.headers) == {"link"} for each in made.answers)
    warehouse = synced(assembled("echoing"), replay(pages), 100)
    assert {row["memberId"] for row in warehouse.live("echoing_shifts").values()} == {"***"}


def test_a_token_that_the_api_issues_is_struck_too(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = """
from connector_core import SessionLogin


@hookimpl
def connector_auth():
    return SessionLogin("/login")
"""
    assembly = put(tmp_path, monkeypatch, "logging_in", below)
    mimic = Mimic(assembly, World(assembly, count_of=3))
    issued: list[str] = []

    def answer(asked: Asked) -> Reply:
        if asked.path == "/login":
            issued.append(f"token-{len(issued)}-issued")
            return Reply(200, {}, json.dumps({"token": issued[-1]}).encode())
        if asked.headers["authorization"] != "Bearer token-1-issued":
            return Reply(401)
        reply = mimic.reply(asked)
        return evolve(reply, body=reply.body.replace(b"text 1", b"token-1-issued"))

    server.answering = answer
    pages = tmp_path / "pages.json"
    made = record("logging_in", {"base_url": server.url, "username": "me", "password": SECRET}, pages)
    assert issued == ["token-0-issued", "token-1-issued"]
    assert [(each.line, each.status) for each in made.answers] == [("GET /shifts?page_size=100", 200)]
    assert "issued" not in pages.read_text()
    assert len(synced(assembly, replay(pages), 100).live("logging_in_shifts")) == 3


def test_the_answer_to_the_last_try_is_recorded(server: ApiServer, tmp_path: Path) -> None:
    table = Table("users", "/users", "users", ["id"], {"id": "LONG"})
    server.respond("/users", status=503, headers={"Retry-After": "0"})
    server.respond("/users", json={"users": [{"id": 1}]}, headers={"X-Total": "1", "X-Other": "2"})
    client = Client(server.url, HeaderAuth("X-Key", SECRET), ListLog(), secrets=[SECRET], sleep=lambda _: None)
    with recorder(client, server.url, [SECRET], headers=["X-Total"]) as listening:
        page = listening.fetch(table, Request("/users", {"q": SECRET}, headers={"X-Page": "1"}))
    assert page.records == [{"id": 1}]
    [answer] = listening.answers
    assert answer.request == Asked("GET", "/users", {}, {"x-page": "1"})
    assert (answer.status, dict(answer.headers)) == (200, {"content-type": "application/json", "x-total": "1"})
    assert SECRET not in repr(listening)
    listening.recording(7).save(tmp_path / "pages.json")
    assert Recording.load(tmp_path / "pages.json").page_size == 7


def test_what_was_packed_is_recorded_as_text(server: ApiServer, tmp_path: Path) -> None:
    table = Table("users", "/users", "@", ["id"], {"id": "STRING"}, format=Csv(encoding="latin-1"))
    server.respond("/users", body=gzip.compress("id\nü\n".encode("latin-1")))
    server.respond("/packed", body=gzip.compress("id\nö\n".encode("latin-1")), headers={"Content-Encoding": "gzip"})
    client = Client(server.url, HeaderAuth("X-Key", SECRET), ListLog())
    with recorder(client, server.url, [SECRET]) as listening:
        assert list(listening.fetch(table, Request("/users")).records) == [{"id": "ü"}]
        assert list(listening.fetch(table, Request("/packed")).records) == [{"id": "ö"}]
    listening.recording(1).save(tmp_path / "pages.json")
    assert [each["body"] for each in json.loads((tmp_path / "pages.json").read_text())["answers"]] == ["id\nü\n", "id\nö\n"]
    assert replay(tmp_path / "pages.json")(Asked("GET", "/users")).body == "id\nü\n".encode("latin-1")


def test_too_long_a_feed_is_refused_and_nothing_is_written(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assembly = put(tmp_path, monkeypatch, "long_feed", "")
    serve(server, assembly)
    with pytest.raises(UsageProblem, match=r"long_feed take more than 2 requests\. Record an account with fewer records"):
        record("long_feed", {"base_url": server.url, "api_key": SECRET, "page_size": "5"}, tmp_path / "pages.json", limit=2)
    assert not (tmp_path / "pages.json").exists()
    assert len(server.requests) == 2


def test_a_secret_that_is_left_is_never_written() -> None:
    answer = Recorded(Asked("GET", "/users"), 200, {}, '{"a": "a-secret"}')
    _check_discreet(Recording(1, (answer,)), Secrets(["another"]))
    with pytest.raises(BuildError, match="/users: its answer still holds a secret, so nothing was written"):
        _check_discreet(Recording(1, (answer,)), Secrets(["a-secret"]))


ANSWERS = (
    Recorded(Asked("GET", "/users", {"page": "1"}), 200, {}, "one"),
    Recorded(Asked("GET", "/users", {"page": "2"}, {"x-of": "ships"}), 200, {}, "two"),
    Recorded(Asked("POST", "/users", {}, {}, {"page": 1}), 201, {"link": "<x>"}, "three"),
)


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        (Asked("GET", "/users", {"page": "1"}, {"accept": "*/*"}), b"one"),
        (Asked("GET", "/users", {"page": "1", "key": "***"}), b"one"),
        (Asked("GET", "/users", {"page": "2"}, {"x-of": "ships", "accept": "*/*"}), b"two"),
        (Asked("POST", "/users", {}, {}, {"page": 1}), b"three"),
    ],
)
def test_a_request_finds_its_answer(asked: Asked, body: bytes) -> None:
    assert Recording(1, ANSWERS).reply(asked).body == body


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        (Asked("GET", "/users", {"page": "11"}), "GET /users?page=1"),
        (Asked("GET", "/users", {"page": "2"}, {"x-of": "trains"}), "GET /users?page=2 x-of: ships"),
        (Asked("POST", "/users", {}, {}, {"page": 2}), 'POST /users {"page": 1}'),
        (Asked("PUT", "/users", {"page": "1"}), "GET /users?page=1"),
        (Asked("GET", "/user", {"page": "1"}), "GET /users?page=1"),
    ],
)
def test_an_unknown_request_names_the_nearest(asked: Asked, nearest: str) -> None:
    with pytest.raises(NotRecorded) as caught:
        Recording(1, ANSWERS).reply(asked)
    message = str(caught.value)
    assert f"The nearest of the 3 requests in it is {nearest}. If the plugin now asks" in message
    assert message.startswith(f"{asked.method} {asked.path}")


def test_an_empty_recording_says_so() -> None:
    with pytest.raises(NotRecorded, match=r"GET / is not in the recording\. It is empty\."):
        Recording(1, ()).reply(Asked("GET", "/"))


ODD = '{"page_size": 1, "answers": [{"request": "GET /", "status": 200, "headers": {}, "body": "é", "encoding": "%s"}]}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"page_size": 1, "answers": [{}]}',
        '{"page_size": 1, "answers": 5}',
        ODD % "none",
        ODD % "ascii",
        "[" * 99999,
    ],
)
def test_a_file_that_is_no_recording_is_wrong_use(text: str, tmp_path: Path) -> None:
    (tmp_path / "pages.json").write_text(text)
    with pytest.raises(UsageProblem, match=r"pages\.json is no recording that can be read"):
        replay(tmp_path / "pages.json")


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"pages\.json is no recording that can be read \(FileNotFoundError"):
        replay(tmp_path / "pages.json")
