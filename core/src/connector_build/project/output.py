"""Writing a project into a folder: all of it or nothing, and never over what somebody else put there."""

import json
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen

from connector_build.errors import BuildError
from connector_build.project.lock import parse
from connector_build.project.place import KEPT_FILES, KEPT_FOLDERS, building
from connector_build.project.writer import CONFIGURATION, CONNECTOR, LOCK, SCRIPTS, Project, digest
from connector_core.runtime.scripts.configuration import fault_in

__all__ = ["KEPT_FILES", "KEPT_FOLDERS", "Written", "write_project"]


@frozen
class Written:
    """A project on disk.

    rebuilt:          whether it replaced an earlier build.
    missing_settings: what its kept configuration lacks.
    filled_in:        whether its configuration can be run with, as far as its texts tell; a placeholder cannot.
    """

    folder: Path
    rebuilt: bool
    missing_settings: tuple[str, ...]
    filled_in: bool = True


def write_project(project: Project, folder: Path, *, force: bool = False) -> Written:
    """Write *project* into *folder*, in place of an earlier build of the same dataset.

    The new folder is complete before it takes the old one's place. A filled configuration.json and what debug runs left
    stay. Raises BuildError, with nothing changed, when *folder* holds anything that no build wrote, or a built file that
    was changed by hand since (unless *force*). Without a lock that can be read, only *force* builds in a project's place.
    """
    folder = folder.absolute()
    try:
        with building(folder) as put:
            exists = _check_replaceable(project, folder, force=force)
            put(partial(_fill, project, folder))
    except OSError as error:
        raise BuildError(
            f"{folder}: cannot be written: {error.strerror}. Nothing was changed. Choose another folder with --output."
        ) from None
    filled_in = fault_in(folder / CONFIGURATION, folder / LOCK) is None
    return Written(folder, exists, _missing_settings(project, folder), filled_in)


def _check_replaceable(project: Project, folder: Path, *, force: bool) -> bool:
    """Whether *folder* holds an earlier build; raises BuildError when it must not be replaced."""
    if not os.path.lexists(folder):
        return False
    if not folder.is_dir() or folder.is_symlink():
        raise BuildError(f"{folder} is no folder of its own. Choose another with --output.")
    present = sorted(_files_in(folder))
    if not present and not any(folder.iterdir()):
        return False
    lock = _read_lock(folder)
    if lock is None:
        _check_without_lock(project, folder, present, force=force)
        return True
    if lock["dataset"] != project.dataset:
        raise BuildError(
            f"{folder} holds the connector {lock['dataset']}, not {project.dataset}. "
            "Choose another folder with --output, or delete this one."
        )
    _check_foreign(folder, present, lock["files"])
    changed = [path for path in present if path in lock["files"] and _digest(folder / path) != lock["files"][path]]
    if changed and not force:
        raise BuildError(
            f"{folder}: changed by hand since the last build: {_some(changed)}. A build would undo that. "
            "Put the change into a plugin "
            "(a local file will do: --plugin-file), or give --force to discard it."
        )
    return True


def _check_foreign(folder: Path, present: Sequence[str], ours: Container[str]) -> None:
    """Raise BuildError, with their names, where there are files that are neither *ours* nor kept."""
    foreign = [path for path in present if path not in ours and path not in KEPT_FILES and path != LOCK]
    if foreign:
        raise BuildError(
            f"{folder} holds files that connector-build did not write ({_some(foreign)}). "
            "They would be lost: move them elsewhere, or choose another folder with --output."
        )


def _check_without_lock(project: Project, folder: Path, present: Sequence[str], *, force: bool) -> None:
    """Raise BuildError unless *folder* holds this connector, with a lock that is damaged or gone, and *force* is given."""
    if not _is_connector(project, folder):
        raise BuildError(
            f"{folder} holds files that connector-build did not write ({_some(present)}), so it is left alone. "
            "Choose another folder with --output, or empty this one."
        )
    if not force:
        state = "is damaged" if os.path.lexists(folder / LOCK) else "is missing"
        raise BuildError(
            f"{folder / LOCK} {state}, so nobody can tell what was changed by hand since the last build. Give --force to build "
            f"anew: it keeps {CONFIGURATION} and what debug runs left, and replaces the rest."
        )
    _check_foreign(folder, present, project.files)


def _is_connector(project: Project, folder: Path) -> bool:
    """Whether the connector.py in *folder* begins as that of *project*, with the dataset's name."""
    try:
        text = (folder / CONNECTOR).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return text.splitlines()[:1] == project.files[CONNECTOR].decode().splitlines()[:1]


def _digest(path: Path) -> str:
    """The hash of what a file holds; none of a link to nothing."""
    return digest(path.read_bytes()) if path.exists() else ""


def _read_lock(folder: Path) -> Mapping[str, Any] | None:
    """The lock of an earlier build, or None where there is none that can be read as one."""
    try:
        lock = parse((folder / LOCK).read_bytes())
    except (OSError, ValueError):
        return None
    if isinstance(lock, dict) and isinstance(lock.get("dataset"), str) and isinstance(lock.get("files"), dict):
        return lock
    return None


def _files_in(folder: Path) -> Iterator[str]:
    """Paths of the files below *folder*, but for those that debug runs and Python itself leave there."""
    for parent, names, files in os.walk(folder):
        relative = Path(parent).relative_to(folder)
        names[:] = [name for name in names if name != "__pycache__" and not (relative == Path() and name in KEPT_FOLDERS)]
        links = [name for name in names if (Path(parent) / name).is_symlink()]
        yield from ((relative / name).as_posix() for name in (*files, *links))


def _fill(project: Project, old: Path, new: Path) -> None:
    """Write *project* into the folder *new*, which is to take the place of *old*."""
    for path, contents in project.files.items():
        target = new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents)
        target.chmod(0o755 if path in SCRIPTS else 0o644)
    if not os.path.lexists(old / CONFIGURATION):
        configuration = new / CONFIGURATION
        configuration.touch(mode=0o600)  # it is about to hold a key
        configuration.write_text(json.dumps(project.configuration, indent=2) + "\n", encoding="utf-8")


def _missing_settings(project: Project, folder: Path) -> tuple[str, ...]:
    try:
        configuration = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(name for name in project.configuration if isinstance(configuration, dict) and name not in configuration)


def _some(paths: Sequence[str]) -> str:
    shown = ", ".join(paths[:5])
    return f"{shown} and {len(paths) - 5} more" if len(paths) > 5 else shown
