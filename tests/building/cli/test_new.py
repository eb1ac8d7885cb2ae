"""`connector-build new`: an address, kept pages or the gallery in, one file with a plugin out."""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector_build.api.messages import Asked, Reply, json_reply, refused
from connector_build.api.server import ApiServer
from connector_build.cli.main import main
from connector_build.review import newly

KEY = "key-5ec2e7-of-this-test"
ORDERS = [
    {"id": f"o_{number:03}", "total": f"{number}.50", "created_at": f"2024-05-{number % 28 + 1:02}T10:00:00Z", "rush": number > 9}
    for number in range(45)
]  # fmt: skip

New = Callable[..., Result]


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> New:
    """Calls `connector-build new` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **options: CliRunner().invoke(main, ["new", *map(str, arguments)], **options)


def orders(request: Asked) -> Reply:
    """Pages of 20 by a cursor, for whoever has the key."""
    if request.headers.get("x-api-key") != KEY:
        return refused(401, "no key")
    if request.path != "/v1/orders":
        return refused(404, "nothing")
    at, size = int(request.params.get("cursor", 0)), int(request.params.get("limit", 20))
    following = at + size if at + size < len(ORDERS) else None
    return json_reply({"data": ORDERS[at : at + size], "meta": {"next_cursor": following and f"{following:08}"}})


def written(*names: str) -> str:
    return "".join(Path(name).read_text(encoding="utf-8") for name in names)


def assert_told(result: Result, code: int, *words: str) -> None:
    """One clear paragraph, no traceback, no secret, nothing half-written."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert KEY not in result.output
    for word in words:
        assert word in result.output
    assert list(Path().glob("*.py")) == []
    assert list(Path().glob(".*")) == []


# An address


def test_an_address_becomes_a_plugin_that_reads_every_row(new: New, api_server: ApiServer) -> None:
    api_server.answering = orders
    result = new("orders", "--url", f"{api_server.url}/v1/orders?limit=20", "--header", "X-API-Key: env:K", env={"K": KEY})
    assert result.exit_code == 0, result.output
    assert "the first 10 of 45 rows" in result.output
    assert "0 fail" in result.output
    text = written("orders.py")
    for line in (
        '    records="data",',
        '    primary_key=["id"],',
        '        "created_at": "UTC_DATETIME",',
        '        "rush": "BOOLEAN",',
    ):
        assert f"{line}\n" in text
    assert 'CursorPaginator(next_field="meta.next_cursor", size_param="limit")\n' in text
    assert 'ApiKeyHeader("X-API-Key")\n' in text
    assert KEY not in written("orders.py", "orders.pages.json")
    assert len(api_server.requests) <= 6


def test_what_is_recorded_again_has_not_drifted(new: New, api_server: ApiServer) -> None:
    api_server.answering = orders
    new("orders", "--url", f"{api_server.url}/v1/orders?limit=20", "--header", "X-API-Key: env:K", env={"K": KEY})
    answers = json.loads(written("orders.pages.json"))["answers"]
    assert {each["table"] for each in answers} == {"orders"}
    Path("c.json").write_text(json.dumps({"base_url": api_server.url, "api_key": KEY}), encoding="utf-8")
    again = CliRunner().invoke(main, ["record", "orders.py", "--configuration", "c.json", "--again"])
    assert again.exit_code == 0, again.output
    assert "Nothing has drifted." in again.output


def test_the_same_evidence_gives_the_same_bytes(new: New, api_server: ApiServer) -> None:
    api_server.answering = orders
    address = ("orders", "--url", f"{api_server.url}/v1/orders?limit=20", "--header", "X-API-Key: env:K", "--force")
    texts = {written("orders.py", "orders.pages.json") for _ in range(2) if new(*address, env={"K": KEY}).exit_code == 0}
    assert len(texts) == 1


def test_a_size_that_the_request_lacks_is_found(new: New, api_server: ApiServer) -> None:
    api_server.answering = orders
    new("orders", "--url", f"{api_server.url}/v1/orders", "--header", "X-API-Key: env:K", env={"K": KEY})
    assert 'size_param="limit"' in written("orders.py")
    assert "page_size(100, maximum=100),\n" in written("orders.py")


