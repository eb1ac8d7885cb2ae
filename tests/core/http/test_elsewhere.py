"""Hosts beside the API: they are asked bare, by https, at public addresses, and nobody is shown what signs their addresses."""

import json
import logging
import socket
from collections.abc import Iterator
from io import StringIO
from ipaddress import ip_address
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from away import StandIn
from cases.support import Call, Connection, Reply, connect, items, plugin_of, serving
from connector_build.project.describe import describe
from connector_build.project.described import show
from connector_core import (
    ApiKeyHeader,
    Budget,
    ConnectorError,
    Csv,
    LinkHeaderPaginator,
    NextLinkPaginator,
    PluginError,
    SinglePage,
    UnexpectedAnswer,
)
from connector_core.plugin.assembly import assemble
from connector_core.source.elsewhere import check_hosts, is_elsewhere, is_public

HOST = "store.files.example"
SIGNATURE = "c4nary5ignature0f9d"
SIGNED = f"https://{HOST}/part?at=1&X-Amz-Signature={SIGNATURE}"
KEY = "canary-key-7f3a"


def shown(connection: Connection) -> str:
    states = [done.data for done in connection.warehouse.operations if done.kind == "checkpoint"]
    return json.dumps([states, connection.log.infos, connection.log.warnings])


def connected(api: Any, store: Any, **parts: Any) -> Connection:
    table = items(headers={"X-Ours": "1"}, params={"q": "1"}, **{"elsewhere": ["*.files.example"], **parts.pop("table", {})})
    parts.setdefault("paginator", NextLinkPaginator("next", keep=[]))
    made = connect(api, table, auth=ApiKeyHeader("X-Key"), configuration={"api_key": KEY}, **parts)
    made.elsewhere = [StandIn(HOST, store.url)]
    return made


