"""Auth, each kind through a real HTTP server (Flask, werkzeug) that keeps to the kind's RFC.

7617 basic, 7616 digest, 6750 bearer, 6749 OAuth 2, 7519 JWT, TLS with a client certificate. Every secret, configured or
issued, holds the word canary, and every server repeats what it was sent when it refuses it.
"""

import hashlib
import importlib
import json
import logging
import os
import re
import ssl
import tempfile
import threading
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from math import inf
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, evolve, field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.serving import WSGIRequestHandler, make_server

from connector_core import (
    ApiKeyHeader,
    ApiKeyQuery,
    AuthChoice,
    AuthFactory,
    BasicAuth,
    BearerToken,
    ClientCertificate,
    Configuration,
    ConfigurationError,
    ConnectorError,
    DigestAuth,
    JwtBearer,
    NoAuth,
    OAuth2ClientCredentials,
    OAuth2RefreshToken,
    PluginError,
    Request,
    SessionLogin,
    Setting,
    SourceError,
    Table,
    UnexpectedAnswer,
    hookimpl,
)
from connector_core.auth import certificate as certificate_module
from connector_core.auth.tokens import lifetime_in, token_for
from connector_core.basics.discretion import Secrets, strike
from connector_core.basics.operations import Log as LogProtocol
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.http import pages
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.configuration import read_configuration
from leaks_support import key_usage
from places import ROOT
from sinks import Log, Sink

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SECRET = "canary 7+f/3a&b=%"
USER = "crew"
PAGES = 3
TABLE = Table("items", "/items", "items", primary_key=["id"], columns={"id": "LONG"})
TOKEN = Setting("token", secret=True)


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def served(app: "WSGIApplication", tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address at which *app* answers."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet, ssl_context=tls)
    server.daemon_threads = True  # type: ignore[attr-defined]  # a socketserver.ThreadingMixIn
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refused(status: int = 401, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal that repeats everything it was sent."""
    heard = {"url": request.url, "headers": dict(request.headers), "body": request.get_data(as_text=True)}
    response = jsonify(error="refused", heard=heard, quoted=request.full_path)
    response.status_code = status
    response.headers.update(headers or {})
    return response


@define
class Api:
    """Three pages for whoever *allows* lets in; token endpoints are added by a test."""

    allows: Callable[[], bool | Response] = lambda: True
    asked: list[str] = field(factory=list)
    app: Flask = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.app = Flask("api")
        self.app.get("/items")(self.items)

    def items(self) -> Response:
        self.asked.append(request.full_path)
        allowed = self.allows()
        if isinstance(allowed, Response):
            return allowed
        if not allowed:
            return refused()
        number = int(request.args.get("cursor", 1))
        more = number < PAGES
        return jsonify(items=[{"id": number}], next_cursor=str(number + 1) if more else None, has_more=more)


@define
class Tokens:
    """A token endpoint of RFC 6749, and an API that takes a token so many times."""

    uses: int = 1000
    answer: dict[str, Any] = field(factory=dict)
    heard: list[dict[str, str]] = field(factory=list)
    headers: list[dict[str, str]] = field(factory=list)
    instead: Callable[[int], Response | None] = lambda _: None
    left: int = 0

    @property
    def current(self) -> str:
        return f"canary-issued-{len(self.heard)}"

    def issue(self) -> Response:
        self.heard.append(request.form.to_dict() or dict(request.get_json(silent=True) or {}))
        self.headers.append(dict(request.headers))
        self.left = self.uses
        return self.instead(len(self.heard)) or jsonify(
            {"access_token": self.current, "token_type": "Bearer", "expires_in": 3600, **self.answer}
        )

    def allows(self) -> bool:
        self.left -= 1
        return self.left >= 0 and request.headers.get("Authorization") == f"Bearer {self.current}"

    def api(self, path: str = "/token") -> Api:
        api = Api(self.allows)
        api.app.post(path)(self.issue)
        return api


@define
class Connection:
    """A connection of a tiny plugin with one kind of auth."""

    url: str
    auth: AuthFactory
    configuration: Mapping[str, str]
    caplog: pytest.LogCaptureFixture
    settings: tuple[Setting, ...] = ()
    verify: str | bool = True
    log: Log = field(factory=Log)
    waits: list[float] = field(factory=list)
    sink: Sink = field(factory=lambda: Sink({"items": ["id"]}))
    made: list[Client] = field(factory=list)

    def assembly(self) -> Assembly:
        @hookimpl
        def connector_tables() -> list[Table]:
            return [TABLE]

        @hookimpl
        def connector_auth() -> AuthFactory:
            return self.auth

        @hookimpl
        def connector_settings() -> list[Setting]:
            return list(self.settings)

        hooks = {name: value for name, value in locals().items() if name.startswith("connector_")}
        return assemble([Plugin("test-plugin", SimpleNamespace(**hooks))])

    def client(self, assembly: Assembly, configuration: Configuration, log: LogProtocol) -> Client:
        client = make_client(assembly, configuration, log)
        client._patience.retry, client._patience.sleep = Retry(attempts=3, jitter=lambda: 1.0), self.waits.append
        client._session.verify = self.verify
        self.made.append(client)
        return client

    def sync(self) -> None:
        configuration = {"base_url": self.url, **self.configuration}
        sync(self.assembly(), configuration, {}, self.sink, self.log, Engine(self.client))

    def succeeds(self) -> None:
        self.sync()
        assert self.sink.rows["items"] == {(number,): {"id": number} for number in range(1, PAGES + 1)}
        self.is_discreet()

    def fails(self, kind: type[ConnectorError], *words: str) -> str:
        with pytest.raises(ConnectorError) as caught:
            self.sync()
        message = str(caught.value)
        assert type(caught.value) is kind, message
        for word in words:
            assert word in message
        assert "\n" not in message
        self.is_discreet("".join(traceback.format_exception(caught.value)))
        return message

    def is_discreet(self, *texts: str) -> None:
        auths = [repr(client._auth) for client in self.made]
        everything = [*texts, *self.log.lines, self.caplog.text, json.dumps(self.sink.states), repr(self.auth), *auths]
        basic = [b64encode(f"{USER}:{password}".encode()).decode() for password in (SECRET, "canary+7%2Bf%2F3a%26b%3D%25")]
        files = [self.configuration[name][:40] for name in ("client_certificate", "client_key") if name in self.configuration]
        for text in everything:
            for secret in ("canary", "eyJ", *basic, *files):
                assert secret not in text


Connect = Callable[..., Connection]


@pytest.fixture
def connect(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Connect:
    caplog.set_level(logging.DEBUG)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def make(url: str, auth: AuthFactory, configuration: Mapping[str, str] | None = None, **more: Any) -> Connection:
        return Connection(url, auth, configuration or {}, caplog, **more)

    return make


# Fixed credentials


@frozen
class Fixed:
    """A kind with fixed credentials, what it is configured with, and what the API has to hear."""

    auth: AuthFactory
    configuration: dict[str, str]
    allows: Callable[[], bool]
    settings: tuple[Setting, ...] = ()


def bearer(configuration: Configuration) -> Any:
    """A function of the plugin's own that uses a ready-made kind."""
    return BearerToken()(configuration)


def basic_header(username: str, password: str) -> str:
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


FIXED = {
    "header": Fixed(ApiKeyHeader("X-Key"), {"api_key": SECRET}, lambda: request.headers.get("X-Key") == SECRET),
    "prefix": Fixed(
        ApiKeyHeader("Authorization", prefix="Token "),
        {"api_key": SECRET},
        lambda: request.headers.get("Authorization") == f"Token {SECRET}",
    ),
    "query": Fixed(ApiKeyQuery("api key"), {"api_key": SECRET}, lambda: request.args.getlist("api key") == [SECRET]),
    "bearer": Fixed(BearerToken(), {"token": SECRET}, lambda: request.headers.get("Authorization") == f"Bearer {SECRET}"),
    "basic": Fixed(
        BasicAuth(),
        {"username": USER, "password": SECRET},
        lambda: (
            request.authorization is not None
            and (request.authorization.username, request.authorization.password) == (USER, SECRET)
        ),
    ),
    "basic beyond latin-1": Fixed(
        BasicAuth(),
        {"username": "Žofie", "password": SECRET},
        lambda: request.headers.get("Authorization") == basic_header("Žofie", SECRET),
    ),
    "basic without password": Fixed(
        BasicAuth("api_key", password_setting=None),
        {"api_key": SECRET},
        lambda: request.headers.get("Authorization") == basic_header(SECRET, ""),
    ),
    "function": Fixed(bearer, {"token": SECRET}, lambda: request.headers.get("Authorization") == f"Bearer {SECRET}", (TOKEN,)),
}


@pytest.mark.parametrize("kind", FIXED.values(), ids=FIXED)
def test_the_right_credentials(connect: Connect, kind: Fixed) -> None:
    with served(Api(kind.allows).app) as url:
        connect(url, kind.auth, kind.configuration, settings=kind.settings).succeeds()


@pytest.mark.parametrize("kind", FIXED.values(), ids=FIXED)
def test_wrong_credentials_are_repeated_nowhere(connect: Connect, kind: Fixed) -> None:
    wrong = {name: "canary-wrong" if value == SECRET else value for name, value in kind.configuration.items()}
    api = Api(kind.allows)
    with served(api.app) as url:
        connect(url, kind.auth, wrong, settings=kind.settings).fails(ConfigurationError, "401", "refused", "check the key")
    assert len(api.asked) == 1


def test_a_user_name_with_a_colon(connect: Connect) -> None:
    connect("http://127.0.0.1:1", BasicAuth(), {"username": "a:b", "password": SECRET}).fails(
        ConfigurationError, "username", "colon"
    )


def test_a_key_in_the_query_is_sent_once_after_a_redirect_that_repeats_it(connect: Connect) -> None:
    def allows() -> bool | Response:
        if "moved" not in request.args:
            answer = redirect(f"{request.full_path}&moved=1", 307)
            assert isinstance(answer, Response)
            return answer
        return request.args.getlist("key") == [SECRET]

    with served(Api(allows).app) as url:
        connect(url, ApiKeyQuery("key"), {"api_key": SECRET}).succeeds()


@pytest.mark.parametrize("location", ["http://localhost:1/{path}", "//{path}@h:99999/"])
def test_a_key_in_the_query_is_not_shown_by_a_redirect(connect: Connect, location: str) -> None:
    def allows() -> Response:
        return Response(status=302, headers={"Location": location.format(path=request.full_path)})

    with served(Api(allows).app) as url:
        connect(url, ApiKeyQuery("key"), {"api_key": SECRET}).fails(UnexpectedAnswer, "redirect")


def test_a_key_in_the_query_is_not_shown_by_a_lost_connection(connect: Connect) -> None:
    connect("http://127.0.0.1:1", ApiKeyQuery("key"), {"api_key": SECRET}).fails(SourceError, "the connection was refused")


# Digest (RFC 7616)


def digested(*, password: str = SECRET) -> Callable[[], bool | Response]:
    """What a server checks: SHA-256, qop auth, one nonce for all."""

    def digest(*parts: str) -> str:
        return hashlib.sha256(":".join(parts).encode()).hexdigest()

    def allows() -> bool | Response:
        given = request.authorization
        if given is not None and given.type == "digest":
            said = {name: value or "" for name, value in given.parameters.items()}
            first, second = digest(USER, "crew", password), digest("GET", said["uri"])
            expected = digest(first, "n0nce", said["nc"], said["cnonce"], "auth", second)
            if (said["username"], said["nonce"], said["response"]) == (USER, "n0nce", expected):
                return True
        return refused(headers={"WWW-Authenticate": 'Digest realm="crew", qop="auth", algorithm=SHA-256, nonce="n0nce"'})

    return allows


def test_digest(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    # A thread that reads ahead, which a slow answer brings about, is challenged once more.
    monkeypatch.setattr(pages, "AHEAD_FROM_SECONDS", inf)
    api = Api(digested())
    with served(api.app) as url:
        connect(url, DigestAuth(), {"username": USER, "password": SECRET}).succeeds()
    # Each thread that asks is challenged once, and an API that is slow, as on a busy machine, is asked by another thread too.
    assert len(api.asked) - PAGES in (1, 2)


def test_digest_with_a_wrong_password(connect: Connect) -> None:
    with served(Api(digested(password="another")).app) as url:
        connect(url, DigestAuth(), {"username": USER, "password": SECRET}).fails(ConfigurationError, "401", "check the key")


# OAuth 2 (RFC 6749)

CLIENT = {"client_id": USER, "client_secret": SECRET}
CREDENTIALS = OAuth2ClientCredentials(token_url="/token")
REFRESH = OAuth2RefreshToken(token_url="/token")
GRANTS: dict[str, tuple[AuthFactory, dict[str, str]]] = {
    "client credentials": (CREDENTIALS, CLIENT),
    "client credentials, body": (OAuth2ClientCredentials(token_url="/token", client_auth="body"), CLIENT),
    "refresh token": (REFRESH, {**CLIENT, "refresh_token": "canary-refresh"}),
    "session": (SessionLogin("/token", token="access_token"), {"username": USER, "password": SECRET}),
}
each_grant = pytest.mark.parametrize(("auth", "configuration"), GRANTS.values(), ids=GRANTS)


def test_client_credentials_in_the_header(connect: Connect) -> None:
    tokens = Tokens()
    with served(tokens.api().app) as url:
        auth = OAuth2ClientCredentials(token_url="/token", scope="a b", parameters={"audience": "crew"})
        connect(url, auth, CLIENT).succeeds()
    assert tokens.heard == [{"grant_type": "client_credentials", "scope": "a b", "audience": "crew"}]
    assert tokens.headers[0]["Authorization"] == basic_header(USER, "canary+7%2Bf%2F3a%26b%3D%25")
    assert tokens.headers[0]["Content-Type"] == "application/x-www-form-urlencoded"


def test_client_credentials_in_the_body(connect: Connect) -> None:
    tokens = Tokens()
    with served(tokens.api().app) as url:
        connect(url, OAuth2ClientCredentials(token_url="/token", client_auth="body"), CLIENT).succeeds()
    assert tokens.heard == [{"grant_type": "client_credentials", **CLIENT}]
    assert "Authorization" not in tokens.headers[0]


def test_refresh_token_of_a_public_client(connect: Connect) -> None:
    tokens = Tokens()
    with served(tokens.api().app) as url:
        auth = OAuth2RefreshToken(token_url="/token", client_secret_setting=None)
        connect(url, auth, {"client_id": USER, "refresh_token": "canary-refresh"}).succeeds()
    assert tokens.heard == [{"grant_type": "refresh_token", "refresh_token": "canary-refresh", "client_id": USER}]


def test_a_rotated_refresh_token_is_used_for_the_rest_of_the_sync(connect: Connect) -> None:
    tokens = Tokens(uses=1)

    def rotate(number: int) -> Response:
        return jsonify(access_token=f"canary-issued-{number}", token_type="bearer", refresh_token=f"canary-rotated-{number}")

    tokens.instead = rotate
    with served(tokens.api().app) as url:
        connect(url, REFRESH, {**CLIENT, "refresh_token": "canary-refresh"}).succeeds()
    assert [heard["refresh_token"] for heard in tokens.heard] == ["canary-refresh", "canary-rotated-1", "canary-rotated-2"]


def test_a_token_url_on_another_host_that_the_plugin_names(connect: Connect) -> None:
    tokens = Tokens()
    with served(tokens.api().app) as login, served(Api(tokens.allows).app) as url:
        connect(url, OAuth2ClientCredentials(token_url=f"{login}/token"), CLIENT).succeeds()


@each_grant
def test_a_token_that_is_rejected_in_the_middle_of_a_sync_is_renewed(
    connect: Connect, auth: AuthFactory, configuration: dict[str, str]
) -> None:
    tokens = Tokens(uses=2)
    api = tokens.api()
    with served(api.app) as url:
        connect(url, auth, configuration).succeeds()
    assert len(tokens.heard) == 2
    assert len(api.asked) == PAGES + 1


@pytest.mark.parametrize("seconds", [0.001, "0.001"])
def test_a_token_that_is_over_is_renewed_before_it_is_rejected(connect: Connect, seconds: object) -> None:
    tokens = Tokens(answer={"expires_in": seconds})
    api = tokens.api()
    with served(api.app) as url:
        connect(url, CREDENTIALS, CLIENT).succeeds()
    assert len(tokens.heard) == len(api.asked) == PAGES


def test_the_margin() -> None:
    assert [token_for("t", 3600, 0.0).over(now) for now in (0, 3569, 3570)] == [False, False, True]
    assert [token_for("t", 10, 0.0).over(now) for now in (0, 8.9, 9)] == [False, False, True]
    assert not token_for("t", None, 0.0).over(1e12)


@pytest.mark.parametrize("said", [None, "soon", -1, 0, float("inf"), float("nan"), "1e999", [60], {}])
def test_a_lifetime_that_says_nothing(said: object) -> None:
    assert lifetime_in(said) is None


@each_grant
def test_renewal_refused(connect: Connect, auth: AuthFactory, configuration: dict[str, str]) -> None:
    tokens = Tokens(uses=2, instead=lambda number: refused(400) if number > 1 else None)
    with served(tokens.api().app) as url:
        connection = connect(url, auth, configuration)
        names = [setting.name for setting in auth.settings]  # type: ignore[attr-defined]
        connection.fails(ConfigurationError, "POST /token: 400", "refused", "check", *names)
    assert len(tokens.heard) == 2
    assert connection.waits == []


@each_grant
@pytest.mark.parametrize("status", [400, 401, 403])
def test_credentials_refused(connect: Connect, auth: AuthFactory, configuration: dict[str, str], status: int) -> None:
    tokens = Tokens(instead=lambda _: refused(status))
    api = tokens.api()
    with served(api.app) as url:
        connect(url, auth, configuration).fails(ConfigurationError, f"POST /token: {status}", "gives no token", "check")
    assert (len(tokens.heard), api.asked) == (1, [])


@each_grant
def test_a_fresh_token_that_the_api_rejects(connect: Connect, auth: AuthFactory, configuration: dict[str, str]) -> None:
    tokens = Tokens(uses=0)
    api = tokens.api()
    with served(api.app) as url:
        connect(url, auth, configuration).fails(ConfigurationError, "GET /items", "401", "does not accept the key")
    assert (len(tokens.heard), len(api.asked)) == (2, 2)


def test_two_threads_renew_once(connect: Connect) -> None:
    tokens = Tokens(uses=1000)
    both = threading.Barrier(2)

    def allows() -> bool:
        if tokens.current == "canary-issued-1" and "cursor" in request.args:
            both.wait(5)  # both requests arrived with the first token
            return False
        return tokens.allows()

    api = Api(allows)
    api.app.post("/token")(tokens.issue)
    configuration = read_configuration(CREDENTIALS.settings, CLIENT)
    with served(api.app) as url, Client(url, CREDENTIALS(configuration), Log(), secrets=configuration.hidden) as client:
        first = client.fetch(TABLE, Request("/items"))
        with ThreadPoolExecutor(2) as pool:
            pages = list(pool.map(lambda n: client.fetch(TABLE, Request("/items", {"cursor": str(n)})), (2, 3)))
    assert [page.records for page in [first, *pages]] == [[{"id": 1}], [{"id": 2}], [{"id": 3}]]
    assert len(tokens.heard) == 2


@each_grant
def test_a_token_endpoint_that_fails_once(connect: Connect, auth: AuthFactory, configuration: dict[str, str]) -> None:
    tokens = Tokens(instead=lambda number: refused(503, {"Retry-After": "7"}) if number == 1 else None)
    with served(tokens.api().app) as url:
        connection = connect(url, auth, configuration)
        connection.succeeds()
    assert connection.waits == [7.0]
    [warning] = connection.log.warnings
    assert "POST /token: 503" in warning


@each_grant
def test_a_token_endpoint_that_fails_for_ever(connect: Connect, auth: AuthFactory, configuration: dict[str, str]) -> None:
    tokens = Tokens(instead=lambda _: refused(500))
    api = tokens.api()
    with served(api.app) as url:
        connect(url, auth, configuration).fails(SourceError, "POST /token: 500", "failed 3 times in a row")
    assert (len(tokens.heard), api.asked) == (3, [])


def test_a_token_endpoint_that_is_not_there(connect: Connect) -> None:
    auth = OAuth2ClientCredentials(token_url="http://127.0.0.1:1/token?canary=1")
    connection = connect("http://127.0.0.1:1", NoAuth(), CLIENT, settings=CREDENTIALS.settings)
    connection = evolve(connection, auth=lambda configuration: auth(configuration))
    connection.fails(SourceError, "POST http://127.0.0.1:1/token: the connection was refused", "failed 3 times")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("<!doctype html>canary", ["a web page", "base_url"], id="HTML"),
        pytest.param('{"access_token": "canary-cut', ["28 bytes", "not JSON"], id="cut short"),
        pytest.param("", ["0 bytes", "not JSON"], id="empty"),
        pytest.param('["canary"]', ["no JSON object"], id="a list"),
        pytest.param("{}", ["no 'access_token'", "no key at all"], id="an empty object"),
        pytest.param('{"token": "canary", "expires": 5}', ["no 'access_token'", "only token, expires"], id="another key"),
        pytest.param('{"access_token": null}', ["no 'access_token'", "only access_token"], id="null"),
        pytest.param('{"access_token": {"canary": 1}}', ["no text that a header can carry"], id="an object"),
        pytest.param('{"access_token": "canary\\r\\nX: y"}', ["no text that a header can carry"], id="two lines"),
        pytest.param(
            '{"access_token": "canary", "token_type": "mac"}',
            ["is 'mac', not 'Bearer'", "token_type"],
            id="another type",
        ),
    ],
)
def test_an_answer_without_a_token(connect: Connect, body: str, words: list[str]) -> None:
    api = Tokens(instead=lambda _: Response(body, content_type="application/json")).api()
    with served(api.app) as url:
        connect(url, CREDENTIALS, CLIENT).fails(UnexpectedAnswer, "POST /token", *words)
    assert api.asked == []


@each_grant
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_token_endpoint_that_redirects_elsewhere(
    connect: Connect, auth: AuthFactory, configuration: dict[str, str], status: int
) -> None:
    heard = []
    other = Flask("other")

    @other.before_request
    def hear() -> Response:
        heard.append(request.url)
        return jsonify(access_token="stolen")

    with served(other) as elsewhere:
        tokens = Tokens(instead=lambda _: Response(status=status, headers={"Location": f"{elsewhere}/canary"}))
        with served(tokens.api().app) as url:
            connect(url, auth, configuration).fails(UnexpectedAnswer, "POST /token", f"redirects to {elsewhere}", "plugin's auth")
    assert heard == []


def test_a_token_endpoint_that_redirects_to_no_address(connect: Connect) -> None:
    def moved(_: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("302 Found", [("Location", "http://[canary"), ("Content-Length", "0")])
        return []

    with served(moved) as url:
        connect(url, CREDENTIALS, CLIENT).fails(UnexpectedAnswer, "POST /token: the API redirects to what is no address")


def test_a_token_endpoint_at_a_wrong_address(connect: Connect) -> None:
    with served(Api().app) as url:
        connect(url, CREDENTIALS, CLIENT).fails(UnexpectedAnswer, "POST /token: 404", "where a token was expected")


@pytest.mark.parametrize(
    "address", ["token", "http://login.example.com/token", "//login.example.com/token", "ftp://h/", "", "https://"]
)
def test_an_address_of_a_token_that_cannot_be_meant(address: str) -> None:
    with pytest.raises(PluginError, match="a path below base_url"):
        OAuth2ClientCredentials(token_url=address)
    with pytest.raises(PluginError, match="a path below base_url"):
        SessionLogin(address)


def test_a_client_auth_that_nobody_knows() -> None:
    with pytest.raises(PluginError, match="Write 'basic' or 'body'"):
        OAuth2RefreshToken(token_url="/token", client_auth="header")  # type: ignore[arg-type]


# Session login


@pytest.mark.parametrize("form", [False, True])
def test_session_login(connect: Connect, form: bool) -> None:
    tokens = Tokens(instead=lambda number: jsonify(data={"session": {"token": f"canary-issued-{number}"}}))
    api = Api(lambda: request.headers.get("X-Session") == f"Token {tokens.current}")
    api.app.post("/login")(tokens.issue)
    auth = SessionLogin(
        "/login",
        fields={"user": "username", "pass": "password"},
        body={"client": "fivetran"},
        form=form,
        token="data.session.token",
        header="X-Session",
        prefix="Token ",
    )
    with served(api.app) as url:
        connect(url, auth, {"username": USER, "password": SECRET}).succeeds()
    assert tokens.heard == [{"client": "fivetran", "user": USER, "pass": SECRET}]
    assert ("form" in tokens.headers[0]["Content-Type"]) == form


def test_a_session_token_that_is_not_where_it_should_be(connect: Connect) -> None:
    tokens = Tokens(instead=lambda _: jsonify(data={"token": "canary", "user": "canary"}))
    with served(tokens.api().app) as url:
        connection = connect(url, SessionLogin("/token", token="data.session.id"), {"username": USER, "password": SECRET})
        connection.fails(UnexpectedAnswer, "no 'data.session.id', only token, user")


@pytest.mark.parametrize("lifetime", [0.0001, "session.seconds"])
def test_a_session_with_a_lifetime(connect: Connect, lifetime: float | str) -> None:
    tokens = Tokens(answer={"session": {"seconds": 0.0001}})
    with served(tokens.api().app) as url:
        auth = SessionLogin("/token", token="access_token", lifetime=lifetime)
        connect(url, auth, {"username": USER, "password": SECRET}).succeeds()
    assert len(tokens.heard) == PAGES


def test_every_field_of_a_login_is_a_secret_unless_it_is_public() -> None:
    auth = SessionLogin("/login", fields={"account": "account", "u": "username", "pin": "pin"}, public=("account",))
    assert {setting.name: setting.secret for setting in auth.settings} == {"account": False, "username": True, "pin": True}
    with pytest.raises(PluginError, match="public is a text"):
        SessionLogin("/login", public="username")  # type: ignore[arg-type]
    with pytest.raises(PluginError, match="fields is empty"):
        SessionLogin("/login", fields={})


# JWT (RFC 7519)


def encoded(key: Any, password: bytes | None = None) -> str:
    """A private key as a PEM file in base64."""
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return b64encode(text).decode()


@pytest.mark.parametrize("algorithm", ["HS256", "ES256"])
def test_jwt(connect: Connect, algorithm: str) -> None:
    jwt = pytest.importorskip("jwt")
    private = ec.generate_private_key(ec.SECP256R1())
    secret = SECRET * 3
    key, public = (secret, secret) if algorithm == "HS256" else (encoded(private), private.public_key())
    seen = []

    def allows() -> bool:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        seen.append((jwt.decode(token, public, [algorithm], audience="crew-v1"), jwt.get_unverified_header(token)))
        return True

    auth = JwtBearer(
        algorithm=algorithm,
        subject_setting="subject",
        key_id_setting="key_id",
        audience="crew-v1",
        claims={"bid": "x"},
        lifetime=600,
    )
    with served(Api(allows).app) as url:
        connect(url, auth, {"private_key": key, "issuer": "me", "subject": "you", "key_id": "k1"}).succeeds()
    claims, header = seen[0]
    assert {name: claims[name] for name in ("iss", "sub", "aud", "bid")} == {
        "iss": "me",
        "sub": "you",
        "aud": "crew-v1",
        "bid": "x",
    }
    assert claims["exp"] - claims["iat"] == 600
    assert (header["alg"], header["kid"], header["typ"]) == (algorithm, "k1", "JWT")
    assert len(seen) == PAGES


def test_a_jwt_that_the_api_rejects(connect: Connect) -> None:
    pytest.importorskip("jwt")
    api = Api(lambda: False)
    with served(api.app) as url:
        connection = connect(url, JwtBearer(algorithm="HS256"), {"private_key": SECRET * 3, "issuer": "me"})
        connection.fails(ConfigurationError, "401", "check the key")
    assert len(api.asked) == 2


@pytest.mark.parametrize("key", [SECRET, b64encode(b"canary").decode(), b64encode(b"-----BEGIN canary-----").decode()])
def test_a_key_that_cannot_sign(connect: Connect, key: str) -> None:
    pytest.importorskip("jwt")
    configuration = {"private_key": key, "issuer": "me"}
    connect("http://127.0.0.1:1", JwtBearer(algorithm="ES256"), configuration).fails(ConfigurationError, "private_key is no")


def test_an_algorithm_that_nobody_knows(connect: Connect) -> None:
    pytest.importorskip("jwt")
    connection = connect("http://127.0.0.1:1", JwtBearer(algorithm="RS7"), {"private_key": SECRET, "issuer": "me"})
    connection.fails(PluginError, "test-plugin (connector_auth)", "'RS7'", "RFC 7518")


def test_without_pyjwt(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleType:
        raise ModuleNotFoundError(name)

    connection = connect("http://127.0.0.1:1", JwtBearer(), {"private_key": SECRET, "issuer": "me"})
    monkeypatch.setattr(importlib, "import_module", missing)
    connection.fails(PluginError, "test-plugin (connector_auth)", 'Add "pyjwt[crypto]>=2.8" to the plugin\'s dependencies')


# Client certificate


@frozen
class Authority:
    """A certificate authority of the test's own."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certificate(self, key: ec.EllipticCurvePrivateKey, name: str, *, authority: bool = False) -> str:
        """A certificate for *key*, valid for this machine, as PEM."""
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            # What RFC 5280 asks of every certificate, and Python 3.13 of each that it is to trust.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(key_usage(authority=authority), critical=True)
        )
        return built.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def client(self, password: bytes | None = None) -> dict[str, str]:
        """The configuration of a client that this authority vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = self.certificate(key, "client")
        return {"client_certificate": b64encode(pem.encode()).decode(), "client_key": encoded(key, password)}


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@frozen
class Tls:
    authority: Authority
    file: str
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A server's side of TLS that asks for a client certificate of its authority."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority("authority")
    (folder / "ca.pem").write_text(authority.certificate(authority.key, "authority", authority=True))
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_text(authority.certificate(key, "server") + text.decode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return Tls(authority, str(folder / "ca.pem"), context)


def test_a_client_certificate(connect: Connect, tls: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    modes = []

    class Watched(ssl.SSLContext):
        def load_cert_chain(self, certfile: Any, *arguments: Any, **options: Any) -> None:
            modes.append(os.stat(certfile).st_mode & 0o777)  # noqa: PTH116
            super().load_cert_chain(certfile, *arguments, **options)

    monkeypatch.setattr(certificate_module, "create_urllib3_context", lambda: Watched(ssl.PROTOCOL_TLS_CLIENT))
    with served(Api().app, tls.context) as url:
        connect(url, ClientCertificate(), tls.authority.client(), verify=tls.file).succeeds()
    assert modes == [0o600]
    assert list(tmp_path.iterdir()) == []


def test_a_client_key_with_a_password(connect: Connect, tls: Tls) -> None:
    configuration = tls.authority.client(b"canary-password")
    auth = ClientCertificate(password_setting="key_password")
    with served(Api().app, tls.context) as url:
        connect(url, auth, {**configuration, "key_password": "canary-password"}, verify=tls.file).succeeds()
        for wrong in (
            connect(url, auth, {**configuration, "key_password": "canary"}),
            connect(url, ClientCertificate(), configuration),
        ):
            wrong.fails(ConfigurationError, "client certificate cannot be used", "client_key")


@pytest.mark.parametrize("auth", [ClientCertificate(), NoAuth()])
def test_a_client_certificate_that_the_server_does_not_take(connect: Connect, tls: Tls, auth: AuthFactory) -> None:
    configuration = Authority("stranger").client() if isinstance(auth, ClientCertificate) else {}
    with served(Api().app, tls.context) as url:
        connect(url, auth, configuration, verify=tls.file).fails(SourceError, "failed 3 times")


def test_the_servers_certificate_is_verified(connect: Connect, tls: Tls) -> None:
    with served(Api().app, tls.context) as url:
        connect(url, ClientCertificate(), tls.authority.client()).fails(SourceError, "the TLS certificate was not accepted")


def test_a_damaged_client_certificate(connect: Connect, tls: Tls) -> None:
    one, other = tls.authority.client(), tls.authority.client()
    for wrong, words in (
        ({**one, "client_key": other["client_key"]}, ["client_certificate, client_key do not belong together"]),
        ({**one, "client_key": "canary!"}, ["client_key is no PEM file in base64"]),
        ({**one, "client_certificate": b64encode(b"canary").decode()}, ["client_certificate is no PEM file in base64"]),
    ):
        connect("https://127.0.0.1:1", ClientCertificate(), wrong).fails(ConfigurationError, *words)


def test_a_client_certificate_over_plain_http(connect: Connect, tls: Tls) -> None:
    connect("http://127.0.0.1:1", ClientCertificate(), tls.authority.client()).fails(ConfigurationError, "base_url is plain http")


# A choice

CHOICE = AuthChoice("auth", {"key": ApiKeyHeader("X-Key"), "basic": BasicAuth(), "none": NoAuth()}, default="key")


@pytest.mark.parametrize(
    ("configuration", "kind"),
    [
        ({"api_key": SECRET}, FIXED["header"]),
        ({"auth": "key", "api_key": SECRET, "password": "canary-other"}, FIXED["header"]),
        ({"auth": "basic", "username": USER, "password": SECRET}, FIXED["basic"]),
        ({"auth": "basic", "username": USER, "password": SECRET, "api_key": "<your api_key>"}, FIXED["basic"]),
    ],
)
def test_a_choice_needs_the_chosen_settings_only(connect: Connect, configuration: dict[str, str], kind: Fixed) -> None:
    with served(Api(kind.allows).app) as url:
        connect(url, CHOICE, configuration).succeeds()


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({}, ["api_key is missing"]),
        ({"auth": "basic", "api_key": SECRET}, ["username is missing", "password is missing"]),
        ({"auth": "basik", "api_key": SECRET}, ["auth is 'basik' (did you mean basic?), not one of key, basic, none"]),
        ({"auth": "", "username": USER}, ["api_key is missing"]),
    ],
)
def test_a_choice_that_is_not_filled_in(connect: Connect, configuration: dict[str, str], words: list[str]) -> None:
    message = connect("http://127.0.0.1:1", CHOICE, configuration).fails(ConfigurationError, *words)
    assert message.count(";") == len(words) - 1


def test_a_secret_that_is_not_chosen_is_still_not_shown(connect: Connect) -> None:
    def repeats() -> Response:
        return Response("canary-unused", status=403)

    with served(Api(repeats).app) as url:
        configuration = {"auth": "none", "api_key": "canary-unused"}
        assert "403 FORBIDDEN: ***" in connect(url, CHOICE, configuration).fails(ConfigurationError)


def test_a_choice_among_kinds_that_share_a_setting() -> None:
    choice = AuthChoice("auth", {"a": ApiKeyHeader("X"), "b": ApiKeyQuery("y"), "c": BearerToken("api_key"), "d": NoAuth()})
    assert [(setting.name, setting.when) for setting in choice.settings] == [
        ("auth", None),
        ("api_key", ("auth", ("a", "b", "c"))),
    ]
    with pytest.raises(PluginError, match="b and another option differ about the setting username"):
        AuthChoice("auth", {"a": BasicAuth(), "b": BasicAuth("username", password_setting=None)})
    with pytest.raises(PluginError, match="Name all kinds in one AuthChoice"):
        AuthChoice("auth", {"a": CHOICE})


def test_choices_of_a_setting() -> None:
    with pytest.raises(PluginError, match="needs them"):
        Setting("auth", kind="choice")
    with pytest.raises(PluginError, match="choices belong to kind 'choice'"):
        Setting("auth", choices=("a",))
    with pytest.raises(PluginError, match="its own default 'c' is 'c', not one of a, b"):
        Setting("auth", kind="choice", choices=("a", "b"), default="c")


# Discretion


def test_secrets_grow_and_are_not_shown() -> None:
    secrets = Secrets(["one", ""])
    secrets.add("canary", "")
    assert list(secrets) == ["one", "canary"]
    assert repr(secrets) == "<2 secrets>"


@pytest.mark.parametrize(
    "shown", [SECRET, "canary+7%2Bf%2F3a%26b%3D%25", "canary%207%2Bf%2F3a%26b%3D%25", "canary%207%2Bf/3a%26b%3D%25"]
)
def test_quoted_forms_are_struck_out(shown: str) -> None:
    assert strike([SECRET, "canary"], f"GET /?k={shown}&x") == "GET /?k=***&x"


# docs/sources.md

SOURCES = ROOT / "docs" / "sources.md"
AUTH_SECTION = SOURCES.read_text(encoding="utf-8").partition("\n## Auth\n")[2].partition("\n## ")[0]
EXAMPLES = dict(re.findall(r"^### (.+?)$.*?^```python\n(.*?)^```$", AUTH_SECTION, re.M | re.S))


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_examples_of_the_page_assemble(title: str) -> None:
    module = ModuleType("connector_crew")
    exec(compile(EXAMPLES[title], str(SOURCES), "exec"), module.__dict__)  # noqa: S102 - our own page
    tables = Plugin("tables", SimpleNamespace(connector_tables=hookimpl(lambda: [TABLE])))
    assembly = assemble([tables, Plugin("connector-crew", module)])
    assert assembly.auth_origin.plugin == "connector-crew"
    assert any(setting.secret for setting in assembly.settings)


def test_the_page_has_an_example_of_each_kind() -> None:
    assert AUTH_SECTION.count("\n### ") == len(EXAMPLES) == AUTH_SECTION.count("```python")
    kinds = [ApiKeyHeader, ApiKeyQuery, BearerToken, BasicAuth, DigestAuth, OAuth2ClientCredentials, OAuth2RefreshToken]
    kinds += [SessionLogin, JwtBearer, ClientCertificate, AuthChoice]
    assert [kind for kind in kinds if not any(f"{kind.__name__}(" in text for text in EXAMPLES.values())] == []
