"""The ``debug_and_reset.sh`` of a built project, run for real: what its users know that it prints, and how it ends early."""

import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector_build.api.simulation import Simulation
from distributions import built_fts
from ending import SOON, HangingApi, gone_afterwards, hanging_api, others_in_session, started
from simulated import simulated
from transcripts import assert_like

API_KEY = "canary-5d10c2"
TABLE = simulated("fts")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_fts(tmp_path_factory.mktemp("built"), ())


@pytest.fixture
def start(project: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts the script against an API, with a home and a folder for temporary files of its own."""
    home = tmp_path / "home"
    checked = home / ".fivetran/connector_sdk/_last_version_check"
    checked.parent.mkdir(parents=True)
    checked.write_text("9999999999")
    (tmp_path / "tmp").mkdir()
    processes: list[subprocess.Popen[str]] = []

    def run(url: str, *arguments: str, stdin: int = subprocess.DEVNULL, **more: str) -> "subprocess.Popen[str]":
        (project / "configuration.json").write_text(json.dumps({"api_key": API_KEY, "base_url": url, "page_size": "100"}))
        environment = {"HOME": str(home), "TMPDIR": str(tmp_path / "tmp"), **more}
        processes.append(started([str(project / "debug_and_reset.sh"), *arguments], tmp_path, environment, stdin=stdin))
        return processes[-1]

    with gone_afterwards(processes):
        yield run


def test_the_transcript(start: Start) -> None:
    with Simulation([TABLE], secret=API_KEY) as server:
        controller, terminal = pty.openpty()
        os.write(controller, b"y\n")
        printed, _ = start(server.url, stdin=terminal, COLUMNS="100").communicate(timeout=120)
        os.close(controller)
        os.close(terminal)
    # At a terminal the answer's own line break stands there; here nothing echoes it.
    assert_like(printed.replace("(Y/n): ", "(Y/n): \n"), "debug_and_reset")
    assert "\x1b" not in printed
    assert API_KEY not in printed


@pytest.fixture
def hanging() -> Iterator[HangingApi]:
    with hanging_api() as api:
        yield api


@pytest.mark.parametrize(
    ("number", "whole_group", "code"),
    [
        pytest.param(signal.SIGINT, True, 130, id="ctrl-c"),
        pytest.param(signal.SIGINT, False, 130, id="interrupt for the script alone"),
        pytest.param(signal.SIGTERM, False, 143, id="terminate"),
        pytest.param(signal.SIGHUP, True, 129, id="the terminal is closed"),
    ],
)
def test_it_ends_at_once_while_the_api_hangs(
    start: Start, hanging: HangingApi, tmp_path: Path, project: Path, number: int, whole_group: bool, code: int
) -> None:
    process = start(hanging.url, "--yes")
    assert hanging.hangs.wait(120)
    assert process.stdout
    for line in process.stdout:
        if "Fetching data with params: {'page_size': 100, 'cursor'" in line:
            break
    assert len(others_in_session(process)) == 1
    since = time.monotonic()
    (os.killpg if whole_group else os.kill)(process.pid, number)
    printed, _ = process.communicate(timeout=SOON)
    assert time.monotonic() - since < SOON
    assert process.returncode == code
    assert "Traceback" not in printed
    assert others_in_session(process) == []
    assert list((tmp_path / "tmp").iterdir()) == []
    assert (project / "requirements.txt").exists()
    *_, run = (project / "files/runs.jsonl").read_text().splitlines()
    assert json.loads(run)["error"] == "It was interrupted before the sync was complete."


def test_ctrl_c_at_the_question_changes_nothing(start: Start, project: Path) -> None:
    controller, terminal = pty.openpty()
    process = start("http://127.0.0.1:9", stdin=terminal)
    assert process.stdout
    for _ in iter(lambda: process.stdout.read(1), ":"):  # type: ignore[union-attr]
        pass
    before = sorted(project.iterdir())
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=SOON)
    os.close(controller)
    os.close(terminal)
    assert process.returncode == 130
    assert "Traceback" not in printed
    assert sorted(project.iterdir()) == before
