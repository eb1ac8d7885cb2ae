"""`connector-build --all`: the connectors of a team, listed in one file, built side by side."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from os import cpu_count
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from attrs import frozen
from rich.console import Console

from connector_build.errors import BuildError, UsageProblem
from connector_build.project.describe import grid, line
from connector_build.project.writer import LOCK
from connector_build.review.check import status
from connector_core.basics.names import did_you_mean, one_line

FILE: Final = "connectors.toml"
_NAME: Final = re.compile(r"[_a-z][_a-z0-9]*")
"""What Fivetran lets a connection be named."""
_LISTS: Final = ("with", "plugin_files", "enable", "disable")
_KEYS: Final = ("name", "dataset", "output", *_LISTS)


@frozen
class Member:
    """One connector of the file.

    name: what messages call it. arguments: those of `connector-build` that build it. output: the folder that is written.
    """

    name: str
    arguments: tuple[str, ...]
    output: Path


@frozen
class Outcome:
    """What became of one connector; *message* is what the build said, of a failure its one paragraph."""

    member: Member
    built: bool
    message: str


def read_fleet(file: Path) -> list[Member]:
    """The connectors that *file* lists; paths in it are relative to its folder.

    Raises UsageProblem for a file that cannot be read, with the place, and for two connectors of one name or folder.
    """
    try:
        listed = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageProblem(
            f"{file} cannot be read: {error.strerror}. List the connectors there, or name another with --file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{file} is no TOML file: {one_line(error)}.") from None
    entries = listed.pop("connector", None)
    if listed:
        raise UsageProblem(
            f"{file}: {one_line(next(iter(listed)), 60)} means nothing here. Begin each connector with [[connector]]."
        )
    if not isinstance(entries, list) or not entries:
        raise UsageProblem(f'{file} lists no connector. Write [[connector]] and below it dataset = "fts".')
    members = [_member(entry, f"{file}, connector {number}", file.parent) for number, entry in enumerate(entries, 1)]
    _check_distinct(file, [member.name for member in members], "are named")
    _check_apart(file, members)
    return members


def _check_distinct(file: Path, values: Sequence[str], what: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise UsageProblem(f"{file}: two connectors {what} {one_line(value, 100)}. Give each its own.")


def _check_apart(file: Path, members: Sequence[Member]) -> None:
    """Raise UsageProblem where two connectors are written into one folder, or one into the folder of another."""
    folders = {member.name: member.output.resolve() for member in members}
    _check_distinct(file, [str(folder) for folder in folders.values()], "are written into")
    for inner, folder in folders.items():
        for outer, other in folders.items():
            if other in folder.parents:
                raise UsageProblem(
                    f"{file}: {inner} is written into {one_line(folder, 200)}, inside the folder of {outer}, "
                    f"{one_line(other, 200)}. Give each an output of its own, beside the other."
                )


def _member(entry: Any, where: str, folder: Path) -> Member:
    if not isinstance(entry, dict):
        raise UsageProblem(f"{where} is no table. Begin each connector with [[connector]].")
    for key in entry:
        if key not in _KEYS:
            raise UsageProblem(
                f"{where}: {one_line(key, 60)} means nothing here{did_you_mean(key, _KEYS)}. Known: {', '.join(_KEYS)}."
            )
    texts = {key: _text(entry, key, where) for key in ("name", "dataset", "output") if key in entry}
    if "dataset" not in texts:
        raise UsageProblem(f'{where} names no dataset. Write dataset = "fts".')
    name = texts.get("name", texts["dataset"])
    if not _NAME.fullmatch(name):
        raise UsageProblem(
            f"{where}: its name is {one_line(repr(name), 60)}, which no connection can have. Write small letters, digits and "
            'underscores, with no digit first, such as name = "fts_europe".'
        )
    lists = {key: _texts(entry, key, where) for key in _LISTS}
    output = folder / texts.get("output", f"dist/{name}")
    return Member(name, tuple(_arguments(texts["dataset"], lists, output, folder)), output)


def _arguments(dataset: str, lists: Mapping[str, Sequence[str]], output: Path, folder: Path) -> Iterator[str]:
    yield dataset
    for key in ("with", "enable", "disable"):
        for value in lists[key]:
            yield f"--{key}={value}"
    for value in lists["plugin_files"]:
        yield f"--plugin-file={folder / value}"
    yield f"--output={output}"


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value or value.startswith("-"):
        raise UsageProblem(f"{where}: {key} is {one_line(repr(value), 60)}. Write a text in quotes.")
    return value


def _texts(entry: Mapping[str, Any], key: str, where: str) -> list[str]:
    values = entry.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise UsageProblem(f'{where}: {key} is {one_line(repr(values), 60)}. Write a list of texts: ["…"].')
    return values


def build_all(members: Sequence[Member], *, force: bool, console: Console) -> list[Outcome]:
    """Build each of *members*, as many at a time as there are processors, in the order of the file.

    Each is built by a process of its own: a plugin that fails, or ends its process, takes no other with it.
    """
    more = ["--force"] if force else []
    side_by_side = min(cpu_count() or 2, len(members))
    with (
        _builders(side_by_side) as builders,
        status(console, f"{len(members)} connectors") as update,
        ThreadPoolExecutor(side_by_side) as pool,
    ):
        building = {pool.submit(_build, member, more, builders): member for member in members}
        outcomes = {}
        for done, future in enumerate(as_completed(building), 1):
            outcome = future.result()
            outcomes[outcome.member.name] = outcome
            update(f"{done} of {len(members)} connectors, last {outcome.member.name}")
    return [outcomes[member.name] for member in members]


def _build(member: Member, more: Sequence[str], builders: "SimpleQueue[Builder]") -> Outcome:
    builder = builders.get()
    try:
        code, out, err = builder([*member.arguments, *more])
    except (OSError, ValueError) as error:
        raise BuildError(f"{member.name}: the process that builds it has failed: {one_line(error)}. Build again.") from None
    finally:
        builders.put(builder)
    if code == 0:
        return Outcome(member, True, out.strip())
    said = err.strip().removeprefix("Error: ") or out.strip() or f"it ended with exit code {code}"
    return Outcome(member, False, one_line(said, 600))


Builder = Callable[[Sequence[str]], tuple[int, str, str]]
"""Arguments of `connector-build` → its exit code, stdout and stderr."""


@contextmanager
def _builders(number: int) -> "Iterator[SimpleQueue[Builder]]":
    """What builds, each one connector at a time."""
    free: SimpleQueue[Builder] = SimpleQueue()
    with ExitStack() as stack:
        for _ in range(number):
            free.put(_by_copies(stack.enter_context(_worker())) if hasattr(os, "fork") else _by_command)
        yield free


@contextmanager
def _worker() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-m", "connector_build.fleet.worker"]
    try:
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    except OSError as error:
        raise BuildError(f"A process that builds cannot be started: {error.strerror}.") from None
    try:
        yield worker
    finally:
        for pipe in (worker.stdin, worker.stdout):
            with suppress(OSError):  # it has ended before us
                pipe.close() if pipe else None
        worker.wait()


def _by_copies(worker: subprocess.Popen[str]) -> Builder:
    """One that has *worker* build: much quicker than a new process, which has to import everything again."""

    def build(arguments: Sequence[str]) -> tuple[int, str, str]:
        if worker.stdin is None or worker.stdout is None:
            raise ValueError("it has no pipes")
        print(json.dumps(arguments), file=worker.stdin, flush=True)
        done = json.loads(worker.stdout.readline())
        return done["code"], done["out"], done["err"]

    return build


def _by_command(arguments: Sequence[str]) -> tuple[int, str, str]:
    """The same where a process cannot copy itself."""
    command = [sys.executable, "-P", "-m", "connector_build", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace", check=False)
    return done.returncode, done.stdout, done.stderr


def show_outcomes(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print one line for each connector, then how many there are; the reason of each failure in full."""
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
