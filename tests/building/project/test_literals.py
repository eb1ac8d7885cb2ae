"""A secret in the source of a plugin is found, named by its place alone, and never built into a project."""

import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import connector_build.gallery
import connector_fts
import connector_mso
from connector_build.cli.main import main
from connector_build.project.literals import PRAGMA, check_no_secrets, literals

RANDOM = "3f9Qk2LmZ8xY7vB1nR6tW0pS5dGhJ4cA"
SECRETS = {
    "a header": f'HEADERS = {{"Authorization": "Bearer {RANDOM}"}}',
    "a default": 'Setting("api_key", default="sk_live_' + '4eC39HqLyjWDarjtT1zdp7dc", secret=True)',
    "a variable": 'api_key = "hunter2hunter"',
    "a parameter": 'Table("a", "/a", "a", params={"api_key": "9a8b7c6d5e"})',
    "a random text": f"ApiKeyHeader({RANDOM!r})",
    "an address": 'base_url("https://user:pa55w0rdX@api.example.com")',
    "a private key": 'KEY = """-----BEGIN RSA PRIVATE KEY-----',
}
HARMLESS = (
    'ApiKeyHeader("X-Shopify-Access-Token", setting="access_token")',
    'BasicAuth(username_setting="api_key", password_setting=None)',
    'OAuth2ClientCredentials(token_url="/services/oauth2/token", client_secret_setting="client_secret")',
    'Setting("password", default=None, secret=True, description="The password of the user, as the API has it.")',
    'Table("orders", "/v61.0/orders/{settings.account_id}/line_items", "data.orders.edges", ["record_id"])',
    'RECORD = "65b2df8b-1fe4-4095-9de6-f2dd0a42b817"',
    'api_key = "<your api key>"',
    '"""Uses the key abcdefghijklmnopqrstuvwxyz0123456789 of the docs."""',
)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a secret was about to be sent somewhere")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_is_found_in_its_line_and_not_shown(text: str) -> None:
    [found] = literals({"orders.py": f"import os\n\n{text}\n".encode()})
    assert (found.path, found.line) == ("orders.py", 3)
    assert not [
        word for word in (RANDOM, "hunter2hunter", "9a8b7c6d5e", "pa55w0rdX", "4eC39HqLyj") if word in f"{found} {found!r}"
    ]
    assert "orders.py, line 3" in str(found)


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS.keys())
def test_a_line_may_say_that_it_is_none(text: str) -> None:
    check_no_secrets({"orders.py": f"{text}  # {PRAGMA}\n".encode()})


@pytest.mark.parametrize("text", HARMLESS)
def test_words_of_plugins_are_no_secrets(text: str) -> None:
    check_no_secrets({"orders.py": f"{text}\n".encode()})


def test_what_a_plugin_brings_along_is_read_too_and_data_is_not() -> None:
    files = {"crew/settings.toml": b'password = "hunter2hunter"\n', "crew/data.csv": RANDOM.encode(), "crew/a.py": b"\0" * 9}
    assert [found.path for found in literals(files)] == ["crew/settings.toml"]


def test_no_plugin_of_ours_has_one() -> None:
    for module in (connector_fts, connector_mso):
        check_no_secrets({"__init__.py": Path(module.__file__ or "").read_bytes()})
    for path in Path(connector_build.gallery.__path__[0]).glob("*.py"):
        check_no_secrets({path.name: path.read_bytes()})


def test_a_build_is_refused_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = Path(connector_fts.__file__ or "").read_text(encoding="utf-8").partition("@hookimpl\ndef connector_auth")
    (tmp_path / "crew_tasks.py").write_text(f'{source[0]}KEY = "{RANDOM}"\n', encoding="utf-8")
    line = source[0].count("\n") + 1
    refused = CliRunner().invoke(main, ["crew_tasks.py"])
    assert refused.exit_code == 1
    assert f"crew_tasks.py, line {line}, has what looks like a secret" in refused.output
    assert RANDOM not in refused.output
    assert not (tmp_path / "dist").exists()
