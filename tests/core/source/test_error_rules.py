"""Error rules and rate limits: what becomes of the answers that a table names, and when the next request goes out."""

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
from attrs import define, evolve, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from connector_core import (
    ApiKeyHeader,
    Budget,
    Configuration,
    ConfigurationError,
    CursorPaginator,
    DigestAuth,
    ErrorRule,
    FullRead,
    OffsetPaginator,
    PluginError,
    Request,
    SourceError,
    Table,
    UnexpectedAnswer,
    UpdatedSince,
    Windows,
    fail,
    ignore,
    retry,
    wait_until,
)
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.source.limits import Limits, seconds_to_reset, seconds_until
from connector_core.source.pagination import Page, Paginator
from places import ROOT
from sinks import Answer, Log, Sink
from support import places, plugin

KEY = "canary-7f3a"
REQUEST = Request("/jobs")
NOW = 1_800_000_000.0
TABLE = Table("jobs", "/jobs", "jobs", ("id",), {"id": "LONG"})


def answer(status: int = 200, body: Any = None, /, **headers: str) -> Answer:
    """An answer in JSON; `Retry_After="7"` becomes the header Retry-After."""
    content = json.dumps({"jobs": []} if body is None else body).encode()
    return Answer(status, "Said", {name.replace("_", "-"): value for name, value in headers.items()}, content)


def page(*ids: int, cursor: str | None = None) -> Answer:
    return answer(200, {"jobs": [{"id": each} for each in ids], "next_cursor": cursor, "has_more": cursor is not None})


def table(errors: Sequence[ErrorRule] = (), budget: Budget | None = None) -> Table:
    return evolve(TABLE, errors=errors, budget=budget)


@define
class Time:
    """A clock and a sleep: nothing waits, and each pause moves the clock."""

    at: float = 1000.0
    pauses: list[float] = field(factory=list)
    lock: Any = field(factory=threading.Lock)

    def clock(self) -> float:
        return self.at

    def now(self) -> float:
        return NOW + self.at - 1000

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.pauses.append(seconds)
            self.at += seconds


@frozen
class Api:
    """A server that says what it was told to, one answer after the other, the last for ever; `asked` has the paths."""

    url: str
    asked: list[str]
    time: Time
    log: Log = field(factory=Log)

    def client(self, auth: Any = None, attempts: int = 6) -> Client:
        auth = auth or ApiKeyHeader("api_key")(Configuration({"api_key": KEY}, frozenset({"api_key"})))
        return Client(
            self.url,
            auth,
            self.log,
            secrets=(KEY,),
            retry=Retry(attempts=attempts, jitter=lambda: 1.0),
            sleep=self.time.sleep,
            clock=self.time.clock,
            now=self.time.now,
        )

    def fetch(self, *errors: ErrorRule, budget: Budget | None = None, times: int = 1, attempts: int = 6) -> Page:
        with self.client(attempts=attempts) as client:
            for _ in range(times):
                fetched = client.fetch(table(errors, budget), REQUEST)
        return fetched


