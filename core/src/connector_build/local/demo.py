"""`connector-build demo`: the whole road on this machine, from a sample API to rows that were checked."""

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from connector_build.api.sample import Record, SampleTable
from connector_build.errors import BuildError
from connector_build.local.fivetran import OPERATIONS, DebugRun, TableRows, debug, plain, read_tables, reset
from connector_build.screen.printing import grid, line
from connector_build.screen.progress import lasting
from connector_core.plugin.assembly import TablePlan

if TYPE_CHECKING:
    from connector_build.api.serve import SampleServer

APPENDED: Final = 25
CHANGED: Final = 5
ROWS_SHOWN: Final = 5
CELL: Final = 18
"""The widest cell of the rows that are shown."""

_EXACT: Final[Mapping[str, tuple[type, ...]]] = {
    "VARCHAR": (str,),
    "BOOLEAN": (bool,),
    **dict.fromkeys(("SMALLINT", "INTEGER", "BIGINT"), (int,)),
    "DOUBLE": (int, float),
    "DATE": (str,),
}
"""DuckDB type → the JSON values that are stored as one of it without a change."""

_CHECKPOINT: Final = re.compile(r"(\w+): Checkpoint saved after (\d+) records")
_WHOLE: Final = re.compile(r"reading the whole feed, because of (.+)")


def run_demo(
    *,
    dataset: str,
    tables: Sequence[SampleTable],
    table_names: Sequence[str],
    build: Callable[[Path], object],
    project: Path,
    console: Console,
    plans: Sequence[TablePlan] = (),
) -> None:
    """Serve the sample records of *tables*, *build* the project, run `fivetran debug` twice with changes between, show and check.

    table_names: every table that the connector writes.
    build:       writes the project into the folder it is given, which is *project*.
    plans:       of the connector's tables: with them, derived fields and extra tables are checked row by row too.

    The project's own configuration.json is left as the build wrote it. Raises BuildError when anything fails, a check
    included.
    """
    with _server(tables) as server, _configuration(server) as configuration:
        line(console, f"Sample API of {dataset} at {server.url}")
        build(project)
        reset(project)
        line(console, f"Built {project}")
        first = _sync("First sync", project, configuration, console, _total(tables, server))
        for table in tables:
            server.feed(table.dataset).append(APPENDED)
            server.feed(table.dataset).change(CHANGED)
        line(console, f"Sample API: {APPENDED} records appended, {CHANGED} changed")
        second = _sync("Second sync", project, configuration, console, _total(tables, server))
        _show_rows(read_tables(project, table_names, ROWS_SHOWN), tables, console)
        _show_counts(first, second, console)
        line(console, f"Next sync state: {json.dumps(shortened(second.state))}")
        _check(read_tables(project, table_names, None), tables, server, plans, console)
    line(console, next_steps(dataset, plans))


@contextmanager
def _server(tables: Sequence[SampleTable]) -> "Iterator[SampleServer]":
    try:
        from connector_build.api.serve import SampleServer
    except ImportError as error:
        raise BuildError(f"The demo cannot start: {error}") from None
    with SampleServer(tables) as server:
        yield server


@contextmanager
def _configuration(server: "SampleServer") -> Iterator[Path]:
    # Outside the project: a key that somebody has filled in there stays as it is.
    with tempfile.TemporaryDirectory(prefix="connector-build-") as folder:
        file = Path(folder, "configuration.json")
        file.touch(mode=0o600)
        file.write_text(json.dumps({"api_key": server.api_key, "base_url": server.url}), encoding="utf-8")
        yield file


def _total(tables: Sequence[SampleTable], server: "SampleServer") -> int:
    return sum(len(server.feed(table.dataset)) for table in tables)


def _sync(title: str, project: Path, configuration: Path, console: Console, total: int) -> DebugRun:
    """One `fivetran debug`, with a line of progress while it runs and one about what came of it."""
    done: dict[str, int] = {}
    with lasting(console, f"{title}: fivetran debug") as update:

        def watch(printed: str) -> None:
            if found := _CHECKPOINT.search(printed):
                done[found[1]] = int(found[2])
                update(f"{title}: {sum(done.values())} records of at most {total}")

        run = debug(project, configuration, on_line=watch)
    if run.error:
        raise BuildError(f"{title}: {run.error}")
    line(console, f"{title}: {summary(run, total)}")
    return run


def summary(run: DebugRun, total: int) -> str:
    """What one sync sent of the feed's *total* records, and why it was all of them where it need not have been."""
    upserts, checkpoints = run.operations["upserts"], run.operations["checkpoints"]
    sent = f"{upserts:,} upserts, {checkpoints:,} checkpoint{'' if checkpoints == 1 else 's'}"
    if whole := _WHOLE.search(run.output):
        return f"{sent}; the whole feed was read, because of {whole[1].strip()}"
    return f"{sent}; incremental: the feed has {total:,} records" if upserts < total else sent


def shortened(value: Any, most: int = 6) -> Any:
    """A state to show: an object with more than *most* entries becomes their number."""
    if not isinstance(value, Mapping):
        return value
    return f"({len(value)} entries)" if len(value) > most else {name: shortened(each, most) for name, each in value.items()}


