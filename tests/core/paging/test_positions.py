"""Positions in paths, in bodies and in templates: they stay where they were put, and lead back to the same request."""

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_core import (
    CursorPaginator,
    KeysetPaginator,
    OffsetPaginator,
    Page,
    PageNumberPaginator,
    Paginator,
    PluginError,
    Request,
    Setting,
    Table,
    UnexpectedAnswer,
    UpdatedSince,
    hookimpl,
    short_page,
)
from connector_core.basics.paths import MISSING, compile_path
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.plugin.binding import bound
from connector_core.source.positions import filled
from support import plugin

COLUMNS = {"id": "LONG", "at": "STRING"}


def table(path: str = "/items", **parts: Any) -> Table:
    return Table("items", path, "items", ["id"], COLUMNS, **parts)


def assembled(paginator: Paginator, path: str = "/items", **parts: Any) -> Assembly:
    return assemble([plugin(table(path, **parts), paginator=paginator)])


def again(paginator: Paginator, of: Table, request: Request) -> Request:
    """What the bookmark of *request* leads to, through the state."""
    return paginator.first(of, 5, json.loads(json.dumps(dict(paginator.bookmark(request)))))


NEXT = "/items/after/{place}"
IN_PATHS: dict[str, Paginator] = {
    "cursor": CursorPaginator("place", where="path", next_path=NEXT),
    "keyset": KeysetPaginator("place", "id", where="path", next_path=NEXT, order="any"),
}


@pytest.mark.parametrize("kind", IN_PATHS)
@given(value=st.text(min_size=1) | st.integers())
def test_a_position_in_a_path_stays_in_its_segment(kind: str, value: Any) -> None:
    paginator = IN_PATHS[kind]
    page = Page({"next_cursor": value, "has_more": True}, [{"id": value}])
    first = paginator.first(table(), 5, {})
    assert first.path == "/items", "there is no position yet"
    try:
        second = paginator.following(first, page)
    except UnexpectedAnswer:
        assert value in (".", "..")
        return
    assert second is not None
    parts = urlsplit(f"https://host{second.path}")
    assert (parts.query, parts.fragment) == ("", "")
    assert [unquote(part) for part in parts.path.split("/")] == ["", "items", "after", str(value)]
    assert second.params == {"page_size": "5"}, "no place for the size in the path"
    if paginator.bookmark(second):  # a cursor that counts is not kept
        assert again(paginator, table(), second) == second
    third = paginator.following(second, Page({"next_cursor": "c3"}, [{"id": "c3"}]))
    assert third is not None
    assert third.path == "/items/after/c3"


@pytest.mark.parametrize("kind", IN_PATHS)
@pytest.mark.parametrize("value", [".", "..", "", ["a"], True, {"a": 1}])
def test_a_place_of_the_state_that_no_path_can_hold_is_left_aside(kind: str, value: Any) -> None:
    bookmark = {"page_cursor": value, "page_after": value, "page_size": 5}
    assert IN_PATHS[kind].first(table(), 5, bookmark).path == "/items"


def test_numbers_in_a_path() -> None:
    paginator = PageNumberPaginator(where="path", size_param="size", stop=[short_page("size", where="path")])
    first = paginator.first(table("/items/{size}/page/{page}"), 2, {})
    second = paginator.following(first, Page({}, [{"id": 1}, {"id": 2}]))
    assert second is not None
    assert [first.path, second.path] == ["/items/2/page/1", "/items/2/page/2"]
    assert paginator.following(second, Page({}, [{"id": 3}])) is None
    offset = OffsetPaginator(where="path").first(table("/items/from/{offset}"), 7, {})
    assert (offset.path, offset.params) == ("/items/from/0", {"limit": "7"})


