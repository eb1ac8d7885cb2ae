"""A stopwatch for functions that call each other: time counts for the innermost of them that is watched.

It wraps functions where they are looked up, so a name that has moved is an error and not a part that seems to cost nothing.
"""

import functools
import importlib
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field, frozen


@frozen
class Seam:
    """A function to watch: *name* in *module*, with a dot where it is a method; its time counts for *part*."""

    part: str
    module: str
    name: str


@define
class Spent:
    """Seconds on the clock and of this thread's processor time, and calls."""

    wall: float = 0.0
    cpu: float = 0.0
    calls: int = 0


@define
class Stopwatch:
    """Times the parts of one thread's work; what no seam covers is the part *rest*. It is not for several threads."""

    rest: str
    spent: dict[str, Spent] = field(factory=dict)
    _open: list[str] = field(factory=list)
    _since: tuple[float, float] = (0.0, 0.0)

    def run(self, work: Callable[[], None]) -> None:
        """Do *work*, watched."""
        self._open, self._since = [self.rest], (time.perf_counter(), time.thread_time())
        try:
            work()
        finally:
            self._count()

    def watch(self, seam: Seam) -> None:
        """Put a watched function in the place of the one that *seam* names. Raises LookupError when there is none."""
        holder: Any = importlib.import_module(seam.module)
        *outer, name = seam.name.split(".")
        try:
            for each in outer:
                holder = getattr(holder, each)
            plain = vars(holder)[name]
        except (AttributeError, KeyError):
            raise LookupError(f"{seam.module} has no {seam.name} any more: correct the seams of the profile") from None
        static = isinstance(plain, staticmethod)
        watched = self._watched(seam.part, plain.__func__ if static else plain)
        setattr(holder, name, staticmethod(watched) if static else watched)

    def _watched(self, part: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def watched(*arguments: Any, **named: Any) -> Any:
            if not self._open:
                return plain(*arguments, **named)
            self._count()
            self._open.append(part)
            self.spent.setdefault(part, Spent()).calls += 1
            try:
                return plain(*arguments, **named)
            finally:
                self._count()
                self._open.pop()

        return watched

    def _count(self) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        spent = self.spent.setdefault(self._open[-1], Spent())
        spent.wall += wall - self._since[0]
        spent.cpu += cpu - self._since[1]
        self._since = (wall, cpu)
