"""The gallery through built projects: the real ``fivetran debug`` three times for each, with changes of the API between.

The plugins are those whose shapes differ most. What they read is held against what the simulated API holds, value by value.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connector_build.api.server import ApiServer
from connector_build.api.simulated import Dataset, Simulated
from connector_build.api.simulation import Simulation
from connector_build.local.comparing import expected
from connector_build.local.fivetran import debug, plain
from connector_build.project.making import made
from connector_build.project.output import write_project
from connector_core import Record
from connector_core.plugin.assembly import Assembly
from connector_core.runtime.scripts.warehouse import read_tables
from distributions import install_dataset
from gallery_support import source_of
from leaks_support import Authority, without_proxies
from places import ROOT
from tunnel import tunnel

SYNCS = 3
BUILT = ("discord", "exchange_rates", "github", "mailchimp", "notion", "salesforce_bulk", "shopify_bulk", "stripe")
"""A chain, rows of an object, links since the last sync, children by offset, a POST, a job with CSV, one with JSON lines that lie
at a signed address, and deletes with nested lists."""
STORE = "storage.googleapis.com"
"""Where Shopify keeps what it exports."""


@pytest.mark.parametrize("name", BUILT)
def test_three_syncs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    install_dataset(tmp_path / "site", name, source_of(name))
    monkeypatch.syspath_prepend(tmp_path / "site")
    project = made(name)
    folder, configuration = tmp_path / "project", tmp_path / "configuration.json"
    write_project(project, folder)
    with (
        Simulation([Dataset(name, project.assembly, records=6)], away=True) as simulation,
        store(simulation, tmp_path, monkeypatch) as asked,
    ):
        api = simulation.of(name)
        configuration.write_text(json.dumps(dict(api.configuration)))
        for _ in range(SYNCS):
            run = debug(folder, configuration)
            assert run.error is None, run.error
            assert_same(folder, project.assembly, api)
            api.world.move_on(2, 2, 1)
        assert not simulation.errors
        assert len(asked.requests) == (SYNCS if name == "shopify_bulk" else 0)


@contextmanager
def store(simulation: Simulation, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """The store by its own name, over https: the environment names a proxy that leads to this machine, whatever is asked for."""
    authority = Authority("store")
    for name in without_proxies():
        monkeypatch.delenv(name, raising=False)
    with ApiServer(simulation.answer, tls=authority.server(folder, STORE)) as server, tunnel(server.url) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file(folder)))
        yield server


def assert_same(folder: Path, assembly: Assembly, api: Simulated) -> None:
    """Every table in the warehouse has the rows that *api* holds, each value as the type of its column has it."""
    wanted: dict[str, list[Record]] = {}
    for plan in api.tables:
        wanted |= expected(plan, api.world.landed(plan.table.name))
    names = [each["table"] for each in assembly.schema]
    for found in read_tables(folder, names, None, as_text=True):
        columns = {plain(name): kind for name, kind in found.columns.items()}
        rows = [{plain(name): value for name, value in row.items()} for row in wanted[found.name]]
        assert columns.keys() >= {name for row in rows for name in row}
        cast = [_cast([row.get(name) for row in rows], kind) for name, kind in columns.items()]
        there = [_read([row[at] for row in found.rows], kind) for at, kind in enumerate(columns.values())]
        assert sorted(zip(*there, strict=True)) == sorted(zip(*cast, strict=True)), found.name


def _cast(values: Sequence[Any], kind: str) -> list[str]:
    """*values* as the database stores them in a column of this type."""
    texts = [None if value is None else value if isinstance(value, str) else json.dumps(value, default=str) for value in values]
    bare = [text.strip('"') if isinstance(text, str) and kind != "JSON" and kind != "VARCHAR" else text for text in texts]
    query = f"SELECT list_transform(?::VARCHAR[], text -> CAST(CAST(text AS {kind}) AS VARCHAR))"
    with duckdb.connect() as database:
        [[stored]] = database.execute(query, [bare]).fetchall()
    return _read(stored, kind)


def _read(texts: Sequence[Any], kind: str) -> list[str]:
    """Of JSON what it says, and not how it is written."""
    return [repr(json.loads(text) if kind == "JSON" and text is not None else text) for text in texts]


def test_the_page_names_what_is_built() -> None:
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    said = page.partition("`fivetran debug`")[2].partition(". The files")[0]
    assert tuple(re.findall(r"`(\w+)`", said)) == BUILT
