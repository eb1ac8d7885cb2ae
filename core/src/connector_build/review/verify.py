"""`connector-build verify`: whether a built project, or a zip of one, is what connector-build wrote, by its lock.

A zip is read in memory, piece by piece, and nothing of it is written to disk. The lock is not signed: this finds what was
changed by hand, not a lock that was forged together with its files.
"""

import os
import re
import stat
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import IO, Any, Final, Literal, get_args
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo, is_zipfile

from attrs import field, frozen
from rich.console import Console

from connector_build.errors import BuildError, UsageProblem
from connector_build.project.lock import SEAL, parse, seal_of
from connector_build.project.output import KEPT_FILES, KEPT_FOLDERS
from connector_build.project.writer import CONFIGURATION, CONNECTOR, LOCK, WRITTEN, digest
from connector_build.screen.printing import grid, line
from connector_core.basics.names import one_line

LARGEST_ZIP: Final = 50_000_000
"""Bytes of a zip that is looked into; that of a connector of one table has some 100,000."""
MOST_BYTES: Final = 200_000_000
"""Bytes that the files of a zip may have together, unpacked."""
MOST_MEMBERS: Final = 10_000
LARGEST_LOCK: Final = 10_000_000
PIECE: Final = 65_536

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


@frozen
class _Found:
    """The files that are there.

    digests: path → SHA-256 of what it holds; empty for what is no ordinary file. lock: the lock's contents, if there is one.
    """

    digests: Mapping[str, str]
    lock: bytes | None = field(repr=False)
    zipped: bool


@frozen
class _Lock:
    """A lock. sources: name, version and hash of each; files: path → SHA-256; seal: what is wrong with its hash of itself."""

    dataset: str
    sources: tuple[tuple[str, str, str], ...]
    files: Mapping[str, str]
    seal: str


def verify(path: Path) -> Verdict:
    """Compare the project in the folder *path*, or in the zip *path*, with its lock.

    Raises UsageProblem when *path* is neither, BuildError when it cannot be read or when a zip is not safe to unpack.
    """
    try:
        found = _found(path)
    except OSError as error:
        raise BuildError(f"{error.filename} cannot be read: {error.strerror}. Make it readable, and verify again.") from None
    if not any(PurePosixPath(name).name in (LOCK, CONNECTOR) for name in found.digests):
        raise UsageProblem(f"{path} holds no connector: neither {CONNECTOR} nor {LOCK} is in it. {_NAME_ONE}")
    return _verdict(found)


_NAME_ONE: Final = "Name the folder of a built project, such as dist/fts, or a zip that `fivetran package` made of it."


# What is there


def _found(path: Path) -> _Found:
    if path.is_dir():
        return _in_folder(path)
    if path.is_file() and is_zipfile(path):
        return _in_zip(path)
    what = (
        "is no zip that can be read" if path.is_file() else "is neither a folder nor a zip" if path.exists() else "is not there"
    )
    raise UsageProblem(f"{path} {what}. {_NAME_ONE}")


def lock_in_zip(path: Path) -> bytes | None:
    """The lock at the top of the zip *path*, if there is one. Raises BuildError for a zip that is not safe to unpack."""
    return _in_zip(path).lock


def _in_folder(folder: Path) -> _Found:
    digests = {name: _digest_of(folder / name) for name in _names_in(folder)}
    lock = None
    if digests.get(LOCK):
        with (folder / LOCK).open("rb") as file:
            lock = file.read(LARGEST_LOCK + 1)
    return _Found(digests, lock, zipped=False)


def _names_in(folder: Path) -> Iterator[str]:
    """Paths of the files below *folder*, but for those that may lie beside a project; links are not followed."""
    for parent, names, files in os.walk(folder, onerror=_raise):
        top = Path(parent) == folder
        names[:] = [name for name in names if name != "__pycache__" and not (top and name in KEPT_FOLDERS)]
        links = [name for name in names if (Path(parent) / name).is_symlink()]
        kept = KEPT_FILES if top else ()
        yield from ((Path(parent) / name).relative_to(folder).as_posix() for name in (*files, *links) if name not in kept)


def _raise(error: OSError) -> None:
    raise error


