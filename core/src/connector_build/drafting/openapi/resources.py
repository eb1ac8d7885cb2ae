"""Operations that answer with a list of objects, and why the others are none."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from connector_build.drafting.openapi.answers import Answer, answer_of
from connector_build.drafting.openapi.parameters import Parameter, body_of, parameters_of
from connector_build.drafting.openapi.schemas import Schemas, SpecError
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_core.basics.names import one_line

_SEARCH: Final = re.compile(r"(?:^|[/_:.-])(?:search|query|list|_search|find|filter)/?$", re.IGNORECASE)


@frozen(hash=False)
class Resource:
    """An operation that lists records. *body*: the fields of what it is asked by; None for a GET."""

    path: str
    operation: Mapping[str, Any] = field(repr=False)
    parameters: Sequence[Parameter] = field(repr=False)
    answer: Answer = field(repr=False)
    body: Sequence[Parameter] | None = field(default=None, repr=False)

    @property
    def inputs(self) -> list[Parameter]:
        """Everything that a request may carry."""
        return [*self.parameters, *(self.body or ())]

    @property
    def placeholders(self) -> list[str]:
        """The names in braces that its path has, in order."""
        return re.findall(r"\{([^{}/]+)\}", self.path)


@frozen
class Found:
    """The resources, and of what was left out how many for which reason."""

    resources: tuple[Resource, ...]
    left_out: Mapping[str, int]


def resources_of(document: Mapping[str, Any], schemas: Schemas, only: Sequence[str] = ()) -> Found:
    """The resources of *document*, those first that need no other's key. *only*: paths, the beginnings of paths, or tags."""
    resources: list[Resource] = []
    reasons: Counter[str] = Counter()
    for path, item, method, operation in _operations(document, schemas, reasons):
        if not _wanted(path, operation, only):
            continue
        try:
            found = _resource(path, item, method, operation, schemas)
        except SpecError as error:
            found = str(error)
        if isinstance(found, str):
            reasons[found] += 1
        else:
            resources.append(found)
    return Found(tuple(sorted(resources, key=lambda each: len(each.placeholders))), reasons)


def _operations(
    document: Mapping[str, Any], schemas: Schemas, reasons: Counter[str]
) -> Iterator[tuple[str, dict[str, Any], str, dict[str, Any]]]:
    for path, given in object_of(document.get("paths")).items():
        try:
            item = schemas.followed(given)
        except SpecError as error:
            reasons[str(error)] += 1
            continue
        for method in ("get", "post"):
            if isinstance(item.get(method), dict) and path.startswith("/"):
                yield path, item, method, item[method]


def _wanted(path: str, operation: Mapping[str, Any], only: Sequence[str]) -> bool:
    tags = {text_of(tag).lower() for tag in list_of(operation.get("tags"))}
    return not only or any(each.lower() in tags or _below(path, each) for each in only)


def _below(path: str, start: str) -> bool:
    start = start.rstrip("/*")
    return start.startswith("/") and (path == start or path.startswith(f"{start}/"))


def _resource(path: str, item: dict[str, Any], method: str, operation: dict[str, Any], schemas: Schemas) -> Resource | str:
    """The resource, or why it is none."""
    if operation.get("deprecated") is True:
        return "deprecated"
    if operation.get("x-internal") is True or operation.get("x-hidden") is True:
        return "said to be internal"
    body = None
    if method == "post":
        if not _SEARCH.search(path):
            return "a POST that is no search"
        body = body_of(operation, schemas)
        if body is None:
            return "a search by something else than a JSON object"
    answer = answer_of(operation, path, schemas)
    if answer is None:
        return "no list of objects in JSON"
    if not object_of(answer.schema.get("properties")):
        return "a list of objects of which no field is said"
    return Resource(path, operation, parameters_of(item, operation, schemas), answer, body)


def reasons_in_words(left_out: Mapping[str, int]) -> str:
    """How many operations were left out, and why, the most frequent reasons first."""
    ranked = sorted(left_out.items(), key=lambda each: (-each[1], each[0]))
    shown = [f"{count} {one_line(reason, 120)}" for reason, count in ranked[:4]]
    return "; ".join([*shown, *([f"{sum(count for _, count in ranked[4:])} for other reasons"] if len(ranked) > 4 else [])])