@contextmanager
def serving(*answers: Answer | Callable[[BaseHTTPRequestHandler], Answer]) -> Iterator[Api]:
    """A server on a port of its own that gives *answers* in turn."""
    asked: list[str] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                said = answers[min(len(asked), len(answers) - 1)]
                asked.append(self.path)
            if not isinstance(said, Answer):
                said = said(self)
            self.send_response(said.status, said.reason)
            body = b"" if said.status == 204 else said.body
            for name, value in {"Content-Length": str(len(body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield Api(f"http://127.0.0.1:{server.server_address[1]}", asked, Time())
        finally:
            server.shutdown()
            thread.join()


# The rules


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (retry(status=409), answer(409)),
        (retry(status=[423, 409]), answer(409)),
        (retry(status=401), answer(401)),
        (retry(header="X-Busy"), answer(418, X_Busy="yes")),
        (retry(status=200, header=("x-state", "warming up")), answer(200, X_State="warming up")),
        (retry(content="error"), answer(200, {"error": "busy", "jobs": []})),
        (retry(content=("error.code", "BUSY")), answer(200, {"error": {"code": "BUSY"}})),
        (retry(content=("success", False)), answer(200, {"success": False})),
        (retry(status=200, header=("Content-Type", "text/html")), evolve(answer(Content_Type="text/html"), body=b"<p>Soon")),
    ],
    ids=str,
)
def test_retry(rule: ErrorRule, said: Answer) -> None:
    with serving(said, said, page(1)) as api:
        assert api.fetch(rule).records == [{"id": 1}]
    assert api.time.pauses == [1.0, 2.0]
    assert "Try 2 of 6 in 1.0 s" in api.log.warnings[0]


def test_retry_keeps_to_retry_after_and_gives_up_like_any_other() -> None:
    with serving(answer(409, Retry_After="7")) as api, pytest.raises(SourceError, match=r"409 Said.*failed 2 times in a row"):
        api.fetch(retry(status=409), attempts=2)
    assert api.time.pauses == [7.0]


@pytest.mark.parametrize("configuration", [True, False])
def test_fail(configuration: bool) -> None:
    body = {"error": f"no {KEY}"}
    rule = fail(status=503, hint="Renew the plan.", configuration=configuration)
    with serving(answer(503, body)) as api, pytest.raises(Exception, match="Renew") as caught:
        api.fetch(rule)
    assert type(caught.value) is (ConfigurationError if configuration else UnexpectedAnswer)
    assert str(caught.value) == 'jobs: GET /jobs: 503 Said: {"error": "no ***"}. Renew the plan.'
    assert api.time.pauses == []


@pytest.mark.parametrize("status", [404, 204, 200, 500])
def test_ignore_ends_the_feed_and_says_so_once(status: int) -> None:
    rule = ignore(status=status, content=None if status == 204 else ("error", "no data yet"))
    with serving(answer(status, {"error": "no data yet", "key": KEY})) as api:
        ignored = api.fetch(rule, times=3)
    assert (ignored.records, ignored.ended) == ([], True)
    (line,) = api.log.lines
    assert line.startswith(f"info: jobs: GET /jobs: {status} Said")
    assert line.endswith("it counts as an empty page, and ends the feed.")
    assert KEY not in line


moment = datetime.fromtimestamp(NOW + 30, UTC)


@pytest.mark.parametrize(
    "until",
    [
        "30",
        "30.0",
        str(int(NOW + 30)),
        str(int(NOW + 30) * 1000),
        moment.isoformat(),
        moment.isoformat().replace("+00:00", "Z"),
        moment.replace(tzinfo=None).isoformat(),
        format_datetime(moment, usegmt=True),
    ],
)
def test_wait_until(until: str) -> None:
    said = answer(403, {"error": {"at": until}}, X_Reset=until)
    for rule in (wait_until(header="x-reset", status=403), wait_until(path="error.at", content="error")):
        with serving(said, page(1)) as api:
            assert api.fetch(rule).records == [{"id": 1}]
        assert api.time.pauses == [30.0]


def test_wait_until_takes_a_number_of_the_json() -> None:
    with serving(answer(200, {"wait": 12.5}), page(1)) as api:
        api.fetch(wait_until(path="wait", content="wait"))
    assert api.time.pauses == [12.5]


@pytest.mark.parametrize("until", ["soon", "nan", "inf", "1e400", "99999999999999999", "", None])
def test_wait_until_nobody_knows_when(until: str | None) -> None:
    said = answer(403) if until is None else answer(403, X_Reset=until)
    with serving(said) as api, pytest.raises(UnexpectedAnswer, match=r"header X-Reset does not say until when.*error rule"):
        api.fetch(wait_until(header="X-Reset", status=403))


@pytest.mark.parametrize("until", ["601", str(int(NOW + 601)), "2099-01-01"])
def test_wait_until_no_longer_than_retry_after(until: str) -> None:
    with serving(answer(403, X_Reset=until)) as api, pytest.raises(SourceError, match="longer than a sync waits"):
        api.fetch(wait_until(header="X-Reset", status=403))
    assert api.time.pauses == []


def test_the_first_rule_that_fits_decides_and_the_rest_is_as_ever() -> None:
    rules = [ignore(status=404, content=("code", 7)), fail(status=404, hint="Mend it."), retry(status=409)]
    with serving(answer(404, {"code": 7})) as api:
        assert api.fetch(*rules).ended
    with serving(answer(404, {"code": 8})) as api, pytest.raises(UnexpectedAnswer, match=r"Mend it\.$"):
        api.fetch(*rules)
    with serving(answer(400)) as api, pytest.raises(UnexpectedAnswer, match="check the settings"):
        api.fetch(*rules)
    with serving(page(1)) as api:
        assert not api.fetch(*rules).ended


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<p>error</p>", b'{"error": null, "jobs": []}', b'{"error": NaN}'])
def test_a_body_that_has_no_such_content_fits_no_rule(body: bytes) -> None:
    rule = retry(content="error")
    assert not rule.matches(200, {}, lambda _: None)
    with serving(evolve(answer(400), body=body)) as api, pytest.raises(UnexpectedAnswer, match="refuses the request"):
        api.fetch(rule)


def test_true_is_not_1() -> None:
    assert not retry(content=("ok", 1)).matches(200, {}, lambda _: True)
    assert not retry(content=("ok", False)).matches(200, {}, lambda _: 0)
    assert retry(content=("ok", 1)).matches(200, {}, lambda _: 1.0)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: retry(), "retry: it does not say which answers"),
        (lambda: retry(status="409"), "retry: status is '409'. Write a number from 200 to 599"),  # type: ignore[arg-type]
        (lambda: retry(status=[409, 99]), "retry: status is 99."),
        (lambda: retry(status=True), "retry: status is True."),
        (lambda: ignore(status=200), "ignore: it is for every answer with status 200, so for every page"),
        (lambda: ignore(header=("X",)), "ignore: header is ('X',). Write a name, or a name and its value"),  # type: ignore[arg-type]
        (lambda: ignore(header=("X-Left", 0)), "ignore: header is ('X-Left', 0)."),
        (lambda: ignore(content=("error", {"a": 1})), "ignore: content is ('error', {'a': 1})."),
        (lambda: ignore(content=""), "ignore: content is ('', None)."),
        (lambda: fail(status=402, hint=" "), "fail: it has no hint."),
        (lambda: wait_until(status=403), "wait_until: it has to name one place"),
        (lambda: wait_until(header="X", path="y", status=403), "wait_until: it has to name one place"),
        (lambda: wait_until(header="X-Reset"), "wait_until: it does not say which answers"),
        (lambda: ErrorRule("skip", 404), "An error rule has the action 'skip'. Write one of retry, fail"),  # type: ignore[arg-type]
        (lambda: Budget(0), "Budget: requests is 0. Write a whole number"),
        (lambda: Budget(1.5), "Budget: requests is 1.5."),  # type: ignore[arg-type]
        (lambda: Budget(True), "Budget: requests is True."),
        (lambda: Budget(5, 0), "Budget: seconds is 0. Write a number above 0"),
        (lambda: Budget(5, float("inf")), "Budget: seconds is inf."),
        (lambda: Budget(5, "60"), "Budget: seconds is '60'."),  # type: ignore[arg-type]
        (
            lambda: evolve(TABLE, **dict[str, Any](errors=ignore(status=404))),
            "Table jobs: errors must be a list of error rules, not ignore on status",
        ),
        (
            lambda: evolve(TABLE, **dict[str, Any](errors="404")),
            "Table jobs: errors must be a list of error rules, not '404'. Write errors=[",
        ),
        (lambda: evolve(TABLE, **dict[str, Any](errors=None)), "Table jobs: errors must be a list of error rules, not None."),
        (
            lambda: evolve(TABLE, **dict[str, Any](errors=[ignore])),
            "Table jobs: errors has ignore in it. Each entry has to be an error rule",
        ),
        (lambda: evolve(TABLE, **dict[str, Any](budget=10)), "Table jobs: budget is 10. Write Budget(requests=100, seconds=60)."),
    ],
)
def test_what_cannot_be_used(made: Callable[[], object], words: str) -> None:
    with pytest.raises(PluginError) as caught:
        made()
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_a_table_with_rules_stays_a_value() -> None:
    rules = [ignore(status=404)]
    table = evolve(TABLE, errors=rules)
    rules.clear()
    assert table.errors == (ignore(status=[404]),)
    assert evolve(TABLE, budget=Budget(5)) == evolve(TABLE, budget=Budget(5, 1))


