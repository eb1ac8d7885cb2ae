"""Auth: from the configuration to a ``requests`` auth object."""

from base64 import b64encode
from io import BytesIO
from typing import Any, Protocol, runtime_checkable
from unicodedata import normalize
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from attrs import field, frozen
from requests import PreparedRequest, Response
from requests.auth import AuthBase, HTTPDigestAuth

from connector_core.basics.discretion import SHOWN_BYTES
from connector_core.basics.errors import ConfigurationError
from connector_core.basics.wire import HTTPResponse
from connector_core.source.configuration import Configuration
from connector_core.source.settings import Setting


@runtime_checkable
class AuthFactory(Protocol):
    """What ``connector_auth`` returns: any callable from the configuration to an ``AuthBase``.

    It may have an attribute ``settings``, the settings that it reads; they join those of the dataset. The ``AuthBase`` may
    have a method ``attach(line)``, which the client calls once, with itself (see ``connector_core.auth.tokens.Line``), and a
    method ``renew(request)``, which it calls where an error rule says ``renew``: what signed *request* is not used again.
    """

    def __call__(self, configuration: Configuration) -> AuthBase: ...


@frozen
class ApiKeyHeader:
    """The API's key in a request header.

    header:  the header's name, such as ``api_key`` or ``X-API-Key``.
    setting: the name of the (secret, required) setting that holds the key.
    prefix:  what stands before the key, with its space: ``"Token "``.
    """

    header: str
    setting: str = "api_key"
    prefix: str = field(default="", repr=False)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The one setting that this auth reads."""
        return (Setting(self.setting, description=f"The API's key, sent in the header {self.header}.", secret=True),)

    def __call__(self, configuration: Configuration) -> AuthBase:
        key = header_text(configuration, self.setting)
        configuration.hidden.add(key, name=self.header)
        return HeaderAuth(self.header, self.prefix + key)


@frozen
class ApiKeyQuery:
    """The API's key in a query parameter.

    param:   the parameter's name, such as ``api_key``.
    setting: the name of the (secret, required) setting that holds the key.
    """

    param: str
    setting: str = "api_key"

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The one setting that this auth reads."""
        return (Setting(self.setting, description=f"The API's key, sent in the query parameter {self.param}.", secret=True),)

    def __call__(self, configuration: Configuration) -> AuthBase:
        configuration.hidden.add(configuration[self.setting], name=self.param)
        return _QueryAuth(self.param, configuration[self.setting])


@frozen
class BearerToken:
    """A fixed access token (RFC 6750): ``Authorization: Bearer …``, from the (secret, required) setting *setting*."""

    setting: str = "token"

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The one setting that this auth reads."""
        return (Setting(self.setting, description="Access token of the API.", secret=True),)

    def __call__(self, configuration: Configuration) -> AuthBase:
        return HeaderAuth("Authorization", f"Bearer {header_text(configuration, self.setting)}")


@frozen
class BasicAuth:
    """User name and password (RFC 7617), in UTF-8 whatever letters they have.

    username_setting: the setting that holds the user name.
    password_setting: the (secret) setting that holds the password. None: the API takes its key as user name and no password,
                      so the user name is the secret.
    """

    username_setting: str = "username"
    password_setting: str | None = "password"  # noqa: S105  (the name of a setting)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """User name and password."""
        if self.password_setting is None:
            return (Setting(self.username_setting, description="The API's key, sent as user name.", secret=True),)
        return _login_settings(self.username_setting, self.password_setting)

    def __call__(self, configuration: Configuration) -> AuthBase:
        username = configuration[self.username_setting]
        if ":" in username:
            raise ConfigurationError(f"{self.username_setting} holds a colon, which no user name of HTTP Basic may. Correct it.")
        return basic(configuration, username, configuration[self.password_setting] if self.password_setting else "")


@frozen
class DigestAuth:
    """User name and password that do not travel (RFC 7616), as ``requests`` does it."""

    username_setting: str = "username"
    password_setting: str = "password"  # noqa: S105  (the name of a setting)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """User name and password."""
        return _login_settings(self.username_setting, self.password_setting)

    def __call__(self, configuration: Configuration) -> AuthBase:
        names = (self.username_setting, self.password_setting)
        return _Digest(*(normalize("NFC", configuration[name]) for name in names))


@frozen
class NoAuth:
    """An API that asks for no credential."""

    def __call__(self, configuration: Configuration) -> AuthBase:  # noqa: ARG002  (the signature of every factory)
        return Anonymous()


@frozen(eq=False)
class HeaderAuth(AuthBase):
    """Sets one header."""

    header: str
    value: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[self.header] = self.value
        return request


class Anonymous(AuthBase):
    """An auth object that adds nothing, rather than none at all: without one, requests would look into ~/.netrc."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


def header_text(configuration: Configuration, setting: str) -> str:
    """The value of *setting*. Raises ConfigurationError where no header can carry it as it is (RFC 9110, section 5.5)."""
    text: str = configuration[setting]
    if not text.isascii():
        raise ConfigurationError(
            f"The configuration cannot be used: {setting} holds a letter beyond ASCII, which no HTTP header can carry. "
            "Correct it and sync again."
        )
    return text


def basic(configuration: Configuration, username: str, password: str) -> AuthBase:
    """HTTP Basic in UTF-8. What travels is as good as the password itself, so it is struck out like it."""
    credentials = b64encode(normalize("NFC", f"{username}:{password}").encode()).decode()
    configuration.hidden.add(credentials, name="authorization")
    return HeaderAuth("Authorization", f"Basic {credentials}")


class _Digest(HTTPDigestAuth):
    """What ``requests`` has, but for reading the body of a 401 to its end, which may be far, and for letters beyond ASCII."""

    def build_digest_header(self, method: str, url: str) -> Any:
        """The header, in UTF-8 (RFC 7616, section 4)."""
        header: str | None = super().build_digest_header(method, url)  # type: ignore[no-untyped-call]  # the stubs say nothing
        return header.encode() if header and not header.isascii() else header

    def handle_401(self, r: Response, **kwargs: Any) -> Response:
        """Answer the challenge."""
        if r.status_code == 401:
            # As it came: what it unpacks to has no bound.
            beginning = r.raw.read(SHOWN_BYTES, decode_content=False)
            r.raw.close()
            r.raw = HTTPResponse(BytesIO(beginning), preload_content=False)
        answer: Response = super().handle_401(r, **kwargs)  # type: ignore[no-untyped-call]  # requests' stubs say nothing
        return answer


@frozen(eq=False)
class _QueryAuth(AuthBase):
    param: str
    value: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        parts = urlsplit(str(request.url))
        # A redirect may bring the parameter along already; twice, it would be refused.
        kept = [pair for pair in parts.query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != self.param]
        query = "&".join([*kept, f"{quote(self.param, safe='')}={quote(self.value, safe='')}"])
        request.url = urlunsplit(parts._replace(query=query))
        return request


def _login_settings(username: str, password: str) -> tuple[Setting, ...]:
    return (
        Setting(username, description="User name at the API."),
        Setting(password, description="Password at the API.", secret=True),
    )
