"""The simulated API checks each credential as the plugin's auth sends it, and gives a configuration that it lets in."""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from connector_build.api.guards import NoDoor, doors
from connector_build.api.serving import hints
from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.testing import ListLog, Warehouse
from connector_core import (
    ApiKeyHeader,
    ApiKeyPath,
    ApiKeyQuery,
    AuthChoice,
    BasicAuth,
    BearerToken,
    ClientCertificate,
    Configuration,
    ConnectorError,
    DigestAuth,
    JwtBearer,
    NoAuth,
    OAuth2ClientCredentials,
    OAuth2RefreshToken,
    SessionLogin,
    Setting,
    Table,
    hookimpl,
)
from connector_core.auth.tokens import Line, Token, TokenAuth, ask, text_at, token_for
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble

ITEMS = Table("items", "/items", "items", ["id"], {"id": "LONG", "name": "STRING"})
KEY = Setting("api_key", secret=True)


def by_header(configuration: Configuration) -> AuthBase:
    class Own(AuthBase):
        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            request.headers["X-Own"] = f"own {configuration['api_key']}"
            return request

    return Own()


def by_signature(configuration: Configuration) -> AuthBase:
    """Signs path and query, and the time; so no two signatures are alike."""

    class Hmac(AuthBase):
        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            now = str(time.time_ns())
            text = f"{now} {request.path_url}".encode()
            request.headers["X-Time"] = now
            request.headers["X-Signature"] = hmac.new(configuration["api_key"].encode(), text, hashlib.sha256).hexdigest()
            return request

    return Hmac()


def by_path(configuration: Configuration) -> AuthBase:
    """Signs path and query alone."""

    class Hmac(AuthBase):
        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            text = str(request.path_url).encode()
            request.headers["X-Signature"] = hmac.new(configuration["api_key"].encode(), text, hashlib.sha256).hexdigest()
            return request

    return Hmac()


def by_requests(configuration: Configuration) -> AuthBase:
    return HTTPBasicAuth("me", configuration["api_key"])


def by_requests_digest(configuration: Configuration) -> AuthBase:
    return HTTPDigestAuth("me", configuration["api_key"])


def by_own_token(configuration: Configuration) -> AuthBase:
    """Fetches a token with a request that is signed by the time."""

    def obtain(line: Line) -> Token:
        form = {"key": configuration["api_key"], "at": str(time.time_ns())}
        return token_for(
            text_at(ask(line, configuration.hidden, ["api_key"], "/tickets", form=form), "token", "/tickets"), None, 0
        )

    return TokenAuth(obtain, configuration.hidden, "X-Ticket", "ticket ")


ALIKE: Mapping[str, Any] = {
    "a header": ApiKeyHeader("X-API-Key"),
    "a header with a prefix": ApiKeyHeader("Authorization", prefix="Token "),
    "a query parameter": ApiKeyQuery("key"),
    "a key in the path": ApiKeyPath("/bot"),
    "a bearer token": BearerToken(),
    "basic": BasicAuth(),
    "basic, of a key alone": BasicAuth("api_key", None),
    "digest": DigestAuth(),
    "client credentials": OAuth2ClientCredentials(token_url="/oauth/token", scope="read all", parameters={"audience": "toys"}),
    "client credentials in the body": OAuth2ClientCredentials(token_url="/oauth/token", client_auth="body"),
    "a refresh token": OAuth2RefreshToken(token_url="/oauth/token"),
    "a refresh token of a public client": OAuth2RefreshToken(token_url="/oauth/token", client_secret_setting=None),
    "a session": SessionLogin("/login"),
    "a session by form": SessionLogin(
        "/login", form=True, token="data.session.token", header="X-Session", prefix="", lifetime="data.ends"
    ),
    "HS256": JwtBearer(algorithm="HS256", issuer_setting=None, key_setting="secret"),
    "RS256": JwtBearer(subject_setting="subject", key_id_setting="key_id", audience="toys", claims={"scope": "read"}),
    "ES256": JwtBearer(algorithm="ES256"),
    "EdDSA": JwtBearer(algorithm="EdDSA"),
    "a function": by_header,
    "a function that signs the path": by_path,
    "what requests has": by_requests,
    "what requests has for digest": by_requests_digest,
    "a function with a token of its own": by_own_token,
    "a choice": AuthChoice("auth", {"key": ApiKeyHeader("X-Key"), "login": BasicAuth()}, default="login"),
}


def assembled(auth: Any) -> Assembly:
    given = {"connector_tables": lambda: [ITEMS], "connector_auth": lambda: auth}
    if not hasattr(auth, "settings") and not isinstance(auth, NoAuth):
        given["connector_settings"] = lambda: [KEY]
    return assemble([Plugin("toy", SimpleNamespace(**{name: hookimpl(answer) for name, answer in given.items()}))])


@pytest.fixture
def simulate() -> Iterator[Callable[[Any], Simulation]]:
    running: list[Simulation] = []

    def start(auth: Any) -> Simulation:
        running.append(Simulation([Dataset("toy", assembled(auth))]))
        return running[-1]

    yield start
    for each in running:
        assert list(each.errors) == []
        each.close()


