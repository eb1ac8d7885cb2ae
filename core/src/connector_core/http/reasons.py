"""Reasons in words: why a request brought no page, and who has to act."""

import re
import ssl
from collections.abc import Iterable, Mapping
from typing import NoReturn

import requests

from connector_core.basics.errors import ConfigurationError, RequestRejected, SourceError, UnexpectedAnswer
from connector_core.basics.wire import DecodeError, NameResolutionError, ProtocolError, ReadTimeoutError, SSLError
from connector_core.http.answers import CHECK_URL
from connector_core.http.attempts import TookTooLong

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
    (requests.ConnectTimeout,): "no connection within {seconds} s",
    (requests.Timeout, ReadTimeoutError): "no answer within {seconds} s",
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
    for cause in causes:
        if isinstance(cause, TookTooLong):
            return str(cause)
    for kinds, words in _REASONS.items():
        if any(isinstance(cause, kinds) for cause in causes):
            return words.format(seconds=_seconds(causes))
    return f"the request failed ({type(error).__name__})"


def check_worth_trying(what: str, error: requests.RequestException) -> None:
    """Raise for a request, *what*, that brought no answer and would bring none the next time either."""
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise SourceError(f"{what}: the TLS certificate was not accepted: {_untrusted(cause)}") from None
    if any(isinstance(cause, OSError) and " 407 " in f"{cause} " for cause in causes):
        raise ConfigurationError(
            f"{what}: the proxy that the environment names wants a user name and a password (407). "
            "Write them into HTTPS_PROXY: http://name:password@host:port."
        ) from None
    if any("wrong_version_number" in str(cause).lower().replace(" ", "_") for cause in causes):
        raise UnexpectedAnswer(
            f"{what}: the server answers, but not in TLS, so it is no https address. Check base_url."
        ) from None


def check_certificates(what: str, error: Exception) -> None:
    """Raise for an *error* of requests that the certificates which the environment names are not there."""
    if isinstance(error, OSError) and "TLS" in str(error):
        raise ConfigurationError(
            f"{what}: the certificates that the environment names are not there: "
            "REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE) has to be a PEM file, or a folder of them."
        ) from None


def refuse(where: str, status: int, came_back: str) -> NoReturn:
    """Raise for an answer to *where* that no other try would change; *came_back* is how messages tell it."""
    if status == 401:
        raise ConfigurationError(f"{where}: {came_back}. The API does not accept the key: check the key in the configuration.")
    if status == 403:
        raise ConfigurationError(f"{where}: {came_back}. The key is known but may not read this: ask the API's owner for access.")
    if status == 202:
        raise UnexpectedAnswer(
            f"{where}: {came_back}. The API has taken the request and is still at work on it. Put retry(status=202), or "
            "wait_until with the place that says when, into the errors of the table."
        )
    if status == 404:
        raise RequestRejected(f"{where}: {came_back}. There is nothing at this address: check base_url.")
    if status in REJECTED:
        raise RequestRejected(f"{where}: {came_back}. The API refuses the request: check the settings against its message.")
    raise UnexpectedAnswer(f"{where}: {came_back}, where 200 was expected. {CHECK_URL}")


def refuse_elsewhere(where: str, came_back: str) -> NoReturn:
    """The same, of a host that was asked without credentials."""
    raise RequestRejected(
        f"{where}: {came_back}. That host is not the API: it was asked without a key, and its address says who may ask. A signed "
        "address is good for a while only; the next sync asks the API for another. If it fails the same way, ask the API's owner."
    )


def _seconds(causes: Iterable[BaseException]) -> str:
    """After how many seconds urllib3 gave up, which only the text of its error says."""
    found = (re.search(r"timeout=(\d+(?:\.\d+)?)", str(cause)) for cause in causes)
    return next((f"{float(each[1]):g}" for each in found if each), "its")


def _untrusted(error: ssl.SSLCertVerificationError) -> str:
    """What is wrong with a certificate, and what to do, by the code that OpenSSL gives it (X509_V_ERR_…)."""
    code = error.verify_code
    if code in (9, 10):
        when = "is not valid yet" if code == 9 else "has expired"
        return f"it {when}. Ask the API's owner for a new one; if it is right, the clock of this machine is wrong."
    if code in (62, 64):
        return "it is for another host. Check base_url; if it is right, ask the API's owner."
    if code in range(80, 95):
        return (
            f"it breaks a rule of RFC 5280 that Python 3.13 and later insist on ({error.verify_message}). Ask whoever made it "
            "for one that keeps it. Until then, run the connector on Python 3.12: FIVETRAN_PYTHON_VERSION=3.12 for deploy.sh."
        )
    return (
        "it comes from an authority that this machine does not know. If that is one of your own organisation, set the "
        "environment variable REQUESTS_CA_BUNDLE to a PEM file with its certificate; where none can be set, as on Fivetran, add "
        "the setting ca_certificate() to the plugin, and give it that file in base64. If it is not, somebody may be listening: "
        "check base_url."
    )


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
