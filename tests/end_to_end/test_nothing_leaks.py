"""Nothing leaks: every failing scenario with credentials of every kind, and then a search for them wherever anything is shown.

A new kind of auth is one line in ``KINDS`` (leaks_support), a new scenario one in ``SCENARIOS``. Each cell of that table is one
sync over loopback, with credentials that can be told anywhere; the server hears them, and most servers here say aloud what they
heard. Below the table stand the leaks that need a test of their own: where credentials travel, TLS, forged lines, how much is
read, and projects run by the real ``fivetran`` command.
"""

import contextlib
import gc
import gzip
import json
import logging
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from attrs import evolve, field, frozen
from requests import PreparedRequest
from requests.auth import AuthBase

import connector_core
from connector_build.local.fivetran import read_tables
from connector_core import (
    Aggregate,
    ApiKeyHeader,
    ApiKeyPath,
    AuthChoice,
    ClientCertificate,
    ConfigurationError,
    ConnectorError,
    Csv,
    CursorPaginator,
    DeliveryError,
    FunctionPaginator,
    JsonLines,
    KeysetPaginator,
    LinkHeaderPaginator,
    OAuth2ClientCredentials,
    OffsetPaginator,
    Page,
    Paginator,
    Parent,
    PluginError,
    Setting,
    SourceError,
    Table,
    Transform,
    UnexpectedAnswer,
    UpdatedSince,
    count,
    fail,
    ignore,
    no_more,
    retry,
    total_reached,
    wait_until,
)
from connector_core.basics.errors import RequestRejected
from connector_core.engine import table_feed as table_feed_module
from connector_core.http import origin as origin_module
from connector_core.http import sending as sending_module
from connector_core.runtime.setup_test import setup_test
from distributions import install_dataset
from leaks_support import (
    AUTHORITY,
    KEY,
    KINDS,
    LINKS,
    MARK,
    PEM,
    TAIL,
    TRAVELLING,
    WITH_TOKENS,
    Authority,
    Heard,
    Kind,
    Lab,
    Say,
    Scenario,
    Search,
    Server,
    answering,
    as_html,
    assembly_of,
    chain,
    connecting,
    fails_with,
    files_in,
    is_plain,
    issue,
    listening,
    logged,
    page,
    printed,
    record_of,
    reply,
    run,
    says,
    secret_in,
    serving,
    settings_of,
    shy,
    shy_of_pages,
    table,
    tell,
    tell_page,
    then,
    without_proxies,
    written,
)

pytestmark = pytest.mark.xdist_group("leaks")

# The table

CHILDREN = Table(
    "parts",
    "/items/{parent.id}/parts",
    "items",
    ["id"],
    {"id": "STRING", "item": "STRING"},
    parent=Parent("items", {"item": "id"}),
)
RULE: dict[str, Any] = {"status": 200, "content": "url"}
PATIENT: dict[str, Any] = {"patience": 0.05, "echoes": False}

