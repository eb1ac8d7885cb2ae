"""Writing a dbt package into a folder, beside what dbt and its user have there, and never over what somebody changed by hand."""

import json
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from connector_build.catalog.dbt.package import Package
from connector_build.errors import BuildError
from connector_core.basics.counting import counted

LOCK: Final = "connector_dbt.lock.json"
"""Which files a package has, with the hash of each: what tells them from those of its user."""


def write_package(package: Package, folder: Path, *, force: bool = False) -> None:
    """Write *package* into *folder*. Files that no call of this wrote stay as they are.

    Raises BuildError, with nothing changed, where a file of the package would go over one that was written or changed by hand
    (only the latter: unless *force*), and where the folder holds the package of another dataset.
    """
    folder = folder.absolute()
    before = _before(folder, package.dataset)
    _check(package, folder, before, force=force)
    lock = {"dataset": package.dataset, "files": {path: _hash(data) for path, data in package.files.items()}}
    try:
        for path, data in package.files.items():
            _write(folder / path, data)
        for path in before.keys() - package.files.keys():
            (folder / path).unlink(missing_ok=True)
        _write(folder / LOCK, (json.dumps(lock, indent=2) + "\n").encode())
    except OSError as error:
        raise BuildError(
            f"{folder}: cannot be written: {error.strerror}. Choose another folder with --output, or call this again."
        ) from None


def told(package: Package, folder: Path) -> str:
    """What there is to say of a package that was written."""
    tables = len(package.tables)
    steps = [
        f"  - local: {folder}   into packages.yml of your dbt project",
        f"  {package.dataset}_schema, {package.dataset}_database   into its vars: where the connection writes to",
        "  dbt deps && dbt build",
    ]
    made = f"{counted(tables, 'table')} ({', '.join(package.tables)}), {counted(package.tests, 'test')}"
    return "\n".join([f"Wrote the dbt package of {package.dataset} into {folder}: {made}.", "Next:", *steps])


def _before(folder: Path, dataset: str) -> dict[str, str]:
    """What an earlier call wrote into *folder*: path → hash."""
    if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
        raise BuildError(f"{folder} is no folder of its own. Choose another with --output.")
    lock = _lock(folder / LOCK)
    if lock.get("dataset", dataset) != dataset:
        raise BuildError(
            f"{folder} holds the dbt package of {lock['dataset']}, not of {dataset}. Choose another folder with --output."
        )
    files = lock.get("files")
    return {str(path): str(digest) for path, digest in files.items()} if isinstance(files, Mapping) else {}


def _lock(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _check(package: Package, folder: Path, before: Mapping[str, str], *, force: bool) -> None:
    """Raise BuildError where a file that is to be written or taken away is not as a call of this left it."""
    unknown = [path for path in package.files if os.path.lexists(folder / path) and path not in before]
    if unknown:
        raise BuildError(
            f"{folder} holds files that connector-build did not write, where it would write its own ({_some(unknown)}). "
            "Move them elsewhere, or choose another folder with --output."
        )
    _check_inside(folder, before.keys() | package.files.keys())
    changed = [path for path, digest in before.items() if (folder / path).is_file() and _hash_of(folder / path) != digest]
    if changed and not force:
        raise BuildError(
            f"{folder}: changed by hand since it was written: {_some(changed)}. Put your own models and tests into files of "
            "your own, or into the project that uses this package; --force discards the changes."
        )


def _check_inside(folder: Path, paths: Iterable[str]) -> None:
    """Raise BuildError where one of *paths* leads out of *folder*, as a link or a damaged lock would have it."""
    outside = [path for path in sorted(paths) if not (folder / path).parent.resolve().is_relative_to(folder.resolve())]
    if outside:
        raise BuildError(f"{folder}: {_some(outside)} would lead out of it. Choose another folder with --output.")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(data)
    new.replace(path)


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()


def _hash_of(path: Path) -> str:
    return _hash(path.read_bytes())


def _some(paths: Iterable[str]) -> str:
    found = sorted(paths)
    return f"{', '.join(found[:5])}{f' and {len(found) - 5} more' if len(found) > 5 else ''}"
