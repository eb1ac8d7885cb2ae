"""How far something is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import frozen
from rich.console import Console
from rich.markup import escape

from connector_build.screen.printing import line
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
