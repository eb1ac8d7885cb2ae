"""The files of a built project, in its folder or in a zip, by their hashes.

A zip is read in memory, piece by piece, and nothing of it is written to disk.
"""

import os
import re
import stat
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from posixpath import normpath
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo, is_zipfile

from attrs import field, frozen

from connector_build.errors import BuildError, UsageProblem
from connector_build.project.output import KEPT_FILES, KEPT_FOLDERS
from connector_build.project.writer import LOCK
from connector_core.basics.names import one_line

LARGEST_ZIP: Final = 50_000_000
"""Bytes of a zip that is looked into; that of a connector of one table has some 100,000."""
MOST_BYTES: Final = 200_000_000
"""Bytes that the files of a zip may have together, unpacked."""
MOST_MEMBERS: Final = 10_000
LARGEST_LOCK: Final = 10_000_000
PIECE: Final = 65_536


@frozen
class Found:
    """The files that are there.

    digests: path → SHA-256 of what it holds; empty for what is no ordinary file. lock: the lock's contents, if there is one.
    """

    digests: Mapping[str, str]
    lock: bytes | None = field(repr=False)
    zipped: bool


def found_in(path: Path) -> Found:
    if path.is_dir():
        return _in_folder(path)
    if path.is_file() and is_zipfile(path):
        return _in_zip(path)
    what = (
        "is no zip that can be read" if path.is_file() else "is neither a folder nor a zip" if path.exists() else "is not there"
    )
    raise UsageProblem(f"{path} {what}. {NAME_ONE}")


NAME_ONE: Final = "Name the folder of a built project, such as dist/fts, or a zip that `fivetran package` made of it."


def lock_in_zip(path: Path) -> bytes | None:
    """The lock at the top of the zip *path*, if there is one. Raises BuildError for a zip that is not safe to unpack."""
    return _in_zip(path).lock


def _in_folder(folder: Path) -> Found:
    digests = {name: _digest_of(folder / name) for name in _names_in(folder)}
    lock = None
    if digests.get(LOCK):
        with (folder / LOCK).open("rb") as file:
            lock = file.read(LARGEST_LOCK + 1)
    return Found(digests, lock, zipped=False)


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


def _in_zip(path: Path) -> Found:
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
    return Found(digests, lock, zipped=True)


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
