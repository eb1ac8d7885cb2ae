"""F4, F5, F11, F11e to F11g and F12: what brings a sync back on its way, and how one ends that is not."""

import errno
import json
import sqlite3
import tempfile
import threading
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from cases.raw import Line, http, saying
from cases.support import Call, Connection, Reply, connect, items, plugin_of, records, serving
from connector_core import (
    BearerToken,
    ConfigurationError,
    ConnectorError,
    CursorPaginator,
    NextLinkPaginator,
    OAuth2ClientCredentials,
    OAuth2RefreshToken,
    PageNumberPaginator,
    Parent,
    SessionLogin,
    SinglePage,
    SourceError,
    Transform,
    UnexpectedAnswer,
    count,
    empty,
    empty_page,
    ignore,
    renew,
    retry,
    start_over,
    wait_until,
)
from connector_core.auth.kinds import AuthFactory
from connector_core.basics.errors import InternalError, RequestRejected
from connector_core.derived.extra_tables import Aggregate
from connector_core.http.retries import Retry
from connector_core.runtime import fivetran

CURSORS = CursorPaginator(incremental=True)
CREDENTIALS = {"client_id": "crew", "client_secret": "s3cret-of-the-crew"}

# F4: renew


class Tokens:
    """An API whose tokens end: each is good for so many requests, and its end is told by *over*."""

    def __init__(self, over: Reply, good_for: int = 2) -> None:
        self.over, self.good_for, self.issued, self.used = over, good_for, 0, 0

    def __call__(self, call: Call) -> Any:
        if call.path in ("/token", "/login"):
            self.issued, self.used = self.issued + 1, 0
            return {"access_token": f"token-number-{self.issued}", "token": f"token-number-{self.issued}"}
        self.used += 1
        if self.used > self.good_for or call.headers.get("authorization") != f"Bearer token-number-{self.issued}":
            return self.over
        page = int(call.query.get("cursor", "p0")[1:])
        return {"items": records(10, 10 * page), "next_cursor": f"p{page + 1}" if page < 5 else None}


OVER = {
    "403 with a code": (Reply({"code": "TOKEN_EXPIRED"}, 403), renew(status=403, content=("code", "TOKEN_EXPIRED"))),
    "400 with a header": (Reply({}, 400, {"X-Error": "token"}), renew(status=400, header=("X-Error", "token"))),
    "200 with a code": (Reply({"errors": [{"code": 7}]}), renew(status=200, content=("errors[0].code", 7))),
    "401": (Reply({}, 401), ignore(status=418)),
}


@pytest.mark.parametrize("over", OVER)
@pytest.mark.parametrize(
    ("auth", "configuration"),
    [(OAuth2ClientCredentials(token_url="/token"), CREDENTIALS), (SessionLogin("/login"), {"username": "a", "password": "b"})],
    ids=["OAuth", "login"],
)
def test_f4_a_token_that_has_ended_is_renewed(over: str, auth: AuthFactory, configuration: dict[str, str]) -> None:
    said, rule = OVER[over]
    tokens = Tokens(said)
    with serving(tokens) as api:
        connection = connect(api, items(errors=[rule]), paginator=CURSORS, auth=auth, configuration=configuration)
        connection.sync()
    assert len(connection.ids()) == 60
    assert tokens.issued == 3
    assert connection.waits == []


def test_f4_it_is_renewed_once_for_a_request() -> None:
    tokens = Tokens(OVER["403 with a code"][0], good_for=0)
    with serving(tokens) as api:
        auth = OAuth2ClientCredentials(token_url="/token")
        connection = connect(
            api, items(errors=[OVER["403 with a code"][1]]), paginator=CURSORS, auth=auth, configuration=CREDENTIALS
        )
        with pytest.raises(ConfigurationError, match=r"403.*TOKEN_EXPIRED.*So says the API of a new token as well"):
            connection.sync()
    assert tokens.issued == 2


