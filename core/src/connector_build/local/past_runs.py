"""`connector-build runs`: what the history says of the local runs of a dataset."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from connector_build.errors import BuildError
from connector_build.screen.printing import grid, line
from connector_core.runtime.scripts.history import history, runs

MESSAGE: Final = 60
"""So many characters of what ended a run are shown in the table."""


def past_runs(folders: Sequence[Path], most: int) -> list[dict[str, Any]]:
    """The last *most* runs of the projects in *folders*, the oldest first, each with its ``project``. Raises BuildError."""
    found: list[dict[str, Any]] = []
    for folder in folders:
        file = history(folder)
        try:
            found += ({"project": str(folder), **run} for run in runs(file))
        except OSError as error:
            raise BuildError(f"{file} cannot be read: {error.strerror}. Check who may read there.") from None
    return sorted(found, key=lambda run: str(run.get("began", "")))[-most:]


def show_runs(dataset: str, found: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print the runs as a table, the newest last, and the whole message of the last one if that failed."""
    if not found:
        line(console, f"{dataset} has not run on this machine yet. Run it: connector-build debug {dataset}")
        return
    heads = ("began (UTC)", "project", "ended", "rows", "pages", "checkpoints", "state")
    grid(console, heads, [_row(run) for run in found], numbers=("pages", "checkpoints", "state"))
    if error := str(found[-1].get("error") or ""):
        line(console, f"The last one failed: {error}")


def _row(run: Mapping[str, Any]) -> list[str]:
    error = str(run.get("error") or "")
    ended = "well" if not error else error if len(error) <= MESSAGE else f"{error[: MESSAGE - 1]}…"
    began = str(run.get("began", "?")).replace("T", " ").removesuffix("Z")
    numbers = [_number(run.get("pages")), _number(run.get("checkpoints")), f"{_number(run.get('state_bytes'))} B"]
    return [began, str(run.get("project", "")), ended, _rows(run.get("tables")), *numbers]


def _rows(tables: Any) -> str:
    """What a run wrote into each table, on a line of its own."""
    if not isinstance(tables, Mapping):
        return "?"
    return "\n".join(f"{name}: {_written(counts)}" for name, counts in tables.items() if isinstance(counts, Mapping))


def _written(counts: Mapping[str, Any]) -> str:
    deleted = counts.get("deleted") or 0
    return f"{_number(counts.get('upserted'))}{f', {_number(deleted)} deleted' if deleted else ''}"


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "?"
