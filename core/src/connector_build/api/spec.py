"""How a simulated API describes itself, as OpenAPI."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connector_build.api.bodies import content_type, holds_one
from connector_build.api.finding import names_in_paths
from connector_build.api.making import layers
from connector_build.api.paging import Sizes
from connector_build.sample import Record
from connector_core import (
    ApiKeyHeader,
    ApiKeyQuery,
    BasicAuth,
    BearerToken,
    CursorPaginator,
    DigestAuth,
    JwtBearer,
    Table,
)
from connector_core.auth.kinds import AuthFactory
from connector_core.paging.resting import place_of_size
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.pagination import Where
from connector_core.source.positions import positions_in
from connector_core.source.templates import SCOPES, Filling, names_in

Schema = dict[str, Any]

# Fivetran's column types as JSON Schema knows them; a type that is not here may hold anything.
_SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "BOOLEAN": {"type": "boolean"},
    "SHORT": {"type": "integer"},
    "INT": {"type": "integer", "format": "int32"},
    "LONG": {"type": "integer", "format": "int64"},
    "FLOAT": {"type": "number", "format": "float"},
    "DOUBLE": {"type": "number", "format": "double"},
    "DECIMAL": {"type": "number"},
    "NAIVE_DATE": {"type": "string", "format": "date"},
    "NAIVE_DATETIME": {"type": "string", "format": "date-time"},
    "UTC_DATETIME": {"type": "string", "format": "date-time"},
    "STRING": {"type": "string"},
    "XML": {"type": "string"},
    "BINARY": {"type": "string", "format": "byte"},
}


def api_spec(dataset: str, assembly: Assembly, examples: Mapping[str, Record], sizes: Sizes) -> dict[str, Any]:
    """The OpenAPI 3.1 description of a dataset's API.

    examples: a record of each table, by its name: it tells the fields that the table does not declare.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for plan in assembly.tables:
        prefix = "" if len(assembly.tables) == 1 else "".join(word.title() for word in plan.table.name.split("_"))
        operation = _operation(dataset, assembly, plan, prefix, sizes)
        paths.setdefault(_template(plan.table.path), {}).setdefault(plan.table.method.lower(), operation)
        schemas |= _schemas(plan, prefix, examples.get(plan.table.name, {}))
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{dataset} sample API", "version": "1.0.0"},
        "paths": paths,
        "components": {
            **({"securitySchemes": schemes} if (schemes := _security(assembly.auth)) else {}),
            "schemas": {**schemas, "Error": _object({"error": {"type": "string"}})},
        },
    }


def _template(path: str) -> str:
    return Filling(lambda _, name: f"{{{_plain(name)}}}", SCOPES).text(path)


