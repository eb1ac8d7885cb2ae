"""D: secrets are known by where they come from and where they go, not by letters that look alike."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.support import Answer, Call, Connection, Reply, connect, items, records, serving
from connector_core import (
    ApiKeyHeader,
    ApiKeyQuery,
    BasicAuth,
    BearerToken,
    CursorPaginator,
    FunctionPaginator,
    KeysetPaginator,
    NextLinkPaginator,
    Page,
    PluginError,
    Request,
    SourceError,
    count,
    no_more,
)
from connector_core.auth.kinds import AuthFactory
from connector_core.basics.discretion import Secrets, shows, strike
from connector_core.basics.links import link_without
from connector_core.basics.striking import unmistakable
from connector_core.derived.extra_tables import Aggregate

LINKS = NextLinkPaginator("next")
KEY = "k3y-7f2a9c41d8"
"""Long and odd enough that nothing else holds it by chance."""


def pages_of(link: str, number: int = 3, **reply: Any) -> Answer:
    """*number* pages of ten records; the link to the next is *link*, with the page's number in the place of ``{page}``."""

    def answer(call: Call) -> Reply:
        page = int(call.query.get("after", "p1")[1:])
        following = link.format(page=page + 1, base=call.base) if page < number else None
        return Reply({"items": records(10, 10 * page), "next": following}, **reply)

    return answer


def states(connection: Connection) -> str:
    """All that the last sync wanted to be kept."""
    return json.dumps([operation.data for operation in connection.warehouse.operations if operation.kind == "checkpoint"])


# D1


@pytest.mark.parametrize(
    "password", ["x", "X", "1", "page", "items", "next", "completed", "api_token", "2026-01-01", "case_items"]
)
def test_d1_a_password_that_stands_in_every_address(password: str) -> None:
    link = "/items?after=p{page}&status=completed&sort=x&since=2026-01-01&per=1"
    with serving(pages_of(link)) as api:
        connection = connect(
            api, paginator=LINKS, auth=BasicAuth(), configuration={"username": "key-of-the-crew", "password": password}
        )
        log = connection.sync()
    assert len(connection.ids()) == 30
    assert api.calls[1].query == {"after": "p2", "status": "completed", "sort": "x", "since": "2026-01-01", "per": "1"}
    if len(password) < 4:
        assert "***" not in "\n".join(log.infos + log.warnings)


def test_d1_a_password_of_one_letter_is_struck_out_where_it_is_said() -> None:
    def answer(call: Call) -> Reply:
        return Reply({"error": "no good", "password": "x", "url": "https://me:x@api.example", "page": "x"}, 400)

    with serving(answer) as api:
        connection = connect(api, auth=BasicAuth(), configuration={"username": "crew", "password": "x"})
        with pytest.raises(Exception, match="refuses the request") as caught:
            connection.sync()
    assert '"password": "***"' in str(caught.value)
    assert "me:***@" in str(caught.value)
    assert '"page": "x"' in str(caught.value)


# D2


@pytest.mark.parametrize(
    "cookie", ["lang=en", "region=eu-west-1", "tenant=7f2a9c41d8e94b06", "theme=dark-blue", "AWSALB=q1w2e3r4t5y6u7i8o9p0"]
)
def test_d2_a_cookie_of_the_api_is_no_secret(cookie: str) -> None:
    with serving(pages_of("/items?after=p{page}&" + cookie, headers={"Set-Cookie": f"{cookie}; Path=/; HttpOnly"})) as api:
        connection = connect(api, paginator=LINKS)
        connection.sync()
    name, _, value = cookie.partition("=")
    assert len(connection.ids()) == 30
    assert [call.query[name] for call in api.calls[1:]] == [value, value]
    assert [call.headers["cookie"] for call in api.calls[1:]] == [cookie, cookie]
    assert value in states(connection)


SESSION = "9f86d081884c7d659a2feaa0c55ad015"


