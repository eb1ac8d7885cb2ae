"""Authenticators of a manifest → auth."""

from collections.abc import Mapping
from typing import Any

from connector_build.drafting.airbyte import manifest
from connector_build.drafting.airbyte.asking import WHERE
from connector_build.drafting.airbyte.expressions import NotUnderstoodError
from connector_build.drafting.airbyte.filling import Filling
from connector_build.drafting.airbyte.times import seconds_of
from connector_build.drafting.draft import Call, Noted, Value, bare, guessed, todo
from connector_build.drafting.made import trouble
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_build.drafting.texts import path_to
from connector_build.drafting.writing import name_of
from connector_core.basics.names import one_line


def auth_of(authenticator: Any, filling: Filling) -> Value:
    """The auth that *authenticator* says; a marked stand-in where it cannot be said, None where there is none."""
    kind = manifest.kind(authenticator)
    if not object_of(authenticator) or kind == "NoAuth":
        return None
    maker = _MAKERS.get(kind)
    try:
        found = maker(authenticator, filling) if maker else None
    except NotUnderstoodError:
        found = None
    why = trouble(found) if found is not None else ""
    if found is None or why:
        what = text_of(authenticator.get("class_name")) or kind or "an authenticator without a type"
        return todo(Call("BearerToken"), f"{what}{f': {why}' if why else ''}")
    return found


def _bearer(authenticator: Any, filling: Filling) -> Value:
    found = filling.credential(manifest.field(authenticator, "api_token"), authenticator)
    if found is None:
        return None
    prefix, setting = found
    return (
        Call("ApiKeyHeader", ("Authorization",), {"setting": setting, "prefix": f"Bearer {prefix}"})
        if prefix
        else Call("BearerToken", (setting,))
    )


def _api_key(authenticator: Any, filling: Filling) -> Value:
    found = filling.credential(manifest.field(authenticator, "api_token"), authenticator)
    inject = object_of(authenticator.get("inject_into"))
    where = WHERE.get(text_of(inject.get("inject_into")), "header")
    name = filling.constant(inject.get("field_name") or manifest.field(authenticator, "header") or "", authenticator)
    if found is None or not name or where == "body":
        return None
    prefix, setting = found
    if where == "query":
        return Call("ApiKeyQuery", (name,), {"setting": setting}) if not prefix else None
    return Call("ApiKeyHeader", (name,), {"setting": setting, **({"prefix": prefix} if prefix else {})})


def _basic(authenticator: Any, filling: Filling) -> Value:
    username = filling.credential(manifest.field(authenticator, "username"), authenticator)
    given = manifest.field(authenticator, "password")
    password = filling.credential(given, authenticator) if given else None
    if username is None or username[0] or (password and password[0]):
        return None
    if password is None:
        call = Call("BasicAuth", (username[1],), {"password_setting": None})
        return guessed(call, f"the password {one_line(given, 40)} is left out") if given else call
    return Call("BasicAuth", (username[1], password[1]))


def _oauth(authenticator: Any, filling: Filling) -> Value:
    def named(field: str, fallback: str) -> str:
        found = filling.credential(manifest.field(authenticator, field), authenticator)
        return found[1] if found and not found[0] else fallback

    url = filling.text(manifest.field(authenticator, "token_refresh_endpoint") or "", authenticator)
    if url.startswith("{settings.") and "}/" in url:
        url = url[url.index("}/") + 1 :]  # below the address of the API, which is configured
    refreshed = text_of(authenticator.get("grant_type")) != "client_credentials"
    options: dict[str, Value] = {"token_url": url, "client_auth": "body"}
    scopes = [each for each in list_of(manifest.field(authenticator, "scopes")) if isinstance(each, str)]
    options |= {"scope": " ".join(scopes)} if scopes else {}
    extra = {
        name: value for name, value in object_of(authenticator.get("refresh_request_body")).items() if name != manifest.PARAMETERS
    }
    options |= {"parameters": {name: filling.text(value, authenticator) for name, value in extra.items()}} if extra else {}
    options |= {
        "client_id_setting": named("client_id", "client_id"),
        "client_secret_setting": named("client_secret", "client_secret"),
    }
    if not refreshed:
        return Call("OAuth2ClientCredentials", (), options)
    call = Call("OAuth2RefreshToken", (), options | {"refresh_token_setting": named("refresh_token", "refresh_token")})
    single_use = object_of(authenticator.get("refresh_token_updater"))
    return (
        guessed(call, "the manifest keeps each new refresh token; here the configured one has to stay valid")
        if single_use
        else call
    )


