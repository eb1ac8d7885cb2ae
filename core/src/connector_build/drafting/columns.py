"""A JSON schema → the columns of a table, with the types of Fivetran. A schema says what it says, so nothing of it is guessed."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from connector_build.drafting.draft import Call, Noted, Value, bare, guessed
from connector_build.drafting.shape import first_sentence, list_of, object_of, text_of
from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, stored_name

Resolve = Callable[[Any], dict[str, Any]]
"""A schema, with references or not → the object that it is."""

MOST: Final = 400
"""Columns that a draft declares of one table; what comes after that arrives undeclared."""

_STRINGS: Final[Mapping[str, str]] = {"date": "NAIVE_DATE", "date-time": "UTC_DATETIME", "datetime": "UTC_DATETIME"}
_DECIMALS: Final = frozenset({"decimal", "decimal128", "money", "bigdecimal", "currency"})
_PLAIN: Final[Mapping[str, str]] = {
    "boolean": "BOOLEAN",
    "object": "JSON",
    "array": "JSON",
    "integer": "LONG",
    "number": "DOUBLE",
}


def as_given(schema: Any) -> dict[str, Any]:
    """For a schema that has no references."""
    return object_of(schema)


def columns_of(schema: Any, resolve: Resolve = as_given) -> dict[str, Value]:
    """Column → type, or ``Column(…)`` with what its description says, of an object's schema; at most `MOST`."""
    properties = object_of(resolve(schema).get("properties"))
    found: dict[str, Value] = {}
    for name, part in list(properties.items())[:MOST]:
        if kept_name(name):
            found[name] = _column(resolve(part))
    return found


def kept_name(name: str) -> bool:
    """Whether Fivetran takes *name* for a column."""
    try:
        check_column_name(name, "a table")
    except PluginError:
        return False
    return True


def twins(names: Mapping[str, Any]) -> list[str]:
    """Those of *names* that another one before them already is in the destination."""
    seen: set[str] = set()
    found = []
    for name in names:
        stored = stored_name(name)
        if stored in seen:
            found.append(name)
        seen.add(stored)
    return found


def type_of(column: Value) -> str:
    """The type of a column of a draft."""
    plain = bare(column)
    return str(bare(plain.args[0]) if isinstance(plain, Call) else plain)


def _column(schema: Mapping[str, Any]) -> Value:
    kind = column_type(schema)
    about = first_sentence(schema.get("description") or schema.get("title"))
    if not about:
        return kind
    if isinstance(kind, Noted):
        return Noted(Call("Column", (kind.value, about)), kind.why, kind.kind)
    return Call("Column", (kind, about))


def column_type(schema: Mapping[str, Any]) -> Value:
    """The Fivetran type of what *schema* describes, noted where the schema leaves it open."""
    kinds = types_in(schema)
    if not kinds:
        return guessed("JSON", "no type is said") if not schema.get("properties") else "JSON"
    if len(kinds) > 1:
        return _mixed(kinds)
    (kind,) = kinds
    name = text_of(schema.get("format")).lower()
    if kind == "string":
        if name in _DECIMALS:
            return guessed("DECIMAL(38,9)", f"format {name}, of which no digits are said")
        return _STRINGS.get(name, "STRING")
    if kind == "integer":
        return "INT" if name in ("int32", "int16", "int8") else "LONG"
    return _PLAIN.get(kind, "JSON")


def _mixed(kinds: set[str]) -> Value:
    if kinds == {"integer", "number"}:
        return "DOUBLE"
    return "JSON" if kinds & {"object", "array"} else "STRING"


def types_in(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that *schema* allows, without null; empty where it says none."""
    own = schema.get("type")
    kinds = {text_of(each) for each in (own if isinstance(own, list) else [own])} - {"", "null"}
    if kinds:
        return kinds
    if "properties" in schema:
        return {"object"}
    if "items" in schema:
        return {"array"}
    return {_kind(each) for each in list_of(schema.get("enum"))} - {"null"}


def schema_of(example: Any, depth: int = 0) -> dict[str, Any]:
    """The schema that *example* would have, as far as one example tells."""
    if isinstance(example, dict) and depth < 20:
        return {"type": "object", "properties": {str(name): schema_of(part, depth + 1) for name, part in example.items()}}
    if isinstance(example, list) and depth < 20:
        entries = [schema_of(part, depth + 1) for part in example[:10]]
        items: dict[str, Any] = entries[0] if entries else {}
        properties = {name: part for entry in entries for name, part in object_of(entry.get("properties")).items()}
        return {"type": "array", "items": {**items, "properties": properties} if properties else items}
    kind = _kind(example)
    return {} if kind == "null" else {"type": kind}


def _kind(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")