def test_d2_a_session_of_the_api_is_followed_and_neither_kept_nor_shown() -> None:
    def answer(call: Call) -> Reply:
        page = int(call.query.get("after", "p1")[1:])
        if page == 3 and not connection.warehouse.state.get("asked"):
            return Reply({"error": f"your session {call.query.get('sid')} is over"}, 400)
        link = f"/items;sid={SESSION}?after=p{page + 1}&sid={SESSION}"
        return Reply({"items": records(10, 10 * page), "next": link}, headers={"Set-Cookie": f"sid={SESSION}; Path=/"})

    with serving(answer) as api:
        connection = connect(api, paginator=LINKS)
        with pytest.raises(Exception, match=r"your session \*\*\* is over") as caught:
            connection.sync()
    assert api.calls[1].query["sid"] == SESSION
    assert api.calls[1].path == f"/items;sid={SESSION}"
    assert SESSION not in states(connection) + "".join(connection.log.infos) + str(caught.value)
    assert '/items?after=p3"' in states(connection)


# D3


@pytest.mark.parametrize(
    ("key", "cursor"),
    [
        ("1234", "abc1234def"),
        ("1234", "1234"),
        ("12345678", "123456789"),
        ("demo", "demo-2"),
        ("DEMO_KEY", "eyJERU1PX0tFWSI6MX0DEMO_KEY"),
        ("20260101", "2026-01-01T20260101"),
        ("production", "production/2"),
        ("a", "aaaa"),
    ],
)
@pytest.mark.parametrize("auth", [ApiKeyHeader("X-API-Key"), ApiKeyQuery("key")], ids=["header", "query"])
def test_d3_a_key_that_a_cursor_looks_like(auth: AuthFactory, key: str, cursor: str) -> None:
    def answer(call: Call) -> Any:
        last = call.query.get("cursor") == cursor
        return {"items": records(10, 10 * last), "next_cursor": None if last else cursor}

    with serving(answer) as api:
        connection = connect(api, paginator=CursorPaginator(incremental=True), auth=auth, configuration={"api_key": key})
        connection.sync()
    assert len(connection.ids()) == 20
    assert cursor in states(connection)


@pytest.mark.parametrize("key", ["1234", "x", KEY, "a b&c=d/é", "%41%42"])
@pytest.mark.parametrize(
    "written", [lambda key: quote(key, safe=""), lambda key: quote(quote(key, safe=""), safe="")], ids=["quoted", "quoted twice"]
)
def test_d3_a_key_of_any_length_that_is_sent_back_in_a_link_is_not_kept(key: str, written: Any) -> None:
    with serving(pages_of("/items?api_key=" + written(key).replace("{", "{{") + "&after=p{page}&sort=1234")) as api:
        connection = connect(api, paginator=LINKS, auth=ApiKeyQuery("api_key"), configuration={"api_key": key})
        connection.sync()
    assert len(connection.ids()) == 30
    assert [call.pairs for call in api.calls[1:]] == [
        [("after", after), ("sort", "1234"), ("api_key", key)] for after in ("p2", "p3")
    ]
    assert "api_key" not in states(connection)
    assert "/items?after=p2&sort=1234" in states(connection)


@pytest.mark.parametrize("name", ["X-Api-Key", "x_api_key", "apikey", "API-KEY"])
def test_d3_a_short_key_is_known_by_the_header_it_is_sent_in(name: str) -> None:
    with serving(pages_of(f"/items?after=p{{page}}&{name}=1234")) as api:
        connection = connect(api, paginator=LINKS, auth=ApiKeyHeader("X-API-Key"), configuration={"api_key": "1234"})
        connection.sync()
    assert name not in states(connection)


def test_d3_a_token_is_known_behind_the_name_of_its_scheme() -> None:
    with serving(pages_of("/items?after=p{page}&authorization=Bearer%20tok1")) as api:
        connection = connect(api, paginator=LINKS, auth=BearerToken(), configuration={"token": "tok1"})
        connection.sync()
    assert "tok1" not in states(connection)


def test_d3_a_user_in_front_of_the_host_is_not_kept() -> None:
    with serving(
        lambda call: pages_of("http://crew:x@" + call.base.removeprefix("http://") + "/items?after=p{page}")(call)
    ) as api:
        connection = connect(api, paginator=LINKS, auth=BasicAuth(), configuration={"username": "crew", "password": "x"})
        connection.sync()
    assert len(connection.ids()) == 30
    assert "crew:x" not in states(connection)