def test_f4_an_auth_without_tokens_says_so() -> None:
    rule = renew(status=403)
    with serving(lambda _: Reply({}, 403)) as api:
        connection = connect(
            api, items(errors=[rule]), paginator=SinglePage(), auth=BearerToken(), configuration={"token": "fixed-token"}
        )
        with pytest.raises(ConfigurationError, match="its auth has none to renew: check the key"):
            connection.sync()


def test_f4_an_auth_object_of_the_plugins_own_may_renew() -> None:
    from requests import PreparedRequest
    from requests.auth import AuthBase

    class Own(AuthBase):
        number = 0

        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            request.headers["X-Number"] = str(self.number)
            return request

        def renew(self, request: PreparedRequest) -> None:
            assert request.headers["X-Number"] == "0"
            self.number += 1

    def answer(call: Call) -> Any:
        return {"items": records(3)} if call.headers["x-number"] == "1" else Reply({}, 403)

    with serving(answer) as api:
        connection = connect(api, items(errors=[renew(status=403)]), paginator=SinglePage(), auth=lambda _: Own())
        connection.sync()
    assert len(connection.ids()) == 3


def test_f4_children_at_once_share_one_new_token() -> None:
    def answer(call: Call) -> Any:
        if call.path == "/token":
            issued.append(call.number)
            return {"access_token": f"t{len(issued)}"}
        if call.headers["authorization"] != f"Bearer t{len(issued)}" or (len(issued) == 1 and call.path != "/items"):
            return Reply({"code": "OVER"}, 403)
        return {"items": records(20) if call.path == "/items" else records(1)}

    issued: list[int] = []
    rule = renew(status=403, content=("code", "OVER"))
    children = items(
        name="parts",
        path="/items/{parent.id}/parts",
        primary_key=["item", "id"],
        parent=Parent("case_items", {"item": "id"}),
        columns={"id": "STRING", "item": "STRING"},
        errors=[rule],
    )
    with serving(answer) as api:
        connection = connect(
            api,
            items(errors=[rule]),
            children,
            paginator=SinglePage(),
            auth=OAuth2ClientCredentials(token_url="/token"),
            configuration=CREDENTIALS,
        )
        connection.sync()
    assert len(connection.ids("parts", "item")) == 20
    assert len(issued) == 2


# F4: start over


STALE = {
    "409": (Reply({"error": "cursor expired"}, 409), start_over(status=409)),
    "412": (Reply({}, 412), start_over(status=[409, 412])),
    "200 with a code": (Reply({"code": "CURSOR_GONE", "items": []}), start_over(status=200, content=("code", "CURSOR_GONE"))),
}


class Feed:
    """Six pages by cursor; once, the cursor of page *at* is stale."""

    def __init__(self, stale: Reply, at: int, times: int = 1) -> None:
        self.stale, self.at, self.times, self.asked = stale, at, times, list[str]()

    def __call__(self, call: Call) -> Any:
        cursor = call.query.get("cursor", "p0")
        self.asked.append(cursor)
        page = int(cursor[1:])
        if page == self.at and self.times:
            self.times -= 1
            return self.stale
        return {"items": records(10, 10 * page), "next_cursor": f"p{page + 1}" if page < 5 else None}


@pytest.mark.parametrize("stale", STALE)
@pytest.mark.parametrize("full_refresh", [False, True], ids=["upserts", "replaced"])
@pytest.mark.parametrize("extras", [False, True], ids=["alone", "with an extra table"])
def test_f4_a_stale_cursor_starts_the_read_over(stale: str, full_refresh: bool, extras: bool) -> None:
    said, rule = STALE[stale]
    feed = Feed(said, at=3)
    extra = Aggregate("case_items_all", by=["all"], measures={"items": count()})
    with serving(feed) as api:
        connection = connect(
            api,
            items(errors=[rule], full_refresh=full_refresh, columns={"id": "STRING", "all": "STRING"}),
            paginator=CURSORS,
            extra_tables=[extra] if extras else [],
            transforms=[Transform("all", lambda record: {**record, "all": "yes"})],
        )
        log = connection.sync()
    assert len(connection.ids()) == 60
    assert feed.asked == ["p0", "p1", "p2", "p3", "p0", "p1", "p2", "p3", "p4", "p5"]
    assert [line for line in log.warnings if "the place that this read had come to" in line and "Reading the whole" in line]
    assert not extras or connection.rows("case_items_all") == [{"all": "yes", "items": 60}]


