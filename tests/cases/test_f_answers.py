"""F1 to F3, F6 to F8, F11b, F11c and F11h: what answers look like."""

import gzip
import json
import ssl
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from cases.raw import Line, http, saying
from cases.support import HELD, Answer, Api, Call, Reply, connect, items, records, serving
from connector_core import (
    ApiKeyHeader,
    ApiKeyQuery,
    BasicAuth,
    BearerToken,
    ConfigurationError,
    ConnectorError,
    Csv,
    DigestAuth,
    JsonLines,
    PageNumberPaginator,
    SessionLogin,
    SinglePage,
    SourceError,
    UnexpectedAnswer,
    ca_certificate,
    empty_page,
    wait_until,
)
from connector_core.auth.kinds import AuthFactory
from connector_core.http.reasons import _untrusted
from connector_core.source.limits import seconds_asked
from leaks_support import AUTHORITY, Authority, reply
from leaks_support import serving as serving_tls

NUMBERS = PageNumberPaginator(stop=[empty_page()])
HTML = b"<!doctype html><title>We are back soon</title>"
XML = b'<?xml version="1.0"?><error>busy</error>'


def pages(call: Call) -> Any:
    """Three pages of ten records, by number."""
    page = int(call.query.get("page") or (call.body or {}).get("page", 1))
    return {"items": records(10, 10 * page) if page < 4 else []}


def amid(strange: Reply, at: int = 1, times: int = 1) -> Callable[[Call], Any]:
    """The same, with *strange* in the place of the answer to requests from number *at* on."""
    return lambda call: strange if at <= call.number < at + times else pages(call)


# F1


@pytest.mark.parametrize("body", [HTML, XML, b"\n  <html>", b"\xef\xbb\xbf<html>"], ids=["HTML", "XML", "blanks", "BOM"])
def test_f1_a_web_page_amid_json_is_tried_again(body: bytes) -> None:
    with serving(amid(Reply(body, headers={"Content-Type": "text/html"}))) as api:
        connection = connect(api, paginator=NUMBERS)
        log = connection.sync()
    assert len(connection.ids()) == 30
    assert [("XML" if body is XML else "a web page") in warning for warning in log.warnings] == [True]


@pytest.mark.parametrize("form", [Csv(), JsonLines()], ids=["CSV", "JSON lines"])
def test_f1_a_web_page_amid_another_format_is_tried_again(form: Any) -> None:
    lines = {Csv: "id\n" + "\n".join(f"r{number}" for number in range(10)), JsonLines: '{"id": "r1"}\n'}[type(form)]

    def answer(call: Call) -> Reply:
        return Reply([lines.encode(), HTML, lines.replace("r", "s").encode(), b"id\n" if form == Csv() else b""][call.number])

    with serving(answer) as api:
        connection = connect(api, items(format=form, records="@"), paginator=NUMBERS)
        connection.sync()
    assert connection.ids()[0] == "r0" if form == Csv() else "r1"
    assert len(api.calls) == 4


def test_f1_a_web_page_for_ever_ends_the_sync_with_what_came() -> None:
    with serving(amid(Reply(HTML), times=9)) as api:
        connection = connect(api, paginator=NUMBERS)
        with pytest.raises(SourceError, match=r"200, but the answer is a web page, not JSON: .*We are back soon.*failed 3 times"):
            connection.sync()
    assert len(connection.ids()) == 10


@pytest.mark.parametrize("form", [None, Csv()], ids=["JSON", "CSV"])
def test_f1_the_first_request_says_at_once_that_it_is_a_web_page(form: Any) -> None:
    with serving(lambda _: Reply(HTML)) as api:
        connection = connect(api, items(format=form, records="@" if form else "items"), paginator=SinglePage())
        with pytest.raises(UnexpectedAnswer, match="the answer is a web page"):
            connection.sync()
    assert len(api.calls) == 1


def test_f1_so_does_the_first_request_for_another_table() -> None:
    other = items(name="others", path="/others")
    with (
        serving(lambda call: Reply(HTML) if call.path == "/others" else {"items": records(3)}) as api,
        pytest.raises(UnexpectedAnswer, match=r"others: GET /others: the answer is a web page"),
    ):
        connect(api, items(), other, paginator=SinglePage()).sync()
    asked = [call.path for call in api.calls]  # the tables are read side by side, in any order
    assert asked.count("/others") == 1
    assert asked.count("/items") <= 1


