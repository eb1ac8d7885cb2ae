"""What a plugin puts into paths and templates: the simulated API finds it again, and the kit can try such a plugin."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connector_build.api.finding import located, seconds_in, unfilled
from connector_build.api.messages import Asked
from connector_build.api.mimic import Mimic, why_not
from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.api.world import World
from connector_build.testing import check_contract
from connector_build.testing.matrix.trial import Trial
from connector_core import CursorPaginator, PageNumberPaginator, Parent, Table, UntilKnown, Windows, hookimpl
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from distributions import install_dataset
from support import plugin

HEAD = """
from datetime import timedelta

from connector_core import *
from connector_core import base_url, hookimpl, page_size

COLUMNS = {"id": "LONG", "name": "STRING", "at": "UTC_DATETIME", "day": "NAIVE_DATE"}
RECENT = {START!r}


@hookimpl
def connector_settings():
    return [base_url("https://api.example.com"), page_size(10, maximum=100)]


@hookimpl
def connector_tables():
    return [Table("items", PATH, "items", ["id"], COLUMNS, **PARTS)]


@hookimpl
def connector_paginator(table):
    return PAGES


"""
CURSOR = 'CursorPaginator(where="path", next_path="/items/after/{cursor}")'
WAYS: dict[str, tuple[str, str, str]] = {
    "cursor_in_a_path": ("/items", "{}", CURSOR),
    "keyset_in_a_path": ("/items", "{}", 'KeysetPaginator("after", "id", where="path", next_path="/items/of/{after}/on")'),
    "page_and_size_in_a_path": ("/items/{page_size}/{page}", "{}", 'PageNumberPaginator(where="path")'),
    "since_in_a_path": (
        "/items/since/{since}",
        "{}",
        'UpdatedSince("since", "at", OffsetPaginator(), where="path", start="2020-01-01T00:00:00Z", notation="epoch_ms")',
    ),
    "a_filter": (
        "/items",
        '{"params": {"$filter": "a eq 1"}}',
        'UpdatedSince("$filter", "at", CursorPaginator(), template="a eq 1 and at ge {since}", notation="%Y-%m-%dT%H:%M:%SZ")',
    ),
    "a_filter_of_json": (
        "/items",
        '{"body": {"filter": {"all": [{"a": 1}]}}}',
        'UpdatedSince("filter", "at", CursorPaginator(where="body"), where="body", '
        'template={"all": [{"a": 1}, {"at": {"gte": "{since}"}}]}, inclusive=False)',
    ),
    "hours": (
        "/items",
        "{}",
        'Windows("from", "to", RECENT, timedelta(hours=6), CursorPaginator(), ends="exclusive", future=False)',
    ),
    "hours_as_one_text": (
        "/items",
        "{}",
        'Windows("q", None, RECENT, timedelta(hours=6), template="at:[{from} TO {to}]", notation="epoch")',
    ),
    "days_in_a_path": ("/items/{from}/{to}", "{}", 'Windows("from", "to", RECENT[:10], 2, OffsetPaginator(), where="path")'),
    "newest_first": ("/items", "{}", 'UntilKnown("at", PageNumberPaginator(), lookback=timedelta(minutes=3))'),
    "newest_first_by_key": ("/items", "{}", 'UntilKnown("id", CursorPaginator())'),
}


def source(way: str) -> str:
    path, parts, pages = WAYS[way]
    recent = (datetime.now(UTC) - timedelta(days=5)).strftime("%Y-%m-%dT00:00:00Z")
    text = HEAD.replace("{START!r}", repr(recent)).replace("PATH", repr(path)).replace("PARTS", parts)
    return text.replace("PAGES", pages)


@pytest.mark.parametrize("way", WAYS)
def test_a_right_plugin_keeps_the_contract(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    install_dataset(tmp_path, f"way_{way}", source(way))
    found = check_contract(f"way_{way}", rules=("paginator_ends", "paginator_advances", "bookmarks", "exact_tables"))
    assert {(each.rule, each.status, each.message) for each in found if each.status != "pass" or each.message} == set()


def assembled(way: str) -> Assembly:
    namespace: dict[str, Any] = {}
    exec(source(way), namespace)  # noqa: S102  (the plugin written above)
    hooks = {name: value for name, value in namespace.items() if name.startswith("connector_")}
    return assemble([plugin(*hooks["connector_tables"](), paginator=hooks["connector_paginator"](None))])


@pytest.mark.parametrize("way", WAYS)
def test_a_second_sync_brings_what_came_and_changed(way: str) -> None:
    with Trial(assembled(way)) as trial:
        for _ in range(3):
            trial.sync()
            assert trial.wrong() == ""
            trial.source.move_on()


@pytest.mark.parametrize("way", WAYS)
def test_it_can_be_served(way: str) -> None:
    assembly = assembled(way)
    with Simulation([Dataset("way", assembly)]) as running:
        spec = running.of("way").spec()
    [path] = spec["paths"]
    named = {part["name"] for each in spec["paths"][path].values() for part in each["parameters"] if part["in"] == "path"}
    assert {f"{{{name}}}" for name in named} == {part for part in path.split("/") if part.startswith("{")}


def test_a_position_that_no_answer_gave_out_is_refused() -> None:
    assembly = assembled("cursor_in_a_path")
    mimic = Mimic(assembly, World(assembly))
    assert mimic.reply(Asked("GET", "/items/after/abc")).status == 400
    assert mimic.reply(Asked("GET", "/items/after")).status == 404


def test_what_is_not_to_be_known_is_said() -> None:
    table = Table("items", "/items", "items", ["id"], {"id": "LONG"})
    hours = Windows("from", "to", "2026-01-01", timedelta(hours=1))
    [plan] = assemble([plugin(table, paginator=hours)]).tables
    assert why_not(plan) is not None
    minutes = Windows("from", "to", "2020-01-01", timedelta(minutes=1))
    [plan] = assemble([plugin(table, paginator=minutes)]).tables
    assert "windows by now, which would take too long to try" in str(why_not(plan))


def test_what_was_put_in_is_found_again() -> None:
    assert unfilled("a {{since}} {since}", "a {since} 5", {"since"}) == {"since": "5"}
    assert unfilled({"all": [1, {"x": "{from}"}], "y": "{to} z"}, {"all": [1, {"x": 7}], "y": "8 z"}, {"from", "to"}) == {
        "from": 7,
        "to": "8",
    }
    assert unfilled("a {since}", "b 5", {"since"}) is None
    found = located(Asked("GET", "/items/a%2Fb/c"), "/items/{one}/{two}", "/items", {"one", "two"})
    assert found is not None
    assert found.places == {"one": "a/b", "two": "c"}
    assert json.loads(str(seconds_in("01.01.1970 00:01", "%d.%m.%Y %H:%M"))) == 60
    with pytest.raises(ValueError, match="'x' is no time"):
        seconds_in("x", "epoch")


def test_newest_first_is_served_so() -> None:
    assembly = assembled("newest_first")
    world = World(assembly)
    body = json.loads(Mimic(assembly, world).reply(Asked("GET", "/items", {"page": "1", "page_size": "5"})).body)
    times = [record["at"] for record in body["items"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == 5


def test_children_have_positions_of_their_own() -> None:
    items = Table("items", "/items", "items", ["id"], {"id": "LONG"})
    columns = {"item": "LONG", "id": "LONG", "at": "UTC_DATETIME"}
    parent = Parent("items", {"item": "id"})
    parts = Table("parts", "/items/{parent.id}/parts/{page}", "parts", ["item", "id"], columns, parent=parent)
    posts = Table("posts", "/items/{parent.id}/posts", "posts", ["item", "id"], columns, parent=parent)
    paginators = {
        "items": CursorPaginator(),
        "parts": PageNumberPaginator(where="path"),
        "posts": UntilKnown("at", CursorPaginator()),
    }
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [items, parts, posts],
        "connector_paginator": lambda table: paginators[table.name],
    }
    made = assemble([Plugin("items", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])
    with Trial(made) as trial:
        for _ in range(2):
            trial.sync()
            assert trial.wrong() == ""
            trial.source.move_on()
