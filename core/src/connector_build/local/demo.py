"""`connector-build demo`: the whole road on this machine, from a simulated API to rows that were checked."""

import json
import re
import shlex
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from connector_build.api.errors import Unmimicked
from connector_build.api.guards import NoDoor, doors
from connector_build.api.simulated import Dataset, Simulated
from connector_build.api.simulation import SECRET, Simulation
from connector_build.errors import BuildError
from connector_build.local.comparing import difference, expected, uncompared
from connector_build.local.demo_rows import leave_mark
from connector_build.local.fivetran import DebugRun, TableRows, read_tables, reset
from connector_build.local.recording import recorded
from connector_build.local.showing import ROWS_SHOWN, shortened, show_counts, show_rows
from connector_build.local.watching import watching
from connector_build.project.making import made
from connector_build.project.writer import Project
from connector_build.sample import Record
from connector_build.screen.printing import line
from connector_build.screen.reach import activation
from connector_core.basics.counting import counted, plural
from connector_core.plugin.assembly import TablePlan
from connector_core.runtime.scripts.warehouse import warehouse

APPENDED: Final = 25
CHANGED: Final = 5
REMOVED: Final = 2

_UNCHANGED: Final = re.compile(r"\d+ records? from \d+ pages?, (\d+) unchanged")
_WHOLE: Final = re.compile(r"reading the whole feed, because of (.+)")


_STAND_IN: Final = """\
from connector_core import ApiKeyHeader, hookimpl


@hookimpl
def connector_auth():
    return ApiKeyHeader("X-Demo-Key", "demo_key")
"""


def demo_project(dataset: str, console: Console, **choice: Any) -> Project:
    """The project of *dataset* for a demo: where its own auth cannot be simulated, it signs with a made-up key, and says so."""
    project = made(dataset, **choice)
    try:
        doors(project.assembly, "http://127.0.0.1", SECRET)
    except NoDoor as reason:
        line(console, f"{reason}: this demo signs with a made-up key in a header instead.")
    else:
        return project
    with tempfile.TemporaryDirectory(prefix="connector-build-") as folder:
        file = Path(folder, "demo_auth.py")
        file.write_text(_STAND_IN, encoding="utf-8")
        return made(dataset, **{**choice, "files": [*choice.get("files", ()), file]})


def run_demo(
    dataset: Dataset,
    *,
    table_names: Sequence[str],
    build: Callable[[Path], object],
    project: Path,
    console: Console,
    typed: str = "",
) -> None:
    """Simulate the API of *dataset*, *build* its project, run `fivetran debug` twice with changes between, show and check.

    table_names: every table that the connector writes.
    build:       writes the project into the folder it is given, which is *project*.
    typed:       what was typed for the dataset, if that is not its name.

    The project's own configuration.json is left as the build wrote it. Raises BuildError when anything fails, a check
    included.
    """
    plans = dataset.assembly.tables
    with _simulated(dataset) as api, configured(api.configuration) as configuration:
        line(console, f"Sample API of {api.name} at {api.mimic.url}")
        build(project)
        reset(project)
        line(console, f"Built {project}")
        first = shown_sync("First sync", project, configuration, console, _total(api))
        came, changed, gone = api.world.move_on(APPENDED, CHANGED, REMOVED)
        line(console, f"Sample API: {counted(came, 'record')} appended, {changed} changed{f', {gone} removed' if gone else ''}")
        second = shown_sync("Second sync", project, configuration, console, _total(api))
        show_rows(read_tables(project, table_names, ROWS_SHOWN), plans, console)
        show_counts({"first sync": first, "second sync": second}, console)
        line(console, f"Next sync state: {json.dumps(shortened(second.state))}")
        _check(read_tables(project, table_names, None), api, console)
    line(console, next_steps(dataset.name, plans, project, typed))


@contextmanager
def _simulated(dataset: Dataset) -> Iterator[Simulated]:
    try:
        simulation = Simulation([dataset])
    except Unmimicked as reason:
        raise BuildError(f"There can be no demo of {reason}.") from None
    with simulation:
        yield simulation.of(dataset.name)
        if simulation.errors:
            raise simulation.errors[0]


@contextmanager
def configured(values: Mapping[str, str]) -> Iterator[Path]:
    """A configuration file of these *values*, for as long as it is needed."""
    # Outside the project: a key that somebody has filled in there stays as it is.
    with tempfile.TemporaryDirectory(prefix="connector-build-") as folder:
        file = Path(folder, "configuration.json")
        file.touch(mode=0o600)
        file.write_text(json.dumps(dict(values)), encoding="utf-8")
        yield file


def _total(api: Simulated) -> int:
    return sum(len(api.world.records(plan.table.name)) for plan in api.tables)


