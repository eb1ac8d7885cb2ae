"""`connector-build` is told to end in the middle of what takes long: nothing of it stays, neither a folder nor a process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ending import SOON, HangingApi, gone_afterwards, hanging_api, others_in_session, started

Start = Callable[..., "subprocess.Popen[str]"]
ENDS = [
    pytest.param(signal.SIGINT, 130, id="ctrl-c"),
    pytest.param(signal.SIGTERM, 143, id="terminate"),
    pytest.param(signal.SIGHUP, 129, id="the terminal is closed"),
]


@pytest.fixture
def hanging() -> Iterator[HangingApi]:
    with hanging_api() as api:
        yield api


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


@pytest.fixture
def start(tmp_path: Path, temporary: Path) -> Iterator[Start]:
    """Starts `connector-build` in a session, with a home and a folder for temporary files of its own."""
    processes: list[subprocess.Popen[str]] = []
    command = str(Path(sys.executable).with_name("connector-build"))
    environment = {"HOME": str(tmp_path), "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}

    def run(*arguments: str, ignored: str = "") -> "subprocess.Popen[str]":
        processes.append(started([command, *arguments], tmp_path, environment, ignored=ignored))
        return processes[-1]

    with gone_afterwards(processes):
        yield run


def wait_for(condition: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    last = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < last
        time.sleep(0.02)


def assert_ends(process: "subprocess.Popen[str]", number: int, code: int, temporary: Path) -> None:
    """*process*, alone told to end by a signal, does so soon, and takes all with it."""
    since = time.monotonic()
    os.kill(process.pid, number)
    printed, _ = process.communicate(timeout=SOON)
    assert time.monotonic() - since < SOON
    assert process.returncode == code, printed
    assert "Traceback" not in printed
    assert "Aborted" not in printed
    assert others_in_session(process) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), ENDS)
def test_debug(start: Start, hanging: HangingApi, tmp_path: Path, temporary: Path, number: int, code: int) -> None:
    configuration = tmp_path / "mine.json"
    configuration.write_text(json.dumps({"api_key": "k", "base_url": hanging.url, "page_size": "100"}))
    process = start("debug", "fts", "--configuration", str(configuration))
    wait_for(hanging.hangs.is_set, process)
    assert len(others_in_session(process)) == 1
    assert_ends(process, number, code, temporary)


@pytest.mark.parametrize(("number", "code"), ENDS)
def test_demo(start: Start, temporary: Path, number: int, code: int) -> None:
    process = start("demo", "fts")
    wait_for(lambda: others_in_session(process), process)
    assert list(temporary.iterdir())
    assert_ends(process, number, code, temporary)


@pytest.mark.parametrize(("number", "code"), ENDS)
def test_check(start: Start, temporary: Path, number: int, code: int) -> None:
    process = start("check", "fts")
    wait_for(lambda: list(temporary.iterdir()), process)
    assert_ends(process, number, code, temporary)


@pytest.mark.parametrize(("number", "code"), ENDS)
def test_a_fleet(start: Start, tmp_path: Path, temporary: Path, number: int, code: int) -> None:
    members = "".join(f'[[connector]]\ndataset = "fts"\nname = "fts_{each}"\n' for each in range(60))
    (tmp_path / "connectors.toml").write_text(members)
    process = start("--all")
    wait_for(lambda: (tmp_path / "dist").exists(), process)
    assert_ends(process, number, code, temporary)
    assert len(list((tmp_path / "dist").glob("fts_*"))) < 60


def test_what_nohup_ignores_stays_ignored(start: Start, hanging: HangingApi, tmp_path: Path, temporary: Path) -> None:
    configuration = tmp_path / "mine.json"
    configuration.write_text(json.dumps({"api_key": "k", "base_url": hanging.url, "page_size": "100"}))
    process = start("debug", "fts", "--configuration", str(configuration), ignored=str(int(signal.SIGHUP)))
    wait_for(hanging.hangs.is_set, process)
    os.kill(process.pid, signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    assert_ends(process, signal.SIGTERM, 143, temporary)
