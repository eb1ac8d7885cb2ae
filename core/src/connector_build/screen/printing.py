"""Lines and tables, in a terminal or piped into something."""

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table

GAP: Final = 3
"""Columns of the screen between two of a table."""
PATH: Final = 24
"""An address is not broken into shorter pieces than this."""


def console(*, stderr: bool = False) -> Console:
    """What the command prints on; a line that is piped is not folded. *stderr*: where the output is for something else."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(soft_wrap=not stream.isatty(), highlight=False, stderr=stderr)


def print_json(value: Any, *, stderr: bool = False) -> None:
    """Print *value* for a script."""
    click.echo(json.dumps(value, indent=2), err=stderr)


def line(console: Console, text: str, style: str | None = None) -> None:
    """Print *text*, as it is: names come from plugins, and brackets in them are no markup. A line that is piped is not folded."""
    console.print(plain(text), style=style, markup=False, highlight=False, soft_wrap=not console.is_terminal)


def plain(text: str) -> str:
    """*text* without what could steer a terminal: names and messages come from plugins."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)


def entry(console: Console, name: str, text: str, width: int = 9) -> None:
    """A line of a name, *width* wide, and what there is to say of it; in a terminal what goes on stands below where it began."""
    if not console.is_terminal:
        line(console, f"  {name:{width}}  {text}")
        return
    made = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    made.add_column(width=max(width, len(name)), no_wrap=True)
    made.add_column(overflow="fold")
    made.add_row(escape(plain(name)), escape(plain(text)))
    console.print(Padding(made, (0, 0, 0, 2)), crop=False)


def grid(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str] = ()) -> None:
    """A table without frame, nothing where there is no row; where it is piped, as wide as it needs to be.

    In a terminal that is too narrow for the longest words of all columns side by side, each row is a paragraph instead.

    numbers: the heads of columns that are set to the right.
    """
    cells = [[plain(cell) for cell in row] for row in rows]
    if not cells:
        return
    columns = list(zip(map(plain, heads), *cells, strict=True))
    widths = [_widest(column) for column in columns]
    if console.is_terminal:
        fitting = fitted(widths, [longest_word(column) for column in columns], console.width - GAP * (len(columns) - 1))
        if fitting is None:
            _paragraphs(console, heads, cells)
            return
        widths = fitting
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for head, width in zip(heads, widths, strict=True):
        made.add_column(escape(plain(head)), overflow="fold", justify="right" if head in numbers else "left", width=width)
    for row in cells:
        made.add_row(*map(escape, row))
    if not console.is_terminal:
        made.width = Measurement.get(console, console.options.update(width=100_000), made).maximum
    console.print(made, crop=False)


def _paragraphs(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Each row below its first cell."""
    width = max(map(len, heads))
    for first, *rest in rows:
        line(console, first, style="bold")
        for head, cell in zip(heads[1:], rest, strict=True):
            if cell:
                entry(console, head, cell, width)


def fitted(widths: Sequence[int], least: Sequence[int], room: int) -> list[int] | None:
    """*widths* made narrower until they fit into *room*, always that with the most to spare; None where *least* is too much."""
    if sum(least) > room:
        return None
    found = list(widths)
    while sum(found) > room:
        spare = max(range(len(found)), key=lambda column: found[column] - least[column])
        found[spare] -= 1
    return found


def longest_word(texts: Iterable[str]) -> int:
    """The columns of a screen that the longest word takes; an address or a path may be broken to PATH of them."""
    return max(
        (min(cell_len(word), PATH) if "/" in word else cell_len(word) for text in texts for word in text.split()), default=1
    )


def _widest(texts: Iterable[str]) -> int:
    return max(cell_len(line) for text in texts for line in (text.split("\n") or [""]))
