"""Real processes that are told to end by real signals, while an API hangs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SOON = 15.0
"""Seconds within which what is told to end has to be gone, on a machine however busy; the API hangs for minutes."""

_HEED = """
import os, signal, sys
for number in sys.argv[1].split():
    signal.signal(int(number), signal.{})
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Where pytest runs in the background, what it starts would ignore Ctrl-C."""


def started(
    command: list[str], folder: Path, environment: Mapping[str, str], *, stdin: int = subprocess.DEVNULL, ignored: str = ""
) -> "subprocess.Popen[str]":
    """*command* in a session of its own; its outputs are one. *ignored*: the numbers of signals that it is to ignore."""
    heeded = " ".join(str(int(each)) for each in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM))
    numbers, what = (ignored, "SIG_IGN") if ignored else (heeded, "SIG_DFL")
    return subprocess.Popen(
        [sys.executable, "-c", _HEED.format(what), numbers, *command],
        cwd=folder,
        env={"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "LC_ALL": "C.UTF-8", "DO_NOT_TRACK": "1", **environment},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )


@contextmanager
def gone_afterwards(processes: list["subprocess.Popen[str]"]) -> Iterator[None]:
    """Whatever a test has started is gone when it ends, also when it fails."""
    try:
        yield
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def others_in_session(process: "subprocess.Popen[str]") -> list[int]:
    """The processes in the session of *process*, without itself."""
    shown = subprocess.run(["ps", "-eo", "pid=,sid=,stat="], capture_output=True, text=True, check=True).stdout  # noqa: S607
    rows = [line.split() for line in shown.splitlines()]
    return [int(pid) for pid, session, state in rows if int(session) == process.pid != int(pid) and not state.startswith("Z")]


class _Hanging(BaseHTTPRequestHandler):
    """Answers the first page of fts after a while, so that the next is read ahead, and that one never."""

    def do_GET(self) -> None:
        api: HangingApi = self.server  # type: ignore[assignment]
        if "cursor" in self.path:
            api.hangs.set()
            api.over.wait(300)
            return
        time.sleep(0.05)
        records = [{"record_id": str(number)} for number in range(100)]
        body = json.dumps({"fts_records": records, "next_cursor": "ab" * 16, "has_more": True})
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


@contextmanager
def hanging_api() -> Iterator[HangingApi]:
    with HangingApi() as api:
        thread = threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield api
        finally:
            api.over.set()
            api.shutdown()
            thread.join()
