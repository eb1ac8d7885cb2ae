"""References and schemas of an OpenAPI description: followed, merged, and never further than the document itself."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from connector_build.drafting.shape import list_of, object_of, text_of
from connector_build.errors import BuildError
from connector_core.basics.names import one_line

_DEPTH: Final = 40
"""References that are followed one behind the other, and schemas inside of each other."""


class SpecError(BuildError):
    """A part of the description that cannot be used; what rests on it is left out, and this says why."""


class Schemas:
    """Follows the references of one *document*, and makes one object of what a schema composes."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._whole: dict[int, tuple[Any, dict[str, Any]]] = {}

    def followed(self, part: Any) -> dict[str, Any]:
        """*part*, or what it refers to. Raises SpecError for a reference that leads nowhere, elsewhere, or in a circle."""
        found: dict[str, Any] = object_of(part)
        for _ in range(_DEPTH):
            reference = found.get("$ref")
            if not isinstance(reference, str):
                return found
            beside = {name: value for name, value in found.items() if name != "$ref"}
            found = {**self._at(reference), **beside} if beside else self._at(reference)
        raise SpecError("its references go in a circle")

    def _at(self, reference: str) -> dict[str, Any]:
        shown = one_line(repr(reference), 80)
        if not reference.startswith("#"):
            raise SpecError(f"it refers to another document, {shown}: bundle the description into one file")
        at: Any = self._document
        for part in reference[1:].split("/")[1:]:
            name = _unescaped(part)
            if isinstance(at, Mapping):
                at = at.get(name)
            else:
                at = at[int(name)] if isinstance(at, list) and name.isdigit() and int(name) < len(at) else None
        if not isinstance(at, dict):
            raise SpecError(f"it refers to {shown}, which is not there")
        return at

    def whole(self, schema: Any, depth: int = 0) -> dict[str, Any]:
        """*schema* with its reference followed and ``allOf``, ``oneOf`` and ``anyOf`` merged into one object, one level deep."""
        if id(schema) in self._whole:
            return self._whole[id(schema)][1]
        if depth > _DEPTH:
            raise SpecError("its schemas go in a circle")
        own = self.followed(schema)
        parts = [self.whole(part, depth + 1) for part in list_of(own.get("allOf"))]
        choices = [self.whole(part, depth + 1) for name in ("oneOf", "anyOf") for part in list_of(own.get(name))]
        found = _merged([*parts, own, _chosen(choices)]) if parts or choices else own
        self._whole[id(schema)] = (schema, found)  # the schema is held, so that its id is no one else's
        return found


def _merged(parts: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        properties = {**object_of(found.get("properties")), **object_of(part.get("properties"))}
        required = [*list_of(found.get("required")), *list_of(part.get("required"))]
        found = {**found, **{name: value for name, value in part.items() if name not in ("allOf", "oneOf", "anyOf")}}
        found |= {"properties": properties} if properties else {}
        found |= {"required": required} if required else {}
    return found


def _chosen(choices: list[dict[str, Any]]) -> dict[str, Any]:
    """What any of several schemas says: all their properties, of which none is required; the types that they have."""
    real = [choice for choice in choices if choice.get("type") != "null"]
    if not real:
        return {}
    if len(real) == 1:
        return real[0]
    found = _merged([{name: value for name, value in choice.items() if name != "required"} for choice in real])
    kinds = {each for choice in real for each in _types(choice)}
    found |= {"type": sorted(kinds)} if kinds else {}
    if len({text_of(choice.get("format")) for choice in real}) > 1:
        found.pop("format", None)
    return found


def _types(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type")
    if kind is None:
        return ["object"] if "properties" in schema else ["array"] if "items" in schema else []
    return [text_of(each) for each in (kind if isinstance(kind, list) else [kind]) if text_of(each) not in ("", "null")]


def _unescaped(part: str) -> str:
    return unquote(part).replace("~1", "/").replace("~0", "~")
