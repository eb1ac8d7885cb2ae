"""Threads that nobody waits for: a process ends when its sync does, also while a request hangs."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from connector_core.http.workers import Workers

SOON = 8.0
"""Seconds within which a process has to end, on a machine however busy; what hangs below hangs for minutes."""

READING = """
import sys, threading
from connector_core.http.pages import interleaved, read_pages
from connector_core.source.pagination import Page, Request

def hang(*_):
    sys.stdout.write("hanging\\n")  # in one piece: several threads say so at once
    sys.stdout.flush()
    threading.Event().wait(300)

class Numbers:
    def following(self, request, page):
        return Request("/items", {"page": str(int(request.params["page"]) + 1)})

def fetch(request):
    return hang() if request.params["page"] == "2" else Page({}, [request.params["page"]], seconds=1.0)

def children(item):
    if item == "fails":
        raise RuntimeError("this one fails")
    hang()
    yield item

def read_ahead():
    return read_pages(fetch, Numbers(), Request("/items", {"page": "1"}))

def several():
    return interleaved(children, ["hangs", "hangs as well", *sys.argv[1:]], 3)
"""


def started(ending: str, *arguments: str) -> "subprocess.Popen[str]":
    """A process that reads, and has said that a request hangs."""
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    command = [sys.executable, "-c", heed + READING + ending, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "hanging\n"
    return process


def assert_ends_soon(process: "subprocess.Popen[str]", said: str) -> None:
    since = time.monotonic()
    try:
        _, errors = process.communicate(timeout=SOON)
    finally:
        process.kill()
    assert time.monotonic() - since < SOON
    assert said in errors.splitlines()[-1]
    assert process.returncode != 0


@pytest.mark.parametrize("read", ["read_ahead", "several"])
def test_ctrl_c_ends_a_process_whose_requests_hang(read: str) -> None:
    process = started(f"for _ in {read}(): pass")
    time.sleep(0.2)  # the main thread is on its way to wait for the request
    os.kill(process.pid, signal.SIGINT)
    assert_ends_soon(process, "KeyboardInterrupt")


def test_a_failure_ends_a_process_whose_other_requests_hang() -> None:
    assert_ends_soon(started("for _ in several(): pass", "fails"), "RuntimeError: this one fails")


def test_a_reader_that_stops_in_the_middle_is_not_held() -> None:
    assert_ends_soon(started("next(read_ahead())\nraise SystemExit('had enough')"), "had enough")


def test_what_a_task_returns_or_raises_is_the_futures() -> None:
    workers = Workers(2, "test")
    assert workers.submit(divmod, 7, 2).result(SOON) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        workers.submit(divmod, 7, 0).result(SOON)
    workers.close()


def test_no_more_threads_than_wanted_and_none_that_stays() -> None:
    workers, together = Workers(2, "three-tasks"), threading.Barrier(2)
    first, second = (workers.submit(together.wait) for _ in range(2))
    assert {first.result(SOON), second.result(SOON)} == {0, 1}
    assert workers.submit(threading.current_thread).result(SOON).name in ("three-tasks_1", "three-tasks_2")
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("three-tasks")]
    assert len(threads) == 2
    workers.close()
    for thread in threads:
        thread.join(SOON)
    assert not any(thread.is_alive() for thread in threads)


def test_what_was_not_begun_is_cancelled() -> None:
    workers, begun, goes_on = Workers(1, "test"), threading.Event(), threading.Event()

    def hold() -> str:
        begun.set()
        goes_on.wait(SOON)
        return "held"

    running = workers.submit(hold)
    assert begun.wait(SOON)
    waiting = workers.submit(hold)
    workers.close()
    assert waiting.cancelled()
    goes_on.set()
    assert running.result(SOON) == "held"
