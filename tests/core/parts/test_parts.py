"""Parts: together, they have the rows that a sync leaves, for each paginator, strategy, child chain and list of the settings."""

import pickle
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.testing.matrix.ready_made import CONNECTORS
from connector_core import Budget, Page, Request, Table, Windows
from connector_core.basics.discretion import Secrets
from connector_core.basics.logs import SilentLog
from connector_core.engine.journal import Journal
from connector_core.engine.reading import Api
from connector_core.parts.cutting import SLACK, Cutter, by_windows
from connector_core.parts.opening import opened
from connector_core.parts.part import ALL, Part, Wanted
from connector_core.parts.reading import PartRead, plan_of
from connector_core.plugin.assembly import Assembly
from parts_support import CUT, PLAIN, TIMED, configuration_of, connector, synced


def read_in_parts(
    assembly: Assembly, configuration: Mapping[str, str], table: str, most: int, listing: str = "once"
) -> tuple[Sequence[Part], list[dict[str, Any]]]:
    """The parts of a table, and the rows of all of them; each is read by an API of its own, from a part that has travelled."""
    with opened(assembly, configuration, SilentLog(), table) as api:
        parts = Cutter(most, listing).cut(api.plan(table), api.api)
    rows: list[dict[str, Any]] = []
    for part in pickle.loads(pickle.dumps(parts)):  # noqa: S301  (it is our own)
        with opened(assembly, configuration, SilentLog(), table) as api:
            rows += PartRead(api.plan(table), api.api, part).rows()
    return parts, rows


def alike(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Rows in an order of their own, each as a text: a table may have no key."""
    return sorted(repr(sorted(row.items())) for row in rows)


def check_like_the_sync(
    assembly: Assembly, configuration: Mapping[str, str], most: int, listing: str = "once"
) -> dict[str, Sequence[Part]]:
    """Hold the parts of each table against a sync. Table → its parts."""
    warehouse, found = synced(assembly, configuration), {}
    for plan in assembly.tables:
        found[plan.table.name], rows = read_in_parts(assembly, configuration, plan.table.name, most, listing)
        expected = [{name: row.get(name) for name in plan.declared} for row in warehouse.live(plan.table.name).values()]
        assert len(expected) > 0
        assert alike(rows) == alike(expected)
    return found


@pytest.mark.parametrize("name", CONNECTORS)
def test_parts_have_the_rows_of_the_sync(name: str) -> None:
    assembly = CONNECTORS[name]
    with Simulation([Dataset("it", assembly, records=60)]) as simulation:
        check_like_the_sync(assembly, configuration_of(simulation.of("it"), page_size="10"), 3)


@pytest.mark.parametrize("what", CUT)
@pytest.mark.parametrize("most", [2, 5])
def test_what_divides_is_divided_evenly(what: str, most: int) -> None:
    assembly, table, kind = CUT[what]
    with Simulation([Dataset("it", assembly, records=40)]) as simulation:
        parts = check_like_the_sync(assembly, configuration_of(simulation.of("it"), page_size="5"), most)[table]
    assert [(part.kind, part.number, part.of) for part in parts] == [(kind, number, most) for number in range(most)]
    sizes = [len(part.parents) for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_of_many_parents_each_part_makes_its_own_list() -> None:
    assembly, table, _ = CUT["children of children"]
    with Simulation([Dataset("it", assembly, records=20)]) as simulation:
        parts = check_like_the_sync(assembly, configuration_of(simulation.of("it"), page_size="5"), 3, "apart")[table]
    assert [part.kind for part in parts] == ["share"] * 3


def test_windows_that_share_their_ends_stay_together() -> None:
    """A record at an edge would come in two parts."""
    shared = Windows("from", "to", "2026-01-01T00:00:00Z", timedelta(days=20))
    assembly = connector(TIMED, paginator=shared)
    assert len(by_windows(shared, Part("items"), ALL, 8)) == 1
    with Simulation([Dataset("it", assembly, records=40)]) as simulation:
        check_like_the_sync(assembly, configuration_of(simulation.of("it"), page_size="5"), 4)


def test_windows_of_ids_are_cut_where_an_end_is_known() -> None:
    ids = Windows("from", "to", 1, 10)
    assert [(each.begin, each.until) for each in by_windows(ids, Part("items"), Wanted(until=95), 3)] == [
        (1, 31),
        (31, 61),
        (61, 101),
    ]
    assert [(each.begin, each.until) for each in by_windows(ids, Part("items"), Wanted(begin=35), 3)] == [(31, None)]
    assert [(each.begin, each.until) for each in by_windows(ids, Part("items"), ALL, 3)] == [(1, None)]


@pytest.mark.parametrize(("requests", "most", "parts", "each"), [(10, 4, 4, 2), (3, 8, 3, 1), (8, 2, 2, 4)])
def test_a_budget_is_divided_among_parts(requests: int, most: int, parts: int, each: int) -> None:
    budget = Budget(requests, 60)
    [plan] = connector(evolve(PLAIN, budget=budget), paginator=Windows("from", "to", "2026-01-01", 1)).tables
    cut = Cutter(most).cut(plan, Api(nothing, "", 5, Secrets(), SilentLog(), Journal(SilentLog(), {}, float)))
    assert len(cut) == parts
    assert {plan_of(plan, part).table.budget for part in cut} == {Budget(1, 60 * SLACK / each)}
    assert parts * each <= requests


def nothing(table: Table, request: Request) -> Page:
    raise AssertionError("nothing has to be asked for")


def test_a_part_shows_no_value() -> None:
    part = Part("teams", "children", 1, 4, parents=({"id": 7, "name": "Globex"},), bookmark={"since": "Globex"})
    assert repr(part) == "Part(table='teams', kind='children', number=1, of=4)"
