"""The programmable API server of the test kit: what it answers, how it misbehaves, and that it ends."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from attrs import frozen

from connector_build.api.messages import Asked, Reply, json_reply
from connector_build.api.server import ApiServer, deaf_address
from connector_build.api.wire import Drip, Endless, Flood, Misbehaviour, Raw, Reset, Silence, Wire, WrongLength, unruly

BLINK = 0.2
PAGE = {"items": [{"id": 1, "name": "é"}], "next": None}
CLOSED = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture
def api() -> Iterator[ApiServer]:
    before = set(threading.enumerate())
    with ApiServer() as server:
        yield server
    assert server.errors == []
    assert {thread for thread in threading.enumerate() if thread.name.startswith("api-")} <= before


def get(api: ApiServer, path: str = "/things", **options: Any) -> requests.Response:
    return requests.get(api.url + path, timeout=options.pop("timeout", 10), **options)


# What it answers


def test_an_answer_in_json(api: ApiServer) -> None:
    api.respond("/things", json=PAGE, headers={"X-Next": "2"})
    response = get(api)
    assert (response.status_code, response.json()) == (200, PAGE)
    assert response.headers == {
        "Content-Type": "application/json",
        "X-Next": "2",
        "Content-Length": str(len(json.dumps(PAGE))),
    }


def test_a_body_is_sent_as_it_is(api: ApiServer) -> None:
    api.respond("/things", body=b"id\n1\n", headers={"Content-Type": "text/csv"})
    response = get(api)
    assert (response.content, response.headers["Content-Type"]) == (b"id\n1\n", "text/csv")


def test_answers_queue_up_behind_each_other(api: ApiServer) -> None:
    api.respond("/things", status=503, times=2)
    api.respond("/things", json=1)
    api.respond("/things", json=2, times=None)
    assert [get(api).status_code for _ in range(2)] == [503, 503]
    assert [get(api).json() for _ in range(4)] == [1, 2, 2, 2]


def test_each_path_has_a_queue_of_its_own(api: ApiServer) -> None:
    api.respond("/a", json="a")
    api.respond("/b", json="b")
    assert [get(api, path).json() for path in ("/b?page=1", "/a")] == ["b", "a"]


def test_what_nothing_was_said_about_is_not_found(api: ApiServer) -> None:
    response = get(api, "/else")
    assert response.status_code == 404
    assert response.json() == {"error": "nothing was said about /else: call respond, or give answering"}


def test_a_function_answers_what_nothing_was_queued_for(api: ApiServer) -> None:
    api.answering = lambda asked: json_reply({"page": asked.params["page"]}, 202)
    api.respond("/things", json="queued")
    assert get(api).json() == "queued"
    assert (get(api, params={"page": "2"}).status_code, get(api, params={"page": "2"}).json()) == (202, {"page": "2"})
    api.answering = lambda _: Reply(410)
    assert get(api).status_code == 410


def test_the_function_may_be_given_at_once() -> None:
    with ApiServer(lambda asked: json_reply(asked.method)) as api:
        assert get(api).json() == "GET"


def test_what_was_asked_is_kept_in_order(api: ApiServer) -> None:
    api.respond("/things", times=None)
    get(api, params={"page": "1", "empty": ""}, headers={"X-Key": "k"})
    requests.post(f"{api.url}/things", json={"after": 7}, timeout=10)
    first, second = api.requests
    assert (first.method, first.path, first.params, first.json) == ("GET", "/things", {"page": "1", "empty": ""}, None)
    assert first.headers["x-key"] == "k"
    assert (second.method, second.json) == ("POST", {"after": 7})


def test_a_form_is_read_as_well(api: ApiServer) -> None:
    api.respond("/token", json={"access_token": "t"})
    requests.post(f"{api.url}/token", data={"grant_type": "client_credentials", "scope": "é"}, timeout=10)
    assert api.requests[0].json == {"grant_type": "client_credentials", "scope": "é"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_method_is_answered(api: ApiServer, method: str) -> None:
    api.respond("/things", json=method)
    assert requests.request(method, f"{api.url}/things", timeout=10).json() == method


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_an_answer_without_a_body_leaves_the_connection_in_order(api: ApiServer, method: str, status: int) -> None:
    api.respond("/things", json=PAGE, status=status)
    api.respond("/things", json=PAGE)
    with requests.Session() as session:
        assert session.request(method, f"{api.url}/things", timeout=10).content == b""
        assert session.get(f"{api.url}/things", timeout=10).json() == PAGE


def test_a_connection_is_used_again(api: ApiServer) -> None:
    api.respond("/things", json=PAGE, times=None)
    connection = http.client.HTTPConnection(api.url.removeprefix("http://"), timeout=10)
    local = set()
    for _ in range(3):
        connection.request("GET", "/things")
        assert json.loads(connection.getresponse().read()) == PAGE
        local.add(connection.sock.getsockname())
    connection.close()
    assert len(local) == 1


def test_several_threads_ask_at_once(api: ApiServer) -> None:
    together = threading.Barrier(4)

    def answering(_: Asked) -> Reply:
        together.wait(10)
        return json_reply(PAGE)

    api.answering = answering
    with ThreadPoolExecutor(4) as pool:
        assert [response.json() for response in pool.map(lambda _: get(api), range(4))] == [PAGE] * 4
    assert len(api.requests) == 4


def test_a_function_that_fails_is_told_and_kept() -> None:
    def answering(asked: Asked) -> Reply:
        raise KeyError(asked.path)

    with ApiServer(answering) as api:
        response = get(api)
    assert response.status_code == 500
    assert response.json() == {"error": "the function that answers failed with KeyError: '/things'"}
    assert [type(error) for error in api.errors] == [KeyError]


# How it misbehaves


@pytest.mark.parametrize(
    ("how", "error"),
    [
        (Reset(), CLOSED),
        (Reset(after=0), CLOSED),
        (Reset(after=5), CLOSED),
        (WrongLength(3), CLOSED),
        (Endless(), CLOSED),
        (Raw(b""), CLOSED),
        (Raw(b"220 mail.example.com\r\n"), CLOSED),
        (Silence(), requests.ReadTimeout),
    ],
    ids=repr,
)
def test_an_answer_that_does_not_arrive(api: ApiServer, how: Misbehaviour, error: Any) -> None:
    api.respond("/things", json=PAGE, how=how)
    api.respond("/things", json=PAGE)
    with requests.Session() as session:
        with pytest.raises(error):
            session.get(f"{api.url}/things", timeout=BLINK if isinstance(how, Silence) else 10)
        assert session.get(f"{api.url}/things", timeout=10).json() == PAGE


def test_a_reset_is_one(api: ApiServer) -> None:
    api.respond("/things", json=PAGE, how=Reset())
    with socket.create_connection(("127.0.0.1", int(api.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET /things HTTP/1.1\r\nHost: here\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_length_that_is_too_short_cuts_the_body(api: ApiServer) -> None:
    api.respond("/things", json=PAGE, how=WrongLength(-4))
    assert get(api).content == json.dumps(PAGE).encode()[:-4]


def test_raw_bytes_are_sent_as_they_are(api: ApiServer) -> None:
    api.respond("/things", how=Raw(b"HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nno more"))
    response = get(api)
    assert (response.status_code, response.reason, response.content) == (299, "Odd", b"no")


def test_a_drip_comes_to_an_end(api: ApiServer) -> None:
    api.respond("/things", json="whole", how=Drip(0.001))
    assert get(api).json() == "whole"


def test_a_drip_is_never_late_and_never_done(api: ApiServer) -> None:
    api.respond("/things", body=b"x" * 100_000, how=Drip(0.01))
    with get(api, stream=True) as response:
        assert response.raw.read(5) == b"xxxxx"


def test_a_flood_stops_when_the_client_has_enough(api: ApiServer) -> None:
    api.respond("/things", body=b"[", how=Flood(b" " * 1_000_000, 1_000_000))
    with get(api, stream=True) as response:
        assert response.headers["Content-Length"] == str(10**12 + 1)
        assert response.raw.read(1_000_001) == b"[" + b" " * 1_000_000


def test_a_flood_that_is_read_to_its_end_is_whole(api: ApiServer) -> None:
    api.respond("/things", body=b"[", how=Flood(b" ]", 3))
    assert get(api).content == b"[ ] ] ]"


def test_a_function_may_misbehave_as_well(api: ApiServer) -> None:
    api.answering = lambda _: unruly(json_reply(PAGE), Reset())
    with pytest.raises(CLOSED):
        get(api)


def test_a_misbehaviour_of_ones_own(api: ApiServer) -> None:
    @frozen
    class Shouting:
        def act(self, wire: Wire, reply: Reply) -> None:
            wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + reply.body.upper())

    api.respond("/things", body=b"hi", how=Shouting())
    assert get(api).content == b"HI"


def test_tls_is_answered_with_plain_http(api: ApiServer) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(api.url.replace("http://", "https://"), timeout=10)


def test_a_deaf_address_takes_no_connection() -> None:
    with deaf_address() as url, pytest.raises(requests.ConnectTimeout):
        requests.get(url, timeout=BLINK)


# How it ends


@pytest.mark.parametrize("how", [Silence(), Drip(60), Flood(b" " * 1_000_000, 1_000_000)], ids=repr)
def test_it_ends_in_the_middle_of_an_answer(how: Misbehaviour) -> None:
    with ApiServer() as api, requests.Session() as session, ThreadPoolExecutor(1) as pool:
        api.respond("/things", body=b"xx", how=how)
        waiting = pool.submit(session.get, f"{api.url}/things", timeout=30, stream=True)
        while not api.requests:
            time.sleep(0.001)
        api.close()
        assert waiting.exception(10) is not None or waiting.result().status_code == 200
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("api-")]


def test_it_hangs_up_on_those_who_wait_and_listens_no_more() -> None:
    with ApiServer() as api:
        api.respond("/things", json=PAGE)
        connection = http.client.HTTPConnection(api.url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/things")
        connection.getresponse().read()
        api.close()
        assert connection.sock.recv(1) == b""
        connection.close()
        with pytest.raises(requests.ConnectionError):
            get(api)
        api.close()
