"""Signs in an answer that there is more to read, or that there is not, whoever asked.

Only the envelope is looked at: the headers, the objects on the way to the records, and those beneath them that are no records,
such as ``meta`` or ``pageInfo``. What stands in a record, or in any list, is no sign.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from attrs import evolve, frozen

from connector_core.basics.names import one_line
from connector_core.paging.repeats import repeats
from connector_core.paging.sign_names import Kind, is_plain, kind_of
from connector_core.source.pagination import Page, Request
from connector_core.source.tables import Table

NOTHING = frozenset({"", "null", "none", "nil", "undefined", "false", "0", "-1"})
"""Texts that say that there is no next page, in lower case."""

DEPTH = 3
LOOKED_AT = 200


@frozen
class Sign:
    """Something in an answer that speaks about what follows.

    name:  where it stands: a path in the body, or the name of a header.
    kind:  ``more`` and ``done`` are true or false, ``next`` leads on, ``likely next`` may, ``total``, ``page`` and
           ``pages`` are numbers.
    value: what stands there; of ``next``, None where it leads nowhere.
    said:  for people.
    """

    name: str
    kind: Kind
    value: Any
    said: str = ""

    def saying(self, said: str) -> "Sign":
        """This sign, told in other words."""
        return evolve(self, said=said)

    @property
    def holder(self) -> str:
        """The path of the object that it stands in."""
        return self.name.rpartition(".")[0]

    def __str__(self) -> str:
        shown = str(self.value).lower() if isinstance(self.value, bool) else one_line(repr(self.value), 80)
        return self.said or f"{self.name} is {shown}"


def signs_in(table: Table, request: Request, page: Page) -> list[Sign]:
    """What the answer *page* to *request* says about what follows it; the records are where *table* has them."""
    named = [*_of_headers(page.headers), *_of_body(table, page)]
    return [sign for name, kind, value in named if (sign := _sign(name, kind, value, request)) is not None]


# Where they stand


def _of_headers(headers: Mapping[str, str]) -> Iterator[tuple[str, Kind, Any]]:
    for name, value in headers.items():
        if name == "link":
            yield "Link", "next", _linked(value)
        elif name == "content-range":
            yield from _ranged(value)
        elif name.startswith("x-") and (kind := kind_of(name)):
            yield name, kind, value


_LINK = re.compile(r"<([^>]*)>((?:[^,\"<]|\"[^\"]*\")*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)


def _linked(header: str) -> str | None:
    """The next link of a ``Link`` header (RFC 8288)."""
    return next((target for target, parameters in _LINK.findall(header) if _NEXT.search(parameters)), None)


def _ranged(header: str) -> Iterator[tuple[str, Kind, Any]]:
    """What a ``Content-Range`` (RFC 9110, section 14.4) says: ``items 0-9/230``."""
    found = re.fullmatch(r"\s*\w+\s+(\d+)-(\d+)/(\d+)\s*", header)
    if found and not header.lstrip().startswith("bytes"):
        yield "Content-Range", "more", int(found[2]) + 1 < int(found[3])  # the last of so many


def _of_body(table: Table, page: Page) -> Iterator[tuple[str, Kind, Any]]:
    holders = table.place.holders(page.body)
    if not holders and table.format is not None and isinstance(page.body, Mapping):  # what XML says beside its records
        holders = [("", page.body)]
    if holders:
        elsewhere = {id(record) for record in islice(page.records, LOOKED_AT)} | {id(holder) for _, holder in holders}
        for path, holder in holders:
            yield from _of_object(path, holder, elsewhere, DEPTH, known=True)


def _of_object(
    path: str, holder: Mapping[str, Any], elsewhere: set[int], depth: int, *, known: bool
) -> Iterator[tuple[str, Kind, Any]]:
    """What names speak of pages in *holder* and beneath it, but for objects that are *elsewhere*: records, and other holders.

    In an object that is not *known* to be about pages, the plainest names alone count.
    """
    for name, value in islice(holder.items(), LOOKED_AT):
        place = f"{path}.{name}" if path else name
        kind = kind_of(name)
        if kind and (known or is_plain(name)) and not _is_cursors(path, kind):
            yield place, kind, value
        if isinstance(value, Mapping):
            if depth > 1 and kind != "next" and not _is_of_others(value, elsewhere):
                yield from _of_object(place, value, elsewhere, depth - 1, known=bool(_ABOUT.search(name)))
        elif isinstance(value, list) and _ABOUT.search(name):
            yield from _of_links(place, value)


def _is_of_others(value: Mapping[str, Any], elsewhere: set[int]) -> bool:
    """Whether an object is a record, holds records by their keys, or has a list of its own: what it says is about that one."""
    return id(value) in elsewhere or any(
        id(each) in elsewhere or (isinstance(each, list) and each and isinstance(each[0], Mapping) and not _ABOUT.search(name))
        for name, each in islice(value.items(), LOOKED_AT)
    )


_ABOUT = re.compile(r"pag(e|ing|ination|er)|meta|link|cursor|info$|navigation|result_?set|^hits$|^d$", re.IGNORECASE)
"""Names of objects that speak about pages."""


def _is_cursors(path: str, kind: Kind) -> bool:
    # Both ends of the page in hand, whether anything follows or not: {"cursors": {"before": …, "after": …}}.
    return kind == "likely next" and path.lower().endswith("cursors")


def _of_links(place: str, links: list[Any]) -> Iterator[tuple[str, Kind, Any]]:
    """The next one of a list of links: ``[{"rel": "next", "href": …}]``."""
    for at, link in enumerate(links[:20]):
        if isinstance(link, Mapping) and "next" in (link.get("rel"), link.get("relation")):
            yield f"{place}[{at}]", "next", link


# Values


def _sign(name: str, kind: Kind, value: Any, request: Request) -> Sign | None:
    if kind == "pages" and isinstance(value, bool):  # lastPage: a number with some, a flag with others
        kind = "done"
    if kind in ("more", "done"):
        said = _truth(value)
        if said is not None:
            return Sign(name, kind, said)
        kind = "next" if kind == "more" and isinstance(value, str) else kind
    if kind == "next":
        return Sign(name, kind, _leading(value, name, request))
    if kind == "likely next":
        return Sign(name, kind, _leading(value, name, request)) if isinstance(value, str) and not value.isdecimal() else None
    number = _number(value)
    return Sign(name, kind, number) if number is not None and kind not in ("more", "done") else None


def _truth(value: Any) -> bool | None:
    """True or false from what a flag says; None from what is no flag."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value > 0
    return {"true": True, "false": False, "yes": True, "no": False}.get(value.strip().lower()) if isinstance(value, str) else None


def _leading(value: Any, name: str, request: Request) -> Any:
    """What of *value* leads on from *request*; None where nothing does."""
    match value:
        case bool():
            return value or None
        case int():
            return value if value > 0 and not repeats(name, value, request) else None
        case str():
            return None if value.strip().lower() in NOTHING or repeats(name, value, request) else value
        case Mapping():
            for key in ("href", "url", "uri", "link"):
                if key in value:
                    return _leading(value[key], name, request)
            return next((found for each in value.values() if (found := _leading(each, name, request)) is not None), None)
        case list():
            return next((found for each in value if (found := _leading(each, name, request)) is not None), None)
    return None


def _number(value: Any) -> int | None:
    """A whole number, also as a text or as ``{"value": 230}``."""
    if isinstance(value, Mapping):
        value = value.get("value")
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
