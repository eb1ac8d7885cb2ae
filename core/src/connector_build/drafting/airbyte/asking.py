"""A requester → what a request of a table carries: its path, parameters, headers and body, and where positions go."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from attrs import field, frozen
from jinja2 import nodes

from connector_build.drafting.airbyte import manifest
from connector_build.drafting.airbyte.expressions import NotUnderstoodError, equality, pieces, reference, single
from connector_build.drafting.airbyte.filling import Filling, Timed
from connector_build.drafting.draft import Call, Value
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_build.drafting.texts import is_header, literal_text, path_to
from connector_core.basics.names import one_line
from connector_core.source.pagination import Where

UNKNOWN: Final = "?"
"""What an origin begins with that was not understood; the expression is behind it."""
WHERE: Final[Mapping[str, Where]] = {
    "request_parameter": "query",
    "header": "header",
    "body_data": "body",
    "body_json": "body",
    "path": "path",
}


@frozen
class Spot:
    """Where something is put into a request."""

    name: str
    where: Where


@frozen(hash=False)
class Asked:
    """What a request carries. *origin* and *path*: its address, as templates. *times*: spots in which ends of a window stand.

    token: where the position of the next page goes, if the requester says it itself. auth: a key that it sends itself.
    """

    origin: str
    path: str
    params: dict[str, Value] = field(factory=dict)
    headers: dict[str, Value] = field(factory=dict)
    body: dict[str, Value] | None = None
    form: bool = False
    times: dict[Spot, Timed] = field(factory=dict)
    token: list[Spot] = field(factory=list)
    size: list[Spot] = field(factory=list)
    auth: list[Value] = field(factory=list)


def asked(requester: Any, filling: Filling) -> Asked:
    """What *requester* asks for. Expressions that are not understood are left out, and kept among what was unclear."""
    origin, whole = _address(requester, filling)
    path, _, query = whole.partition("?")
    found = Asked(origin, path or "/")
    found.params.update({name: value for name, value in parse_qsl(query, keep_blank_values=True) if name})
    for name, value in _pairs(manifest.field(requester, "request_parameters"), requester, filling).items():
        _put(found, Spot(name, "query"), value, requester, filling)
    for name, value in _pairs(manifest.field(requester, "request_headers"), requester, filling).items():
        _put(found, Spot(name, "header"), value, requester, filling)
    return _with_body(found, requester, filling)


def _address(requester: Any, filling: Filling) -> tuple[str, str]:
    """The origin and the path of what *requester* asks for, each a template; no origin where it was not understood."""
    whole = manifest.field(requester, "url")
    base = whole or manifest.field(requester, "url_base") or ""
    path = "" if whole else manifest.field(requester, "path") or ""
    end = (filling.soft(decided(path, filling), requester) or rough(path)).strip()
    if end.startswith(("http://", "https://")):
        return split_url(end)
    try:
        origin, start = split_url(filling.text(decided(base, filling), requester).strip())
    except NotUnderstoodError as error:
        return f"{UNKNOWN}{error}", f"/{end.lstrip('/')}"
    found = re.search(r"\{(parent|each)\.", origin)
    if found:
        filling.unclear.append(f"an address that is made of a record: {one_line(base, 100)}")
        origin, start = origin[: found.start()], f"/{origin[found.start() :]}{start}"
    return origin, f"{start.rstrip('/')}/{end.lstrip('/')}" if end else start


def rough(text: Any) -> str:
    """*text* with a mark in the place of each expression: a path that says where a hand is needed."""
    try:
        return "".join(literal_text(part) if isinstance(part, str) else "TODO" for part in pieces(text))
    except NotUnderstoodError:
        return "TODO"


def decided(text: Any, filling: Filling) -> Any:
    """An address of which a setting chooses a part, with the part that the setting's default chooses."""
    try:
        parts = pieces(text)
    except NotUnderstoodError:
        return text
    chosen = [_chosen(part, filling) if isinstance(part, nodes.CondExpr) else part for part in parts]
    return "".join(map(str, chosen)) if all(isinstance(part, str) for part in chosen) else text


def _chosen(part: nodes.CondExpr, filling: Filling) -> Any:
    """The text that *part* is by default; *part* itself where it chooses between more than texts."""
    one, other = part.expr1, part.expr2
    if not (isinstance(one, nodes.Const) and isinstance(other, nodes.Const)):
        return part
    found, named = equality(part.test), reference(part.test)
    asked_for = found[0] if found else named
    default = filling.settings.default(asked_for.keys) if asked_for and asked_for.root == "config" else None
    holds = (default is None or default in found[1]) if found else bool(default)
    return one.value if holds else other.value