def _digest_of(path: Path) -> str:
    """SHA-256 of a file; empty for a link, a pipe and whatever else is no ordinary file."""
    if not stat.S_ISREG(path.lstat().st_mode):
        return ""
    made = sha256()
    with path.open("rb") as file:
        for piece in _pieces(file):
            made.update(piece)
    return made.hexdigest()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _in_zip(path: Path) -> _Found:
    size = path.stat().st_size
    if size > LARGEST_ZIP:
        raise BuildError(f"{path} has {size:,} bytes, more than any project ({LARGEST_ZIP:,}), so it is not looked into. {_ANEW}")
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(path, members)
            digests = _digests_in(path, archive, [member for member in members if not member.is_dir()])
            lock = None
            if LOCK in digests:
                with archive.open(LOCK) as file:
                    lock = file.read(LARGEST_LOCK + 1)
    except PermissionError:
        raise
    except _DAMAGE as error:
        raise BuildError(f"{path} is damaged ({one_line(error, 100)}), so it cannot be verified. {_ANEW}") from None
    return _Found(digests, lock, zipped=True)


_ANEW: Final = "Make it anew from the built project: fivetran package."
_DAMAGE: Final = (BadZipFile, EOFError, OSError, RuntimeError, ValueError, struct.error, zlib.error)
"""What `zipfile` raises for a zip that was cut, changed, or made to be unreadable."""


def _check_members(path: Path, members: Sequence[ZipInfo]) -> None:
    """Raise BuildError for a zip that is not safe to unpack."""
    if len(members) > MOST_MEMBERS:
        raise BuildError(f"{path} has {len(members):,} files, more than any project ({MOST_MEMBERS:,}). {_ANEW}")
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise _too_large(path)
    names = Counter(member.filename for member in members)
    for member in members:
        if wrong := _wrong_with(member, names):
            raise BuildError(
                f"{path}: its file {one_line(member.filename, 100)} {wrong}. No such zip comes from a build: "
                f"do not unpack or deploy it. {_ANEW}"
            )


def _wrong_with(member: ZipInfo, names: Mapping[str, int]) -> str:
    """Why *member* is none that a build could have written; empty where it could."""
    name = member.filename
    if not is_plain(name.removesuffix("/")):
        return "would be written outside of its folder, or over another file"
    if names[name] > 1:
        return f"is in it {names[name]} times"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a symbolic link"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "is packed in a way that Fivetran's packaging does not use"
    return ""


def is_plain(name: str) -> bool:
    """Whether *name* is a path that stays below the folder it is put into, written in the one way that a build writes it."""
    outside = name.startswith("/") or ".." in name.split("/") or re.match("[A-Za-z]:", name)
    return not outside and normpath(name) == name and not set(name) & set("\\\0")


def _too_large(path: Path) -> BuildError:
    return BuildError(f"{path} unpacks to more than {MOST_BYTES:,} bytes, more than any project, so it is not read. {_ANEW}")


def _digests_in(path: Path, archive: ZipFile, members: Iterable[ZipInfo]) -> dict[str, str]:
    digests, size = {}, 0
    for member in members:
        made = sha256()
        with archive.open(member) as file:
            for piece in _pieces(file):
                made.update(piece)
                size += len(piece)
                if size > MOST_BYTES:  # what a zip says of its sizes need not be so
                    raise _too_large(path)
        digests[member.filename] = made.hexdigest()
    return digests


# What was built


def _read_lock(data: bytes) -> _Lock:
    """The lock in *data*. Raises ValueError, with what is wrong with it, when it is none that a build could have written."""
    if len(data) > LARGEST_LOCK:
        raise ValueError(f"has more than {LARGEST_LOCK:,} bytes")
    lock = parse(data)
    match lock:
        case {"dataset": str(dataset), "sources": [_, *_] as sources, "files": dict(files)}:
            listed = {name: _file(name, each) for name, each in files.items()}
            return _Lock(dataset, tuple(map(_source, sources)), listed, _seal(lock))
    raise ValueError("lacks the dataset, the sources or the files")


def _seal(lock: Mapping[str, Any]) -> str:
    """What is wrong with the hash that a lock has of itself; empty where nothing is."""
    if SEAL not in lock:
        return "has no hash of itself: an older connector-build wrote it, or it was changed by hand"
    if lock[SEAL] != seal_of(lock):
        return "is not what its own hash says: the dataset, the sources, tables, settings, options or files in it were changed"
    return ""


def _source(source: Any) -> tuple[str, str, str]:
    match source:
        case {"name": str(name), "version": str(version), "sha256": str(made)}:
            return name, version, made
    raise ValueError("has a source without name, version or hash")


