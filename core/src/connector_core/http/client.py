"""The HTTP edge: one request in, one JSON object out, with retries; credentials go to the configured origin only."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, NoReturn

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from connector_core.auth.kinds import Anonymous
from connector_core.basics.decoding import NotJson
from connector_core.basics.discretion import Secrets
from connector_core.basics.errors import ConfigurationError, ConnectorError, PluginError, UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.basics.quieting import quieten
from connector_core.basics.telling import came_back, shown
from connector_core.http.answers import CHECK_URL, Answer, records_in
from connector_core.http.bodies import ANSWER_BYTES, Bodies, held
from connector_core.http.origin import check_origin, check_redirect, led_to, shown_origin
from connector_core.http.reasons import CONNECT_SECONDS, READ_SECONDS, check_worth_trying, reason, refuse
from connector_core.http.retries import Patience, Retry, TransientError, is_transient, retry_after
from connector_core.http.rulings import Rulings
from connector_core.http.session import CHECK_PROXY, Sessions
from connector_core.source.limits import Limits
from connector_core.source.pagination import Page, Request
from connector_core.source.tables import Table

REDIRECTS = 5


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
        self._auth = auth
        self._log = log
        self._secrets = secrets if isinstance(secrets, Secrets) else Secrets(secrets)
        self._timeout = timeout
        self._bodies = Bodies(limit, timeout[1], clock)
        self._limits = Limits(clock, now)
        self._patience = Patience(retry or Retry(), self._limits, log, shown_origin(base_url), sleep)
        self._rulings = Rulings(self._secrets, log, now)
        self._sessions = Sessions(self._base_url, agent)
        self._session = self._sessions.main
        quieten(self._secrets)
        if attach := getattr(auth, "attach", None):
            attach(self)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections; a request in a pause gives up."""
        self._patience.close()
        self._session.close()

    def warn(self, message: str) -> None:
        """Say *message* in the log (see connector_core.auth.tokens.Line)."""
        self._log.warning(message)

    def mount(self, adapter: BaseAdapter) -> None:
        """Send what goes to ``base_url`` through *adapter* (see connector_core.auth.tokens.Line)."""
        self._sessions.mount(adapter)

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
            response = self._sessions.of(url).post(
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
            check_worth_trying(what, error)
            raise TransientError(f"{what}: {reason(error)}") from None
        with closing(response):
            response = held(response, self._bodies.whole(what, response))
        if is_transient(response):
            raise TransientError(f"{what}: {came_back(self._secrets, response, response.content)}", retry_after(response))
        if response.is_redirect or response.is_permanent_redirect:
            raise UnexpectedAnswer(
                f"{what}: the API redirects to {shown_origin(led_to(response))}. Credentials go to "
                f"{shown_origin(url)} only, and a request for a token is never redirected. "
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
            except TransientError as error:
                self._patience.pause(f"{table.name}: {request}", attempt, error)
            attempt += 1

    def _page(self, table: Table, request: Request) -> Page:
        where = f"{table.name}: {request}"
        response = self._send(table, request, where)
        with closing(response):
            headers = {name.lower(): value for name, value in response.headers.items()}
            seconds = response.elapsed.total_seconds()
            url = (response.url or "").partition("?")[0]  # its query may hold the key
            answer = Answer(response, lambda: self._bodies.whole(where, response))
            if self._rulings.ended(table, where, answer):
                return Page({}, [], seconds, headers, ended=True, url=url)
            if response.status_code != 200:
                self._refuse(where, answer)
            if table.format is not None:
                chunks = self._bodies.chunks(response)
                return Page(
                    None, self._bodies.read(where, lambda: self._spooled(table, where, chunks)), seconds, headers, url=url
                )
            body = self._decode(where, answer)
        return Page(body, records_in(table, where, body), seconds, headers, url=url)

    def _spooled(self, table: Table, where: str, chunks: Iterator[bytes]) -> Sequence[Any]:
        assert table.format is not None  # noqa: S101  (the caller has looked)
        return table.format.spool(chunks, table.columns, where, self._bodies.limit)

    def _send(self, table: Table, request: Request, where: str) -> requests.Response:
        url = check_origin(self._base_url, table.name, request.path)
        params: Mapping[str, str] | None = request.params
        for _ in range(REDIRECTS):
            try:
                self._patience.await_turn(where, table.budget)
                response = self._exchange(table, request, url, params)
            except ValueError as error:  # also from requests itself, which reads the address of a redirect at once
                self._cannot_be_sent(where, url, error)
            if not (response.is_redirect or response.is_permanent_redirect):
                return response
            response.close()
            url = check_redirect(self._base_url, where, response)
            params = None
        raise UnexpectedAnswer(f"{where}: redirected {REDIRECTS} times in a row. Check base_url.")

    def _cannot_be_sent(self, where: str, url: str, error: ValueError) -> NoReturn:
        if self._sessions.proxy_of(url):
            raise ConfigurationError(
                f"{where}: it cannot be sent ({type(error).__name__}). The environment names a proxy: {CHECK_PROXY} "
                "If it is as it should be, check base_url."
            ) from None
        raise UnexpectedAnswer(
            f"{where}: it cannot be sent, or the API redirects to what is no address ({type(error).__name__}). {CHECK_URL}"
        ) from None

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
            response = self._session.send(prepared, timeout=self._timeout, allow_redirects=False, **self._sessions.route)
        except requests.RequestException as error:
            if isinstance(error, ValueError):  # InvalidURL and its like: another try would end the same way
                raise
            check_worth_trying(f"{table.name}: {request}", error)
            # The exception itself holds the whole URL, so only its kind goes on.
            raise TransientError(reason(error)) from None
        except (ConnectorError, TransientError, ValueError):
            raise
        except Exception as error:  # noqa: BLE001  (whatever the plugin's auth object raises; its text may hold the key)
            raise PluginError(
                f"{table.name}: {request}: the auth failed with {type(error).__name__}. Correct the plugin's auth."
            ) from None
        if "Set-Cookie" in response.headers:
            for cookie in response.cookies:
                self._secrets.opened(cookie.name, cookie.value or "")
        self._limits.sent(table.budget, len(response.history))  # an auth object sends a request again that was answered 401
        if retry_after(response) is None:  # which is the more exact where it is given
            self._limits.heard(response.headers)
        return response

    def _refuse(self, where: str, answer: Answer) -> NoReturn:
        told = came_back(self._secrets, answer.response, answer.content)
        if is_transient(answer.response):
            raise TransientError(told, retry_after(answer.response))
        refuse(where, answer.response.status_code, told)

    def _decode(self, where: str, answer: Answer) -> Any:
        try:
            return answer.json()
        except NotJson as error:
            told = shown(self._secrets, answer.content) if error.shown else ""
            raise UnexpectedAnswer(f"{where}: the answer {error}{told}. {CHECK_URL}") from None
        except ValueError:
            # A body that was cut is worth another try; one that is no JSON at all fails the same way after the last.
            size = len(answer.content)
            told = shown(self._secrets, answer.content)
            raise TransientError(f"200, but the body is not whole JSON ({size} bytes{told})") from None