@pytest.mark.parametrize("stale", STALE)
def test_f4_so_does_one_that_the_state_holds(stale: str) -> None:
    said, rule = STALE[stale]
    feed = Feed(said, at=5, times=0)
    with serving(feed) as api:
        connection = connect(api, items(errors=[rule]), paginator=CURSORS)
        connection.sync()
        feed.times, feed.asked = 1, []
        log = connection.sync()
    assert feed.asked == ["p5", "p0", "p1", "p2", "p3", "p4", "p5"]
    assert "no longer knows the cursor that the last sync ended with" in log.warnings[0]


def test_f4_it_starts_over_once_in_a_sync() -> None:
    said, rule = STALE["409"]
    feed = Feed(said, at=3, times=9)
    with serving(feed) as api:
        connection = connect(api, items(errors=[rule]), paginator=CURSORS)
        with pytest.raises(SourceError, match="It has happened twice in this sync"):
            connection.sync()
        assert feed.asked == ["p0", "p1", "p2", "p3"] * 2
        feed.times = 0
        connection.sync()
    assert len(connection.ids()) == 60


def test_f4_the_first_request_has_no_place_to_start_over_from() -> None:
    with serving(lambda _: Reply({}, 409)) as api:
        connection = connect(api, items(errors=[start_over(status=409)]), paginator=CURSORS)
        with pytest.raises(RequestRejected, match=r"this is its first request.*Correct the rule"):
            connection.sync()
    assert len(api.calls) == 1


def test_f4_the_children_of_one_parent_start_over_by_themselves() -> None:
    stale = ["/items/r0001/parts"]

    def answer(call: Call) -> Any:
        if call.path == "/items":
            return {"items": records(3)}
        if call.query.get("cursor") == "c" and call.path in stale:
            stale.clear()
            return Reply({}, 409)
        return {"items": records(2, 2 * ("cursor" in call.query)), "next_cursor": None if "cursor" in call.query else "c"}

    children = items(
        name="parts",
        path="/items/{parent.id}/parts",
        primary_key=["item", "id"],
        parent=Parent("case_items", {"item": "id"}),
        columns={"id": "STRING", "item": "STRING"},
        errors=[start_over(status=409)],
    )
    with serving(answer) as api:
        connection = connect(api, items(), children, paginator={"case_items": SinglePage(), "parts": CursorPaginator()})
        connection.sync()
    assert len(connection.ids("parts", "item")) == 12
    assert [call.path for call in api.calls].count("/items/r0001/parts") == 4
    assert [call.path for call in api.calls].count("/items/r0002/parts") == 2


# F4: empty


def test_f4_an_answer_that_means_no_records_is_an_empty_page() -> None:
    nothing = Reply({"error": {"code": "NO_DATA"}}, 404)
    rule = empty(status=404, content=("error.code", "NO_DATA"))
    for paginator in (PageNumberPaginator(stop=[empty_page()]), CursorPaginator(), NextLinkPaginator("next"), SinglePage()):
        with serving(lambda _: nothing) as api:
            connection = connect(api, items(errors=[rule]), paginator=paginator)
            connection.sync()
        assert connection.ids() == []
        assert len(api.calls) == 1


