"""The HTTP edge: one request in, one JSON object out, with retries; credentials go to the configured origin only."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from email.utils import parsedate_to_datetime
from functools import cached_property
from io import BytesIO
from typing import Any, NoReturn, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from attrs import field, frozen
from requests.adapters import BaseAdapter
from requests.auth import AuthBase
from requests.utils import select_proxy

from connector_core.auth.kinds import Anonymous
from connector_core.basics.decoding import NotJson
from connector_core.basics.discretion import Secrets, quieten
from connector_core.basics.errors import (
    ConfigurationError,
    ConnectorError,
    PluginError,
    RequestRejected,
    SourceError,
    UnexpectedAnswer,
)
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.basics.telling import came_back, shown
from connector_core.basics.wire import (
    DecodeError,
    HTTPError,
    NameResolutionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
    parse_url,
)
from connector_core.http.answers import CHECK_URL, Answer, records_in
from connector_core.source.error_rules import ErrorRule
from connector_core.source.formats import GZIP_MAGIC, BrokenBody, TooLarge, unpacked
from connector_core.source.limits import Budget, Limits, seconds_until
from connector_core.source.pagination import Page, Request
from connector_core.source.settings import is_loopback
from connector_core.source.tables import Table

T = TypeVar("T")

CHECK_PROXY = (
    "check HTTPS_PROXY. It has to be http://host:port, with name:password@ in front of the host if the proxy wants that."
)
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
REDIRECTS = 5
SHOWN_FROM_SECONDS = 5.0
"""The log names a pause for the sake of a budget from this length on: shorter ones are how a budget is kept."""
CHUNK_BYTES = 65_536
SLOWEST = 1000
"""Bytes a second, below which an answer that takes longer than a time-out is given up."""
ANSWER_BYTES = 100_000_000
"""The largest answer, unpacked, that is taken unless the setting says otherwise."""
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
REJECTED = frozenset({400, 404, 410, 422})


@frozen
class Retry:
    """How often and how patiently a failed request is made again.

    attempts:      tries in all.
    first_wait:    seconds before the second try; doubled for each further one, up to *longest_wait*.
    longest_wait:  the longest pause that we choose ourselves, in seconds.
    longest_asked: the longest pause that the API may ask for (Retry-After) before the sync gives up, in seconds.
    jitter:        a number from 0 to 1; the pause is drawn from its upper half, so that many connectors do not return at once.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
    longest_asked: float = 600.0
    jitter: Callable[[], float] = field(default=random.random, repr=False)

    def wait(self, attempt: int, asked: float | None) -> float:
        """Seconds to pause after try number *attempt* (from 1); *asked* is what the API asked for, if it did."""
        chosen = min(self.first_wait * 2.0 ** (attempt - 1), self.longest_wait) * (1 + self.jitter()) / 2
        return max(chosen, asked or 0.0)


class _TransientError(Exception):
    def __init__(self, came_back: str, asked: float | None = None) -> None:
        super().__init__(came_back)
        self.came_back = came_back
        self.asked = asked


