"""The beginning of a draft: the request as it was given, and where its first answer has the records."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from connector_build.drafting.draft import TableDraft, Value, guessed
from connector_build.drafting.probing.asking import Asker, Step, stepped
from connector_build.drafting.probing.leading import leaves
from connector_build.drafting.probing.places import Place, empty_list, places_in
from connector_build.drafting.probing.positions import Given
from connector_build.drafting.probing.words import literal_json, table_of
from connector_build.drafting.texts import literal_text
from connector_build.drafting.writing import table_name_of
from connector_build.errors import BuildError
from connector_core import Request, Table
from connector_core.basics.errors import ConnectorError
from connector_core.basics.names import one_line
from connector_core.paging.resting import first_request

Choose = Callable[[str, Sequence[str]], int]
"""Asks which of several is meant: a question, and the answers, the likeliest first → the number of one."""


def first_of(_: str, __: Sequence[str]) -> int:
    """Takes the likeliest."""
    return 0


SURE: Final = 15
"""A place of a lower score is no list, and nothing speaks for it but that there is no other."""
CLOSE: Final = 15
"""Places whose scores differ by less may both be meant."""


def begun(table: str, given: Given, asker: Asker, names: Sequence[str], choose: Choose) -> tuple[TableDraft, Place, Step]:
    """A draft with nothing but the request and the place of the records, and the first page."""
    base = options_of(given)
    page = asker.page(_request(table_of(_unplaced(base, table)), given))
    place = _chosen_place(page.body, names, choose)
    draft = TableDraft({"name": table, "path": base["path"], **_raw(place), **rest_of(base)})
    first = _first(asker, table_of(draft), given)
    if not first.rows:
        raise BuildError(f"The answer has no records at {place.records}. Give a request that some come back for.")
    return draft, place, first


def without_small(given: Given, rows: int) -> Given:
    """The request without a size that is none, as more rows came for it."""
    size = given.the("size")
    if size is None or rows <= int(size.value) or size.where != "query":
        return given
    return evolve(
        given,
        params={**given.params, size.name: str(size.value)},
        positions=tuple(each for each in given.positions if each is not size),
    )


def table_name(path: str, name: str) -> str:
    """What the last part of a path that is no number calls the table."""
    parts = [part.rpartition(".")[0] or part for part in path.split("/")]
    words = [part for part in parts if any(map(str.isalpha, part)) and "{" not in part and "%" not in part and len(part) <= 60]
    found = table_name_of(words[-1], name) if words else ""
    return table_name_of(name) if found in _NO_NAMES else found


_NO_NAMES: Final = ("", "v_1", "v_2", "v_3", "v_4", "api", "index", "graphql", "rest", "json")


def _unplaced(base: Mapping[str, Value], name: str) -> TableDraft:
    """A table of which nothing is known but its request."""
    return TableDraft({"name": name, **base, "records": "@", "primary_key": [], "columns": {}, "full_refresh": True})


def _request(table: Table, given: Given) -> Request:
    """The request as it was given, with what says which page is meant."""
    request = first_request(table)
    for each in given.positions:
        if each.value != "":
            request = request.placed(each.where, each.name, each.value)
    return request


def options_of(given: Given) -> dict[str, Value]:
    """What a table says of its request."""
    params = {name: _param(name, value) for name, value in given.params.items()}
    headers = {name: literal_text(value) for name, value in given.headers.items()}
    body: dict[str, Value] = {} if given.body is None else {"body": literal_json(given.body)}
    return {
        "path": _path(given),
        **({"params": params} if params else {}),
        **({"headers": headers} if headers else {}),
        **body,
    }


def _path(given: Given) -> str:
    """The path as a template, in which the place of a page number stays one."""
    place = next((f"{{{each.name}}}" for each in given.positions if each.where == "path"), None)
    return place.join(map(literal_text, given.path.split(place))) if place else literal_text(given.path)


_BOUND: Final = re.compile(
    r"(?:^|[_.-]|(?<=[a-z])(?=[A-Z]))(?:from|to|since|until|before|after|start|end|min|max|date|range|period|day|year|month|gte?|lte?)"
    r"(?:$|[_.-]|(?=[A-Z]))|(?:_at|At|_on|On)$|(?:Date|Time)$",
)


_RANGE: Final = re.compile(r"\d{4}-?\d\d-?\d\d\W*(?:TO|to|and|\.\.|[,/|])\W*\d{4}-?\d\d-?\d\d|[<>]=?\s*'?\d")


def _param(name: str, value: str) -> Value:
    """A parameter as the plugin sends it; one that looks like a bound leaves rows out, which may not be meant."""
    text = literal_text(value)
    bounds = (_BOUND.search(name) and any(map(str.isdigit, value))) or _RANGE.search(value)
    return guessed(text, "as the request had it; rows beyond it are never read") if bounds else text


def rest_of(base: Mapping[str, Value]) -> dict[str, Value]:
    """The same but for its path."""
    return {name: value for name, value in base.items() if name != "path"}


def _raw(place: Place) -> dict[str, Value]:
    """A table of which nothing but the place of its records is known."""
    return {**place.options, "primary_key": [], "columns": {}, "full_refresh": True}


def _chosen_place(body: Any, names: Sequence[str], choose: Choose) -> Place:
    found = places_in([body], names)
    if (not found or found[0].score < SURE) and (empty := empty_list(body)):
        raise BuildError(
            f"The answer has no records: {one_line(empty, 60)} is an empty list. Give a request that some come back for."
        )
    if not found:
        raise BuildError(
            f"There are no records in the answer, {_shown(body)}: no list of objects, and no object with values. Give a request "
            "that records come back for."
        )
    if found[0].score < SURE and (empty := empty_list(body)):
        raise BuildError(
            f"The answer has no records: {one_line(empty, 60)} is an empty list. Give a request that some come back for."
        )
    close = [place for place in found if found[0].score - place.score < CLOSE]
    chosen = close[choose("Where are the records?", [place.said for place in close])] if len(close) > 1 else found[0]
    others = [place.said for place in close if place is not chosen]
    beside = [leaf.path for leaf in leaves(body, chosen.keys) if leaf.value is not None] if chosen.keys else []
    return evolve(chosen, also=" or ".join(others) if choose is first_of else "", beside=tuple(beside))


def _shown(body: Any) -> str:
    return f"which is {one_line(repr(body), 60)}"


def _first(asker: Asker, table: Table, given: Given) -> Step:
    try:
        return stepped(asker, table, _request(table, given))
    except ConnectorError as error:
        raise BuildError(f"The records cannot be read: {error}") from None
