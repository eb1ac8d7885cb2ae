"""OAuth 2 (RFC 6749): an access token for the client's own credentials, or for a refresh token."""

import re
import time
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote_plus

from attrs import field, frozen
from requests.auth import AuthBase

from connector_core.auth.kinds import basic
from connector_core.auth.tokens import Line, Token, TokenAuth, ask, check_address, lifetime_in, shown_address, text_at, token_for
from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.source.configuration import Configuration
from connector_core.source.settings import Setting
from connector_core.source.tables import frozen_mapping

ClientAuth = Literal["basic", "body"]

_TYPE = re.compile(r"[A-Za-z][A-Za-z_ .-]{0,30}")
"""What may be shown of an answer that holds a token: a name, and nothing that could be the token."""
_KEPT_NOWHERE = "Fivetran keeps no secret from sync to sync, so the next one sends the one of the configuration again."
_WAYS_OUT = (
    "Ask the API's owner for refresh tokens that stay valid, or for credentials of the application itself "
    "(OAuth2ClientCredentials)."
)


def _check(grant: "OAuth2ClientCredentials | OAuth2RefreshToken") -> None:
    name = type(grant).__name__
    check_address(grant.token_url, f"{name}: token_url")
    if grant.client_auth not in ("basic", "body"):
        raise PluginError(f"{name}: client_auth is {grant.client_auth!r}. Write 'basic' or 'body'.")


@frozen(kw_only=True, hash=False)
class OAuth2ClientCredentials:
    """An access token for the client's own credentials (RFC 6749, section 4.4), renewed when it ends or is rejected.

    token_url:   a path below ``base_url``, or the whole https address of another host.
    scope:       what to ask for, separated by spaces; empty for what the API gives by itself.
    client_auth: where the credentials go: ``basic``, in the Authorization header, or ``body``.
    parameters:  further fields of the token request, such as ``{"audience": "…"}``.
    token_type:  what the API calls a bearer token (RFC 6750), such as ``BearerToken``, where that is not ``Bearer``.
    header, prefix: how the token is sent; the prefix with its space.
    client_id_setting, client_secret_setting: the names of the settings.
    """

    token_url: str = field()
    scope: str = ""
    client_auth: ClientAuth = "basic"
    parameters: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    token_type: str = "Bearer"  # noqa: S105  (what an answer says)
    header: str = "Authorization"
    prefix: str = "Bearer "
    client_id_setting: str = "client_id"
    client_secret_setting: str = "client_secret"  # noqa: S105  (the name of a setting)

    def __attrs_post_init__(self) -> None:
        _check(self)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Client id and client secret."""
        return (
            Setting(self.client_id_setting, description="Client id of the application at the API."),
            Setting(self.client_secret_setting, description="Client secret of the application at the API.", secret=True),
        )

    def __call__(self, configuration: Configuration) -> AuthBase:
        request = _TokenRequest(self, configuration, {"grant_type": "client_credentials"})
        return TokenAuth(request, configuration.hidden, self.header, self.prefix)


@frozen(kw_only=True, hash=False)
class OAuth2RefreshToken:
    """An access token for a refresh token (RFC 6749, section 6), renewed when it ends or is rejected.

    A refresh token that the API issues in exchange is used for the rest of the sync, with a warning; the next one starts from
    the configuration again, because Fivetran's state is no place for a secret.

    token_url, scope, client_auth, parameters, token_type, header, prefix: as for OAuth2ClientCredentials.
    client_secret_setting: None for a public client, which has no secret.
    """

    token_url: str = field()
    scope: str = ""
    client_auth: ClientAuth = "basic"
    parameters: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    token_type: str = "Bearer"  # noqa: S105  (what an answer says)
    header: str = "Authorization"
    prefix: str = "Bearer "
    client_id_setting: str = "client_id"
    client_secret_setting: str | None = "client_secret"  # noqa: S105  (the name of a setting)
    refresh_token_setting: str = "refresh_token"  # noqa: S105  (the name of a setting)

    def __attrs_post_init__(self) -> None:
        _check(self)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Refresh token, client id and client secret."""
        found = [
            Setting(self.refresh_token_setting, description="Refresh token of the API.", secret=True),
            Setting(self.client_id_setting, description="Client id of the application at the API."),
        ]
        if self.client_secret_setting:
            description = "Client secret of the application at the API."
            found.append(Setting(self.client_secret_setting, description=description, secret=True))
        return tuple(found)

    def __call__(self, configuration: Configuration) -> AuthBase:
        grant = {"grant_type": "refresh_token", "refresh_token": configuration[self.refresh_token_setting]}
        request = _TokenRequest(self, configuration, grant)
        return TokenAuth(request, configuration.hidden, self.header, self.prefix)


