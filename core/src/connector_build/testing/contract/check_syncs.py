"""The rule about syncs: whatever comes and changes, tables hold what the API has, and extra tables what SQL makes of them."""

from connector_build.api.recording import NotRecorded
from connector_build.api.world import World
from connector_build.testing.contract.outcomes import Broken, difference
from connector_build.testing.contract.subject import Subject
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.runs import Run
from connector_core import ConnectorError
from connector_core.basics.counting import counted, plural
from connector_core.plugin.assembly import Assembly

SYNCS = 3
"""Syncs in a row; records come and change between them."""

MOVED = 3
"""So many records of each table come and change between two syncs."""

GONE = 2
"""So many vanish, where the connector hears of it."""

REPLAYED = 2
"""Syncs of a recording, which holds what two of them ask for."""


def check_exact(subject: Subject) -> None:
    """Sync several times, with everything enabled and with the defaults, and look at every table after each."""
    for assembly in subject.assemblies:
        for api in subject.apis(assembly):
            warehouse, run = Warehouse(api.assembly), Run(page_size=api.sizes[0])
            for number in range(1, 1 + (SYNCS if api.world else REPLAYED)):
                try:
                    run.sync(api.assembly, warehouse, api.answering)
                    if api.world:
                        assert_sources(api.assembly, api.world, warehouse)
                    assert_exact(api.assembly, warehouse)
                except (ConnectorError, AssertionError, NotRecorded) as error:
                    raise Broken(
                        f"After sync {number} of several: {str(error).removesuffix('.')}. Look at the paginator, which may pass "
                        "records over, at transforms that go by more than their record, at extra tables of your own class, and "
                        "at append_only."
                    ) from None
                if api.world:
                    api.world.move_on(MOVED, MOVED, GONE)


def assert_sources(assembly: Assembly, world: World, warehouse: Warehouse) -> None:
    """Every table's live rows are what *world* holds, values included. Raises AssertionError."""
    for plan in assembly.tables:
        name, there, wanted = plan.table.name, warehouse.live(plan.table.name), world.expected(plan)
        if lost := sorted(map(str, wanted.keys() - there.keys())):
            raise AssertionError(
                f"{name}: {len(lost)} of {counted(len(wanted), 'record')} {plural(len(lost), 'is', 'are')} missing, "
                f"such as {lost[0]}"
            )
        if spare := sorted(map(str, there.keys() - wanted.keys())):
            raise AssertionError(f"{name}: there are rows that the API has not, such as {spare[0]}")
        for key, row in wanted.items():
            if there[key] != row:
                raise AssertionError(f"{name} {key}: sent, then stored: {difference(row, there[key])}")
