"""From a request and what brings its pages to the draft of a plugin."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import evolve, field, frozen

from connector_build.drafting.draft import Call, Draft, Noted, TableDraft, Value, bare, guessed
from connector_build.drafting.probing import hints
from connector_build.drafting.probing.asking import Asker, Step, Walk
from connector_build.drafting.probing.beginning import Choose, begun, first_of, options_of, rest_of, table_name, without_small
from connector_build.drafting.probing.columns import columns_of
from connector_build.drafting.probing.ends import Feed
from connector_build.drafting.probing.guesses import Clues
from connector_build.drafting.probing.keys import Key, key_options, keys_of, without_choice
from connector_build.drafting.probing.naming import fields_of, is_kept, renamed
from connector_build.drafting.probing.nested import nested_tables
from connector_build.drafting.probing.places import Place
from connector_build.drafting.probing.positions import Given
from connector_build.drafting.probing.proving import Paging, paging
from connector_build.drafting.probing.sizes import sized
from connector_build.drafting.probing.words import table_of
from connector_core import Record
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line


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
    table = table_name(given.path, name)
    draft, place, first = begun(table, given, asker, [table, name], choose)
    given = without_small(given, len(first.rows))
    draft = evolve(draft, table={**draft.table, **rest_of(options_of(given))})
    clues = _clues(given, place, first, table)
    if not ordered:
        clues = evolve(clues, given=sized(asker, table_of(draft), clues, first))
    size = clues.given.the("size")
    records = int(size.value) if size else max(1, len(first.rows))
    trial = records if given.the("size") else len(first.rows)
    found = paging(Feed(draft, asker, records, first, trial), clues)
    if ordered and not isinstance(found.call, Noted):
        found = evolve(found, call=guessed(found.call, "the pages were given without the requests that they came for"))
    walk = found.walk if found.walk.steps else evolve(found.walk, steps=(first,))
    whole = _table(name, draft, place, found, walk.rows, choose)
    settings = tuple(_core_settings(access.origin, found, records, len(first.rows)))
    about = _summary(name, table, access.origin, given.path)
    made = Draft(name, about, (whole,), access.auth, settings, (*access.remarks, *_remarks(whole, walk.rows)))
    return Drafted(made, walk, records, whole)


def _clues(given: Given, place: Place, first: Step, table: str) -> Clues:
    number = place.number if place.rows else len(first.page.records)
    return Clues(given, first.page, place.keys, number, *_sorted_by(first.rows, table))


def _summary(name: str, table: str, origin: str, path: str) -> str:
    what = name if table == name else f"{name}: {table}"
    return one_line(f"{what}, from {origin}{path}." if origin else f"{what}, from pages that were kept.", 100)


def _remarks(table: TableDraft, rows: Sequence[Record]) -> list[str]:
    changed = hints.changed_at(_columns(table), rows)
    return [hints.remark(table.name, changed)] if changed else []


def _columns(table: TableDraft) -> Mapping[str, Value]:
    columns = table.table["columns"]
    assert isinstance(columns, Mapping)  # noqa: S101  (it was made here)
    return columns


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


def _table(dataset: str, draft: TableDraft, place: Place, found: Paging, rows: Sequence[Record], choose: Choose) -> TableDraft:
    """The whole table."""
    fields = fields_of(rows)
    others = renamed(fields)
    typed = columns_of(rows, [each for each in fields if is_kept(each)])
    kept = {each: kind for each, kind in typed.items() if each not in others}
    key = _of_an_object(place) or _chosen_key(rows, kept, draft.name, choose)
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
    extra = tuple(nested_tables(dataset, draft.name, key.names, rows, kept)) if key else ()
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


def _of_an_object(place: Place) -> Key | None:
    """The key of the entries of an object, which has each once."""
    keyed = [call for call in place.rows if call.word == "keyed"]
    return Key((str(keyed[0].options["key"]),)) if keyed else None


def _chosen_key(rows: Sequence[Record], columns: Mapping[str, Value], table: str, choose: Choose) -> Key | None:
    found = keys_of(rows, columns, table)
    likely = [key for key in found if not key.why][:5]
    if len(likely) < 2 or likely[0].names[0].lower() in ("id", "_id"):
        return found[0] if found else None
    if choose is first_of:
        return without_choice(likely, columns, table)
    said = [f"{one_line(key.names[0], 60)}, another one in each of {counted(len(rows), 'row')}" for key in likely]
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
    yield setting if size >= 100 else guessed(setting, f"{counted(rows, 'row')} came for {size}; larger pages were not tried")


def _size_param(call: Call) -> bool:
    defaults = {
        "CursorPaginator": "page_size",
        "PageNumberPaginator": "page_size",
        "OffsetPaginator": "limit",
        "KeysetPaginator": "page_size",
    }
    return bool(call.options.get("size_param", defaults.get(call.word)))