def shown_sync(title: str, project: Path, configuration: Path, console: Console, total: int) -> DebugRun:
    """One `fivetran debug`, with a line of progress while it runs and one about what came of it. Raises BuildError.

    total: how many records there are to be read.
    """
    if not console.is_terminal:
        line(console, f"{title}: fivetran debug ...")
    with watching(console, title, total) as hear:
        run = recorded(project, configuration, on_line=hear, warn=lambda said: line(console, said))
    leave_mark(project)
    if run.error:
        raise BuildError(f"{title}: {run.error}")
    line(console, f"{title}: {summary(run, total)}")
    return run


def summary(run: DebugRun, total: int) -> str:
    """What one sync sent of the feed's *total* records, and why it was all of them where it need not have been."""
    upserts, checkpoints = run.operations["upserts"], run.operations["checkpoints"]
    sent = f"{upserts:,} {plural(upserts, 'upsert')}, {checkpoints:,} {plural(checkpoints, 'checkpoint')}"
    unchanged = sum(map(int, _UNCHANGED.findall(run.output)))
    as_before = f", and {unchanged:,} {plural(unchanged, 'record')} did not change" if unchanged else ""
    if whole := _WHOLE.search(run.output):
        return f"{sent}; the whole feed was read, because of {whole[1].strip()}{as_before}"
    if unchanged and upserts + unchanged >= total:
        return f"{sent}; the whole feed was read{as_before}"
    again = f", and {unchanged:,} that came again did not change" if unchanged else ""
    return f"{sent}; incremental: the feed has {total:,} {plural(total, 'record')}{again}" if upserts < total else sent


def next_steps(dataset: str, plans: Sequence[TablePlan], project: Path, typed: str = "") -> str:
    """What to type after the demo, whose rows are in *project*, with the same choices; *typed* stands for the dataset's name."""
    called = shlex.quote(typed or dataset)
    chosen = [part.name for plan in plans for part in (*plan.transforms, *plan.extra_tables) if not part.default]
    enable = f" --enable {','.join(chosen)}" if chosen else ""
    word = next((plan.undeclared for plan in plans if plan.table.undeclared is None and plan.undeclared != "allow"), None)
    enable += f" --undeclared {word}" if word else ""
    before = activation()
    steps = [
        *([(before, "for these commands, in this shell")] if before else []),
        *([] if find_spec("streamlit") else [("pip install 'connector-core[app]'", "what an app needs")]),
        (f"connector-build app {called}{_rows_of(dataset, project)}", "look at these rows in an app"),
        (f"connector-build {called}{enable}", f"write the connector into dist/{dataset}"),
        (f"cd dist/{dataset}", "and fill in configuration.json"),
        ("./debug_and_reset.sh", "run it on this machine against the real API"),
        ("./deploy.sh", "send it to Fivetran"),
    ]
    width = max(len(command) for command, _ in steps)
    return "\n".join(["Next:", *(f"  {command:<{width}}  {what}" for command, what in steps)])


def _rows_of(dataset: str, project: Path) -> str:
    """The option that names the rows of *project*, where a demo does not leave them there by itself."""
    return "" if project == Path("dist", f"demo-{dataset}") else f" --warehouse {shlex.quote(str(warehouse(project)))}"


def _check(found: Iterable[TableRows], api: Simulated, console: Console) -> None:
    """Compare what arrived with what the simulated API holds, and say so. Raises BuildError where they differ."""
    wanted: dict[str, list[Record]] = {}
    for plan in api.tables:
        wanted |= expected(plan, api.world.landed(plan.table.name))
    line(console, "\nChecked:")
    for rows in found:
        fault = difference(rows, wanted.get(rows.name))
        if fault:
            raise BuildError(f"{rows.name}: what arrived is not what the sample API holds: {fault}. Please report this as a bug.")
        line(console, f"  {rows.name}: {counted(rows.total, 'row')}{verdict(rows, wanted.get(rows.name))}")


def verdict(found: TableRows, wanted: Sequence[Record] | None) -> str:
    """What can be said of a table in which nothing differs from what is *wanted*."""
    if wanted is None:
        return ""
    fields = {name for record in wanted for name in record}
    left = uncompared(found.columns, wanted)
    some = f"{len(fields) - len(left)} of {counted(len(fields), 'column')} compared; not compared: {_why(left)}"
    return ", every value right" + (f" ({some})" if left else "")


def _why(left: Mapping[str, str]) -> str:
    """Columns that were not compared, those with one reason together: ``lines, tags (JSON), opened (times)``."""
    shown = dict(list(left.items())[:_MOST])
    reasons = dict.fromkeys(shown.values())
    told = [f"{', '.join(name for name, each in shown.items() if each == reason)} ({reason})" for reason in reasons]
    return ", ".join(told) + (f" and {len(left) - _MOST} more" if len(left) > _MOST else "")


_MOST: Final = 6
"""So many columns are named."""
