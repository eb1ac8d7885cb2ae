"""The place of a project on disk: one build at a time, and a swap that is whole whenever it is broken off.

A build fills a hidden folder beside the project, ``.NAME.building``, and then:

1. the project, if there is one, is moved to ``old`` in it;
2. what is the user's, above all the configuration with its key, is moved from ``old`` to ``new``, one after the other;
3. ``new`` is moved to where the project belongs.

A build that is killed leaves one of these steps undone. ``old`` is there only once ``new`` is complete, so that the next build
can tell, and goes on where that one stopped. Nothing that is the user's is ever copied, or in two places.
"""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from connector_build.errors import BuildError

# Where there is none, the scripts of a project do not run either; two builds at once are not held apart.
fcntl: Any = import_module("fcntl") if find_spec("fcntl") else None

KEPT_FILES: Final = frozenset({"configuration.json", "config.json", "destination.json", "options.toml"})
"""Files of the user's that may lie in a project and stay through a rebuild."""

KEPT_FOLDERS: Final = frozenset({"files", "crash-reports", ".venv"})
"""Folders that a debug run or the user makes in a project and that stay through a rebuild."""

_OPEN: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)

PATIENCE: Final = 60.0
"""Seconds to wait for another build into the same folder. One takes less than one of them."""


@contextmanager
def building(folder: Path, patience: float = PATIENCE) -> Iterator[Callable[[Callable[[Path], None]], None]]:
    """Hold the place of *folder* against other builds, after going on with what a killed one has left there.

    Gives a function that puts a new project there: it is given another that fills an empty folder. Raises BuildError where the
    place cannot be had; OSErrors come through, with the old project in its place.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = folder.parent / f".{folder.name}.building"
    lock = _locked(staging, folder, patience)
    try:
        _go_on(staging, folder)

        def put(fill: Callable[[Path], None]) -> None:
            fill(staging / "new")
            _swap(staging, folder)

        yield put
    finally:
        _clear(staging, folder)
        os.close(lock)


def _in_the_way(staging: Path) -> bool:
    """Whether what is there is no folder. It may be gone since: another build has just ended."""
    try:
        return not stat.S_ISDIR(staging.lstat().st_mode)
    except FileNotFoundError:
        return False


def _locked(staging: Path, folder: Path, patience: float) -> int:
    """The open lock file in *staging*, held until it is closed."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with suppress(FileExistsError):
            staging.mkdir(mode=0o700)
        if _in_the_way(staging):
            raise BuildError(f"{staging} is in the way, where a build of {folder} works. Move it elsewhere.")
        with suppress(FileNotFoundError):  # whoever had the lock has just taken the folder away
            lock = os.open(staging / "lock", _OPEN, 0o600)
            if _is_held(lock, staging / "lock"):
                return lock
            os.close(lock)
        time.sleep(0.02)
    raise BuildError(f"{folder}: another build has been writing there for {patience:.0f} seconds. Wait for it, or end it.")


def _is_held(lock: int, path: Path) -> bool:
    """Take the lock, unless another process has it, or it is no longer the file at *path*."""
    try:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _go_on(staging: Path, folder: Path) -> None:
    """Bring to its end, or take back, what a killed build has left; nothing of the user's is lost by either."""
    old, new = staging / "old", staging / "new"
    if _is_there(old) and os.path.lexists(folder):
        _give_back(old, folder)
    elif _is_there(old) and _is_there(new):
        _finish(staging, folder)
    elif _is_there(old) and _kept_in(old):
        old.rename(folder)
    _remove(new)
    _remove(old)


def _give_back(old: Path, folder: Path) -> None:
    """Move what is the user's to a project that was made in the meantime. It may lack the key, and must not lose its own."""
    found = _kept_in(old)
    if twice := [name for name in found if os.path.lexists(folder / name)]:
        raise BuildError(
            f"{folder} and {old}, which a killed build has left, both hold {twice[0]}. Keep the one that you want in {folder}, "
            "and delete the other."
        )
    for name in found:
        (old / name).rename(folder / name)


def _is_there(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink()


def _kept_in(folder: Path) -> list[str]:
    return [name for name in sorted(KEPT_FILES | KEPT_FOLDERS) if os.path.lexists(folder / name)]


def _swap(staging: Path, folder: Path) -> None:
    """Put the new folder in the old one's place; the old one comes back if that fails."""
    old, new = staging / "old", staging / "new"
    if os.path.lexists(folder):
        folder.rename(old)
    had = _kept_in(old)
    try:
        _finish(staging, folder)
    except BaseException:  # an interrupt too
        if _is_there(old) and not os.path.lexists(folder):
            for name in had:
                if not os.path.lexists(old / name):
                    (new / name).rename(old / name)
            old.rename(folder)
        raise


def _finish(staging: Path, folder: Path) -> None:
    """Steps 2 and 3. They may be taken again by another build from wherever they were left."""
    old, new = staging / "old", staging / "new"
    for name in _kept_in(old):
        (old / name).rename(new / name)  # over a placeholder
    new.rename(folder)


def _clear(staging: Path, folder: Path) -> None:
    """Take away what is left, but for a project that has no place yet, and for anything of the user's."""
    old = staging / "old"
    if os.path.lexists(old) and (not os.path.lexists(folder) or _kept_in(old)):
        return
    for name in ("new", "old"):
        _remove(staging / name)
    with suppress(OSError):
        (staging / "lock").unlink()
        staging.rmdir()


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
