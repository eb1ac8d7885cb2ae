"""How far a `fivetran debug` is, by what it prints: rows that a checkpoint covers, and pages that were asked for."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from attrs import define, field
from rich.console import Console

from connector_build.local.fivetran import without_traceback
from connector_build.screen.progress import meter
from connector_core.basics.counting import counted

_CHECKPOINT: Final = re.compile(r"(?:(\w+): )?Checkpoint saved after (\d+) records?")
_FETCHING: Final = re.compile(r"(?:(\w+): )?Fetching data with params: .*?(?:\(request (\d+)\))?$")
_WARNING: Final = re.compile(r"\S+ WARNING\b")


@define
class Progress:
    """What was read so far, table by table; empty is the name of the one table of a connector that has no other."""

    rows: dict[str, int] = field(factory=dict)
    pages: dict[str, int] = field(factory=dict)

    def hear(self, printed: str) -> bool:
        """Take note of a line of the log; whether it said something of that."""
        if found := _CHECKPOINT.search(printed):
            self.rows[found[1] or ""] = int(found[2])
        elif found := _FETCHING.search(printed):
            table = found[1] or ""
            self.pages[table] = int(found[2]) if found[2] else self.pages.get(table, 0) + 1
        return found is not None

    @property
    def in_words(self) -> str:
        return counted(sum(self.pages.values()), "page")


@contextmanager
def watching(
    console: Console | None, title: str, total: int | None = None, say: Callable[[str], None] | None = None
) -> Iterator[Callable[[str], None]]:
    """What is to hear each line that a run prints, and shows on a terminal how far the run is; without a console, nothing.

    total: how many rows there are to be read, if that is known. say: hears each line too.
    """
    progress = Progress()
    with meter(console, title, "row", total) as update:

        def hear(printed: str) -> None:
            if say:
                say(printed)
            if progress.hear(printed):
                update(sum(progress.rows.values()), progress.in_words)

        yield hear


def log_to(say: Callable[[str], None], *, every: bool) -> Callable[[str], None]:
    """What hands *every* line of a log to *say*, without tracebacks; else the warnings alone."""
    return without_traceback(say) if every else _warnings(say)


def _warnings(say: Callable[[str], None]) -> Callable[[str], None]:
    """What hands the warnings alone to *say*, with the indented lines that belong to them."""
    inside = False

    def hear(printed: str) -> None:
        nonlocal inside
        inside = bool(_WARNING.match(printed)) or (inside and printed[:1] == " ")
        if inside:
            say(printed)

    return hear
