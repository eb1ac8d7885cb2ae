"""Tokens that the connector gets by itself: asking for one, signing with it, and renewing it."""

import re
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from attrs import field, frozen
from requests import PreparedRequest
from requests.auth import AuthBase

from connector_core.basics.counting import counted
from connector_core.basics.decoding import NotJson, charset_of, decode
from connector_core.basics.discretion import Secrets
from connector_core.basics.errors import ConfigurationError, PluginError, UnexpectedAnswer
from connector_core.basics.hints import did_you_mean_place
from connector_core.basics.names import one_line
from connector_core.basics.paths import cached_path
from connector_core.basics.telling import came_back
from connector_core.source.setting_kinds import is_loopback

MARGIN_SECONDS = 30.0
"""How long before its end a token is renewed; a tenth of its life where that is less."""


class Line(Protocol):
    """What an auth object may do through the client that it belongs to, under the rules of every request.

    The client calls ``auth.attach(line)`` once, before the first request, if the auth object has that method.
    """

    def post(
        self,
        address: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        auth: AuthBase | None = None,
    ) -> requests.Response:
        """The answer to a POST to a path below ``base_url``, or to an address that the plugin itself names.

        No redirect is followed. What may pass is tried again, together with the request that needed it.
        """

    def warn(self, message: str) -> None:
        """Say *message* in the log: something that somebody should look at, although the sync goes on."""

    def present(self, context: ssl.SSLContext) -> None:
        """Speak TLS with the API by *context*. Raises ConfigurationError where the API is not asked over TLS."""


@frozen
class Token:
    """A token, and the reading of ``time.monotonic`` from which on it is no longer used; None: until it is rejected."""

    value: str = field(repr=False)
    ends: float | None = None

    def over(self, now: float) -> bool:
        """Whether it has to be renewed."""
        return self.ends is not None and now >= self.ends


def token_for(value: str, lifetime: float | None, since: float) -> Token:
    """A token that was asked for at *since* and lives *lifetime* seconds; None: nobody knows how long."""
    return Token(value, None if lifetime is None else since + lifetime - min(MARGIN_SECONDS, lifetime / 10))


class TokenAuth(AuthBase):
    """Signs with a token that *obtain* brings. It is renewed when it ends, and once for a request that is answered 401.

    Threads may share it: while one renews, the others wait for the same token.
    """

    def __init__(self, obtain: Callable[[Line], Token], secrets: Secrets, header: str, prefix: str) -> None:
        self._obtain = obtain
        self._secrets = secrets
        self._header = header
        self._prefix = prefix
        self._line: Line | None = None
        self._token: Token | None = None
        self._lock = threading.Lock()

    def attach(self, line: Line) -> None:
        """Take *line* to ask for tokens."""
        self._line = line

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        token = self._valid()
        self._sign(request, token)
        request.register_hook("response", partial(self._answered, token))  # type: ignore[no-untyped-call]  # the stubs say nothing
        return request

    def renew(self, request: PreparedRequest) -> None:
        """Let the next request have another token than *request* was signed with."""
        with self._lock:
            if self._token and request.headers.get(self._header) == self._prefix + self._token.value:
                self._token = None

    def _valid(self, rejected: Token | None = None) -> Token:
        with self._lock:
            token = self._token
            if token is None or token is rejected or token.over(time.monotonic()):
                if self._line is None:
                    raise PluginError("The auth was not attached to a client. Call its attach from that of your own auth object.")
                self._token = None  # so that one that is over or rejected is not used again if this fails
                token = self._obtain(self._line)
                self._secrets.add(token.value, name=self._header)
                self._token = token
            return token

    def _sign(self, request: PreparedRequest, token: Token) -> None:
        request.headers[self._header] = self._prefix + token.value

    def _answered(self, token: Token, response: requests.Response, **sending: Any) -> requests.Response:
        if response.status_code != 401:
            return response
        response.close()  # and not read to its end, which may be far
        again = response.request.copy()
        self._sign(again, self._valid(rejected=token))
        answer: requests.Response = response.connection.send(again, **sending)
        answer.history.append(response)
        answer.request = again
        return answer