def synced(simulation: Simulation, **changes: str) -> Mapping[Any, Any]:
    api = simulation.of("toy")
    warehouse = Warehouse(api.mimic.assembly)
    sync(api.mimic.assembly, {**api.configuration, **changes}, {}, warehouse, ListLog())
    return warehouse.live("items")


@pytest.mark.parametrize("kind", ALIKE)
def test_the_configuration_lets_in_and_another_secret_does_not(kind: str, simulate: Callable[[Any], Simulation]) -> None:
    simulation = simulate(ALIKE[kind])
    api = simulation.of("toy")
    assert synced(simulation) == api.world.expected(api.tables[0])
    secrets = [setting.name for setting in api.mimic.assembly.settings if setting.secret and setting.name in read_by(api)]
    assert secrets
    for name in secrets:
        with pytest.raises(ConnectorError, match=r"\b401\b"):
            synced(simulation, **{name: other(kind, api.configuration[name])})


def read_by(api: Any) -> list[str]:
    """The settings that the first way in reads."""
    chosen = api.configuration.get("auth")
    return [each.name for each in api.mimic.assembly.settings if each.when is None or chosen in each.when[1]]


def other(kind: str, secret: str) -> str:
    """Another secret of the same sort: a private key has to be one."""
    if kind in ("RS256", "ES256", "EdDSA"):
        return doors(assembled(ALIKE[kind]), "http://127.0.0.1", "another")[0].configuration["private_key"]
    return f"{secret}-of-before"


@pytest.mark.parametrize("kind", ALIKE)
def test_nobody_is_let_in_without_a_credential(kind: str, simulate: Callable[[Any], Simulation]) -> None:
    answer = requests.get(f"{simulate(ALIKE[kind]).url}/items", timeout=5)
    assert answer.status_code == 401
    assert re.match(r"missing \S+ (header|parameter|in the path)", answer.json()["error"])


def test_an_api_without_auth_asks_for_nothing(simulate: Callable[[Any], Simulation]) -> None:
    simulation = simulate(NoAuth())
    assert len(synced(simulation)) == 250


def test_a_signature_by_the_time_has_to_be_there(simulate: Callable[[Any], Simulation]) -> None:
    simulation = simulate(by_signature)
    assert len(synced(simulation)) == 250
    answer = requests.get(f"{simulation.url}/items", headers={"X-Time": "1"}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (401, "missing x-signature header")


def test_each_option_of_a_choice_is_let_in(simulate: Callable[[Any], Simulation]) -> None:
    simulation = simulate(ALIKE["a choice"])
    first, second = (dict(way.configuration) for way in simulation.of("toy").ways)
    assert (first["auth"], second["auth"]) == ("login", "key")
    assert len(synced(simulation, **first)) == len(synced(simulation, **second)) == 250


def test_an_option_that_cannot_be_simulated_is_left_out() -> None:
    choice = AuthChoice("auth", {"certificate": ClientCertificate(), "key": ApiKeyHeader("X-Key")}, default="certificate")
    [way] = doors(assembled(choice), "http://127.0.0.1", "a-key")
    assert way.configuration["auth"] == "key"


@pytest.mark.parametrize(
    ("auth", "reason"),
    [
        (ClientCertificate(), "shows a client certificate, and the simulated API speaks plain HTTP"),
        (OAuth2ClientCredentials(token_url="https://login.example.com/token"), "token comes from login.example.com"),
        (SessionLogin("https://login.example.com/login"), "token comes from login.example.com"),
    ],
)
def test_what_cannot_be_simulated_is_said(auth: Any, reason: str) -> None:
    with pytest.raises(NoDoor, match=reason):
        doors(assembled(auth), "http://127.0.0.1", "a-key")


def test_a_token_that_is_rejected_is_renewed(simulate: Callable[[Any], Simulation]) -> None:
    simulation = simulate(ALIKE["client credentials"])
    simulation.faults.add("status=401,times=1")
    assert len(synced(simulation)) == 250
    assert [request.path for request in simulation.requests].count("/oauth/token") == 2


def test_a_token_ends(simulate: Callable[[Any], Simulation], monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = simulate(ALIKE["a session"])
    token = requests.post(
        f"{simulation.url}/login", json={"username": "made-up username", "password": simulation.secret}, timeout=5
    ).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{simulation.url}/items", headers=bearer, timeout=5).status_code == 200
    later = time.monotonic() + 3601
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert requests.get(f"{simulation.url}/items", headers=bearer, timeout=5).status_code == 401


HINTED = ["a header", "a query parameter", "a key in the path", "basic", "client credentials", "a session", "HS256", "digest"]


@pytest.mark.parametrize("kind", HINTED)
def test_the_hints_name_what_curl_needs(kind: str, simulate: Callable[[Any], Simulation]) -> None:
    told = "\n".join(hints(simulate(ALIKE[kind])))
    assert "toy: 250 records" in told
    assert {
        "a header": "-H 'x-api-key: sample-key'",
        "a query parameter": "&key=sample-key'",
        "a key in the path": "/botsample-key/items?",
        "basic": "-H 'authorization: Basic ",
        "client credentials": "grant_type=client_credentials",
        "a session": '-d \'{"username": "made-up username", "password": "sample-key"}\'',
        "HS256": "-H 'authorization: Bearer ey",
        "digest": "--digest -u 'made-up username:sample-key'",
    }[kind] in told
    assert '"base_url": "http://127.0.0.1:' in told