# F2


NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"Retry-After": "2.0"}, 2.0),
        ({"Retry-After": " 2.5 "}, 2.5),
        ({"Retry-After": '"3"'}, 3.0),
        ({"Retry-After": "2026-05-01T12:00:30Z"}, 30.0),
        ({"Retry-After": "2026-05-01T14:00:30+02:00"}, 30.0),
        ({"Retry-After": "2026-05-01 12:00:30"}, 30.0),
        ({"Retry-After": "Fri, 01 May 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Fri, 01 May 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": str(int(NOW.timestamp()) + 30)}, 30.0),
        ({"Retry-After": str((int(NOW.timestamp()) + 30) * 1000)}, 30.0),
        ({"Retry-After": "7", "retry-after-ms": "1500"}, 1.5),
        ({"x-ms-retry-after-ms": "250"}, 0.25),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
    ],
)
def test_f2_what_an_answer_asks_to_wait(headers: Mapping[str, str], seconds: float | None) -> None:
    found = seconds_asked({name.title(): value for name, value in headers.items()}, NOW.timestamp())
    assert found == (pytest.approx(seconds) if seconds is not None else None)


def test_f2_a_fraction_of_a_second_is_waited_for() -> None:
    with serving(amid(Reply({}, 429, {"Retry-After": "2.0"}))) as api:
        connection = connect(api, paginator=NUMBERS)
        connection.sync()
    assert connection.waits == [2.0]


def test_f2_an_iso_date_is_waited_for() -> None:
    # Made here, and not when tests are collected: that may be many minutes before.
    after = (datetime.now(UTC) + timedelta(seconds=1000)).isoformat()
    with (
        serving(amid(Reply({}, 429, {"Retry-After": after}))) as api,
        pytest.raises(SourceError, match=r"asks to wait (9\d\d|1000) seconds"),
    ):
        connect(api, paginator=NUMBERS).sync()


def test_f2_milliseconds_in_the_body_can_be_said() -> None:
    rule = wait_until(path="error.retry_after_ms", status=429, unit="milliseconds")
    with serving(amid(Reply({"error": {"retry_after_ms": 7500}}, 429))) as api:
        connection = connect(api, items(errors=[rule]), paginator=NUMBERS)
        connection.sync()
    assert connection.waits == [7.5]
    assert "wait until error.retry_after_ms in milliseconds on status 429" in str(rule)


def test_f2_milliseconds_in_a_header_can_be_said() -> None:
    rule = wait_until(header="Retry-After", status=429, unit="milliseconds")
    with serving(amid(Reply({}, 429, {"Retry-After": "7500"}))) as api:
        connection = connect(api, items(errors=[rule]), paginator=NUMBERS)
        connection.sync()
    assert connection.waits == [7.5]


# F3


@pytest.mark.parametrize("status", [200, 201, 203, 206])
def test_f3_a_page_is_taken_where_the_body_is_what_was_expected(status: int) -> None:
    with serving(lambda call: Reply(pages(call), status)) as api:
        connection = connect(api, items(body={"query": "all"}), paginator=PageNumberPaginator(where="body", stop=[empty_page()]))
        connection.sync()
    assert len(connection.ids()) == 30
    assert {call.method for call in api.calls} == {"POST"}


@pytest.mark.parametrize("status", [201, 206])
@pytest.mark.parametrize("body", [b"", b"[1]", b'{"id": "made"}', HTML], ids=["nothing", "a list", "something else", "HTML"])
def test_f3_and_refused_where_it_is_not(status: int, body: bytes) -> None:
    with serving(lambda _: Reply(body, status)) as api, pytest.raises(ConnectorError, match=rf"\b{status}\b"):
        connect(api, paginator=SinglePage()).sync()


def test_f3_csv_in_parts() -> None:
    with serving(lambda _: Reply(b"id\nr1\n", 206)) as api:
        connection = connect(api, items(format=Csv(), records="@"), paginator=SinglePage())
        connection.sync()
    assert connection.ids() == ["r1"]


def test_f3_work_that_is_not_done_says_what_to_write() -> None:
    with (
        serving(lambda _: Reply({"status": "running"}, 202)) as api,
        pytest.raises(UnexpectedAnswer, match=r"retry\(status=202\)"),
    ):
        connect(api, paginator=SinglePage()).sync()


