"""From a request and what brings its pages to the draft of a plugin."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, field, frozen

from connector_build.drafting.draft import Call, Draft, Noted, TableDraft, Value, bare, guessed
from connector_build.drafting.probing import hints
from connector_build.drafting.probing.asking import Asker, Step, Walk, stepped
from connector_build.drafting.probing.columns import columns_of
from connector_build.drafting.probing.guesses import Clues
from connector_build.drafting.probing.keys import Key, key_options, keys_of
from connector_build.drafting.probing.leading import leaves
from connector_build.drafting.probing.naming import fields_of, is_kept, renamed
from connector_build.drafting.probing.nested import nested_tables
from connector_build.drafting.probing.places import Place, empty_list, places_in
from connector_build.drafting.probing.positions import Given
from connector_build.drafting.probing.proving import Feed, Paging, paging
from connector_build.drafting.probing.sizes import sized
from connector_build.drafting.probing.words import literal_json, literal_text, table_of
from connector_build.drafting.writing import name_of
from connector_build.errors import BuildError
from connector_core import Record, Request, Table
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


@frozen
class Access:
    """How the API is reached: what a draft says of it beside its tables.

    origin: scheme and host; empty where nobody said. auth: as the plugin writes it.
    """

    origin: str = ""
    auth: Value = None
    remarks: tuple[str, ...] = ()


@frozen
class Drafted:
    """A draft, what was read for it, and the page size that was asked for."""

    draft: Draft
    walk: Walk = field(repr=False)
    size: int
    table: TableDraft


def drafted(
    name: str, given: Given, access: Access, asker: Asker, choose: Choose = first_of, *, ordered: bool = False
) -> Drafted:
    """The plugin *name* for the table at *given*. *ordered*: pages come in their order, whatever is asked for.

    Raises BuildError where the answer has no records, or none that a plugin can read; Refused, Unknown or a ConnectorError where
    the first page does not come.
    """
    table = _table_name(given.path, name)
    draft, place, first = _begun(table, given, asker, [table, name], choose)
    given = _without_small(given, len(first.rows))
    draft = evolve(draft, table={**draft.table, **_rest(_options(given))})
    clues = _clues(given, place, first, table)
    if not ordered:
        clues = evolve(clues, given=sized(asker, table_of(draft), clues, first))
    size = clues.given.the("size")
    records = int(size.value) if size else max(1, len(first.rows))
    found = paging(Feed(draft, asker, records, first), clues)
    if ordered and not isinstance(found.call, Noted):
        found = evolve(found, call=guessed(found.call, "the pages were given without the requests that they came for"))
    walk = found.walk if found.walk.steps else evolve(found.walk, steps=(first,))
    whole = _table(draft, place, found, walk.rows, choose)
    settings = tuple(_core_settings(access.origin, found, records, len(first.rows)))
    about = _summary(name, table, access.origin, given.path)
    made = Draft(name, about, (whole,), access.auth, settings, (*access.remarks, *_remarks(whole, walk.rows)))
    return Drafted(made, walk, records, whole)


def _begun(table: str, given: Given, asker: Asker, names: Sequence[str], choose: Choose) -> tuple[TableDraft, Place, Step]:
    """A draft with nothing but the request and the place of the records, and the first page."""
    base = _options(given)
    page = asker.page(_request(table_of(_unplaced(base, table)), given))
    place = _chosen_place(page.body, names, choose)
    draft = TableDraft({"name": table, "path": base["path"], **_raw(place), **_rest(base)})
    first = _first(asker, table_of(draft), given)
    if not first.rows:
        raise BuildError(f"The answer has no records at {place.records}. Give a request that some come back for.")
    return draft, place, first


def _without_small(given: Given, rows: int) -> Given:
    """The request without a size that is none, as more rows came for it."""
    size = given.the("size")
    if size is None or rows <= int(size.value) or size.where != "query":
        return given
    return evolve(
        given,
        params={**given.params, size.name: str(size.value)},
        positions=tuple(each for each in given.positions if each is not size),
    )


def _clues(given: Given, place: Place, first: Step, table: str) -> Clues:
    number = place.number if place.rows else len(first.page.records)
    return Clues(given, first.page, place.keys, number, *_sorted_by(first.rows, table))


def _summary(name: str, table: str, origin: str, path: str) -> str:
    what = name if table == name else f"{name}: {table}"
    return one_line(f"{what}, from {origin or 'an API'}{path}.", 100)


def _remarks(table: TableDraft, rows: Sequence[Record]) -> list[str]:
    changed = hints.changed_at(_columns(table), rows)
    return [hints.remark(table.name, changed)] if changed else []


def _columns(table: TableDraft) -> Mapping[str, Value]:
    columns = table.table["columns"]
    assert isinstance(columns, Mapping)  # noqa: S101  (it was made here)
    return columns


def _table_name(path: str, name: str) -> str:
    """What the last part of a path that is no number calls the table."""
    parts = [part.rpartition(".")[0] or part for part in path.split("/")]
    words = [part for part in parts if any(map(str.isalpha, part)) and "{" not in part and "%" not in part and len(part) <= 60]
    found = name_of(words[-1], name) if words else name
    return name if found in ("v1", "v2", "v3", "v4", "api", "index", "graphql", "rest", "json") else found


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


def _options(given: Given) -> dict[str, Value]:
    params = {name: _param(name, value) for name, value in given.params.items()}
    headers = {name: literal_text(value) for name, value in given.headers.items()}
    body: dict[str, Value] = {} if given.body is None else {"body": literal_json(given.body)}
    return {
        "path": literal_text(given.path),
        **({"params": params} if params else {}),
        **({"headers": headers} if headers else {}),
        **body,
    }


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


def _rest(base: Mapping[str, Value]) -> dict[str, Value]:
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
    beside = [leaf.path for leaf in leaves(body, chosen.keys) if leaf.value is not None]
    return evolve(chosen, also=" or ".join(others) if choose is first_of else "", beside=tuple(beside))


def _shown(body: Any) -> str:
    return f"which is {one_line(repr(body), 60)}"


def _first(asker: Asker, table: Table, given: Given) -> Step:
    try:
        return stepped(asker, table, _request(table, given))
    except ConnectorError as error:
        raise BuildError(f"The records cannot be read: {error}") from None


def _sorted_by(rows: Sequence[Record], table: str) -> tuple[str | None, str]:
    """The likeliest key of the first page, and how its rows are sorted by it."""
    columns = columns_of(rows, [name for name in fields_of(rows) if is_kept(name)])
    found = [key.names[0] for key in keys_of(rows, columns, table) if len(key.names) == 1]
    if not found or len(rows) < 2:
        return None, "any"
    values = [row[found[0]] for row in rows]
    try:
        ordered = sorted(values)
    except TypeError:
        return found[0], "any"
    return found[0], "ascending" if values == ordered else "descending" if values == ordered[::-1] else "any"


def _table(draft: TableDraft, place: Place, found: Paging, rows: Sequence[Record], choose: Choose) -> TableDraft:
    """The whole table."""
    fields = fields_of(rows)
    others = renamed(fields)
    typed = columns_of(rows, [each for each in fields if is_kept(each)])
    kept = {each: kind for each, kind in typed.items() if each not in others}
    key = _chosen_key(rows, kept, draft.name, choose)
    limit = hints.budget(found.walk.steps[0].page.headers if found.walk.steps else {})
    base = {**draft.table, **found.also}
    options = {
        **{each: base[each] for each in ("name", "path")},
        **_placed(place),
        **key_options(key),
        "columns": typed,
        **{each: value for each, value in base.items() if each not in _BEFORE},
        **({"budget": limit} if limit is not None else {}),
    }
    extra = tuple(nested_tables(draft.name, key.names, rows, kept)) if key else ()
    return TableDraft(options, found.call, tuple(_renaming(others)), extra)


_BEFORE: Final = frozenset({"name", "path", "records", "rows", "primary_key", "columns", "full_refresh"})


def _placed(place: Place) -> dict[str, Value]:
    """What the table says of the place of its records, with what else that may be."""
    options = place.options
    if place.also:
        options["records"] = guessed(options["records"], f"{place.said}; it may be {one_line(place.also, 120)}")
    if place.rows and place.beside:
        shown = ", ".join(one_line(name, 40) for name in place.beside[:5])
        options["rows"] = guessed(options["rows"], f"{shown} beside the records is left out; stamped would add it")
    return options


def _chosen_key(rows: Sequence[Record], columns: Mapping[str, Value], table: str, choose: Choose) -> Key | None:
    found = keys_of(rows, columns, table)
    likely = [key for key in found if not key.why][:5]
    if len(likely) < 2 or likely[0].names[0].lower() in ("id", "_id"):
        return found[0] if found else None
    said = [f"{one_line(key.names[0], 60)}, another one in each of {len(rows)} rows" for key in likely]
    return likely[choose("What identifies a row?", said)]


def _renaming(others: Mapping[str, str]) -> Iterator[Value]:
    if others:
        call = Call("Transform", ("rename_columns", Call("rename", (dict(others),))))
        yield guessed(call, "Fivetran would not keep these names, or not apart")


def _core_settings(origin: str, found: Paging, size: int, rows: int) -> Iterator[Value]:
    yield Call("base_url", (origin,) if origin else ())
    call = bare(found.call)
    sized = isinstance(call, Call) and call.word != "SinglePage" and _size_param(call)
    if not sized:
        return
    setting = Call("page_size", (size,), {"maximum": max(size, 100)})
    yield setting if size >= 100 else guessed(setting, f"{rows} rows came for {size}; larger pages were not tried")


def _size_param(call: Call) -> bool:
    defaults = {
        "CursorPaginator": "page_size",
        "PageNumberPaginator": "page_size",
        "OffsetPaginator": "limit",
        "KeysetPaginator": "page_size",
    }
    return bool(call.options.get("size_param", defaults.get(call.word)))