def test_d3_an_unmistakable_key_is_caught_wherever_it_stands() -> None:
    places: Mapping[str, Answer] = {
        "a cursor": lambda _: {"items": records(10), "next_cursor": KEY.upper()},
        "inside of a cursor": lambda _: {"items": records(10), "next_cursor": f"v1:{KEY}:2"},
        "a cursor in base64": lambda _: {"items": records(10), "next_cursor": "djE6azN5LTdmMmE5YzQxZDg6Mg=="},
    }
    for place, answer in places.items():
        with serving(answer) as api:
            connection = connect(api, paginator=CursorPaginator(), auth=ApiKeyHeader("K"), configuration={"api_key": KEY})
            with pytest.raises(PluginError, match="holds a secret"):
                connection.sync()
        assert KEY not in states(connection), place


def test_d3_a_position_of_the_plugins_own_that_holds_a_short_key_by_its_name() -> None:
    """The plugin copies the query of a link into the parameters."""

    def following(request: Request, page: Page) -> Request | None:
        return Request("/items", {"after": "p2", "api_key": "1234"}) if "after" not in request.params else None

    with serving(pages_of("")) as api:
        connection = connect(
            api, paginator=FunctionPaginator(following), auth=ApiKeyQuery("api_key"), configuration={"api_key": "1234"}
        )
        with pytest.raises(PluginError, match="holds a secret"):
            connection.sync()


def test_d3_a_group_that_a_short_secret_looks_like_is_no_secret() -> None:
    table = items(columns={"id": "STRING", "status": "STRING"}, append_only=True)
    extra = Aggregate("case_statuses", by=["status"], measures={"items": count()})
    with serving(lambda _: {"items": records(3, status="x"), "next_cursor": None}) as api:
        connection = connect(
            api, table, auth=BasicAuth(), extra_tables=[extra], configuration={"username": "crew", "password": "x"}
        )
        connection.sync()
    assert connection.rows("case_statuses") == [{"status": "x", "items": 3}]


def test_d3_ids_that_a_key_looks_like() -> None:
    with serving(lambda call: {"items": records(10, 10 * ("after" in call.query)), "has_more": "after" not in call.query}) as api:
        connection = connect(
            api,
            paginator=KeysetPaginator("after", "id", stop=[no_more("has_more")]),
            auth=ApiKeyHeader("K"),
            configuration={"api_key": "r0009"},
        )
        connection.sync()
    assert len(connection.ids()) == 20


# What is struck out of texts (F11d)


WRITTEN: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "another case": str.upper,
    "without dashes": lambda key: key.replace("-", ""),
    "in hex": lambda key: key.encode().hex(),
    "in capital hex": lambda key: key.encode().hex().upper(),
    "in base64": lambda _: "azN5LTdmMmE5YzQxZDg=",
    "in base64, behind something": lambda _: "Y3Jldzpr"[:6] + "azN5LTdmMmE5YzQxZDg",
    "as JSON in JSON": lambda key: json.dumps(json.dumps({"k": key}))[1:-1],
    "as hex of JavaScript": lambda key: "".join(f"\\x{ord(letter):02x}" for letter in key),
    "quoted twice": lambda key: "".join(f"%25{ord(letter):02X}" for letter in key),
    "as entities": lambda key: "".join(f"&#{ord(letter)};" for letter in key),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_f11d_a_key_is_struck_out_however_it_is_written(written: str) -> None:
    said = WRITTEN[written](KEY)
    with serving(lambda _: Reply(f"you sent <{said}> here".encode(), 400)) as api:
        connection = connect(api, auth=ApiKeyHeader("K"), configuration={"api_key": KEY})
        with pytest.raises(Exception, match="refuses the request") as caught:
            connection.sync()
    assert said not in str(caught.value)
    assert "***" in str(caught.value)
    assert "you sent" in str(caught.value)


CRAFTED = {
    "blanks": "a " * 1500,
    "one letter": "a" * 3000,
    "backslashes": "\\a" * 1500,
    "percent": "%25a" * 800,
    "dots": "a." * 1500,
}


