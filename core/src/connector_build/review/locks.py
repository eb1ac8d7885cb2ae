"""A lock as `verify` needs it: who was built from what, and what the lock says of itself."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from attrs import frozen

from connector_build.project.lock import SEAL, parse, seal_of
from connector_build.project.writer import LOCK, WRITTEN, digest
from connector_build.review.contents import LARGEST_LOCK, is_plain
from connector_core.basics.names import one_line


@frozen
class Lock:
    """A lock. sources: name, version and hash of each; files: path → SHA-256; seal: what is wrong with its hash of itself."""

    dataset: str
    sources: tuple[tuple[str, str, str], ...]
    files: Mapping[str, str]
    seal: str


def read_lock(data: bytes) -> Lock:
    """The lock in *data*. Raises ValueError, with what is wrong with it, when it is none that a build could have written."""
    if len(data) > LARGEST_LOCK:
        raise ValueError(f"has more than {LARGEST_LOCK:,} bytes")
    lock = parse(data)
    match lock:
        case {"dataset": str(dataset), "sources": [_, *_] as sources, "files": dict(files)}:
            listed = {name: _file(name, each) for name, each in files.items()}
            helpers = lock.get("helpers", [])
            made_from = [*sources, *(helpers if isinstance(helpers, list) else [None])]
            return Lock(dataset, tuple(map(_source, made_from)), listed, _seal(lock))
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


def packages(digests: Mapping[str, str]) -> dict[str, str]:
    """Top-level package, or file, of each source → the hash of its files, as `project.writer.tree_hash` makes it."""
    lines: dict[str, list[str]] = {}
    for path, made in sorted(digests.items()):
        if path not in WRITTEN and path != LOCK:
            lines.setdefault(PurePosixPath(path).parts[0], []).append(f"{made}  {path}\n")
    return {top: digest("".join(each).encode()) for top, each in lines.items()}
