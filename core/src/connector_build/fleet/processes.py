"""The processes that build connectors: what they are told, and how each build of theirs ended."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue
from typing import Any

from connector_build.errors import BuildError
from connector_build.fleet.worker import Ended

Builder = Callable[[Mapping[str, Any]], Ended]
"""What `project.making.build_into` is to be called with, as JSON has it → how that ended."""


@contextmanager
def builders(number: int) -> "Iterator[SimpleQueue[Builder]]":
    """What builds, each one connector at a time."""
    free: SimpleQueue[Builder] = SimpleQueue()
    with ExitStack() as stack:
        for _ in range(number):
            free.put(_by_copies(stack.enter_context(_worker())) if hasattr(os, "fork") else _by_process)
        yield free


@contextmanager
def _worker() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-m", "connector_build.fleet.worker"]
    try:
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    except OSError as error:
        raise BuildError(f"A process that builds cannot be started: {error.strerror}.") from None
    try:
        yield worker
    finally:
        for pipe in (worker.stdin, worker.stdout):
            with suppress(OSError):  # it has ended before us
                pipe.close() if pipe else None
        worker.wait()


def _by_copies(worker: subprocess.Popen[str]) -> Builder:
    """One that has *worker* build: much quicker than a new process, which has to import everything again."""

    def build(order: Mapping[str, Any]) -> Ended:
        if worker.stdin is None or worker.stdout is None:
            raise ValueError("it has no pipes")
        print(json.dumps(order), file=worker.stdin, flush=True)
        return Ended(**json.loads(worker.stdout.readline()))

    return build


def _by_process(order: Mapping[str, Any]) -> Ended:
    """The same where a process cannot copy itself: a new one for each build."""
    with _worker() as worker:
        return _by_copies(worker)(order)