# In a sync


def synced(api: Api, table: Table, paginator: Paginator, state: Mapping[str, Any] | None = None) -> Sink:
    sink = Sink({"jobs": ["id"]})
    configuration = {"api_key": KEY, "base_url": api.url, "page_size": "2"}
    engine = Engine(lambda *_: api.client())
    sync(assemble([plugin(table, paginator=paginator)]), configuration, state or {}, sink, api.log, engine)
    return sink


def test_a_sync_ends_well_where_a_rule_ends_the_feed() -> None:
    table = evolve(TABLE, errors=[ignore(status=404)])
    with serving(page(1, 2, cursor="c1"), answer(404), page(3)) as api:
        paginator = CursorPaginator(incremental=True)
        sink = synced(api, table, paginator)
        assert sorted(sink.rows["jobs"]) == [(1,), (2,)]
        assert places(sink.states[-1]) == {"next_cursor": "c1"}
        assert sorted(synced(api, table, paginator, sink.states[-1]).rows["jobs"]) == [(3,)]
    assert "cursor=c1" in api.asked[2]


@pytest.mark.parametrize("nested", [False, True])
def test_a_window_without_data_is_not_the_end(nested: bool) -> None:
    windows: Paginator = Windows("from", "to", start=1, step=10, pages=OffsetPaginator(), empty=2)
    windows = FullRead(windows) if nested else windows
    table = evolve(TABLE, errors=[ignore(status=404)])
    with serving(answer(404), page(11, 12), answer(404), answer(404)) as api:
        sink = synced(api, table, windows)
    assert sorted(sink.rows["jobs"]) == [(11,), (12,)]
    assert [re.findall(r"from=(\d+)", path) for path in api.asked] == [["1"], ["11"], ["11"], ["21"], ["31"]]
    assert sum("ignores" in line for line in api.log.lines) == 1


