"""The client: how long it waits, how often it tries, where it sends the key, and how it is closed."""

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.auth import AuthBase

import connector_fts
from connector_build.api.faults import Fault
from connector_build.api.simulation import Simulation
from connector_core import ApiKeyHeader, Configuration, ConfigurationError, NoAuth, Request, SourceError, UnexpectedAnswer
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from simulated import simulated
from sinks import Answer, Log, recorder

KEY = "canary-7f3a"
REQUEST = Request("/fts_data", {"page_size": "5"})
FTS = simulated("fts", 12)
EMPTY = json.dumps({"fts_records": [], "next_cursor": None, "has_more": False}).encode()
PROXIES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]


def signed() -> AuthBase:
    return ApiKeyHeader("api_key")(Configuration({"api_key": KEY}, frozenset({"api_key"})))


def unsigned() -> AuthBase:
    return NoAuth()(Configuration({}))


def fetch(client: Client, request: Request = REQUEST) -> list[Any]:
    return list(client.fetch(connector_fts.RECORDS, request).records)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Simulation]:
    with Simulation([FTS], secret=KEY) as running:
        yield running


# Waiting


@given(
    attempt=st.integers(1, 1000),
    first=st.floats(0.001, 100),
    longest=st.floats(0.001, 1000),
    asked=st.none() | st.floats(0, 600),
    jitter=st.floats(0, 1),
)
def test_a_wait_lies_between_half_the_step_and_the_step_and_is_never_shorter_than_asked(
    attempt: int, first: float, longest: float, asked: float | None, jitter: float
) -> None:
    wait = Retry(first_wait=first, longest_wait=longest, jitter=lambda: jitter).wait(attempt, asked)
    step = min(first * 2 ** (attempt - 1), longest)
    assert wait >= max(step / 2, asked or 0) * (1 - 1e-9)
    assert wait <= max(step, asked or 0) * (1 + 1e-9)


def test_the_jitter_is_drawn_anew_for_each_wait() -> None:
    waits = {Retry().wait(3, None) for _ in range(20)}
    assert len(waits) > 1
    assert all(2 <= wait <= 4 for wait in waits)


@pytest.mark.parametrize("attempts", [1, 2, 6])
def test_it_tries_as_often_as_it_says(server: Simulation, attempts: int) -> None:
    server.faults.add("status=503")
    waits: list[float] = []
    retry = Retry(attempts=attempts, jitter=lambda: 1.0)
    client = Client(server.url, signed(), Log(), retry=retry, sleep=waits.append)
    with client, pytest.raises(SourceError, match=f"failed {attempts} time"):
        fetch(client)
    assert len(server.requests) == attempts
    assert waits == [2.0**step for step in range(attempts - 1)]


def waited(server: Simulation, after: str, *, jitter: float = 1.0) -> float:
    """How long the client waits when the API says Retry-After: *after*."""
    server.faults.add(Fault("status", status=429, headers={"Retry-After": after}, times=1))
    waits: list[float] = []
    retry = Retry(jitter=lambda: jitter)
    with Client(server.url, signed(), Log(), secrets=(KEY,), retry=retry, sleep=waits.append) as client:
        fetch(client)
    [wait] = waits
    return wait


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("0", 1.0),
        ("1", 1.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("007", 7.0),
        ("600", 600.0),
        ("7, 8", 1.0),
        ("-7", 1.0),
        ("7.5", 7.5),
        ("seven", 1.0),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 1.0),
        ("Wednesday, 01-Jan-20 00:00:00 GMT", 1.0),
        ("Wed, 99 Jan 2020 00:00:00 GMT", 1.0),
        ("Wed, 01 Jan 2020 00:00:00 +99999999999999999999", 1.0),
        ("Wed, 01 Jan 99999999999999999999 00:00:00 GMT", 1.0),
    ],
)
def test_retry_after(server: Simulation, after: str, expected: float) -> None:
    assert waited(server, after) == expected


def test_retry_after_a_date(server: Simulation) -> None:
    when = datetime.now(UTC) + timedelta(minutes=5)
    assert 240 < waited(server, format_datetime(when, usegmt=True)) <= 300


def test_retry_after_is_never_undercut_by_jitter(server: Simulation) -> None:
    assert waited(server, "9", jitter=0.0) == 9.0


# Connections


