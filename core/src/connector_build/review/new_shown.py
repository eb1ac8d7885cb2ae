"""What `connector-build new` shows at its end: the first rows, what rests on a guess, and what to type next."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from connector_build.drafting.draft import Draft, Noted, bare, notes
from connector_build.review.newly import Made
from connector_build.review.specified import Specified
from connector_build.screen.printing import grid, line
from connector_build.screen.reach import activation
from connector_core.basics.counting import counted, plural
from connector_core.basics.names import one_line

CELL: Final = 24
_ROOM: Final = 160


def show(made: Made, files: Sequence[Path], findings: Sequence[Any], console: Console) -> None:
    """Print it."""
    show_rows(made, console)
    for file in files:
        line(console, f"Wrote {file}.")
    if made.open:
        line(console, f"Not read to its end: {one_line(made.open, 300)}. So no pages were kept beside it.")
    _show_place(made.draft, console)
    _show_notes(made.draft, files[0], console)
    _show_findings(findings, console)
    show_next(files, console, failed=_failed(findings))


def show_specified(made: Specified, file: Path, findings: Sequence[Any], console: Console) -> None:
    """Print what was drafted from a description."""
    plans = made.assembly.tables
    rows = [[plan.table.name, plan.table.path, str(len(plan.columns)), type(plan.paginator).__name__] for plan in plans]
    grid(console, ["table", "path", "columns", "paging"], rows)
    line(console, f"\nWrote {file}.")
    for remark in made.draft.remarks:
        line(console, one_line(remark, 300))
    _show_notes(made.draft, file, console)
    _show_findings(findings, console)
    show_next([file], console, failed=_failed(findings))


def _show_place(draft: Draft, console: Console) -> None:
    """Where the records were taken from, where they may be elsewhere as well and nobody was asked."""
    records = draft.tables[0].table.get("records")
    if isinstance(records, Noted) and "it may be" in records.why:
        line(console, f"Records were taken from {bare(records)!r}: {one_line(records.why, 300)}.")


def _failed(findings: Sequence[Any]) -> bool:
    return any(each.status == "fail" for each in findings)


def _show_notes(draft: Draft, file: Path, console: Console) -> None:
    kinds: Counter[str] = Counter(note.kind for note in notes(draft))
    for kind, what in (("guessed", "on a guess"), ("TODO", "on you")):
        if number := kinds[kind]:
            line(console, f"{counted(number, 'line')} {plural(number, 'rests', 'rest')} {what}: look for '# {kind}' in {file}.")


def _show_findings(findings: Sequence[Any], console: Console) -> None:
    failed = [each for each in findings if each.status == "fail"]
    passed = sum(each.status == "pass" for each in findings)
    rules = f"{counted(passed, 'rule')} {plural(passed, 'passes', 'pass')}"
    line(console, f"Checked: {rules}, {len(failed)} fail, {len(findings) - passed - len(failed)} not checked.")
    for each in failed:
        line(console, f"FAIL {each.rule}: {each.message}", style="red")


def show_rows(made: Made, console: Console) -> None:
    """The first rows as a table, each head with its type."""
    plan = made.assembly.tables[0]
    names = list(dict.fromkeys([*plan.columns, *(name for row in made.rows for name in row)]))
    heads = {name: f"{one_line(name, CELL)}\n{plan.columns.get(name, 'undeclared')}" for name in names}
    cells = {name: [_cell(row.get(name)) for row in made.rows] for name in names}
    chosen: list[str] = []
    room = min(console.width, _ROOM)
    for name in names:
        width = max(map(len, [*heads[name].split("\n"), *cells[name]])) + 2
        if chosen and width > room:
            break
        chosen.append(name)
        room -= width
    more = f", {len(chosen)} of {counted(len(names), 'column')}" if len(chosen) < len(names) else ""
    read = counted(made.total, "row that was read", "rows that were read")
    line(console, f"{made.table}: the first {len(made.rows)} of {read}{more}\n")
    grid(console, [heads[name] for name in chosen], list(zip(*(cells[name] for name in chosen), strict=True)))
    console.print()


def _cell(value: Any) -> str:
    told = json.dumps(value, default=str) if isinstance(value, dict | list) else value
    text = "" if told is None else one_line(told, 10 * CELL)
    return text if len(text) <= CELL else f"{text[: CELL - 3]}..."


def show_next(files: Sequence[Path], console: Console, *, failed: bool = False) -> None:
    """What to type next, on lines that fit a terminal; *failed*: what the contract found comes first."""
    file, *kept = files
    pages = f" --pages {kept[0]}" if kept else ""
    line(console, "\nNext:")
    if failed:
        line(console, f"  Change {file} as each line with FAIL says, and check it again:")
    before = activation()
    steps = [
        *([(before, "for these commands, in this shell")] if before else []),
        (f"connector-build check {file}{pages}", "every rule"),
        (f"connector-build demo {file}{pages}", "the whole road"),
        *([(f"connector-build preview {file}{pages}", "the rows")] if kept else []),
        (f"connector-build {file}", "the project"),
        (f"connector-build debug {file}", "a sync of it"),
    ]
    width = max(len(command) for command, _ in steps)
    for command, what in steps:
        line(console, f"  {command:<{width}}  {what}")
    line(console, f"Before debug, fill in dist/{file.stem}/configuration.json.")
