"""`connector-build --all`: the connectors of a team, built side by side."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from os import cpu_count
from pathlib import Path
from queue import SimpleQueue

from attrs import frozen
from rich.console import Console

from connector_build.errors import BuildError
from connector_build.fleet.members import Member
from connector_build.fleet.processes import Builder, builders
from connector_build.project.writer import LOCK
from connector_build.screen.printing import grid, line
from connector_build.screen.progress import meter
from connector_core.basics.names import one_line


@frozen
class Outcome:
    """What became of one connector; *message* is what the build said, of a failure its one paragraph."""

    member: Member
    built: bool
    message: str


def build_all(members: Sequence[Member], *, force: bool, console: Console | None) -> list[Outcome]:
    """Build each of *members*, as many at a time as there are processors, in the order of the file.

    console: where it is said how far it is; None for nowhere.

    Each is built by a process of its own: a plugin that fails, or ends its process, takes no other with it.
    """
    side_by_side = min(cpu_count() or 2, len(members))
    with (
        builders(side_by_side) as free,
        meter(console, "building", "connector", len(members)) as update,
        ThreadPoolExecutor(side_by_side) as pool,
    ):
        building = {pool.submit(_build, member, force, free): member for member in members}
        outcomes = {}
        try:
            for done, future in enumerate(as_completed(building), 1):
                outcome = future.result()
                outcomes[outcome.member.name] = outcome
                update(done, f"last {outcome.member.name}")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C only those are finished that have begun
    return [outcomes[member.name] for member in members]


def _build(member: Member, force: bool, free: "SimpleQueue[Builder]") -> Outcome:
    builder = free.get()
    try:
        ended = builder({"folder": str(member.output), "dataset": member.dataset, "force": force, **member.choice})
    except (OSError, ValueError) as error:
        raise BuildError(f"{member.name}: the process that builds it has failed: {one_line(error)}. Build again.") from None
    finally:
        free.put(builder)
    return Outcome(member, ended.built, ended.said if ended.built else one_line(ended.said, 600))


def show_outcomes(outcomes: Sequence[Outcome], console: Console, *, quiet: bool = False, verbose: bool = False) -> None:
    """Print one line for each connector, then how many there are; the reason of each failure in full.

    quiet: the failures alone, and how many there are. verbose: also what each build has said.
    """
    for outcome in outcomes if verbose else ():
        if outcome.built:
            line(console, f"{outcome.member.name}: {outcome.message}\n")
    if not quiet:
        grid(
            console,
            ("connector", "", "where"),
            [(each.member.name, "built" if each.built else "FAILED", _where(each.member.output)) for each in outcomes],
        )
    failed = [outcome for outcome in outcomes if not outcome.built]
    for outcome in failed:
        line(console, f"{outcome.member.name}: {outcome.message}{_left(outcome.member.output)}", style="red")
    line(console, f"{len(outcomes) - len(failed)} built, {len(failed)} failed", style="bold")


def _left(output: Path) -> str:
    """That there still is a build of before, if there is."""
    if not (output / LOCK).is_file():
        return ""
    return f" {_where(output)} still holds the build of before: do not deploy it as if it were this one."


def _where(output: Path) -> str:
    here = Path.cwd()
    return str(output.relative_to(here) if output.is_absolute() and output.is_relative_to(here) else output)