def test_f4_behind_an_empty_page_the_feed_may_go_on() -> None:
    """As the paginator has it: here the cursor stands in the answer all the same."""

    def answer(call: Call) -> Any:
        if call.number == 1:
            return Reply({"code": "NO_DATA", "next_cursor": "c2"}, 404)
        return {"items": records(5, 5 * call.number), "next_cursor": "c1" if call.number == 0 else None}

    with serving(answer) as api:
        connection = connect(api, items(errors=[empty(status=404, content="code")]), paginator=CursorPaginator())
        connection.sync()
    assert [call.query.get("cursor") for call in api.calls] == [None, "c1", "c2"]
    assert len(connection.ids()) == 10


def test_the_rules_say_what_they_do() -> None:
    rules = (renew(status=403, content="code"), start_over(status=[409, 412]), empty(status=404), retry(status=409))
    assert [str(rule) for rule in rules] == [
        "renew on status 403 and content code",
        "start over on status 409, 412",
        "empty on status 404",
        "retry on status 409",
    ]


# F5


def test_f5_403_with_a_quota_that_is_used_up_is_waited_out() -> None:
    rule = retry(status=403, header=("X-RateLimit-Remaining", "0"))

    def answer(call: Call) -> Any:
        if call.number == 0:
            return Reply({}, 403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"})
        return {"items": records(3)}

    with serving(answer) as api:
        connection = connect(api, items(errors=[rule]), paginator=SinglePage())
        connection.sync()
    assert len(connection.ids()) == 3
    assert connection.waits


# F11: what reaches the dashboard


class EndedError(BaseException):
    """What one version of the SDK raises on its own."""


def run_on_fivetran(
    monkeypatch: pytest.MonkeyPatch, said: Any, *, raises: bool, operations: tuple[str, ...] = ("error", "warning")
) -> tuple[list[tuple[str, str]], BaseException | None]:
    """What a sync tells the SDK, which knows these *operations*, and how it ends."""
    told: list[tuple[str, str]] = []

    def error(message: str) -> None:
        told.append(("error", message))
        if raises:
            raise EndedError(message)

    known = {"error": error, "warning": lambda message: told.append(("warning", message))}
    rows = {name: lambda *_: None for name in ("upsert", "delete", "truncate", "checkpoint")}
    logging = {name: lambda message, name=name: told.append((f"log {name}", message)) for name in ("info", "warning")}
    monkeypatch.setattr(fivetran, "Operations", SimpleNamespace(**rows, **{name: known[name] for name in operations}))
    monkeypatch.setattr(fivetran, "Logging", SimpleNamespace(**logging))
    monkeypatch.setattr(fivetran._Log, "info", staticmethod(logging["info"]))
    monkeypatch.setattr(fivetran._Log, "warning", staticmethod(logging["warning"]))
    made: dict[str, Callable[..., Any]] = {}
    monkeypatch.setattr(fivetran, "Connector", lambda **parts: made.update(parts))
    with serving(said) as api:
        fivetran.connector_for({"case-plugin": plugin_of(items(), paginator=SinglePage()).module})
        try:
            made["update"]({"base_url": api.url}, {})
        except BaseException as caught:  # noqa: BLE001  (whichever it is)
            return told, caught
    return told, None


@pytest.mark.parametrize("raises", [True, False], ids=["op.error raises", "op.error returns"])
def test_f11_op_error_hears_the_message_before_the_error_is_raised(monkeypatch: pytest.MonkeyPatch, raises: bool) -> None:
    told, error = run_on_fivetran(monkeypatch, lambda _: Reply({"error": "no such thing"}, 404), raises=raises)
    [message] = [message for kind, message in told if kind == "error"]
    assert message.startswith("case_items: GET /items: 404")
    assert isinstance(error, EndedError if raises else RequestRejected)
    assert str(error) == message
    assert error.__cause__ is None
    assert error.__context__ is None


def test_f11_an_sdk_without_op_error_gets_the_error_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told, error = run_on_fivetran(monkeypatch, lambda _: Reply({}, 403), raises=False, operations=())
    assert isinstance(error, ConfigurationError)
    assert [kind for kind, _ in told if kind == "error"] == []


def test_f11_op_warning_hears_of_lost_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    told, error = run_on_fivetran(monkeypatch, lambda _: {"items": records(3, price=0.1)}, raises=True)
    assert error is None
    [warning] = [message for kind, message in told if kind == "warning"]
    assert "field price is not declared and may lose digits" in warning
    assert ("log warning", warning) in told


# F11e: what nobody foresaw


def full(*_: object, **__: object) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def no_folder(*_: object, **__: object) -> Any:
    raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")


def no_memory(*_: object, **__: object) -> Any:
    raise MemoryError


def too_deep(*_: object, **__: object) -> Any:
    raise RecursionError("maximum recursion depth exceeded")


def database_full(*_: object, **__: object) -> Any:
    raise sqlite3.OperationalError("database or disk is full")


def odd(*_: object, **__: object) -> Any:
    raise KeyError("of the eleventh kind")


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (full, "the disk is full, where temporary files go"),
        (no_folder, "no folder for temporary files"),
        (no_memory, "the memory is used up. Set page_size or max_answer_mb lower"),
        (too_deep, "nested too deeply"),
        (database_full, "the disk is full"),
        (odd, r"it failed with KeyError \(test_f_recovery.py, line \d+\): 'of the eleventh kind'. Nobody foresaw that"),
    ],
)
def test_f11e_whatever_goes_wrong_ends_as_one_paragraph(
    monkeypatch: pytest.MonkeyPatch, fails: Callable[..., Any], words: str
) -> None:
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", fails)
    with serving(lambda _: Reply({"items": records(3)}, headers={"Set-Cookie": "session=5e55104-of-the-crew"})) as api:
        connection = connect(api, items(full_refresh=True), paginator=SinglePage())
        with pytest.raises(InternalError, match=words) as caught:
            connection.sync()
    message = str(caught.value)
    assert message.startswith("case_items: ")
    assert "\n" not in message
    assert message.endswith("goes on from the last checkpoint.")
    nothing_hangs_on(caught.value)


