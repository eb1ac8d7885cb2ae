"""`connector-build diff`: what a new build of a connector means for a destination that the old one has filled."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal
from zipfile import is_zipfile

from attrs import frozen
from rich.console import Console

from connector_build.errors import BuildError, UsageProblem
from connector_build.project.lock import lacks, parse, wrong_with
from connector_build.project.writer import LOCK
from connector_build.review.contents import lock_in_zip
from connector_build.screen.printing import grid, line

Level = Literal["safe", "re-sync", "breaks"]
LEVELS: Final[Mapping[Level, int]] = {"safe": 0, "re-sync": 10, "breaks": 20}
"""What a change asks for → the exit code of a comparison in which nothing asks for more."""

Lock = Mapping[str, Any]

_WIDER: Final[Mapping[str, frozenset[str]]] = {
    "SHORT": frozenset({"INT", "LONG", "DOUBLE", "STRING"}),
    "INT": frozenset({"LONG", "DOUBLE", "STRING"}),
    "LONG": frozenset({"STRING"}),
    "FLOAT": frozenset({"DOUBLE", "STRING"}),
    "NAIVE_DATE": frozenset({"NAIVE_DATETIME", "STRING"}),
}
"""Type → the types that hold each of its values."""


@frozen
class Change:
    """One difference: what it asks for, what it is of (a table, a setting, a plugin …), and what it means in words."""

    level: Level
    what: str
    message: str


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


def compare(old: Lock, new: Lock) -> list[Change]:
    """What differs between two builds of one connector, the gravest first."""
    parts = (_datasets, _tables, _settings, _sources, _options, _requirements)
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


def _tables(old: Lock, new: Lock) -> Iterator[Change]:
    before, after = old["tables"], new["tables"]
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Change("breaks", name, "the table is gone: it stays in the destination as the last sync left it")
        elif name not in before:
            yield Change("safe", name, "the table is new: the next sync fills it")
        else:
            yield from _table(name, before[name], after[name])


def _table(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    if before["primary_key"] != after["primary_key"]:
        yield Change(
            "breaks",
            name,
            f"the primary key was {', '.join(before['primary_key'])} and is {', '.join(after['primary_key'])}: rows of before "
            "keep their old key beside the new ones. Drop the table in the destination and re-sync its history",
        )
    old, new = before["columns"], after["columns"]
    for column in sorted(old.keys() | new.keys()):
        what = f"{name}.{column}"
        if column not in new:
            yield Change("breaks", what, "the column is gone: it stays, and is null in every row that is sent from now on")
        elif column not in old:
            yield Change("re-sync", what, f"the column is new ({new[column]}): null in rows of before until they are sent")
        elif old[column] != new[column]:
            yield _retyped(what, old[column], new[column])


def _retyped(what: str, before: str, after: str) -> Change:
    text = f"the type was {before} and is {after}"
    if after in _WIDER.get(before, frozenset()) or after == "STRING":
        return Change("safe", what, f"{text}, which holds every value of before: Fivetran widens the column")
    return Change("breaks", what, f"{text}, which does not hold every value of before. Drop the column, then re-sync")


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
    before, after = ({source["name"]: source for source in lock["sources"]} for lock in (old, new))
    for name in sorted(before.keys() | after.keys()):
        first, second = before.get(name), after.get(name)
        if first is None or second is None:
            yield Change("safe", f"source {name}", "is new" if first is None else "is gone")
        elif first["version"] != second["version"]:
            yield Change("safe", f"source {name}", f"{first['version'] or '?'} → {second['version'] or '?'}")
        elif first["sha256"] != second["sha256"]:
            yield Change("safe", f"source {name}", "has other contents under the same version")


def _options(old: Lock, new: Lock) -> Iterator[Change]:
    before, after = set(old["enabled"]), set(new["enabled"])
    for name in sorted(before ^ after):
        yield Change("safe", f"option {name}", "is on now" if name in after else "is off now")


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
        "re-sync": "Deploy it. To have the new columns in rows of before as well, re-sync the history of their tables.",
        "breaks": "Look before you deploy: something in the destination, or the next sync, would break.",
    }
    line(console, words[verdict(changes)], style="bold")