def _plain(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _operation(dataset: str, assembly: Assembly, plan: TablePlan, prefix: str, sizes: Sizes) -> dict[str, Any]:
    table = plan.table
    sent = "application/x-www-form-urlencoded" if table.form else "application/json"
    body = {"requestBody": {"content": {sent: {"schema": {"type": "object"}}}}} if table.body is not None else {}
    return {
        "operationId": f"get_{dataset}_data" if not prefix else f"get_{table.name}",
        "summary": f"One page of {table.name}, least recently updated first",
        **({"security": [{name: []} for name in schemes]} if (schemes := _security(assembly.auth)) else {}),
        "parameters": [*_parameters(plan, sizes)],
        **body,
        "responses": {
            "200": _answer("A page of records", f"{prefix}Page", content_type(table)),
            "400": _answer("A parameter or cursor that cannot be used", "Error"),
            "401": _answer("No key, or a wrong one", "Error"),
        },
    }


def _parameters(plan: TablePlan, sizes: Sizes) -> Iterator[dict[str, Any]]:
    for found in names_in(plan.table.path, *SCOPES):
        yield {"name": _plain(found), "in": "path", "required": True, "schema": {"type": "string"}}
    for name in sorted(set(positions_in(plan.table.path, names_in_paths(plan)))):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name, value in plan.table.params.items():
        yield {"name": name, "in": "query", "required": True, "schema": {"type": "string", "const": value}}
    for name, what in positions(plan).items():
        yield {"name": name, "in": "query", **_described(plan, name, what, sizes)}


def _described(plan: TablePlan, name: str, what: str, sizes: Sizes) -> dict[str, Any]:
    if what == "size_param":
        greatest = {} if sizes.greatest is None else {"maximum": sizes.greatest}
        schema = {"type": "integer", "minimum": sizes.least, **greatest, "default": sizes.default}
        return {"description": "Records in a page", "schema": schema}
    paginator = next((each for each in layers(plan.paginator) if getattr(each, what, None) == name), None)
    if isinstance(paginator, CursorPaginator):
        where = f"`{paginator.next_field}` of the page before; none for the first page"
        return {"description": where, "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}}
    return {"schema": {"type": "string"}}


def positions(plan: TablePlan) -> dict[str, str]:
    """The query parameters that say which page, and of how many records: name → what the paginator calls it."""
    found: dict[str, str] = {}
    for layer in layers(plan.paginator):
        for what in ("param", "from_param", "to_param", "size_param"):
            name = getattr(layer, what, None)
            if isinstance(name, str) and _in_query(layer, what, plan.table.path):
                found[name] = what
    return found


def _in_query(layer: Any, what: str, path: str) -> bool:
    where: Where = getattr(layer, "where", "query")
    return (place_of_size(where, layer.size_param, path) if what == "size_param" else where) == "query"


def _answer(description: str, schema: str, kind: str = "application/json") -> dict[str, Any]:
    content = {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _schemas(plan: TablePlan, prefix: str, example: Record) -> dict[str, Schema]:
    record: Schema = {"type": "object", "properties": _properties(plan.table, example)}
    reference = {"$ref": f"#/components/schemas/{prefix}Record"}
    items = reference if holds_one(plan.table) else {"type": "array", "items": reference}
    *_, paginator = layers(plan.paginator)
    said: Schema = {}
    if isinstance(paginator, CursorPaginator) and not paginator.next_header:
        said[paginator.next_field] = {"type": ["string", "null"], "description": "null on the last page"}
        said[paginator.more_field] = {"type": "boolean"}
    name = plan.table.records.strip("[]")
    page = items if name == "@" or not re.fullmatch(r"[\w.$@-]+", name) else _object({name: items, **said})
    return {f"{prefix}Page": page, f"{prefix}Record": record}


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _properties(table: Table, example: Record) -> Schema:
    found = {name: _type_of(value) for name, value in example.items()}
    return {name: _column_schema(kind) for name, kind in {**found, **table.columns}.items()}


def _column_schema(kind: str) -> Schema:
    schema: Schema = dict(_SCHEMAS.get(kind.partition("(")[0], {}))
    if schema:
        schema["type"] = [schema["type"], "null"]  # any value may be absent in the records, so say it
    return schema


def _type_of(value: object) -> str:
    # bool first: it is an int to isinstance.
    for kind, name in ((bool, "BOOLEAN"), (int, "LONG"), (float, "DOUBLE"), (str, "STRING")):
        if isinstance(value, kind):
            return name
    return "JSON"


def _security(auth: AuthFactory) -> dict[str, Any]:
    """The security schemes of the kinds that OpenAPI has a word for."""
    match auth:
        case ApiKeyHeader():
            return {_plain(auth.setting): {"type": "apiKey", "in": "header", "name": auth.header}}
        case ApiKeyQuery():
            return {_plain(auth.setting): {"type": "apiKey", "in": "query", "name": auth.param}}
        case BasicAuth():
            return {"basic": {"type": "http", "scheme": "basic"}}
        case DigestAuth():
            return {"digest": {"type": "http", "scheme": "digest"}}
        case BearerToken():
            return {"bearer": {"type": "http", "scheme": "bearer"}}
        case JwtBearer():
            return {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return {}
