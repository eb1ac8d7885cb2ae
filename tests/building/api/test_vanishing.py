"""Records that vanish from a simulated API: each way in which a plugin hears of it, over syncs with changes between."""

from types import SimpleNamespace
from typing import Any

import pytest

from connector_build.api.mimic import Mimic
from connector_build.api.world import World
from connector_build.testing.contract.check_syncs import assert_sources
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.runs import URL, Run, signed
from connector_core import (
    Aggregate,
    CursorPaginator,
    DeletedBy,
    ListedIn,
    OffsetPaginator,
    Parent,
    SinglePage,
    Table,
    Transform,
    UpdatedSince,
    count,
    hookimpl,
    short_page,
    tombstones,
)
from connector_core.plugin.assembly import Assembly, Plugin, assemble

COLUMNS = {"id": "LONG", "name": "STRING", "updated": "LONG", "is_deleted": "BOOLEAN"}
EVENTS = Table("events", "/events", "events", ["id"], {"id": "STRING", "type": "STRING"})
LIST = Table("ids", "/ids", "ids", ["id"], {"id": "LONG"})
PART = {"item_id": "LONG", "id": "LONG"}
PARTS = Table("parts", "/items/{parent.id}", "parts", ["item_id", "id"], PART, parent=Parent("items", {"item_id": "id"}))
KEYS = Aggregate("items_names", ["name"], {"items": count()})
PAGES = CursorPaginator(size_param="limit")


def connector(*more: Table, paginator: Any = PAGES, gone: bool = False, primary_key: Any = ("id",), **parts: Any) -> Assembly:
    items = Table("items", "/items", "items", list(primary_key), COLUMNS, **parts)
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [items, *more],
        "connector_paginator": lambda table: paginator if table == items else PAGES,
        "connector_transforms": lambda table: [Transform("gone", tombstones("is_deleted"))] if gone and table == items else [],
        "connector_extra_tables": lambda table: [KEYS] if table == items else [],
    }
    return assemble([Plugin("toy", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])


SINCE = UpdatedSince("since", "updated", OffsetPaginator(stop=[short_page("limit")]))
HEARD = {
    "replaced": connector(full_refresh=True),
    "missing": connector(missing="delete"),
    "not listed": connector(LIST, missing=ListedIn("ids", {"id": "id"}), paginator=SINCE),
    "an event": connector(EVENTS, deleted_by=DeletedBy("events", {"id": "object.id"}, ("type", ["gone"])), paginator=SINCE),
    "events of nothing else": connector(EVENTS, deleted_by=DeletedBy("events", {"id": "object.id"})),
    "listed in the answer": connector(deleted="gone"),
    "listed by two columns": connector(deleted="gone", primary_key=["id", "name"]),
    "a tombstone": connector(gone=True),
    "a tombstone since the last sync": connector(gone=True, paginator=SINCE),
}


@pytest.mark.parametrize("way", HEARD)
def test_what_vanishes_is_deleted(way: str) -> None:
    assembly = signed(HEARD[way])
    world = World(assembly)
    warehouse, api = Warehouse(assembly), Mimic(assembly, world, URL)
    for _ in range(3):
        Run().sync(assembly, warehouse, api.reply)
        assert_sources(assembly, world, warehouse)
        assert_exact(assembly, warehouse)
        there = len(world.expected(assembly.tables[0]))
        _, _, gone = world.move_on(2, 1, 2)
        assert gone == 2
        assert len(world.expected(assembly.tables[0])) <= there + 2


@pytest.mark.parametrize(
    "assembly",
    [
        connector(),
        connector(PARTS, missing="delete"),
        connector(Table("all", "/items", "items", ["id"], COLUMNS), missing="delete", paginator=PAGES),
    ],
    ids=["nobody hears of it", "a parent", "another table has it too"],
)
def test_nothing_vanishes_where_rows_would_have_to_stay(assembly: Assembly) -> None:
    assert World(signed(assembly)).move_on(0, 0, 5)[2] == 0


def test_a_page_at_once_is_as_good() -> None:
    assembly = signed(connector(missing="delete", paginator=SinglePage()))
    world = World(assembly, count_of=3)
    assert world.move_on(0, 0, 9)[2] == 3
    assert world.records("items") == []
