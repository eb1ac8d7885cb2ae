"""What an answer has beside its records that may lead to the next page."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from connector_build.drafting.texts import path_to
from connector_core import Page
from connector_core.paging.sign_names import kind_of
from connector_core.paging.web_links import links_of

DEPTH: Final = 4
_LEADS: Final = re.compile(r"next|cursor|after|token|continu|bookmark|offset|scroll|marker|skip", re.IGNORECASE)
_BACK: Final = re.compile(r"prev|before|first|last|self|current|access|csrf|start", re.IGNORECASE)
_LINK: Final = re.compile(r"https?://|/|\?|\./")


@frozen
class Leaf:
    """A value beside the records: the path to it, its own name, and what it is."""

    path: str
    name: str
    value: Any


def leaves(body: Any, besides: tuple[str, ...]) -> list[Leaf]:
    """What stands beside the records, which are at the keys *besides*; lists are not looked into."""
    return list(_leaves(body, (), besides, DEPTH)) if isinstance(body, Mapping) else []


def _leaves(value: Mapping[str, Any], keys: tuple[str, ...], besides: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    for name, each in list(value.items())[:200]:
        here = (*keys, str(name))
        if besides and here == besides:
            continue
        if isinstance(each, Mapping):
            if depth > 1:
                yield from _leaves(each, here, besides, depth - 1)
        elif not isinstance(each, list):
            yield Leaf(path_to(*here), str(name), each)


def links(found: list[Leaf]) -> list[Leaf]:
    """Addresses that may be the next page's, the plainest first."""
    able = [each for each in found if isinstance(each.value, str) and _LINK.match(each.value) and "next" in each.path.lower()]
    return [each for each in able if not _BACK.search(each.name)]


def addresses(page: Page, beside: list[Leaf]) -> list[str]:
    """Every address that may be the next page's."""
    linked = links_of(page.headers.get("link", "")).get("next")
    return [*([linked.target] if linked else []), *(str(leaf.value) for leaf in links(beside))]


def cursors(found: list[Leaf]) -> list[Leaf]:
    """Values that may be sent back for the next page, the plainest first."""
    able = [each for each in found if _is_cursor(each)]
    return sorted(able, key=lambda each: (kind_of(each.name) != "next", "next" not in each.path.lower()))


def empty(found: list[Leaf]) -> list[Leaf]:
    """Where a next page would be named, and is not: null, or an empty text."""
    able = [each for each in found if each.value in (None, "") and kind_of(each.name) == "next"]
    return [each for each in able if not _BACK.search(each.name)]


def is_for_links(leaf: Leaf) -> bool:
    """Whether an empty place is one for an address, by its name."""
    return bool(re.search(r"link|url|uri|href|^next$", leaf.name, re.IGNORECASE))


def _is_cursor(leaf: Leaf) -> bool:
    if isinstance(leaf.value, bool) or not isinstance(leaf.value, str | int) or leaf.value in ("", 0, -1):
        return False
    if isinstance(leaf.value, str) and (_LINK.match(leaf.value) or len(leaf.value) > 5000):
        return False
    kind = kind_of(leaf.name)
    named = kind in ("next", "likely next") or (_LEADS.search(leaf.name) and not _BACK.search(leaf.name))
    return bool(named) and kind not in ("total", "page", "pages", "more", "done")


def flags(found: list[Leaf], kind: str) -> list[Leaf]:
    """True or false that says whether there is more (kind ``more``), or none (``done``)."""
    return [each for each in found if isinstance(each.value, bool) and kind_of(each.name) == kind]


def numbers(found: list[Leaf], kind: str) -> list[Leaf]:
    """Whole numbers of a kind: ``total``, ``page`` or ``pages``."""
    able = [each for each in found if isinstance(each.value, int) and not isinstance(each.value, bool)]
    return [each for each in able if kind_of(each.name) == kind]


def next_header(page: Page) -> str | None:
    """The header of an answer that has a cursor for the next page; None where there is none."""
    for name, value in page.headers.items():
        if kind_of(name) == "next" and value.strip() and not _LINK.match(value):
            return name
    return None


def has_link_header(page: Page) -> bool:
    """Whether the ``Link`` header leads to a next page (RFC 8288)."""
    return "next" in links_of(page.headers.get("link", ""))
