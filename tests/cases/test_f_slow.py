"""F11a: one time for a request, over all of its parts. Each server here would go on for ever."""

import gzip
import json
from collections.abc import Callable, Mapping

import pytest

from cases.raw import Line, http, saying
from cases.support import connect, items, records
from connector_core import ConnectorError, Csv, JsonLines, OAuth2ClientCredentials, SinglePage, SourceError, UnexpectedAnswer
from connector_core.http.attempts import Attempt, TookTooLong
from connector_core.http.retries import Retry

HEAD = b"HTTP/1.1 200 OK\r\n"
LENGTH = HEAD + b"Content-Length: 1000000\r\n\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = HEAD + b"Content-Encoding: gzip\r\n\r\n"
BODY = json.dumps({"items": records(3)}).encode()
TIMEOUT = (0.4, 0.4)
"""A silence of the second is a time-out; everything before the body may take the sum of both."""


def dripping(before: bytes, piece: bytes) -> Callable[[Line], bool]:
    def speak(line: Line) -> bool:
        line.say(before)
        return line.drip(piece)

    return speak


def flooding(before: bytes, piece: bytes, most: int = 400_000_000) -> Callable[[Line], bool]:
    """As much as the client takes, until it has let go."""

    def speak(line: Line) -> bool:
        try:
            line.say(before)
            for _ in range(0, most, len(piece)):
                line.say(piece)
        except OSError:
            return True
        return False

    return speak


