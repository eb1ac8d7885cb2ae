"""Simulated APIs answer over HTTP as the documented ones do, and misbehave only when told to."""

import socket
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from connector_build.api.errors import Unmimicked
from connector_build.api.faults import KINDS, Fault, Faults, Strike
from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.cli.main import main
from connector_build.sample import Sample
from connector_core import Table
from connector_core.plugin.assembly import assemble
from support import plugin

KEY = {"api_key": "sample-key"}


def make(number: int, rng: Random) -> dict[str, Any]:
    record = {"record_id": f"r{number}", "cost": rng.random(), "day": "2026-01-31", "n": number}
    return {**record, "last_updated_epoch": 1000 + number}


def change(record: dict[str, Any], rng: Random) -> dict[str, Any]:
    return {**record, "cost": rng.random(), "last_updated_epoch": record["last_updated_epoch"] + 1}


def toy(name: str = "toy", path: str = "/toy_data") -> Dataset:
    columns = {"record_id": "STRING", "cost": "DOUBLE", "day": "NAIVE_DATE", "extra": "JSON"}
    table = Table(f"{name}_records", path, f"{name}_records", ["record_id"], columns)
    return Dataset(name, assemble([plugin(table)]), Sample(250, make, change))


class Client:
    """One session, as a connector has one."""

    def __init__(self, server: Simulation) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str = "/toy_data", headers: dict[str, str] = KEY, **params: object) -> requests.Response:
        query = {name: str(value) for name, value in params.items()}
        return self.session.get(self.server.url + path, headers=headers, params=query, timeout=5)

    def control(self, method: str, path: str, json: object = None) -> requests.Response:
        return self.session.request(method, f"{self.server.url}/_sample/{path}", json=json, timeout=5)


@pytest.fixture
def server() -> Iterator[Simulation]:
    with Simulation([toy(), toy("other", "/v2/others")]) as running:
        yield running


@pytest.fixture
def client(server: Simulation) -> Iterator[Client]:
    client = Client(server)
    with client.session:
        yield client


def cursor_of(client: Client, size: int = 10) -> str:
    return str(client.get(page_size=size).json()["next_cursor"])


# --- as documented


def test_pages_until_the_cursor_is_null(client: Client, server: Simulation) -> None:
    first = client.get().json()
    second = client.get(cursor=first["next_cursor"]).json()
    last = client.get(cursor=second["next_cursor"], page_size=200).json()
    assert [len(page["toy_records"]) for page in (first, second, last)] == [100, 100, 50]
    assert [page["has_more"] for page in (first, second, last)] == [True, True, False]
    assert last["next_cursor"] is None
    assert [r for page in (first, second, last) for r in page["toy_records"]] == server.feed("toy").records()


def test_each_table_has_its_own_path_key_and_records(client: Client) -> None:
    assert len(client.get("/v2/others", page_size=7).json()["other_records"]) == 7


@pytest.mark.parametrize("headers", [{}, {"api_key": "guess"}, {"api-key": "sample-key"}])
def test_no_key_or_a_wrong_one_is_401(client: Client, headers: dict[str, str]) -> None:
    answer = client.get(headers=headers)
    assert answer.status_code == 401
    assert "api_key" in answer.json()["error"]
    assert "sample-key" not in answer.text


def test_header_names_have_no_case(client: Client) -> None:
    assert client.get(headers={"API_Key": "sample-key"}).status_code == 200


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"page_size": 0}, "page_size is a whole number from 1 to 200, not '0'"),
        ({"page_size": 201}, "1 to 200"),
        ({"page_size": "ten"}, "1 to 200"),
        ({"page_size": "٣"}, "1 to 200"),
        ({"page_size": ""}, "1 to 200"),
        ({"cursor": "abc"}, "cursor is 32 hexadecimal digits"),
        ({"cursor": ""}, "cursor is 32 hexadecimal digits"),
        ({"cursor": "0" * 32}, "unknown cursor"),
        ({"limit": 10}, "unknown parameter 'limit'; known: cursor, page_size"),
    ],
)
def test_a_bad_parameter_is_400_with_the_reason(client: Client, params: dict[str, Any], reason: str) -> None:
    answer = client.get(**params)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


def test_a_repeated_parameter_is_400(client: Client) -> None:
    answer = client.get("/toy_data?page_size=1&page_size=2")
    assert (answer.status_code, answer.json()) == (400, {"error": "page_size is given 2 times"})


