"""`connector-build record`: reads the real API into a recording, and says what has drifted from an earlier one."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from rich.console import Console

from connector_build.api.recording import Recording
from connector_build.project.configuration import check_configuration
from connector_build.review import cassettes
from connector_build.review.cassettes import LEVELS, Drift, gravest, outlines
from connector_build.screen.printing import grid, line
from connector_build.screen.progress import status
from connector_build.screen.reach import activation
from connector_build.testing.recording import record_pages
from connector_core.basics.counting import counted
from connector_core.paging.times import day_of
from connector_core.plugin.assembly import Assembly


@frozen
class Asked:
    """What is to be recorded: a dataset, assembled, with a configuration, in at most so many requests."""

    dataset: str
    assembly: Assembly
    configuration: Path
    most: int


def loaded(file: Path) -> Recording:
    """The recording in *file*. Raises UsageProblem where there is none."""
    return Recording.load(file)


def read(asked: Asked, console: Console | None, remark: Callable[[str], object]) -> Recording:
    """What the API answers now; *remark* is told what those syncs warned of.

    Raises UsageProblem for a configuration that cannot be used or too many requests, ConnectorError where the API cannot be read.
    """
    raw = check_configuration(asked.assembly, asked.configuration)
    with status(console, f"{asked.dataset}: asking the API") as update:

        def told(number: int, table: str) -> None:
            update(f"{asked.dataset}: request {number} of at most {asked.most}, for {table}")

        found, remarks = record_pages(asked.dataset, asked.assembly, raw, limit=asked.most, on_request=told)
    for each in remarks:
        remark(each)
    return found


def drifts(assembly: Assembly, old: Recording, new: Recording) -> list[Drift]:
    """What differs between two recordings of the API of *assembly*, the gravest first."""
    found = cassettes.drifts(outlines(assembly, old), outlines(assembly, new))
    return sorted([*_otherwise_asked(old, new), *found], key=lambda each: -LEVELS[each.level])


def _otherwise_asked(old: Recording, new: Recording) -> Iterator[Drift]:
    """Settings that were others: what differs may come from them. A day that is counted from today moves by itself."""
    before, after = ({**each.settings, "page_size": str(each.page_size)} for each in (old, new))
    for name in sorted(before.keys() | after.keys()):
        first, second = before.get(name, ""), after.get(name, "")
        if first != second and not (day_of(first) and day_of(second)):
            yield Drift(
                "look", "", f"setting {name}", f"was {first or 'not given'} and is {second or 'not given'} in this recording"
            )


def exit_code(found: Sequence[Drift]) -> int:
    """0, 10 or 20; see LEVELS."""
    return LEVELS[gravest(found)]


def as_json(file: Path, made: Recording, found: Sequence[Drift], *, compared: bool, written: bool) -> dict[str, Any]:
    """What was recorded, for a script."""
    shown: dict[str, Any] = {"file": str(file), "written": written, "made": made.made, "requests": len(made.answers)}
    shown["answers"] = {table: sum(each.table == table for each in made.answers) for table in _tables(made)}
    if compared:
        rows = [{"level": each.level, "table": each.table, "what": each.what, "message": each.message} for each in found]
        shown |= {"verdict": gravest(found), "drift": rows}
    return shown


def _tables(made: Recording) -> list[str]:
    return list(dict.fromkeys(each.table for each in made.answers))


def show(
    dataset: str, file: Path, made: Recording, found: Sequence[Drift], console: Console, *, compared: bool, written: bool
) -> None:
    """Print what was recorded, what has drifted, and what to type next."""
    if compared:
        rows = [(each.level, each.table, each.what, each.message) for each in found]
        grid(console, ("level", "table", "what", "drift"), rows)
        line(console, _WORDS[gravest(found)] if found else "Nothing has drifted.", style="bold")
        if not written:
            line(console, f"{file} stays as it is. Accept what has drifted with --again --update.")
    if written:
        counts = ", ".join(f"{sum(each.table == table for each in made.answers)} for {table}" for table in _tables(made))
        line(console, f"Wrote {file}: {counted(len(made.answers), 'answer')} ({counts}).")
        line(console, "It holds no credential, and the records as they came: look through it before you publish it.")
        steps = [activation(), *(f"connector-build {verb} {dataset} --pages {file}" for verb in ("check", "demo"))]
        line(console, "\n  ".join(["Next:", *filter(None, steps)]))


_WORDS = {
    "fine": "Nothing that a sync goes by has drifted.",
    "look": "Look at it: the API sends something that it did not send before.",
    "breaks": "The API has drifted: something is gone or of another type. Correct the plugin, or ask the API's owner.",
}
