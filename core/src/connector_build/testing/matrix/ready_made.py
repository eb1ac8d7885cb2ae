"""Connectors of one table, one for each ready-made paginator, strategy and further part: what the lies are told to."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

from connector_build.testing.matrix.further import FURTHER
from connector_core import (
    CursorPaginator,
    FullRead,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    Paginator,
    Parent,
    SinglePage,
    Table,
    UntilKnown,
    UpdatedSince,
    Windows,
    empty_page,
    field_is,
    header_is,
    hookimpl,
    last_page,
    link_is,
    no_more,
    repeated_page,
    short_page,
    total_reached,
)
from connector_core.plugin.assembly import Assembly, Plugin, assemble

COLUMNS: Final = {"id": "LONG", "name": "STRING", "updated": "LONG", "day": "NAIVE_DATE"}
OPEN: Final = {"state": "open"}

_MORE = no_more("meta.more")
_CURSOR = CursorPaginator(size_param="limit")


def _connector(paginator: Paginator, *more: Table, **parts: Any) -> Assembly:
    items = Table("items", parts.pop("path", "/items"), "items", ["id"], COLUMNS, **parts)
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [items, *more],
        "connector_paginator": lambda table: paginator if table == (more or (items,))[0] else _CURSOR,
    }
    return assemble([Plugin("ready-made", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])


def _children(paginator: Paginator) -> Assembly:
    columns = {"item": "LONG", "id": "LONG", "name": "STRING"}
    parent = Parent("items", {"item": "id"})
    return _connector(paginator, Table("parts", "/items/{parent.id}/parts", "parts", ["item", "id"], columns, parent=parent))


def _filter(since: str, **parts: Any) -> UpdatedSince:
    return UpdatedSince("filter", "updated", _CURSOR, template=f"state eq 'open' and updated ge {since}", **parts)


FAMILIES: Mapping[str, Mapping[str, Assembly]] = {
    "Cursors": {
        "cursor": _connector(_CURSOR),
        "empty_page": _connector(CursorPaginator(size_param="limit", stop=[empty_page()])),
        "field_is": _connector(CursorPaginator(size_param="limit", stop=[field_is("meta.last", True)])),
        "ends_at": _connector(CursorPaginator(size_param="limit", ends_at=[0])),
        "missing_ends": _connector(CursorPaginator(size_param="limit", missing_ends=True)),
        "incremental": _connector(CursorPaginator(size_param="limit", incremental=True)),
        "in the body": _connector(CursorPaginator(size_param="limit", where="body"), body={"of": "all"}),
        "in the path": _connector(CursorPaginator(size_param="limit", where="path", next_path="/items/after/{cursor}")),
        "in headers": _connector(CursorPaginator("X-Cursor", size_param="limit", where="header", next_header="X-Next")),
    },
    "Links": {
        "link": _connector(NextLinkPaginator("links.next", size_param="limit"), params=OPEN),
        "link, keep": _connector(NextLinkPaginator("links.next", size_param="limit", keep=["state"]), params=OPEN),
        "link, missing_ends": _connector(NextLinkPaginator("links.next", size_param="limit", missing_ends=True)),
        "header": _connector(LinkHeaderPaginator(size_param="limit"), params=OPEN),
        "header, link_is": _connector(LinkHeaderPaginator(size_param="limit", stop=[link_is("results", "false")])),
    },
    "Numbers": {
        "page": _connector(PageNumberPaginator(size_param="limit")),
        "page, last_page": _connector(PageNumberPaginator(size_param="limit", stop=[last_page("meta.pages")])),
        "page, no_more": _connector(PageNumberPaginator(size_param="limit", stop=[_MORE])),
        "page, short_page": _connector(PageNumberPaginator(size_param="limit", stop=[short_page("limit")])),
        "page, repeated_page": _connector(PageNumberPaginator(size_param="limit", stop=[repeated_page()])),
        "page, header_is": _connector(PageNumberPaginator(size_param="limit", stop=[header_is("X-Last", "1")])),
        "page, in the path": _connector(PageNumberPaginator(size_param="limit", where="path"), path="/items/page/{page}"),
        "offset": _connector(OffsetPaginator()),
        "offset, total_reached": _connector(OffsetPaginator(stop=[total_reached("meta.total")])),
        "offset, no_more": _connector(OffsetPaginator(stop=[_MORE])),
    },
    "Keys": {
        "keyset": _connector(KeysetPaginator("after_id", "id", "limit")),
        "keyset, no_more": _connector(KeysetPaginator("after_id", "id", "limit", [_MORE])),
        "keyset, incremental": _connector(KeysetPaginator("after_id", "id", "limit", incremental=True)),
        "keyset, descending": _connector(KeysetPaginator("after_id", "id", "limit", order="descending")),
        "keyset, any order": _connector(KeysetPaginator("after_id", "id", "limit", order="any")),
    },
    "Strategies, children, and one page": {
        "UpdatedSince, cursor": _connector(UpdatedSince("since", "updated", _CURSOR)),
        "UpdatedSince, offset": _connector(UpdatedSince("since", "updated", OffsetPaginator())),
        "UpdatedSince, link": _connector(UpdatedSince("since", "updated", NextLinkPaginator(size_param="limit"))),
        "UpdatedSince, one page": _connector(UpdatedSince("since", "updated")),
        "UpdatedSince, template": _connector(_filter("{since}"), params={"filter": "state eq 'open'"}),
        "UpdatedSince, notation": _connector(_filter("{since}", notation="%Y-%m-%d %H:%M"), params={"filter": "state eq 'open'"}),
        "UntilKnown, cursor": _connector(UntilKnown("updated", _CURSOR)),
        "UntilKnown, offset": _connector(UntilKnown("updated", OffsetPaginator())),
        "UntilKnown, keyset": _connector(UntilKnown("id", KeysetPaginator("before_id", "id", "limit", order="descending"))),
        "FullRead, cursor": _connector(FullRead(_CURSOR)),
        "Windows of ids": _connector(Windows("from", "to", 1, 8, OffsetPaginator())),
        "Windows of ids, exclusive": _connector(
            Windows("range", None, 1, 8, OffsetPaginator(), template="[{from} TO {to})", ends="exclusive")
        ),
        "children, cursor": _children(_CURSOR),
        "children, offset": _children(OffsetPaginator()),
        "single page": _connector(SinglePage()),
    },
    **FURTHER,
}
CONNECTORS: Mapping[str, Assembly] = {name: each for connectors in FAMILIES.values() for name, each in connectors.items()}
