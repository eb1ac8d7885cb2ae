"""JWT (RFC 7519) that the connector signs itself."""

import importlib
import time
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from requests.auth import AuthBase

from connector_core.auth.tokens import Line, Token, TokenAuth, token_for
from connector_core.basics.errors import ConfigurationError, PluginError
from connector_core.source.configuration import Configuration
from connector_core.source.settings import Setting
from connector_core.source.tables import frozen_mapping


@frozen(kw_only=True, hash=False)
class JwtBearer:
    """A short-lived JWT that the connector signs: ``Authorization: Bearer …``. The plugin has to depend on ``pyjwt[crypto]``.

    algorithm:       ``RS256``, ``ES256`` …: the key is a PEM file in base64; ``HS256`` …: it is the shared secret itself.
    key_setting:     the (secret) setting that holds the key.
    issuer_setting, subject_setting, key_id_setting: the settings for the claims ``iss`` and ``sub`` and for the header
                     ``kid``; None leaves it out.
    audience:        the claim ``aud``; empty leaves it out.
    claims:          further claims, always the same.
    lifetime:        seconds from ``iat`` to ``exp``; a new one is signed in time.
    """

    algorithm: str = "RS256"
    key_setting: str = "private_key"
    issuer_setting: str | None = "issuer"
    subject_setting: str | None = None
    key_id_setting: str | None = None
    audience: str = ""
    claims: Mapping[str, Any] = field(factory=dict, converter=frozen_mapping)
    lifetime: float = 300.0

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The key, then what the claims take from the configuration."""
        key = "Shared secret" if self._shared else "Private key, a PEM file in base64,"
        named = {"Issuer": self.issuer_setting, "Subject": self.subject_setting, "Key id": self.key_id_setting}
        return (
            Setting(self.key_setting, description=f"{key} that signs the requests.", secret=True),
            *(Setting(name, description=f"{what} of the signature.") for what, name in named.items() if name),
        )

    @property
    def needs(self) -> tuple[str, ...]:
        """The packages, by the name that they are imported under, that it needs beyond what ships."""
        return ("jwt",)

    @property
    def _shared(self) -> bool:
        return self.algorithm.startswith("HS")

    def __call__(self, configuration: Configuration) -> AuthBase:
        try:
            # By name: a package that only some plugins need, and declare, is no dependency of this one.
            jwt = importlib.import_module("jwt")
        except ImportError:
            raise PluginError('JwtBearer needs PyJWT. Add "pyjwt[crypto]>=2.8" to the plugin\'s dependencies.') from None
        if self.algorithm not in jwt.algorithms.get_default_algorithms():
            raise PluginError(
                f"JwtBearer: PyJWT does not know {self.algorithm!r} here. Write an algorithm of RFC 7518, such as RS256, and "
                'add "pyjwt[crypto]>=2.8" to the plugin\'s dependencies.'
            )
        key = configuration[self.key_setting] if self._shared else pem(configuration, self.key_setting)

        def sign(_: Line | None = None) -> Token:
            since, now = time.monotonic(), int(time.time())
            claims = {**self.claims, "iat": now, "exp": now + int(self.lifetime), **self._named(configuration)}
            headers = {"kid": configuration[self.key_id_setting]} if self.key_id_setting else None
            try:
                return token_for(jwt.encode(claims, key, self.algorithm, headers), self.lifetime, since)
            except Exception as error:  # noqa: BLE001  (PyJWT's own and those of cryptography; their texts may hold the key)
                raise ConfigurationError(
                    f"{self.key_setting} is no key that can sign with {self.algorithm} ({type(error).__name__}). "
                    "Check it in the configuration."
                ) from None

        sign()  # so that a key that cannot sign is noticed before the first request
        return TokenAuth(sign, configuration.hidden, "Authorization", "Bearer ")

    def _named(self, configuration: Configuration) -> dict[str, str]:
        named = {"iss": self.issuer_setting, "sub": self.subject_setting}
        claims = {claim: configuration[setting] for claim, setting in named.items() if setting}
        return {**claims, "aud": self.audience} if self.audience else claims


def pem(configuration: Configuration, setting: str) -> str:
    """The PEM text that *setting* holds in base64. Raises ConfigurationError when it does not."""
    try:
        text = b64decode("".join(configuration[setting].split()), validate=True).decode("ascii")
    except ValueError:
        text = ""
    if "-----BEGIN " not in text:
        raise ConfigurationError(f"{setting} is no PEM file in base64. Encode the file as one line: base64 -w0 FILE.")
    return text