@pytest.mark.parametrize("by", ["field", "header", "redirect"])
def test_it_is_asked_bare_and_nothing_shows_the_signature(by: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    broken = True

    def home(call: Call) -> Any:
        if call.path == "/moved":
            return Reply({}, 302, {"Location": SIGNED, "Set-Cookie": "session=canary-cookie-1234"})
        links = {"field": SIGNED, "header": None, "redirect": "/moved"}
        headers = {"Link": f'<{SIGNED}>; rel="next"'} if by == "header" else {}
        return Reply({"items": [{"id": "a"}], "next": links[by]}, 200, {"Set-Cookie": "sid=canary-cookie-1234", **headers})

    def store(call: Call) -> Any:
        if call.query["at"] == "1":
            assert call.query["X-Amz-Signature"] == SIGNATURE
            return {"items": [{"id": "b"}], "next": "?at=2"} if by != "header" else {"items": [{"id": "b"}]}
        return Reply({"error": call.query, "sign": SIGNATURE}, 403) if broken else {"items": [{"id": "c"}], "next": None}

    paginator = LinkHeaderPaginator(keep=[]) if by == "header" else NextLinkPaginator("next", keep=[])
    with serving(home) as api, serving(store) as other:
        connection = connected(api, other, paginator=paginator)
        told = ""
        if by != "header":
            with pytest.raises(ConnectorError, match="That host is not the API") as caught:
                connection.sync()
            told = shown(connection) + str(caught.value)
            assert f"https://{HOST}/part" in str(caught.value)
        broken = False
        connection.sync()
        told += shown(connection)
        assert connection.ids() == (["a", "b"] if by == "header" else ["a", "b", "c"])
        assert api.calls[-1].headers["x-key"] == KEY
        for call in other.calls:
            assert call.method == "GET"
            assert set(call.headers) - {"host", "connection"} == {"accept", "accept-encoding", "user-agent"}
        for secret in (SIGNATURE, KEY, "canary"):
            assert secret not in told + caplog.text


def test_the_body_of_a_post_stays_home() -> None:
    with serving(lambda _: {"items": [], "next": SIGNED}) as api, serving(lambda _: {"items": [], "next": None}) as store:
        connected(api, store, table={"body": {"mine": 1}, "format": None}).sync()
        assert (store.calls[0].method, store.calls[0].body) == ("GET", None)


def test_a_format_says_what_it_accepts_there_too() -> None:
    def home(call: Call) -> Reply:
        return Reply(b"id\na\n", 200, {"Link": f'<{SIGNED}>; rel="next"'})

    with serving(home) as api, serving(lambda _: Reply(b"id\nb\n")) as store:
        table = {"format": Csv(), "records": "@"}
        connection = connected(api, store, table=table, paginator=LinkHeaderPaginator(keep=[]))
        connection.sync()
        assert connection.ids() == ["a", "b"]
        assert store.calls[0].headers["accept"] == "text/csv"


@pytest.mark.parametrize(
    "led", ["https://other.example/x", f"http://{HOST}/x", "https://files.example/x", f"https://{HOST}.evil.example/x"]
)
def test_what_is_not_on_the_list_is_not_asked(led: str) -> None:
    with serving(lambda _: {"items": [], "next": led}) as api, serving(lambda _: {}) as store:
        with pytest.raises(UnexpectedAnswer, match=r"credentials go to .* Requests without any go to \*\.files\.example"):
            connected(api, store).sync()
        assert store.calls == []


@pytest.mark.parametrize("led", ["home", "https://other.example/x", f"http://{HOST}/x"])
def test_a_redirect_from_there_leads_no_further_than_the_list(led: str) -> None:
    with (
        serving(lambda _: {"items": [], "next": SIGNED}) as api,
        serving(lambda _: Reply({}, 302, {"Location": f"{api.url}/secrets" if led == "home" else led})) as store,
    ):
        with pytest.raises(UnexpectedAnswer, match="the redirect is not followed"):
            connected(api, store).sync()
        assert len(api.calls) == 1


def test_it_counts_for_no_budget_and_no_quota_of_the_api() -> None:
    def store(call: Call) -> Any:
        more = int(call.query["at"]) < 5
        said = {"items": [{"id": call.query["at"]}], "next": f"?at={int(call.query['at']) + 1}" if more else None}
        return Reply(said, 200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "500"})

    with serving(lambda _: {"items": [], "next": SIGNED}) as api, serving(store) as other:
        connection = connected(api, other, table={"budget": Budget(requests=1, seconds=900)})
        connection.sync()
        assert len(connection.ids()) == 5
        assert connection.waits == []


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of this machine; what is sent to it is kept in `heard`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_name_that_stands_for_this_machine_is_refused_once_connected(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the name stood for when it was looked up before."""
    port, heard = listener.getsockname()[1], []

    def listen() -> None:
        made, _ = listener.accept()
        with made:
            heard.append(made.recv(100))

    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **kw: resolve("127.0.0.1" if "example" in host else host, *more, **kw)
    )
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    thread = Thread(target=listen, daemon=True)
    thread.start()
    with serving(lambda _: {"items": [], "next": f"https://{HOST}:{port}/x?sig={SIGNATURE}"}) as api:
        connection = connect(api, items(elsewhere=[HOST]), paginator=NextLinkPaginator("next"))
        with pytest.raises(UnexpectedAnswer, match="an address of a private network or of this machine"):
            connection.sync()
    thread.join(5)
    assert heard == [b""]


@given(st.integers(0, 2**32 - 1))
def test_an_address_is_as_public_as_the_one_that_it_stands_for(number: int) -> None:
    inner = ip_address(number)
    assert is_public(inner) == (inner.is_global and not inner.is_multicast)
    high, low = number >> 16, number & 0xFFFF
    for form in (f"::ffff:{inner}", f"64:ff9b::{high:x}:{low:x}", f"2002:{high:x}:{low:x}::1"):
        assert not is_public(ip_address(form)) or is_public(inner)
    assert is_public(ip_address(f"::ffff:{inner}")) == is_public(inner)


@pytest.mark.parametrize(
    "host",
    ["*", "*.com", "https://a.example", "a.example/x", "a.example:443", "localhost", "a.localhost", "127.0.0.1", "10.1.2.3",
     "169.254.169.254", "[::1]", "::1", "fe80::1", "a.*.example", "*a.example", "", "com", "a..example", 7, "metadata.internal"],
)  # fmt: skip
def test_a_host_that_names_too_much_or_the_machine_itself_is_refused(host: Any) -> None:
    with pytest.raises(PluginError, match="Table case_items: elsewhere"):
        items(elsewhere=[host])


LABEL = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)


@given(st.lists(LABEL, min_size=2, max_size=4), LABEL)
def test_a_pattern_is_for_hosts_below_it_and_no_other(labels: list[str], label: str) -> None:
    host = f"{'.'.join(labels)}.example"
    check_hosts([host, f"*.{host}"], "Table")
    assert is_elsewhere(f"https://{host.upper()}/x?y", [host])
    assert is_elsewhere(f"https://{label}.{host}./x", [f"*.{host}"])
    assert not is_elsewhere(f"https://{host}/x", [f"*.{host}"])
    assert not is_elsewhere(f"https://{label}{host}/x", [host, f"*.{host}"])
    assert not is_elsewhere(f"https://{host}@{label}.net/x", [host, f"*.{host}"])
    assert not is_elsewhere(f"https://{label}.net\\@{host}/x", [host])
    assert not is_elsewhere(f"http://{host}/x", [host])
    assert not is_elsewhere(f"https://{label}.{host}/", [host])


def test_the_table_says_so() -> None:
    assembly = assemble([plugin_of(items(elsewhere=["*.files.example"]), paginator=SinglePage())])
    described = describe(assembly, dataset="case", versions={})
    assert described["tables"][0]["elsewhere"] == ["*.files.example"]
    with StringIO() as out:
        show(described, Console(file=out, width=300))
        assert "links may lead to *.files.example, which is asked by https without any credential" in out.getvalue()
