"""The desk: one thread does what others hand in, call by call, so what it has to do with is never in two hands."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from attrs import frozen

T = TypeVar("T")


class ClosedError(Exception):
    """Nobody sits at the desk any more."""


@frozen(eq=False)
class _Task:
    done: "Future[Any]"
    call: Callable[..., Any]
    arguments: tuple[Any, ...]


class Desk:
    """A desk of the thread that makes it, which serves it. Others hand in calls with ``do``, and wait for what comes of them."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._closed = False
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()

    def do(self, call: Callable[..., T], *arguments: Any) -> T:
        """What *call* returns or raises, in the desk's own thread. Raises ClosedError where nobody serves it any more."""
        if threading.get_ident() == self._thread:
            return call(*arguments)
        task = _Task(Future(), call, arguments)
        with self._lock:
            if self._closed:
                raise ClosedError
            self._tasks.put(task)
        result: T = task.done.result()
        return result

    def wake(self, *_: object) -> None:
        """Let ``serve`` look whether there is still something to wait for."""
        self._tasks.put(None)

    def serve(self, longest: float | None = None) -> None:
        """Do one call, or none where ``wake`` was called, or for *longest* seconds nothing was."""
        try:
            task = self._tasks.get(timeout=longest)
        except Empty:
            return
        if task is None:
            return
        try:
            task.done.set_result(task.call(*task.arguments))
        except Exception as error:  # noqa: BLE001  (it belongs to whoever handed it in)
            task.done.set_exception(error)
        except BaseException:  # what ends the process
            task.done.set_exception(ClosedError())
            raise

    def close(self) -> None:
        """Refuse whatever is or will be handed in."""
        with self._lock:
            self._closed = True
        while True:
            try:
                task = self._tasks.get_nowait()
            except Empty:
                return
            if task is not None:
                task.done.set_exception(ClosedError())