# F6


WORD = "größe, Zürich „naïve“ €"


@pytest.mark.parametrize(
    ("charset", "encoding", "word"),
    [
        ("ISO-8859-1", "latin-1", "größe, Zürich"),
        ("iso-8859-1", "cp1252", WORD),
        ('"windows-1252"', "cp1252", WORD),
        ("ISO-8859-1", "utf-8", WORD),
        ("utf-8", "utf-8", WORD),
        ("UTF-16", "utf-16", WORD),
        ("iso-8859-15", "iso-8859-15", "größe €"),
        ("Shift_JIS", "shift_jis", "日本"),
        ("gbk", "gbk", "联通"),
        ("utf-8", "utf-8-sig", WORD),
    ],
)
def test_f6_a_charset_is_decoded(charset: str, encoding: str, word: str) -> None:
    body = json.dumps({"items": [{"id": "r1", "word": word}]}, ensure_ascii=False).encode(encoding)
    with serving(lambda _: Reply(body, headers={"Content-Type": f"application/json;charset={charset}"})) as api:
        connection = connect(api, items(columns={"id": "STRING", "word": "STRING"}), paginator=SinglePage())
        connection.sync()
    assert connection.rows() == [{"id": "r1", "word": word}]


def test_f6_a_charset_that_nobody_knows_is_named() -> None:
    with (
        serving(lambda _: Reply(b'{"items": []}', headers={"Content-Type": "application/json; charset=klingon"})) as api,
        pytest.raises(UnexpectedAnswer, match="says that it is written in 'klingon', which Python does not know"),
    ):
        connect(api, paginator=SinglePage()).sync()
    assert len(api.calls) == 1


def test_f6_we_ask_for_what_we_can_read() -> None:
    with serving(lambda _: {"items": records(3)}) as api:
        connect(api, paginator=SinglePage()).sync()
    assert api.calls[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("encoding", ["zstd", "br", "compress", "gzip, br", "aes128gcm", "x" * 500])
def test_f6_an_encoding_that_was_not_asked_for_is_refused_by_name_at_the_first_try(encoding: str) -> None:
    with (
        serving(lambda _: Reply(b"\x28\xb5\x2f\xfd", headers={"Content-Encoding": encoding})) as api,
        pytest.raises(UnexpectedAnswer, match=rf"is packed as '{encoding.split(', ')[-1][:30]}', which was not asked for"),
    ):
        connect(api, paginator=SinglePage()).sync()
    assert len(api.calls) == 1


def test_f6_so_is_one_of_the_transfer() -> None:
    with (
        saying(
            lambda line: line.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n")
        ) as (api, _),
        pytest.raises(UnexpectedAnswer, match="is transferred as 'gzip, chunked'"),
    ):
        connect(api, paginator=SinglePage()).sync()


def test_f6_a_refusal_that_cannot_be_read_is_a_refusal() -> None:
    with (
        serving(lambda _: Reply(b"\x28\xb5\x2f\xfd", 403, {"Content-Encoding": "zstd"})) as api,
        pytest.raises(ConfigurationError, match="403"),
    ):
        connect(api, paginator=SinglePage()).sync()


def bare(content: bytes) -> bytes:
    return zlib.compress(content, wbits=-zlib.MAX_WBITS)


PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": bare,
    "identity": bytes,
    "deflate, gzip": lambda content: gzip.compress(zlib.compress(content)),
    "gzip, identity, deflate": lambda content: bare(gzip.compress(content)),
}


@pytest.mark.parametrize("encoding", PACKED)
def test_f6_what_we_ask_for_is_read(encoding: str) -> None:
    body = PACKED[encoding](json.dumps({"items": HELD}).encode())
    with serving(lambda _: Reply(body, headers={"Content-Encoding": encoding})) as api:
        connection = connect(api, paginator=SinglePage())
        connection.sync()
    assert len(connection.ids()) == len(HELD)


# F11b


BODIES: Mapping[str, tuple[Any, bytes]] = {
    "JSON": (None, json.dumps({"items": HELD[:20]}).encode()),
    "CSV": (Csv(), ("id\n" + "".join(f"{record['id']}\n" for record in HELD[:20])).encode()),
    "JSON lines": (JsonLines(), "".join(json.dumps(record) + "\n" for record in HELD[:20]).encode()),
}


