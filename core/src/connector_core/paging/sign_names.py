"""What the names of keys and headers say about paging: ``hasNextPage``, ``next_cursor``, ``x-total-count`` and their kin."""

import re
from functools import lru_cache
from typing import Literal

Kind = Literal["more", "done", "next", "likely next", "total", "page", "pages"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MORE, _DONE = _set("more additional"), _set("last done eof")
_ASKS = _set("has have is are exists available")
_THINGS = _set(
    "page pages item items result results record records data row rows entry entries element elements object objects hits"
)
_LEADS = _THINGS - _set("data hits") | _set(
    "next cursor link url uri href token offset start skip marker key mark after index position path query set odata hydra "
    "continuation pagination resumption params"
)
_COUNTS = _set("total count number num of size found matches matching available odata") | _THINGS - _set("page pages data")
_WORDS = _MORE | _DONE | _ASKS | _THINGS | _LEADS | _COUNTS | _set("id no current max end truncated in collection")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_TEXTS: dict[str, Kind] = {
    **dict.fromkeys(("truncated", "is truncated"), "more"),
    **dict.fromkeys(("last", "is last", "is last page", "done", "is done", "eof", "is eof", "is end"), "done"),
    **dict.fromkeys(("end of results", "end of records", "end of list", "end of items", "end of data"), "done"),
    **dict.fromkeys(("continuation token", "pagination token", "resumption token", "last evaluated key", "skip token"), "next"),
    "ms continuation": "next",
    **dict.fromkeys(("after", "cursor", "bookmark", "offset", "continue", "continuation", "starting after"), "likely next"),
    **dict.fromkeys(("page", "current page", "page number", "page no", "page num", "page index", "number", "current"), "page"),
    **dict.fromkeys(("pages", "total pages", "page count", "total page count", "num pages", "number of pages"), "pages"),
    **dict.fromkeys(("last page", "max page", "page total", "pages total"), "pages"),
}


@lru_cache(maxsize=4096)
def kind_of(name: str) -> Kind | None:
    """What a key or a header of this name speaks about; None where that is something else than pages."""
    words = _words_of(name)
    said = frozenset(words)
    if known := _TEXTS.get(" ".join(words)):
        return known
    if _asks_for_more(said):
        return "more"
    if "next" in said and said <= _LEADS | (_set("id number no") if said & {"page", "pages"} else frozenset()):
        return "next"
    return "total" if said & {"total", "count", "found"} and said <= _COUNTS else None


def is_plain(name: str) -> bool:
    """Whether a name speaks of pages in whatever object it stands: ``hasNextPage``, but not ``next``."""
    return kind_of(name) in ("more", "next") and len(_words_of(name)) > 1


def _words_of(name: str) -> list[str]:
    words = [word for part in _PART.findall(name) for word in _made_of(part.lower()) or [part.lower()]]
    return words[1:] if words[:1] == ["x"] else words


def _asks_for_more(said: frozenset[str]) -> bool:
    core = said & (_MORE | _set("next")) if said & _ASKS else said & _MORE
    return bool(core) and said <= core | _ASKS | _THINGS | _set("next in collection")


def _made_of(word: str) -> list[str]:
    """The known words that a word in lower case is made of, as ``nextpage`` is; none where it is of others."""
    if word in _WORDS:
        return [word]
    for end in range(len(word) - 1, 1, -1):
        if word[:end] in _WORDS and (rest := _made_of(word[end:])):
            return [word[:end], *rest]
    return []
