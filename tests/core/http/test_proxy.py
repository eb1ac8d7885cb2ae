"""A proxy that the environment names is used, by a real proxy: ``proxy.py``, in a process of its own.

The API's name is known to the proxy alone. So rows that arrive went through it.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field, frozen

import connector_fts
from connector_build.api.messages import Asked, Reply
from connector_build.api.mimic import Mimic
from connector_build.api.simulation import Simulation
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core import Configuration, ConfigurationError, ConnectorError, SourceError
from connector_core.basics.operations import Log
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.values import in_form
from leaks_support import Authority, chain, listening, without_proxies
from places import TESTS
from simulated import simulated

pytestmark = pytest.mark.xdist_group("proxy")

HOST = "api.example.test"
KEY = "canary-of-the-api"
USER, PASSWORD = "crew", "canary-of-the-proxy"
TABLE = simulated("fts", 250)
START_SECONDS = 30.0
END_SECONDS = 10.0


@define
class Proxy:
    """A running ``proxy.py``: its port, and the file that it logs to."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def url(self, user: str = "") -> str:
        """Its address, as a variable of the environment has it; *user* is ``name:password``."""
        return f"http://{user}@127.0.0.1:{self.port}" if user else f"http://127.0.0.1:{self.port}"

    @property
    def tunnels(self) -> list[str]:
        """Host and port of each tunnel that it was asked for and agreed to, so far."""
        return re.findall(r"tunnel to (\S+)", self.log.read_text())

    def kill(self) -> None:
        """End it at once, with the process that it started and every connection that it holds."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session, so its own group
        self.process.wait(END_SECONDS)


def start(folder: Path, *options: str, port: int = 0) -> Proxy:
    """A proxy that is listening, with its files in *folder*."""
    said, log = folder / "port", folder / "proxy.log"
    said.unlink(missing_ok=True)
    one = ("--num-acceptors", "1", "--num-workers", "1", "--threaded")
    files = ("--port-file", str(said), "--log-file", str(log), "--data-dir", str(folder / "data"))
    command = [
        sys.executable,
        "-m",
        "proxy",
        "--port",
        str(port),
        *one,
        *files,
        "--plugins",
        "proxy_names.OnThisMachine",
        *options,
    ]
    # At home it would make a folder for its cache.
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "HOME": str(folder)}
    with (folder / "printed").open("ab") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=printed, env=environment, start_new_session=True)
    proxy = Proxy(0, log, process)
    until = time.monotonic() + START_SECONDS
    while not (said.exists() and said.read_text().strip()):
        if process.poll() is not None or time.monotonic() > until:
            proxy.kill()
            raise RuntimeError(f"proxy.py did not start: {(folder / 'printed').read_text()}")
        time.sleep(0.02)
    proxy.port = int(said.read_text())
    return proxy


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Proxy]:
    proxy = start(folder, *options)
    try:
        yield proxy
    finally:
        proxy.kill()


@frozen
class Api:
    """The sample API behind TLS, by a name that this machine does not know. *trusted*: the file of its authority."""

    server: Simulation
    trusted: Path

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"


@contextmanager
def serving(folder: Path) -> Iterator[Api]:
    """An API of its own for each test, so that its requests and connections can be counted."""
    authority = Authority("authority")
    with Simulation([TABLE], secret=KEY, tls=authority.server(folder, HOST)) as server:
        yield Api(server, authority.file(folder))


@pytest.fixture(scope="module")
def open_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running(tmp_path_factory.mktemp("open")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def closed_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One that asks for a name and a password."""
    with running(tmp_path_factory.mktemp("closed"), "--basic-auth", f"{USER}:{PASSWORD}") as proxy:
        yield proxy


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The API, whose authority the environment names; no proxy yet."""
    for name in [*without_proxies(), "CURL_CA_BUNDLE"]:
        monkeypatch.delenv(name, raising=False)
    with serving(tmp_path) as served:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served.trusted))
        yield served


def read(url: str, warehouse: Warehouse | None = None, sleep: Callable[[float], object] = lambda _: None) -> Mapping[Any, Any]:
    """Live rows after one sync from *url*, with pages of 100. What is logged, or raised, is held against the secrets."""
    assembly = assemble([Plugin("connector-fts", connector_fts)])
    warehouse = warehouse or Warehouse(assembly)
    log = ListLog()

    def client(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
        return make_client(assembly, configuration, log, retry=Retry(attempts=3), sleep=sleep, timeout=(5.0, 5.0))

    configuration = {"api_key": KEY, "base_url": url, "page_size": "100"}
    told: list[object] = []
    try:
        sync(assembly, configuration, warehouse.state, warehouse, log, Engine(client))
    except ConnectorError as error:
        told += chain(error).values()
        raise
    finally:
        assert not shown_in(" ".join(map(str, [*told, *log.infos, *log.warnings])))
    return warehouse.live("fts_records")


def shown_in(text: str) -> list[str]:
    return [secret for secret in (KEY, PASSWORD, USER, "wrong-canary") if secret in text]


def rows_of(api: Api) -> dict[tuple[str], dict[str, Any]]:
    records = api.server.feed("fts").records()
    return {(record["record_id"],): in_form(connector_fts.RECORDS.declared, record) for record in records}


# The road


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_sync_goes_through_the_proxy_in_one_tunnel(
    api: Api, open_proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    before = len(open_proxy.tunnels)
    monkeypatch.setenv(variable, open_proxy.url())
    assert read(api.url) == rows_of(api)
    assert open_proxy.tunnels[before:] == [f"{HOST}:{api.port}"]
    assert (len(api.server.requests), api.server.connections) == (3, 1)


def test_what_the_environment_says_holds_for_one_sync(api: Api, open_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(SourceError):
        read(api.url)
    monkeypatch.setenv("HTTPS_PROXY", open_proxy.url())
    assert read(api.url) == rows_of(api)


def test_a_certificate_of_a_strange_authority_is_refused(
    api: Api, open_proxy: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", open_proxy.url())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Authority("stranger").file(tmp_path)))
    with pytest.raises(SourceError, match="the TLS certificate was not accepted"):
        read(api.url)
    assert api.server.requests == []


def test_without_a_file_of_authorities_the_usual_ones_count(api: Api, open_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", open_proxy.url())
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(SourceError, match="the TLS certificate was not accepted"):
        read(api.url)
    assert api.server.requests == []


# A proxy with a password


def test_a_proxy_with_a_password_lets_the_right_one_through(
    api: Api, closed_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", closed_proxy.url(f"{USER}:{PASSWORD}"))
    assert read(api.url) == rows_of(api)
    sent = [name for request in api.server.requests for name in request.headers]
    assert "api_key" in sent
    assert "proxy-authorization" not in sent


@pytest.mark.parametrize("user", [f"{USER}:wrong-canary", ""])
def test_a_wrong_password_for_the_proxy_is_an_error_that_shows_none(
    api: Api, closed_proxy: Proxy, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    before = closed_proxy.tunnels
    monkeypatch.setenv("HTTPS_PROXY", closed_proxy.url(user))
    with pytest.raises(ConfigurationError, match="the proxy that the environment names wants a user name and a password"):
        read(api.url)
    assert closed_proxy.tunnels == before
    assert api.server.requests == []


# Around the proxy


@contextmanager
def known_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine know the API's name for once."""
    look_up = socket.getaddrinfo

    def knowing(host: Any, *rest: Any, **options: Any) -> Any:
        return look_up("127.0.0.1" if host == HOST else host, *rest, **options)

    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", knowing)
        yield


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("value", [HOST, "other.example,.example.test", "*"])
def test_no_proxy_is_respected(api: Api, open_proxy: Proxy, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    before = open_proxy.tunnels
    monkeypatch.setenv("HTTPS_PROXY", open_proxy.url())
    monkeypatch.setenv(name, value)
    with known_here(monkeypatch):
        assert read(api.url) == rows_of(api)
    assert open_proxy.tunnels == before


def test_no_proxy_for_another_host_changes_nothing(api: Api, open_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(open_proxy.tunnels)
    monkeypatch.setenv("HTTPS_PROXY", open_proxy.url())
    monkeypatch.setenv("NO_PROXY", "other.example,127.0.0.1")
    with known_here(monkeypatch):
        assert read(api.url) == rows_of(api)
    assert len(open_proxy.tunnels) == before + 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_plain_http_to_this_machine_goes_past_every_proxy(open_proxy: Proxy, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    log = open_proxy.log.read_text()
    for name in without_proxies(("http_proxy", "https_proxy", "all_proxy")):
        monkeypatch.setenv(name, open_proxy.url())
    for name in without_proxies(("no_proxy",)):
        monkeypatch.delenv(name, raising=False)
    with Simulation([TABLE], secret=KEY) as server:
        assert len(read(server.url.replace("127.0.0.1", host))) == 250
    assert open_proxy.log.read_text() == log


# A proxy that fails


def unused_port() -> int:
    """A port at which nothing listens."""
    with listening(lambda connection: connection.close()) as port:
        pass
    return port


def test_a_proxy_that_is_down_is_a_loud_error_without_its_password(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}:{PASSWORD}@127.0.0.1:{unused_port()}")
    with pytest.raises(SourceError) as caught:
        read(api.url)
    message = str(caught.value)
    assert "the proxy that the environment names could not be reached, or did not let it through (check HTTPS_PROXY)" in message
    assert "It failed 3 times in a row, so this sync ends here; the next one goes on from the last checkpoint." in message
    assert api.server.requests == []


@pytest.mark.parametrize(
    "address",
    [
        f"http://{USER}:{PASSWORD}@proxy.invalid:3128",
        f"http://{USER}:{PASSWORD}@127.0.0.1:99999",
        f"http://{USER}:{PASSWORD}@",
        f"http://{USER}:#{PASSWORD}@127.0.0.1:1",
        f"socks5://{USER}:{PASSWORD}@127.0.0.1:1",
    ],
)
def test_a_proxy_whose_address_is_wrong_is_a_loud_error_without_its_password(
    api: Api, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(ConnectorError, match="check HTTPS_PROXY"):
        read(api.url)
    assert api.server.requests == []


class Cut:
    """A proxy that dies while an answer is on its way, and is there again before the next try."""

    def __init__(self, folder: Path, api: Api) -> None:
        self.folder = folder
        self.proxy = start(folder)
        self.deaths = 0
        self._reply = api.server.of("fts").mimic.reply

    def reply(self, _: Mimic, request: Asked) -> Reply:
        """In place of the API's own: the second page dies with the proxy, the first time that it is asked for."""
        if "cursor" in request.params and not self.deaths:
            self.deaths += 1
            self.proxy.kill()
        return self._reply(request)

    def again(self, _: float) -> None:
        """In place of the pause between two tries."""
        self.proxy = start(self.folder, port=self.proxy.port)


def test_a_proxy_that_cuts_the_connection_costs_a_retry_and_no_row(
    api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "cut"
    folder.mkdir()
    cut = Cut(folder, api)
    with ExitStack() as stack:
        stack.callback(lambda: cut.proxy.kill())
        monkeypatch.setattr(Mimic, "reply", lambda mimic, request: cut.reply(mimic, request))
        monkeypatch.setenv("HTTPS_PROXY", cut.proxy.url())
        assembly = assemble([Plugin("connector-fts", connector_fts)])
        warehouse = Warehouse(assembly)
        assert read(api.url, warehouse, cut.again) == rows_of(api)
    assert cut.deaths == 1
    assert warehouse.count("upsert", "fts_records") == 250
    assert cut.proxy.tunnels == [f"{HOST}:{api.port}"] * 2
    assert len(api.server.requests) == 4


def test_a_sync_that_a_cut_ended_is_gone_on_with_by_the_next(api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    folder.mkdir()
    cut = Cut(folder, api)
    with ExitStack() as stack:
        stack.callback(lambda: cut.proxy.kill())
        monkeypatch.setattr(Mimic, "reply", lambda mimic, request: cut.reply(mimic, request))
        monkeypatch.setenv("HTTPS_PROXY", cut.proxy.url())
        warehouse = Warehouse(assemble([Plugin("connector-fts", connector_fts)]))
        with pytest.raises(SourceError, match="the proxy that the environment names"):
            read(api.url, warehouse)
        assert len(warehouse.live("fts_records")) == 100
        cut.again(0)
        assert read(api.url, warehouse) == rows_of(api)
