"""A real `fivetran debug` is killed, twenty times at different moments, and the next one makes every row right.

The project is built once, with both extra options of fts. State and warehouse stay in its folder between the two runs, in
whatever condition the kill leaves them.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import copytree

import pytest
from attrs import field, frozen

import connector_fts
import connector_fts.sample
from connector_build.api.simulation import Simulation
from connector_build.local.comparing import difference, expected
from connector_build.local.fivetran import debug, find_fivetran, read_tables
from connector_core.plugin.assembly import Plugin, assemble
from simulated import simulated

pytestmark = pytest.mark.xdist_group("sigkill")

KEY = "canary-9b1f77"
EXTRAS = ["fts_technicians", "cost_per_hour"]
[PLAN] = assemble([Plugin("connector-fts", connector_fts)], enable=EXTRAS).tables
TABLE = simulated("fts", 230)
PAGE_SIZE = 20  # twelve pages
LATENCY = 0.05
LONGEST = 120.0
"""Seconds after which a run that has not come to its moment is a failure."""


@frozen
class Moment:
    """When a run is killed: while the API answers request number *request* (from 1), or when *line* was printed so many times."""

    request: int | None = None
    line: str = ""
    times: int = 1
    later: bool = field(default=False, kw_only=True)
    """In a second sync instead of the first."""

    def __str__(self) -> str:
        when = f"request {self.request}" if self.request else f"{self.line} {self.times}"
        return f"{'later' if self.later else 'first'} sync, {when}"

    def has_come(self, requests: int, printed: str) -> bool:
        """Whether it is now."""
        return requests >= self.request if self.request else printed.count(self.line) >= self.times


WHOLE = "Checkpoint saved after 230 records"
MOMENTS = [
    *(Moment(request) for request in (1, 2, 4, 5, 6, 9, 12)),
    Moment(line="calling update()"),
    Moment(line="Checkpoint saved after 100 records"),
    Moment(line="Checkpoint saved after 200 records"),
    Moment(line="No more pages to fetch"),
    Moment(line=WHOLE),  # the intent: the technicians' rows go out now
    Moment(line=WHOLE, times=2),
    *(Moment(request, later=True) for request in (1, 2, 3, 4)),
    Moment(line="calling update()", later=True),
    Moment(line="Checkpoint saved", later=True),
    Moment(line="No more pages to fetch", later=True),
]


def test_there_are_twenty() -> None:
    assert len(MOMENTS) == len(set(MOMENTS)) == 20


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of our own. In it a ``pipreqs`` that asks no index, and word that the command is up to date."""
    folder = tmp_path_factory.mktemp("home")
    shim = folder / "bin/pipreqs"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nexit 0\n")
    shim.chmod(0o755)
    checked = folder / ".fivetran/connector_sdk/_last_version_check"
    checked.parent.mkdir(parents=True)
    checked.write_text(str(int(time.time())))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def built(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, as connector-build writes it."""
    folder = tmp_path_factory.mktemp("built")
    command = [str(Path(sys.executable).parent / "connector-build"), "fts", "--enable", ",".join(EXTRAS)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "dist/fts"


@pytest.fixture
def server() -> Iterator[Simulation]:
    with Simulation([TABLE], secret=KEY) as running:
        yield running


@pytest.fixture
def project(built: Path, server: Simulation, tmp_path: Path) -> Path:
    """A copy of the project, configured."""
    folder = copytree(built, tmp_path / "fts")
    configuration = {"api_key": KEY, "base_url": server.url, "page_size": str(PAGE_SIZE)}
    (folder / "configuration.json").write_text(json.dumps(configuration))
    return folder


def kill(project: Path, home: Path, server: Simulation, moment: Moment) -> int:
    """Run the command in *project* and kill it, with all that it has started, when *moment* has come; its exit code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "FIVETRAN"))}
    before, end, printed = len(server.requests), time.monotonic() + LONGEST, project.parent / "printed.txt"
    with printed.open("wb") as out:
        child = subprocess.Popen(
            [str(find_fivetran()), "debug", "--configuration", "configuration.json"],
            cwd=project,
            env={**kept, "PATH": f"{home / 'bin'}:{kept['PATH']}", "DO_NOT_TRACK": "1", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while child.poll() is None and not moment.has_come(len(server.requests) - before, printed.read_text("utf-8")):
                assert time.monotonic() < end, printed.read_text("utf-8")
                time.sleep(0.002)
            assert moment.has_come(len(server.requests) - before, printed.read_text("utf-8")), printed.read_text("utf-8")
        finally:
            with suppress(ProcessLookupError):  # it may have come to its end just now
                os.killpg(child.pid, signal.SIGKILL)
    return child.wait()


def sync(project: Path) -> None:
    """A run that nobody kills."""
    run = debug(project, project / "configuration.json")
    assert run.error is None, run.output


def move(server: Simulation) -> None:
    server.feed("fts").append(25)
    server.feed("fts").change(40)


def assert_every_row(project: Path, server: Simulation) -> None:
    """The warehouse holds what the API does, derived field and technicians included."""
    wanted = expected(PLAN, server.feed("fts").records())
    assert wanted.keys() == {"fts_records", "fts_technicians"}
    found = read_tables(project, list(wanted), None)
    assert {rows.name: difference(rows, wanted[rows.name]) for rows in found} == dict.fromkeys(wanted)


@pytest.mark.parametrize(("number", "moment"), list(enumerate(MOMENTS)), ids=map(str, MOMENTS))
def test_a_killed_run_is_made_whole_by_the_next(
    number: int, moment: Moment, project: Path, home: Path, server: Simulation
) -> None:
    if moment.later:
        sync(project)
        move(server)
    server.faults.add(f"latency={LATENCY}")
    code = kill(project, home, server, moment)
    # While the API answers, the run cannot end; right after its last lines it may.
    assert code == -signal.SIGKILL or (code == 0 and moment.line in (WHOLE, "No more pages to fetch"))
    server.faults.clear()
    if number % 2:
        move(server)
    sync(project)
    assert_every_row(project, server)