def answering(said: Reply) -> Answer:
    return lambda _: said


def at_many_places(content: bytes) -> list[bytes]:
    """*content* cut near its beginning, near its end, and at some places in between."""
    places = {*range(0, 20, 3), *range(20, len(content), max(1, len(content) // 12)), *range(len(content) - 12, len(content))}
    return [content[:place] for place in sorted(places) if 0 <= place < len(content)]


@pytest.mark.parametrize("form", BODIES)
@pytest.mark.parametrize("encoding", [*(name for name in PACKED if name != "identity"), "a file of gzip"])
def test_f11b_a_packed_body_that_was_cut_never_passes_for_whole(form: str, encoding: str) -> None:
    """Content-Length tells nothing here: whoever cut it has counted anew."""
    kind, whole = BODIES[form]
    headers = {} if encoding == "a file of gzip" else {"Content-Encoding": encoding}
    cuts = at_many_places(PACKED.get(encoding, gzip.compress)(whole))
    for cut in cuts if kind is None else cuts[1:]:  # no bytes at all are no lines
        with serving(answering(Reply(cut, headers=headers))) as api:
            connection = connect(api, items(format=kind, records="@" if kind else "items"), paginator=SinglePage())
            with pytest.raises(ConnectorError):
                connection.sync()
        assert connection.ids() == []
        assert connection.warehouse.state == {}


def saying_bytes(content: bytes) -> Callable[[Line], None]:
    return lambda line: line.say(content)


def chunked(body: bytes) -> bytes:
    parts = [body[at : at + 50] for at in range(0, len(body), 50)]
    return b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts) + b"0\r\n\r\n"


FRAMED: Mapping[str, Callable[[bytes], tuple[bytes, bytes]]] = {
    "a length": lambda body: (f"Content-Length: {len(body)}\r\n".encode(), body),
    "chunks": lambda body: (b"Transfer-Encoding: chunked\r\n", chunked(body)),
}


@pytest.mark.parametrize("form", BODIES)
@pytest.mark.parametrize("framing", FRAMED)
def test_f11b_a_framed_body_that_was_cut_never_passes_for_whole(form: str, framing: str) -> None:
    kind, whole = BODIES[form]
    header, content = FRAMED[framing](whole)
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + header + b"\r\n"
    for cut in at_many_places(content):
        if cut.endswith((b"\r\n0", b"\r\n0\r", b"\r\n0\r\n", b"\r\n0\r\n\r")):  # of the body nothing is missing
            continue
        with saying(saying_bytes(head + cut)) as (api, _):
            connection = connect(api, items(format=kind, records="@" if kind else "items"), paginator=SinglePage())
            with pytest.raises(SourceError):
                connection.sync()
        assert connection.ids() == []


@pytest.mark.parametrize("form", ["CSV", "JSON lines"])
def test_f11b_lines_without_length_or_chunks_end_with_a_line(form: str) -> None:
    kind, whole = BODIES[form]

    def read(body: bytes) -> list[Any]:
        with saying(lambda line: line.say(b"HTTP/1.0 200 OK\r\n\r\n" + body)) as (api, _):
            connection = connect(api, items(format=kind, records="@"), paginator=SinglePage())
            connection.sync()
            return connection.ids()

    assert len(read(whole)) == 20
    assert len(read(gzip.compress(whole[:-1]))) == 20
    with pytest.raises(SourceError, match="ends in the middle of a line, and nothing says how long it is"):
        read(whole[:-3])


def test_f11b_tls_that_is_cut_off_is_told_where_nothing_else_ends_a_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection ends without TLS saying so, after a whole line."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(AUTHORITY.file(tmp_path)))
    with serving_tls(lambda _: b"HTTP/1.0 200 OK\r\n\r\nid\nr1\n", AUTHORITY.server(tmp_path)) as server:
        connection = connect(Api(server.url), items(format=Csv(), records="@"), paginator=SinglePage())
        with pytest.raises(SourceError):
            connection.sync()
    assert connection.ids() == []


# F11c


def layers(number: int, size: int) -> bytes:
    body = b"0" * size
    for _ in range(number):
        body = gzip.compress(body)
    return body


@pytest.mark.parametrize(
    ("body", "encoding", "words"),
    [
        (layers(4, 10), "gzip, gzip, gzip, gzip", "packed 4 times over"),
        (layers(1, 10), ", ".join(["gzip"] * 2000), "packed 2000 times over"),
        (layers(2, 50_000_000), "gzip, gzip", "larger than 1 MB"),
        (layers(3, 50_000_000), "gzip, gzip", "larger than 1 MB"),
        (zlib.compress(layers(1, 50_000_000)), "gzip, deflate", "larger than 1 MB"),
        (zlib.compress(b"0" * 50_000_000), "deflate", "larger than 1 MB"),
    ],
    ids=["4 layers", "2000 names", "2 layers", "2 layers and a file", "gzip in deflate", "deflate"],
)
@pytest.mark.parametrize("status", [200, 400])
def test_f11c_nested_encodings_are_bounded(body: bytes, encoding: str, words: str, status: int) -> None:
    with serving(lambda _: Reply(body, status, {"Content-Encoding": encoding})) as api:
        connection = connect(api, paginator=SinglePage(), configuration={"max_answer_mb": "1"})
        with pytest.raises(UnexpectedAnswer, match=words if status == 200 else "400"):
            connection.sync()
    assert len(api.calls) == 1


# F7


def test_f7_a_private_authority_says_what_to_set(tmp_path: Path) -> None:
    with serving_tls(lambda _: reply({"items": records(3)}), AUTHORITY.server(tmp_path)) as server:
        connection = connect(Api(server.url), paginator=SinglePage())
        with pytest.raises(
            SourceError, match=r"an authority that this machine does not know.*REQUESTS_CA_BUNDLE.*ca_certificate\(\)"
        ):
            connection.sync()
    assert connection.waits == []  # another try would end the same way


def test_f7_its_certificate_can_be_configured(tmp_path: Path) -> None:
    certificate = AUTHORITY.file(tmp_path).read_bytes()
    with serving_tls(lambda _: reply({"items": records(3)}), AUTHORITY.server(tmp_path)) as server:
        connection = connect(Api(server.url), paginator=SinglePage(), settings=[ca_certificate()])
        connection.sync(ca_certificate=b64encode(certificate).decode())
        assert len(connection.ids()) == 3
        for wrong, words in (
            ("nonsense!", "ca_certificate is no PEM file in base64"),
            (b64encode(b"-----BEGIN CERTIFICATE-----\nxx\n").decode(), "ca_certificate holds no certificate that can be read"),
        ):
            with pytest.raises(ConfigurationError, match=words):
                connection.sync(ca_certificate=wrong)


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (lambda folder: AUTHORITY.server(folder, days=(-3, -1)), "it has expired"),
        (lambda folder: AUTHORITY.server(folder, days=(1, 3)), "it is not valid yet"),
        (lambda folder: AUTHORITY.server(folder, host="other.example"), "it is for another host. Check base_url"),
        (lambda folder: Authority("stranger").server(folder), "an authority that this machine does not know"),
    ],
    ids=["expired", "not yet", "another host", "a stranger"],
)
def test_f7_what_else_is_wrong_with_a_certificate_is_said(
    certificate: Callable[[Path], Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(AUTHORITY.file(tmp_path)))
    with serving_tls(lambda _: reply({}), certificate(tmp_path)) as server, pytest.raises(SourceError, match=words):
        connect(Api(server.url), paginator=SinglePage()).sync()


def test_f7_a_certificate_that_only_python_3_12_takes_is_no_stranger() -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = 85, "Missing Authority Key Identifier"
    said = _untrusted(error)
    assert "a rule of RFC 5280 that Python 3.13 and later insist on (Missing Authority Key Identifier)" in said
    assert "FIVETRAN_PYTHON_VERSION=3.12" in said
    assert "authority that this machine" not in said


def test_f7_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/authority.pem")
    with pytest.raises(ConfigurationError, match="the certificates that the environment names are not there"):
        connect(Api("https://127.0.0.1:1"), paginator=SinglePage()).sync()


# F8


PASSWORD = "pässwörd-日本-€"


def test_f8_basic_in_utf_8() -> None:
    with serving(lambda _: {"items": records(3)}) as api:
        connect(
            api,
            paginator=SinglePage(),
            auth=BasicAuth(),
            configuration={"username": "jürgen", "password": normalize("NFD", PASSWORD)},
        ).sync()
    assert b64decode(api.calls[0].headers["authorization"].removeprefix("Basic ")).decode() == f"jürgen:{PASSWORD}"


@pytest.mark.parametrize("form", [False, True], ids=["JSON", "form"])
def test_f8_a_login(form: bool) -> None:
    def answer(call: Call) -> Any:
        return {"token": "abc"} if call.path == "/login" else {"items": records(3)}

    with serving(answer) as api:
        auth = SessionLogin("/login", form=form)
        configuration = {"username": "jürgen", "password": PASSWORD}
        connection = connect(api, paginator=SinglePage(), auth=auth, configuration=configuration)
        connection.sync()
    assert len(connection.ids()) == 3
    assert form or api.calls[0].body == configuration


def test_f8_a_key_in_the_query() -> None:
    with serving(lambda _: {"items": records(3)}) as api:
        connect(api, paginator=SinglePage(), auth=ApiKeyQuery("key"), configuration={"api_key": PASSWORD}).sync()
    assert api.calls[0].query["key"] == PASSWORD


def test_f8_digest() -> None:
    def answer(call: Call) -> Reply:
        if "authorization" in call.headers:
            return Reply({"items": records(3)})
        return Reply({}, 401, {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", charset=UTF-8'})

    with serving(answer) as api:
        connect(api, paginator=SinglePage(), auth=DigestAuth(), configuration={"username": "jürgen", "password": PASSWORD}).sync()
    assert 'username="jürgen"' in api.calls[1].headers["authorization"].encode("latin-1").decode()


@pytest.mark.parametrize("auth", [ApiKeyHeader("K"), BearerToken("api_key")], ids=["header", "bearer"])
def test_f8_a_header_still_cannot_carry_it(auth: AuthFactory) -> None:
    with (
        serving(lambda _: {"items": []}) as api,
        pytest.raises(ConfigurationError, match="api_key holds a letter beyond ASCII, which no HTTP header can carry") as caught,
    ):
        connect(api, paginator=SinglePage(), auth=auth, configuration={"api_key": PASSWORD}).sync()
    assert api.calls == []
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("said", [PASSWORD, json.dumps(PASSWORD), repr(PASSWORD.encode())[2:-1]])
def test_f8_it_is_struck_out_like_any_other(said: str) -> None:
    with serving(lambda _: Reply({"heard": said}, 400)) as api, pytest.raises(ConnectorError) as caught:
        connect(api, paginator=SinglePage(), auth=ApiKeyQuery("key"), configuration={"api_key": PASSWORD}).sync()
    assert "sswörd" not in str(caught.value)
    assert "***" in str(caught.value)


# F11h


GOOD = http(json.dumps({"items": records(3)}).encode())


@pytest.mark.parametrize(
    "before",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 199 Whatever\r\n\r\n",
    ],
    ids=["100", "102", "103", "several", "199"],
)
def test_f11h_interim_answers_are_passed_over(before: bytes) -> None:
    with saying(lambda line: line.say(before + GOOD)) as (api, _):
        connection = connect(api, paginator=SinglePage())
        connection.sync()
    assert len(connection.ids()) == 3


def test_f11h_303_after_a_post_is_read_with_get() -> None:
    def answer(call: Call) -> Reply:
        if call.method == "POST":
            return Reply({}, 303, {"Location": "/results/7"})
        return Reply({"items": records(3)})

    with serving(answer) as api:
        connection = connect(api, items(body={"query": "all"}), paginator=SinglePage(), auth=ApiKeyHeader("K"))
        connection.sync(api_key="k")
    assert [(call.method, call.path, call.body) for call in api.calls] == [
        ("POST", "/items", {"query": "all"}),
        ("GET", "/results/7", None),
    ]
    assert len(connection.ids()) == 3
    assert api.calls[1].headers["k"] == "k"
    assert "content-type" not in api.calls[1].headers


@pytest.mark.parametrize("status", [307, 308])
def test_f11h_307_is_sent_again_as_it_was(status: int) -> None:
    def answer(call: Call) -> Reply:
        return Reply({"items": records(3)}) if call.path == "/new" else Reply({}, status, {"Location": "/new"})

    with serving(answer) as api:
        connect(api, items(body={"query": "all"}), paginator=SinglePage()).sync()
    assert [(call.method, call.body) for call in api.calls] == [("POST", {"query": "all"})] * 2


def test_f11h_303_elsewhere_is_not_followed() -> None:
    with (
        serving(lambda _: Reply({}, 303, {"Location": "https://elsewhere.example/results"})) as api,
        pytest.raises(UnexpectedAnswer, match=r"redirects to https://elsewhere\.example:443"),
    ):
        connect(api, items(body={}), paginator=SinglePage()).sync()


@pytest.mark.parametrize("status", [500, 429, 403])
def test_f11h_a_refusal_with_a_huge_body_is_a_refusal(status: int) -> None:
    """It is not read to its end either, which may be nowhere."""

    def speak(line: Line) -> int:
        if line.number:
            line.say(GOOD)
            return 0
        line.say(f"HTTP/1.1 {status} No\r\nConnection: close\r\n\r\n".encode())
        sent = 0
        try:
            while sent < 200_000_000:
                line.say(b"busy " * 20_000)
                sent += 100_000
        except OSError:
            pass
        return sent

    with saying(speak) as (api, said):
        connection = connect(api, paginator=SinglePage(), configuration={"max_answer_mb": "50"})
        if status == 403:
            with pytest.raises(ConfigurationError, match="403 No: busy busy"):
                connection.sync()
        else:
            connection.sync()
            assert len(connection.ids()) == 3
    assert int(str(said[0])) < 50_000_000


REPEATED = {
    "in a record": '{"items": [{"id": "r1", "name": "a", "name": "b"}]}',
    "beside the records": '{"items": [{"id": "r1"}], "next": 1, "name": {}, "name": 2}',
    "the records": '{"name": 1, "items": [], "name": 1}',
    "nested": '{"items": [{"id": "r1", "crew": [{"name": "a"}, {"name": "b", "x": [{"name": 1, "name": 2}]}]}]}',
    "with colons": '{"items": [{"id": "r1", "time": "10:00:00", "say": "\\"a\\": b", "name": 1, "name" : 2}]}',
}


@pytest.mark.parametrize("body", REPEATED.values(), ids=REPEATED)
def test_f11h_a_name_that_is_repeated_in_an_object_is_told(body: str) -> None:
    with (
        serving(lambda _: Reply(body.encode())) as api,
        pytest.raises(UnexpectedAnswer, match="names 'name' twice in one object"),
    ):
        connect(api, paginator=SinglePage()).sync()
    assert len(api.calls) == 1


def test_f11h_so_it_is_in_a_line() -> None:
    with (
        serving(lambda _: Reply(b'{"id": "r1"}\n{"id": "r2", "name": 1, "name": 1}\n')) as api,
        pytest.raises(UnexpectedAnswer, match="line 2 names 'name' twice"),
    ):
        connect(api, items(format=JsonLines(), records="@"), paginator=SinglePage()).sync()


def test_f11h_names_that_only_look_repeated() -> None:
    record = '{"id": "r1", "a": {"name": 1}, "b": [{"name": 2}, {"name": 3}], "say": "\\"name\\": \\"name\\":"}'
    body = f'{{"items": [{record}], "name": 4}}'
    with serving(lambda _: Reply(body.encode())) as api:
        connection = connect(api, paginator=SinglePage())
        connection.sync()
    assert connection.ids() == ["r1"]


@pytest.mark.parametrize("sign", ["", "-"])
def test_f11h_a_whole_number_of_5000_digits_is_told_by_name(sign: str) -> None:
    body = f'{{"items": [{{"id": "r1", "size": {sign}{"7" * 5000}}}]}}'
    with (
        serving(lambda _: Reply(body.encode())) as api,
        pytest.raises(UnexpectedAnswer, match="a whole number of more than 4,300 digits in 'size'"),
    ):
        connect(api, paginator=SinglePage()).sync()
    assert len(api.calls) == 1


def test_f11h_one_that_python_reads_is_none_of_our_business() -> None:
    body = f'{{"items": [{{"id": "r1", "size": {"7" * 4000}}}]}}'
    with serving(lambda _: Reply(body.encode())) as api:
        connection = connect(api, items(columns={"id": "STRING", "size": "STRING"}), paginator=SinglePage())
        connection.sync()
    assert connection.rows() == [{"id": "r1", "size": "7" * 4000}]
