"""Parameters of a request that say which page is meant, and how large it is: told by their names and values."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import field, frozen

Kind = Literal["size", "page", "offset", "cursor", "key"]

SIZES: Final = """
limit page_size pageSize per_page perPage pagesize page_limit pageLimit size count max_results maxResults maxRecords results top
$top $limit rows first num take page[size] page[limit] resultsPerPage results_per_page items_per_page hitsPerPage maxPageSize max
pagelen length batch_size limitPerPage
"""
PAGES: Final = """
page page_number pageNumber page_no pageNo page_num pageNum pagenum pageno pg p current_page currentPage page_index pageIndex
page[number] page_id
"""
OFFSETS: Final = """
offset skip start startAt start_at $skip $offset from start_position startPosition startIndex start_index startRow start_row
page[offset] sysparm_offset first_result firstResult begin
"""
CURSORS: Final = """
cursor page_token pageToken next_token nextToken page[cursor] page[after] start_cursor startCursor next_cursor nextCursor token
continuation continuation_token continuationToken after scroll_id bookmark marker skipToken $skiptoken pagination_token next
"""
KEYS: Final = """
starting_after after_id afterId since_id last_id lastId from_id min_id ending_before before_id beforeId max_id before
"""
_NAMES: Final[Mapping[Kind, str]] = {"key": KEYS, "cursor": CURSORS, "offset": OFFSETS, "page": PAGES, "size": SIZES}


def plain(name: str) -> str:
    """A name without capitals and signs."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_KINDS: Final[Mapping[str, Kind]] = {plain(name): kind for kind, names in _NAMES.items() for name in names.split()}


@frozen
class Position:
    """A parameter that says which page is meant, or how large: where it is, its name and what it was."""

    kind: Kind
    name: str
    value: Any
    where: Literal["query", "body", "path"] = "query"


def position(name: str, value: Any, where: Literal["query", "body"] = "query") -> Position | None:
    """What a parameter says of pages; None where it is about something else, such as ``from=2024-01-31``."""
    kind = _KINDS.get(plain(name))
    text = str(value).strip()
    number = not isinstance(value, bool) and text.isascii() and text.isdigit() and len(text) < 12
    if kind is None or isinstance(value, Mapping | list):
        return None
    if kind == "size":
        return Position(kind, name, int(text), where) if number and int(text) > 0 else None
    if kind in ("page", "offset"):
        return Position(kind, name, int(text) if number else 0, where) if number or not text else None
    return Position(kind, name, text, where) if not text or kind == "cursor" or number else None


_PAGE_IN_PATH: Final = re.compile(r"/(page|pages|p)/(\d{1,9})(?=/|$|\.json$)")


@frozen
class Given:
    """A request as it was given, without what signs it: its address below the API's, and what of it is about pages.

    params, body: what else it has. positions: what says which page is meant.
    """

    path: str
    params: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)
    body: Mapping[str, Any] | None = None
    positions: tuple[Position, ...] = ()

    @classmethod
    def of(
        cls, path: str, params: Mapping[str, str], headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> "Given":
        """Told apart by names and values."""
        numbered = _PAGE_IN_PATH.search(path)
        found: list[Position | None] = [Position("page", "page", int(numbered[2]), "path")] if numbered else []
        path = f"{path[: numbered.start(2)]}{{page}}{path[numbered.end(2) :]}" if numbered else path
        found += [position(name, value) for name, value in params.items()]
        found += [position(name, value, "body") for name, value in (body or {}).items()]
        told = _one_of_each(found)
        query = {each.name for each in told if each.where == "query"}
        within = {each.name for each in told if each.where == "body"}
        return cls(
            path,
            {name: value for name, value in params.items() if name not in query},
            headers,
            None if body is None else {name: value for name, value in body.items() if name not in within},
            told,
        )

    def the(self, *kinds: Kind) -> Position | None:
        """The position of one of these kinds."""
        return next((each for each in self.positions if each.kind in kinds), None)


def _one_of_each(found: "list[Position | None]") -> tuple[Position, ...]:
    """The first size, and the first of what says which page: ``start=0&page=1`` is one way to page, and a parameter."""
    chosen: dict[str, Position] = {}
    for each in found:
        if each is not None:
            chosen.setdefault("size" if each.kind == "size" else "which", each)
    return tuple(chosen.values())