def ask(
    line: Line,
    secrets: Secrets,
    settings: Iterable[str],
    address: str,
    *,
    form: Mapping[str, str] | None = None,
    json: Mapping[str, Any] | None = None,
    auth: AuthBase | None = None,
    advice: Callable[[object], str | None] | None = None,
) -> Mapping[str, Any]:
    """The JSON object that answers a request for a token, made with the credentials in *settings*.

    advice: what to do after a refusal, by the code in its ``error`` (RFC 6749, section 5.2); None: check the credentials.

    Raises ConfigurationError when they are refused, UnexpectedAnswer when the answer is something else.
    """
    response = line.post(address, form=form, json=json, auth=auth)
    where = f"POST {shown_address(address)}"
    if response.status_code in (400, 401, 403, 422):
        usual = f"The API gives no token for these credentials: check {', '.join(settings)} in the configuration."
        told = advice(_code(response)) if advice else None
        raise ConfigurationError(f"{where}: {came_back(secrets, response, response.content)}. {told or usual}")
    if not 200 <= response.status_code < 300:
        raise UnexpectedAnswer(
            f"{where}: {came_back(secrets, response, response.content)}, where a token was expected. "
            "Check base_url; if it is right, correct the address of the token in the plugin's auth."
        )
    # From here on nothing of the answer is shown: it holds a token that nobody knows yet.
    try:
        body = decode(response.content, charset_of(response.headers))
    except (ValueError, NotJson):
        kind = "a web page" if response.content.lstrip()[:1] == b"<" else counted(len(response.content), "byte")
        raise UnexpectedAnswer(
            f"{where}: the answer is {kind}, not JSON with a token. "
            "Check base_url, and the address of the token in the plugin's auth."
        ) from None
    if not isinstance(body, dict):
        raise UnexpectedAnswer(f"{where}: the answer is no JSON object, so it holds no token. Correct the plugin's auth.")
    return body


def _code(response: requests.Response) -> object:
    try:
        body = decode(response.content, charset_of(response.headers))
    except (ValueError, NotJson):
        return None
    return body.get("error") if isinstance(body, dict) else None


def text_at(body: Mapping[str, Any], path: str, address: str) -> str:
    """The token at *path* of an answer. Raises UnexpectedAnswer, which shows keys only, where there is none."""
    place = cached_path(path)
    value = place.get(body)
    if value is None:
        holder = [held for _, held in place.holders(body)][-1:]
        there = one_line(", ".join(holder[0] if holder else ()), 200) or "no key at all"
        raise UnexpectedAnswer(
            f"POST {shown_address(address)}: the answer has no {path!r}{did_you_mean_place(path, [body])}, only {there}. "
            "Correct the plugin's auth."
        )
    if not isinstance(value, str) or not value or not (value.isascii() and value.isprintable()):
        raise UnexpectedAnswer(
            f"POST {shown_address(address)}: {path!r} of the answer is no text that a header can carry. "
            "Correct the plugin's auth."
        )
    return value


def lifetime_in(value: object) -> float | None:
    """Seconds from an ``expires_in``, a number or digits; None where it does not say."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < float("inf") else None


def check_address(address: str, what: str) -> None:
    """Raise PluginError unless *address* is a path below ``base_url`` or an https address (http on this machine)."""
    if found := re.search(r"\{\w[\w.]*\}", address):
        raise PluginError(f"{what} has {found[0]} in it, which nothing is put in place of. Write a function that makes the auth.")
    parts = urlsplit(address)
    if address.startswith("/") and not address.startswith("//"):
        return
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))):
        return
    raise PluginError(f"{what} is {address!r}. Write a path below base_url, such as /oauth/token, or an address with https://.")


def shown_address(address: str) -> str:
    """*address* without its query, on one line."""
    return one_line(address.partition("?")[0], 100)