SCENARIOS = {
    # The API refuses, and repeats the request
    "401": Scenario(says(status=401), ConfigurationError, "does not accept the key"),
    "401 on the second page": Scenario(
        then(lambda _: page([{"id": "1"}], next_cursor="c", has_more=True), says(status=401)), ConfigurationError, "cursor=c"
    ),
    "403": Scenario(says(status=403), ConfigurationError, "may not read this"),
    "400": Scenario(says(status=400), RequestRejected, "refuses the request"),
    "404": Scenario(says(status=404), RequestRejected, "nothing at this address"),
    "418": Scenario(says(status=418), UnexpectedAnswer, "200 was expected"),
    "500": Scenario(says(status=500), SourceError, "failed 2 times"),
    "429 for too long": Scenario(says(status=429, headers={"Retry-After": "9999"}), SourceError, "asks to wait"),
    "in the reason phrase": Scenario(lambda heard: reply({}, 400, reason=secret_in(heard)), RequestRejected, "400 "),
    "behind much else": Scenario(
        lambda heard: reply(b"." * 175 + secret_in(heard).encode(), 400), RequestRejected, "...", echoes=False
    ),
    # … written as other languages write it
    "as PHP writes JSON": Scenario(written(lambda text: json.dumps(text).replace("/", "\\/")), RequestRejected),
    "as Go writes JSON": Scenario(
        written(lambda text: json.dumps(text).replace("&", "\\u0026").replace("<", "\\u003c")), RequestRejected
    ),
    "as JSON in JSON": Scenario(written(lambda text: json.dumps(json.dumps(text))), RequestRejected),
    "as HTML": Scenario(written(escape), RequestRejected),
    "as .NET writes addresses": Scenario(
        written(lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%3D", "%3d")), RequestRejected
    ),
    "as JavaScript writes addresses": Scenario(written(lambda text: quote(text, safe="!'()*")), RequestRejected),
    "quoted twice": Scenario(written(lambda text: quote(quote(text, safe=""), safe="")), RequestRejected),
    "as bytes of UTF-16": Scenario(
        lambda heard: reply(secret_in(heard).encode("utf-16"), 400), RequestRejected, "refuses", echoes=False
    ),
    # The connection
    "silence": Scenario(lambda _: None, SourceError, "no answer within", **PATIENT),
    "reset": Scenario(lambda _: b"", SourceError, "the connection was closed", echoes=False),
    "cut in the body": Scenario(
        says(headers={"Content-Length": "9999"}), SourceError, "closed before the whole answer", echoes=False
    ),
    "headers that are none": Scenario(
        lambda heard: b"HTTP/1.1 400 No\r\nheard " + secret_in(heard).encode() + b"\r\n\r\n{}",
        RequestRejected,
        "400 No",
        echoes=False,
    ),
    "a body that is no gzip": Scenario(says(headers={"Content-Encoding": "gzip"}), SourceError, "unpacked", echoes=False),
    "refused": Scenario(says(), SourceError, "connection was refused", place="refused", echoes=False),
    "no such host": Scenario(says(), SourceError, "host was not found", place="nowhere", echoes=False),
    "a certificate of a stranger": Scenario(
        says(), SourceError, "TLS certificate was not accepted", place="untrusted", echoes=False
    ),
    # Answers that are no good
    "JSON cut": Scenario(lambda heard: reply(json.dumps(heard.echo)[:-1].encode()), SourceError, "not whole JSON"),
    "HTML": Scenario(as_html, UnexpectedAnswer, "a web page"),
    "no records": Scenario(lambda heard: reply({secret_in(heard): 1}), UnexpectedAnswer, "no 'items', only"),
    "a record that is a text": Scenario(lambda heard: page([secret_in(heard)]), UnexpectedAnswer, "not an object"),
    "a record that is shown in part": Scenario(
        lambda heard: page(["x" * 45 + secret_in(heard)]), UnexpectedAnswer, "not an object", echoes=False
    ),
    "a cursor that is a list": Scenario(lambda heard: page([], next_cursor=[secret_in(heard)], has_more=True), UnexpectedAnswer),
    "no cursor": Scenario(lambda heard: reply({"items": [], secret_in(heard): 1}), UnexpectedAnswer, "neither next_cursor"),
    "a deleted key that is none": Scenario(
        lambda heard: page([], deleted=[[secret_in(heard)]]), UnexpectedAnswer, "no key of items", table=table(deleted="deleted")
    ),
    "too large": Scenario(
        lambda heard: page([{**record_of(heard), "pad": "x" * 1_100_000}]),
        UnexpectedAnswer,
        "larger than 1 MB",
        echoes=False,
        size="1",
    ),
    "CSV with a strange line": Scenario(
        lambda heard: reply(f'id\n"{secret_in(heard)}",1,2\n'.encode()),
        UnexpectedAnswer,
        table=table(format=Csv(), records="@"),
        echoes=False,
    ),
    "CSV with a strange header": Scenario(
        lambda heard: reply(('"{0}","{0}"\n1,2\n'.format(secret_in(heard).replace('"', '""'))).encode()),
        UnexpectedAnswer,
        "twice",
        table=table(format=Csv(), records="@"),
    ),
    "CSV with a strange value": Scenario(
        lambda heard: reply('id,n\n1,"{}"\n'.format(secret_in(heard).replace('"', '""')).encode()),
        UnexpectedAnswer,
        "is no LONG",
        table=table(format=Csv(), records="@", columns={"id": "STRING", "n": "LONG"}),
    ),
    "JSON lines with a strange line": Scenario(
        lambda heard: reply(secret_in(heard).encode()),
        UnexpectedAnswer,
        table=table(format=JsonLines(), records="@"),
        echoes=False,
    ),
    # What the plugin says about answers
    "a rule that fails": Scenario(says(), UnexpectedAnswer, "Ask them", table=table(errors=[fail(hint="Ask them.", **RULE)])),
    "a rule that tries again": Scenario(says(), SourceError, "failed 2 times", table=table(errors=[retry(**RULE)])),
    "a rule that waits": Scenario(
        says(), UnexpectedAnswer, "does not say until when", table=table(errors=[wait_until(path="url", **RULE)])
    ),
    "a rule that ignores": Scenario(says(), None, table=table(errors=[ignore(**RULE)])),
    # Where to go on
    "a redirect to another host": Scenario(
        lambda heard: reply(
            {}, 302, headers={"Location": f"http://{quote(secret_in(heard), safe='')}@elsewhere.example/{heard.target}"}
        ),
        UnexpectedAnswer,
        "redirects to http://elsewhere.example",
        echoes=False,
    ),
    "a redirect to a host named like a secret": Scenario(
        lambda _: reply({}, 302, headers={"Location": f"https://{MARK}.example/{TAIL}"}),
        UnexpectedAnswer,
        "redirects to",
        kinds=["key in a header"],
        echoes=False,
    ),
    "a redirect to no address": Scenario(
        lambda heard: reply({}, 302, headers={"Location": f"http://[{heard.target}"}),
        UnexpectedAnswer,
        "no address",
        echoes=False,
    ),
    "a link to another host": Scenario(
        lambda heard: reply({"items": [{"id": "1"}], "next": f"https://elsewhere.example{heard.target}"}),
        UnexpectedAnswer,
        "would go to https://elsewhere.example",
        paginator=LINKS,
        echoes=False,
    ),
    "a link that repeats the key in the query": Scenario(
        then(
            lambda heard: reply({"items": [{"id": "1"}], "next": f"/items?k={quote_plus(secret_in(heard))}&p=2"}),
            says(status=500),
        ),
        SourceError,
        "p=2: 500",
        paginator=LINKS,
    ),
    "a link that repeats the key in the path": Scenario(
        then(
            lambda heard: reply({"items": [{"id": "1"}], "next": f"/items/{quote(secret_in(heard), safe='')}?p=2"}),
            says(status=500),
        ),
        PluginError,
        "holds a secret",
        paginator=LINKS,
        kinds=TRAVELLING,
        echoes=False,
    ),
    "a link that repeats the key quoted twice": Scenario(
        then(
            lambda heard: reply({"items": [{"id": "1"}], "next": f"/items?to=k%3D{quote(quote(secret_in(heard), safe=''))}"}),
            says(status=500),
        ),
        ConnectorError,
        paginator=LINKS,
        echoes=False,
    ),
    "a cursor that is the key": Scenario(
        lambda heard: page([{"id": "1"}], next_cursor=secret_in(heard), has_more=True),
        PluginError,
        "holds a secret",
        kinds=TRAVELLING,
        echoes=False,
    ),
    "a key to go on after that is the key": Scenario(
        then(lambda heard: page([{"id": secret_in(heard)}]), says(status=500)),
        PluginError,
        "holds a secret",
        paginator=KeysetPaginator("after", "id"),
        kinds=TRAVELLING,
        echoes=False,
    ),
    "a paginator that raises": Scenario(
        lambda heard: page([record_of(heard)]), PluginError, "LookupError", paginator=FunctionPaginator(tell_page)
    ),
    "a paginator that fails without a word": Scenario(
        lambda heard: page([record_of(heard)]),
        PluginError,
        "no more is said",
        paginator=FunctionPaginator(shy_of_pages),
        echoes=False,
    ),
    # Records that repeat the request
    "a transform that raises": Scenario(
        lambda heard: page([record_of(heard)]), PluginError, "transform tell failed", transforms=[Transform("tell", tell)]
    ),
    "a transform that fails without a word": Scenario(
        lambda heard: page([record_of(heard)]), PluginError, "no more is said", transforms=[Transform("shy", shy)], echoes=False
    ),
    "a row that does not fit": Scenario(
        lambda heard: page([record_of(heard)]), DeliveryError, "the SDK refuses", refuse=fails_with("does not fit")
    ),
    "a row whose key is the key": Scenario(
        lambda heard: page([{"id": secret_in(heard)}]), DeliveryError, "the SDK refuses", refuse=fails_with("does not fit")
    ),
    "a field named like the key": Scenario(
        then(lambda heard: page([{"id": "1", secret_in(heard): 0.5}], next_cursor="c", has_more=True), says(status=500)),
        SourceError,
        "failed 2 times",
    ),
    "a record in the warehouse": Scenario(
        then(lambda heard: page([record_of(heard)], next_cursor="c", has_more=True), says(status=500)),
        SourceError,
        "failed 2 times",
    ),
    "children of a record named like the key": Scenario(
        lambda heard: page([{"id": secret_in(heard)}]) if heard.path == "/items" else reply(heard.echo, 404),
        RequestRejected,
        "parts: GET /items/",
        children=[CHILDREN],
    ),
    "a cookie": Scenario(
        then(
            lambda _: page(
                [{"id": "1"}], next_cursor="c", has_more=True, headers={"Set-Cookie": f"session={MARK}cookie{TAIL}; Path=/"}
            ),
            says(status=400),
        ),
        RequestRejected,
        "cursor=c: 400",
    ),
    # The token
    "no token": Scenario(says(), ConfigurationError, "gives no token", token=says(status=401), kinds=WITH_TOKENS),
    "no token for ever": Scenario(says(), SourceError, "failed 2 times", token=says(status=503), kinds=WITH_TOKENS),
    "no token but HTML": Scenario(says(), UnexpectedAnswer, "a web page", token=as_html, kinds=WITH_TOKENS, echoes=False),
    "no token but JSON": Scenario(says(), UnexpectedAnswer, "no 'access_token'", token=says(), kinds=WITH_TOKENS, echoes=False),
    "no token at that address": Scenario(says(), UnexpectedAnswer, "404", token=says(status=404), kinds=WITH_TOKENS),
    "no token but a redirect": Scenario(
        says(),
        UnexpectedAnswer,
        "redirects to http://elsewhere.example",
        token=lambda heard: reply({}, 307, headers={"Location": f"http://elsewhere.example/?{quote(heard.body)}"}),
        kinds=WITH_TOKENS,
        echoes=False,
    ),
    "no token but a reset": Scenario(says(), SourceError, "closed", token=lambda _: b"", kinds=WITH_TOKENS, echoes=False),
    "no token but silence": Scenario(says(), SourceError, "no answer", token=lambda _: None, kinds=WITH_TOKENS, **PATIENT),
    "a session that is over and not renewed": Scenario(
        then(lambda _: page([{"id": "1"}], next_cursor="c", has_more=True), says(status=401)),
        ConfigurationError,
        "gives no token",
        token=then(issue, says(status=400)),
        kinds=WITH_TOKENS,
    ),
    "a session that is over and renewed in vain": Scenario(
        then(lambda _: page([{"id": "1"}], next_cursor="c", has_more=True), says(status=401)),
        ConfigurationError,
        "does not accept the key",
        kinds=WITH_TOKENS,
    ),
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(tmp_path_factory.mktemp("leaks"))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*without_proxies(), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of hosts are looked up here, so that no test waits for a name server."""
    known = {"api.test": "127.0.0.1", "localhost": "127.0.0.1"}
    ask = socket.getaddrinfo

    def answer(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name.endswith((".invalid", ".example")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ask(known.get(name, name), *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


CELLS = [(kind, name) for name, scenario in SCENARIOS.items() for kind in KINDS if kind in scenario.kinds]
IDS = [f"{name}-{kind}" for kind, name in CELLS]


@pytest.mark.parametrize(("kind", "name"), CELLS, ids=IDS)
def test_no_secret_is_shown(lab: Lab, kind: str, name: str) -> None:
    scenario, evidence = SCENARIOS[name], lab.cell(kind, name, SCENARIOS[name])
    assert (evidence.kind and issubclass(evidence.kind, ConnectorError)) is (scenario.raises and True), evidence.message
    assert scenario.raises is None or issubclass(evidence.kind or object, scenario.raises), evidence.message
    assert scenario.words in evidence.message
    assert Search(KINDS[kind].more).hits(evidence.shown) == []


def kinds_of(name: str) -> list[str]:
    return [kind for kind in KINDS if kind in SCENARIOS[name].kinds]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_secret_was_there_to_be_shown(lab: Lab, name: str) -> None:
    """The other tests of the table mean something only if this one passes."""
    scenario = SCENARIOS[name]
    for kind in kinds_of(name):
        evidence = lab.cell(kind, name, SCENARIOS[name])
        if KINDS[kind].travels and scenario.place == "here":
            assert Search().hits({"what the API heard": " ".join(heard.whole for heard in evidence.heard)}), kind
            assert not scenario.echoes or "***" in evidence.message + "".join(evidence.lines), (kind, evidence.message)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_line_is_one_line(lab: Lab, name: str) -> None:
    cells = [lab.cell(kind, name, SCENARIOS[name]) for kind in kinds_of(name)]
    assert [line for cell in cells for line in (*cell.lines, cell.message) if not is_plain(line)] == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_secret_hangs_on_the_error(lab: Lab, name: str) -> None:
    """Also where a traceback leaves it out: what reports errors may walk from one to the next."""
    found = {kind: Search(KINDS[kind].more).hits(lab.cell(kind, name, SCENARIOS[name]).hidden) for kind in kinds_of(name)}
    assert {kind: hits for kind, hits in found.items() if hits} == {}


SETUP = [
    "401",
    "403",
    "400",
    "500",
    "in the reason phrase",
    "silence",
    "refused",
    "JSON cut",
    "no records",
    "a redirect to another host",
]
SETUP += ["no token", "no token for ever", "no token but HTML", "no token but JSON"]


@pytest.mark.parametrize("name", SETUP)
def test_the_setup_test_shows_no_secret(lab: Lab, name: str) -> None:
    """What it says stands in Fivetran's setup form."""
    scenario = SCENARIOS[name]
    for kind in kinds_of(name):
        with lab.api(KINDS[kind], scenario) as (url, _), logged() as lines:
            given = settings_of(KINDS[kind], scenario, url)
            said = setup_test(assembly_of(KINDS[kind], scenario), given, connecting(scenario, lab.trusted))
        assert said
        assert is_plain(said)
        assert Search(KINDS[kind].more).hits({"the fault": said, "Python's loggers": "\n".join(lines)}) == []


# Leaks that no scenario of the table makes


def test_a_group_named_like_the_key_is_not_in_the_state(lab: Lab) -> None:
    """The state of an extra table names its groups, and those are values of records."""
    scenario = Scenario(
        lambda heard: page([{"id": "1", "heard": secret_in(heard)}]),
        None,
        table=table(columns={"id": "STRING", "heard": "STRING"}),
        extras=[Aggregate("items_heard", by=["heard"], measures={"items": count()})],
    )
    found = {kind: Search().hits(lab.attempt(KINDS[kind], scenario).shown) for kind in TRAVELLING}
    assert {kind: hits for kind, hits in found.items() if hits} == {}


@pytest.mark.parametrize("kind", TRAVELLING)
def test_a_state_that_holds_the_key_already(lab: Lab, kind: str) -> None:
    """One that a hand-written connector left, say."""
    known = next(value for value in KINDS[kind].configuration.values() if MARK in value or len(value) > 100)
    with serving(answering(KINDS[kind], Scenario(says(status=500), SourceError))) as server:
        evidence = run(KINDS[kind], Scenario(says(), SourceError), server.url, None, state={"next_cursor": known})
    assert evidence.kind is SourceError
    shown = {place: text for place, text in evidence.shown.items() if place != "the crash report"}  # which tells the old state
    assert Search(KINDS[kind].more).hits(shown) == []


class Talkative(AuthBase):
    """An auth object of the plugin's own that fails, and says with what."""

    def __init__(self, kind: type[Exception], key: str) -> None:
        self.kind, self.key = kind, key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        raise self.kind(f"no good: {self.key}")


@pytest.mark.parametrize("kind", [ValueError, KeyError, RuntimeError, ConfigurationError])
def test_an_auth_object_that_raises(lab: Lab, kind: type[Exception]) -> None:
    own = Kind(lambda values: Talkative(kind, values["token"]), {"token": KEY}, settings=(Setting("token", secret=True),))
    evidence = lab.attempt(own, Scenario(says(), ConnectorError))
    assert evidence.kind is not None
    assert Search().hits(evidence.shown) == []


@pytest.mark.parametrize("part", ["first", "bookmark", "rest"])
def test_a_paginator_that_raises_elsewhere(lab: Lab, part: str) -> None:
    def fail_with(_: object, request: object, *more: object) -> Any:
        raise LookupError(f"{request} {[page.body for page in more if isinstance(page, Page)]} {KEY}")

    # It is not asked before a sync, when nobody knows the key.
    talkative = type("Talkative", (CursorPaginator,), {part: fail_with, "check": lambda *_: None})
    answers = then(
        lambda heard: page([record_of(heard)], next_cursor="c", has_more=True),
        lambda heard: page([record_of(heard) | {"id": "2"}]),
    )
    scenario = Scenario(answers, ConnectorError, paginator=talkative())
    evidence = lab.attempt(KINDS["bearer"], scenario)
    assert evidence.kind is not None
    assert Search().hits(evidence.shown) == []


PLAIN = f"{MARK}plain{TAIL}"


@pytest.mark.parametrize(
    "changes",
    [
        {"page_size": PLAIN},
        {"max_answer_mb": f"{PLAIN} "},
        {"threads": PLAIN},
        {"base_url": PLAIN},
        {"base_url": f"http://{PLAIN}.example"},
        {"base_url": f"ftp://{PLAIN}"},
        {PLAIN: "x"},
    ],
    ids=["page_size", "max_answer_mb", "unknown", "base_url", "plain http", "another scheme", "a name"],
)
def test_a_key_that_is_pasted_into_another_setting_as_well(changes: dict[str, str]) -> None:
    kind = Kind(ApiKeyHeader("X-Key"), {"api_key": PLAIN, **changes})
    evidence = run(kind, Scenario(says(), ConnectorError), "http://127.0.0.1:1", None)
    assert evidence.kind is not None
    assert Search().hits(evidence.shown) == []


def test_a_request_that_is_still_under_way_when_the_sync_ends(lab: Lab) -> None:
    """It is ended with the sync, and what urllib3 says of that comes when nobody waits for it any more."""
    asked, answered = threading.Event(), threading.Event()

    def slow(heard: Heard) -> bytes:
        if heard.number == 1:
            time.sleep(0.02)  # so that the next page is fetched ahead
            return page([{"id": "1"}], next_cursor="c", has_more=True)
        asked.set()
        answered.wait(5)
        return page([])

    def refuse(row: dict[str, Any]) -> None:
        assert asked.wait(5)
        raise TypeError("does not fit")

    with logged() as lines:
        with serving(answering(KINDS["key in the query"], Scenario(slow, DeliveryError))) as server:
            evidence = run(KINDS["key in the query"], Scenario(slow, DeliveryError, refuse=refuse), server.url, None)
            left = [thread for thread in threading.enumerate() if thread.name.startswith("next-page")]
            for thread in left:
                thread.join(5)
            assert not any(thread.is_alive() for thread in left)  # although the API has not answered
            answered.set()
        assert evidence.kind is DeliveryError
    assert Search().hits({"Python's loggers": "\n".join(lines)}) == []


# Where the credentials go

ELSEWHERE = {
    "another port": "http://{other}/items",
    "capitals": "HTTP://{other}/items",
    "https": "https://{own}/items",
    "another name of this host": "http://localhost:{port}/items",
    "no scheme": "//{other}/items",
    "no scheme, backslashes": "\\\\{other}/items",
    "no slashes": "http:{other}/items",
    "one slash": "http:/{other}/items",
    "three slashes": "http:///{other}/items",
    "our address as user name": "http://{own}@{other}/items",
    "our address as password": "http://me:{own}@{other}/items",
    "our address behind a backslash": "http://{other}\\@{own}/items",
    "our address before a backslash": "http://{own}\\@{other}/items",
    "our address in the fragment": "http://{other}#@{own}/items",
    "our address in the query": "http://{other}?@{own}/items",
    "a tab": "ht\ttp://{other}/items",
    "a space in front": " http://{other}/items",
    "a path in front": "@{other}/items",
    "a port in front": ":80@{other}/items",
}


def redirecting(address: str) -> Say:
    return says({}, 307, headers={"Location": address})


def linking(address: str) -> Say:
    return then(lambda _: reply({"items": [{"id": "1"}], "next": address}), says({"items": [], "next": None}))


def linking_in_a_header(address: str) -> Say:
    return then(lambda _: reply({"items": [{"id": "1"}]}, headers={"Link": f'<{address}>; rel="next"'}), says({"items": []}))


LEADING: dict[str, tuple[Callable[[str], Say], Paginator]] = {
    "redirect": (redirecting, LINKS),
    "link": (linking, LINKS),
    "Link header": (linking_in_a_header, LinkHeaderPaginator()),
}


def led_astray(lab: Lab, kind: Kind, way: str, where: str, *, token: bool = False) -> tuple[Server, Server]:
    """A sync from an API that names another server: the API, and that server."""
    lead, paginator = LEADING[way]
    answers: list[Say] = []
    with (
        serving(says({"items": [], "next": None, "access_token": "stolen"})) as other,
        serving(lambda heard: answers[0](heard), lab.ours if kind.tls else None) as own,
    ):
        leading = lead(where.format(own=own.host, other=other.host, port=other.port))
        scenario = Scenario(leading, None, token=leading if token else issue, paginator=paginator)
        answers.append(answering(kind, scenario))
        run(kind, scenario, own.url, lab.trusted)
        return own, other


@pytest.mark.parametrize("where", ELSEWHERE.values(), ids=ELSEWHERE)
@pytest.mark.parametrize("way", LEADING)
def test_no_credential_goes_to_another_server(lab: Lab, way: str, where: str) -> None:
    for kind in KINDS.values():
        own, other = led_astray(lab, kind, way, where)
        assert own.heard
        assert other.heard == []


@pytest.mark.parametrize("where", ["http://{own}/items", "http://{other}/items", "//{other}/items"])
@pytest.mark.parametrize("way", LEADING)
def test_no_credential_goes_from_https_to_http(lab: Lab, way: str, where: str) -> None:
    for kind in KINDS.values():
        own, other = led_astray(lab, evolve(kind, tls=True), way, where)
        assert own.heard
        assert other.heard == []


@pytest.mark.parametrize("where", ELSEWHERE.values(), ids=ELSEWHERE)
def test_no_request_for_a_token_goes_to_another_server(lab: Lab, where: str) -> None:
    for kind in WITH_TOKENS:
        own, other = led_astray(lab, KINDS[kind], "redirect", where, token=True)
        assert [heard.path for heard in own.heard] == ["/token"]
        assert other.heard == []


@pytest.mark.parametrize("way", LEADING)
def test_the_other_server_would_hear_it(lab: Lab, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """The tests above mean something only if this one passes: a client that asks nothing tells the other server all."""
    for module in (origin_module, sending_module, table_feed_module):
        monkeypatch.setattr(module, "same_origin", lambda *_: True)
    for kind in TRAVELLING:
        for tls in (False, True):
            _, other = led_astray(lab, evolve(KINDS[kind], tls=tls), way, ELSEWHERE["another port"])
            assert Search().hits({"heard": " ".join(heard.whole for heard in other.heard)})


PROXIES = without_proxies(("http_proxy", "https_proxy", "all_proxy"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.0.0.2", "[::1]"])
@pytest.mark.parametrize("variable", PROXIES)
def test_a_proxy_hears_nothing_of_what_stays_on_this_machine(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, variable: str, host: str
) -> None:
    with serving(says({}, 407)) as proxy, serving(says()) as api:
        monkeypatch.setenv(variable, proxy.url)
        for kind in KINDS.values():
            run(kind, Scenario(says(), None), f"http://{host}:{api.port}", lab.trusted)
    assert proxy.heard == []


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_a_proxy_hears_nothing_of_a_token_that_is_given_on_this_machine(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The plugin names an address of this machine, in plain http, for the token of an API that is elsewhere."""
    with serving(says({}, 407)) as proxy, serving(issue) as tokens:
        monkeypatch.setenv(variable, proxy.url)
        own = evolve(KINDS["client credentials"], auth=OAuth2ClientCredentials(token_url=f"{tokens.url}/token"))
        run(own, Scenario(says(), None), "https://api.invalid", lab.trusted)
    assert Search().hits({"the proxy": " ".join(heard.whole for heard in proxy.heard)}) == []


@pytest.mark.parametrize("variable", [name for name in PROXIES if "http_" not in name.lower()])
@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_is_asked_for_a_tunnel_without_any_credential(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: str, variable: str
) -> None:
    with serving(says({}, 407, reason=f"no {MARK}")) as proxy:
        monkeypatch.setenv(variable, f"http://me:{MARK}{TAIL}@{proxy.host}")
        evidence = run(KINDS[kind], Scenario(says(), None), "https://api.invalid", lab.trusted)
    assert evidence.kind is ConfigurationError
    assert "the proxy" in evidence.message
    assert {heard.method for heard in proxy.heard} == {"CONNECT"}
    sent = [{**heard.headers, "proxy-authorization": "its own"} for heard in proxy.heard]
    assert Search(KINDS[kind].more).hits({"the proxy": str(sent), **evidence.shown}) == []


def test_a_proxy_that_answers_in_the_apis_place(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens the tunnel, and speaks TLS itself: without the API's certificate it hears nothing."""
    heard: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            with lab.strange.wrap_socket(connection, server_side=True) as inside:
                heard.append(inside.recv(10_000))

    with listening(answer) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        for kind in KINDS.values():
            evidence = run(kind, Scenario(says(), None), "https://api.invalid", lab.trusted)
            assert "TLS certificate was not accepted" in evidence.message
    assert b"".join(heard) == b""


# TLS

WRONG: dict[str, Callable[[Path], ssl.SSLContext]] = {
    "of a stranger": lambda folder: Authority("another stranger").server(folder),
    "of a stranger of the same name": lambda folder: Authority("authority").server(folder, host="127.0.0.1"),
    "for another host": lambda folder: AUTHORITY.server(folder, host="other.example"),
    "for another address": lambda folder: AUTHORITY.server(folder, host="127.0.0.2"),
    "expired": lambda folder: AUTHORITY.server(folder, days=(-3, -1)),
    "not valid yet": lambda folder: AUTHORITY.server(folder, days=(1, 3)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_certificate_is_refused_before_any_credential_travels(
    lab: Lab, tmp_path: Path, wrong: Callable[[Path], ssl.SSLContext]
) -> None:
    context = wrong(tmp_path)
    for name, kind in KINDS.items():
        with serving(answering(kind, Scenario(lambda _: page([]), None)), context) as server:
            evidence = run(kind, Scenario(says(), None), server.url, lab.trusted)
        assert evidence.kind is SourceError, name
        assert "the TLS certificate was not accepted" in evidence.message
        assert server.heard == []


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_token_is_not_asked_for_behind_a_wrong_certificate(
    lab: Lab, tmp_path: Path, wrong: Callable[[Path], ssl.SSLContext]
) -> None:
    with serving(issue, wrong(tmp_path)) as tokens, serving(says(), lab.ours) as api:
        own = evolve(KINDS["client credentials"], auth=OAuth2ClientCredentials(token_url=f"{tokens.url}/token"))
        evidence = run(own, Scenario(says(), None), api.url, lab.trusted)
    assert "the TLS certificate was not accepted" in evidence.message
    assert tokens.heard == api.heard == []


@pytest.mark.parametrize("host", ["api.test", "127.0.0.1"])
def test_an_authority_of_the_environment_is_trusted(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str) -> None:
    context = AUTHORITY.server(tmp_path, host=host)
    for name, kind in KINDS.items():
        with serving(answering(kind, Scenario(lambda _: page([{"id": "1"}]), None)), context) as server:
            url = f"https://{host}:{server.port}"
            monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
            assert run(kind, Scenario(says(), None), url, None).kind is SourceError
            assert server.heard == []
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(lab.trusted))
            evidence = run(kind, Scenario(says(), None), url, None)
        assert evidence.kind is None, f"{name}: {evidence.message}"
        assert server.heard


# A text of the API's cannot forge a line

NASTY = "\r\n07:00 INFO all is well\x1b[2J\x1b]0;x\x07\x08\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\u200b\u202e\x9b\x7f\xe9\0"
IN_A_HEADER = "\r07:00 INFO all is well\x1b[2J\x1b]0;x\x07\x08\x0b\x0c\x1c\x1d\x1e\x85\x9b\x7f\xe9"
IN_AN_ADDRESS = IN_A_HEADER[1:].replace(" ", "-").encode("ascii", "ignore").decode()

CSV = table(format=Csv(), records="@", columns={"id": "STRING", "n": "LONG"})
FORGERIES = {
    "a body": Scenario(says(NASTY.encode(), 400), RequestRejected),
    "a body in JSON": Scenario(says({"error": NASTY}, 400), RequestRejected),
    "a body, tried again": Scenario(says(NASTY.encode(), 500), SourceError),
    "a body that is ignored": Scenario(says(NASTY.encode(), 404), None, table=table(errors=[ignore(status=404)])),
    "a body that is cut": Scenario(says(b'{"' + NASTY.encode()), SourceError),
    "a web page": Scenario(says(b"<p>" + NASTY.encode()), UnexpectedAnswer),
    "a reason phrase": Scenario(says({}, 400, reason=IN_A_HEADER), RequestRejected),
    "a reason phrase, tried again": Scenario(says({}, 503, reason=IN_A_HEADER), SourceError),
    "a reason phrase that is ignored": Scenario(
        says({}, 404, reason=IN_A_HEADER), None, table=table(errors=[ignore(status=404)])
    ),
    "a reason phrase of a token": Scenario(
        says(), ConfigurationError, token=says({}, 400, reason=IN_A_HEADER), kinds=WITH_TOKENS
    ),
    "a body of a token": Scenario(says(), ConfigurationError, token=says(NASTY.encode(), 400), kinds=WITH_TOKENS),
    "a key of a token": Scenario(says(), UnexpectedAnswer, token=says({NASTY: 1}), kinds=WITH_TOKENS),
    "an address": Scenario(
        says({}, 302, headers={"Location": f"http://{IN_AN_ADDRESS}.example/"}), UnexpectedAnswer, echoes=False
    ),
    "a key of the answer": Scenario(says({NASTY: 1}), UnexpectedAnswer),
    "a record": Scenario(lambda _: page([NASTY]), UnexpectedAnswer),
    "a key that is refused": Scenario(lambda _: page([{"id": NASTY}]), DeliveryError, refuse=fails_with(NASTY)),
    "a key that a transform fails on": Scenario(
        lambda _: page([{"id": NASTY, "x": NASTY}]), PluginError, transforms=[Transform("tell", tell)]
    ),
    "a deleted key": Scenario(lambda _: page([], deleted=[[NASTY]]), UnexpectedAnswer, table=table(deleted="deleted")),
    "a name of a field": Scenario(
        then(lambda _: page([{"id": "1", NASTY: 0.5}], next_cursor="c", has_more=True), says({}, 500)), SourceError
    ),
    "a cursor": Scenario(then(lambda _: page([{"id": "1"}], next_cursor=NASTY, has_more=True), says({}, 500)), SourceError),
    "a cursor that is a list": Scenario(lambda _: page([], next_cursor=[NASTY], has_more=True), UnexpectedAnswer),
    "a cursor that is refused": Scenario(
        then(lambda _: page([{"id": "1"}], next_cursor=NASTY, has_more=True), says({}, 400)), RequestRejected
    ),
    "a link": Scenario(
        then(lambda _: reply({"items": [{"id": "1"}], "next": f"/items?{NASTY}"}), says({}, 500)), SourceError, paginator=LINKS
    ),
    "a link that is a list": Scenario(lambda _: reply({"items": [], "next": [NASTY]}), UnexpectedAnswer, paginator=LINKS),
    "a key to go on after": Scenario(
        then(lambda _: page([{"id": NASTY}]), says({}, 500)), SourceError, paginator=KeysetPaginator("after", "id")
    ),
    "a time": Scenario(
        lambda _: page([{"id": "1", "at": NASTY}]), UnexpectedAnswer, paginator=UpdatedSince("since", "at"), echoes=False
    ),
    "a total": Scenario(
        lambda _: page([{"id": "1"}], total=NASTY), UnexpectedAnswer, paginator=OffsetPaginator(stop=[total_reached("total")])
    ),
    "an end": Scenario(
        lambda _: page([{"id": "1"}], more=NASTY), UnexpectedAnswer, paginator=OffsetPaginator(stop=[no_more("more")])
    ),
    "a name of a parent": Scenario(
        lambda heard: page([{"id": NASTY}]) if heard.path == "/items" else reply({}, 404), RequestRejected, children=[CHILDREN]
    ),
    "a CSV header": Scenario(says(f'"{NASTY[:-1]}","{NASTY[:-1]}"\n1,2\n'.encode()), UnexpectedAnswer, table=CSV),
    "a CSV value": Scenario(says(f'id,n\n1,"{NASTY[:-1]}"\n'.encode()), UnexpectedAnswer, table=CSV),
    "a paginator's error": Scenario(lambda _: page([], x=NASTY), PluginError, paginator=FunctionPaginator(tell_page)),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_text_cannot_forge_a_line(lab: Lab, name: str) -> None:
    scenario = FORGERIES[name]
    kind = KINDS[scenario.kinds[0] if scenario.kinds != tuple(KINDS) else "bearer"]
    evidence = lab.attempt(kind, scenario)
    assert evidence.kind is scenario.raises, evidence.message
    lines = [*evidence.lines, evidence.message]
    assert [line for line in lines if not is_plain(line)] == []
    assert not scenario.echoes or any("all is well" in line.replace("%20", " ") for line in lines)


def test_names_of_settings_and_of_the_state_cannot_forge_a_line(lab: Lab) -> None:
    with serving(says({}, 500)) as server:
        kind = evolve(KINDS["bearer"], configuration={"token": KEY, NASTY: NASTY})
        evidence = run(kind, Scenario(says(), None), server.url, None, state={NASTY: NASTY})
        chosen = run(evolve(KINDS["choice"], configuration={"auth": NASTY}), Scenario(says(), None), server.url, None)
        sized = run(KINDS["bearer"], Scenario(says(), None), server.url, None, page_size=NASTY)
        based = run(KINDS["bearer"], Scenario(says(), None), NASTY, None)
    lines = [*evidence.lines, evidence.message, chosen.message, sized.message, based.message]
    assert [line for line in lines if not is_plain(line)] == []
    assert sum("all is well" in line for line in lines) >= 4


# How much is read


LARGE = json.dumps({"items": [{"id": "1", "pad": "x" * 1_500_000}], "next_cursor": None, "has_more": False}).encode()


@pytest.mark.parametrize("body", [LARGE, gzip.compress(LARGE)], ids=["plain", "gzip"])
def test_an_answer_is_as_large_as_the_setting_says(body: bytes) -> None:
    with serving(says(body)) as server:
        small = run(KINDS["bearer"], Scenario(says(), None, size="1"), server.url, None)
        enough = run(KINDS["bearer"], Scenario(says(), None, size="2"), server.url, None)
    assert small.kind is UnexpectedAnswer
    for words in ("items: GET /items", "larger than 1 MB", "smaller page_size", "max_answer_mb"):
        assert words in small.message
    assert small.rows == "{}"
    assert enough.kind is None
    assert len(server.heard) == 2


@pytest.mark.parametrize("kind", WITH_TOKENS)
def test_an_answer_with_a_token_has_a_limit_too(kind: str) -> None:
    large = {"access_token": "t", "token_type": "Bearer", "pad": "x" * 3_000_000}
    scenario = Scenario(
        lambda _: page([]),
        UnexpectedAnswer,
        token=says(gzip.compress(json.dumps(large).encode()), headers={"Content-Encoding": "gzip"}),
        size="1",
    )
    with serving(answering(KINDS[kind], scenario)) as server:
        evidence = run(KINDS[kind], scenario, server.url, None)
    assert evidence.kind is UnexpectedAnswer
    assert "larger than 1 MB" in evidence.message


REFUSED = 'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n\r\n'
MOVED = "HTTP/1.1 302 Moved\r\nLocation: /items\r\n\r\n"


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        *((kind, REFUSED) for kind in ("bearer", "digest", "session", "client credentials", "JWT with a shared secret")),
        ("bearer", MOVED),
    ],
    ids=["bearer", "digest", "session", "client credentials", "JWT", "redirect"],
)
def test_an_answer_that_goes_on_and_on_is_not_read_to_its_end(kind: str, answer: str) -> None:
    """Neither a refusal that makes some kinds ask again, nor a redirect: no setting would bound what is read of them."""
    sent = [0]

    def endless(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if connection.recv(100_000).startswith(b"POST"):
                connection.sendall(issue(Heard("POST", "/token", {}, "")))
                return
            connection.sendall(answer.encode())
            while sent[0] < 60_000_000:
                connection.sendall(b"x" * 1_000_000)
                sent[0] += 1_000_000

    with listening(endless) as port:
        evidence = run(KINDS[kind], Scenario(says(), None, size="1"), f"http://127.0.0.1:{port}", None)
    assert evidence.kind is not None
    assert sent[0] < 30_000_000


def test_a_redirect_to_what_is_no_text_leaves_no_connection_open() -> None:
    ended: Queue[bool] = Queue()

    def move(connection: socket.socket) -> None:
        with connection:
            connection.recv(100_000)
            connection.sendall(b"HTTP/1.1 302 Moved\r\nLocation: http://\xff/\r\nContent-Length: 9\r\n\r\n")
            connection.settimeout(1)
            with contextlib.suppress(TimeoutError):
                ended.put(connection.recv(1) == b"")
            ended.put(False)

    gc.disable()  # it would close what was forgotten
    try:
        with listening(move) as port:
            evidence = run(KINDS["bearer"], Scenario(says(), None), f"http://127.0.0.1:{port}", None)
            assert evidence.kind is UnexpectedAnswer
            assert ended.get(timeout=5)
    finally:
        gc.enable()
        with warnings.catch_warnings(action="ignore"):
            gc.collect()


ODD = {
    "backslashes": "\\",
    "percent signs": "%25",
    "entities": "&amp;",
    "blanks": " ",
    "plus signs": "+",
    "dots": "...",
    "starts": MARK,
}


@pytest.mark.parametrize("piece", ODD.values(), ids=ODD)
def test_a_long_and_odd_answer_is_searched_soon(piece: str) -> None:
    """In a process of its own, because a search that backtracks cannot be ended. A working one takes a fraction of this time."""
    secrets = [KEY, f"{MARK}  a", f"{MARK}\\\\\\a", "\\\\\\a", f"  {TAIL}", "%25%25a", "&&a", "plain-key-0123456789"]
    code = f"from connector_core.basics.discretion import strike; strike({secrets!r}, {piece!r} * (100_000 // {len(piece)}))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


# The real command

PLUGIN = """
from connector_core import {names}, CursorPaginator, Setting, Table, Transform, hookimpl

SETTINGS = [Setting("shown")]


def told(configuration):
    print("signing with", configuration["shown"])
    return BearerToken("shown")(configuration)


def tell(record):
    if "heard" in record:
        raise ValueError(f"cannot use {{record}}")
    return record


@hookimpl
def connector_tables():
    return [Table("{dataset}_records", "/items", "items", ["id"], {{"id": "STRING"}})]


@hookimpl
def connector_auth():
    return {auth}


@hookimpl
def connector_settings():
    return SETTINGS if "{dataset}" == "planted" else []


@hookimpl
def connector_transforms(table):
    return [Transform("tell", tell)]
"""


@frozen
class Real:
    """A connector that is built and run by the real command: its auth as source code, and what the API says after a page."""

    kind: str
    auth: str
    api: Say
    words: str
    token: Say = issue
    configuration: Mapping[str, str] | None = None


REAL = {
    "header": Real("key in a header", 'ApiKeyHeader("X-Key")', says(status=400), "refuses the request"),
    "query": Real("key in the query", 'ApiKeyQuery("api_key")', lambda heard: page([record_of(heard)]), "transform tell failed"),
    "basic": Real("basic", "BasicAuth()", as_html, "a web page"),
    "oauth": Real(
        "client credentials",
        'OAuth2ClientCredentials(token_url="/token", client_auth="body")',
        says(status=401),
        "gives no token",
        then(issue, says(status=400)),
    ),
    "blank": Real(
        "key in a header", 'ApiKeyHeader("X-Key")', says(status=400), "refuses the request", configuration={"api_key": f"{KEY} "}
    ),
    "wrong": Real(
        "key in a header",
        'ApiKeyHeader("X-Key")',
        says(),
        "page_size is",
        configuration={"api_key": f"{KEY} ", "page_size": "many"},
    ),
}
FIRST_PAGE = page([{"id": str(number)} for number in range(150)], next_cursor="c", has_more=True)


@frozen
class Command:
    """The real commands, in a home and with temporary files of their own."""

    folder: Path

    def run(self, *command: str, cwd: Path) -> str:
        """What the command said on standard output and on standard error, and its exit code."""
        place = Path(sys.executable).parent
        path = f"{self.folder / 'bin'}:{place}:/usr/bin:/bin"
        names = {"HOME": "home", "TMPDIR": "temporary", "PYTHONPATH": "site"}
        folders = {name: str(self.folder / folder) for name, folder in names.items()}
        done = subprocess.run(
            [str(place / command[0]), *command[1:]],
            cwd=cwd,
            env={"PATH": path, "DO_NOT_TRACK": "1", "NO_COLOR": "1", **folders},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return f"{done.stdout}\n{done.stderr}\nexit code {done.returncode}"

    def build(self, dataset: str, auth: str) -> Path:
        """The built project of a dataset that has *auth*."""
        names = ", ".join(sorted({"BearerToken", *re.findall(r"[A-Z]\w+(?=\()", auth)}))
        install_dataset(self.folder / "site", dataset, PLUGIN.format(dataset=dataset, auth=auth, names=names))
        assert "exit code 0" in self.run("connector-build", dataset, "--output", str(self.folder / dataset), cwd=self.folder)
        return self.folder / dataset

    def debug(self, project: Path, url: str, configuration: Mapping[str, str]) -> str:
        """What `fivetran debug` says."""
        (project / "configuration.json").write_text(json.dumps({"base_url": url, **configuration}))
        return self.run("fivetran", "debug", "--configuration", "configuration.json", cwd=project)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Nothing is asked of the network: no package index, and no newer version of the command."""
    for name in ("bin", "site", "temporary", "home/.fivetran/connector_sdk"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/.fivetran/connector_sdk/_last_version_check").write_text(str(int(time.time())))
    (tmp_path / "bin/pipreqs").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "bin/pipreqs").chmod(0o755)
    return Command(tmp_path)


@pytest.mark.parametrize("dataset", REAL)
def test_no_secret_leaves_the_configuration_of_a_real_project(command: Command, dataset: str) -> None:
    real = REAL[dataset]
    kind = KINDS[real.kind]
    project = command.build(dataset, real.auth)
    with serving(answering(kind, Scenario(then(lambda _: FIRST_PAGE, real.api), None, token=real.token))) as server:
        said = command.debug(project, server.url, real.configuration or kind.configuration)
    assert real.words in said
    assert "exit code 1" in said
    left = files_in(command.folder, f"{dataset}/configuration.json")
    assert {f"{dataset}/connector.py", f"{dataset}/connector.lock.json"} <= left.keys()
    assert not any("crash" in name for name in left)  # op.error ends the sync, and that is no crash
    (rows,) = read_tables(project, [f"{dataset}_records"], None)
    assert Search().hits({"what the command said": said, "the warehouse": str(rows.rows), **left}) == []
    if dataset != "wrong":
        assert Search().hits({"what the API heard": " ".join(heard.whole for heard in server.heard)})
        assert {f"{dataset}/files/warehouse.db", f"{dataset}/files/state.json"} <= left.keys()
        assert rows.total == 150


def test_no_secret_is_packed(command: Command) -> None:
    """The zip that is uploaded, after a run that went well, and after a rebuild of a project whose configuration is filled in."""
    project = command.build("header", REAL["header"].auth)
    with serving(lambda _: page([{"id": "1"}])) as server:
        assert "SYNC SUCCEEDED" in command.debug(project, server.url, KINDS["key in a header"].configuration)
    rebuilt = command.run("connector-build", "header", "--output", str(project), cwd=command.folder)
    assert "Rebuilt" in rebuilt
    packed = command.run("fivetran", "package", cwd=project)
    (archive,) = project.rglob("*.zip")
    with zipfile.ZipFile(archive) as opened:
        members: dict[str, str | bytes] = {f"zip: {name}": opened.read(name) for name in opened.namelist()}
    assert "zip: connector.py" in members
    assert "zip: configuration.json" not in members
    left = files_in(command.folder, "header/configuration.json")
    assert Search().hits({"what was said": rebuilt + packed, **members, **left}) == []
    assert Search().hits({"configuration.json": (project / "configuration.json").read_text()})


def test_a_leak_that_is_planted_in_a_real_project_is_found(command: Command) -> None:
    project = command.build("planted", "told")
    with serving(says(status=400)) as server:
        said = command.debug(project, server.url, {"shown": KEY})
    assert [hit.split(":")[0] for hit in Search().hits({"what the command said": said})] == ["what the command said"]
    (project / "connector_core/spare.py").write_text(f"KEY = {KEY!r}")
    assert any("spare.py" in hit for hit in Search().hits(files_in(project)))


# The search finds what is there


def in_the_log(key: str) -> None:
    logging.getLogger("plugin").info("signing with %s", key)


def in_standard_output(key: str) -> None:
    print(quote(key, safe=""))  # noqa: T201 - the leak


@frozen
class Leaky(AuthBase):
    """An auth object that tells its key."""

    leak: Callable[[str], None]
    key: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self.leak(self.key)
        return request


@pytest.mark.parametrize(
    ("leak", "place"),
    [
        (in_the_log, "Python's loggers"),
        (in_standard_output, "standard output"),
    ],
)
def test_a_planted_leak_is_found(lab: Lab, leak: Callable[[str], None], place: str) -> None:
    # A secret of which the core knows nothing cannot be struck out by it.
    kind = Kind(lambda values: Leaky(leak, values["token"]), {"token": KEY}, settings=(Setting("token"),))
    evidence = lab.attempt(kind, Scenario(says({}, 400), RequestRejected))
    assert [hit.partition(":")[0] for hit in Search().hits(evidence.shown)] == [place]


def test_a_secret_is_found_wherever_it_hangs_on_an_error() -> None:
    inner, other = KeyError(KEY), ValueError("no")
    inner.add_note("nothing else")
    for cause, context, in_the_traceback in ((inner, None, True), (None, inner, True), (other, inner, False)):
        error = RuntimeError("harmless")
        error.__cause__, error.__context__ = cause, context
        error.__suppress_context__ = cause is not None
        assert Search().hits(chain(error))
        assert bool(Search().hits({"the traceback": printed(error)})) is in_the_traceback
    assert Search().hits(chain(other)) == []


@pytest.mark.parametrize(
    "write",
    [
        str,
        repr,
        json.dumps,
        escape,
        quote,
        quote_plus,
        lambda text: json.dumps(json.dumps(text)),
        lambda text: quote(quote(text)),
        lambda text: text[:4] + "...",
        lambda text: "..." + text[-4:],
        lambda text: " ".join(text[:8]).replace(" ", "\0"),
        lambda text: b64encode(text.encode()).decode(),
        lambda text: b64encode(f"me:{text}".encode()).decode(),
        lambda text: b64encode(f"you:{text}!".encode()).decode(),
        lambda text: quote(b64encode(f"crew:{text}".encode()).decode()),
    ],
)
def test_the_search_finds_a_secret_however_it_is_written(write: Callable[[str], str]) -> None:
    assert Search().hits({"place": f"some text {write(KEY)} and more"})
    assert Search().hits({"bytes": f"some text {write(KEY)} and more".encode()}) or "..." in write(KEY)


def test_the_search_finds_pieces_of_a_private_key() -> None:
    kind = KINDS["JWT with a key"]
    pem = b64decode(PEM).decode()
    for text in (PEM, pem, repr(pem), "".join(pem.splitlines()), PEM[100:180]):
        assert Search(kind.more).hits({"place": text})
    assert Search(kind.more).hits({"place": "nothing of the kind", "bytes": b"nothing"}) == []


def test_every_kind_of_auth_is_in_the_table() -> None:
    public = [getattr(connector_core, name) for name in connector_core.__all__]
    kinds = {each for each in public if isinstance(each, type) and isinstance(getattr(each, "settings", None), property)}
    assert {ApiKeyHeader, AuthChoice, ClientCertificate} <= kinds
    # A key in the path changes what a server is asked for: tests/core/auth/test_path_key.py tries that one.
    assert kinds - {ApiKeyPath} <= {type(kind.auth) for kind in KINDS.values()}
