"""The gallery at work: each plugin syncs three times from an API that is simulated, with changes between, value by value."""

import importlib
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from away import StandIn, mounted
from connector_build.api.guards import NoDoor, doors
from connector_build.api.making import layers
from connector_build.api.simulated import Dataset, Simulated
from connector_build.api.simulation import SECRET, Simulation
from connector_build.testing.contract.check_syncs import assert_sources
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core import ApiKeyHeader, Setting, Windows
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from gallery_support import GALLERY

SYNCS = 3
PAGE = "5"
TOKEN_ELSEWHERE = {"google_directory", "microsoft_graph"}
"""Their token comes from another host than their records. Nothing but that is not simulated, and a key stands in for it."""
HEARS_OF_DELETES = {"google_directory", "salesforce_bulk", "stripe"}
NEVER_CHANGES = {"openfda"}
"""Read in windows of days: what has changed in one that was read does not come again."""


@pytest.mark.parametrize("name", GALLERY)
def test_three_syncs(name: str) -> None:
    assembly = _assembled(name)
    with Simulation([Dataset(name, assembly, records=_records(assembly))], away=True) as simulation:
        api = simulation.of(name)
        warehouse = Warehouse(assembly)
        moved = [0, 0, 0]
        for _ in range(SYNCS):
            _sync(assembly, api, warehouse, simulation.url)
            assert not simulation.errors
            assert_sources(api.mimic.assembly, api.world, warehouse)
            assert_exact(assembly, warehouse)
            moved = [sum(pair) for pair in zip(moved, api.world.move_on(3, 3, 2), strict=True)]
    came, changed, gone = moved
    assert came
    assert bool(changed) is (name not in NEVER_CHANGES)
    assert bool(gone) is (name in HEARS_OF_DELETES)


def _assembled(name: str) -> Assembly:
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


def _records(assembly: Assembly) -> int:
    """Several pages, whether or not the API can be asked for small ones."""
    every = (layer for plan in assembly.tables for layer in layers(plan.paginator))
    return 212 if any(getattr(layer, "size_param", "") is None for layer in every) else 12


def _sync(assembly: Assembly, api: Simulated, warehouse: Warehouse, url: str) -> None:
    hosts = {host.replace("*", "files") for plan in assembly.tables for host in plan.table.elsewhere}
    engine = Engine(mounted(make_client, *(StandIn(host, url) for host in hosts)))
    sized = {"page_size": PAGE} if any(setting.name == "page_size" for setting in assembly.settings) else {}
    warehouse.connect(assembly)
    sync(assembly, {**api.configuration, **sized}, warehouse.state, warehouse, ListLog(), engine)