def test_connections_are_used_again(server: Simulation) -> None:
    with Client(server.url, signed(), Log()) as client:
        for _ in range(10):
            assert len(fetch(client)) == 5
    assert server.connections == 1


def test_a_connection_that_the_api_closed_is_opened_anew(server: Simulation) -> None:
    server.faults.add("drop,every=3")
    with Client(server.url, signed(), Log(), retry=Retry(first_wait=0)) as client:
        for _ in range(6):
            fetch(client)
    assert len(server.requests) == 8
    assert server.connections == 3


def blocked_by_a_pause(server: Simulation, leave: Callable[[Client], object]) -> Exception | None:
    """What a fetch ends with when *leave* is done to its client in the pause after the first try."""
    server.faults.add("status=503")
    pausing = Event()

    class Watching(Log):
        def warning(self, message: str) -> None:
            pausing.set()

        def alert(self, message: str) -> None:
            self.warning(message)

    client = Client(server.url, signed(), Watching(), retry=Retry(first_wait=60, jitter=lambda: 1.0))
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(fetch, client)
        assert pausing.wait(5)
        leave(client)
        error = result.exception(5)
    assert error is None or isinstance(error, Exception)
    return error


def test_close_ends_a_pause(server: Simulation) -> None:
    error = blocked_by_a_pause(server, Client.close)
    assert isinstance(error, SourceError)
    assert "The sync ended before the next try" in str(error)
    assert "fts_records: GET /fts_data?page_size=5" in str(error)


def test_nothing_is_asked_any_more_after_close(server: Simulation) -> None:
    blocked_by_a_pause(server, Client.close)
    assert len(server.requests) == 1


def test_leaving_the_context_closes(server: Simulation) -> None:
    assert isinstance(blocked_by_a_pause(server, lambda client: client.__exit__(None, None, None)), SourceError)


# Where the key goes


@pytest.mark.parametrize("auth", [signed, unsigned])
@pytest.mark.parametrize("entry", ["machine 127.0.0.1 login me password hidden", "default login me password hidden"])
def test_netrc_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: Callable[[], AuthBase], entry: str) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"{entry}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with recorder(Answer(body=EMPTY)) as api, Client(api.url, auth(), Log()) as client:
        fetch(client)
    [heard] = api.heard
    assert "authorization" not in heard.headers
    assert heard.headers.get("api_key") == (KEY if auth is signed else None)


@pytest.mark.parametrize(
    "path",
    [
        "http://127.0.0.1:{port}/fts_data",
        "//127.0.0.1:{port}/fts_data",
        "http://{own}@127.0.0.1:{port}/fts_data",
        "http://127.0.0.1:{port}\\@{own}/fts_data",
        "https://{own}/fts_data",
        "@127.0.0.1:{port}/fts_data",
        ":80@127.0.0.1:{port}/fts_data",
    ],
)
def test_a_next_request_on_another_origin_gets_no_key(path: str) -> None:
    with recorder(Answer(body=EMPTY)) as api, recorder(Answer(body=EMPTY)) as other:
        own = api.url.removeprefix("http://")
        request = Request(path.format(port=other.port, own=own), {"page_size": "5"})
        with Client(api.url, signed(), Log(), secrets=(KEY,)) as client:
            if path.startswith("//"):
                fetch(client, request)  # below base_url, like any other path
            else:
                with pytest.raises(UnexpectedAnswer, match="credentials go to") as caught:
                    fetch(client, request)
                message = str(caught.value)
                assert message.startswith("fts_records: ")
                assert api.url in message
                assert "plugin" in message
    assert other.heard == []
    assert len(api.heard) == path.startswith("//")


@pytest.mark.parametrize("path", ["http://[", "http://127.0.0.1:99999/", "http://127.0.0.1:x/"])
def test_a_next_request_to_no_address_at_all(server: Simulation, path: str) -> None:
    with Client(server.url, signed(), Log()) as client, pytest.raises(UnexpectedAnswer, match=r"^fts_records: "):
        fetch(client, Request(path))


def test_an_absolute_address_on_the_same_origin_is_taken(server: Simulation) -> None:
    with Client(f"{server.url}/", signed(), Log()) as client:
        assert len(fetch(client, Request(f"{server.url}/fts_data", {"page_size": "3"}))) == 3


def test_a_base_url_with_a_path_is_kept() -> None:
    with recorder(Answer(body=EMPTY)) as api, Client(f"{api.url}/api/v1/", signed(), Log()) as client:
        fetch(client)
    assert api.heard[0].line == "GET /api/v1/fts_data?page_size=5 HTTP/1.1"