def nothing_hangs_on(error: BaseException) -> None:
    """A crash report shows the variables of the functions that an error came through: none of those that read answers."""
    assert error.__cause__ is None
    assert error.__context__ is None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame.f_code.co_name for frame in frames if "connector_core" in frame.f_code.co_filename]
    assert ours == ["sync"]
    assert "5e55104" not in str([frame.f_locals for frame in frames if "connector_core" in frame.f_code.co_filename])


def test_f11e_nothing_hangs_on_an_interrupt_either() -> None:
    def interrupt(record: dict[str, Any]) -> dict[str, Any]:
        raise KeyboardInterrupt

    with serving(lambda _: Reply({"items": records(3)}, headers={"Set-Cookie": "session=5e55104-of-the-crew"})) as api:
        connection = connect(api, paginator=SinglePage(), transforms=[Transform("interrupt", interrupt)])
        with pytest.raises(KeyboardInterrupt) as caught:
            connection.sync()
    nothing_hangs_on(caught.value)


ODD_STATES: tuple[Any, ...] = (
    *([], [1], "x", 5, None, True, {"tables": 5}, {"tables": {"case_items": [1]}}, {"next_cursor": {"a": [1]}}, {1: 2}),
    *({"next_cursor": 5}, {"cursor": [None]}, {"extra_tables": "x"}, {"tables": {"case_items": {"extra_tables": 7}}}),
    *({"next_cursor": "p" * 100_000}, {"page_cursor": {}, "page_size": []}, {"feeds": 7}, {"feeds": {"case_items": 7}}),
)


