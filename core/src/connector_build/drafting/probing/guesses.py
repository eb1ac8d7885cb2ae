"""How the next page may be asked for: each way that the evidence supports, the likeliest first, none of them tried yet."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import field, frozen

from connector_build.drafting.draft import Call, Value
from connector_build.drafting.probing import leading
from connector_build.drafting.probing.leading import Leaf
from connector_build.drafting.probing.positions import CURSORS, KEYS, OFFSETS, PAGES, Given, plain
from connector_build.drafting.texts import path_to
from connector_core import Page
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line

_USUAL_CURSORS: Final = (
    "cursor",
    "page_token",
    "pageToken",
    "after",
    "start_cursor",
    "starting_after",
    "page[after]",
    "next",
    "token",
    "offset",
)
_ASCENDING: Final = ("after", "after_id", "starting_after", "since_id", "last_id")
_DESCENDING: Final = ("before", "before_id", "starting_after", "max_id", "after_id")


@frozen
class Guess:
    """A paginator that may be the right one.

    why:    what speaks for it, in words; strong: the answer or the request itself says so, and it is no mere try.
    also:   what the table says besides.
    """

    call: Call
    why: str
    strong: bool = True
    also: Mapping[str, Value] = field(factory=dict)


@frozen
class Clues:
    """What guesses are made of: the request and the first page, where its records are, and which field they are sorted by."""

    given: Given
    page: Page
    keys: tuple[str, ...]
    number: int
    key: str | None = None
    order: str = "any"

    @property
    def beside(self) -> list[Leaf]:
        """What stands beside the records."""
        return leading.leaves(self.page.body, self.keys)

    @property
    def size(self) -> dict[str, Value]:
        """What takes the page size, where the request has something."""
        size = self.given.the("size")
        return {"size_param": size.name} if size else {"size_param": None}

    @property
    def where(self) -> dict[str, Value]:
        """Where positions are."""
        return {"where": "body"} if self.given.body is not None else {}


def guesses(clues: Clues) -> Iterator[Guess]:
    """Every way, the likeliest first."""
    beside = clues.beside
    yield from _by_link(clues, beside)
    numbered = [each for each in leading.cursors(beside) if isinstance(each.value, int)]
    yield from _by_cursor(clues, [each for each in leading.cursors(beside) if not isinstance(each.value, int)])
    yield from _by_given(clues)
    yield from _by_cursor(clues, numbered)
    yield from _by_sort(clues)
    yield from _by_empty(clues, beside)
    yield from _by_number(clues, beside)
    yield from _by_key(clues, beside)


def says_more(clues: Clues) -> str:
    """What in the answer says that there is more than one page, in words; empty where nothing does."""
    beside = clues.beside
    if more := [each for each in leading.flags(beside, "more") if each.value]:
        return f"{one_line(more[0].path, 60)} is true"
    totals = [each for each in leading.numbers(beside, "total") if each.value > clues.number]
    return f"{one_line(totals[0].path, 60)} is {totals[0].value}, and {clues.number} came" if totals else ""


def _by_link(clues: Clues, beside: Sequence[Leaf]) -> Iterator[Guess]:
    size = _only_in_query(clues)
    if leading.has_link_header(clues.page):
        yield from _kept(clues, Call("LinkHeaderPaginator", (), size), "the Link header has a next page")
    for leaf in leading.links(list(beside)):
        own = () if leaf.path == "next" else (leaf.path,)
        yield from _kept(clues, Call("NextLinkPaginator", own, size), f"{one_line(leaf.path, 60)} is an address")


def _only_in_query(clues: Clues) -> dict[str, Value]:
    size = clues.given.the("size")
    return {"size_param": size.name} if size and size.where == "query" else {}


def _kept(clues: Clues, call: Call, why: str) -> Iterator[Guess]:
    """A link as it is, and one that is given the parameters of the request that it may lack."""
    yield Guess(call, why)
    if clues.given.params:
        yield Guess(Call(call.word, call.args, {**call.options, "keep": list(clues.given.params)}), why)


def _by_cursor(clues: Clues, found: Sequence[Leaf]) -> Iterator[Guess]:
    if header := leading.next_header(clues.page):
        why = f"the header {one_line(header, 60)} has a cursor"
        for name in _params_for(header, clues, header=True)[:4]:
            yield Guess(_cursor(clues, name, {"next_header": header}), why)
        for name in dict.fromkeys(("X-Cursor", _without_next(header.removeprefix("x-")), header)):
            yield Guess(_cursor(clues, name, {"next_header": header}, where="header"), why)
    for leaf in found:
        for name in _params_for(leaf.name, clues):
            yield Guess(_cursor(clues, name, {"next_field": leaf.path}), f"{one_line(leaf.path, 60)} has a cursor")


def _by_empty(clues: Clues, beside: list[Leaf]) -> Iterator[Guess]:
    """A place for a next page that says that there is none: that leads to no page, so it cannot be proved."""
    for leaf in leading.empty(beside)[:1]:
        why = f"{one_line(leaf.path, 60)} is empty, as there is one page"
        if leading.is_for_links(leaf):
            own = () if leaf.path == "next" else (leaf.path,)
            yield Guess(Call("NextLinkPaginator", own, _only_in_query(clues)), why)
        else:
            for name in _params_for(leaf.name, clues)[:1]:
                yield Guess(_cursor(clues, name, {"next_field": leaf.path}), why)


_DEFAULTS: Final[Mapping[str, Value]] = {"param": "cursor", "next_field": "next_cursor", "size_param": "page_size"}


def _cursor(clues: Clues, param: str, source: Mapping[str, Value], **more: Value) -> Call:
    options = {"param": param, **source, **clues.size, **clues.where, **more}
    return Call("CursorPaginator", (), {name: value for name, value in options.items() if _DEFAULTS.get(name, ...) != value})


def _params_for(name: str, clues: Clues, *, header: bool = False) -> list[str]:
    """Parameters that may take the cursor that the answer calls *name*: those that are given, then those that are called so."""
    if clues.given.body is not None and isinstance(clues.given.body.get("query"), str):
        return _variables(clues.given.body["query"])
    given = clues.given.the("cursor", "key", "offset", "page")
    own = _without_next(name.lower().removeprefix("x-").replace("-", "_") if header else name)
    alike = [each for each in f"{CURSORS} {OFFSETS} {PAGES}".split() if own and plain(each) == plain(own)]
    first = [*([given.name] if given else []), *([own] if own else []), *alike]
    names = dict.fromkeys([*first, *_USUAL_CURSORS[:4], name, *_USUAL_CURSORS[4:]])
    return [each for each in names if clues.given.body is None or "[" not in each][:12]


def _variables(query: str) -> list[str]:
    """Where a query of GraphQL takes a cursor: its variables, by their names."""
    known = {plain(name) for name in f"{CURSORS} {KEYS}".split()}
    return [f"variables.{name}" for name in dict.fromkeys(re.findall(r"\$(\w+)", query)) if plain(name) in known]


def _without_next(name: str) -> str:
    """``pageToken`` of ``nextPageToken``, ``cursor`` of ``next_cursor``."""
    rest = re.sub(r"^next[_-]?", "", name, flags=re.IGNORECASE)
    return rest[:1].lower() + rest[1:] if rest != name and name[:1].islower() else rest


def _by_sort(clues: Clues) -> Iterator[Guess]:
    """The last record says where it stands, in a list that goes back as it came, as Elasticsearch has it."""
    last = clues.page.records[-1] if clues.page.records else None
    if clues.given.body is not None and isinstance(last, Mapping) and isinstance(last.get("sort"), list | str):
        source = {"next_field": f"{path_to(*clues.keys)}[-1].sort"}
        ends: dict[str, Value] = {"missing_ends": True, "stop": [Call("empty_page")]}
        yield Guess(_cursor(clues, "search_after", source, **ends), "the last record says where it stands, in sort")


def _by_given(clues: Clues) -> Iterator[Guess]:
    found = clues.given.the("page", "offset")
    if found is None:
        return
    if found.where == "path":
        size = {} if clues.size["size_param"] == "page_size" else clues.size
        yield Guess(Call("PageNumberPaginator", (), {**size, "where": "path"}), "the path has a page number")
        return
    why = f"the request has {one_line(found.name, 60)}"
    if found.kind == "page":
        for first in (0, 1) if found.value == 0 else (1, 0):
            yield Guess(_pages(clues, found.name, first), why)
    yield Guess(_offsets(clues, found.name), why, strong=found.kind == "offset")
    if found.kind == "offset":  # some count pages by a parameter that is called so
        yield Guess(_pages(clues, found.name, 1 if found.value == 1 else 0), why, strong=False)


def _by_number(clues: Clues, beside: list[Leaf]) -> Iterator[Guess]:
    if clues.given.the("page", "offset"):
        return
    echoed = [each.name for each in beside if isinstance(each.value, int) and not isinstance(each.value, bool)]
    for name in echoed:
        if plain(name) in map(plain, PAGES.split()):
            yield Guess(_pages(clues, name, 1), f"the answer has {one_line(name, 60)}")
        elif plain(name) in map(plain, OFFSETS.split()):
            yield Guess(_offsets(clues, name), f"the answer has {one_line(name, 60)}")
    why = says_more(clues) or f"{counted(clues.number, 'row')} may be one page of more"
    yield Guess(_pages(clues, "page", 1), why, strong=False)
    yield Guess(_offsets(clues, "offset"), why, strong=False)
    if says_more(clues):
        yield Guess(_offsets(clues, "skip"), why, strong=False)
        yield Guess(_offsets(clues, "start"), why, strong=False)


def _pages(clues: Clues, name: str, first: int) -> Call:
    own: dict[str, Value] = {} if name == "page" else {"param": name}
    numbered: dict[str, Value] = {} if first == 1 else {"first_page": first}
    size = {} if clues.size["size_param"] == "page_size" else clues.size
    return Call("PageNumberPaginator", (), {**own, **numbered, **size, **clues.where})


def _offsets(clues: Clues, name: str) -> Call:
    own: dict[str, Value] = {} if name == "offset" else {"param": name}
    size = {} if clues.size["size_param"] == "limit" else clues.size
    return Call("OffsetPaginator", (), {**own, **size, **clues.where})


def _by_key(clues: Clues, beside: list[Leaf]) -> Iterator[Guess]:
    given = clues.given.the("key", "cursor")
    if clues.key is None or not (given or says_more(clues) or clues.given.the("size")):
        return
    more = leading.flags(beside, "more")
    stop: dict[str, Value] = {"stop": [Call("no_more", (more[0].path,))]} if more else {}
    usual = _DESCENDING if clues.order == "descending" else _ASCENDING
    names = [given.name] if given else list(usual)
    why = (
        f"rows are sorted by {one_line(clues.key, 60)}" if clues.order != "any" else f"{one_line(clues.key, 60)} identifies a row"
    )
    order: dict[str, Value] = {} if clues.order == "ascending" else {"order": clues.order}
    size = {} if clues.size["size_param"] == "page_size" else clues.size
    for name in names:
        options = {**size, **order, **stop, **clues.where}
        yield Guess(Call("KeysetPaginator", (name, clues.key), options), why, strong=bool(given))
