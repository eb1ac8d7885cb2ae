"""Paging that a description states by an extension of its own, so that nothing has to be guessed."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector_build.drafting.draft import Call, Value
from connector_build.drafting.made import trouble
from connector_build.drafting.openapi.paging import Paging
from connector_build.drafting.openapi.parameters import Parameter, named
from connector_build.drafting.openapi.words import SIZES
from connector_build.drafting.shape import list_of, object_of, text_of


def stated_paging(operation: Mapping[str, Any], parameters: Sequence[Parameter]) -> Paging | None:
    """What ``x-ms-pageable``, ``x-speakeasy-pagination`` or ``x-fern-pagination`` says; None where none of them says it."""
    sized = named([each for each in parameters if each.is_number], SIZES)
    found = _microsoft(operation, sized) or _speakeasy(operation, sized) or _fern(operation, sized)
    if found is None or trouble(found):
        return None
    taken = {str(arg) for arg in (*found.args, found.options.get("param")) if isinstance(arg, str)}
    size = sized if sized and found.options.get("size_param") == sized.name else None
    return Paging(found, (*sorted(taken), *([size.name] if size else [])), size)


def _size(sized: Parameter | None) -> dict[str, Value]:
    return {"size_param": sized.name if sized else None}


def _microsoft(operation: Mapping[str, Any], sized: Parameter | None) -> Call | None:
    pageable = operation.get("x-ms-pageable")
    if not isinstance(pageable, dict):
        return None
    link = pageable.get("nextLinkName", "nextLink")
    if not isinstance(link, str):  # null: one page
        return Call("SinglePage")
    return Call("NextLinkPaginator", (link,), {**(_size(sized) if sized else {}), "missing_ends": True})


def _speakeasy(operation: Mapping[str, Any], sized: Parameter | None) -> Call | None:
    said = object_of(operation.get("x-speakeasy-pagination"))
    inputs = {text_of(object_of(each).get("type")): text_of(object_of(each).get("name")) for each in list_of(said.get("inputs"))}
    outputs = {name: text_of(path).removeprefix("$.") for name, path in object_of(said.get("outputs")).items()}
    match said.get("type"):
        case "url" if outputs.get("nextUrl"):
            return Call("NextLinkPaginator", (outputs["nextUrl"],), {"missing_ends": True})
        case "cursor" if inputs.get("cursor") and outputs.get("nextCursor"):
            return Call("CursorPaginator", (inputs["cursor"], outputs["nextCursor"]), {**_size(sized), "missing_ends": True})
        case "offsetLimit" if inputs.get("page"):
            return Call("PageNumberPaginator", (), {"param": inputs["page"], **_size(sized)})
        case "offsetLimit" if inputs.get("offset"):
            return Call("OffsetPaginator", (), {"param": inputs["offset"], **_size(sized)})
    return None


def _fern(operation: Mapping[str, Any], sized: Parameter | None) -> Call | None:
    said = {name: text_of(path) for name, path in object_of(operation.get("x-fern-pagination")).items()}
    cursor, following = said.get("cursor", ""), said.get("next_cursor", "")
    if cursor.startswith("$request.") and following.startswith("$response."):
        options = {**_size(sized), "missing_ends": True}
        return Call("CursorPaginator", (cursor.removeprefix("$request."), following.removeprefix("$response.")), options)
    offset = said.get("offset", "").removeprefix("$request.")
    if offset in ("page", "page_number", "pageNumber"):
        return Call("PageNumberPaginator", (), {"param": offset, **_size(sized)})
    return Call("OffsetPaginator", (), {"param": offset, **_size(sized)}) if offset else None