def test_updated_since_rests_where_it_was() -> None:
    since = UpdatedSince("since", newest="at", pages=CursorPaginator())
    table = evolve(TABLE, errors=[ignore(status=404)])
    with serving(answer(404)) as api:
        sink = synced(api, table, since, {"jobs": {"since": 7}, "version": 1})
    assert sink.rows == {}
    assert len(api.asked) == 1


def test_a_sync_shows_no_secret_of_a_rule_that_fails() -> None:
    table = evolve(TABLE, errors=[fail(content="error", hint="Mend it.")])
    with serving(answer(200, {"error": f"{KEY} is locked"})) as api, pytest.raises(UnexpectedAnswer) as caught:
        synced(api, table, CursorPaginator())
    assert KEY not in str(caught.value) + str(api.log.lines)
    assert "*** is locked" in str(caught.value)


# Rate limits that the API announces


@pytest.mark.parametrize(
    "headers",
    [
        {"RateLimit": '"default";r=0;t=30'},
        {"RateLimit": "default;r=0;t=30"},
        {"RateLimit": '"minute, burst;r=5";r=0;t=30, "day";r=900;t=8000'},
        {"RateLimit": '"second";r=0;t=1, "minute";r=0;t=30'},
        {"RateLimit_Remaining": "0", "RateLimit_Reset": "30"},
        {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "30"},
        {"x_ratelimit_remaining": " 0 ", "x_ratelimit_reset": str(int(NOW + 30))},
        {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(int(NOW + 30) * 1000)},
        {"X_RateLimit_Remaining": "0.0", "X_RateLimit_Reset": moment.isoformat()},
    ],
)
def test_the_next_request_waits_until_there_is_quota(headers: dict[str, str]) -> None:
    with serving(answer(**headers), page(1), page(2)) as api:
        api.fetch(times=3)
    assert api.time.pauses == [30.0]
    assert api.log.lines == ["info: jobs: GET /jobs: The API's quota is used up. Going on in 30.0 s."]


