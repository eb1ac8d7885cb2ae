"""Selectors, transformations, keys and schemas of a manifest → records, transforms, keys and columns."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from connector_build.drafting.airbyte import manifest
from connector_build.drafting.airbyte.expressions import NotUnderstoodError, equality, reference, single
from connector_build.drafting.airbyte.filling import Filling
from connector_build.drafting.airbyte.partitions import Partition
from connector_build.drafting.columns import columns_of, kept_name, twins, type_of, types_in
from connector_build.drafting.draft import Call, Value, guessed
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_build.drafting.texts import path_to
from connector_core.basics.names import one_line

_PARTITIONS = ("stream_partition", "stream_slice", "partition")

Read = Callable[[str], Mapping[str, Any] | None]
"""The name of a schema's file → its object; None where there is none."""


def columns(stream: Any, read: Read, filling: Filling) -> dict[str, Value]:
    """The columns that the schema of *stream* declares."""
    found: dict[str, Value] = {}
    given = stream.get("schema_loader")
    for loader in given if isinstance(given, list) else [given]:
        found |= columns_of(_schema(loader, stream, read, filling), _typed)
    return found


def _schema(loader: Any, stream: Any, read: Read, filling: Filling) -> Mapping[str, Any]:
    kind = manifest.kind(loader)
    if kind == "InlineSchemaLoader" or "schema" in object_of(loader):
        return object_of(object_of(loader).get("schema"))
    if loader is None or kind == "JsonFileSchemaLoader" or (not kind and "file_path" in object_of(loader)):
        path = filling.soft(object_of(loader).get("file_path") or f"{manifest.field(stream, 'name')}.json", loader or stream)
        found = read(PurePosixPath(str(path)).name)
        if found is None and loader is not None:
            filling.unclear.append(f"the schema in {one_line(path, 80)}, which was not given")
        return object_of(found)
    filling.unclear.append(f"the columns by {text_of(object_of(loader).get('class_name')) or kind}")
    return {}


def _typed(given: Any) -> dict[str, Any]:
    """A schema with the types that Airbyte says beside JSON's."""
    schema: dict[str, Any] = object_of(given)
    match schema.get("airbyte_type"):
        case "integer" | "big_integer":
            return {**schema, "type": "integer"}
        case "timestamp_without_timezone" if types_in(schema) == {"string"}:
            return {**schema, "format": "naive-date-time"}
    return schema


def records_of(selector: Any, filling: Filling) -> Value:
    """Where an answer has its records."""
    extractor = object_of(manifest.field(selector, "extractor"))
    if manifest.kind(extractor) not in ("", "DpathExtractor"):
        filling.unclear.append(f"the extractor {text_of(extractor.get('class_name')) or manifest.kind(extractor)}")
        return "@"
    keys = list_of(manifest.field(extractor, "field_path"))
    try:
        names = [filling.constant(key, extractor) for key in keys if key not in (None, "")]
    except NotUnderstoodError as error:
        filling.unclear.append(f"where the records are: {error}")
        return "@"
    if not names:
        return guessed("@", "field_path is empty: the answer is a list. Write [@] if it is one object")
    if "*" not in names:
        return path_to(*names)
    if names[0] == "*":
        filling.unclear.append(f"where the records are: {names}")
        return "@"
    at = names.index("*")
    rest = [name for name in names[at + 1 :] if name != "*"]
    return (
        path_to(*names[:at])
        if not rest
        else f"{path_to(*names[:at])}[*].{path_to(*rest)}{'[]' if '*' in names[at + 1 :] else ''}"
    )


def key_of(stream: Any, columns: dict[str, Value], filling: Filling) -> list[str]:
    """The columns of the key; one that no schema declares is declared as a text. None where the manifest has none of ours."""
    given = manifest.field(stream, "primary_key")
    parts = given if isinstance(given, list) else [given] if given else []
    names: list[str] = []
    for part in parts:
        keys = part if isinstance(part, list) else [part]
        try:
            name = filling.constant(keys[0], stream) if len(keys) == 1 else ""
        except NotUnderstoodError as error:
            filling.unclear.append(str(error))
            return []
        if not name or not kept_name(name):
            filling.unclear.append(f"the key {one_line(keys, 80)}, which is no column")
            return []
        names.append(name)
    for name in names:
        if name not in columns:
            columns[name] = guessed("STRING", "the key, of which no schema is given")
        elif type_of(columns[name]) == "JSON":
            columns[name] = guessed("STRING", "a key, of which no plain type is said")
    return list(dict.fromkeys(names))


