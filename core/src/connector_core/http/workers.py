"""Threads that nobody waits for.

A request may hang for a minute. The threads of ``concurrent.futures.ThreadPoolExecutor`` are joined when the interpreter
ends, so a process whose sync has failed, or got Ctrl-C, would live on for as long.
"""

from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from attrs import frozen

T = TypeVar("T")


@frozen(eq=False)
class _Task(Generic[T]):
    future: Future[T]
    call: Callable[..., T]
    arguments: tuple[Any, ...]

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.call(*self.arguments))
        except BaseException as error:  # noqa: BLE001  (whatever it is, the caller raises it)
            self.future.set_exception(error)


class Workers:
    """At most *most* threads, started one by one as there are tasks; *name* is what a crash report calls them."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._started = 0
        self._tasks: SimpleQueue[_Task[Any] | None] = SimpleQueue()

    def submit(self, call: Callable[..., T], *arguments: Any) -> Future[T]:
        """Let a thread do *call*; what it returns or raises is the future's."""
        future: Future[T] = Future()
        self._tasks.put(_Task(future, call, arguments))
        if self._started < self._most:
            self._started += 1
            Thread(target=_work, args=(self._tasks,), name=f"{self._name}_{self._started}", daemon=True).start()
        return future

    def close(self) -> None:
        """Let each thread end with what it is doing, which is not waited for; what no thread has begun is cancelled."""
        while (task := _waiting(self._tasks)) is not None:
            task.future.cancel()
        for _ in range(self._started):
            self._tasks.put(None)


def _waiting(tasks: "SimpleQueue[_Task[Any] | None]") -> _Task[Any] | None:
    try:
        return tasks.get_nowait()
    except Empty:
        return None


def _work(tasks: "SimpleQueue[_Task[Any] | None]") -> None:
    while (task := tasks.get()) is not None:
        task.run()
        del task  # a page and the error that it may have brought would stay until the next one
