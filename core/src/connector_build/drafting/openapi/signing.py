"""Security schemes → auth."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from connector_build.drafting.draft import Call, Value, bare, guessed, todo
from connector_build.drafting.made import trouble
from connector_build.drafting.openapi.schemas import Schemas, SpecError
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_build.drafting.writing import name_of


def auth_of(document: Mapping[str, Any], operations: Sequence[Mapping[str, Any]], schemas: Schemas) -> Value:
    """The auth that *operations* want: that of most of them. None where none is said."""
    schemes = object_of(object_of(document.get("components")).get("securitySchemes"))
    asked = [_alternatives(operation, document) for operation in operations]
    usual = Counter(each for each in asked if each).most_common(1)
    alternatives = usual[0][0] if usual else tuple((name,) for name in schemes) if not any(asked) and schemes else ()
    stated = bool(usual)
    kinds: dict[str, Value] = {}
    for names in alternatives:
        call = _together(names, schemes, document, operations, schemas)
        if call is not None and not trouble(call):
            kinds.setdefault(name_of(names[0]), call)
    return _one_of(kinds, stated)


def _alternatives(operation: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    security = operation.get("security", document.get("security"))
    return tuple(tuple(each) for each in list_of(security) if isinstance(each, dict) and each)


def _one_of(kinds: Mapping[str, Value], stated: bool) -> Value:
    apart: dict[str, Value] = {}
    for name, call in kinds.items():
        if bare(call) not in [bare(each) for each in apart.values()]:
            apart[name] = call
    if not apart:
        return None
    first = next(iter(apart.values()))
    if len(apart) == 1:
        return first if stated else guessed(bare(first), "the only scheme that is described, though no operation names it")
    choice = Call("AuthChoice", ("auth", apart), {"default": next(iter(apart))})
    if trouble(choice):
        return guessed(bare(first), f"the first of {', '.join(apart)}")
    return choice


def _together(
    names: Sequence[str],
    schemes: Mapping[str, Any],
    document: Mapping[str, Any],
    operations: Sequence[Mapping[str, Any]],
    schemas: Schemas,
) -> Value:
    try:
        found = [_kind(schemas.followed(schemes.get(name)), _scopes(name, document, operations)) for name in names]
    except SpecError:
        return None
    found = [each for each in found if each is not None]
    if len(found) > 1:
        others = ", ".join(names[1:])
        return todo(bare(found[0]), f"{others} is wanted besides, and one auth signs a request: write a function")
    return found[0] if found else None


def _scopes(name: str, document: Mapping[str, Any], operations: Sequence[Mapping[str, Any]]) -> list[str]:
    found: dict[str, None] = {}
    for each in (document, *operations):
        for alternative in list_of(each.get("security")):
            found |= dict.fromkeys(scope for scope in list_of(object_of(alternative).get(name)) if isinstance(scope, str))
    return list(found)


def _kind(scheme: Mapping[str, Any], scopes: Sequence[str]) -> Value:
    match text_of(scheme.get("type")).lower():
        case "apikey":
            return _api_key(scheme)
        case "http":
            return _http(scheme)
        case "oauth2":
            return _oauth(object_of(scheme.get("flows")), scopes)
        case "openidconnect":
            return todo(
                Call("BearerToken"), f"OpenID Connect, described at {text_of(scheme.get('openIdConnectUrl')) or 'no address'}"
            )
        case "mutualtls":
            return Call("ClientCertificate")
    return None


def _api_key(scheme: Mapping[str, Any]) -> Value:
    name, where = text_of(scheme.get("name")), text_of(scheme.get("in"))
    if not name:
        return None
    if where == "query":
        return Call("ApiKeyQuery", (name,))
    if where == "cookie":
        return guessed(Call("ApiKeyHeader", ("Cookie",), {"prefix": f"{name}="}), f"the key is the cookie {name}")
    about = text_of(scheme.get("description"))
    prefix = next(
        (each for each in ("Bearer", "Token", "ApiKey", "Basic") if f"{each} " in about or f"{each.lower()} " in about), ""
    )
    if name.lower() == "authorization" and prefix:
        return guessed(Call("ApiKeyHeader", (name,), {"prefix": f"{prefix} "}), f"its description speaks of {prefix}")
    return Call("ApiKeyHeader", (name,))


def _http(scheme: Mapping[str, Any]) -> Value:
    name = text_of(scheme.get("scheme"))
    match name.lower():
        case "basic":
            return Call("BasicAuth")
        case "digest":
            return Call("DigestAuth")
        case "bearer":
            return Call("BearerToken")
        case "":
            return None
    return guessed(Call("ApiKeyHeader", ("Authorization",), {"prefix": f"{name} "}), f"the scheme {name}")


def _oauth(flows: Mapping[str, Any], scopes: Sequence[str]) -> Value:
    for name, word in (("clientCredentials", "OAuth2ClientCredentials"), ("authorizationCode", "OAuth2RefreshToken")):
        flow = object_of(flows.get(name))
        url = text_of(flow.get("tokenUrl") if name == "clientCredentials" else flow.get("refreshUrl") or flow.get("tokenUrl"))
        if flow:
            options: dict[str, Value] = {"token_url": url}
            options |= {"scope": " ".join(scopes)} if scopes and name == "clientCredentials" else {}
            call = Call(word, (), options)
            if not url or trouble(call):
                return todo(Call("BearerToken"), f"OAuth 2 with the token address {url or 'that is not said'}")
            return (
                call if name == "clientCredentials" else guessed(call, "a person signs in once, and hands over the refresh token")
            )
    flow_names = ", ".join(flows) or "no flow"
    return todo(
        Call("BearerToken", ("access_token",)), f"OAuth 2 with {flow_names}: an access token, which ends, has to be pasted"
    )
