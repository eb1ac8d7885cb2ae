"""OAuth 2 (RFC 6749): an access token for the client's own credentials, or for a refresh token."""

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
    client_id_setting, client_secret_setting: the names of the settings.
    """

    token_url: str = field()
    scope: str = ""
    client_auth: ClientAuth = "basic"
    parameters: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
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
        return TokenAuth(request, configuration.hidden, "Authorization", "Bearer ")


@frozen(kw_only=True, hash=False)
class OAuth2RefreshToken:
    """An access token for a refresh token (RFC 6749, section 6), renewed when it ends or is rejected.

    A refresh token that the API issues in exchange is used for the rest of the sync; the next one starts from the
    configuration again, because Fivetran's state is no place for a secret.

    token_url, scope, client_auth, parameters: as for OAuth2ClientCredentials.
    client_secret_setting: None for a public client, which has no secret.
    """

    token_url: str = field()
    scope: str = ""
    client_auth: ClientAuth = "basic"
    parameters: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
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
        return TokenAuth(request, configuration.hidden, "Authorization", "Bearer ")


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
        body = ask(line, self._secrets, self._settings, self._address, form=self._form, auth=self._auth)
        value = text_at(body, "access_token", self._address)
        self._secrets.add(value)
        self._check_type(body)
        if "refresh_token" in self._form and body.get("refresh_token"):
            self._form["refresh_token"] = text_at(body, "refresh_token", self._address)
            self._secrets.add(self._form["refresh_token"])
        return token_for(value, lifetime_in(body.get("expires_in")), since)

    def _check_type(self, body: Mapping[str, Any]) -> None:
        # A client must not use a token of a type that it does not know (section 7.1).
        if str(body.get("token_type") or "bearer").lower() != "bearer":
            raise UnexpectedAnswer(
                f"POST {shown_address(self._address)}: the API issues a token of another type than Bearer. "
                "Write an auth of your own for it."
            )
