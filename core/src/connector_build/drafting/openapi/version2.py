"""Swagger 2.0 → the parts of OpenAPI 3 that a draft is made of."""

from collections.abc import Mapping
from typing import Any, Final

from connector_build.drafting.shape import list_of, object_of, text_of

_FLOWS: Final = {"accessCode": "authorizationCode", "application": "clientCredentials"}
_OF_SCHEMA: Final = ("type", "format", "items", "enum", "default", "minimum", "maximum")
METHODS: Final = ("get", "post")


def converted(document: Mapping[str, Any]) -> dict[str, Any]:
    """*document* as OpenAPI 3. References keep their places, since what they lead to stays where it is as well."""
    schemes = {name: _scheme(object_of(scheme)) for name, scheme in object_of(document.get("securityDefinitions")).items()}
    return {
        **document,
        "openapi": "3.0.0",
        "servers": _servers(document),
        "paths": {path: _item(object_of(item), document) for path, item in object_of(document.get("paths")).items()},
        "components": {"securitySchemes": schemes},
    }


def _servers(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    host = text_of(document.get("host"))
    schemes = [each for each in list_of(document.get("schemes")) if isinstance(each, str)] or ["https"]
    scheme = "https" if "https" in schemes else schemes[0]
    base = text_of(document.get("basePath"))
    return [{"url": f"{scheme}://{host}{base}" if host else base}] if host or base else []


def _item(item: dict[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, **{method: _operation(item[method], document) for method in METHODS if isinstance(item.get(method), dict)}}


def _operation(operation: dict[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    produces = operation.get("produces") or document.get("produces") or ["application/json"]
    types = [each for each in list_of(produces) if isinstance(each, str)] or ["application/json"]
    answers = {code: _answer(object_of(answer), types) for code, answer in object_of(operation.get("responses")).items()}
    body = next((each for each in list_of(operation.get("parameters")) if object_of(each).get("in") == "body"), None)
    asked = {"requestBody": {"content": {"application/json": {"schema": object_of(body).get("schema")}}}} if body else {}
    return {**operation, "responses": answers, **asked}


def _answer(answer: dict[str, Any], types: list[str]) -> dict[str, Any]:
    if "schema" not in answer:
        return answer
    return {**answer, "content": {each: {"schema": answer["schema"]} for each in types}}


def schema_of_parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, which 2.0 has among the parameter's own keys."""
    own = {name: parameter[name] for name in _OF_SCHEMA if name in parameter}
    return object_of(parameter.get("schema")) or own


def _scheme(scheme: dict[str, Any]) -> dict[str, Any]:
    if scheme.get("type") == "basic":
        return {**scheme, "type": "http", "scheme": "basic"}
    if scheme.get("type") != "oauth2":
        return scheme
    flow = text_of(scheme.get("flow"))
    return {**scheme, "flows": {_FLOWS.get(flow, flow): scheme}}
