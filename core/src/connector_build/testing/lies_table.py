"""The table of lies for a page of the documentation: what a connector with each ready-made paginator makes of each of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from rich.console import Console

from connector_build.screen.markdown import markdown_table
from connector_build.screen.progress import status
from connector_build.testing.matrix.lies import LIES
from connector_build.testing.matrix.ready_made import CONNECTORS
from connector_build.testing.matrix.runs import FAILED, LOUD, NOT, RIGHT, WARNED, Cell, run_lies

WORDS = {RIGHT: "right", LOUD: "loud", WARNED: "warned", NOT: "-", FAILED: "**FAILED**"}
"""Outcome → what a cell of the table says."""


def told_to_all(console: Console) -> dict[str, list[Cell]]:
    """What becomes of every lie, by the connector that it is told to."""
    return {name: _told(name, console) for name in CONNECTORS}


def _told(name: str, console: Console) -> list[Cell]:
    done = count(1)
    with status(console, name) as update:
        return run_lies(CONNECTORS[name], lambda cell: update(f"{name}: {next(done)} of {len(LIES)} lies, last {cell.fault}"))


def table(results: Mapping[str, Sequence[Cell]]) -> str:
    """Figures, the table of lies and connectors, and why some do not apply."""
    every = [cell for cells in results.values() for cell in cells]
    figures = ", ".join(
        f"{sum(cell.outcome == outcome for cell in every)} {word}" for outcome, word in WORDS.items() if outcome != NOT
    )
    rows = [[lie.name, lie.what, *(_word(lie.name, cells) for cells in results.values())] for lie in LIES]
    lines = [
        f"{len(LIES)} lies, {len(results)} connectors: {figures.replace('*', '')}.",
        "",
        markdown_table(["lie", "what the API does", *results], rows),
        "",
        "Why some do not apply:",
        "",
        *_reasons(every),
    ]
    return "\n".join(lines)


def _word(lie: str, cells: Iterable[Cell]) -> str:
    return next(WORDS[cell.outcome] for cell in cells if cell.fault == lie)


def _reasons(cells: Iterable[Cell]) -> Iterator[str]:
    found: dict[str, dict[str, None]] = {}
    for cell in cells:
        if cell.outcome == NOT:
            found.setdefault(cell.detail.rpartition(": ")[2], {})[cell.fault] = None
    for reason, lies in found.items():
        yield f"- {reason}: {'; '.join(lies)}."
