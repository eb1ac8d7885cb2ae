"""Connectors whose table is more than a paged list: exports, lists of settings, nested lists, deletes, and no key."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final

from connector_core import (
    Csv,
    CursorPaginator,
    DeletedBy,
    Each,
    Job,
    ListedIn,
    Nested,
    Setting,
    Table,
    Transform,
    UpdatedSince,
    hookimpl,
    tombstones,
)
from connector_core.plugin.assembly import Assembly, Plugin, assemble

COLUMNS: Final = {"id": "LONG", "name": "STRING", "updated": "LONG"}

_CURSOR = CursorPaginator(size_param="limit")
_SINCE = UpdatedSince("since", "updated", _CURSOR)
_SHOPS = Setting("shops", kind="list", default="a, b, c")
_EVENTS = Table("events", "/events", "events", ["id"], {"id": "STRING", "type": "STRING"})
_IDS = Table("ids", "/ids", "ids", ["id"], {"id": "LONG"})
_LINES = Nested("items_lines", "lines", ["item", "number"], {"item": "id"}, {"number": "LONG", "price": "DOUBLE"})
_GONE = Transform("gone", tombstones("is_gone"))


def _connector(
    paginator: Any, *more: Table, lines: Sequence[Nested] = (), transforms: Sequence[Transform] = (), **parts: Any
) -> Assembly:
    own = {"path": "/items", "records": "items", "primary_key": ["id"], "columns": COLUMNS, **parts}
    items = Table("items", **own)
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [items, *more],
        "connector_paginator": lambda table: paginator if table == items else _CURSOR,
        "connector_transforms": lambda table: list(transforms) if table == items else [],
        "connector_extra_tables": lambda table: list(lines) if table == items else [],
        "connector_settings": lambda: [_SHOPS] if "each" in parts else [],
    }
    return assemble([Plugin("further", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])


def _export(result: str = "file", **more: Any) -> Job:
    return Job("id", "/exports/{job}", done="ready", failed="lost", result=result, **more)


def _exported(paginator: Any, **parts: Any) -> Assembly:
    return _connector(paginator, **{"path": "/exports", "body": {"of": "items"}, **parts})


def _each(paginator: Any) -> Assembly:
    columns = COLUMNS | {"shop": "STRING"}
    each = Each("shops", adds={"shop": "value"})
    return _connector(paginator, path="/shops/{each.value}/items", each=each, columns=columns, primary_key=["shop", "id"])


_PAGES = CursorPaginator("from", size_param="limit", next_header="X-Next", ends_at=["null"])

FURTHER: Mapping[str, Mapping[str, Assembly]] = {
    "Exports": {
        "export": _exported(_export()),
        "export, elsewhere": _exported(_export(), elsewhere=["*.exports.example.com"]),
        "export, Location": _exported(Job("header Location", at=None)),
        "export, pages of CSV": _exported(_export("/exports/{job}/file", pages=_PAGES), records="@", format=Csv()),
        "export, UpdatedSince": _exported(UpdatedSince("since", "updated", _export(), where="body")),
    },
    "Lists, deletes, and no key": {
        "each value": _each(_CURSOR),
        "each value, UpdatedSince": _each(_SINCE),
        "nested list": _connector(_SINCE, lines=[_LINES], columns=COLUMNS | {"lines": "JSON"}),
        "deleted_by": _connector(_SINCE, _EVENTS, deleted_by=DeletedBy("events", {"id": "object.id"}, ("type", "gone"))),
        "missing": _connector(_CURSOR, missing="delete"),
        "missing, ListedIn": _connector(_SINCE, _IDS, missing=ListedIn("ids", {"id": "id"})),
        "deleted": _connector(_CURSOR, deleted="gone"),
        "tombstones": _connector(_CURSOR, transforms=[_GONE], columns=COLUMNS | {"is_gone": "BOOLEAN"}),
        "no key, append_only": _connector(
            CursorPaginator(size_param="limit", incremental=True), primary_key=[], append_only=True
        ),
        "no key, full_refresh": _connector(_CURSOR, primary_key=[], full_refresh=True),
    },
}
"""By families, as those of ``ready_made``."""
