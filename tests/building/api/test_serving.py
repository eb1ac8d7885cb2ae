"""`connector-build serve`, as a user runs it: every installed dataset is simulated, and the hints it prints work."""

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributions import install_dataset

FUNCTION = """
from connector_core import FunctionPaginator, Table, hookimpl


@hookimpl
def connector_tables():
    return [Table("rides", "/rides", "data", ["id"], {"id": "LONG"})]


@hookimpl
def connector_paginator(table):
    return FunctionPaginator(lambda request, page: request.placed("query", "at", page.body["next"]))
"""
CHILDREN = """
from connector_core import ApiKeyQuery, OffsetPaginator, Parent, Table, hookimpl, total_reached


@hookimpl
def connector_tables():
    ships = Table("ships", "/ships", "data", ["id"], {"id": "STRING"}, body={"of": "fleet"})
    trips = Table("trips", "/ships/{parent.id}/trips", "@", ["id", "ship"], {"id": "LONG", "ship": "STRING"},
                  parent=Parent("ships", {"ship": "id"}))
    return [ships, trips]


@hookimpl
def connector_auth():
    return ApiKeyQuery("key", "secret_of_ships")


@hookimpl
def connector_paginator(table):
    return OffsetPaginator(stop=[total_reached("meta.total")]) if table.name == "ships" else OffsetPaginator()
"""


@contextmanager
def serving(folder: Path, *arguments: str) -> "Iterator[tuple[list[str], subprocess.Popen[str]]]":
    """The lines that the command prints before it waits, and its process."""
    command = [str(Path(sys.executable).with_name("connector-build")), "serve", "--port", "0", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "HOME": str(folder)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            lines: list[str] = []
            while not lines or lines[-1] not in ("Ctrl-C stops.", ""):
                lines.append(running.stdout.readline().rstrip())
            yield lines, running
        finally:
            running.send_signal(signal.SIGINT)


def test_every_installed_dataset_is_served_and_what_cannot_be_is_named(tmp_path: Path) -> None:
    install_dataset(tmp_path, "rides", FUNCTION)
    install_dataset(tmp_path, "ships", CHILDREN)
    with serving(tmp_path) as (lines, running):
        told = "\n".join(lines)
        assert "fts: 750 records" in told
        assert "mso: 600 records" in told
        assert "ships: 40 ships, 120 trips" in told
        commands = [line.strip() for line in lines if line.strip().startswith("curl")]
        assert len(commands) == 13
        for command in commands if shutil.which("curl") else []:  # a machine may have none
            done = subprocess.run([*shlex.split(command), "-s", "--noproxy", "*"], capture_output=True, text=True, check=True)
            assert "error" not in json.loads(done.stdout), command
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=10)
    assert (out, running.returncode) == ("\nStopped.\n", 0)
    assert re.fullmatch(
        r"Left out: rides: rides: its paginator is a FunctionPaginator, .* Try it against the API itself\.\n", err
    )


def test_one_that_is_named_and_cannot_be_simulated_is_an_error(tmp_path: Path) -> None:
    install_dataset(tmp_path, "rides", FUNCTION)
    with serving(tmp_path, "rides") as (lines, running):
        assert lines == [""]
        out, err = running.communicate(timeout=10)
    assert (out, running.returncode) == ("", 1)
    assert err.startswith("Error: rides: rides: its paginator is a FunctionPaginator")


def test_the_secret_can_be_chosen(tmp_path: Path) -> None:
    install_dataset(tmp_path, "ships", CHILDREN)
    with serving(tmp_path, "ships", "--api-key", "open sesame") as (lines, _):
        assert '"secret_of_ships": "open sesame"' in lines[-2]
        assert "&key=open+sesame" in lines[1]
