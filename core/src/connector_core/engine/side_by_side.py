"""Tables side by side: each is read in a thread of its own, and the caller's thread delivers and checkpoints for all of them.

A request waits until fewer than the setting ``threads`` are under way, whichever table it is for. Each table keeps its own order
of pages, rows and checkpoints; a checkpoint holds what the last one of every other table has left.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from typing import Any

from attrs import define, field, frozen

from connector_core.basics.counting import counted
from connector_core.basics.errors import ConnectorError, SourceError
from connector_core.basics.operations import Log
from connector_core.engine.desk import Desk
from connector_core.engine.failures import in_words
from connector_core.engine.table_sync import StoppedError
from connector_core.http.workers import Workers
from connector_core.source.pagination import Page, Request
from connector_core.source.tables import Table

PATIENCE = 60.0
"""Seconds in which the other tables may come to a checkpoint once one has failed."""

Fetch = Callable[[Table, Request], Page]


def at_most(fetch: Fetch, threads: int) -> Fetch:
    """*fetch*, of which no more than *threads* calls are under way at once."""
    slots = threading.BoundedSemaphore(threads)

    def one(table: Table, request: Request) -> Page:
        with slots:
            return fetch(table, request)

    return one


@frozen
class AlertsAtDesk:
    """A log whose alerts, which are operations of the SDK too, come from the thread that delivers."""

    log: Log
    desk: Desk

    def info(self, message: str) -> None:
        self.log.info(message)

    def warning(self, message: str) -> None:
        self.log.warning(message)

    def alert(self, message: str) -> None:
        self.desk.do(self.log.alert, message)


@define
class SideBySide:
    """Tables that are read at the same time, *threads* of them at most."""

    desk: Desk
    threads: int
    log: Log
    _failed: threading.Event = field(factory=threading.Event, init=False)

    def stopping(self) -> bool:
        """Whether a table has failed."""
        return self._failed.is_set()

    def run(self, tables: Mapping[str, Callable[[], object]]) -> None:
        """Do what each table, by its name, has to do.

        Raises what the first of them raised. A table that is well then comes to a checkpoint, and none is begun any more.
        """
        workers = Workers(self.threads, "table")
        with closing(workers), closing(self.desk):
            running = {name: workers.submit(self._one, run) for name, run in tables.items()}
            for future in running.values():
                future.add_done_callback(self.desk.wake)
            self._serve(list(running.values()))
        failures = {name: error for name, future in running.items() if (error := _error_of(future)) is not None}
        if failures:
            raise self._failure(failures, [name for name, future in running.items() if _is_stopped(future)])

    def _one(self, run: Callable[[], object]) -> None:
        if self.stopping():
            raise StoppedError
        try:
            run()
        except StoppedError:
            raise
        except BaseException:
            self._failed.set()
            raise

    def _serve(self, running: Sequence["Future[None]"]) -> None:
        until: float | None = None
        while not all(future.done() for future in running):
            if until is None and self.stopping():
                until = time.monotonic() + PATIENCE
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return
            self.desk.serve(left)

    def _failure(self, failures: Mapping[str, BaseException], stopped: Sequence[str]) -> BaseException:
        """What to raise: the one failure as it is, or all of them in one."""
        if stopped:
            self.log.info(f"{', '.join(stopped)}: stopped, because {', '.join(failures)} failed; the next sync goes on there")
        if ends := next((error for error in failures.values() if not isinstance(error, Exception)), None):
            return ends
        told = [in_words(error, name) for name, error in failures.items() if isinstance(error, Exception)]
        if len(told) == 1:
            return told[0]
        kinds: set[type[ConnectorError]] = {type(error) for error in told}
        kind = kinds.pop() if len(kinds) == 1 else SourceError
        return kind(f"{counted(len(told), 'table')} failed. {' '.join(map(str, told))}")


def _error_of(future: "Future[Any]") -> BaseException | None:
    """What a table failed with; None where it is done, was stopped, or is not waited for."""
    error = future.exception() if future.done() and not future.cancelled() else None
    return None if isinstance(error, StoppedError) else error


def _is_stopped(future: "Future[Any]") -> bool:
    return not future.done() or future.cancelled() or isinstance(future.exception(), StoppedError)
