"""What the demo shows of its syncs: rows, operations, the state."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from connector_build.errors import BuildError
from connector_build.local.fivetran import OPERATIONS, DebugRun, TableRows, plain, read_tables
from connector_build.screen.printing import grid, line
from connector_core.basics.counting import counted
from connector_core.plugin.assembly import TablePlan

ROWS_SHOWN: Final = 5
CELL: Final = 18
"""The widest cell of the rows that are shown."""
LONGEST: Final = 120
"""A longer text in a state is no place that anybody reads, but digests."""


def shortened(value: Any, most: int = 6) -> Any:
    """A state to show: an object or list with more than *most* entries becomes their number, a text that is long its length."""
    if isinstance(value, str) and len(value) > LONGEST:
        return f"({len(value)} characters)"
    if isinstance(value, list) and len(value) > most:
        return f"({len(value)} entries)"
    if isinstance(value, list):
        return [shortened(each, most) for each in value]
    if not isinstance(value, Mapping):
        return value
    return f"({len(value)} entries)" if len(value) > most else {name: shortened(each, most) for name, each in value.items()}


def show_rows(found: Iterable[TableRows], plans: Sequence[TablePlan], console: Console) -> None:
    """A few rows of each table, with as many columns as fit; derived fields first."""
    declared = {plan.table.name: plan.table.columns for plan in plans}
    for table in found:
        names = list(table.columns)
        cells = [[_cell(value) for value in row] for row in table.rows]
        widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
        known = {plain(name) for name in declared.get(table.name, table.columns)}
        derived = [name for name in names if plain(name) not in known]
        chosen = choose_columns(table.columns, dict(zip(names, widths, strict=True)), derived, console.width)
        if not cells:
            line(console, f"\n{table.name}: no rows")
            continue
        left = f", {len(chosen)} of {counted(len(names), 'column')}" if len(chosen) < len(names) else ""
        line(console, f"\n{table.name}: the first {len(cells)} of {counted(table.total, 'row')}{left}")
        rows = [[row[names.index(name)] for name in chosen] for row in cells]
        grid(console, chosen, rows, numbers=[name for name in chosen if _kind(table.columns[name]) == "number"])


def choose_columns(columns: Mapping[str, str], widths: Mapping[str, int], wanted: Sequence[str], room: int) -> list[str]:
    """As many columns (name → DuckDB type) as fit into *room*: the first, those *wanted*, then some of each kind of value."""
    of_kind = {kind: count() for kind in ("text", "number", "time")}
    rank = {name: next(of_kind[_kind(columns[name])]) for name in sorted(columns, key=widths.__getitem__)}
    chosen: list[str] = []
    for name in dict.fromkeys([*list(columns)[:1], *wanted, *sorted(columns, key=rank.__getitem__)]):
        if sum(widths[each] + 3 for each in [*chosen, name]) <= room or not chosen:
            chosen.append(name)
    return [name for name in columns if name in chosen]


def _kind(type_name: str) -> str:
    if type_name.startswith(("DATE", "TIME")):
        return "time"
    return "number" if type_name.startswith(("DEC", "DOUBLE", "FLOAT")) or "INT" in type_name else "text"


def _cell(value: Any) -> str:
    """A value on one short line, without what could steer a terminal; a float with every digit that tells it from another."""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    shown = "" if value is None else str(value)
    text = "".join(letter if letter.isprintable() else " " for letter in shown)
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"


def show_run(project: Path, run: DebugRun, names: Sequence[str], plans: Sequence[TablePlan], console: Console) -> None:
    """What one sync left in *project*: rows of the tables *names*, operations, the next state.

    That the rows cannot be read, as where DuckDB is missing, is said, and ends nothing: the sync was well.
    """
    try:
        found = read_tables(project, names, ROWS_SHOWN)
    except BuildError as error:
        line(console, f"\nNo rows are shown: {error}")
    else:
        show_rows(found, plans, console)
        rows = [(each.name, f"{each.total:,}", f"{each.deleted:,}") for each in found]
        console.print()
        grid(console, ("table", "rows", "deleted"), rows, numbers=("rows", "deleted"))
    show_counts({"sync": run}, console)
    line(console, f"Next sync state: {json.dumps(shortened(run.state))}")


def show_counts(runs: Mapping[str, DebugRun], console: Console) -> None:
    """The operations of some syncs, by what each is called."""
    rows = [[name.replace("_", " "), *(f"{run.operations[name]:,}" for run in runs.values())] for name in OPERATIONS]
    console.print()
    grid(console, ("operations", *runs), rows, numbers=list(runs))
