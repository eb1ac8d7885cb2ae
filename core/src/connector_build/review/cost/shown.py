"""How costs are shown: one table, for people and for scripts."""

from collections.abc import Iterator
from typing import Any, Final

from attrs import asdict
from rich.console import Console

from connector_build.review.cost.choices import Costs, Taken
from connector_build.review.cost.month import Month
from connector_build.review.cost.simulating import Line
from connector_build.screen.printing import grid, line
from connector_core.basics.counting import counted, plural

RULE: Final = (
    "Fivetran bills by monthly active rows: distinct primary keys of each table that were synced in a calendar month, each once, "
    "however often it was sent"
)
SOURCE: Final = "Fivetran's documentation, usage-based pricing"
_NUMBERS: Final = ("keys", "upserts", "deletes", "requests")


def show(dataset: str, month: Month, found: Costs, console: Console) -> None:
    """Print what a month takes, the choice as it is first."""
    moved = f"{month.new:,} new and {month.changed:,} changed records of each table before each"
    line(console, f"{dataset}: {month.syncs:,} {plural(month.syncs, 'sync')} in {counted(month.days, 'day')}, {moved}.")
    line(console, f"{month.said[0].upper()}{month.said[1:]}. The first sync, which sends everything, is not counted.")
    heads = ("choice", "table", *_NUMBERS, "against as it is")
    grid(console, heads, [row for taken in found.taken for row in _rows(taken, found.taken[0])], numbers=_NUMBERS)
    for taken in found.taken:
        if taken.problem:
            line(console, f"{taken.choice}: {taken.problem}")
    for why in found.left_out.values():
        line(console, f"Left out: {why}.")
    for text in found.notes:
        line(console, text)
    line(console, f"{RULE} ({SOURCE}).")


def _rows(taken: Taken, first: Taken) -> Iterator[list[str]]:
    """A row for each table, and one for all where there are several."""
    if taken.problem:
        yield [taken.choice, "cannot be said", "", "", "", "", ""]
        return
    lines = [*taken.lines, taken.total] if len(taken.lines) > 1 else list(taken.lines)
    for number, each in enumerate(lines):
        last = each is lines[-1] and taken is not first
        numbers = [f"{getattr(each, name):,}" for name in _NUMBERS]
        yield ["" if number else taken.choice, each.table, *numbers, _against(taken.total, first.total) if last else ""]


def _against(one: Line, other: Line) -> str:
    apart = {name: getattr(one, name) - getattr(other, name) for name in _NUMBERS}
    return ", ".join(f"{number:+,} {name}" for name, number in apart.items() if number) or "the same"


def as_json(dataset: str, month: Month, found: Costs) -> dict[str, Any]:
    """The same for a script."""
    first = found.taken[0].total
    return {
        "dataset": dataset,
        "syncs": month.syncs,
        "days": month.days,
        "new": month.new,
        "changed": month.changed,
        "from": month.said,
        "sampled": found.sampled,
        "choices": [_choice(taken, first) for taken in found.taken],
        "left_out": found.left_out,
        "notes": list(found.notes),
        "rule": RULE,
        "source": SOURCE,
    }


def _choice(taken: Taken, first: Line) -> dict[str, Any]:
    if taken.problem:
        return {"choice": taken.choice, "problem": taken.problem}
    whole = taken.total
    return {
        "choice": taken.choice,
        "tables": [asdict(each) for each in taken.lines],
        "total": {name: getattr(whole, name) for name in _NUMBERS},
        "difference": {name: getattr(whole, name) - getattr(first, name) for name in _NUMBERS},
    }
