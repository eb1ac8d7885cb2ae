"""References and parameters of a manifest, put in place: components as plain objects, each with the parameters it inherits."""

import re
from collections.abc import Mapping
from typing import Any, Final

from connector_build.drafting.shape import object_of
from connector_build.errors import BuildError
from connector_core.basics.names import one_line

PARAMETERS: Final = "$parameters"
_MOST_VALUES: Final = 1_000_000
_DEPTH: Final = 120
_OLD_REF = re.compile(r"\*ref\(([\w.$-]+)\)")
_NO_COMPONENTS: Final = frozenset({"schema", "connection_specification", PARAMETERS})


def resolved(document: Mapping[str, Any]) -> dict[str, Any]:
    """*document* with what its references stand for in their places. Raises BuildError for a broken one, or a circle."""
    found = _Resolving(document).of(
        {name: part for name, part in document.items() if name not in ("definitions", "schemas")}, (), 0
    )
    return object_of(_inherited(found, {}))


def field(component: Any, name: str) -> Any:
    """What *component* says under *name*, itself or by its parameters."""
    component = object_of(component)
    own = component.get(name)
    return own if own not in (None, "") else object_of(component.get(PARAMETERS)).get(name, own)


def kind(component: Any) -> str:
    """The type of *component*, such as ``SimpleRetriever``."""
    return str(object_of(component).get("type") or "")


class _Resolving:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._values = 0

    def of(self, part: Any, way: tuple[str, ...], depth: int) -> Any:
        """*part* with references followed; *way* has those that are being followed."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise BuildError(f"its references stand for more than {_MOST_VALUES:,} values.")
        if depth > _DEPTH:
            raise BuildError("it is nested too deep to be read.")
        if isinstance(part, str):
            reference = _reference(part)
            return self._followed(reference, way, depth) if reference else part
        if isinstance(part, list):
            return [self.of(each, way, depth + 1) for each in part]
        return self._object(part, way, depth) if isinstance(part, dict) else part

    def _object(self, part: dict[str, Any], way: tuple[str, ...], depth: int) -> Any:
        own = {name: self.of(each, way, depth + 1) for name, each in part.items() if name != "$ref"}
        if not isinstance(part.get("$ref"), str):
            return own
        found = self._followed(_reference(part["$ref"]) or part["$ref"], way, depth)
        if not isinstance(found, dict):
            return own or found
        merged = {**found, **own}
        if isinstance(found.get(PARAMETERS), dict) and isinstance(own.get(PARAMETERS), dict):
            merged[PARAMETERS] = {**found[PARAMETERS], **own[PARAMETERS]}
        return merged

    def _followed(self, reference: str, way: tuple[str, ...], depth: int) -> Any:
        if reference in way:
            raise BuildError(f"its references go in a circle: {one_line(' -> '.join((*way, reference)), 200)}.")
        at: Any = self._document
        parts = reference.removeprefix("#/").split("/")
        for count, name in enumerate(parts):
            at = self._step(at, name, (*way, reference), depth)
            if at is None:
                raise BuildError(
                    f"it refers to {one_line(repr(reference), 100)}, and {'/'.join(parts[: count + 1])} is not there."
                )
        return self.of(at, (*way, reference), depth + 1)

    def _step(self, at: Any, name: str, way: tuple[str, ...], depth: int) -> Any:
        if isinstance(at, dict) and name not in at and "$ref" in at:
            at = self._object({"$ref": at["$ref"]}, way, depth + 1)
        if isinstance(at, list):
            return at[int(name)] if name.isdigit() and int(name) < len(at) else None
        return at.get(name) if isinstance(at, dict) else None


def _reference(text: str) -> str:
    old = _OLD_REF.fullmatch(text)
    return "#/" + old[1].replace(".", "/") if old else text if re.fullmatch(r"#/[\w$./~-]+", text) else ""


def _inherited(part: Any, above: Mapping[str, Any]) -> Any:
    """*part* with the parameters of what is around it, its own first."""
    if isinstance(part, list):
        return [_inherited(each, above) for each in part]
    if not isinstance(part, dict):
        return part
    parameters = {**above, **object_of(part.get(PARAMETERS))}
    made = {
        name: each
        if name in _NO_COMPONENTS
        else _inherited(each, {key: value for key, value in parameters.items() if key != name})
        for name, each in part.items()
    }
    return {**made, PARAMETERS: parameters} if parameters else made