def test_a_proxy_of_the_environment_is_used_for_other_hosts_and_never_hears_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with recorder(Answer(407, "Not you")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        retry = Retry(attempts=1)
        with Client("https://api.invalid", signed(), Log(), retry=retry) as client, pytest.raises(ConfigurationError) as caught:
            fetch(client)
    [heard] = proxy.heard
    assert heard.line.startswith("CONNECT api.invalid:443 ")
    assert KEY not in str(heard.headers)
    assert "the proxy" in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    server: Simulation, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    # Plain http is allowed on this machine only; through a proxy the key would leave it readable.
    with recorder(Answer(502)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        base_url = server.url.replace("127.0.0.1", host)
        with Client(base_url, signed(), Log(), retry=Retry(attempts=1)) as client:
            assert len(fetch(client)) == 5
    assert proxy.heard == []


def test_a_server_that_speaks_no_tls_is_told_from_one_whose_certificate_is_wrong(server: Simulation) -> None:
    url = server.url.replace("http://", "https://")
    with Client(url, signed(), Log()) as client, pytest.raises(UnexpectedAnswer, match="answers, but not in TLS"):
        fetch(client)


def test_the_address_is_named_when_nothing_answers() -> None:
    client = Client("https://api.invalid", signed(), Log(), retry=Retry(attempts=1))
    with client, pytest.raises(SourceError, match=r"check base_url \(https://api\.invalid:443\)"):
        fetch(client)


def test_cookies_and_other_headers_of_an_answer_do_not_matter() -> None:
    answer = Answer(body=EMPTY, headers={"Set-Cookie": "session=1", "Link": '<http://example.com>; rel="next"'})
    with recorder(answer) as api, Client(api.url, signed(), Log(), agent="connector-core/0.1.0 (fts)") as client:
        fetch(client)
        fetch(client)
    assert [heard.line for heard in api.heard] == ["GET /fts_data?page_size=5 HTTP/1.1"] * 2
    assert api.heard[0].headers["user-agent"] == "connector-core/0.1.0 (fts)"
    assert api.heard[0].headers["accept"] == "application/json"


def test_neither_the_auth_nor_the_configuration_show_the_key() -> None:
    assert KEY not in repr(signed())
    assert KEY not in repr(Configuration({"api_key": KEY}, frozenset({"api_key"})))


# Answers that are no good


@pytest.mark.parametrize("number", ["1e400", "-1e999", "1" + "0" * 400 + ".5"])
def test_a_number_beyond_64_bits_is_said(number: str) -> None:
    body = f'{{"fts_records": [{{"record_id": "1", "failure_rate": {number}}}], "has_more": false}}'.encode()
    with recorder(Answer(body=body)) as api, Client(api.url, unsigned(), Log()) as client:
        with pytest.raises(UnexpectedAnswer, match="which is larger than a 64-bit float"):
            fetch(client)
        assert len(api.heard) == 1


def test_gzip_that_nobody_announced_is_unpacked() -> None:
    with recorder(Answer(body=gzip.compress(EMPTY))) as api, Client(api.url, unsigned(), Log()) as client:
        assert fetch(client) == []


def test_an_answer_that_is_too_large() -> None:
    body = json.dumps({"fts_records": [{"record_id": "x" * 2_000_000}], "has_more": False}).encode()
    with recorder(Answer(body=gzip.compress(body))) as api, Client(api.url, unsigned(), Log(), limit=1_000_000) as client:
        with pytest.raises(UnexpectedAnswer, match=r"larger than 1 MB.*smaller page_size.*set max_answer_mb higher"):
            fetch(client)
        assert len(api.heard) == 1


def test_an_answer_that_drips_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        stopped = Event()
        pool.submit(drip, listener, stopped)
        client = Client(
            f"http://127.0.0.1:{listener.getsockname()[1]}",
            unsigned(),
            Log(),
            retry=Retry(attempts=1),
            timeout=(1, 0.2),
        )
        with client, pytest.raises(SourceError, match=r"the answer came too slowly, \d+ bytes in \d s"):
            fetch(client)
        stopped.set()


def drip(listener: socket.socket, stopped: Event) -> None:
    """Answer one request with a byte at a time, never late and never done."""
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stopped.wait(0.02):
            connection.sendall(b" ")