def test_errors_of_http_itself_are_json(client: Client) -> None:
    assert client.get("/nothing").status_code == 404
    assert "error" in client.get("/nothing").json()
    assert client.session.post(client.server.url + "/toy_data", timeout=5).json()["error"]


def test_the_api_describes_itself_without_a_key(client: Client) -> None:
    spec = client.get("/toy_api_spec", headers={}).json()
    operation = spec["paths"]["/toy_data"]["get"]
    schemas = spec["components"]["schemas"]
    assert spec["openapi"].startswith("3.1")
    assert [parameter["name"] for parameter in operation["parameters"]] == ["cursor", "page_size"]
    assert spec["components"]["securitySchemes"] == {"api_key": {"type": "apiKey", "in": "header", "name": "api_key"}}
    assert list(schemas["Page"]["properties"]) == ["toy_records", "next_cursor", "has_more"]
    assert schemas["Record"]["properties"] == {
        "record_id": {"type": ["string", "null"]},
        "cost": {"type": ["number", "null"], "format": "double"},
        "day": {"type": ["string", "null"], "format": "date"},
        "n": {"type": ["integer", "null"], "format": "int64"},
        "last_updated_epoch": {"type": ["integer", "null"], "format": "int64"},
        "extra": {},
    }


def test_requests_are_remembered_with_the_headers_as_sent(client: Client, server: Simulation) -> None:
    client.get(page_size=5)
    client.get("/toy_api_spec", headers={})
    client.control("POST", "toy/append")
    data, spec = server.requests
    assert (data.path, data.params) == ("/toy_data", {"page_size": "5"})
    assert data.headers["api_key"] == "sample-key"
    assert spec.path == "/toy_api_spec"
    assert "api_key" not in spec.headers


# --- HTTP


def test_one_connection_serves_many_requests(client: Client, server: Simulation) -> None:
    for answer in (
        client.get(),
        client.get(headers={}),
        client.control("POST", "fault", {"bad": 1}),
        client.get(),
    ):
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        assert "Transfer-Encoding" not in answer.headers
    assert server.connections == 1


def test_a_closed_server_answers_nobody(client: Client, server: Simulation) -> None:
    client.get()
    server.close()
    server.close()
    with pytest.raises(requests.ConnectionError):
        client.get()


def test_the_port_can_be_chosen_and_a_taken_one_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            Simulation([toy()], port=port)
    with Simulation([toy()], port=port) as server:
        assert server.url == f"http://127.0.0.1:{port}"
        assert requests.get(f"{server.url}/toy_data", timeout=5).status_code == 401
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("second", [toy("toy", "/another"), toy("another", "/toy_data")])
def test_two_datasets_cannot_share_a_name_or_a_path(second: Dataset) -> None:
    with pytest.raises(Unmimicked, match=f"{second.name}: toy is at .* already. Serve it alone: connector-build serve"):
        Simulation([toy(), second])
    told: list[str] = []
    with Simulation([toy(), second], leave_out=told.append) as server:
        assert [api.name for api in server.apis] == ["toy"]
    assert len(told) == 1


# --- from a second terminal


def test_records_can_be_appended_and_changed_while_it_runs(client: Client, server: Simulation) -> None:
    assert client.control("POST", "toy/append?count=25").json() == {
        "append": 25,
        "dataset": "toy",
        "table": "toy_records",
        "records": 275,
    }
    assert client.control("POST", "toy/change?count=5").json() == {
        "change": 5,
        "dataset": "toy",
        "table": "toy_records",
        "records": 275,
    }
    assert len(server.feed("toy")) == 275
    assert len(server.feed("other")) == 250


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("nope/append", 404, "no dataset 'nope' here; known: other, toy"),
        ("toy/append?count=-1", 400, "count is a whole number"),
        ("toy/change?count=251", 400, "cannot change 251 of the 250 records"),
        ("fault", 400, "JSON object"),
    ],
)
def test_a_bad_control_request_says_why(client: Client, path: str, status: int, reason: str) -> None:
    answer = client.control("POST", path)
    assert answer.status_code == status
    assert reason in answer.json()["error"]


def test_faults_can_be_set_and_cleared_over_http(client: Client) -> None:
    assert client.control("POST", "fault", {"status": 429, "retry_after": 2, "times": 3}).json() == {"faults": 1}
    assert client.get().headers["Retry-After"] == "2"
    assert client.control("DELETE", "fault").json() == {"faults": 0}
    assert client.get().status_code == 200
    assert "unknown fault 'drpo'" in client.control("POST", "fault", {"drpo": True}).json()["error"]


# --- faults


