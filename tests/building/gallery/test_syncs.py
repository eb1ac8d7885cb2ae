"""The gallery at work: each plugin syncs three times from an API that is simulated, with changes between, value by value.

What is landed in memory is also landed in DuckDB, and told as Singer messages, and held against it there.
"""

from io import StringIO
from pathlib import Path

import pytest

from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.destinations.layout import layouts
from connector_build.testing.contract.check_syncs import assert_sources
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Warehouse
from gallery_support import GALLERY, assembled, records_for, sync_from
from landed import Together, assert_landed, landing
from singer_support import Landed

SYNCS = 3
HEARS_OF_DELETES = {"google_directory", "salesforce_bulk", "stripe"}
NEVER_CHANGES = {"openfda"}
"""Read in windows of days: what has changed in one that was read does not come again."""


@pytest.mark.parametrize("name", GALLERY)
def test_three_syncs(name: str, tmp_path: Path) -> None:
    assembly = assembled(name)
    with Simulation([Dataset(name, assembly, records=records_for(assembly))], away=True) as simulation:
        api = simulation.of(name)
        warehouse, messages = Warehouse(assembly), Landed(layouts(assembly))
        moved = [0, 0, 0]
        for _ in range(SYNCS):
            warehouse.connect(assembly)
            with landing(tmp_path / "rows.duckdb", assembly) as database, messages.told(StringIO()) as singer:
                assert database.state == singer.state == warehouse.state
                sync_from(assembly, api, simulation.url, warehouse.state, Together(warehouse, database, singer))
                assert not simulation.errors
                assert_sources(api.mimic.assembly, api.world, warehouse)
                assert_exact(assembly, warehouse)
                assert_landed(database, warehouse)
            messages.assert_same(warehouse)
            moved = [sum(pair) for pair in zip(moved, api.world.move_on(3, 3, 2), strict=True)]
    came, changed, gone = moved
    assert came
    assert bool(changed) is (name not in NEVER_CHANGES)
    assert bool(gone) is (name in HEARS_OF_DELETES)
