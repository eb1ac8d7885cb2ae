"""How a comparison of two connectors is printed."""

import json
from collections.abc import Iterator

from rich.console import Console

from connector_build.local.showing import shortened
from connector_build.review.proof.differences import Difference
from connector_build.review.proof.proof import Proof, Takeover
from connector_build.screen.printing import grid, line
from connector_core.basics.counting import plural


def show(proof: Proof, console: Console) -> None:
    """Print rows by table, the differences with an example each, what the takeover of the state does, and the verdict."""
    tables = [
        (each.table, each.old_table or "-", f"{each.records:,}", f"{each.wanted:,}", f"{each.old:,}", f"{each.new:,}")
        for each in proof.tables
    ]
    numbers = ("records", "rows", "old", "new")
    grid(console, ("table", "old table", *numbers), tables, numbers=numbers)
    line(console, f"Requests: {proof.requests[0]} by the old connector, {proof.requests[1]} by the new one.")
    for each in proof.differences:
        for text in _told(each):
            line(console, text)
    line(console, "\nThe takeover:", style="bold")
    for text in _takeover(proof.takeover):
        line(console, f"  {text}")
    grid(
        console, ("asks for", "what", "what the change means"), [(each.level, each.what, each.message) for each in proof.changes]
    )
    line(console, f"\n{_VERDICTS[proof.verdict]}", style="bold")


_VERDICTS = {
    "same": "Both connectors have the same rows, and they are those of the recording.",
    "new": "Wherever they differ, the new connector has what the recording has.",
    "unknown": "Look at what is not marked NEW IS RIGHT: there the new connector is wrong, or the recording does not tell.",
}
_RIGHT = {"new": "NEW IS RIGHT", "old": "OLD IS RIGHT", "neither": "NEITHER IS RIGHT", "unknown": "DECIDE"}


def _told(each: Difference) -> Iterator[str]:
    what = f"{each.table}.{each.column}" if each.column else each.table
    rows = f", {each.rows:,} {plural(each.rows, 'row')}" if each.rows else ""
    yield f"\n{_RIGHT[each.right]}  {what}: {each.kind}{rows}"
    yield f"  {each.meaning}"
    if each.example:
        yield f"  such as {', '.join(f'{side} {value}' for side, value in each.example.items())}"


def _takeover(takeover: Takeover) -> Iterator[str]:
    if takeover.state is None:
        yield "The old connector left no state, so the new one starts from the beginning."
    else:
        yield f"The old connector left the state {json.dumps(shortened(takeover.state))}."
    if takeover.why_not:
        yield f"The new one cannot go on from it here: {takeover.why_not}"
        return
    how = "read the feed from its start" if takeover.whole else "went on from there"
    yield f"The new one {how}, and sent {takeover.sent:,} {plural(takeover.sent, 'row')}."
    if takeover.wrong:
        rows = ", ".join(f"{number:,} of {name}" for name, number in takeover.wrong.items())
        yield f"Rows that are still as the old one left them: {rows}. A re-sync of the history mends them."
    else:
        yield "Afterwards every row is as the recording has it."
