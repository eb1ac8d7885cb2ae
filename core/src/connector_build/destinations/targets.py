"""What ``--to`` names: where rows go."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from attrs import frozen

from connector_build.destinations.database import database
from connector_build.destinations.layout import Layout
from connector_build.destinations.lines import Lines
from connector_build.destinations.parquet import folder
from connector_build.destinations.singer import Singer
from connector_build.destinations.state_file import StateFile, held
from connector_build.errors import UsageProblem

Kind = Literal["duckdb", "parquet", "lines", "singer"]
DUCKDB: Final = (".duckdb", ".ddb", ".db")


class Destination(Protocol):
    """The operations of a sync, and where it begins."""

    state: dict[str, Any]

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        """Insert a row, or replace the whole row of the same primary key."""

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        """Mark the row of these keys as deleted."""

    def truncate(self, table: str) -> None:
        """Mark every row of the table as deleted."""

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Save *state*, with every operation before it."""


@frozen
class Target:
    """What ``--to`` says, and what goes with it."""

    kind: Kind
    path: Path | None = None
    state_file: Path | None = None
    full: bool = False

    @property
    def is_stream(self) -> bool:
        """Whether rows go to the standard output."""
        return self.path is None

    def __str__(self) -> str:
        return {"lines": "-", "singer": "singer"}.get(self.kind) or str(self.path)


@frozen
class Opened:
    """A destination that is open: its operations, what brings it to its end, and what counts rows where it can."""

    destination: Destination
    finish: Callable[[], object] = dict
    counts: Callable[[], Mapping[str, tuple[int, int]]] = dict


def target(to: str, state_file: Path | None = None, *, full: bool = False) -> Target:
    """What *to* means. Raises UsageProblem for what is none of the four, and for a state file beside what keeps its own."""
    if to in ("-", "singer"):
        return Target("lines" if to == "-" else "singer", None, state_file, full)
    path = Path(to)
    kind = _kind(path, to)
    if state_file:
        raise UsageProblem(f"{to} keeps the state beside the rows that belong to it, so --state is for --to - and singer only.")
    return Target(kind, path, None, full)


def _kind(path: Path, to: str) -> Kind:
    if path.suffix in DUCKDB and not path.is_dir():
        return "duckdb"
    if path.is_dir() or to.endswith("/") or not path.suffix:
        return "parquet"
    raise UsageProblem(
        f"--to {to}: a file is a DuckDB database, {', '.join(DUCKDB)}; a folder holds Parquet ({path.with_suffix('')}/); "
        "- is JSON lines, and singer Singer messages on the standard output."
    )


@contextmanager
def opened(where: Target, dataset: str, layouts: Mapping[str, Layout]) -> Iterator[Opened]:
    """The destination that *where* means, ready to begin. Raises UsageProblem or BuildError where it cannot be had."""
    match where:
        case Target("duckdb", Path() as file):
            with database(file, dataset, layouts, full=where.full) as found:
                yield Opened(found, counts=found.counts)
        case Target("parquet", Path() as path):
            with folder(path, dataset, layouts, full=where.full) as files:
                yield Opened(files.database, files.write, files.database.counts)
        case Target("singer"):
            given = StateFile(where.state_file).read() if where.state_file else {}
            messages = Singer(sys.stdout, layouts, given, where.full)
            messages.open()
            yield Opened(messages)
        case _:
            with _lines(where, layouts) as lines:
                yield Opened(lines)


@contextmanager
def _lines(where: Target, layouts: Mapping[str, Layout]) -> Iterator[Lines]:
    if where.state_file is None:
        lines = Lines(sys.stdout, layouts, None, where.full)
        lines.open()
        yield lines
        return
    with held(where.state_file) as file:
        lines = Lines(sys.stdout, layouts, file, where.full)
        lines.open()
        yield lines