def test_two_positions_in_one_path_beside_a_setting() -> None:
    paginator = UpdatedSince("since", "at", PageNumberPaginator(where="path"), where="path", start="{settings.start}")
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [table("/of/{settings.account}/since/{since}/page/{page}")],
        "connector_paginator": lambda: paginator,
        "connector_settings": lambda: [Setting("account"), Setting("start", kind="date")],
    }
    made = assemble([Plugin("paths", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])
    [plan] = bound(made, {"account": "a/{page}", "start": "2026-01-01"}).tables
    first = plan.paginator.first(plan.table, 5, {})
    second = plan.paginator.following(first, Page({}, [{"id": 1, "at": "2026-01-02T00:00:00Z"}]))
    assert second is not None
    assert first.path == "/of/a%2F%7Bpage%7D/since/2026-01-01/page/1"
    assert second.path == "/of/a%2F%7Bpage%7D/since/2026-01-01/page/2"


@pytest.mark.parametrize(
    ("paginator", "parts", "message"),
    [
        (
            PageNumberPaginator(where="path"),
            {},
            r'where="path", and the path of items, /items, has no {page} in it.*/items/{page}',
        ),
        (CursorPaginator(where="path"), {}, r'first request has no cursor to put there.*next_path="/items/{cursor}"'),
        (CursorPaginator(where="path"), {"path": "/items/{cursor}"}, r'Leave {cursor} out.*next_path="/items/{cursor}"'),
        (CursorPaginator(where="path", next_path="/items/more"), {}, r"next_path, /items/more, has no {cursor} in it"),
        (KeysetPaginator("after", "id", where="path"), {}, r'next_path="/items/{after}"'),
        (UpdatedSince("since", "at", where="path"), {"path": "/items/{since}"}, r"there is no time yet.*start="),
        (UpdatedSince("since", "at", where="path", start="2026-01-01"), {}, r"has no {since} in it"),
        (CursorPaginator(where="body"), {}, r'where="body", and items has no body.*body={}'),
        (UpdatedSince("since", "at", where="body"), {}, r'where="body", and items has no body'),
        (PageNumberPaginator(), {"path": "/items/{page}"}, r"path has {page} in it, which nothing is put in place of"),
        (CursorPaginator(next_path="/items/{cursor}"), {}, r"next_path of the paginator of items has {cursor} in it"),
    ],
)
def test_what_cannot_be_carried_is_refused_at_assembly(paginator: Paginator, parts: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        assembled(paginator, **parts)


@given(value=st.integers() | st.floats(allow_nan=False) | st.lists(st.integers() | st.text(), min_size=1) | st.text(min_size=1))
def test_a_position_in_a_body_keeps_its_json_type(value: Any) -> None:
    of = table(body={"query": {"size": 3}})
    paginator = KeysetPaginator("search_after", "sort", "query.size", where="body", order="any")
    second = paginator.following(paginator.first(of, 5, {}), Page({}, [{"id": 1, "sort": value}]))
    assert second is not None
    assert second.json == {"query": {"size": 5}, "search_after": value}
    assert again(paginator, of, second) == second


def test_a_filter_in_a_body_goes_with_the_first_request_only() -> None:
    strategy = UpdatedSince("filter.since", "at", CursorPaginator(where="body"), where="body", first_only=True)
    of = table(body={"filter": {"state": "open"}})
    first = strategy.first(of, 5, {"since": 1767225600})
    second = strategy.following(first, Page({"next_cursor": "c2"}, [{"id": 1, "at": 1767225601}]))
    assert second is not None
    assert first.json == {"filter": {"state": "open", "since": 1767225600}, "page_size": 5}
    assert second.json == {"filter": {"state": "open"}, "page_size": 5, "cursor": "c2"}


json_values = st.recursive(
    st.none() | st.integers() | st.text("ab"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "a.b"]), inner, max_size=3),
    max_leaves=8,
)


@given(value=json_values, path=st.sampled_from(["a", "a.b", "a.b.a", '"a.b"', "a[0]", "b[-1].a", "a.0"]))
def test_what_is_dropped_is_gone_and_the_rest_is_as_it_was(value: Any, path: str) -> None:
    place = compile_path(path)
    found, left = place.find(value), place.drop(value)
    if found is MISSING:
        assert left == value
    else:
        assert left != value or found is None, "an entry of a list becomes null"
        assert place.drop(place.put(value, "new")) == left, "nothing else has changed"


@given(value=st.text() | st.integers() | st.lists(st.integers()))
def test_a_template_of_json_keeps_types_and_doubled_braces_are_literal(value: Any) -> None:
    template = {"all": "{since}", "text": ["a {since} b {{since}} {{x}} {other}"], "n": 1}
    assert filled(template, {"since": value})["all"] == value
    assert filled("a {since} b {{since}} {{x}} {other}", {"since": "5"}) == "a 5 b {since} {x} {other}"
