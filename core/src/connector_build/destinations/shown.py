"""What came of a run, for people and for scripts."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from rich.console import Console

from connector_build.destinations.running import Counts, Summary
from connector_build.destinations.targets import Target
from connector_build.screen.printing import grid, line
from connector_core.basics.counting import counted

_HEADS = ("table", "upserts", "deletes", "rows", "deleted")


def show(summary: Summary, where: Target, console: Console) -> None:
    """Print a line for each table, and where the rows are."""
    heads = [head for head in _HEADS if head not in ("rows", "deleted") or not where.is_stream]
    grid(console, heads, [_row(name, each, heads) for name, each in summary.tables.items()], numbers=heads[1:])
    line(console, f"{where}: {counted(summary.checkpoints, 'checkpoint')}; the next run goes on from the last.")


def _row(name: str, counts: Counts, heads: list[str]) -> list[str]:
    found = {"table": name, **{head: _number(getattr(counts, head)) for head in heads[1:]}}
    if counts.truncates:
        found["deletes"] = "all before" if not counts.deletes else f"{found['deletes']}, all before"
    return [found[head] for head in heads]


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def as_json(dataset: str, summary: Summary, where: Target) -> dict[str, Any]:
    """The same for a script."""
    return {
        "dataset": dataset,
        "to": str(where),
        "full": where.full,
        "checkpoints": summary.checkpoints,
        "tables": [_table(name, counts) for name, counts in summary.tables.items()],
    }


def _table(name: str, counts: Counts) -> Mapping[str, Any]:
    return {
        "table": name,
        "upserts": counts.upserts,
        "deletes": counts.deletes,
        "truncates": counts.truncates,
        "rows": counts.rows,
        "deleted": counts.deleted,
    }


@frozen
class Told:
    """A log that prints warnings; progress is for somebody else to show."""

    console: Console

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None:
        line(self.console, f"Warning: {message}")

    def alert(self, message: str) -> None:
        self.warning(message)