def _session(authenticator: Any, filling: Filling) -> Value:
    login = manifest.field(authenticator, "login_requester")
    path = filling.text(manifest.field(login, "path") or "", login)
    fields, body, form = _login_fields(login, filling)
    used = object_of(authenticator.get("request_authentication"))
    inject = object_of(used.get("inject_into"))
    if not fields or text_of(inject.get("inject_into")) not in ("", "header"):
        return None
    options: dict[str, Value] = {"fields": fields, "public": [name for name in fields.values() if not _is_secret(name)]}
    options |= {"body": body} if body else {}
    options |= {"form": True} if form else {}
    keys = [str(each) for each in list_of(authenticator.get("session_token_path"))]
    options["token"] = path_to(*keys)
    if manifest.kind(used) == "ApiKey":
        prefix = text_of(object_of(used.get("api_token")).get("prefix"))
        options |= {"header": text_of(inject.get("field_name")), "prefix": prefix}
    lifetime = seconds_of(authenticator.get("expiration_duration"))
    options |= {"lifetime": lifetime} if lifetime else {}
    return guessed(Call("SessionLogin", (f"/{path.lstrip('/')}",), options), "the login is below the address of the API")


def _is_secret(name: str) -> bool:
    return not name.endswith(("user", "username", "email", "login", "name", "id", "client"))


def _login_fields(login: Any, filling: Filling) -> tuple[dict[str, str], dict[str, Value], bool]:
    given = object_of(manifest.field(login, "request_body_json")) or object_of(manifest.field(login, "request_body_data"))
    fields: dict[str, str] = {}
    body: dict[str, Value] = {}
    for name, value in given.items():
        found = filling.credential(value, login)
        if found and not found[0]:
            fields[name] = found[1]
        elif name != manifest.PARAMETERS:
            body[name] = filling.text(value, login)
    return fields, body, not manifest.field(login, "request_body_json")


def _jwt(authenticator: Any, filling: Filling) -> Value:
    key = filling.credential(manifest.field(authenticator, "secret_key"), authenticator)
    payload, headers = object_of(authenticator.get("jwt_payload")), object_of(authenticator.get("jwt_headers"))

    def setting(part: Mapping[str, Any], name: str) -> str | None:
        found = filling.credential(part.get(name), authenticator) if part.get(name) else None
        return found[1] if found else None

    if key is None:
        return None
    options: dict[str, Value] = {"algorithm": text_of(authenticator.get("algorithm")) or "RS256", "key_setting": key[1]}
    options |= {"issuer_setting": setting(payload, "iss"), "subject_setting": setting(payload, "sub")}
    options |= {"key_id_setting": setting(headers, "kid"), "audience": filling.text(payload.get("aud") or "", authenticator)}
    duration = authenticator.get("token_duration")
    options |= {"lifetime": duration} if isinstance(duration, int) else {}
    return guessed(Call("JwtBearer", (), options), "claims of its own are left out")


def _selective(authenticator: Any, filling: Filling) -> Value:
    keys = [str(each) for each in list_of(authenticator.get("authenticator_selection_path"))]
    kinds: dict[str, Value] = {}
    missing = []
    for name, each in object_of(authenticator.get("authenticators")).items():
        if name == manifest.PARAMETERS:
            continue
        found = auth_of(each, filling)
        if found is None or (isinstance(found, Noted) and found.kind == "TODO"):
            missing.append(name)
        else:
            kinds[name] = bare(found)
    if not kinds:
        return None
    choice: Value = Call("AuthChoice", (name_of("_".join(keys[-1:]), "auth"), kinds))
    choice = next(iter(kinds.values())) if trouble(choice) else choice
    return todo(choice, f"{', '.join(missing)} is left out") if missing else choice


_MAKERS = {
    "ApiKeyAuthenticator": _api_key,
    "BearerAuthenticator": _bearer,
    "BasicHttpAuthenticator": _basic,
    "OAuthAuthenticator": _oauth,
    "SessionTokenAuthenticator": _session,
    "JwtAuthenticator": _jwt,
    "SelectiveAuthenticator": _selective,
}