@pytest.mark.parametrize(
    "headers",
    [
        {"RateLimit": '"default";r=1;t=30'},
        {"RateLimit": '"default";r=0'},
        {"RateLimit": '"r=0;t=30"'},
        {"RateLimit": ""},
        {"RateLimit_Remaining": "0"},
        {"X_RateLimit_Remaining": "1", "X_RateLimit_Reset": "30"},
        {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "soon"},
        {"X_RateLimit_Remaining": "none", "X_RateLimit_Reset": "30"},
        {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(int(NOW - 30))},
    ],
)
def test_what_leaves_quota_or_says_nothing_does_not_wait(headers: dict[str, str]) -> None:
    with serving(answer(**headers)) as api:
        api.fetch(times=3)
    assert api.time.pauses == []


def test_a_quota_that_comes_back_too_late_is_loud_and_only_when_it_is_needed() -> None:
    with serving(answer(X_RateLimit_Remaining="0", X_RateLimit_Reset="3000")) as api:
        api.fetch()
        with pytest.raises(SourceError) as caught:
            api.fetch(times=2)
    assert str(caught.value) == (
        "jobs: GET /jobs: The API's quota is used up, and the next request is due in 3000 seconds, "
        "longer than a sync waits (600). "
        "Sync less often, or ask the API's owner for a higher limit; the next sync goes on from the last checkpoint."
    )
    assert api.time.pauses == []
    assert len(api.asked) == 2


def test_retry_after_counts_alone_and_a_refusal_without_it_waits_for_the_quota() -> None:
    used_up = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "30"}
    with serving(answer(429, Retry_After="7", **used_up), page(1)) as api:
        api.fetch()
    assert api.time.pauses == [7.0]
    with serving(answer(429, **used_up), page(1)) as api:
        api.fetch()
    assert api.time.pauses == [1.0, 29.0]


def test_a_quota_that_goes_while_a_request_waits_is_waited_for_as_well() -> None:
    time = Time()
    limits = Limits(time.clock, time.now)
    budget = Budget(1, 10)
    assert limits.take(budget, 600).wait == 0
    assert limits.take(budget, 600).wait == 10
    limits.heard({"RateLimit": "x;r=0;t=30"})
    time.sleep(10)
    assert limits.left().wait == 20
    time.sleep(20)
    assert limits.left().wait == 0


@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans(), st.floats(0, 1e10))
def test_seconds_until_never_fails(value: Any, now: float) -> None:
    seconds = seconds_until(value, now)
    assert seconds is None or 0 <= seconds < 1e14


