"""How far something is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from connector_core.basics.names import one_line


@contextmanager
def status(console: Console | None, text: str) -> Iterator[Callable[[str], None]]:
    """A line that says how far something is, in a terminal; nothing at all without a console, or where it is piped."""
    if console is not None and console.is_terminal:
        with console.status(escape(one_line(text))) as shown:
            yield lambda words: shown.update(escape(one_line(words)))
    else:
        yield lambda _: None
