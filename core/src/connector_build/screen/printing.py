"""Lines and tables, in a terminal or piped into something."""

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table


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


def grid(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str] = ()) -> None:
    """A table without frame, nothing where there is no row; where it is piped, as wide as it needs to be.

    numbers: the heads of columns that are set to the right.
    """
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for head in heads:
        made.add_column(escape(plain(head)), overflow="fold", justify="right" if head in numbers else "left")
    for row in rows:
        made.add_row(*(escape(plain(cell)) for cell in row))
    if not console.is_terminal:
        made.width = Measurement.get(console, console.options.update(width=100_000), made).maximum
    if made.rows:
        console.print(made, crop=False)
