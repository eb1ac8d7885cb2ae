"""Parameters of an operation, wherever they travel, and what is sent for those that it cannot do without."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from connector_build.drafting.columns import types_in
from connector_build.drafting.openapi.schemas import Schemas
from connector_build.drafting.openapi.version2 import schema_of_parameter
from connector_build.drafting.shape import first_sentence, list_of, object_of, text_of, whole
from connector_build.drafting.writing import name_of
from connector_core.source.pagination import Where

_PLACES: Final[Mapping[str, Where]] = {"query": "query", "header": "header", "path": "path"}


@frozen
class Parameter:
    """One parameter. *plain* is its name in snake_case, for comparisons; *where* it travels."""

    name: str
    where: Where
    required: bool
    schema: Mapping[str, Any]
    about: str = ""

    @property
    def plain(self) -> str:
        """The name, as names are compared."""
        return name_of(self.name)

    @property
    def values(self) -> list[Any]:
        """The values that it may have, as far as they are said."""
        return [each for each in list_of(self.schema.get("enum")) if each is not None]

    @property
    def default(self) -> Any:
        """The value that it has where it is left out."""
        return self.schema.get("default")

    @property
    def maximum(self) -> int | None:
        """The largest number that it takes."""
        return whole(self.schema.get("maximum"))

    @property
    def minimum(self) -> int | None:
        """The smallest number that it takes."""
        return whole(self.schema.get("minimum"))

    @property
    def is_number(self) -> bool:
        """Whether it takes a whole number."""
        return bool(types_in(self.schema) & {"integer", "number"})


def parameters_of(item: Mapping[str, Any], operation: Mapping[str, Any], schemas: Schemas) -> list[Parameter]:
    """The parameters of *operation* and of its path, the operation's own in the place of the path's."""
    found: dict[tuple[str, str], Parameter] = {}
    for given in (*list_of(item.get("parameters")), *list_of(operation.get("parameters"))):
        part = schemas.followed(given)
        name, where = text_of(part.get("name")), _PLACES.get(text_of(part.get("in")))
        if name and where:
            schema = schemas.whole(schema_of_parameter(part))
            found[name, where] = Parameter(
                name, where, part.get("required") is True or where == "path", schema, first_sentence(part.get("description"))
            )
    return list(found.values())


def body_of(operation: Mapping[str, Any], schemas: Schemas) -> list[Parameter] | None:
    """The fields of the JSON body that *operation* takes; None where it takes none, or another one."""
    content = object_of(schemas.followed(operation.get("requestBody")).get("content"))
    kind = next((kind for kind in content if "json" in kind), None)
    if kind is None:
        return [] if not content else None
    schema = schemas.whole(object_of(content[kind]).get("schema"))
    required = set(map(str, list_of(schema.get("required"))))
    fields = object_of(schema.get("properties"))
    return [
        Parameter(name, "body", name in required, schemas.whole(part), first_sentence(object_of(part).get("description")))
        for name, part in fields.items()
        if name
    ]


def named(
    parameters: Iterable[Parameter], names: Sequence[str], where: tuple[Where, ...] = ("query", "body")
) -> Parameter | None:
    """The first of *names*, in their order, that *parameters* has."""
    known = {each.plain: each for each in reversed(list(parameters)) if each.where in where}
    return next((known[name] for name in names if name in known), None)
