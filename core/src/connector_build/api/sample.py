"""What a dataset's sample API serves, and how that API describes itself.

A plugin gives a `Sample`; the command joins it with the table it stands for to a `SampleTable`.
"""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from connector_build.sample import Record, Sample

__all__ = ["Record", "Sample", "SampleTable", "api_spec"]

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


@frozen
class SampleTable:
    """A source table as the sample API serves it."""

    dataset: str
    table: str
    path: str
    """Path of the data request, such as `/fts_data`."""
    records: str
    """Key of the list of records in an answer."""
    columns: Mapping[str, str]
    """Declared columns and their Fivetran types, such as `DOUBLE`."""
    sample: Sample
    page_size: tuple[int, int, int] = field(default=(1, 200, 100))
    """Least, greatest and default number of records in a page."""


def api_spec(table: SampleTable, example: Record) -> dict[str, Any]:
    """The OpenAPI 3.1 description of a table's data request.

    `example` is one record: it tells the fields that the table does not declare.
    """
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{table.dataset} sample API", "version": "1.0.0"},
        "paths": {table.path: {"get": _operation(table)}},
        "components": {
            "securitySchemes": {"api_key": {"type": "apiKey", "in": "header", "name": "api_key"}},
            "schemas": {
                "Page": _page_schema(table),
                "Record": {"type": "object", "properties": _properties(table, example)},
                "Error": _object({"error": {"type": "string"}}),
            },
        },
    }


def _operation(table: SampleTable) -> dict[str, Any]:
    return {
        "operationId": f"get_{table.dataset}_data",
        "summary": f"One page of {table.table}, least recently updated first",
        "security": [{"api_key": []}],
        "parameters": _parameters(table),
        "responses": {
            "200": _answer("A page of records", "Page"),
            "400": _answer("A parameter or cursor that cannot be used", "Error"),
            "401": _answer("No key, or a wrong one", "Error"),
        },
    }


def _parameters(table: SampleTable) -> list[dict[str, Any]]:
    least, greatest, default = table.page_size
    size = {"type": "integer", "minimum": least, "maximum": greatest, "default": default}
    return [
        {
            "name": "cursor",
            "in": "query",
            "description": "`next_cursor` of the page before; none for the first page",
            "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        },
        {"name": "page_size", "in": "query", "description": "Records in a page", "schema": size},
    ]


def _answer(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _page_schema(table: SampleTable) -> Schema:
    return _object(
        {
            table.records: {"type": "array", "items": {"$ref": "#/components/schemas/Record"}},
            "next_cursor": {"type": ["string", "null"], "description": "null on the last page"},
            "has_more": {"type": "boolean"},
        }
    )


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _properties(table: SampleTable, example: Record) -> Schema:
    found = {name: _type_of(value) for name, value in example.items()}
    return {name: _column_schema(kind) for name, kind in {**found, **table.columns}.items()}


def _column_schema(kind: str) -> Schema:
    schema: Schema = dict(_SCHEMAS.get(kind, {}))
    if schema:
        schema["type"] = [schema["type"], "null"]  # any value may be absent in the records, so say it
    return schema


def _type_of(value: object) -> str:
    # bool first: it is an int to isinstance.
    for kind, name in ((bool, "BOOLEAN"), (int, "LONG"), (float, "DOUBLE"), (str, "STRING")):
        if isinstance(value, kind):
            return name
    return "JSON"