def test_a_file_that_is_there_stays_unless_it_is_forced(new: New) -> None:
    Path("orders.py").write_text("mine", encoding="utf-8")
    result = new("orders", "--like", "stripe")
    assert result.exit_code == 2
    assert "--force" in result.output
    assert written("orders.py") == "mine"
    assert new("orders", "--like", "stripe", "--force").exit_code == 0
    assert "Stripe" in written("orders.py")


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("orders", [], "--url"),
        ("orders", ["--like", "stripe", "--url", "https://a.example.com/x"], "--url"),
        ("orders", ["--like", "strype"], "stripe"),
        ("orders", ["--url", "nonsense"], "no address"),
        ("orders", ["--url", "http://api.example.com/x"], "https"),
        ("orders", ["--url", "https://me:pw@api.example.com/x"], "--user"),
        ("orders", ["--url", "https://[::1/x"], "no address"),
        ("../orders", ["--like", "stripe"], "cannot name a dataset"),
        ("check", ["--like", "stripe"], "cannot name a dataset"),
        ("json", ["--like", "stripe"], "cannot name a dataset"),
        ("requests", ["--like", "stripe"], "cannot name a dataset"),
        ("orders", ["--from", "nowhere.json"], "cannot be read"),
        ("orders", ["--url", "https://a.example.com/x", "--header", "X-API-Key: env:NOT_SET_HERE"], "NOT_SET_HERE"),
        ("orders", ["--url", "https://a.example.com/x", "--header", "X-API-Key"], "nobody can be asked"),
        ("orders", ["--url", "https://a.example.com/x", "--body", "[1]"], "no JSON object"),
    ],
)
def test_wrong_use_is_said(new: New, name: str, options: Sequence[str], words: str) -> None:
    assert_told(new(name, *options), 2, words)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refused(401, "no key"), "401"),
        (refused(404, "nothing here"), "404"),
        (json_reply({"orders": []}), "empty list"),
        (json_reply([1]), "no records"),
        (Reply(200, {"Content-Type": "text/csv"}, b"id,name\n1,a\n"), "not whole JSON"),
        (Reply(200, {"Content-Type": "text/html"}, b"<!doctype html><p>Log in"), "web page"),
        (Reply(200, {"Content-Type": "application/json"}, b'[{"id": NaN}]'), "NaN"),
        (Reply(200, {"Content-Type": "application/json"}, b"[" * 100_000 + b"]" * 100_000), "nested too deeply"),
        (Reply(200, {"Content-Type": "application/json"}, b'[{"id": "' + b"x" * 16_000_000 + b'"}]'), "15"),
    ],
    ids=["401", "404", "empty", "bare", "csv", "html", "NaN", "deep", "large"],
)
def test_an_answer_that_nothing_can_be_made_of_is_said(new: New, api_server: ApiServer, answer: Reply, words: str) -> None:
    api_server.answering = lambda _: answer
    result = new("orders", "--url", f"{api_server.url}/orders", "--header", "X-API-Key: env:K", env={"K": KEY})
    assert_told(result, result.exit_code or 1, words)


@pytest.mark.parametrize(
    ("answer", "options", "said", "unsaid"),
    [
        (refused(401, "no key"), [], "Nothing signs the request: give --header, --bearer", "configuration"),
        (refused(403, "no key"), [], "Nothing signs the request: give --header, --bearer", "owner"),
        (
            refused(401, "no key"),
            ["--bearer", "env:K"],
            "does not accept the key: check the value that was given",
            "Nothing signs",
        ),
        (Reply(200, {"Content-Type": "text/html"}, b"<!doctype html><p>Log in"), [], "Check the address.", "base_url"),
        (Reply(200, {"Content-Type": "text/xml"}, b"<?xml version='1.0'?><a><b/></a>"), [], "docs/sources.md", "web page"),
        (Reply(200, {"Content-Type": "text/xml"}, b"<?xml version='1.0'?><html/>"), [], "is a web page", "XML"),
    ],
    ids=["401", "403", "401, signed", "html", "xml", "xhtml"],
)
def test_what_to_do_is_said_in_words_of_new(
    new: New, api_server: ApiServer, answer: Reply, options: list[str], said: str, unsaid: str
) -> None:
    api_server.answering = lambda _: answer
    result = new("orders", "--url", f"{api_server.url}/orders", *options, env={"K": KEY})
    assert_told(result, result.exit_code or 1)
    told = " ".join(result.output.split())
    assert said in told
    assert unsaid not in told


def following(result: Result) -> list[str]:
    """The lines from Next on."""
    return result.output.partition("\nNext:\n")[2].splitlines()


def test_what_is_next_fits_a_terminal_and_has_the_pages(new: New, api_server: ApiServer) -> None:
    api_server.answering = lambda _: json_reply(ORDERS[:3])
    lines = following(new("orders", "--url", f"{api_server.url}/orders"))
    assert max(map(len, lines)) <= 80
    for verb in ("check", "demo", "preview"):
        assert any(line.startswith(f"  connector-build {verb} orders.py --pages orders.pages.json ") for line in lines)
    assert not any("FAIL" in line for line in lines)