def next_steps(dataset: str, plans: Iterable[TablePlan]) -> str:
    """What to type after the demo, with the same choices."""
    chosen = [part.name for plan in plans for part in (*plan.transforms, *plan.extra_tables) if not part.default]
    enable = f" --enable {','.join(chosen)}" if chosen else ""
    steps = [
        (f"connector-build {dataset}{enable}", f"write the connector into dist/{dataset}"),
        (f"cd dist/{dataset}", "and fill in configuration.json"),
        ("./debug_and_reset.sh", "run it on this machine against the real API"),
        ("./deploy.sh", "send it to Fivetran"),
    ]
    width = max(len(command) for command, _ in steps)
    return "\n".join(["Next:", *(f"  {command:<{width}}  {what}" for command, what in steps)])


def _show_rows(found: Iterable[TableRows], tables: Sequence[SampleTable], console: Console) -> None:
    declared = {table.table: table.columns for table in tables}
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
        left = f", {len(chosen)} of {len(names)} columns" if len(chosen) < len(names) else ""
        line(console, f"\n{table.name}: the first {len(cells)} of {table.total} rows{left}")
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
    """A value on one short line, without what could steer a terminal."""
    shown = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    text = "".join(letter if letter.isprintable() else " " for letter in shown)
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"


def _show_counts(first: DebugRun, second: DebugRun, console: Console) -> None:
    rows = [[name.replace("_", " "), f"{first.operations[name]:,}", f"{second.operations[name]:,}"] for name in OPERATIONS]
    console.print()
    grid(console, ("operations", "first sync", "second sync"), rows, numbers=("first sync", "second sync"))


def _check(
    found: Iterable[TableRows],
    tables: Sequence[SampleTable],
    server: "SampleServer",
    plans: Sequence[TablePlan],
    console: Console,
) -> None:
    """Compare what arrived with what the sample API holds, and say so. Raises BuildError where they differ."""
    wanted: dict[str, list[Record]] = {}
    by_name = {plan.table.name: plan for plan in plans}
    for table in tables:
        wanted |= expected(table.table, server.feed(table.dataset).records(), by_name.get(table.table))
    line(console, "\nChecked:")
    for rows in found:
        fault = difference(rows, wanted.get(rows.name))
        if fault:
            raise BuildError(f"{rows.name}: what arrived is not what the sample API holds: {fault}. Please report this as a bug.")
        line(console, f"  {rows.name}: {rows.total} rows{_verdict(rows, wanted.get(rows.name))}")


def _verdict(found: TableRows, wanted: Sequence[Record] | None) -> str:
    if wanted is None:
        return ""
    fields = {name for record in wanted for name in record}
    compared = len(comparable(found.columns, wanted))
    return ", every value right" + (f" ({compared} of {len(fields)} columns compared)" if compared < len(fields) else "")


def expected(name: str, records: Iterable[Record], plan: TablePlan | None) -> dict[str, list[Record]]:
    """Table → the rows that it and the extra tables made from it should have."""
    if plan is None:
        return {name: list(records)}
    rows = [row for record in records if (row := _transformed(record, plan)) is not None]
    tables = {name: rows}
    for extra in plan.extra_tables:
        groups: dict[tuple[Any, ...], Any] = {}
        for row in rows:
            group = tuple(row.get(column) for column in extra.by)
            if None not in group:
                groups[group] = extra.fold(groups.get(group), row, plan.table.key_of(row))
        tables[extra.name] = [extra.row(group, folded) for group, folded in groups.items()]
    return tables


def _transformed(record: Record, plan: TablePlan) -> Record | None:
    row: Record | None = record
    for transform in plan.transforms:
        row = transform(row) if row is not None else None
    return row


def difference(found: TableRows, wanted: Sequence[Record] | None) -> str | None:
    """What tells the live rows of a table (all of them) from those that are *wanted*; None when nothing does.

    With nothing to compare with, a table without rows is the one difference.
    """
    if wanted is None:
        return None if found.total else "it has no rows"
    if found.total != len(wanted):
        return f"{found.total} rows instead of {len(wanted)}"
    position = {plain(name): number for number, name in enumerate(found.columns)}
    if missing := sorted({name for record in wanted for name in record if plain(name) not in position}):
        return f"no column for {', '.join(missing)}"
    names = comparable(found.columns, wanted)
    arrived = {tuple(_as_sent(row[position[plain(name)]]) for name in names) for row in found.rows}
    lost = [record for record in wanted if tuple(record.get(name) for name in names) not in arrived]
    return f"{len(lost)} rows differ, such as {lost[0]}" if lost else None


def comparable(columns: Mapping[str, str], wanted: Iterable[Record]) -> list[str]:
    """The fields of *wanted* whose stored values (columns: name → DuckDB type) have to be those that were sent."""
    types = {plain(name): kind for name, kind in columns.items()}
    fits: dict[str, bool] = {}
    for record in wanted:
        for name, value in record.items():
            fit = value is None or isinstance(value, _EXACT.get(types.get(plain(name), ""), ()))
            fits[name] = fits.get(name, True) and fit
    return [name for name, fit in fits.items() if fit]


def _as_sent(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