def member(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


DROP_BY_DROP: Mapping[str, Callable[[Line], bool]] = {
    "the status line": dripping(b"HTTP/1.1 200 ", b"O"),
    "a header": dripping(HEAD + b"X-Long: ", b"x"),
    "headers": dripping(HEAD, b"X: y\r\n"),
    "100 Continue": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the headers of 100 Continue": dripping(b"HTTP/1.1 100 Continue\r\n", b"X: y\r\n"),
    "103 Early Hints": dripping(b"", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"),
    "a body": dripping(LENGTH, b" "),
    "a body without an end": dripping(HEAD + b"\r\n", b" "),
    "chunks": dripping(CHUNKS, b"1\r\n \r\n"),
    "the size of a chunk": dripping(CHUNKS, b"0"),
    "the extension of a chunk": dripping(CHUNKS + b"5;", b"x"),
    "trailers": dripping(CHUNKS + f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n", b"X: y\r\n"),
    "a trailer": dripping(CHUNKS + f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\nX: ", b"y"),
    "gzip of blanks": dripping(GZIP, member(b" ")),
    "empty members of gzip": dripping(GZIP, member(b"")),
    "zeros behind gzip": dripping(GZIP + member(BODY), b"\0"),
    "zeros behind a file of gzip": dripping(HEAD + b"\r\n" + member(BODY), b"\0"),
    "a refusal": dripping(b"HTTP/1.1 500 No\r\nContent-Length: 1000000\r\n\r\n", b" "),
}


@pytest.mark.parametrize("what", DROP_BY_DROP)
def test_f11a_what_comes_drop_by_drop_is_given_up(what: str) -> None:
    with saying(DROP_BY_DROP[what]) as (api, said):
        connection = connect(api, paginator=SinglePage())
        connection.client = {"timeout": TIMEOUT, "retry": Retry(attempts=2)}
        with pytest.raises(SourceError, match=r"came too slowly|interim answers|closed before|not whole") as caught:
            connection.sync()
    assert "It failed 2 times in a row" in str(caught.value)
    assert said == [True, True]  # we let go, and not the server


@pytest.mark.parametrize("form", [Csv(), JsonLines()], ids=["CSV", "JSON lines"])
@pytest.mark.parametrize("what", ["a body", "chunks", "empty members of gzip", "zeros behind a file of gzip"])
def test_f11a_so_is_what_is_spooled(form: Csv | JsonLines, what: str) -> None:
    with saying(DROP_BY_DROP[what]) as (api, said):
        connection = connect(api, items(format=form, records="@"), paginator=SinglePage())
        connection.client = {"timeout": TIMEOUT, "retry": Retry(attempts=1)}
        with pytest.raises(SourceError, match="came too slowly"):
            connection.sync()
    assert said == [True]


@pytest.mark.parametrize("what", ["a header", "a body", "100 Continue", "trailers"])
def test_f11a_so_is_a_token(what: str) -> None:
    with saying(DROP_BY_DROP[what]) as (api, said):
        connection = connect(
            api,
            paginator=SinglePage(),
            auth=OAuth2ClientCredentials(token_url="/token"),
            configuration={"client_id": "a", "client_secret": "b"},
        )
        connection.client = {"timeout": TIMEOUT, "retry": Retry(attempts=1)}
        with pytest.raises(SourceError, match="POST /token"):
            connection.sync()
    assert said == [True]


FAST: Mapping[str, tuple[Callable[[Line], bool], str]] = {
    "100 Continue": (flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "the connection was closed"),
    "a header": (flooding(HEAD + b"X: ", b"x" * 10_000), "the connection was closed"),
    "headers": (flooding(HEAD, b"X: y\r\n" * 1000), "the connection was closed"),
    "the size of a chunk": (flooding(CHUNKS, b"0" * 10_000), "closed|not whole"),
    "trailers": (flooding(CHUNKS + f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n", b"X: y\r\n" * 1000), "came too slowly"),
    "a trailer": (flooding(CHUNKS + f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\nX: ", b"y" * 10_000), "closed|too slowly"),
    "empty members of gzip": (flooding(GZIP, member(b"") * 1000), "the gzip data goes on, and holds nothing"),
    "zeros behind gzip": (flooding(GZIP + member(BODY), b"\0" * 100_000), "larger than 1 MB"),
    "zeros behind a file of gzip": (flooding(HEAD + b"\r\n" + member(BODY), b"\0" * 100_000), "larger than 1 MB"),
    "blanks": (flooding(HEAD + b"\r\n", b" " * 100_000), "larger than 1 MB"),
    "blanks in CSV": (flooding(HEAD + b"\r\n", b" " * 100_000), "larger than 1 MB"),
}


@pytest.mark.parametrize("what", FAST)
def test_f11a_what_comes_fast_and_never_ends_is_given_up_too(what: str) -> None:
    speak, words = FAST[what]
    table = items(format=Csv(), records="@") if what.endswith("CSV") else items()
    with saying(speak) as (api, said):
        connection = connect(api, table, paginator=SinglePage(), configuration={"max_answer_mb": "1"})
        connection.client = {"timeout": TIMEOUT, "retry": Retry(attempts=1)}
        with pytest.raises((SourceError, UnexpectedAnswer), match=words):
            connection.sync()
    assert said == [True]


def test_f11a_a_body_that_comes_steadily_may_take_its_time() -> None:
    """Twice what a time-out is, but never silent for as long as that, and quicker than the slowest that is taken."""
    body = json.dumps({"items": records(2000)}).encode()

    def speak(line: Line) -> None:
        line.say(HEAD + f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode())
        for at in range(0, len(body), len(body) // 20):
            line.say(body[at : at + len(body) // 20])
            line.stopped.wait(0.08)

    with saying(speak) as (api, _):
        connection = connect(api, paginator=SinglePage())
        connection.client = {"timeout": TIMEOUT, "retry": Retry(attempts=1)}
        connection.sync()
    assert len(connection.ids()) == 2000


def test_f11a_an_answer_in_time_after_one_that_was_not() -> None:
    def speak(line: Line) -> bool:
        if line.number:
            line.say(http(BODY))
            return True
        return line.drip(b"H")

    with saying(speak) as (api, said):
        connection = connect(api, paginator=SinglePage())
        connection.client = {"timeout": TIMEOUT}
        connection.sync()
    assert len(connection.ids()) == 3
    assert said == [True, True]


def test_f11a_the_time_grows_with_what_comes() -> None:
    now = [0.0]
    attempt = Attempt(60.0, lambda: now[0])
    now[0] = 59.0
    assert attempt.left() == 1.0
    attempt.took(100_000)
    assert attempt.left() == 101.0
    now[0] = 161.0
    with pytest.raises(TookTooLong, match="100000 bytes in 161 s"):
        attempt.left()
    attempt.begin()
    assert attempt.left() == 60.0


def test_f11a_the_message_says_how_slowly_it_came() -> None:
    with saying(DROP_BY_DROP["a body"]) as (api, _):
        connection = connect(api, paginator=SinglePage())
        connection.client = {"timeout": TIMEOUT, "retry": Retry(attempts=1)}
        with pytest.raises(ConnectorError, match=r"case_items: GET /items: the answer came too slowly, \d+ bytes in \d s"):
            connection.sync()
