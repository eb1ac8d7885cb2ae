"""``debug_and_reset.sh``: one sync on this machine from an empty start, and what came of it."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connector_core.basics.counting import plural
from connector_core.runtime.scripts.api_keys import without_key
from connector_core.runtime.scripts.boxes import box
from connector_core.runtime.scripts.command import Tail, run, surroundings
from connector_core.runtime.scripts.endings import Ended
from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.history import carried
from connector_core.runtime.scripts.project import Project, fivetran
from connector_core.runtime.scripts.runs import Ran, interrupted, note
from connector_core.runtime.scripts.summary import OPERATIONS, counted, read_operations, recorded_state, succeeded
from connector_core.runtime.scripts.terminal import BOLD, Terminal
from connector_core.runtime.scripts.warehouse import TableRows, WarehouseError, read_state, read_tables, warehouse

TITLE: Final = "Fivetran Connector Debug & Reset Script"
USAGE: Final = "Usage: ./debug_and_reset.sh [--yes]"
ROWS: Final = 5
STATE_WIDTH: Final = 4000
FAILED: Final = 1
YES, NO = frozenset({"", "y", "yes"}), frozenset({"n", "no"})


def debug_and_reset(project: Project, arguments: Sequence[str], terminal: Terminal) -> int:
    """Ask, reset, run ``fivetran debug`` and show what arrived; the exit code. Raises ScriptError."""
    agreed = _agreed(arguments)
    project.check()
    command = fivetran()
    terminal.good(f"Detected {plural(len(project.tables), 'table name')}: {', '.join(project.tables)}")
    terminal.banner(TITLE)
    _announce(project, terminal)
    if not agreed and not _confirmed(terminal):
        terminal.say("Nothing was changed.")
        return 0
    with project.kept_requirements(), surroundings(without_key(os.environ)) as environment:
        terminal.step(1, "Resetting Fivetran connector...")
        _reset(project, command, environment, terminal)
        terminal.step(2, "Running debug with configuration...")
        output = _debug(project, command, environment, terminal)
    terminal.step(3, "Querying sample data from DuckDB...")
    _show_results(project, output, terminal)
    return 0


def _agreed(arguments: Sequence[str]) -> bool:
    for argument in arguments:
        if argument not in ("-y", "--yes"):
            raise ScriptError(f"unknown argument: {argument}\n\n{USAGE}\n./debug_and_reset.sh --help says more.")
    return bool(arguments)


def _announce(project: Project, terminal: Terminal) -> None:
    terminal.say(f"The reset deletes what earlier runs on this machine left in {project.folder / 'files'}:")
    terminal.say(f"  - every row of {', '.join(project.tables)} in warehouse.db")
    terminal.say("  - the sync state in state.json, so the next run starts from the beginning")
    terminal.say("Nothing on Fivetran or in a destination is touched.")


def _confirmed(terminal: Terminal) -> bool:
    while True:
        answer = terminal.ask("Do you want to continue? (Y/n): ")
        # An Enter means yes; an input that just ends is nobody's yes.
        if answer is None or answer.strip().lower() in NO:
            return False
        if answer.strip().lower() in YES:
            return True
        terminal.say("Please answer y or n.")


def _reset(project: Project, command: str, environment: Mapping[str, str], terminal: Terminal) -> None:
    said = Tail()
    with carried(project.folder):
        code = run([command, "reset", "--yes"], project.folder, environment, said.add)
    # `fivetran reset` may end well without removing anything: old rows would then pass for new ones.
    if code or warehouse(project.folder).exists():
        terminal.complain(said.text.rstrip("\n"))
        raise ScriptError(
            "fivetran reset failed; its output is above. Close what has files/warehouse.db open, then try again.", FAILED
        )
    terminal.good("Reset successful")


def _debug(project: Project, command: str, environment: Mapping[str, str], terminal: Terminal) -> str:
    """What ``fivetran debug`` printed. Raises ScriptError when it fails."""
    terminal.say("(Real-time output will be displayed below)\n")
    before = _reports(project)
    said = Tail()

    def show(piece: str) -> None:
        said.add(piece)
        terminal.write(piece)

    began = datetime.now(UTC)
    arguments = [command, "debug", "--configuration", "configuration.json"]
    try:
        code = run(arguments, project.folder, environment, show)
    except (KeyboardInterrupt, Ended):
        _note(project, interrupted(said.text), began, terminal)
        raise
    _note(project, Ran(said.text, _fault(code, said.text), read_operations(said.text)["checkpoints"]), began, terminal)
    if code:
        new = _reports(project).items() - before.items()
        report = max(new, key=lambda each: each[1], default=None)
        raise ScriptError(
            f"fivetran debug failed (exit code {code}). What to look at:\n"
            '  - the last SEVERE or "Error:" lines above: they say which table and request it was\n'
            "  - the values in configuration.json (credentials, base_url)"
            + (f"\n  - the crash report: {report[0].relative_to(project.folder)}" if report else ""),
            FAILED,
        )
    if succeeded(said.text):
        terminal.say()
        terminal.good("Debug completed")
    return said.text


def _note(project: Project, ran: Ran, began: datetime, terminal: Terminal) -> None:
    note(project.folder, project.folder / "configuration.json", ran, began, terminal.complain)


def _fault(code: int, output: str) -> str:
    if code:
        return f"fivetran debug failed with exit code {code}."
    return "" if succeeded(output) else "fivetran debug ended before the sync was complete."


def _reports(project: Project) -> dict[Path, int]:
    """Crash report → when it was written."""
    return {path: path.stat().st_mtime_ns for path in (project.folder / "crash-reports").glob("*") if path.is_file()}


def _show_results(project: Project, output: str, terminal: Terminal) -> None:
    _show_tables(project, terminal)
    _show_operations(output, terminal)
    if succeeded(output):
        terminal.say()
        terminal.good("Debug and reset operations completed.")
    _show_state(project, output, terminal)


def _show_tables(project: Project, terminal: Terminal) -> None:
    if not warehouse(project.folder).exists():
        terminal.say("Not shown: fivetran debug wrote no files/warehouse.db")
        return
    try:
        found = read_tables(project.folder, project.tables, ROWS, as_text=True)
    except WarehouseError as error:
        terminal.say(f"Not shown: {error}")
        return
    for table in found:
        _show_table(table, terminal)


def _show_table(table: TableRows, terminal: Terminal) -> None:
    if not table.source:
        terminal.say(f"{table.name}: not in the warehouse (no row of it has arrived)")
        return
    live = " WHERE _fivetran_deleted IS NOT TRUE" if table.deleted else ""
    terminal.say(f"Running query: SELECT * FROM {table.source}{live} LIMIT {ROWS};")  # noqa: S608  (it is printed)
    if table.rows and table.columns:
        for line in box(list(table.columns), table.rows, terminal.width):
            terminal.say(line)
    deleted = f" ({table.deleted:,} more marked as deleted)" if table.deleted else ""
    terminal.say(f"{table.name}: {_number(table.total, 'row')}{deleted}, {_number(len(table.columns), 'column')}")


def _number(count: int, what: str) -> str:
    return f"{count:,} {plural(count, what)}"


def _show_operations(output: str, terminal: Terminal) -> None:
    counts = counted(output)
    terminal.say("\nOPERATION SUMMARY", BOLD)
    if not counts:
        terminal.say("fivetran debug printed none: the sync may have ended before its time, see its output above")
        return
    rows = [(name.title().replace("_", ""), f"{counts[name]:,}" if name in counts else "?") for name in OPERATIONS]
    for line in box(["Operation", "Count"], rows, terminal.width, numbers=[1]):
        terminal.say(line)


def _show_state(project: Project, output: str, terminal: Terminal) -> None:
    state = read_state(project.folder)
    if state is None:
        state = recorded_state(output)
    if state is None:
        terminal.say("Next sync state: none was recorded, so the next sync starts from the beginning")
        return
    text = json.dumps(state)
    if len(text) > STATE_WIDTH:
        text = f"{text[:STATE_WIDTH]}… ({len(text)} characters in all, see files/state.json)"
    terminal.say(f"Next sync state: {text}")