@pytest.mark.parametrize("state", ODD_STATES, ids=[str(number) for number in range(len(ODD_STATES))])
def test_f11e_a_state_of_any_shape_ends_well_or_as_one_paragraph(state: Any) -> None:
    def answer(call: Call) -> Any:
        known = call.query.get("cursor") in (None, "p1")
        return {"items": records(10, 10 * ("cursor" in call.query)), "next_cursor": None} if known else Reply({}, 400)

    with serving(answer) as api:
        connection = connect(api, paginator=CURSORS)
        connection.warehouse.state = state
        refused = None
        try:
            connection.sync()
        except ConnectorError as error:
            refused = type(error)
    assert refused is not InternalError
    assert refused or len(connection.ids()) == 10


# F11f: a sync that has failed ends at once


@pytest.mark.parametrize("headers", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"], ids=["no byte", "half a body"])
def test_f11f_requests_that_hang_are_ended_with_the_sync(headers: bytes) -> None:
    """The children of one parent are refused while those of the others hang."""
    hanging = threading.Barrier(4)

    def speak(line: Line) -> bool | None:
        path = line.head.split()[1]
        if path == "/items":
            line.say(http(json.dumps({"items": records(4)}).encode()))
            return None
        hanging.wait(10)
        if "r0000" in path:
            line.say(http(b"{}", status="403 Forbidden"))
            return None
        line.say(headers)
        return line.hang()

    children = items(
        name="parts",
        path="/items/{parent.id}/parts",
        primary_key=["item", "id"],
        parent=Parent("case_items", {"item": "id"}),
        columns={"id": "STRING", "item": "STRING"},
    )
    with saying(speak) as (api, said):
        connection = connect(api, items(), children, paginator=SinglePage())
        with pytest.raises(ConfigurationError, match=r"parts: GET /items/r0000/parts: 403"):
            connection.sync()
        for thread in threading.enumerate():
            if thread.name.startswith("children"):
                thread.join(10)
                assert not thread.is_alive()
    assert said.count(True) == 3  # each connection was closed by us, long before any time-out


# F11g: waiting is not failing


def test_f11g_waiting_is_not_failing() -> None:
    def answer(call: Call) -> Any:
        return Reply({"wait": 30, "status": "running"}, 202) if call.number < 40 else {"items": records(3)}

    with serving(answer) as api:
        connection = connect(api, items(errors=[wait_until(path="wait", status=202)]), paginator=SinglePage())
        log = connection.sync()
    assert len(connection.ids()) == 3
    assert connection.waits == [30.0] * 40
    assert log.warnings == []


def test_f11g_waiting_is_bounded_by_a_stated_time() -> None:
    with serving(lambda _: Reply({"wait": 300}, 202)) as api:
        connection = connect(api, items(errors=[wait_until(path="wait", status=202)]), paginator=SinglePage())
        with pytest.raises(SourceError, match=r"asked to wait for 3600 seconds in all.* no longer than 3600 for one answer"):
            connection.sync()
    assert sum(connection.waits) == 3600


def test_f11g_an_api_that_says_now_and_means_later_is_not_asked_in_a_rush() -> None:
    with serving(lambda _: Reply({"wait": 0}, 202)) as api:
        connection = connect(api, items(errors=[wait_until(path="wait", status=202)]), paginator=SinglePage())
        connection.client = {"retry": Retry(jitter=lambda: 1.0, longest_polled=100.0)}
        with pytest.raises(SourceError, match="asked to wait"):
            connection.sync()
    assert connection.waits == [1.0] * 100


def test_f11g_what_fails_between_two_waits_counts_as_failing() -> None:
    def answer(call: Call) -> Any:
        return Reply({"wait": 5}, 202) if call.number % 2 else Reply({}, 503)

    with serving(answer) as api:
        connection = connect(api, items(errors=[wait_until(path="wait", status=202)]), paginator=SinglePage())
        with pytest.raises(SourceError, match="failed 3 times"):
            connection.sync()
    assert len(api.calls) == 5


# F12


def token_answer(**body: Any) -> Callable[[Call], Any]:
    def answer(call: Call) -> Any:
        if call.path == "/token":
            return {"access_token": "the-token-of-the-crew", "expires_in": 3600, **body}
        return {"items": records(3)}

    return answer


@pytest.mark.parametrize("said", ["BearerToken", "bearertoken", "Bearer", "bearer", None])
def test_f12_what_the_api_calls_a_bearer_token_is_a_setting(said: str | None) -> None:
    with serving(token_answer(token_type=said)) as api:
        auth = OAuth2ClientCredentials(token_url="/token", token_type="BearerToken")
        connection = connect(api, paginator=SinglePage(), auth=auth, configuration=CREDENTIALS)
        connection.sync()
    assert api.calls[-1].headers["authorization"] == "Bearer the-token-of-the-crew"


def test_f12_how_it_is_sent_is_one_too() -> None:
    with serving(token_answer(token_type="access-token")) as api:
        auth = OAuth2ClientCredentials(token_url="/token", token_type="access-token", header="X-Access-Token", prefix="")
        connect(api, paginator=SinglePage(), auth=auth, configuration=CREDENTIALS).sync()
    assert api.calls[-1].headers["x-access-token"] == "the-token-of-the-crew"
    assert "authorization" not in api.calls[-1].headers


def test_f12_another_type_says_what_to_write() -> None:
    with serving(token_answer(token_type="BearerToken")) as api:
        connection = connect(
            api, paginator=SinglePage(), auth=OAuth2ClientCredentials(token_url="/token"), configuration=CREDENTIALS
        )
        with pytest.raises(UnexpectedAnswer, match=r"its type is 'BearerToken', not 'Bearer'.*token_type.*header and prefix"):
            connection.sync()


REFRESH = OAuth2RefreshToken(token_url="/token")
OF_REFRESH = {**CREDENTIALS, "refresh_token": "refresh-number-0"}


class Rotating:
    """Each refresh token is good once; the next comes with the access token."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, call: Call) -> Any:
        if call.path != "/token":
            return {"items": records(3)}
        self.number += 1
        if self.number > 1:  # the configured one was used in the first sync
            return Reply({"error": "invalid_grant", "error_description": "token is inactive"}, 400)
        return {"access_token": "a-token-of-the-crew", "refresh_token": f"refresh-number-{self.number}"}


def test_f12_a_refresh_token_that_rotates_is_told_of_in_words() -> None:
    def sync(connection: Connection) -> list[str]:
        return connection.sync().warnings

    with serving(Rotating()) as api:
        connection = connect(api, paginator=SinglePage(), auth=REFRESH, configuration=OF_REFRESH)
        [warning] = sync(connection)
        assert "a new refresh token in place of the one in the configuration" in warning
        assert "If the API takes each refresh token only once, that will be refused" in warning
        assert "OAuth2ClientCredentials" in warning
        with pytest.raises(ConfigurationError) as caught:
            sync(connection)
    message = str(caught.value)
    assert "400" in message
    assert "The API takes this refresh token no more" in message
    assert "write it into refresh_token" in message
    assert "Fivetran keeps no secret from sync to sync" in message
    assert "refresh-number" not in message + warning


def test_f12_the_same_refresh_token_again_is_no_news() -> None:
    with serving(token_answer(refresh_token="refresh-number-0")) as api:
        assert connect(api, paginator=SinglePage(), auth=REFRESH, configuration=OF_REFRESH).sync().warnings == []


def test_f12_another_refusal_is_about_the_credentials() -> None:
    with serving(lambda _: Reply({"error": "invalid_client"}, 401)) as api:
        connection = connect(api, paginator=SinglePage(), auth=REFRESH, configuration=OF_REFRESH)
        with pytest.raises(ConfigurationError, match="check refresh_token, client_id, client_secret"):
            connection.sync()