def _file(name: str, made: Any) -> str:
    if not is_plain(name):
        raise ValueError(f"lists {one_line(repr(name), 100)}, which is no path of a project")
    if not isinstance(made, str) or not _SHA256.fullmatch(made):
        raise ValueError(f"has no hash of {one_line(name, 100)}")
    return made


_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def _packages(digests: Mapping[str, str]) -> dict[str, str]:
    """Top-level package, or file, of each source → the hash of its files, as `project.tree_hash` makes it."""
    lines: dict[str, list[str]] = {}
    for path, made in sorted(digests.items()):
        if path not in WRITTEN and path != LOCK:
            lines.setdefault(PurePosixPath(path).parts[0], []).append(f"{made}  {path}\n")
    return {top: digest("".join(each).encode()) for top, each in lines.items()}


# The two compared


def _verdict(found: _Found) -> Verdict:
    if found.lock is None:
        return Verdict("", 0, (), (Difference("lock", LOCK, _no_lock(found)),))
    try:
        lock = _read_lock(found.lock)
    except ValueError as error:
        wrong = Difference("lock", LOCK, f"{error}, so nothing can be compared with it. {_BUILD}")
        return Verdict("", 0, (), (wrong,))
    sources = tuple((name, version) for name, version, _ in lock.sources)
    differences = [*_of_lock(lock), *_of_sources(lock, found), *_of_files(lock, found)]
    differences.sort(key=lambda each: _KINDS.index(each.kind))
    return Verdict(lock.dataset, len(lock.files), sources, tuple(differences))


_BUILD: Final = "Build the connector again, with --force."


def _no_lock(found: _Found) -> str:
    if LOCK in found.digests:
        return f"is no ordinary file, so it is not read. {_BUILD}"
    below = [name for name in found.digests if PurePosixPath(name).name == LOCK]
    if below:
        return (
            f"is not at the top but at {one_line(below[0], 100)}, and Fivetran looks for {CONNECTOR} at the top. "
            "Name that folder, or make the zip with fivetran package."
        )
    return f"is missing, so nobody can tell what was built. {_BUILD}"


def _of_lock(lock: _Lock) -> Iterator[Difference]:
    """Where the lock contradicts itself: its hash is of the rest, each source has that of one package, and no package is left."""
    if lock.seal:
        yield Difference("lock", LOCK, f"{lock.seal}. {_BUILD}")
    packages = _packages(lock.files)
    built = {made for *_, made in lock.sources}
    for name, version, made in lock.sources:
        if made not in packages.values():
            title = one_line(f"{name} {version}".strip(), 100)
            yield Difference(
                "lock", LOCK, f"gives {title} a hash that none of its packages has: the lock was changed by hand. {_BUILD}"
            )
    for top in sorted(top for top, made in packages.items() if made not in built):
        yield Difference(
            "lock",
            LOCK,
            f"lists files of {one_line(top, 100)}, which are those of no source: the lock was changed by hand. {_BUILD}",
        )


def _of_files(lock: _Lock, found: _Found) -> Iterator[Difference]:
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


def _added(name: str, found: _Found) -> Difference:
    if found.zipped and PurePosixPath(name).name in SECRET:
        return Difference(
            "secret",
            name,
            "may hold keys, and would be uploaded with the connector. Delete this zip and make it anew with fivetran package; "
            "if it has left this machine, replace the keys.",
        )
    return Difference("added", name, f"comes from no build{' and would be uploaded' if found.zipped else ''}. {_MOVE}")


_MOVE: Final = "Move it elsewhere, or bring it with a plugin and build again."


def _of_sources(lock: _Lock, found: _Found) -> Iterator[Difference]:
    """Each source whose package is no longer the one that the lock has a hash of."""
    then = {made: top for top, made in _packages(lock.files).items()}
    now = _packages(found.digests)
    for name, version, made in lock.sources:
        top = then.get(made)
        if top is not None and now.get(top) != made:
            yield Difference(
                "source", f"{name} {version}".strip(), f"is not as it was installed: see {one_line(top, 100)} below."
            )


# In print


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
        line(console, f"{path} is as built: {one_line(verdict.dataset)}, {verdict.files} files, from {one_line(made_of, 1000)}")
        return
    line(console, f"{path} is not as it was built: {number} difference{'' if number == 1 else 's'}.", style="bold")
    rows = [(each.kind, one_line(each.name, 100), each.message) for each in verdict.differences[:SHOWN]]
    grid(console, ("what", "where", "what to do"), rows)
    if number > SHOWN:
        line(console, f"and {number - SHOWN} more, which --json lists.")
