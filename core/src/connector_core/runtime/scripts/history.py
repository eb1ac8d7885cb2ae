"""The history of local runs: a file of JSON lines beside the warehouse that they fill, ``files/runs.jsonl``.

It lies in ``files/``, which a rebuild keeps and Fivetran's packaging drops at any depth, so it is never uploaded.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from connector_core.runtime.scripts.warehouse import as_object, warehouse

KEPT: Final = 50
"""So many runs are kept, the last ones."""
_NAME: Final = "runs.jsonl"
_OURS: Final = ("runs*.jsonl", "app_reports.sqlite")
"""What lies beside the warehouse and is no part of it: the history, and the reports that an app keeps."""


def beside(file: Path) -> Path:
    """The history of the runs that filled the warehouse *file*."""
    return file.with_name(_NAME)


def history(project: Path) -> Path:
    """The history of the runs of *project*."""
    return beside(warehouse(project))


def add(file: Path, run: Mapping[str, Any], warn: Callable[[str], None]) -> None:
    """Write *run* as the last line of *file*, whole or not at all, and keep the last KEPT.

    A file with a line that is no JSON object is left aside under another name, which *warn* is told; its other lines go on.
    Raises OSError.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    earlier, sound = _read(file)
    if not sound:
        aside = _aside(file)
        file.rename(aside)
        warn(
            f"{file} is damaged. It is left aside as {aside.name}; what can be read of it (runs: {len(earlier)}) is in a new one."
        )
    _write(file, "".join(json.dumps(each) + "\n" for each in [*earlier, run][-KEPT:]))


def runs(file: Path) -> list[dict[str, Any]]:
    """The runs in *file* that can be read, the oldest first; none where there is no such file. Raises OSError."""
    return _read(file)[0]


@contextmanager
def carried(project: Path) -> Iterator[None]:
    """Keep the history and the reports of *project* through a reset, which removes the whole folder that they lie in."""
    folder = history(project).parent
    found = {path: path.read_bytes() for path in sorted(path for name in _OURS for path in folder.glob(name))}
    try:
        yield
    finally:
        for path, contents in found.items():
            folder.mkdir(exist_ok=True)
            path.write_bytes(contents)


def _read(file: Path) -> tuple[list[dict[str, Any]], bool]:
    """The runs in *file*, the oldest first, and whether every line was one."""
    if not file.exists():
        return [], True
    lines = [line for line in file.read_bytes().decode("utf-8", "replace").split("\n") if line.strip()]
    runs = [run for line in lines if "\ufffd" not in line and (run := as_object(line)) is not None]
    return runs, len(runs) == len(lines)


def _aside(file: Path) -> Path:
    names = (file.with_name(f"runs.damaged{number}.jsonl") for number in count(1))
    return next(name for name in names if not name.exists())


def _write(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".runs-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(text)
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)