def _pairs(given: Any, component: Any, filling: Filling) -> dict[str, Any]:
    named = reference(single(given)) if isinstance(given, str) else None
    if named and named.root == "parameters" and len(named.keys) == 1:
        given = object_of(object_of(component).get(manifest.PARAMETERS)).get(str(named.keys[0])) or {}
    if isinstance(given, str) and given.strip():
        if "{" in given:
            filling.unclear.append(given)
            return {}
        return dict(parse_qsl(given, keep_blank_values=True))
    return {name: value for name, value in object_of(given).items() if value is not None and name != manifest.PARAMETERS}


def _put(found: Asked, spot: Spot, value: Any, requester: Any, filling: Filling) -> None:
    """Put *value* where it goes: a position, an end of a window, a credential, or what is sent as it stands."""
    kept = found.params if spot.where == "query" else found.headers
    if isinstance(value, list | dict):
        value = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if spot.where == "header" and not is_header(spot.name):
        filling.unclear.append(f"the header {one_line(spot.name, 40)}")
        return
    if _is_token(text):
        found.token.append(spot)
        return
    if secret := filling.secret(text, requester):
        found.auth.append(_auth(spot, *secret))
        return
    try:
        timed = filling.timed(text, requester)
        if timed:
            found.times[spot] = timed
        elif sent := filling.text(text, requester):
            kept[spot.name] = sent
    except NotUnderstoodError as error:
        filling.unclear.append(f"{spot.name}: {error}")


def _is_token(text: str) -> bool:
    named = reference(single(text))
    return named is not None and named.root == "next_page_token"


def _auth(spot: Spot, prefix: str, setting: str) -> Value:
    if spot.where == "query" and not prefix:
        return Call("ApiKeyQuery", (spot.name,), {"setting": setting})
    return Call("ApiKeyHeader", (spot.name,), {"setting": setting, **({"prefix": prefix} if prefix else {})})


def _with_body(found: Asked, requester: Any, filling: Filling) -> Asked:
    given, form = _body(requester)
    method = text_of(manifest.field(requester, "http_method")).upper() or "GET"
    if method not in ("GET", "POST"):
        filling.unclear.append(f"http_method {method}")
    if isinstance(given, str):
        filling.unclear.append(f"the body {given}")
        given = {}
    body = _filled_body(object_of(given), (), found, requester, filling)
    if method != "POST":
        if body:
            filling.unclear.append("a body of a GET")
        return found
    return Asked(
        found.origin, found.path, found.params, found.headers, body, form, found.times, found.token, found.size, found.auth
    )


def _body(requester: Any) -> tuple[Any, bool]:
    """The body, and whether it is a form."""
    own = manifest.field(requester, "request_body")
    if isinstance(own, dict) and "value" in own:
        kind = manifest.kind(own)
        if kind == "RequestBodyGraphQL":
            return {"query": object_of(own["value"]).get("query", own["value"])}, False
        return own["value"], kind == "RequestBodyUrlEncodedForm"
    data = manifest.field(requester, "request_body_data")
    return (data, True) if data else (manifest.field(requester, "request_body_json") or {}, False)


def _filled_body(part: Any, way: tuple[str, ...], found: Asked, requester: Any, filling: Filling) -> Any:
    if isinstance(part, dict):
        made = {
            name: _filled_body(value, (*way, name), found, requester, filling)
            for name, value in part.items()
            if name != manifest.PARAMETERS
        }
        return {name: value for name, value in made.items() if value is not None}
    if isinstance(part, list):
        return [_filled_body(value, (), found, requester, filling) for value in list_of(part)]
    if not isinstance(part, str):
        return part
    return _filled_leaf(part, Spot(path_to(*way), "body") if way else None, found, requester, filling)


def _filled_leaf(text: str, spot: Spot | None, found: Asked, requester: Any, filling: Filling) -> Any:
    if spot and _is_token(text):
        found.token.append(spot)
        return None
    node = single(text)
    if isinstance(node, nodes.Const):
        return node.value
    if isinstance(node, nodes.List) and (values := _listed(node, requester, filling)) is not None:
        return values
    try:
        timed = filling.timed(text, requester) if spot else None
        if timed and spot:
            found.times[spot] = timed
            return None
        return filling.text(text, requester)
    except NotUnderstoodError as error:
        filling.unclear.append(f"in the body: {error}")
        return None


def _listed(node: nodes.List, requester: Any, filling: Filling) -> list[Any] | None:
    found: list[Any] = []
    for each in node.items:
        named = reference(each)
        text = filling.named(named, requester) if named else None
        if text is None and not isinstance(each, nodes.Const):
            return None
        found.append(each.value if isinstance(each, nodes.Const) else text)
    return found


def split_url(url: str) -> tuple[str, str]:
    """The origin and the path of an address that may be a template; no origin where the address itself is one."""
    if url.startswith(("http://", "https://")):
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host}", slash + path
    if url.startswith("{settings."):
        whole, _, path = url.partition("}")
        return whole + "}", path
    return "", url if url.startswith("/") else f"/{url}"