@given(st.dictionaries(st.sampled_from(["RateLimit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]), st.text(';=,"rt01 ')))
def test_headers_of_any_kind_do_no_harm(headers: dict[str, str]) -> None:
    seconds = seconds_to_reset(headers, NOW)
    assert seconds is None or seconds >= 0


# Budgets


@pytest.mark.parametrize(("requests", "seconds"), [(1, 10.0), (3, 1.0), (2, 0.5)])
def test_a_budget_is_kept(requests: int, seconds: float) -> None:
    with serving(page(1)) as api:
        api.fetch(budget=Budget(requests, seconds), times=2 * requests + 1)
    assert api.time.pauses == [seconds] * 2
    named = ["info: jobs: GET /jobs: The plugin's budget of 1 request in 10 s is used up. Going on in 10.0 s."] * 2
    assert api.log.lines == (named if seconds > 5 else [])


def test_retries_count_and_time_that_passes_counts() -> None:
    with serving(answer(503), page(1)) as api:
        api.fetch(budget=Budget(1, 3), times=2)
    assert api.time.pauses == [1.0, 2.0, 3.0]


def test_a_budget_that_no_sync_can_wait_for_is_loud() -> None:
    with serving(page(1)) as api, pytest.raises(SourceError, match=r"budget of 1 request in 86400 s is used up.*86400 seconds"):
        api.fetch(budget=Budget(1, 86400), times=2)
    assert len(api.asked) == 1


def test_threads_share_a_budget() -> None:
    time = Time()
    limits = Limits(time.clock, time.now)
    budget = Budget(5, 10)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            slots = sorted(pool.map(lambda _: limits.take(Budget(5, 10), 1e9).wait, range(200)))
    finally:
        sys.setswitchinterval(before)
    assert slots == [10.0 * (number // 5) for number in range(200)]
    assert limits.take(budget, 1e9).wait == 400
    assert limits.take(Budget(5, 11), 1e9).wait == 0


def test_threads_of_one_client_share_a_budget_over_http() -> None:
    sent: list[float] = []
    real = threading.Event()

    def heard(_: BaseHTTPRequestHandler) -> Answer:
        sent.append(datetime.now(UTC).timestamp())
        return page(1)

    with serving(heard) as api:
        client = Client(api.url, ApiKeyHeader("api_key")(Configuration({"api_key": KEY})), api.log, sleep=real.wait)
        with client, ThreadPoolExecutor(4) as pool:
            fetches = [pool.submit(client.fetch, table(budget=Budget(2, 0.2)), REQUEST) for _ in range(8)]
            assert all(each.result().records for each in fetches)
    assert max(sent) - min(sent) > 0.3


def test_a_request_that_auth_makes_again_counts() -> None:
    challenge = answer(401, WWW_Authenticate='Digest realm="r", nonce="n", qop="auth"')
    auth = DigestAuth()(Configuration({"username": "crew", "password": KEY}, frozenset({"password"})))
    with serving(challenge, page(1)) as api, api.client(auth) as client:
        client.fetch(table(budget=Budget(2, 10)), REQUEST)
        assert api.time.pauses == []
        client.fetch(table(budget=Budget(2, 10)), REQUEST)
    assert len(api.asked) == 3
    assert api.time.pauses == [10.0]


def test_closing_ends_a_pause_for_the_quota() -> None:
    with serving(answer(RateLimit="x;r=0;t=60")) as api:
        client = Client(api.url, ApiKeyHeader("api_key")(Configuration({"api_key": KEY})), api.log)
        with ThreadPoolExecutor(1) as pool:
            client.fetch(table(), REQUEST)
            result = pool.submit(client.fetch, table(), REQUEST)
            for _ in range(500):
                if not api.log.lines:
                    threading.Event().wait(0.01)
            client.close()
            assert isinstance(result.exception(5), SourceError)
    assert len(api.asked) == 1


# docs/sources.md

SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
SECTION = SOURCES.partition("\n## Error rules and rate limits\n")[2].partition("\n## ")[0]
EXAMPLES: Sequence[str] = re.findall(r"^```python\n(.*?)^```$", SECTION, re.M | re.S)


def tables_of(example: str) -> tuple[Table, ...]:
    module = ModuleType("connector_crew")
    exec(compile(example, "sources.md", "exec"), module.__dict__)  # noqa: S102  (our own page)
    return tuple(plan.table for plan in assemble([Plugin("connector-crew", module)]).tables)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page_assemble(example: str) -> None:
    (table,) = tables_of(example)
    assert table.errors or table.budget
    said = [
        (answer(409), "retry"),
        (answer(402), "fail"),
        (answer(404), "ignore"),
        (answer(412), "start_over"),
        (answer(403, X_Reset="3"), "wait_until"),
        (answer(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="3"), "retry"),
    ]
    fitting = [
        rule.action
        for each, action in said
        for rule in table.errors
        if rule.matches(each.status, each.headers, lambda _: None) and rule.action == action
    ]
    assert fitting or table.budget


def test_the_page_has_an_example_of_each_kind() -> None:
    kinds = ("retry(", "fail(", "ignore(", "empty(", "renew(", "start_over(", "wait_until(", "Budget(")
    assert [kind for kind in kinds if not any(kind in example for example in EXAMPLES)] == []
