"""Reasons in words: why a request brought no page, and who has to act."""

from collections.abc import Mapping
from typing import NoReturn

import requests

from connector_core.basics.errors import ConfigurationError, RequestRejected, UnexpectedAnswer
from connector_core.basics.wire import DecodeError, NameResolutionError, ProtocolError, ReadTimeoutError, SSLError
from connector_core.http.answers import CHECK_URL

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
REJECTED = frozenset({400, 404, 410, 422})

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


def reason(error: Exception) -> str:
    """Why a request brought no answer, in words; the error itself may hold the whole address."""
    causes = _causes(error)
    for kinds, words in _REASONS.items():
        if any(isinstance(cause, kinds) for cause in causes):
            return words
    return f"the request failed ({type(error).__name__})"


def check_worth_trying(what: str, error: requests.RequestException) -> None:
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


def refuse(where: str, status: int, came_back: str) -> NoReturn:
    """Raise for an answer to *where* that no other try would change; *came_back* is how messages tell it."""
    if status == 401:
        raise ConfigurationError(f"{where}: {came_back}. The API does not accept the key: check the key in the configuration.")
    if status == 403:
        raise ConfigurationError(f"{where}: {came_back}. The key is known but may not read this: ask the API's owner for access.")
    if status == 404:
        raise RequestRejected(f"{where}: {came_back}. There is nothing at this address: check base_url.")
    if status in REJECTED:
        raise RequestRejected(f"{where}: {came_back}. The API refuses the request: check the settings against its message.")
    raise UnexpectedAnswer(f"{where}: {came_back}, where 200 was expected. {CHECK_URL}")


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
