"""How far something is."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import frozen
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from connector_build.screen.printing import line
from connector_core.basics.counting import plural
from connector_core.basics.names import one_line


@contextmanager
def status(console: Console | None, text: str) -> Iterator[Callable[[str], None]]:
    """A line that says how far something is, in a terminal; nothing at all without a console, or where it is piped."""
    if console is not None and console.is_terminal:
        with console.status(escape(one_line(text))) as shown:
            yield lambda words: shown.update(escape(one_line(words)))
    else:
        yield lambda _: None


@contextmanager
def lasting(console: Console, text: str) -> Iterator[Callable[[str], None]]:
    """The same of what takes long: where it is piped, a line says that it has begun."""
    if not console.is_terminal:
        line(console, f"{text} ...")
    with status(console, text) as update:
        yield update


Update = Callable[[int, str], None]
"""Takes how many are done, and what more there is to say."""


@contextmanager
def meter(
    console: Console | None, text: str, thing: str, total: int | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Update]:
    """How many of a *thing* are done, how many a second, and where a *total* is known a bar and the time that is left.

    Only in a terminal, where it is gone at the end; nothing at all without a console, or where it is piped.
    """
    if console is None or not console.is_terminal:
        yield lambda _, __: None
        return
    bar, left = ([BarColumn(min(20, console.width // 6))], [TimeRemainingColumn(compact=True)]) if total else ([], [])
    columns = [SpinnerColumn(), TextColumn("{task.description}"), *bar, _Done(thing), *left]
    with Progress(*columns, console=console, transient=True, get_time=clock) as shown:
        task = shown.add_task(escape(one_line(text)), total=total, more="")

        def update(done: int, more: str) -> None:
            # What was counted beforehand may be too few: a bar is never fuller than full.
            known = total and max(total, done)
            shown.update(task, completed=done, total=known, more=one_line(more))

        yield update


class _Done(ProgressColumn):
    """``1,200 of 5,000 rows, 12 pages, 310 rows a second``."""

    def __init__(self, thing: str) -> None:
        super().__init__(table_column=Column(no_wrap=True))
        self.thing = thing

    def render(self, task: Task) -> Text:
        done = int(task.completed)
        of = f" of {int(task.total):,}" if task.total else ""
        things = plural(int(task.total or done), self.thing)
        speed = [f"{task.speed:,.0f} {plural(round(task.speed), self.thing)} a second"] if task.speed else []
        return Text(", ".join([f"{done:,}{of} {things}", *filter(None, [task.fields["more"]]), *speed]))


@frozen
class StatusLog:
    """A log whose lines go to *update*, one in place of the other: why it takes so long."""

    update: Callable[[str], None]

    def info(self, message: str) -> None:
        self.update(message)

    def warning(self, message: str) -> None:
        self.update(message)

    def alert(self, message: str) -> None:
        self.warning(message)
