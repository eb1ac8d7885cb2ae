"""The parts of OpenLineage's specification that are used here, written anew as a JSON schema.

https://openlineage.io/spec/2-0-2/OpenLineage.json (DatasetEvent), and of https://openlineage.io/spec/facets the facets schema
1-1-1, columnLineage 1-2-0 and documentation 1-1-0.
"""

from typing import Any

from jsonschema import Draft202012Validator

FACET = {
    "type": "object",
    "required": ["_producer", "_schemaURL"],
    "properties": {"_producer": {"type": "string", "pattern": "^[a-z]+:"}, "_schemaURL": {"type": "string", "format": "uri"}},
}


def _url(version: str, name: str) -> dict[str, Any]:
    address = f"https://openlineage.io/spec/facets/{version}/{name}.json#/$defs/{name}"
    return {"properties": {"_schemaURL": {"const": address}}}


INPUT = {
    "type": "object",
    "required": ["namespace", "name", "field"],
    "properties": {
        "namespace": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "field": {"type": "string", "minLength": 1},
        "transformations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"enum": ["DIRECT", "INDIRECT"]},
                    "subtype": {
                        "enum": "IDENTITY TRANSFORMATION AGGREGATION JOIN GROUP_BY FILTER SORT WINDOW CONDITIONAL".split()  # noqa: SIM905
                    },
                    "description": {"type": "string"},
                    "masking": {"type": "boolean"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
SCHEMA_FACET = {
    "required": ["fields"],
    "properties": {
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {name: {"type": "string"} for name in ("name", "type", "description")},
                "additionalProperties": False,
            },
        }
    },
}
LINEAGE_FACET = {
    "required": ["fields"],
    "properties": {
        "fields": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["inputFields"],
                "properties": {"inputFields": {"type": "array", "items": INPUT}},
                "additionalProperties": False,
            },
        },
        "dataset": {"type": "array", "items": INPUT},
    },
}
DOCUMENTATION_FACET = {
    "required": ["description"],
    "properties": {"description": {"type": "string"}, "contentType": {"type": "string"}},
}
EVENT = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "dataset"],
    "properties": {
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": {"type": "string", "pattern": "^[a-z]+:"},
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent"},
        "dataset": {
            "type": "object",
            "required": ["namespace", "name"],
            "properties": {
                "namespace": {"type": "string", "pattern": "^[a-z]+://."},
                "name": {"type": "string", "minLength": 1},
                "facets": {
                    "type": "object",
                    "required": ["schema"],
                    "properties": {
                        "schema": {"allOf": [FACET, _url("1-1-1", "SchemaDatasetFacet"), SCHEMA_FACET]},
                        "columnLineage": {"allOf": [FACET, _url("1-2-0", "ColumnLineageDatasetFacet"), LINEAGE_FACET]},
                        "documentation": {"allOf": [FACET, _url("1-1-0", "DocumentationDatasetFacet"), DOCUMENTATION_FACET]},
                    },
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
VALID = Draft202012Validator({"type": "array", "minItems": 1, "items": EVENT})
