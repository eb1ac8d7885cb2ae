"""The tables of lies for a page of the documentation: what a connector with each ready-made paginator makes of each of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from rich.console import Console

from connector_build.screen.markdown import folded, markdown_table
from connector_build.screen.progress import status
from connector_build.testing.matrix.lies import LIES
from connector_build.testing.matrix.ready_made import CONNECTORS, FAMILIES
from connector_build.testing.matrix.runs import FAILED, LOUD, NOT, RIGHT, WARNED, Cell, run_lies

WORDS = {RIGHT: "right", LOUD: "loud", WARNED: "warned", NOT: "-", FAILED: "**FAILED**"}
"""Outcome → what a cell of a table says."""

Told = Mapping[str, Sequence[Cell]]
"""What became of every lie, by the connector that it was told to."""


def told_to_all(console: Console) -> dict[str, list[Cell]]:
    return {name: _told(name, console) for name in CONNECTORS}


def _told(name: str, console: Console) -> list[Cell]:
    done = count(1)
    with status(console, name) as update:
        return run_lies(CONNECTORS[name], lambda cell: update(f"{name}: {next(done)} of {len(LIES)} lies, last {cell.fault}"))


def tables(results: Told) -> str:
    """Figures, every lie, for each family of connectors what becomes of those that fit one of them, and why some do not."""
    every = [cell for cells in results.values() for cell in cells]
    figures = ", ".join(
        f"{sum(cell.outcome == outcome for cell in every)} {word.strip('*')}" for outcome, word in WORDS.items() if outcome != NOT
    )
    return "\n".join(
        [
            f"{len(LIES)} lies, {len(results)} connectors: {figures}.",
            "",
            folded("Each lie", markdown_table(["lie", "what the API does"], [[lie.name, lie.what] for lie in LIES])),
            "",
            *(line for name, family in FAMILIES.items() for line in _family(name, {each: results[each] for each in family})),
            folded("Why some do not apply", "\n".join(_reasons(every))),
        ]
    )


def _family(name: str, results: Told) -> Iterator[str]:
    words = [[lie.name, *(_word(lie.name, cells) for cells in results.values())] for lie in LIES]
    fitting = [row for row in words if set(row[1:]) != {WORDS[NOT]}]
    yield from (folded(f"What becomes of them: {name}", markdown_table(["lie", *results], fitting)), "")


def _word(lie: str, cells: Iterable[Cell]) -> str:
    return next(WORDS[cell.outcome] for cell in cells if cell.fault == lie)


def _reasons(cells: Iterable[Cell]) -> Iterator[str]:
    found: dict[str, dict[str, None]] = {}
    for cell in cells:
        if cell.outcome == NOT:
            found.setdefault(cell.detail.rpartition(": ")[2], {})[cell.fault] = None
    for reason, lies in found.items():
        yield f"- {reason}: {'; '.join(lies)}."