@pytest.mark.parametrize("secret", CRAFTED.values(), ids=CRAFTED)
def test_f11d_a_crafted_secret_is_looked_for_soon(secret: str) -> None:
    """In a process of its own, because a search that backtracks cannot be ended. It takes a fraction of this time."""
    text = f"{secret[:-1]}...".join("abcdefgh") * 4
    code = f"from connector_core.basics.discretion import strike\nfor _ in range(5): strike([{secret!r}], {text!r})"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_f11d_what_is_looked_for_does_not_grow_with_the_cookies_of_a_long_sync() -> None:
    secrets = Secrets([KEY])
    for number in range(5000):
        secrets.opened("session", f"{number:08}-of-a-session")
    assert len(list(secrets)) < 300
    assert strike(secrets, f"{KEY} 00004999-of-a-session") == "*** ***"


def test_f11d_a_fresh_session_in_each_of_many_answers() -> None:
    """2,000 pages took more than 300 seconds; the search counts, not the clock."""

    def answer(call: Call) -> Reply:
        body = {"items": records(1, call.number), "next_cursor": f"c{call.number}" if call.number < 400 else None}
        return Reply(body, headers={"Set-Cookie": f"session={call.number:08}-of-a-session; Path=/"})

    with serving(answer) as api:
        connection = connect(api, paginator=CursorPaginator())
        connection.sync()
    assert len(connection.ids()) == 401


@given(text=st.text(st.characters(codec="utf-8"), max_size=300), secret=st.text("abc1-_/+% \\&;.", min_size=1, max_size=30))
def test_striking_never_fails_and_leaves_no_long_secret(text: str, secret: str) -> None:
    found = strike([secret], f"{text}{secret}{text}")
    assert isinstance(found, str)
    if len(secret.strip()) >= 8 and secret == secret.strip():
        assert secret not in found


@given(secret=st.text("ghijk1234567", min_size=14, max_size=40).filter(unmistakable), before=st.text("xyz \n{\"'", max_size=20))
def test_striking_finds_an_unmistakable_secret_however_it_is_nested(secret: str, before: str) -> None:
    text = secret
    writing: list[Callable[[str], str]] = [lambda each: json.dumps(before + each), quote, lambda each: json.dumps([each])]
    for write in writing:
        text = write(text)
        assert secret not in strike([secret], text)
        assert "***" in strike([secret], text)


@given(
    secret=st.text("abcdef0123456789-", min_size=1, max_size=11),
    other=st.text("abcdef0123456789-", max_size=30),
    name=st.sampled_from(["cursor", "page", "sort", "status", "after"]),
)
def test_a_secret_that_may_be_there_by_chance_keeps_nothing_from_being_kept(secret: str, other: str, name: str) -> None:
    secrets = Secrets()
    secrets.add(secret, name="api_key")
    for value in (secret, other, other + secret, secret + other):
        link = f"/items?{name}={value}&z=1"
        assert link_without(link, secrets.kept_out) == link
        assert not secrets.stands_in({"next_cursor": value, "link": link})
        assert not shows(secrets, json.dumps({"rows": {value: 1}}))


def test_a_link_is_left_as_it_is_written_but_for_what_goes() -> None:
    def unwanted(name: str, value: str) -> bool:
        return (name, value) == ("k", "a b")

    for link, left in {
        "/i?k=a%20b&x=%2f+%7E": "/i?x=%2f+%7E",
        "/i?x=1&k=a+b": "/i?x=1",
        "/i?k=a+b": "/i",
        "/i?k=a+b#k=a+b": "/i#k=a+b",
        "/i?k=a+bc&kk=a+b&k": "/i?k=a+bc&kk=a+b&k",
        "/i;k=a%20b/j;v=1?": "/i/j;v=1?",
        "https://me:a@api.example/i?x": "https://api.example/i?x",
    }.items():
        assert link_without(link, unwanted) == left


@pytest.mark.parametrize("key", ["x", "1234", "s3cr3t-k", KEY])
def test_a_failing_sync_shows_no_secret_whatever_its_length(key: str) -> None:
    said = {"api_key": key, "auth": f"key={key}", "Authorization": f"Token {key}"}
    with serving(lambda _: Reply(said, 500)) as api:
        connection = connect(api, auth=ApiKeyQuery("key"), configuration={"api_key": key})
        with pytest.raises(SourceError) as caught:
            connection.sync()
    assert '{"api_key": "***", "auth": "key=***", "Authorization": "Token ***"}' in str(caught.value)