class _TokenRequest:
    """Asks for an access token. It is called by one thread at a time, so it may keep a refresh token that was issued."""

    def __init__(
        self,
        kind: OAuth2ClientCredentials | OAuth2RefreshToken,
        configuration: Configuration,
        grant: dict[str, str],
    ) -> None:
        self._address = kind.token_url
        self._secrets = configuration.hidden
        self._kind = kind
        self._warned = False
        self._settings = [setting.name for setting in kind.settings]
        self._form = {**kind.parameters, **grant}
        self._auth: AuthBase | None = None
        if kind.scope:
            self._form["scope"] = kind.scope
        client, secret = configuration[kind.client_id_setting], kind.client_secret_setting
        if secret and kind.client_auth == "basic":
            # Both are form-encoded first (section 2.3.1).
            self._auth = basic(configuration, quote_plus(client), quote_plus(configuration[secret]))
        else:
            self._form["client_id"] = client
            if secret:
                self._form["client_secret"] = configuration[secret]

    def __call__(self, line: Line) -> Token:
        since = time.monotonic()
        body = ask(
            line, self._secrets, self._settings, self._address, form=self._form, auth=self._auth, advice=self._after_refusal
        )
        value = text_at(body, "access_token", self._address)
        self._secrets.add(value, name="access_token")
        self._check_type(body)
        if "refresh_token" in self._form and body.get("refresh_token"):
            self._rotate(line, text_at(body, "refresh_token", self._address))
        return token_for(value, lifetime_in(body.get("expires_in")), since)

    def _check_type(self, body: Mapping[str, Any]) -> None:
        # A client must not use a token of a type that it does not know (section 7.1).
        said = str(body.get("token_type") or "bearer")
        if said.lower() not in ("bearer", self._kind.token_type.lower()):
            name = repr(said) if _TYPE.fullmatch(said) else "another name"
            raise UnexpectedAnswer(
                f"POST {shown_address(self._address)}: the API says of its token that its type is {name}, not "
                f"{self._kind.token_type!r}. If it is sent like a bearer token all the same, write that into token_type of the "
                "plugin's auth, and how it is sent into header and prefix; if it has to sign each request, write an auth of your "
                "own."
            )

    def _rotate(self, line: Line, issued: str) -> None:
        """Use the refresh token that was *issued* in exchange from now on."""
        configured = self._form["refresh_token"]
        self._form["refresh_token"] = issued
        self._secrets.add(issued, name="refresh_token")
        if issued != configured and not self._warned:
            self._warned = True
            line.warn(
                f"POST {shown_address(self._address)}: the API has given out a new refresh token in place of the one in the "
                f"configuration. {_KEPT_NOWHERE} If the API takes each refresh token only once, that will be refused. {_WAYS_OUT}"
            )

    def _after_refusal(self, code: object) -> str | None:
        if code != "invalid_grant" or "refresh_token" not in self._form:
            return None
        return (
            "The API takes this refresh token no more: it has ended, was revoked, or was used before where each is taken once. "
            f"Sign in again for a new one and write it into {self._settings[0]}. If that happens after each sync: "
            f"{_KEPT_NOWHERE} {_WAYS_OUT}"
        )
