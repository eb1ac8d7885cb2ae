"""Where an answer has its records, and what else it says beside them."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from connector_build.drafting.columns import schema_of, types_in
from connector_build.drafting.draft import Value, bare, guessed
from connector_build.drafting.openapi.schemas import Schemas
from connector_build.drafting.shape import object_of, text_of
from connector_build.drafting.texts import path_to, singular
from connector_build.drafting.writing import name_of

_USUAL: Final = [
    "data",
    "results",
    "items",
    "records",
    "values",
    "value",
    "entries",
    "rows",
    "list",
    "content",
    "elements",
    "objects",
    "hits",
    "resources",
    "collection",
    "result",
    "entities",
    "members",
    "docs",
    "documents",
    "response",
    "payload",
    "body",
]
_NEVER: Final = frozenset(
    "errors warnings links _links included meta messages facets aggregations filters sort orders_by".split()  # noqa: SIM905  (words)
)
_OWN_KEYS: Final = frozenset({"id", "_id", "uuid"})
_DEPTH: Final = 3


@frozen
class Answer:
    """What an operation answers with.

    records: the path of the list of records, noted where another one may be meant.
    schema:  of one record.
    beside:  path → schema of what else the answer has, down to a few levels, without what is in the records.
    headers: names of the headers that it is said to have.
    """

    records: Value
    schema: Mapping[str, Any]
    beside: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    headers: tuple[str, ...] = ()


def answer_of(operation: Mapping[str, Any], path: str, schemas: Schemas) -> Answer | None:
    """The list of objects that *operation* answers with; None where it is none. Raises SpecError for an unreadable schema."""
    response = _success(operation, schemas)
    schema = _json_schema(response, schemas)
    if schema is None:
        return None
    if not types_in(schema) and (example := _example(response)) is not None:
        found = _answer(schema_of(example), response, path, schemas)
        return found and evolve(
            found, records=guessed(bare(found.records), "no schema is said: columns are those of its example")
        )
    return _answer(schema, response, path, schemas)


def _answer(schema: Mapping[str, Any], response: Mapping[str, Any], path: str, schemas: Schemas) -> Answer | None:
    headers = tuple(object_of(response.get("headers")))
    if "array" in types_in(schema):
        record = schemas.whole(schema.get("items"))
        return Answer("@", record, {}, headers) if _is_object(record) else None
    return _inside(schema, path, schemas, headers)


def _success(operation: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    answers = object_of(operation.get("responses"))
    codes = ["200", "2XX", "2xx", "206", "201", "default"]
    code = next((each for each in codes if each in answers), None)
    return schemas.followed(answers[code]) if code else {}


def _json_schema(response: Mapping[str, Any], schemas: Schemas) -> dict[str, Any] | None:
    content = object_of(response.get("content"))
    if not content and _example(response) is not None:
        return {}
    kinds = [kind for kind in content if "json" in kind.lower() or kind.strip() in ("*/*", "application/*")]
    kinds = [kind for kind in kinds if "stream" not in kind and "seq" not in kind and "ndjson" not in kind]
    if not kinds:
        return None
    return schemas.whole(object_of(content[kinds[0]]).get("schema") or {})


def _example(response: Mapping[str, Any]) -> Any:
    """The example of an answer in JSON, of OpenAPI 3 or Swagger 2.0; None where there is none that is an object or a list."""
    parts = [object_of(part) for kind, part in object_of(response.get("content")).items() if "json" in kind]
    given = [part.get("example") for part in parts]
    given += [object_of(each).get("value") for part in parts for each in object_of(part.get("examples")).values()]
    given += [part for kind, part in object_of(response.get("examples")).items() if "json" in kind]
    return next((each for each in given if isinstance(each, dict | list)), None)


def _is_object(schema: Mapping[str, Any]) -> bool:
    return types_in(schema) == {"object"}


def _inside(schema: Mapping[str, Any], path: str, schemas: Schemas, headers: tuple[str, ...]) -> Answer | None:
    lists: list[tuple[tuple[str, ...], Mapping[str, Any]]] = []
    beside: dict[str, Mapping[str, Any]] = {}
    _look(schema, (), schemas, lists, beside)
    found = _best(lists, schema, path)
    if found is None:
        return None
    keys, record, why = found
    where = path_to(*keys)
    return Answer(guessed(where, why) if why else where, record, beside, headers)


def _look(
    schema: Mapping[str, Any],
    keys: tuple[str, ...],
    schemas: Schemas,
    lists: list[tuple[tuple[str, ...], Mapping[str, Any]]],
    beside: dict[str, Mapping[str, Any]],
) -> None:
    for name, part in object_of(schema.get("properties")).items():
        whole = schemas.whole(part)
        at = (*keys, name)
        kinds = types_in(whole)
        if kinds == {"array"}:
            record = schemas.whole(whole.get("items"))
            if _is_object(record) and name not in _NEVER:
                lists.append((at, record))
        elif kinds == {"object"} and len(at) < _DEPTH:
            _look(whole, at, schemas, lists, beside)
        else:
            beside[path_to(*at)] = whole


def _best(
    lists: list[tuple[tuple[str, ...], Mapping[str, Any]]], schema: Mapping[str, Any], path: str
) -> tuple[tuple[str, ...], Mapping[str, Any], str] | None:
    """The list that the answer is about, and why, where that is a guess."""
    ends = path.rstrip("/").endswith("}")
    names = {name_of(name) for name in object_of(schema.get("properties"))}
    named = [each for each in lists if len(each[0]) <= 2 and _fits(each[0][-1], path)]
    if names & _OWN_KEYS and not (named and not ends):
        return None  # one record, which has lists of its own
    shallow = sorted(lists, key=lambda each: len(each[0]))
    usual = [each for name in _USUAL for each in shallow if each[0][-1].lower() == name]
    if ends:  # what one record has, unless it is called as lists are
        named, usual, shallow = [], [each for each in usual if len(each[0]) == 1], []
    ranked = named or usual or shallow
    if not ranked:
        return None
    choice = ranked[0]
    others = [path_to(*keys) for keys, _ in lists if len(keys) <= len(choice[0]) and keys != choice[0]]
    why = f"the answer also has lists at {', '.join(others[:3])}" if others else ""
    return choice[0], choice[1], why


def _fits(name: str, path: str) -> bool:
    """Whether a list is named as the path is."""
    last = next((part for part in reversed(path.split("/")) if part and not part.startswith("{")), "")
    wanted = name_of(last.partition(".")[0])
    return bool(last) and singular(name_of(text_of(name))) == singular(wanted)
