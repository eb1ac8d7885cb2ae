"""`connector-build demo --pages`: a built connector runs over what was recorded, and its rows are those of the recording."""

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from connector_build.api.recording import Recording
from connector_build.api.replaying import Replayed
from connector_build.errors import BuildError
from connector_build.local.comparing import difference
from connector_build.local.demo import configured, next_steps, shown_sync, verdict
from connector_build.local.fivetran import read_tables, reset
from connector_build.local.showing import show_run
from connector_build.plugins.references import named
from connector_build.project.writer import Project
from connector_build.screen.printing import line
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_build.testing.warehouse.runs import Run, signed
from connector_core.basics.counting import counted
from connector_core.plugin.assembly import Assembly
from connector_core.source.tables import Record

SECRET = "recorded"  # noqa: S105  (made up: what was recorded holds no credential, and takes each)


def rows_of(assembly: Assembly, recording: Recording) -> dict[str, list[Record]]:
    """Table → its rows after one sync of *assembly* in this process from *recording*.

    Raises NotRecorded for a request that is not in it, and whatever ConnectorError ends a sync.
    """
    assembly = signed(assembly, recording.settings)
    warehouse = Warehouse(assembly)
    Run(page_size=recording.page_size).sync(assembly, warehouse, recording.reply, log=ListLog())
    return {entry["table"]: list(warehouse.live(entry["table"]).values()) for entry in assembly.schema}


def run_replayed(
    dataset: str, project: Project, recording: Recording, *, build: Callable[[Path], object], folder: Path, console: Console
) -> None:
    """*build* the *project* of *dataset* into *folder*, run `fivetran debug` over *recording*, show and check what arrived.

    Raises BuildError when anything fails, a check included, and NotRecorded for what the recording does not have.
    """
    assembly = project.assembly
    wanted = rows_of(assembly, recording)
    with Replayed(recording, assembly, SECRET) as api, configured(api.configuration) as configuration:
        made = f", made at {recording.made}" if recording.made else ""
        line(console, f"Recorded API of {dataset} at {api.url}: {counted(len(recording.answers), 'answer')}{made}")
        build(folder)
        reset(folder)
        line(console, f"Built {folder}")
        try:
            run = shown_sync("Sync", folder, configuration, console, sum(map(len, wanted.values())))
        except BuildError:
            if api.missed:
                raise BuildError(api.missed[0]) from None
            raise
    show_run(folder, run, project.tables, assembly.tables, console)
    _check(folder, project.tables, wanted, console)
    line(console, next_steps(named(dataset), assembly.tables, folder, dataset))


def _check(folder: Path, names: Sequence[str], wanted: dict[str, list[Record]], console: Console) -> None:
    line(console, "\nChecked:")
    for rows in read_tables(folder, names, None):
        expected = wanted.get(rows.name, [])
        if fault := difference(rows, expected) if expected or rows.total else None:
            raise BuildError(f"{rows.name}: what arrived is not what the recording holds: {fault}. Please report this as a bug.")
        line(console, f"  {rows.name}: {counted(rows.total, 'row')}{verdict(rows, expected)}")