def test_a_status_for_the_next_requests_and_then_no_more(client: Client, server: Simulation) -> None:
    server.faults.add("status=429,retry_after=Wed, 21 Oct 2026 07:28:00 GMT,times=2")
    answers = [client.get() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "Wed, 21 Oct 2026 07:28:00 GMT"
    assert answers[0].json() == {"error": "the sample API was told to answer 429"}
    assert server.faults.pending() == []


def test_every_third_request_for_ever(client: Client, server: Simulation) -> None:
    server.faults.add("status=500,every=3")
    assert [client.get(page_size=1).status_code for _ in range(7)] == [200, 200, 500, 200, 200, 500, 200]


def test_a_dropped_connection(client: Client, server: Simulation) -> None:
    server.faults.add("drop,times=1")
    with pytest.raises(requests.ConnectionError):
        client.get()
    assert client.get().status_code == 200


def test_a_truncated_body(client: Client, server: Simulation) -> None:
    server.faults.add("truncate,times=1")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError), match="Incomplete"):
        client.get()
    assert client.get().status_code == 200


def test_a_body_that_is_not_json(client: Client, server: Simulation) -> None:
    server.faults.add("html,times=1")
    answer = client.get()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_cursor_that_loops_waits_for_a_cursor(client: Client, server: Simulation) -> None:
    server.faults.add("loop,times=1")
    cursor = cursor_of(client)
    looped, fine = client.get(cursor=cursor).json(), client.get(cursor=cursor).json()
    assert (looped["next_cursor"], looped["has_more"]) == (cursor, True)
    assert fine["next_cursor"] not in (None, cursor)


def test_cursors_that_expire(client: Client, server: Simulation) -> None:
    server.faults.add("expire,times=1")
    answer = client.get(cursor=cursor_of(client))
    assert answer.status_code == 400
    assert "unknown cursor" in answer.json()["error"]
    assert client.get(cursor=cursor_of(client)).status_code == 200


def test_latency_goes_with_other_faults(client: Client, server: Simulation) -> None:
    server.faults.add("latency=0.05,times=2")
    server.faults.add("status=503,times=1")
    start = time.perf_counter()
    assert [client.get().status_code for _ in range(2)] == [503, 200]
    assert time.perf_counter() - start >= 0.1


def test_any_answer_can_be_programmed(client: Client, server: Simulation) -> None:
    server.faults.add(Fault("status", status=200, body=b'{"toy_records": 7}', times=1))
    server.faults.add(Fault("status", status=302, headers={"Location": "/v2/others"}, times=1))
    assert client.get().content == b'{"toy_records": 7}'
    assert client.get().json()["other_records"]


def test_faults_touch_data_requests_only(client: Client, server: Simulation) -> None:
    server.faults.add("status=500")
    assert client.get("/toy_api_spec").status_code == 200
    assert client.get().status_code == 500


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "status=429,retry_after=2,times=3",
            Fault("status", status=429, headers={"Retry-After": "2"}, times=3),
        ),
        (" drop , times = 1 ", Fault("drop", times=1)),
        ("truncate,every=10", Fault("truncate", every=10)),
        ("latency=0.05", Fault("latency", latency=0.05)),
        ("expire,latency=1,every=2,times=3", Fault("expire", latency=1.0, every=2, times=3)),
    ],
)
def test_faults_are_read_from_short_texts(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    "text",
    ["", "drpo", "times=3", "drop,html", "drop=1", "status", "status=99", "status=ok", "status=500,times=0",
     "drop,retry_after=2", "latency=-1", "latency=nan", "status=429,retry_after=", "status=429,Times=2"],
)  # fmt: skip
def test_a_text_that_is_no_fault_says_what_is_known(text: str) -> None:
    with pytest.raises(ValueError, match=r"known: drop|status=CODE only|status is|latency is|1 or more"):
        Fault.parse(text)


def test_a_fault_behind_an_acting_one_waits_its_turn() -> None:
    faults = Faults()
    first, second = faults.add("status=500,times=1"), faults.add("drop,times=1")
    assert [faults.strike(has_cursor=False) for _ in range(3)] == [
        Strike(fault=first),
        Strike(fault=second),
        Strike(),
    ]


def test_the_help_names_every_fault() -> None:
    told = CliRunner().invoke(main, ["serve", "--help"]).output
    assert {line.split()[0].partition("=")[0] for line in told.splitlines() if line.startswith("    ")} >= set(KINDS)
    for word in ("retry_after=SECONDS", "times=N", "every=K"):
        assert word in told
