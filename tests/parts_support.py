"""What tests of parts, and of whatever runs them, share: a simulated API, and the rows that a sync of it leaves."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from connector_build.api.simulated import Simulated
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core import (
    CursorPaginator,
    Each,
    OffsetPaginator,
    PageNumberPaginator,
    Paginator,
    Parent,
    Setting,
    Table,
    Windows,
    hookimpl,
    last_page,
    total_reached,
)
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble

ITEMS = {"id": "LONG", "name": "STRING", "day": "NAIVE_DATE"}
CURSOR = CursorPaginator(size_param="limit")


def connector(*tables: Table, paginator: Paginator = CURSOR, settings: Sequence[Setting] = ()) -> Assembly:
    """A connector of *tables*, the last of which is paged by *paginator*."""
    hooks: dict[str, Any] = {
        "connector_tables": lambda: list(tables),
        "connector_paginator": lambda table: paginator if table == tables[-1] else CURSOR,
        "connector_settings": lambda: list(settings),
    }
    return assemble([Plugin("parts", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])


PLAIN = Table("items", "/items", "items", ["id"], ITEMS)
TIMED = Table("items", "/items", "items", ["id"], {**ITEMS, "at": "UTC_DATETIME"})
_COMPANIES = Table("companies", "/companies", "companies", ["id"], {"id": "LONG", "name": "STRING"})
_TEAMS = Table(
    "teams",
    "/companies/{parent.id}/teams",
    "teams",
    ["company", "id"],
    {"company": "LONG", "id": "LONG", "name": "STRING"},
    parent=Parent("companies", {"company": "id"}),
)
_PEOPLE = Table(
    "people",
    "/companies/{parent.company}/teams/{parent.id}/people",
    "people",
    ["company", "team", "id"],
    {"company": "LONG", "team": "LONG", "id": "LONG", "name": "STRING"},
    parent=Parent("teams", {"company": "company", "team": "id"}),
)
_BY_SITE = Table(
    "items",
    "/sites/{each.value}/items",
    "items",
    ["site", "id"],
    {"site": "STRING", **ITEMS},
    parent=Each("sites", {"site": "value"}),
)
_SITES = Setting("sites", kind="list", default="north,south,east,west,far")
_MOMENTS = Windows("from", "to", "2026-01-01T00:00:00Z", timedelta(days=20), ends="exclusive")

CUT: Mapping[str, tuple[Assembly, str, str]] = {
    "children of children": (connector(_COMPANIES, _TEAMS, _PEOPLE), "people", "children"),
    "a list of the settings": (connector(_BY_SITE, settings=[_SITES]), "items", "children"),
    "counted pages": (
        connector(PLAIN, paginator=PageNumberPaginator(size_param="limit", stop=[last_page("meta.pages")], parallel=True)),
        "items",
        "pages",
    ),
    "offsets": (connector(PLAIN, paginator=OffsetPaginator(stop=[total_reached("meta.total")], parallel=True)), "items", "pages"),
    "days": (connector(PLAIN, paginator=Windows("from", "to", "2026-01-01", 20)), "items", "windows"),
    "moments": (connector(TIMED, paginator=_MOMENTS), "items", "windows"),
}
"""What divides → a connector of it, its table, and into what kind of parts that is cut."""


def synced(assembly: Assembly, configuration: Mapping[str, str], state: Mapping[str, Any] | None = None) -> Warehouse:
    """The warehouse after a first sync, or one from *state*."""
    warehouse = Warehouse(assembly)
    sync(assembly, configuration, state or {}, warehouse, ListLog())
    return warehouse


def configuration_of(api: Simulated, **more: str) -> dict[str, str]:
    """A configuration that the API lets in, with small pages, where page sizes can be set."""
    return {**api.configuration, **more}
