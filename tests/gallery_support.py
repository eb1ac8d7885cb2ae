"""The plugins of the gallery, by their names, and syncs of them from APIs that are simulated."""

import importlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import connector_build.gallery
from away import StandIn, mounted
from connector_build.api.guards import NoDoor, doors
from connector_build.api.making import layers
from connector_build.api.simulated import Simulated
from connector_build.api.simulation import SECRET
from connector_build.testing.warehouse.memory import ListLog
from connector_core import ApiKeyHeader, Setting, Windows
from connector_core.basics.operations import Operations
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble

GALLERY = sorted(path.stem for path in Path(connector_build.gallery.__path__[0]).glob("*.py") if path.stem != "__init__")

PAGE = "5"
TOKEN_ELSEWHERE = {"google_directory", "microsoft_graph"}
"""Their token comes from another host than their records. Nothing but that is not simulated, and a key stands in for it."""


def source_of(name: str) -> str:
    """The text of a plugin."""
    return Path(connector_build.gallery.__path__[0], f"{name}.py").read_text(encoding="utf-8")


def assembled(name: str) -> Assembly:
    """A plugin that can be simulated, with its windows of the last days alone."""
    found = assemble([Plugin(name, importlib.import_module(f"connector_build.gallery.{name}"))])
    found = evolve(found, tables=tuple(evolve(plan, paginator=_of_late(plan.paginator)) for plan in found.tables))
    if name not in TOKEN_ELSEWHERE:
        return found
    with pytest.raises(NoDoor, match="only what lies below base_url"):
        doors(found, "http://127.0.0.1", SECRET)
    return evolve(found, auth=ApiKeyHeader("X-Key", "key"), settings=(*found.settings, Setting("key", secret=True)))


def _of_late(paginator: Any) -> Any:
    """*paginator* with windows of the last days alone: hundreds of them take long, and say no more."""
    if not isinstance(paginator, Windows):
        return paginator
    return evolve(paginator, start=(paginator.today() - timedelta(days=20)).isoformat())


def records_for(assembly: Assembly) -> int:
    """Several pages, whether or not the API can be asked for small ones."""
    every = (layer for plan in assembly.tables for layer in layers(plan.paginator))
    return 212 if any(getattr(layer, "size_param", "") is None for layer in every) else 12


def sync_from(assembly: Assembly, api: Simulated, url: str, state: Mapping[str, Any], operations: Operations) -> None:
    """One sync from *api*, which is simulated at *url*, in small pages."""
    hosts = {host.replace("*", "files") for plan in assembly.tables for host in plan.table.elsewhere}
    engine = Engine(mounted(make_client, *(StandIn(host, url) for host in hosts)))
    sized = {"page_size": PAGE} if any(setting.name == "page_size" for setting in assembly.settings) else {}
    sync(assembly, {**api.configuration, **sized}, state, operations, ListLog(), engine)
