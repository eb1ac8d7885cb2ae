"""Kinds of auth in words: what signs a request, and which settings it comes from."""

from typing import Any

from connector_build.catalog.words.saying import all_of, said
from connector_core.auth.certificate import ClientCertificate
from connector_core.auth.choice import AuthChoice
from connector_core.auth.jwt_bearer import JwtBearer
from connector_core.auth.kinds import ApiKeyHeader, ApiKeyQuery, BasicAuth, BearerToken, DigestAuth, NoAuth
from connector_core.auth.login import SessionLogin
from connector_core.auth.oauth import OAuth2ClientCredentials, OAuth2RefreshToken
from connector_core.auth.path_key import ApiKeyPath
from connector_core.basics.counting import plural


@said.register
def _(_: NoAuth) -> str:
    return "none: the API asks for no credential"


@said.register
def _(auth: ApiKeyHeader) -> str:
    prefix = f' behind "{auth.prefix}"' if auth.prefix else ""
    return f"the setting {auth.setting} in the header {auth.header}{prefix}"


@said.register
def _(auth: ApiKeyQuery) -> str:
    return f"the setting {auth.setting} in the parameter {auth.param}"


@said.register
def _(auth: ApiKeyPath) -> str:
    return f"the setting {auth.setting} in the path, behind {auth.prefix}"


@said.register
def _(auth: BearerToken) -> str:
    return f"the setting {auth.setting} as a bearer token in the header Authorization"


@said.register
def _(auth: BasicAuth) -> str:
    password = f"the setting {auth.password_setting} as the password" if auth.password_setting else "no password"
    return f"Basic: the setting {auth.username_setting} as the user, {password}"


@said.register
def _(auth: DigestAuth) -> str:
    return f"Digest: the setting {auth.username_setting} as the user, the setting {auth.password_setting} as the password"


@said.register
def _(auth: OAuth2ClientCredentials) -> str:
    return f"an OAuth token for the client's own credentials ({_settings(auth)}), from {auth.token_url}{_scope(auth)}"


@said.register
def _(auth: OAuth2RefreshToken) -> str:
    return f"an OAuth token for a refresh token ({_settings(auth)}), from {auth.token_url}{_scope(auth)}"


@said.register
def _(auth: SessionLogin) -> str:
    return f"a session token, for the credentials ({_settings(auth)}) that {auth.path} takes, in the header {auth.header}"


@said.register
def _(auth: JwtBearer) -> str:
    return f"a JWT that the connector signs ({auth.algorithm}; {_settings(auth)}), in the header Authorization"


@said.register
def _(auth: ClientCertificate) -> str:
    return f"a client certificate in the TLS handshake ({_settings(auth)})"


@said.register
def _(auth: AuthChoice) -> str:
    options = "; ".join(f"{name}: {said(option)}" for name, option in auth.options.items())
    return f"as the setting {auth.setting} says. {options}"


def _settings(auth: Any) -> str:
    names = [each.name for each in auth.settings]
    return f"{plural(len(names), 'setting')} {all_of(names)}"


def _scope(auth: Any) -> str:
    return f", with the scope {auth.scope}" if auth.scope else ""