class Client:
    """Fetches pages of one API. Use it as a context manager; ``close`` also ends a pause between two tries.

    base_url: checked already (see settings); auth: what signs each request; secrets: texts that no message may show;
    it may grow during the sync, by the tokens that the API issues; limit: the largest body, unpacked, in bytes; timeout: seconds
    to connect, and to wait for the next bytes; sleep, clock and now (seconds since 1970) are for tests.
    """

    def __init__(
        self,
        base_url: str,
        auth: AuthBase,
        log: Log,
        *,
        secrets: Iterable[str] = (),
        retry: Retry | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        agent: str = "connector-core",
        limit: int = ANSWER_BYTES,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._origin = _origin(base_url)
        self._auth = auth
        self._log = log
        self._secrets = secrets if isinstance(secrets, Secrets) else Secrets(secrets)
        self._retry = retry or Retry()
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._clock = clock
        self._now = now
        self._limit = limit
        self._timeout = timeout
        self._limits = Limits(clock, now)
        self._ignored: dict[tuple[str, ErrorRule], object] = {}
        self._session = self._session_for(base_url, agent)
        self._agent = agent
        quieten(self._secrets)
        if attach := getattr(auth, "attach", None):
            attach(self)

    @staticmethod
    def _session_for(url: str, agent: str) -> requests.Session:
        session = _Session()
        session.headers.update({"Accept": "application/json", "User-Agent": agent})
        if is_loopback(_origin(url)[1] or ""):
            # Plain http is allowed to this machine only, so no proxy of the environment may carry it elsewhere.
            session.trust_env = False
            session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        return session

    @cached_property
    def _route(self) -> Mapping[str, Any]:
        """Proxies and certificates as the environment has them, for every request: they all go to one origin.

        To look them up costs a third of what a request does, and requests would do it each time.
        """
        route = self._session.merge_environment_settings(self._base_url, {}, True, None, None)
        proxy = select_proxy(self._base_url, route["proxies"])
        if proxy and not _host_of(proxy):
            raise ConfigurationError(f"The environment names a proxy without a host: {CHECK_PROXY}")
        return route

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections; a request in a pause gives up."""
        self._closed.set()
        self._session.close()

    def _session_of(self, url: str) -> requests.Session:
        """The session for an auth object's own request: one without proxies for an address of this machine."""
        local = is_loopback(_origin(url)[1] or "")
        return self._session_for(url, self._agent) if local and self._session.trust_env else self._session

    def mount(self, adapter: BaseAdapter) -> None:
        """Send what goes to ``base_url`` through *adapter* (see connector_core.auth.tokens.Line)."""
        parts = urlsplit(self._base_url)
        if parts.scheme != "https":
            raise ConfigurationError("base_url is plain http, over which no client certificate is sent. Write https://.")
        self._session.mount(f"{parts.scheme}://{parts.netloc}/", adapter)

    def post(
        self,
        address: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        auth: AuthBase | None = None,
    ) -> requests.Response:
        """The answer to an auth object's own request (see connector_core.auth.tokens.Line)."""
        url = self._base_url + address if address.startswith("/") else address
        what = f"POST {one_line(address.partition('?')[0], 100)}"
        try:
            response = self._session_of(url).post(
                url,
                data=form,
                json=json,
                auth=auth or Anonymous(),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
        except ValueError as error:  # as in _send
            raise UnexpectedAnswer(
                f"{what}: it cannot be sent, or the API redirects to what is no address ({type(error).__name__}). {CHECK_URL}"
            ) from None
        except requests.RequestException as error:
            _check_worth_trying(what, error)
            raise _TransientError(f"{what}: {_reason(error)}") from None
        with closing(response):
            response = _held(response, self._body(what, response))
        if _is_transient(response):
            raise _TransientError(f"{what}: {self._came_back(response, response.content)}", _retry_after(response))
        if response.is_redirect or response.is_permanent_redirect:
            raise UnexpectedAnswer(
                f"{what}: the API redirects to {_shown_origin(_led_to(response))}. Credentials go to "
                f"{_shown_origin(url)} only, and a request for a token is never redirected. "
                "If its address has changed, correct base_url or the plugin's auth."
            )
        return response

    def fetch(self, table: Table, request: Request) -> Page:
        """The page that *request* brings, its records taken from where *table* says.

        The first of the table's error rules that fits an answer decides what becomes of it. A request waits until its budget
        allows it.

        Raises ConfigurationError (key refused), RequestRejected, UnexpectedAnswer, or SourceError once the retries are used up.
        """
        attempt = 1
        while True:
            try:
                return self._page(table, request)
            except _TransientError as error:
                self._pause(table.name, request, attempt, error)
            attempt += 1

    def _pause(self, table: str, request: Request, attempt: int, error: _TransientError) -> None:
        what = f"{table}: {request}: {error.came_back}"
        self._check_open(what)
        if error.asked is not None and error.asked > self._retry.longest_asked:
            raise SourceError(
                f"{what}. The API asks to wait {error.asked:.0f} seconds, "
                f"longer than a sync waits ({self._retry.longest_asked:.0f}). "
                "Sync less often, or ask the API's owner for a higher limit; the next sync goes on from the last checkpoint."
            ) from None
        if attempt >= self._retry.attempts:
            raise SourceError(
                f"{what}. It failed {attempt} times in a row, so this sync ends here; "
                "the next one goes on from the last checkpoint. "
                f"If it keeps failing, check base_url ({_shown_origin(self._base_url)}) and the API's status."
            ) from None
        wait = self._retry.wait(attempt, error.asked)
        self._log.warning(f"{what}. Try {attempt + 1} of {self._retry.attempts} in {wait:.1f} s.")
        self._sleep(wait)
        self._check_open(what)

    def _check_open(self, what: str) -> None:
        if self._closed.is_set():
            raise SourceError(f"{what}. The sync ended before the next try.") from None

    def _page(self, table: Table, request: Request) -> Page:
        where = f"{table.name}: {request}"
        response = self._send(table, request, where)
        with closing(response):
            headers = {name.lower(): value for name, value in response.headers.items()}
            seconds = response.elapsed.total_seconds()
            answer = Answer(response, lambda: self._body(where, response))
            streamed = table.format is not None and response.status_code == 200
            for rule in table.errors:
                # What is streamed is no JSON, so there is nothing for a rule about its content.
                if not (streamed and rule.content) and rule.matches(response.status_code, response.headers, answer.at):
                    self._follow(rule, table.name, where, answer)
                    return Page({}, [], seconds, headers, ended=True)
            if response.status_code != 200:
                self._refuse(where, answer)
            if table.format is not None:
                chunks = self._chunks(response)
                return Page(None, self._read(where, lambda: self._spooled(table, where, chunks)), seconds, headers)
            body = self._decode(where, answer)
        return Page(body, records_in(table, where, body), seconds, headers)

    def _spooled(self, table: Table, where: str, chunks: Iterator[bytes]) -> Sequence[Any]:
        assert table.format is not None  # noqa: S101  (the caller has looked)
        return table.format.spool(chunks, table.columns, where, self._limit)

    def _body(self, where: str, response: requests.Response) -> bytes:
        """The whole body, unpacked."""
        return self._read(where, lambda: b"".join(unpacked(self._chunks(response), self._limit)))

    def _read(self, where: str, read: Callable[[], T]) -> T:
        """What *read* makes of a body; a body that is cut or damaged is worth another try, one that is too large is not."""
        try:
            return read()
        except BrokenBody as error:
            raise _TransientError(f"200, but {error}") from None
        except TooLarge:
            raise UnexpectedAnswer(
                f"{where}: the answer is larger than {self._limit / 1e6:.0f} MB, more than this connector takes at once. "
                "Ask for less at a time, with a smaller page_size or a filter; "
                "if the API has nothing smaller, set max_answer_mb higher."
            ) from None

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        """The body as it comes, without the encoding that HTTP put around it."""
        if response.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip"):
            # By ourselves: urllib3 takes gzip that ends too early for whole.
            yield from unpacked(_gzip(self._pieces(response, decode=False)), self._limit)
        else:
            yield from self._pieces(response, decode=True)

    def _pieces(self, response: requests.Response, *, decode: bool) -> Iterator[bytes]:
        """The body piece by piece. One that only drips would hold the sync for hours without ever being late."""
        since, received = self._clock(), 0
        try:
            while piece := response.raw.read1(CHUNK_BYTES, decode_content=decode):
                yield piece
                received += len(piece)
                seconds = self._clock() - since
                if seconds > self._timeout[1] and received < SLOWEST * seconds:
                    raise _TransientError(f"the answer came too slowly, {received} bytes in {seconds:.0f} s")
        except (HTTPError, OSError) as error:
            raise _TransientError(_reason(error)) from None

    def _follow(self, rule: ErrorRule, table: str, where: str, answer: Answer) -> None:
        """Do what *rule* says; return where that is to ignore the answer."""
        came_back = self._came_back(answer.response, answer.content)
        match rule.action:
            case "retry":
                raise _TransientError(came_back, _retry_after(answer.response))
            case "wait_until":
                raise _TransientError(came_back, self._asked(rule, f"{where}: {came_back}", answer))
            case "fail":
                error = ConfigurationError if rule.configuration else UnexpectedAnswer
                raise error(f"{where}: {came_back}. {rule.hint}")
            case "ignore":
                mark = object()
                if self._ignored.setdefault((table, rule), mark) is mark:
                    self._log.info(
                        f"{where}: {came_back}. The plugin ignores such an answer: it counts as an empty page, and ends the feed."
                    )

    def _asked(self, rule: ErrorRule, what: str, answer: Answer) -> float:
        value = answer.response.headers.get(rule.until_header) if rule.until_header else answer.at(rule.until_path or "@")
        asked = seconds_until(value, self._now())
        if asked is None:
            raise UnexpectedAnswer(
                f"{what}. The plugin waits after such an answer, but {rule.until} does not say until when. "
                "If the API changed, change the plugin's error rule."
            )
        return asked

    def _await_turn(self, what: str, budget: Budget | None) -> None:
        """Pause until the API's quota and *budget* allow a request."""
        longest = self._retry.longest_asked
        slot = self._limits.take(budget, longest)
        while slot.wait > 0:
            why = "The API's quota is used up" if slot.quota else f"The plugin's budget of {budget} is used up"
            if slot.wait > longest:
                raise SourceError(
                    f"{what}: {why}, and the next request is due in {slot.wait:.0f} seconds, longer than a sync waits "
                    f"({longest:.0f}). Sync less often, or ask the API's owner for a higher limit; "
                    "the next sync goes on from the last checkpoint."
                )
            if slot.quota or slot.wait >= SHOWN_FROM_SECONDS:
                self._log.info(f"{what}: {why}. Going on in {slot.wait:.1f} s.")
            self._sleep(slot.wait)
            self._check_open(f"{what}: {why}")
            slot = self._limits.left()

    def _send(self, table: Table, request: Request, where: str) -> requests.Response:
        url = self._url(table.name, request)
        params: Mapping[str, str] | None = request.params
        for _ in range(REDIRECTS):
            try:
                self._await_turn(where, table.budget)
                response = self._exchange(table, request, url, params)
            except ValueError as error:  # also from requests itself, which reads the address of a redirect at once
                if select_proxy(url, self._route["proxies"]):
                    raise ConfigurationError(
                        f"{where}: it cannot be sent ({type(error).__name__}). The environment names a proxy: {CHECK_PROXY} "
                        "If it is as it should be, check base_url."
                    ) from None
                raise UnexpectedAnswer(
                    f"{where}: it cannot be sent, or the API redirects to what is no address "
                    f"({type(error).__name__}). {CHECK_URL}"
                ) from None
            if not (response.is_redirect or response.is_permanent_redirect):
                return response
            response.close()
            url = self._redirected(table.name, request, response)
            params = None
        raise UnexpectedAnswer(f"{where}: redirected {REDIRECTS} times in a row. Check base_url.")

    def _exchange(self, table: Table, request: Request, url: str, params: Mapping[str, str] | None) -> requests.Response:
        accept = {"Accept": table.format.accept} if table.format else {}
        try:
            prepared = requests.PreparedRequest()
            prepared.prepare(
                request.method,
                url,
                headers={**self._session.headers, **accept, **request.headers},
                params=params,
                json=request.json,
                cookies=self._session.cookies,
                auth=self._auth,
            )
            response = self._session.send(prepared, timeout=self._timeout, allow_redirects=False, **self._route)
        except requests.RequestException as error:
            if isinstance(error, ValueError):  # InvalidURL and its like: another try would end the same way
                raise
            _check_worth_trying(f"{table.name}: {request}", error)
            # The exception itself holds the whole URL, so only its kind goes on.
            raise _TransientError(_reason(error)) from None
        except (ConnectorError, _TransientError, ValueError):
            raise
        except Exception as error:  # noqa: BLE001  (whatever the plugin's auth object raises; its text may hold the key)
            raise PluginError(
                f"{table.name}: {request}: the auth failed with {type(error).__name__}. Correct the plugin's auth."
            ) from None
        if "Set-Cookie" in response.headers:
            self._secrets.add(*(cookie.value or "" for cookie in response.cookies))  # a session may be in it
        self._limits.sent(table.budget, len(response.history))  # an auth object sends a request again that was answered 401
        if _retry_after(response) is None:  # which is the more exact where it is given
            self._limits.heard(response.headers)
        return response

    def _url(self, table: str, request: Request) -> str:
        return check_origin(self._base_url, table, request.path)

    def _redirected(self, table: str, request: Request, response: requests.Response) -> str:
        url = _led_to(response)
        if not self._is_ours(url):
            raise UnexpectedAnswer(
                f"{table}: {request}: the API redirects to {_shown_origin(url)}. "
                f"The key is sent to {_shown_origin(self._base_url)} only, "
                "so the redirect is not followed. If the API has moved, set base_url to its new address."
            )
        return url

    def _is_ours(self, url: str) -> bool:
        return _same_origin(url, self._base_url)

    def _refuse(self, where: str, answer: Answer) -> NoReturn:
        response = answer.response
        status = response.status_code
        came_back = self._came_back(response, answer.content)
        if _is_transient(response):
            raise _TransientError(came_back, _retry_after(response))
        if status == 401:
            raise ConfigurationError(
                f"{where}: {came_back}. The API does not accept the key: check the key in the configuration."
            )
        if status == 403:
            raise ConfigurationError(
                f"{where}: {came_back}. The key is known but may not read this: ask the API's owner for access."
            )
        if status == 404:
            raise RequestRejected(f"{where}: {came_back}. There is nothing at this address: check base_url.")
        if status in REJECTED:
            raise RequestRejected(f"{where}: {came_back}. The API refuses the request: check the settings against its message.")
        raise UnexpectedAnswer(f"{where}: {came_back}, where 200 was expected. {CHECK_URL}")

    def _decode(self, where: str, answer: Answer) -> Any:
        try:
            return answer.json()
        except NotJson as error:
            raise UnexpectedAnswer(
                f"{where}: the answer {error}{self._shown(answer.content) if error.shown else ''}. {CHECK_URL}"
            ) from None
        except ValueError:
            # A body that was cut is worth another try; one that is no JSON at all fails the same way after the last.
            size = len(answer.content)
            raise _TransientError(f"200, but the body is not whole JSON ({size} bytes{self._shown(answer.content)})") from None

    def _came_back(self, response: requests.Response, content: bytes) -> str:
        """The status, and the beginning of the answer, as messages tell them."""
        return came_back(self._secrets, response, content)

    def _shown(self, content: bytes) -> str:
        """The beginning of the answer on one line, without any secret, in front of which a colon stands."""
        return shown(self._secrets, content)


class _Session(requests.Session):
    """A session that follows no redirect, and does not look at where one would lead either: it would read its body whole."""

    def resolve_redirects(self, *_: Any, **__: Any) -> Iterator[Any]:
        """None: see ``Client._redirected``."""
        return iter(())


def _gzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """*pieces*, which are said to be gzip. Raises BrokenBody when they are not."""
    for number, piece in enumerate(pieces):
        if number == 0 and not GZIP_MAGIC.startswith(piece[: len(GZIP_MAGIC)]):
            raise BrokenBody("the body could not be unpacked: it is no gzip")
        yield piece


def _held(response: requests.Response, body: bytes) -> requests.Response:
    """*response* with its *body*, which was read already."""
    held = requests.Response()
    held.status_code, held.reason, held.url, held.headers = response.status_code, response.reason, response.url, response.headers
    held.raw = BytesIO(body)
    return held


def _is_transient(response: requests.Response) -> bool:
    return response.status_code in TRANSIENT or response.status_code >= 500


def _origin(url: str) -> tuple[str | None, str | None, int | None]:
    """Scheme, host and port: what has to be the same for a credential to travel (RFC 6454). ValueError: no address.

    Read by the parser that requests goes by. urllib.parse would read another host where a backslash stands before an @.
    """
    parts = parse_url(url)
    return parts.scheme, parts.host, parts.port or {"https": 443, "http": 80}.get(parts.scheme or "")


def _host_of(url: str) -> str | None:
    try:
        return _origin(url)[1]
    except ValueError:
        return None


def check_origin(base_url: str, table: str, path: str) -> str:
    """The address of a request to *path*. Raises UnexpectedAnswer unless it is at *base_url*, where credentials may go."""
    if path.startswith("/"):
        return base_url.rstrip("/") + path
    url = path
    if not _same_origin(url, base_url):
        raise UnexpectedAnswer(
            f"{table}: the next request would go to {_shown_origin(url)}, "
            f"but credentials go to {_shown_origin(base_url)} only. "
            "Set base_url to the API's address, or correct the plugin's paginator."
        )
    return url


def _same_origin(url: str, other: str) -> bool:
    try:
        return _origin(url) == _origin(other)
    except ValueError:
        return False


def _led_to(response: requests.Response) -> str:
    """The address that a redirect leads to; an empty one where that is none."""
    try:
        return urljoin(response.url, response.headers["Location"])
    except ValueError:
        return ""


def _shown_origin(url: str) -> str:
    try:
        scheme, host, port = _origin(url)
    except ValueError:
        scheme = host = port = None
    if not host:
        return "what is no address"
    return one_line(f"{scheme}://{host}:{port}", 100)


def _retry_after(response: requests.Response) -> float | None:
    """Retry-After in seconds (RFC 9110, section 10.2.3): a number of seconds or a date; None where it is absent or unreadable."""
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


_REASONS: Mapping[tuple[type[Exception], ...], str] = {
    # First, because beneath it may be any of those that follow, about the proxy and not about the API.
    (requests.exceptions.ProxyError,): (
        "the proxy that the environment names could not be reached, or did not let it through (check HTTPS_PROXY)"
    ),
    (NameResolutionError,): "the host was not found",
    (SSLError, requests.exceptions.SSLError): "the TLS certificate was not accepted",
    (requests.ConnectTimeout,): f"no connection within {CONNECT_SECONDS:.0f} s",
    (requests.Timeout, ReadTimeoutError): f"no answer within {READ_SECONDS:.0f} s",
    (ConnectionRefusedError,): "the connection was refused",
    (requests.exceptions.ContentDecodingError, DecodeError): "the body could not be unpacked",
    (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, ProtocolError, ConnectionError): (
        "the connection was closed before the whole answer was there"
    ),
}
"""What lies beneath an error → what to say of it; the first that fits."""


def _check_worth_trying(what: str, error: requests.RequestException) -> None:
    """Raise for a request, *what*, that brought no answer and would bring none the next time either."""
    causes = _causes(error)
    if any(isinstance(cause, OSError) and " 407 " in f"{cause} " for cause in causes):
        raise ConfigurationError(
            f"{what}: the proxy that the environment names wants a user name and a password (407). "
            "Write them into HTTPS_PROXY: http://name:password@host:port."
        ) from None
    if any("wrong_version_number" in str(cause).lower().replace(" ", "_") for cause in causes):
        raise UnexpectedAnswer(
            f"{what}: the server answers, but not in TLS, so it is no https address. Check base_url."
        ) from None


def _reason(error: Exception) -> str:
    causes = _causes(error)
    for kinds, reason in _REASONS.items():
        if any(isinstance(cause, kinds) for cause in causes):
            return reason
    return f"the request failed ({type(error).__name__})"


def _causes(error: BaseException) -> list[BaseException]:
    """*error* and whatever lies beneath it, also where urllib3 keeps it in ``reason`` or among the arguments."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        item = queue.pop()
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            queue += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
    return found
