"""`connector-build verify`: whether a built project, or a zip of one, is what connector-build wrote, by its lock.

The lock is not signed: this finds what was changed by hand, not a lock that was forged together with its files.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal, get_args

from attrs import frozen
from rich.console import Console

from connector_build.errors import BuildError, UsageProblem
from connector_build.project.writer import CONFIGURATION, CONNECTOR, LOCK
from connector_build.review.contents import NAME_ONE, Found, found_in
from connector_build.review.locks import Lock, packages, read_lock
from connector_build.screen.printing import grid, line
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line

FORM: Final = "configuration_form.pb"
"""What `fivetran package` adds to a zip by itself."""
SECRET: Final = frozenset({CONFIGURATION, "config.json", "destination.json"})
"""Files that may lie beside a project, hold keys, and must not be uploaded with it."""

Kind = Literal["lock", "secret", "source", "changed", "missing", "added"]
_KINDS: Final = get_args(Kind)
SHOWN: Final = 50
"""Differences that are printed; the rest is counted."""


@frozen
class Difference:
    """One thing that is not as it was built: what kind, which file or source, and what to do."""

    kind: Kind
    name: str
    message: str


@frozen
class Verdict:
    """What became of a project since it was built.

    dataset: empty where the lock cannot be read. files: how many the lock lists. sources: name and version of each.
    """

    dataset: str
    files: int
    sources: tuple[tuple[str, str], ...]
    differences: tuple[Difference, ...]


def verify(path: Path) -> Verdict:
    """Compare the project in the folder *path*, or in the zip *path*, with its lock.

    Raises UsageProblem when *path* is neither, BuildError when it cannot be read or when a zip is not safe to unpack.
    """
    try:
        found = found_in(path)
    except OSError as error:
        raise BuildError(f"{error.filename} cannot be read: {error.strerror}. Make it readable, and verify again.") from None
    if not any(PurePosixPath(name).name in (LOCK, CONNECTOR) for name in found.digests):
        raise UsageProblem(f"{path} holds no connector: neither {CONNECTOR} nor {LOCK} is in it. {NAME_ONE}")
    return _verdict(found)


def _verdict(found: Found) -> Verdict:
    if found.lock is None:
        return Verdict("", 0, (), (Difference("lock", LOCK, _no_lock(found)),))
    try:
        lock = read_lock(found.lock)
    except ValueError as error:
        wrong = Difference("lock", LOCK, f"{error}, so nothing can be compared with it. {_BUILD}")
        return Verdict("", 0, (), (wrong,))
    sources = tuple((name, version) for name, version, _ in lock.sources)
    differences = [*_of_lock(lock), *_of_sources(lock, found), *_of_files(lock, found)]
    differences.sort(key=lambda each: _KINDS.index(each.kind))
    return Verdict(lock.dataset, len(lock.files), sources, tuple(differences))


_BUILD: Final = "Build the connector again, with --force."


def _no_lock(found: Found) -> str:
    if LOCK in found.digests:
        return f"is no ordinary file, so it is not read. {_BUILD}"
    below = [name for name in found.digests if PurePosixPath(name).name == LOCK]
    if below:
        return (
            f"is not at the top but at {one_line(below[0], 100)}, and Fivetran looks for {CONNECTOR} at the top. "
            "Name that folder, or make the zip with fivetran package."
        )
    return f"is missing, so nobody can tell what was built. {_BUILD}"


def _of_lock(lock: Lock) -> Iterator[Difference]:
    """Where the lock contradicts itself: its hash is of the rest, each source has that of one package, and no package is left."""
    if lock.seal:
        yield Difference("lock", LOCK, f"{lock.seal}. {_BUILD}")
    listed = packages(lock.files)
    built = {made for *_, made in lock.sources}
    for name, version, made in lock.sources:
        if made not in listed.values():
            title = one_line(f"{name} {version}".strip(), 100)
            yield Difference(
                "lock", LOCK, f"gives {title} a hash that none of its packages has: the lock was changed by hand. {_BUILD}"
            )
    for top in sorted(top for top, made in listed.items() if made not in built):
        yield Difference(
            "lock",
            LOCK,
            f"lists files of {one_line(top, 100)}, which are those of no source: the lock was changed by hand. {_BUILD}",
        )


def _of_files(lock: Lock, found: Found) -> Iterator[Difference]:
    for name in sorted({*lock.files, *found.digests} - {LOCK}):
        if name not in lock.files:
            if not (found.zipped and name == FORM):
                yield _added(name, found)
        elif name not in found.digests:
            yield Difference("missing", name, f"is not there any more. {_BUILD}")
        elif not found.digests[name]:
            yield Difference("changed", name, f"is no ordinary file but a link or the like. Take it away. {_BUILD}")
        elif found.digests[name] != lock.files[name]:
            yield Difference("changed", name, f"is not what was built. {_PLUGIN}")


_PLUGIN: Final = "Put the change into a plugin (a local file will do: --plugin-file), and build again."


def _added(name: str, found: Found) -> Difference:
    if found.zipped and PurePosixPath(name).name in SECRET:
        return Difference(
            "secret",
            name,
            "may hold keys, and would be uploaded with the connector. Delete this zip and make it anew with fivetran package; "
            "if it has left this machine, replace the keys.",
        )
    return Difference("added", name, f"comes from no build{' and would be uploaded' if found.zipped else ''}. {_MOVE}")


_MOVE: Final = "Move it elsewhere, or bring it with a plugin and build again."


def _of_sources(lock: Lock, found: Found) -> Iterator[Difference]:
    """Each source whose package is no longer the one that the lock has a hash of."""
    then = {made: top for top, made in packages(lock.files).items()}
    now = packages(found.digests)
    for name, version, made in lock.sources:
        top = then.get(made)
        if top is not None and now.get(top) != made:
            yield Difference(
                "source", f"{name} {version}".strip(), f"is not as it was installed: see {one_line(top, 100)} below."
            )


def as_json(path: Path, verdict: Verdict) -> dict[str, Any]:
    """The verdict on *path* as JSON has it."""
    return {
        "path": str(path),
        "as_built": not verdict.differences,
        "dataset": verdict.dataset,
        "files": verdict.files,
        "sources": [{"name": name, "version": version} for name, version in verdict.sources],
        "differences": [{"kind": each.kind, "name": each.name, "message": each.message} for each in verdict.differences],
    }


def show(path: Path, verdict: Verdict, console: Console) -> None:
    """Print the verdict on *path*: one line where all is as built, and each difference where it is not."""
    number = len(verdict.differences)
    if not number:
        made_of = ", ".join(f"{name} {version}".strip() for name, version in verdict.sources)
        line(
            console,
            f"{path} is as built: {one_line(verdict.dataset)}, {counted(verdict.files, 'file')}, from {one_line(made_of, 1000)}",
        )
        return
    line(console, f"{path} is not as it was built: {counted(number, 'difference')}.", style="bold")
    rows = [(each.kind, one_line(each.name, 100), each.message) for each in verdict.differences[:SHOWN]]
    grid(console, ("what", "where", "what to do"), rows)
    if number > SHOWN:
        line(console, f"and {number - SHOWN} more, which --json lists.")
