"""Sending: a request becomes an answer, under the rules of every request, whoever makes it."""

import ssl
from collections.abc import Mapping
from contextlib import closing
from typing import Any, NoReturn

import requests
from attrs import evolve, field, frozen
from requests.auth import AuthBase

from connector_core.auth.kinds import Anonymous
from connector_core.basics.discretion import Secrets
from connector_core.basics.errors import ConfigurationError, ConnectorError, PluginError, UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.basics.telling import came_back
from connector_core.http.answers import CHECK_URL
from connector_core.http.attempts import Attempt, Attempts
from connector_core.http.bodies import Bodies, held
from connector_core.http.origin import asks_to_get, check_origin, check_redirect, led_to, shown_origin
from connector_core.http.prepared import Prepared
from connector_core.http.reasons import check_certificates, check_worth_trying, reason
from connector_core.http.retries import Patience, TransientError, is_transient, retry_after
from connector_core.http.session import CHECK_PROXY, Sessions
from connector_core.source.form import form_fields
from connector_core.source.pagination import Request
from connector_core.source.tables import Table

REDIRECTS = 5


@frozen(eq=False)
class Sender:
    """Sends requests to one API, and those that an auth object makes (see connector_core.auth.tokens.Line).

    timeout: seconds to connect, and to wait for the next bytes.
    """

    base_url: str
    auth: AuthBase = field(repr=False)
    secrets: Secrets
    log: Log = field(repr=False)
    sessions: Sessions = field(repr=False)
    attempts: Attempts = field(repr=False)
    bodies: Bodies
    patience: Patience = field(repr=False)
    timeout: tuple[float, float]

    def close(self) -> None:
        """Let go of the connections; a request in a pause gives up, and so does one that waits for its answer."""
        self.patience.close()
        self.attempts.end()
        self.sessions.main.close()

    def warn(self, message: str) -> None:
        """Say *message* in the log (see connector_core.auth.tokens.Line)."""
        self.log.warning(message)

    def present(self, context: ssl.SSLContext) -> None:
        """Speak TLS with the API by *context* (see connector_core.auth.tokens.Line)."""
        self.sessions.present(context)

    def post(
        self,
        address: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        auth: AuthBase | None = None,
    ) -> requests.Response:
        """The answer to an auth object's own request (see connector_core.auth.tokens.Line)."""
        url = self.base_url + address if address.startswith("/") else address
        what = f"POST {one_line(address.partition('?')[0], 100)}"
        try:
            with self.attempts.one():
                response = self._posted(what, url, form, json, auth)
        except TransientError as error:
            raise TransientError(f"{what}: {error.came_back}", error.asked) from None
        if is_transient(response):
            raise TransientError(f"{what}: {came_back(self.secrets, response, response.content)}", retry_after(response))
        if response.is_redirect or response.is_permanent_redirect:
            raise UnexpectedAnswer(
                f"{what}: the API redirects to {shown_origin(led_to(response))}. Credentials go to "
                f"{shown_origin(url)} only, and a request for a token is never redirected. "
                "If its address has changed, correct base_url or the plugin's auth."
            )
        return response

    def _posted(
        self, what: str, url: str, form: Mapping[str, str] | None, json: Mapping[str, Any] | None, auth: AuthBase | None
    ) -> requests.Response:
        try:
            response = self.sessions.of(url).post(
                url, data=form, json=json, auth=auth or Anonymous(), timeout=self.timeout, allow_redirects=False, stream=True
            )
        except ValueError as error:  # as in _send
            raise UnexpectedAnswer(
                f"{what}: it cannot be sent, or the API redirects to what is no address ({type(error).__name__}). {CHECK_URL}"
            ) from None
        except requests.RequestException as error:
            check_worth_trying(what, error)
            raise TransientError(reason(error)) from None
        with closing(response):
            return held(response, self.bodies.of(what, response))

    def send(self, table: Table, request: Request, where: str, attempt: Attempt) -> requests.Response:
        url = check_origin(self.base_url, table.name, request.path)
        params: Mapping[str, str] | None = request.params
        for _ in range(REDIRECTS):
            try:
                self.patience.await_turn(where, table.budget)
                response = self._exchange(table, request, url, params, attempt)
            except ValueError as error:  # also from requests itself, which reads the address of a redirect at once
                self._cannot_be_sent(where, url, error)
            if not (response.is_redirect or response.is_permanent_redirect):
                return response
            response.close()
            url = check_redirect(self.base_url, where, response)
            params = None
            request = evolve(request, method="GET", json=None, form=False) if asks_to_get(response) else request
        raise UnexpectedAnswer(f"{where}: redirected {REDIRECTS} times in a row. Check base_url.")

    def _cannot_be_sent(self, where: str, url: str, error: ValueError) -> NoReturn:
        if isinstance(error, UnicodeEncodeError) and error.encoding.startswith("latin"):
            raise PluginError(
                f"{where}: it cannot be sent: a header holds a letter that HTTP cannot carry. "
                "Correct the plugin's auth or paginator."
            ) from None
        if self.sessions.proxy_of(url):
            raise ConfigurationError(
                f"{where}: it cannot be sent ({type(error).__name__}). The environment names a proxy: {CHECK_PROXY} "
                "If it is as it should be, check base_url."
            ) from None
        raise UnexpectedAnswer(
            f"{where}: it cannot be sent, or the API redirects to what is no address ({type(error).__name__}). {CHECK_URL}"
        ) from None

    def _exchange(
        self, table: Table, request: Request, url: str, params: Mapping[str, str] | None, attempt: Attempt
    ) -> requests.Response:
        try:
            response = self._sent(table, request, url, params, attempt)
        except requests.RequestException as error:
            if isinstance(error, ValueError):  # InvalidURL and its like: another try would end the same way
                raise
            check_worth_trying(f"{table.name}: {request}", error)
            # The exception itself holds the whole URL, so only its kind goes on.
            raise TransientError(reason(error)) from None
        except (ConnectorError, TransientError, ValueError):
            raise
        except Exception as error:  # noqa: BLE001  (whatever the plugin's auth object raises; its text may hold the key)
            check_certificates(f"{table.name}: {request}", error)
            raise PluginError(
                f"{table.name}: {request}: the auth failed with {type(error).__name__}. Correct the plugin's auth."
            ) from None
        if "Set-Cookie" in response.headers:
            for cookie in response.cookies:
                self.secrets.opened(cookie.name, cookie.value or "")
        # An auth object sends a request again that was answered 401.
        self.patience.limits.sent(table.budget, len(response.history))
        if response.status_code < 400 or retry_after(response) is None:  # which is the more exact where it is given
            self.patience.limits.heard(response.headers)
        return response

    def _sent(
        self, table: Table, request: Request, url: str, params: Mapping[str, str] | None, attempt: Attempt
    ) -> requests.Response:
        accept = {"Accept": table.format.accept} if table.format else {}
        prepared = Prepared()
        prepared.prepare(
            request.method,
            url,
            headers={**self.sessions.main.headers, **accept, **request.headers},
            params=params,
            json=None if request.form else request.json,
            data=form_fields(request.json) if request.form else None,
            cookies=self.sessions.main.cookies,
            auth=self.auth,
        )
        attempt.begin()  # now: what the auth had to ask for first had a time of its own
        return self.sessions.main.send(prepared, timeout=self.timeout, allow_redirects=False, **self.sessions.route)
