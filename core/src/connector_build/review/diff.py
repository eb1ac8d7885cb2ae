"""`connector-build diff`: what a new build of a connector means for a destination that the old one has filled."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from zipfile import is_zipfile

from rich.console import Console

from connector_build.errors import BuildError, UsageProblem
from connector_build.project.lock import lacks, parse, wrong_with
from connector_build.project.writer import LOCK
from connector_build.review.changes import LEVELS, Change, Level, Lock
from connector_build.review.contents import lock_in_zip
from connector_build.review.rows import options, tables
from connector_build.screen.printing import grid, line

__all__ = ["LEVELS", "Change", "added_sources", "as_json", "compare", "read_lock", "show", "verdict"]


def read_lock(path: Path) -> Lock:
    """The lock at *path*: of a built project, in its folder or in a zip, or the lock file itself.

    Raises UsageProblem where there is none, BuildError for one that cannot be read or is not as a build writes it.
    """
    file = path / LOCK if path.is_dir() else path
    try:
        read = parse(_bytes_of(path, file))
    except ValueError as error:
        raise BuildError(f"{file} {error}. {_AGAIN}") from None
    if missing := lacks(read):
        raise BuildError(
            f"{file} does not say what to compare ({', '.join(missing)}). "
            "If an older connector-build wrote it, build it again with this one and the plugins of that time."
        )
    if wrong := wrong_with(read):
        raise BuildError(f"{file} is no lock as a build writes it: {wrong}. {_AGAIN}")
    return dict(read)


_AGAIN: Final = "Take the lock that was kept of that build, or build it again with --force and the plugins of that time."


def _bytes_of(path: Path, file: Path) -> bytes:
    try:
        found = lock_in_zip(path) if path.is_file() and is_zipfile(path) else file.read_bytes()
    except OSError:
        found = None
    if found is None:
        raise UsageProblem(f"{path}: there is no lock. Name a built project, its {LOCK}, or a zip of it.")
    return found


def added_sources(lock: Lock) -> tuple[list[str], list[str]]:
    """The distributions, and the local files, that a connector was built from beyond the core and its dataset's own."""
    added = lock["sources"][2:]
    return [source["name"] for source in added if source["version"]], [
        source["name"] for source in added if not source["version"]
    ]


def own_file(lock: Lock) -> str:
    """The local file that a connector's own dataset was in, if it was in one."""
    return next((source["name"] for source in lock["sources"][1:2] if source["name"].endswith(".py")), "")


def compare(old: Lock, new: Lock) -> list[Change]:
    """What differs between two builds of one connector, the gravest first."""
    parts = (_datasets, tables, options, _settings, _sources, _requirements)
    changes = [change for part in parts for change in part(old, new)]
    return sorted(changes, key=lambda change: (-LEVELS[change.level], change.what))


def verdict(changes: Iterable[Change]) -> Level:
    """What the gravest of *changes* asks for."""
    return max((change.level for change in changes), key=LEVELS.__getitem__, default="safe")


def _datasets(old: Lock, new: Lock) -> Iterator[Change]:
    if old["dataset"] != new["dataset"]:
        yield Change(
            "breaks",
            "dataset",
            f"the old build is of {old['dataset']}, the new one of {new['dataset']}: deploy them as two connections",
        )


def _settings(old: Lock, new: Lock) -> Iterator[Change]:
    before, after = old["settings"], new["settings"]
    for name in sorted(before.keys() | after.keys()):
        what = f"setting {name}"
        if name not in after:
            yield Change("safe", what, "is no longer read")
        elif name not in before:
            yield _new_setting(what, required=bool(after[name].get("required")))
        elif after[name].get("required") and not before[name].get("required"):
            yield Change("breaks", what, "is required now: set it before you deploy, or the next sync fails")
        elif after[name] != before[name]:
            yield Change(
                "safe", what, f"was {_words(before[name])} and is {_words(after[name])}: see whether its value still fits"
            )


def _new_setting(what: str, *, required: bool) -> Change:
    if required:
        return Change("breaks", what, "is new and required: set it before you deploy, or the next sync fails")
    return Change("safe", what, "is new, and has a default")


def _words(setting: Mapping[str, Any]) -> str:
    return f"{'a secret ' if setting.get('secret') else ''}{setting.get('kind')}"


def _sources(old: Lock, new: Lock) -> Iterator[Change]:
    before, after = ({source["name"]: source for source in (*lock["sources"], *lock.get("helpers", []))} for lock in (old, new))
    for name in sorted(before.keys() | after.keys()):
        first, second = before.get(name), after.get(name)
        if first is None or second is None:
            yield Change("safe", f"source {name}", "is new" if first is None else "is gone")
        elif first["version"] != second["version"]:
            yield Change("safe", f"source {name}", f"{first['version'] or '?'} → {second['version'] or '?'}")
        elif first["sha256"] != second["sha256"]:
            yield Change("safe", f"source {name}", "has other contents under the same version")


def _requirements(old: Lock, new: Lock) -> Iterator[Change]:
    """Whether Fivetran is told to install other versions. A lock has no more of them than the hash of their file."""
    before, after = (lock.get("files", {}).get("requirements.txt") for lock in (old, new))
    if before != after and before and after:
        yield Change("safe", "requirements.txt", "Fivetran installs other versions of what the connector needs")


def as_json(changes: Sequence[Change]) -> dict[str, Any]:
    """The comparison, for a script."""
    rows = [{"level": change.level, "what": change.what, "message": change.message} for change in changes]
    return {"verdict": verdict(changes), "changes": rows}


def show(old: str, new: str, changes: Sequence[Change], console: Console) -> None:
    """Print the comparison, and what it comes to."""
    if not changes:
        line(console, f"{old} and {new} are the same connector.")
        return
    rows = [(each.level, each.what, each.message) for each in changes]
    grid(console, ("asks for", "what", "what it means"), rows)
    words = {
        "safe": "Safe: deploy it, nothing else is to do.",
        "re-sync": "Deploy it, and re-sync the history of the tables: until then, rows of before are not as they would be now.",
        "breaks": "Look before you deploy: something in the destination, or the next sync, would break.",
    }
    line(console, words[verdict(changes)], style="bold")
    line(console, "What a month of syncs takes, with each choice: connector-build cost")