def decoder_of(retriever: Any, filling: Filling) -> dict[str, Value]:
    """The format of the answers, unless it is JSON."""
    decoder = manifest.field(retriever, "decoder") or manifest.field(manifest.field(retriever, "requester"), "decoder")
    kind = manifest.kind(decoder)
    if kind == "GzipDecoder":
        return decoder_of({"decoder": object_of(decoder).get("decoder")}, filling)
    if kind in ("CsvDecoder",):
        delimiter = text_of(object_of(decoder).get("delimiter"))
        return {"format": Call("Csv", (), {"delimiter": delimiter} if delimiter and delimiter != "," else {})}
    if kind == "JsonlDecoder":
        return {"format": Call("JsonLines")}
    if kind not in ("", "JsonDecoder"):
        filling.unclear.append(f"the decoder {kind}")
    return {}


def transforms_of(stream: Any, table: str, partition: Partition, columns: dict[str, Value], filling: Filling) -> list[Value]:
    """The transforms of *table*. A column that holds the partition is one that the parent gives."""
    made: list[Value] = []
    dropped: list[str] = []
    for each in list_of(stream.get("transformations")):
        match manifest.kind(each):
            case "AddFields":
                for part in list_of(object_of(each).get("fields")):
                    made += _added(object_of(part), partition, columns, filling)
            case "RemoveFields":
                dropped += _removed(object_of(each), columns, filling)
            case "KeysToLower" | "KeysToSnakeCase":
                pass  # the destination does so by itself
            case "DpathFlattenFields":
                made += _flattened(object_of(each), table, columns, filling)
            case kind:
                filling.unclear.append(f"the transformation {text_of(object_of(each).get('class_name')) or kind}")
    doubled = twins(columns)
    for name in dict.fromkeys([*dropped, *doubled]):
        columns.pop(name, None)
    gone = list(dict.fromkeys([*dropped, *doubled]))
    made += [Call("Transform", (f"{table}_without", Call("drop", tuple(gone))))] if gone else []
    selector = manifest.field(manifest.field(stream, "retriever"), "record_selector")
    return [*_filter(selector, table, filling), *made]


def _added(part: Mapping[str, Any], partition: Partition, columns: dict[str, Value], filling: Filling) -> list[Value]:
    keys = list_of(part.get("path"))
    name = str(keys[0]) if len(keys) == 1 and kept_name(str(keys[0])) else ""
    value = part.get("value")
    value = value[1:-1] if isinstance(value, str) and value[:1] == value[-1:] == "'" else value
    named = reference(single(value))
    if name and named and named.root in _PARTITIONS and partition.options:
        if name == partition.column:
            return []
        given = re.fullmatch(r"\{(?:parent|each)\.([\w.]+)\}", filling.of_partition(named) or "")
        if given:
            partition.gives(name, given[1])
            return []
    if name and named and named.root == "record":
        if [str(key) for key in named.keys] == [name]:
            return []
        source = str(named.keys[0]) if len(named.keys) == 1 else ""
        if name not in columns and source in columns and type_of(columns[source]) != "JSON":
            return [Call("DerivedField", (name, Call("coalesce", (source,))))]
    filling.unclear.append(f"the field {one_line('.'.join(map(str, keys)), 60)} = {one_line(part.get('value'), 120)}")
    return []


def made_of(stream: Any) -> dict[str, str]:
    """Fields that transformations of *stream* make out of one of the record → its path there."""
    parts = [
        object_of(part) for each in list_of(stream.get("transformations")) for part in list_of(object_of(each).get("fields"))
    ]
    found = {}
    for part in parts:
        keys, named = list_of(part.get("path")), reference(single(part.get("value")))
        if len(keys) == 1 and named and named.root == "record" and named.keys:
            found[str(keys[0])] = named.path
    return found


def _removed(each: Mapping[str, Any], columns: dict[str, Value], filling: Filling) -> list[str]:
    found = []
    for pointer in list_of(each.get("field_pointers")):
        keys = pointer if isinstance(pointer, list) else [pointer]
        if len(keys) == 1 and isinstance(keys[0], str) and "*" not in keys[0] and not each.get("condition"):
            found.append(keys[0])
        elif keys and str(keys[0]) in columns:
            filling.unclear.append(f"the removal of {one_line('.'.join(map(str, keys)), 60)}")
    return found


def _flattened(each: Mapping[str, Any], table: str, columns: dict[str, Value], filling: Filling) -> list[Value]:
    keys = list_of(each.get("field_path"))
    if len(keys) != 1 or str(keys[0]) not in columns:
        filling.unclear.append(f"the flattening of {one_line(keys, 60)}")
        return []
    del columns[str(keys[0])]
    columns_name = f"{table}_flat"
    return [Call("Transform", (columns_name, Call("flatten", (str(keys[0]),))))]


def _filter(selector: Any, table: str, filling: Filling) -> list[Value]:
    condition = text_of(object_of(manifest.field(selector, "record_filter")).get("condition"))
    if not condition:
        return []
    found = equality(single(condition))
    if found and found[0].root == "record" and found[0].keys:
        values = json.loads(json.dumps(found[1]))
        return [Call("Transform", (f"{table}_only", Call("only_if", (found[0].path, values), {"optional": True})))]
    filling.unclear.append(f"the filter {one_line(condition, 160)}")
    return []
