"""The parameter that says how large a page is, where the request has none: told by more rows that come for it."""

from typing import Final
from urllib.parse import parse_qsl, urlsplit

from attrs import evolve

from connector_build.drafting.probing import leading
from connector_build.drafting.probing.asking import Asker, Refused, Step, Unknown, stepped
from connector_build.drafting.probing.guesses import Clues, guesses, says_more
from connector_build.drafting.probing.positions import SIZES, Given, Position, plain
from connector_core import Table
from connector_core.basics.errors import ConnectorError

WANTED: Final = 100
_USUAL: Final = ("limit", "per_page", "page_size", "pageSize")
_ROUND: Final = (10, 20, 25, 30, 50)
"""So many rows are a page rather than all that there are."""
TRIES: Final = 4


def sized(asker: Asker, table: Table, clues: Clues, first: Step) -> Given:
    """The request with a size, where one is found; the same one where none is, or where there is one page only."""
    given = clues.given
    if given.the("size") or given.body is not None or first.page.body is None or not _goes_on(clues) or len(first.rows) >= WANTED:
        return given
    for name in _names(clues):
        if _is_size(asker, table, name, first):
            return evolve(given, positions=(Position("size", name, WANTED), *given.positions))
    return given


def _goes_on(clues: Clues) -> bool:
    """Whether something in the answer says that there are more pages."""
    return bool(says_more(clues)) or clues.number in _ROUND or next((guess.strong for guess in guesses(clues)), False)


def _names(clues: Clues) -> list[str]:
    """What the answer itself calls the number of its rows, in a link or beside them, then what is usual."""
    known = {plain(name) for name in SIZES.split()} - {"count", "results"}
    said = [leaf.name for leaf in clues.beside if leaf.value == clues.number and plain(leaf.name) in known]
    linked = [name for link in leading.addresses(clues.page, clues.beside) for name, _ in parse_qsl(urlsplit(link).query)]
    named = [name for name in linked if plain(name) in known and name not in clues.given.params]
    return list(dict.fromkeys([*named, *said, *(name for name in _USUAL if name not in clues.given.params)]))[:TRIES]


def _is_size(asker: Asker, table: Table, name: str, first: Step) -> bool:
    request = evolve(first.request, params={**first.request.params, name: str(WANTED)})
    try:
        step = stepped(asker, table, request)
    except (Refused, Unknown, ConnectorError):
        return False
    return len(step.rows) > len(first.rows) and step.rows[: len(first.rows)] == first.rows
