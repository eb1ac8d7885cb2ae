"""What signs a request, as a plugin says it: the kind of auth, and the settings that hold the secrets. No value is written."""

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from attrs import field, frozen

from connector_build.drafting.draft import Call, Value
from connector_build.errors import UsageProblem
from connector_core.basics.names import one_line

_SECRET: Final = re.compile(
    r"^(?:authorization|proxy-authorization|cookie|signature|sig)$|api[-_ ]?key|app(?:lication)?[-_ ]?key|"
    r"(?:^|[-_])(?:access|auth|api|app|security|session|bearer|subscription)?[-_]?(?:token|secret|password|passwd|key)$|"
    r"accesstoken|authtoken|apitoken|(?<![a-z])auth(?:[-_]key)?$",
    re.IGNORECASE,
)
_NOT: Final = re.compile(
    r"^(?:(?:next_?)?page_?token|nexttoken|next_token|sort_?key|idempotency-key|after_?key|start_?key|token)$", re.IGNORECASE
)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z-]*)\s+(.+)", re.DOTALL)


def is_secret(name: str) -> bool:
    """Whether a header or parameter of this name holds a credential."""
    return bool(_SECRET.search(name)) and not _NOT.match(name)


@frozen
class Credential:
    """One thing that a request is signed with, where it is, and its name; of ``basic``, that is the user's."""

    where: Literal["header", "query", "bearer", "basic"]
    name: str
    value: str = field(repr=False)


@frozen
class Signing:
    """How a draft signs its requests. configuration: setting → its value here, which is never written."""

    auth: Value = None
    configuration: Mapping[str, str] = field(factory=dict, repr=False)


def signing(credentials: Sequence[Credential]) -> Signing:
    """The auth of the one credential that there is. Raises UsageProblem for several, which no ready-made auth sends."""
    if len(credentials) > 1:
        names = " and ".join(one_line(each.name or each.where, 40) for each in credentials)
        raise UsageProblem(
            f"{names}: a plugin's auth sends one credential. Give the one that lets you in; where the API asks for both, write a "
            "connector_auth of your own."
        )
    return _by_auth(credentials[0]) if credentials else Signing()


def _by_auth(each: Credential) -> Signing:
    match each.where:
        case "bearer":
            return Signing(Call("BearerToken"), configuration={"token": each.value})
        case "basic":
            return _basic(each.name, each.value)
        case "query":
            return Signing(Call("ApiKeyQuery", (each.name,)), configuration={"api_key": each.value})
    scheme = _SCHEME.fullmatch(each.value.strip()) if each.name.lower() == "authorization" else None
    if scheme and scheme[1].lower() == "bearer":
        return Signing(Call("BearerToken"), configuration={"token": scheme[2].strip()})
    if scheme and scheme[1].lower() == "basic" and (pair := _decoded(scheme[2])):
        return _basic(*pair)
    if scheme:
        call = Call("ApiKeyHeader", (each.name,), {"prefix": f"{scheme[1]} "})
        return Signing(call, configuration={"api_key": scheme[2].strip()})
    return Signing(Call("ApiKeyHeader", (each.name,)), configuration={"api_key": each.value.strip()})


def _basic(user: str, password: str) -> Signing:
    if not password:
        return Signing(Call("BasicAuth", ("api_key",), {"password_setting": None}), configuration={"api_key": user})
    return Signing(Call("BasicAuth"), configuration={"username": user, "password": password})


def _decoded(text: str) -> tuple[str, str] | None:
    try:
        user, colon, password = b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon else None