def test_after_a_failing_check_what_to_do_about_it_is_said_first(new: New, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = SimpleNamespace(rule="names", status="fail", message="Name it so yourself.")
    monkeypatch.setattr(newly, "checked", lambda *_: [finding])
    result = new("orders", "--from", kept("page.json", {"orders": ORDERS[:3]}))
    assert result.exit_code == 1
    assert following(result)[0] == "  Change orders.py as each line with FAIL says, and check it again:"


def test_a_copy_of_the_gallery_says_what_is_next(new: New) -> None:
    lines = following(new("orders", "--like", "stripe"))
    assert [line.split()[:3] for line in lines if line.startswith("  ")] == [
        ["connector-build", "check", "orders.py"],
        ["connector-build", "demo", "orders.py"],
        ["connector-build", "orders.py", "the"],
        ["connector-build", "debug", "orders.py"],
    ]


def test_of_two_lists_it_is_said_which_was_taken(new: New) -> None:
    result = new("things", "--from", kept("page.json", {"cats": ORDERS[:3], "dogs": ORDERS[3:6]}))
    (said,) = [line for line in result.output.splitlines() if line.startswith("Records were taken from ")]
    assert "'cats'" in said
    assert "it may be dogs" in said


def test_a_parameter_that_is_called_like_a_size_stays_where_it_is_none(new: New, api_server: ApiServer) -> None:
    api_server.answering = lambda request: json_reply(ORDERS if request.params.get("size") == "42" else [])
    new("shoes", "--url", f"{api_server.url}/shoes?size=42")
    assert 'params={"size": "42"}' in written("shoes.py")
    assert "SinglePage()" in written("shoes.py")


def test_no_more_requests_are_made_than_allowed(new: New, api_server: ApiServer) -> None:
    api_server.answering = lambda request: json_reply({"rows": [{"id": int(request.params.get("page", 1))}], "total": 1000})
    result = new("rows", "--url", f"{api_server.url}/rows?page=1", "--max-requests", "3")
    assert result.exit_code == 0, result.output
    assert len(api_server.requests) == 3
    assert "# guessed" in written("rows.py")
    assert not Path("rows.pages.json").exists()


def numbered(request: Asked) -> Reply:
    """Pages by number, and a 400 for the one behind the last."""
    page, size = int(request.params.get("page", 1)), int(request.params.get("per_page", 10))
    found = ORDERS[(page - 1) * size : page * size]
    return json_reply(found) if found else json_reply({"code": "no_such_page", "data": {"status": 400}}, 400)


@pytest.mark.parametrize("query", ["?per_page=20", "?per_page=5", ""])
def test_the_answer_behind_the_end_becomes_a_rule(new: New, api_server: ApiServer, query: str) -> None:
    api_server.answering = numbered
    result = new("orders", "--url", f"{api_server.url}/orders{query}")
    assert result.exit_code == 0, result.output
    assert 'ignore(status=400, content=("code", "no_such_page"))' in written("orders.py")
    assert 'PageNumberPaginator(size_param="per_page")\n' in written("orders.py")


def from_zero(request: Asked) -> Reply:
    """Pages that are counted from 0, as Spring has them."""
    page, size = int(request.params.get("page", 0)), int(request.params.get("size", 10))
    last = (page + 1) * size >= len(ORDERS)
    return json_reply({"content": ORDERS[page * size : (page + 1) * size], "number": page, "size": size, "last": last})


@pytest.mark.parametrize("query", ["", "?size=10", "?page=0&size=20"])
def test_pages_from_zero_are_read_from_the_first(new: New, api_server: ApiServer, query: str) -> None:
    api_server.answering = from_zero
    result = new("orders", "--url", f"{api_server.url}/orders{query}")
    assert "of 45 rows" in result.output
    assert "first_page=0" in written("orders.py")


def test_it_waits_where_the_api_asks_for_that(new: New, api_server: ApiServer) -> None:
    api_server.respond("/orders", status=429, headers={"Retry-After": "0"})
    api_server.answering = lambda _: json_reply(ORDERS[:3])
    assert new("orders", "--url", f"{api_server.url}/orders").exit_code == 0


def test_the_credential_is_not_sent_to_another_host(new: New, api_server: ApiServer) -> None:
    with ApiServer(lambda _: json_reply([])) as other:
        elsewhere = f"http://localhost:{other.url.rpartition(':')[2]}/orders?cursor=2"
        api_server.answering = lambda _: json_reply({"data": ORDERS[:2], "next": elsewhere})
        new("orders", "--url", f"{api_server.url}/orders", "--header", "X-API-Key: env:K", env={"K": KEY})
        assert not other.requests


@pytest.mark.parametrize(
    ("options", "auth", "sent"),
    [
        (["--bearer", "env:K"], "BearerToken()", ("authorization", f"Bearer {KEY}")),
        (["--header", "Authorization: Bearer env:K"], "BearerToken()", ("authorization", f"Bearer {KEY}")),
        (
            ["--header", "Authorization: Token env:K"],
            'ApiKeyHeader("Authorization", prefix="Token ")',
            ("authorization", f"Token {KEY}"),
        ),
        (["--user", "me:env:K"], "BasicAuth()", ("authorization", f"Basic {b64encode(f'me:{KEY}'.encode()).decode()}")),
        (["--query", "api_key=env:K"], 'ApiKeyQuery("api_key")', ("api_key", KEY)),
    ],
)
def test_each_kind_of_auth_is_sent_and_said(
    new: New, api_server: ApiServer, options: list[str], auth: str, sent: tuple[str, str]
) -> None:
    api_server.answering = lambda _: json_reply(ORDERS[:3])
    assert new("orders", "--url", f"{api_server.url}/orders", *options, env={"K": KEY}).exit_code == 0
    assert f"return {auth}\n" in written("orders.py")
    first = api_server.requests[0]
    assert {**first.headers, **first.params}[sent[0]] == sent[1]
    assert KEY not in written("orders.py", "orders.pages.json")


def test_a_second_secret_is_refused(new: New, api_server: ApiServer) -> None:
    options = ["--header", "X-API-Key: env:K", "--header", "X-App-Key: env:K"]
    assert_told(new("orders", "--url", f"{api_server.url}/orders", *options, env={"K": KEY}), 2, "X-API-Key and X-App-Key")
    assert not api_server.requests


# Kept pages


def kept(name: str, value: Any) -> str:
    Path(name).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return name


def test_a_page_is_enough_and_no_network_is_used(new: New) -> None:
    result = new("orders", "--from", kept("page.json", {"orders": ORDERS[:3]}))
    assert result.exit_code == 0, result.output
    assert 'records="orders"' in written("orders.py")
    assert "# TODO: the address is not known" in written("orders.py")


def test_what_curl_printed_has_headers_too(new: New) -> None:
    head = 'HTTP/2 200\r\ncontent-type: application/json\r\nlink: <https://api.example.com/orders?page=2>; rel="next"\r\n\r\n'
    page = kept("page.txt", head + json.dumps(ORDERS[:3]))
    new("orders", "--from", page, "--url", "https://api.example.com/orders")
    assert "LinkHeaderPaginator()  # guessed: the Link header has a next page; not proved" in written("orders.py")
    assert 'base_url("https://api.example.com")' in written("orders.py")


def entry(url: str, body: Any, **headers: str) -> dict[str, Any]:
    content = {"mimeType": "application/json", "text": body if isinstance(body, str) else json.dumps(body)}
    sent = [{"name": name, "value": value} for name, value in headers.items()]
    return {
        "request": {"method": "GET", "url": url, "headers": sent},
        "response": {"status": 200, "headers": [], "content": content},
    }


def test_an_archive_of_the_browser_proves_the_pages_that_it_has(new: New) -> None:
    url = "https://api.example.com/v1/orders?limit=20"
    signed = {"authorization": f"Bearer {KEY}", "cookie": f"session={KEY}"}
    pages = [{"data": ORDERS[at : at + 20], "next_cursor": None if at == 40 else f"c{at + 20}"} for at in (0, 20, 40)]
    entries = [
        entry("https://tracker.example.com/beacon", {"ok": True}),
        entry("https://api.example.com/", "<html>"),
        *(entry(url + (f"&cursor=c{at}" if at else ""), page, **signed) for at, page in zip((0, 20, 40), pages, strict=True)),
        {"request": None},
    ]
    result = new("orders", "--from", kept("browser.har", {"log": {"entries": entries}}), "--yes")
    assert result.exit_code == 0, result.output
    assert "the first 10 of 45 rows" in result.output
    assert 'return CursorPaginator(size_param="limit")\n' in written("orders.py")
    assert "BearerToken()" in written("orders.py")
    assert KEY not in written("orders.py", "orders.pages.json")


@pytest.mark.parametrize(
    "content", ["", "{", "nonsense", '{"log": {"entries": []}}', "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\n\n<html>"]
)
def test_a_file_without_a_page_is_said(new: New, content: str) -> None:
    assert_told(new("orders", "--from", kept("page.json", content)), 2, "--from page.json")
