"""The ``debug_and_reset.sh`` of a built project, run for real: what its users know that it prints, and how it ends early."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connector_build.api.simulation import Simulation
from distributions import built_fts
from simulated import simulated
from transcripts import assert_like

API_KEY = "canary-5d10c2"
TABLE = simulated("fts")
SOON = 15.0
"""Seconds within which a script that is told to end has to be gone, on a machine however busy; the API hangs for minutes."""
HEED_SIGNALS = (
    "import os, signal, sys; [signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGHUP)]; "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Where pytest runs in the background, what it starts would ignore Ctrl-C."""

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
    started: list[subprocess.Popen[str]] = []

    def run(url: str, *arguments: str, stdin: int = subprocess.DEVNULL, **more: str) -> "subprocess.Popen[str]":
        (project / "configuration.json").write_text(json.dumps({"api_key": API_KEY, "base_url": url, "page_size": "100"}))
        environment = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "HOME": str(home), "LC_ALL": "C.UTF-8", **more}
        process = subprocess.Popen(
            [sys.executable, "-c", HEED_SIGNALS, str(project / "debug_and_reset.sh"), *arguments],
            env={**environment, "DO_NOT_TRACK": "1", "TMPDIR": str(tmp_path / "tmp")},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


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


class _Hanging(BaseHTTPRequestHandler):
    """Answers the first page after a while, so that the next is read ahead, and the second never."""

    def do_GET(self) -> None:
        api: HangingApi = self.server  # type: ignore[assignment]
        if "cursor" in self.path:
            api.hangs.set()
            api.over.wait(300)
            return
        time.sleep(0.05)
        body = json.dumps(
            {"fts_records": [{"record_id": str(n)} for n in range(100)], "next_cursor": "ab" * 16, "has_more": True}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
        """Nothing."""


class HangingApi(ThreadingHTTPServer):
    """An API that hangs; *hangs* tells when."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hanging)
        self.hangs, self.over = threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def hanging() -> Iterator[HangingApi]:
    with HangingApi() as api:
        thread = threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield api
        finally:
            api.over.set()
            api.shutdown()
            thread.join()


def children(process: "subprocess.Popen[str]") -> list[int]:
    """The processes in the session of *process*, beside itself."""
    shown = subprocess.run(["ps", "-eo", "pid=,sid="], capture_output=True, text=True, check=True).stdout.split("\n")  # noqa: S607
    pairs = [tuple(map(int, line.split())) for line in shown if line.strip()]
    return [pid for pid, session in pairs if session == process.pid and pid != process.pid]


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
    [command] = children(process)
    since = time.monotonic()
    (os.killpg if whole_group else os.kill)(process.pid, number)
    printed, _ = process.communicate(timeout=SOON)
    assert time.monotonic() - since < SOON
    assert process.returncode == code
    assert "Traceback" not in printed
    assert not Path(f"/proc/{command}").exists() or not children(process)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert (project / "requirements.txt").exists()


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
