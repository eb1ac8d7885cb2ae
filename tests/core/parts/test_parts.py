"""Parts: together, they have the rows that a sync leaves, for each paginator, strategy, child chain and list of the settings."""

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.testing.matrix.ready_made import CONNECTORS
from connector_core.basics.logs import SilentLog
from connector_core.parts.cutting import Cutter
from connector_core.parts.opening import opened
from connector_core.parts.part import Part
from connector_core.parts.reading import PartRead
from connector_core.plugin.assembly import Assembly
from parts_support import configuration_of, synced

Rows = Mapping[tuple[Any, ...], Mapping[str, Any]]


def read_in_parts(
    assembly: Assembly, configuration: Mapping[str, str], table: str, most: int, listing: str = "once"
) -> tuple[Sequence[Part], list[dict[str, Any]]]:
    """The parts of a table, and the rows of all of them; each is read by an API of its own, from a part that has travelled."""
    with opened(assembly, configuration, SilentLog(), table) as api:
        parts = Cutter(most, listing).cut(api.plan(table), api.api)
    rows: list[dict[str, Any]] = []
    for part in pickle.loads(pickle.dumps(parts)):
        with opened(assembly, configuration, SilentLog(), table) as api:
            rows += PartRead(api.plan(table), api.api, part).rows()
    return parts, rows


def by_key(assembly: Assembly, table: str, rows: Sequence[Mapping[str, Any]]) -> Rows:
    [plan] = [plan for plan in assembly.tables if plan.table.name == table]
    return {tuple(row[name] for name in plan.table.primary_key): row for row in rows}


@pytest.mark.parametrize("name", CONNECTORS)
def test_parts_have_the_rows_of_the_sync(name: str) -> None:
    assembly = CONNECTORS[name]
    with Simulation([Dataset("it", assembly, records=60)]) as simulation:
        configuration = configuration_of(simulation.of("it"), page_size="10")
        warehouse = synced(assembly, configuration)
        for plan in assembly.tables:
            table = plan.table.name
            _, rows = read_in_parts(assembly, configuration, table, 3)
            expected = {key: {c: row.get(c) for c in plan.declared} for key, row in warehouse.live(table).items()}
            assert len(rows) == len(expected) > 0
            assert by_key(assembly, table, rows) == expected
