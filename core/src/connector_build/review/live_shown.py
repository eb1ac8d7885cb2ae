"""What `connector-build check --live` found, in print and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console

from connector_build.review.drift import EXAMPLE, Kind
from connector_build.review.live import Compared
from connector_build.screen.printing import grid, line
from connector_core.basics.names import one_line


def as_json(compared: Iterable[Compared]) -> list[dict[str, Any]]:
    """What was found, as JSON has it."""
    return [
        {
            "table": each.table,
            "request": each.request,
            "records": each.drift.records if each.drift else 0,
            "left_out": each.drift.left_out if each.drift else 0,
            "fields": [
                {"name": one.name, "drift": one.kind, "declared": one.declared, "found": one.found, "example": one.example}
                for one in (each.drift.fields if each.drift else ())
            ],
            "failed": each.drift.failed if each.drift else "",
            "problem": each.problem,
        }
        for each in compared
    ]


def show(compared: Sequence[Compared], console: Console) -> None:
    """Print what was found, table by table, and what to do about it."""
    for each in compared:
        _show_table(each, console)
        console.print()
    line(console, f"{_count(len(compared), 'table')} read: {_summary(compared)}.", style="bold")
    broken = dict.fromkeys(each.origin for each in compared if each.breaks)
    if broken:
        line(console, f"Let {', '.join(broken)} follow the API, in columns or transforms, or ask the API's owner.")
    if any(one.kind == "new" for each in compared if each.drift for one in each.drift.fields):
        line(console, "New fields arrive all the same, but their floats are cut to 32 bits: declare those as DOUBLE.")


def _show_table(each: Compared, console: Console) -> None:
    if each.drift is None:
        line(console, f"{each.table}: not compared", style="bold")
        line(console, f"  {each.problem}", style="red" if each.fails else None)
        return
    out = f", {each.drift.left_out} more left out by transforms" if each.drift.left_out else ""
    line(console, f"{each.table}: {_count(each.drift.records, 'record')} of {each.request}{out}", style="bold")
    if each.drift.failed:
        line(console, f"  {each.drift.failed}; so this is what the API sends, without transforms", style="red")
    if not each.drift.fields:
        line(console, "  as declared" if each.drift.records else "  nothing to compare")
    rows = [
        (one_line(one.name, EXAMPLE), _TITLES[one.kind], one.declared, one_line(one.found), one.example)
        for one in each.drift.fields
    ]
    grid(console, ("field", "drift", "declared", "found", "example"), rows)


_TITLES: Final[Mapping[Kind, str]] = {"missing": "missing", "type": "another type", "new": "new"}


def _summary(compared: Sequence[Compared]) -> str:
    kinds = [one.kind for each in compared if each.drift for one in each.drift.fields]
    parts = [f"{_count(kinds.count(kind), 'field')} {words}" for kind, words in _WORDS.items() if kind in kinds]
    others = {
        "without a record": sum(each.drift is not None and not each.drift.records for each in compared),
        "not compared": sum(each.drift is None for each in compared),
        "with a transform that failed": sum(bool(each.drift and each.drift.failed) for each in compared),
    }
    parts += [f"{number} {words}" for words, number in others.items() if number]
    return ", ".join(parts) or "as declared"


_WORDS: Final[Mapping[Kind, str]] = {"missing": "missing", "type": "of another type", "new": "new"}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
