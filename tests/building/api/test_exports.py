"""Export jobs of a simulated API: as each kind of ``Job`` asks for them, over syncs with changes between."""

from types import SimpleNamespace
from typing import Any

import pytest
import requests

from away import StandIn, mounted
from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.testing.contract.check_syncs import assert_sources
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core import (
    ApiKeyHeader,
    Csv,
    CursorPaginator,
    Job,
    JsonLines,
    NextLinkPaginator,
    OffsetPaginator,
    Parent,
    Request,
    Table,
    UpdatedSince,
    Zip,
    hookimpl,
    short_page,
)
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble

COLUMNS = {"id": "LONG", "name": "STRING", "updated": "LONG"}
LINES: dict[str, Any] = {"records": "@", "format": JsonLines()}
DONE: dict[str, Any] = {"done": "ready", "failed": "lost"}
HOST = "files.exports.example.com"
AWAY: dict[str, Any] = {"elsewhere": ["*.exports.example.com"]}


def connector(paginator: Any, *more: Table, **parts: Any) -> Assembly:
    parts = {"path": "/exports", "records": "items", "body": {"of": "items"}, **parts}
    columns = COLUMNS | {"shop": "LONG"} if "parent" in parts else COLUMNS
    items = Table("items", parts.pop("path"), parts.pop("records"), ["id"], columns, **parts)
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [*more, items],
        "connector_paginator": lambda table: paginator if table == items else OffsetPaginator(stop=[short_page("limit")]),
        "connector_auth": lambda: ApiKeyHeader("X-Key"),
    }
    return assemble([Plugin("toy", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])


SHOPS = Table("shops", "/shops", "shops", ["id"], {"id": "LONG"})
OF_SHOPS: dict[str, Any] = {"path": "/shops/{parent.id}/exports", "parent": Parent("shops", {"shop": "id"})}
ASK = Request("/jobs", {"id": "{job}"}, method="POST", json={"query": "{ node { at } }", "ids": ["{job}"]})
JOBS = {
    "an address of its status": connector(Job("header Location", at=None)),
    "an address in the answer": connector(Job("data.status_url", at="state", **DONE, result="data.file")),
    "a path": connector(Job("id", "/exports/{job}", **DONE, result="file"), **LINES),
    "a flag": connector(Job("id", "/exports/{job}", at="meta.done", done=True, result="file")),
    "a request": connector(Job("id", ASK, **DONE, result="files[*].url"), **LINES, **AWAY),
    "files of its own": connector(Job("id", "/exports/{job}", **DONE, result="/exports/{job}/file")),
    "a zip, elsewhere": connector(Job("id", "/exports/{job}", **DONE, result="file"), records="@", format=Zip(Csv()), **AWAY),
    "pages": connector(
        Job("id", "/exports/{job}", **DONE, result="/exports/{job}/file", pages=CursorPaginator("from", size_param="limit"))
    ),
    "links, elsewhere": connector(
        Job("id", "/exports/{job}", **DONE, result="file", pages=NextLinkPaginator("next", size_param="limit")), **AWAY
    ),
    "since the last sync": connector(
        UpdatedSince("since", "updated", Job("id", "/exports/{job}", **DONE, result="file"), where="body")
    ),
    "of each parent": connector(Job("id", "/shops/exports/{job}", **DONE, result="file"), SHOPS, **OF_SHOPS),
}


def synced(simulation: Simulation, warehouse: Warehouse) -> ListLog:
    api, log = simulation.of("toy"), ListLog()
    engine = Engine(mounted(make_client, StandIn(HOST, simulation.url)))
    assembly = api.mimic.assembly
    sync(assembly, {**api.configuration, "page_size": "5"}, warehouse.state, warehouse, log, engine)
    return log


@pytest.mark.parametrize("kind", JOBS)
def test_each_kind_of_job_brings_what_there_is(kind: str) -> None:
    with Simulation([Dataset("toy", JOBS[kind], records=12)], away=True) as simulation:
        api = simulation.of("toy")
        warehouse = Warehouse(api.mimic.assembly)
        for number in range(1, 4):
            warehouse.connect(api.mimic.assembly)
            synced(simulation, warehouse)
            assert not simulation.errors
            assert_sources(api.mimic.assembly, api.world, warehouse)
            assert len(api.world.exports.made) >= number
            assert all(each.polls > 1 for each in api.world.exports.made.values())
            assert min(api.world.move_on(3, 2)[:2]) > 0


def test_a_file_elsewhere_is_for_who_has_its_address_and_for_nobody_with_a_key() -> None:
    with Simulation([Dataset("toy", JOBS["links, elsewhere"], records=12)], away=True) as simulation:
        synced(simulation, Warehouse(simulation.of("toy").mimic.assembly))
        asked = next(each for each in simulation.requests if "/files/" in each.path)
        assert "x-key" not in asked.headers
        url = f"{simulation.url}{asked.path}"
        assert requests.get(url, asked.params, timeout=5).status_code == 200
        bare = requests.get(url, timeout=5)
        assert (bare.status_code, bare.json()["error"]) == (403, "the address of a file is signed")
        keyed = requests.get(url, asked.params, headers={"X-Key": simulation.secret}, timeout=5)
        assert keyed.status_code == 400
        assert keyed.json()["error"] == "this address is signed, and the request brings a credential as well"


def test_an_export_that_nobody_asked_for_is_not_there() -> None:
    with Simulation([Dataset("toy", JOBS["a path"])]) as simulation:
        answer = requests.get(f"{simulation.url}/exports/export-9", headers={"X-Key": simulation.secret}, timeout=5)
        assert answer.status_code == 404


def test_where_nobody_leads_other_hosts_here_files_lie_at_the_api() -> None:
    with Simulation([Dataset("toy", JOBS["a request"], records=12)]) as simulation:
        api = simulation.of("toy")
        warehouse = Warehouse(api.mimic.assembly)
        sync(api.mimic.assembly, api.configuration, {}, warehouse, ListLog())
        assert_sources(api.mimic.assembly, api.world, warehouse)
