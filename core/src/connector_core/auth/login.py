"""Session login: credentials once, then the token that came back."""

import time
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from requests.auth import AuthBase

from connector_core.auth.tokens import Line, Token, TokenAuth, ask, check_address, lifetime_in, text_at, token_for
from connector_core.basics.errors import PluginError
from connector_core.basics.paths import Path, cached_path, compile_path
from connector_core.source.configuration import Configuration
from connector_core.source.settings import Setting
from connector_core.source.tables import frozen_mapping


@frozen(hash=False)
class SessionLogin:
    """A POST with the credentials brings a session token, which signs the requests. A session that is rejected is renewed once.

    path:     where to log in: a path below ``base_url``, or the whole https address of another host.
    fields:   field of the body → the setting that it takes its value from.
    public:   which of these settings are no secrets.
    body:     further fields of the body, always the same.
    form:     send the body as a form instead of JSON.
    token:    where the answer holds the token, a path: ``data.session.token``.
    header, prefix: how the token is sent; the prefix with its space.
    lifetime: seconds after which to log in again without waiting for a rejection, or where the answer says so, a path:
              ``expires_in``; None where the API does not say.
    """

    path: str
    fields: Mapping[str, str] = field(factory=lambda: {"username": "username", "password": "password"}, converter=frozen_mapping)
    public: tuple[str, ...] = ("username",)
    body: Mapping[str, Any] = field(factory=dict, converter=frozen_mapping)
    form: bool = False
    token: str = "token"  # noqa: S105  (a key of the answer)
    header: str = "Authorization"
    prefix: str = "Bearer "
    lifetime: float | str | None = None
    places: tuple[Path, ...] = field(init=False, eq=False, repr=False)
    """The paths of token and lifetime, compiled."""

    def __attrs_post_init__(self) -> None:
        paths = [self.token, *([self.lifetime] if isinstance(self.lifetime, str) else [])]
        object.__setattr__(self, "places", tuple(_place(path) for path in paths))
        check_address(self.path, "SessionLogin: path")
        if not self.fields:
            raise PluginError("SessionLogin: fields is empty. Write {field of the body: name of the setting}.")
        if isinstance(self.public, str):
            raise PluginError(f'SessionLogin: public is a text. Write a list of settings: ["{self.public}"].')

    @property
    def settings(self) -> tuple[Setting, ...]:
        """One for each field of the body."""
        return tuple(
            Setting(setting, description=f"Sent as {name} to log in to the API.", secret=setting not in self.public)
            for name, setting in self.fields.items()
        )

    def __call__(self, configuration: Configuration) -> AuthBase:
        def log_in(line: Line) -> Token:
            since = time.monotonic()
            body = {**self.body, **{name: configuration[setting] for name, setting in self.fields.items()}}
            form, json = (body, None) if self.form else (None, body)
            answer = ask(line, configuration.hidden, self.fields.values(), self.path, form=form, json=json)
            said = self.lifetime
            seconds = lifetime_in(cached_path(said).get(answer)) if isinstance(said, str) else said
            return token_for(text_at(answer, self.token, self.path), seconds, since)

        return TokenAuth(log_in, configuration.hidden, self.header, self.prefix)


def _place(path: object) -> Path:
    try:
        return compile_path(path)
    except PluginError as error:
        raise PluginError(f"SessionLogin: {error}") from None
