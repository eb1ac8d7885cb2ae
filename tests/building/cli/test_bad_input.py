"""Bad input, through a real HTTP server and the real sync: a loud message without the key, and right rows the next time."""

import json
import logging
import socket
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from attrs import Factory, define, field

import connector_fts
from connector_build.api.faults import Fault
from connector_build.api.simulation import Simulation
from connector_core import (
    ApiKeyHeader,
    Configuration,
    ConfigurationError,
    ConnectorError,
    DeliveryError,
    DerivedField,
    PluginError,
    Request,
    SourceError,
    Transform,
    UnexpectedAnswer,
    hookimpl,
)
from connector_core.basics.errors import CircularFeed, RequestRejected
from connector_core.basics.operations import Log as LogProtocol
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.paging.cursor import CursorPaginator
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.pagination import Page
from connector_core.source.values import in_form
from simulated import simulated
from sinks import Answer, Log, Sink, accept, recorder

KEY = "canary-7f3a"
TRIES = 6
FTS = Plugin("connector-fts", connector_fts, "0.1.0")
TABLE = simulated("fts", 12)
DROP: Any = object()


@define
class Api:
    """A sample API of 12 records, a connection to it, and a destination that outlives its syncs."""

    server: Simulation
    caplog: pytest.LogCaptureFixture
    plugins: Sequence[Plugin] = (FTS,)
    log: Log = Factory(Log)
    waits: list[float] = Factory(list)
    sink: Sink = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sink = Sink({table["table"]: table["primary_key"] for table in assemble([FTS]).schema})

    def engine(self) -> Engine:
        def client(assembly: Assembly, configuration: Configuration, log: LogProtocol) -> Client:
            auth, secrets = assembly.auth(configuration), configuration.secrets
            retry = Retry(attempts=TRIES, jitter=lambda: 1.0)
            return Client(configuration["base_url"], auth, log, secrets=secrets, retry=retry, sleep=self.waits.append)

        return Engine(client, checkpoints=CheckpointPolicy(records=5))

    def sync(self, **changes: Any) -> None:
        """One sync from the last checkpoint, with some configuration values changed (DROP: not given)."""
        given = {"api_key": KEY, "base_url": self.server.url, "page_size": "5", **changes}
        configuration = {name: value for name, value in given.items() if value is not DROP}
        state = json.loads(json.dumps(self.sink.states[-1])) if self.sink.states else {}
        sync(assemble(self.plugins), configuration, state, self.sink, self.log, self.engine())

    def fails(self, kind: type[ConnectorError], *words: str, **changes: Any) -> str:
        """The message of a sync that has to end with exactly this error, with these words in it and the key nowhere."""
        with pytest.raises(ConnectorError) as caught:
            self.sync(**changes)
        message = str(caught.value)
        assert type(caught.value) is kind, message
        for word in words:
            assert word in message
        assert "\n" not in message
        self.keeps_the_key("".join(traceback.format_exception(caught.value)))
        return message

    def keeps_the_key(self, *texts: str) -> None:
        everything = [*texts, *self.log.lines, self.caplog.text, json.dumps(self.sink.states)]
        assert not [text for text in everything if KEY in text]

    def recovers(self, **changes: Any) -> None:
        """The next sync, with an API that behaves, brings the rows."""
        self.server.faults.clear()
        self.sync(**changes)
        self.has_the_rows()
        self.keeps_the_key()

    def has_the_rows(self) -> None:
        columns = connector_fts.RECORDS.declared
        expected = {(record["record_id"],): in_form(columns, record) for record in self.server.feed("fts").records()}
        assert self.sink.rows["fts_records"] == expected

    def answers(self, body: object, *, times: int | None = None, every: int = 1, **answer: Any) -> None:
        """Have data requests answered with *body* (as JSON unless it is bytes)."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.server.faults.add(Fault("status", body=content, times=times, every=every, **answer))


@pytest.fixture
def api(caplog: pytest.LogCaptureFixture) -> Iterator[Api]:
    caplog.set_level(logging.DEBUG)
    with Simulation([TABLE], secret=KEY) as server:
        yield Api(server, caplog)


def page(records: Sequence[object], **more: object) -> dict[str, object]:
    return {"fts_records": list(records), "next_cursor": None, "has_more": False, **more}


def record(**changes: object) -> dict[str, object]:
    whole = {"record_id": "r1", "failure_rate": 0.5, **changes}
    return {name: value for name, value in whole.items() if value is not DROP}


# The configuration


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"api_key": DROP}, ["api_key is missing"], id="no key"),
        pytest.param({"api_key": ""}, ["api_key is empty"], id="empty key"),
        pytest.param({"api_key": " \t"}, ["api_key is empty"], id="blank key"),
        pytest.param({"api_key": "<your api_key>"}, ["api_key", "placeholder"], id="placeholder"),
        pytest.param({"api_key": f"{KEY}\nX-Admin: yes"}, ["api_key", "line break"], id="line break in the key"),
        pytest.param({"api_key": f"{KEY}é"}, ["api_key", "ASCII"], id="letter beyond ASCII in the key"),
        pytest.param({"api_key": [KEY]}, ["api_key is list", "text", "in quotes"], id="key that is a list"),
        pytest.param({"page_size": "0"}, ["page_size is 0", "from 1 to 200"], id="page_size 0"),
        pytest.param({"page_size": "201"}, ["page_size is 201", "from 1 to 200"], id="page_size 201"),
        pytest.param({"page_size": "abc"}, ["page_size is 'abc'", "whole number from 1 to 200"], id="page_size abc"),
        pytest.param({"page_size": "1.5"}, ["page_size is '1.5'", "whole number"], id="page_size 1.5"),
        pytest.param({"page_size": 100}, ["page_size is int", "text", "in quotes"], id="page_size that is a number"),
        pytest.param({"base_url": None, "page_size": True}, ["page_size is bool"], id="page_size that is a boolean"),
        pytest.param({"base_url": "api.example.com"}, ["base_url is 'api.example.com'", "https://"], id="no scheme"),
        pytest.param({"base_url": "ftp://example.com"}, ["base_url", "https://"], id="another scheme"),
        pytest.param({"base_url": "https://"}, ["base_url", "host"], id="no host"),
        pytest.param({"base_url": "https://[::1"}, ["base_url", "https://host"], id="unreadable address"),
        pytest.param({"base_url": "https://h:99999"}, ["base_url", "https://host"], id="unreadable port"),
        pytest.param({"base_url": "https://exa mple.com"}, ["base_url", "https://"], id="space in the host"),
        pytest.param({"base_url": "https://exa\nmple.com"}, ["base_url", "https://"], id="line break in the host"),
        pytest.param({"base_url": "http://api.example.com"}, ["base_url is plain http", "https://"], id="plain http"),
        pytest.param({"base_url": f"https://me:{KEY}@example.com"}, ["base_url", "user name or a password"], id="password"),
        pytest.param({"base_url": f"https://{KEY}@example.com"}, ["base_url", "user name or a password"], id="user name"),
        pytest.param({"base_url": f"https://example.com?api_key={KEY}"}, ["base_url", "? or a #"], id="query"),
    ],
)
def test_a_wrong_configuration_is_refused_before_anything_is_asked(api: Api, changes: dict[str, Any], words: list[str]) -> None:
    api.fails(ConfigurationError, "Correct it and sync again", *words, **changes)
    assert api.server.requests == []
    assert api.sink.states == []
    api.recovers()


def test_everything_that_is_wrong_stands_in_one_message(api: Api) -> None:
    words = ["api_key is missing", "page_size is '0x10'", "base_url is plain http"]
    message = api.fails(ConfigurationError, *words, api_key=DROP, page_size="0x10", base_url="http://example.com")
    assert message.count("; ") >= 2


def test_a_misspelt_setting_is_remarked_on_and_its_value_not_shown(api: Api) -> None:
    api.sync(apikey=KEY)
    assert api.log.warnings == [
        "Configuration: apikey is not a setting of this connector (did you mean api_key?) and is ignored."
    ]
    api.recovers()


def test_an_absurd_page_size_does_not_flood_the_message(api: Api) -> None:
    assert len(api.fails(ConfigurationError, "page_size", page_size="9" * 4000)) < 400


# Refusals


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, ConfigurationError, ["401", "does not accept the key", "check the key"]),
        (403, ConfigurationError, ["403", "ask the API's owner for access"]),
        (404, RequestRejected, ["404", "check base_url"]),
        (400, RequestRejected, ["400", "check the settings"]),
        (422, RequestRejected, ["422", "check the settings"]),
        (304, UnexpectedAnswer, ["304", "200 was expected", "base_url"]),
    ],
)
@pytest.mark.parametrize("at", [1, 2])
def test_a_refusal_fails_at_once(api: Api, status: int, kind: type[ConnectorError], words: list[str], at: int) -> None:
    api.server.faults.add(Fault("status", status=status, every=at))
    api.fails(kind, "fts_records", "GET /fts_data?page_size=5", *words)
    assert len(api.server.requests) == at
    assert api.waits == []
    api.recovers()


def test_the_reason_of_a_refusal_is_shown(api: Api) -> None:
    api.answers({"error": "page_size is even on Tuesdays"}, status=400)
    api.fails(RequestRejected, "fts_records", "page_size is even on Tuesdays")
    api.recovers()


def test_a_wrong_key_is_refused_and_not_shown(api: Api) -> None:
    api.fails(ConfigurationError, "fts_records", "401", "wrong api_key", "check the key", api_key=f"{KEY}-old")
    api.recovers()


def test_a_reason_of_many_lines_cannot_forge_a_log_line(api: Api) -> None:
    api.answers(b"no\r\n2026-01-01 INFO all is well\x1b[2J\x00" + "\u2028\u202eé".encode() + b"!" * 5000, status=500)
    message = api.fails(SourceError, "no 2026-01-01 INFO all is well")
    assert message.isascii()
    assert message.isprintable()
    assert len(message) < 600
    assert all(line.isprintable() for line in api.log.lines)


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_not_followed(api: Api, status: int) -> None:
    with recorder(Answer(body=json.dumps(page([])).encode())) as other:
        api.answers({}, status=status, headers={"Location": f"{other.url}/fts_data"})
        api.fails(UnexpectedAnswer, "fts_records", "GET /fts_data", "redirects to", other.url, "set base_url")
    assert other.heard == []
    api.recovers()


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("//{other}/fts_data", id="without a scheme"),
        pytest.param("http://{own}@{other}/fts_data", id="our address as user name"),
        pytest.param("http://{other}\\@{own}/fts_data", id="two readings: backslash before our address"),
        pytest.param("http://{own}\\@{other}/fts_data", id="two readings: backslash behind our address"),
        pytest.param("http://{other}#@{own}/fts_data", id="our address in the fragment"),
        pytest.param("http://{other}?@{own}/fts_data", id="our address in the query"),
        pytest.param("HTTP://{other}", id="capitals"),
        pytest.param("https://{own}/fts_data", id="another scheme"),
        pytest.param("http://localhost:{port}/fts_data", id="another name of this host"),
    ],
)
def test_the_key_reaches_no_other_origin_however_the_redirect_is_written(api: Api, location: str) -> None:
    with recorder(Answer(body=json.dumps(page([])).encode())) as other, recorder(Answer(302)) as moved:
        own, elsewhere = f"127.0.0.1:{moved.port}", f"127.0.0.1:{other.port}"
        moved.answer.headers["Location"] = location.format(own=own, other=elsewhere, port=moved.port)
        api.fails(UnexpectedAnswer, "fts_records", "GET /fts_data", "redirect", base_url=moved.url)
    assert other.heard == []
    api.recovers()


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://", "mailto:a@b"])
def test_a_redirect_to_no_address_at_all(api: Api, location: str) -> None:
    with recorder(Answer(302, headers={"Location": location})) as moved:
        api.fails(UnexpectedAnswer, "fts_records", "GET /fts_data", "redirect", "base_url", base_url=moved.url)
    assert api.waits == []
    api.recovers()


def test_a_redirect_within_the_origin_is_followed_with_the_key(api: Api) -> None:
    api.answers({}, status=307, headers={"Location": "/fts_data?page_size=7"}, times=1)
    api.sync()
    asked = api.server.requests
    assert [(seen.path, dict(seen.params)) for seen in asked[:2]] == [
        ("/fts_data", {"page_size": "5"}),
        ("/fts_data", {"page_size": "7"}),
    ]
    assert [seen.headers["api_key"] for seen in asked] == [KEY] * len(asked)
    api.recovers()


def test_redirects_without_end(api: Api) -> None:
    api.answers({}, status=302, headers={"Location": "/fts_data"})
    api.fails(UnexpectedAnswer, "fts_records", "GET /fts_data", "redirected 5 times", "base_url")
    assert len(api.server.requests) == 5
    api.recovers()


# Answers that are not what the plugin describes


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param([1, 2], ["a JSON list, not an object", "base_url"], id="a list"),
        pytest.param("text", ["a JSON text, not an object", "base_url"], id="a text"),
        pytest.param(None, ["a JSON null, not an object", "base_url"], id="null"),
        pytest.param({}, ["no 'fts_records'", "no key at all", "base_url"], id="an empty object"),
        pytest.param({"data": []}, ["no 'fts_records'", "only data", "base_url"], id="records missing"),
        pytest.param(page([]) | {"fts_records": {}}, ["'fts_records' is a JSON object, not a list"], id="records an object"),
        pytest.param(page([]) | {"fts_records": None}, ["'fts_records' is a JSON null, not a list"], id="records null"),
        pytest.param(page([record(), "r2"]), ["record 2 is 'r2', not an object", "plugin"], id="record a text"),
        pytest.param(page([record(), None]), ["record 2 is None, not an object", "plugin"], id="record null"),
        pytest.param(page([record(record_id=DROP)]), ["record 1", "record_id", "is missing", "primary_key"], id="without key"),
        pytest.param(page([record(record_id=None)]), ["record 1", "record_id", "is null", "primary_key"], id="null key"),
        pytest.param(
            page([]) | {"next_cursor": ["c"], "has_more": True},
            ["next_cursor is ['c']", "text, a number or null", "paginator"],
            id="cursor a list",
        ),
        pytest.param(page([]) | {"next_cursor": True, "has_more": True}, ["next_cursor is True", "paginator"], id="cursor true"),
        pytest.param({"fts_records": []}, ["neither next_cursor nor has_more", "CursorPaginator"], id="no cursor"),
        pytest.param({"fts_records": [], "has_more": True}, ["next_cursor", "has_more", "CursorPaginator"], id="more, no cursor"),
        pytest.param(page([]) | {"has_more": True}, ["has_more: true but gives no next_cursor", "owner"], id="more, null cursor"),
        pytest.param(b"[" * 200_000, ["nested too deeply", "base_url"], id="deep nesting"),
        pytest.param(
            b'{"fts_records": [' + b'{"record_id": "r1"}, ' * 50 + b'{"failure_rate": NaN}], "next_cursor": null}',
            ["NaN", "not JSON"],
            id="NaN",
        ),
        pytest.param(b'{"fts_records": [{"record_id": "r", "n": -Infinity}], "next_cursor": null}', ["not JSON"], id="Infinity"),
    ],
)
def test_an_answer_that_is_not_as_described(api: Api, body: object, words: list[str], at: int) -> None:
    api.answers(body, every=at)
    api.fails(UnexpectedAnswer, "fts_records: GET /fts_data?page_size=5", *words)
    assert api.waits == []
    api.recovers()


def test_a_web_page_as_the_first_answer(api: Api) -> None:
    api.answers(b"<!doctype html><title>Login</title>")
    api.fails(UnexpectedAnswer, "fts_records: GET /fts_data?page_size=5", "a web page, not JSON", "Login", "base_url")
    assert api.waits == []
    api.recovers()


def test_a_cursor_that_cannot_be_sent(api: Api) -> None:
    api.answers(b'{"fts_records": [], "next_cursor": "\\ud800"}')
    api.fails(UnexpectedAnswer, "fts_records: GET /fts_data", "cursor=")
    api.recovers()


def test_next_cursor_repeats(api: Api) -> None:
    api.server.faults.add("loop")
    api.fails(CircularFeed, "fts_records: GET /fts_data?page_size=5&cursor=", "already read", "owner")
    assert len(api.server.requests) <= 3
    api.recovers()


def test_next_cursor_goes_round_in_a_longer_circle(api: Api) -> None:
    for cursor in "abc" * 8:
        api.answers(page([], next_cursor=cursor * 32, has_more=True), times=1)
    api.fails(CircularFeed, "fts_records: GET /fts_data?page_size=5&cursor=", "already read", "owner")
    assert len(api.server.requests) <= 12
    api.recovers()


# Cursors that are no longer known


def test_a_stored_cursor_that_the_api_no_longer_knows_means_one_full_read(api: Api) -> None:
    api.sync()
    api.server.of("fts").mimic.cursors.expire()
    api.server.feed("fts").append(4)
    api.recovers()
    [warning] = api.log.warnings
    for word in ("fts_records", "no longer knows the cursor", "400", "Reading the whole feed once"):
        assert word in warning
    api.log.lines.clear()
    api.recovers()
    assert api.log.warnings == []


@pytest.mark.parametrize("status", [404, 410, 422])
def test_a_cursor_may_be_refused_with_other_codes_as_well(api: Api, status: int) -> None:
    api.sync()
    api.server.faults.add(Fault("status", status=status, times=1))
    api.sync()
    api.has_the_rows()
    assert "no longer knows the cursor" in api.log.warnings[0]


def test_a_refusal_that_is_not_the_cursors_fault_is_loud(api: Api) -> None:
    api.sync()
    api.server.faults.add(Fault("status", status=404))
    api.fails(RequestRejected, "fts_records", "404", "check base_url")
    api.recovers()


def test_a_cursor_that_expires_within_a_sync_is_loud_and_the_next_sync_reads_whole(api: Api) -> None:
    api.server.faults.add(Fault("expire", times=1))
    api.fails(RequestRejected, "fts_records: GET /fts_data?page_size=5&cursor=", "400", "unknown cursor")
    api.recovers()
    assert "no longer knows the cursor" in api.log.warnings[0]


# Failures that may pass


PASSING = [
    pytest.param(lambda times: Fault("truncate", times=times), "the connection was closed before", id="body cut"),
    pytest.param(lambda times: Fault("drop", times=times), "the connection was closed before", id="connection closed"),
    pytest.param(lambda times: Fault("status", status=500, times=times), "500 Internal Server Error", id="500"),
    pytest.param(lambda times: Fault("status", status=503, times=times), "503 Service Unavailable", id="503"),
    pytest.param(lambda times: Fault("status", status=429, times=times), "429 Too Many Requests", id="429"),
    pytest.param(lambda times: Fault("status", body=b'{"fts_reco', times=times), "not whole JSON (10 bytes", id="JSON cut"),
    pytest.param(lambda times: Fault("status", body=b"", times=times), "not whole JSON (0 bytes", id="empty body"),
    pytest.param(
        lambda times: Fault("status", headers={"Content-Encoding": "gzip"}, body=b"no", times=times), "unpacked", id="not gzip"
    ),
]


@pytest.mark.parametrize(("fault", "words"), PASSING)
def test_a_failure_that_passes_is_tried_again(api: Api, fault: Callable[[int | None], Fault], words: str) -> None:
    api.server.faults.add(fault(2))
    api.sync()
    api.has_the_rows()
    assert api.waits == [1.0, 2.0]
    assert len(api.log.warnings) == 2
    assert api.log.warnings[0].startswith("fts_records: GET /fts_data?page_size=5: ")
    assert words in api.log.warnings[0]
    assert api.log.warnings[0].endswith(f"Try 2 of {TRIES} in 1.0 s.")
    api.recovers()


@pytest.mark.parametrize(("fault", "words"), PASSING)
def test_a_failure_that_lasts_is_loud(api: Api, fault: Callable[[int | None], Fault], words: str) -> None:
    api.server.faults.add(fault(None))
    api.fails(SourceError, "fts_records: GET /fts_data?page_size=5: ", words, f"failed {TRIES} times", "base_url")
    assert len(api.server.requests) == TRIES
    assert api.waits == [1.0, 2.0, 4.0, 8.0, 16.0]
    api.recovers()


def test_nothing_is_lost_when_it_fails_in_the_middle_of_the_feed(api: Api) -> None:
    api.sync()
    api.server.feed("fts").append(20)
    api.server.faults.add(Fault("latency", times=2))
    api.server.faults.add("drop,every=2")
    api.sync()
    api.has_the_rows()
    assert api.log.warnings


def test_429_is_waited_out_in_seconds(api: Api) -> None:
    api.server.faults.add("status=429,retry_after=37,times=1")
    api.sync()
    assert api.waits == [37.0]
    api.recovers()


def test_429_is_waited_out_until_a_date(api: Api) -> None:
    when = datetime.now(UTC) + timedelta(seconds=90)
    api.server.faults.add(Fault("status", status=429, headers={"Retry-After": format_datetime(when, usegmt=True)}, times=1))
    api.sync()
    [waited] = api.waits
    assert 60 < waited <= 90
    api.recovers()


@pytest.mark.parametrize(
    "after", ["Sun, 06 Nov 1994 08:49:37 GMT", "soon", "-5", "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"]
)
def test_a_retry_after_that_says_nothing_is_as_good_as_none(api: Api, after: str) -> None:
    api.server.faults.add(Fault("status", status=503, headers={"Retry-After": after}, times=1))
    api.sync()
    assert api.waits == [1.0]
    api.recovers()


@pytest.mark.parametrize("seconds", ["601", "86400", "9" * 400])
def test_429_that_asks_for_too_long_fails_at_once(api: Api, seconds: str) -> None:
    api.server.faults.add(f"status=429,retry_after={seconds}")
    api.fails(SourceError, "fts_records: GET /fts_data", "429", "asks to wait", "longer than", "600", "Sync less often")
    assert api.waits == []
    assert len(api.server.requests) == 1
    api.recovers()


def test_nothing_listens(api: Api) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    api.fails(
        SourceError, "fts_records: GET /fts_data", "connection was refused", "base_url", base_url=f"http://127.0.0.1:{port}"
    )
    assert len(api.waits) == TRIES - 1
    api.recovers()


def test_the_host_is_not_found(api: Api) -> None:
    api.fails(SourceError, "fts_records: GET /fts_data", "host was not found", "base_url", base_url="https://api.invalid")
    api.recovers()


# A server that says the key aloud


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(401, {"error": f"the key {KEY} is wrong"}, id="in a refusal"),
        pytest.param(500, f"{KEY} {KEY}".encode(), id="in a server error"),
        pytest.param(200, f"<html>{KEY}".encode(), id="in a web page"),
        pytest.param(200, f'{{"key": "{KEY}'.encode(), id="in a body cut short"),
        pytest.param(400, b" " * 1990 + KEY.encode(), id="behind much white space"),
        pytest.param(200, {"request": 1, KEY: 1}, id="as a key of the answer"),
        pytest.param(200, {"fts_records": [], KEY: 1}, id="as a key of an answer without cursor"),
        pytest.param(200, page([KEY]), id="as a record"),
        pytest.param(200, page(["x" * 50 + KEY]), id="as a record that is shown in part"),
        pytest.param(200, page([], next_cursor=[KEY], has_more=True), id="as a cursor of a wrong type"),
    ],
)
def test_a_key_that_comes_back_is_struck_out(api: Api, status: int, body: object) -> None:
    api.answers(body, status=status)
    with pytest.raises(ConnectorError) as caught:
        api.sync()
    api.keeps_the_key("".join(traceback.format_exception(caught.value)))
    assert KEY[:6] not in str(caught.value)
    api.recovers()


def test_a_key_in_the_reason_phrase_or_an_address_is_struck_out(api: Api) -> None:
    for answer in (Answer(418, f"no {KEY}"), Answer(503, KEY), Answer(302, headers={"Location": f"http://{KEY}.example/"})):
        with recorder(answer) as server, pytest.raises(ConnectorError) as caught:
            api.sync(base_url=server.url)
        api.keeps_the_key("".join(traceback.format_exception(caught.value)))


def test_a_key_that_json_writes_differently_is_struck_out_too(api: Api) -> None:
    key = f'{KEY}"\\9'
    api.answers({"error": f"unknown key {key}"}, status=401)
    api.fails(ConfigurationError, "401", "unknown key ***", api_key=key)


# Plugins that fail while syncing


@define
class Extension:
    """A plugin object that adds one transform to fts."""

    transform: Transform | DerivedField

    @hookimpl
    def connector_transforms(self, table: object) -> list[Transform | DerivedField]:
        return [self.transform]


def divide(row: Mapping[str, Any]) -> float:
    return 1 / (len(row) - 15)


def test_a_transform_raises(api: Api) -> None:
    api.plugins = (FTS, Plugin("extension", Extension(DerivedField("worth", divide))))
    first = api.server.feed("fts").records()[0]["record_id"]
    api.fails(PluginError, "fts_records", "transform worth", first, "ZeroDivisionError", "Correct it, or disable it")
    api.plugins = (FTS,)
    api.recovers()


def test_a_transform_returns_no_record(api: Api) -> None:
    api.plugins = (FTS, Plugin("extension", Extension(Transform("upper", lambda record: list(record)))))  # type: ignore[arg-type,return-value]
    api.fails(PluginError, "fts_records", "transform upper", "returned list", "Return the record")
    api.plugins = (FTS,)
    api.recovers()


def test_a_transform_takes_the_key_away(api: Api) -> None:
    def without_id(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name != "record_id"}

    api.plugins = (FTS, Plugin("extension", Extension(Transform("anonymous", without_id))))
    api.fails(PluginError, "fts_records", "record_id", "anonymous")
    api.plugins = (FTS,)
    api.recovers()


class BrokenPaginator(CursorPaginator):
    def following(self, request: Request, page: Page) -> Request | None:
        return Request(page.body["next"], request.params)


class BrokenPagination:
    @hookimpl
    def connector_paginator(self, table: object) -> CursorPaginator:
        return BrokenPaginator()


class NoAuthObject:
    @hookimpl
    def connector_auth(self) -> Callable[[Configuration], None]:
        def auth(configuration: Configuration) -> None:
            return None

        return auth


class FailingAuth:
    @hookimpl
    def connector_auth(self) -> Callable[[Configuration], None]:
        def auth(configuration: Configuration) -> None:
            raise ValueError(f"bad key {ApiKeyHeader('api_key')}")

        return auth


def test_a_paginator_raises(api: Api) -> None:
    api.plugins = (FTS, Plugin("extension", BrokenPagination()))
    api.fails(PluginError, "fts_records: GET /fts_data", "extension (connector_paginator)", "KeyError")
    api.plugins = (FTS,)
    api.recovers()


@pytest.mark.parametrize(("plugin", "words"), [(NoAuthObject(), "NoneType"), (FailingAuth(), "ValueError")])
def test_an_auth_that_cannot_be_used(api: Api, plugin: object, words: str) -> None:
    assembly = assemble([Plugin("extension", plugin), Plugin("connector-fts", NoAuthTables())])
    with pytest.raises(PluginError, match=r"extension \(connector_auth\)") as caught:
        sync(assembly, {"base_url": api.server.url}, {}, api.sink, api.log)
    assert words in str(caught.value)
    assert api.server.requests == []


class NoAuthTables:
    @hookimpl
    def connector_tables(self) -> list[Any]:
        return [connector_fts.RECORDS]


# A value that does not fit


@pytest.mark.parametrize("kind", [TypeError, ValueError, OverflowError])
def test_a_value_that_does_not_fit_its_declared_type(api: Api, kind: type[Exception]) -> None:
    def refuse(row: dict[str, Any]) -> None:
        if row["erp_order_id"] == "ORDER_000007":
            raise kind("expected a float\nfor failure_rate")

    api.sink.refuse = refuse
    refused = api.server.feed("fts").records()[7]["record_id"]
    words = ["fts_records", refused, "expected a float for failure_rate", "change the type in columns", "last checkpoint"]
    api.fails(DeliveryError, *words)
    assert len(api.sink.rows["fts_records"]) == 7
    assert len(api.sink.states) == 1
    api.sink.refuse = accept
    api.recovers()
