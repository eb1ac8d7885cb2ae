"""A real `connector-build run` is killed, again and again at random moments, and the next one makes every row right.

Whatever a kill leaves of a database and of files is what the next run finds. In between, the API moves on. The moments are drawn
from one seed: so many requests into the run, and then so many thousandths of a second later.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random

import duckdb
import pytest
from attrs import frozen

import connector_fts
from connector_build.api.simulation import Simulation
from connector_build.destinations.layout import Layout, layouts
from connector_build.local.comparing import expected
from connector_core.plugin.assembly import Plugin, assemble
from landed import expected as as_landed
from landed import rows
from simulated import simulated

pytestmark = pytest.mark.xdist_group("sigkill")

EXTRAS = ["fts_technicians", "cost_per_hour"]
ASSEMBLY = assemble([Plugin("connector-fts", connector_fts)], enable=EXTRAS)
RECORDS, PAGE_SIZE, LATENCY = 200, 20, 0.005
ROUNDS, KILLS = 2, 3
LONGEST = 120.0
"""Seconds after which a run that has not come to its moment is a failure."""


@frozen
class Place:
    """Where a run goes: what ``--to`` says, and how the rows of a table are read there."""

    to: str
    read: str

    def rows(self, folder: Path, table: str, layout: Layout) -> list[dict[str, object]]:
        """What is there of a table."""
        file = folder / self.to if self.to.endswith(".duckdb") else ":memory:"
        with duckdb.connect(str(file)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return rows(connection, self.read.format(table=table, folder=folder), layout)


PLACES = [Place("rows.duckdb", '"{table}"'), Place("rows/", "'{folder}/rows/{table}.parquet'")]


@pytest.fixture
def server() -> Iterator[Simulation]:
    with Simulation([simulated("fts", RECORDS)], secret="key") as running:
        yield running


@pytest.fixture
def command(tmp_path: Path, server: Simulation) -> list[str]:
    """What is run, but for its ``--to``."""
    configuration = {"api_key": "key", "base_url": server.url, "page_size": str(PAGE_SIZE)}
    (tmp_path / "configuration.json").write_text(json.dumps(configuration))
    program = [sys.executable, "-m", "connector_build", "run", "fts", "--configuration", "configuration.json"]
    return [*program, "--enable", ",".join(EXTRAS), "--quiet"]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.to)
def test_kills_at_random_moments(place: Place, command: list[str], server: Simulation, tmp_path: Path) -> None:
    random = Random(20_17)  # noqa: S311 - made-up moments
    kills = 0
    for _ in range(ROUNDS):
        server.faults.add(f"latency={LATENCY}")
        for _ in range(KILLS):
            kills += killed([*command, "--to", place.to], tmp_path, server, random)
        server.faults.clear()
        subprocess.run([*command, "--to", place.to], cwd=tmp_path, check=True, timeout=LONGEST)
        assert_every_row(place, tmp_path, server)
        server.feed("fts").append(15)
        server.feed("fts").change(20)
    assert kills  # the others had ended by then


def killed(command: list[str], folder: Path, server: Simulation, random: Random) -> bool:
    """Whether a run was killed before it had come to its end; a request that it does not come to is its end."""
    before, end = len(server.requests), time.monotonic() + LONGEST
    request, later = random.randint(1, RECORDS // PAGE_SIZE + 1), random.uniform(0, 0.25)
    child = subprocess.Popen(command, cwd=folder, start_new_session=True)
    try:
        while child.poll() is None and len(server.requests) - before < request:
            assert time.monotonic() < end
            time.sleep(0.001)
        with suppress(subprocess.TimeoutExpired):
            child.wait(later)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    code = child.wait()
    assert code in (0, -signal.SIGKILL)
    return code != 0


def assert_every_row(place: Place, folder: Path, server: Simulation) -> None:
    """Source table and extra table are what the API holds by now."""
    [plan] = ASSEMBLY.tables
    found = layouts(ASSEMBLY)
    wanted: Mapping[str, list[dict[str, object]]] = expected(plan, server.feed("fts").records())
    assert wanted.keys() == found.keys()
    for table, layout in found.items():
        assert place.rows(folder, table, layout) == as_landed(wanted[table], layout), table
