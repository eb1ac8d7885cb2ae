"""A sync for some of the tables: the others are neither read nor written, and the state is that of these alone."""

from connector_build.api.feed import Feed
from connector_build.sample import Sample
from connector_core import Table
from connector_core.plugin.assembly import assemble
from support import FakeApi, Warehouse, plugin, run


def _table(name: str) -> Table:
    return Table(name, f"/{name}", name, ["id"], {"id": "LONG"})


def test_one_of_two_tables() -> None:
    assembly = assemble([plugin(_table("jobs"), _table("ships"))])
    sample = Sample(6, lambda number, _: {"id": number}, lambda record, _: record)
    api, warehouse = FakeApi({"jobs": Feed("jobs", sample), "ships": Feed("ships", sample)}), Warehouse(assembly)
    run(assembly, warehouse, api, page_size=2, only=["ships"])
    assert (len(warehouse.live("jobs")), len(warehouse.live("ships"))) == (0, 6)
    assert {request.path for request in api.requests} == {"/ships"}
    assert "tables" not in warehouse.state
    assert warehouse.state["next_cursor"]
