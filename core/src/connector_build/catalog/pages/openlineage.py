"""Dataset events as OpenLineage defines them, for catalogues that read them.

Facets schema 1-1-1, columnLineage 1-2-0 and documentation 1-1-0 of https://openlineage.io/spec/facets, in a DatasetEvent of
https://openlineage.io/spec/2-0-2/OpenLineage.json.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from connector_build.catalog.entries import ColumnEntry, Dictionary, Input, TableEntry

EVENT_TIME = "1970-01-01T00:00:00Z"
"""No time: the same connector gives the same bytes. Whoever sends the events puts the time of sending there."""

_SPEC = "https://openlineage.io/spec"
_FACETS = {"schema": "1-1-1/Schema", "columnLineage": "1-2-0/ColumnLineage", "documentation": "1-1-0/Documentation"}


def openlineage(dictionary: Dictionary, destination: str = "") -> list[dict[str, Any]]:
    """An event for each table.

    destination: where the tables are, as OpenLineage names it: ``snowflake://ACCOUNT/DATABASE.SCHEMA``. Everything up to the
                 last slash is their namespace, what follows stands in front of their names. ``fivetran://DATASET`` if not given.
    """
    return [_event(dictionary, table, *_place(dictionary, destination)) for table in dictionary.tables]


def _place(dictionary: Dictionary, destination: str) -> tuple[str, str]:
    """The namespace of the tables, and what stands in front of their names."""
    scheme, mark, rest = (destination or f"fivetran://{dictionary.dataset}").partition("://")
    authority, _, prefix = rest.partition("/")
    return f"{scheme}{mark}{authority}", f"{prefix}." if prefix else ""


def _event(dictionary: Dictionary, table: TableEntry, namespace: str, prefix: str) -> dict[str, Any]:
    producer = f"urn:connector-build:{dictionary.dataset}:{dictionary.version or '0'}"
    facets: dict[str, dict[str, Any]] = {"schema": {"fields": [_field(column) for column in table.columns]}}
    lineage = _lineage(dictionary, table, namespace, prefix)
    if lineage["fields"]:
        facets["columnLineage"] = lineage
    if table.description:
        facets["documentation"] = {"description": table.description, "contentType": "text/plain"}
    return {
        "eventTime": EVENT_TIME,
        "producer": producer,
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/DatasetEvent",
        "dataset": {
            "namespace": namespace,
            "name": f"{prefix}{table.stored_name}",
            "facets": {name: {"_producer": producer, "_schemaURL": _schema_url(name), **facet} for name, facet in facets.items()},
        },
    }


def _schema_url(facet: str) -> str:
    name = f"{_FACETS[facet]}DatasetFacet"
    return f"{_SPEC}/facets/{name}.json#/$defs/{name.partition('/')[2]}"


def _field(column: ColumnEntry) -> dict[str, str]:
    said = {"description": column.description} if column.description else {}
    return {"name": column.stored_name, "type": column.type, **said}


def _lineage(dictionary: Dictionary, table: TableEntry, namespace: str, prefix: str) -> dict[str, Any]:
    """Which fields each column is made from; a column of which nobody can tell is left out."""

    def inputs(column: ColumnEntry) -> list[dict[str, Any]]:
        found = [_input(dictionary, each, namespace, prefix) for each in column.lineage.inputs]
        return [{**each, "transformations": [_transformation(column)]} for each in found]

    fields = {column.stored_name: {"inputFields": inputs(column)} for column in table.columns if column.lineage.inputs}
    whole = [
        {**_input(dictionary, each, namespace, prefix), "transformations": [{"type": "INDIRECT", "subtype": subtype}]}
        for each, subtype in _influences(table)
    ]
    return {"fields": fields, **({"dataset": whole} if whole else {})}


def _influences(table: TableEntry) -> Iterator[tuple[Input, str]]:
    """The columns of its source that decide which rows an extra table has."""
    if table.source is None:
        return
    yield from ((Input("table", table.source, name), "GROUP_BY") for name in table.primary_key)
    if table.newest:
        yield Input("table", table.source, table.newest), "SORT"


def _transformation(column: ColumnEntry) -> dict[str, Any]:
    lineage = column.lineage
    subtype = "AGGREGATION" if lineage.measure else "TRANSFORMATION" if lineage.steps else "IDENTITY"
    return {"type": "DIRECT", "subtype": subtype, "description": lineage.how, "masking": lineage.hidden}


def _input(dictionary: Dictionary, each: Input, namespace: str, prefix: str) -> dict[str, str]:
    if each.at == "table":
        source = dictionary.table(each.name)
        return {"namespace": namespace, "name": f"{prefix}{source.stored_name}", "field": source.column(each.field).stored_name}
    origin, path = _api(dictionary)
    return {"namespace": origin, "name": f"{path}{each.name}", "field": each.field}


def _api(dictionary: Dictionary) -> tuple[str, str]:
    """The API's origin and the path of its ``base_url``, as far as the plugin says them."""
    known = next((setting.default for setting in dictionary.settings if setting.name == "base_url"), None)
    if not known:
        return f"api://{dictionary.dataset}", ""
    parts = urlsplit(known)
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
