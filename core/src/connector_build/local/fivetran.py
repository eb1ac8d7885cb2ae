"""Running the real `fivetran` command on a built project, and reading what it leaves behind.

`fivetran debug` uses a proprietary package, which is only ever run through that command and never imported here.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from connector_build.errors import BuildError

if TYPE_CHECKING:
    import duckdb

OPERATIONS: Final = ("upserts", "updates", "deletes", "truncates", "schema_changes", "checkpoints")

_LINES_KEPT: Final = 5000
_WIDTH_KEPT: Final = 4000
_PATIENCE: Final = 5.0  # seconds from asking the command to end until it is made to
_COUNT: Final = re.compile(r"^\s*([A-Z][a-z ]+?)\s*\|\s*(\d[\d,]*)\s*$", re.MULTILINE)
_SUCCEEDED: Final = re.compile(r"^\S+ INFO\W+sdk\s+SYNC SUCCEEDED\b", re.MULTILINE)
_SEVERE: Final = re.compile(r"^\d\d:\d\d:\d\d\S* SEVERE\W+(sdk|connector)\s+(.*)")
_MESSAGE: Final = re.compile(
    r"^Error: (?:failed while executing \w+\(\) error: ?)?(?:Connector Sdk Task\. Message: )?(.*?)"
    r"(?:^Traceback \(most recent call last\):|^See logs above|\Z)",
    re.MULTILINE | re.DOTALL,
)
_NAMELESS: Final = re.compile(r"^(\w[\w.]*): the message is above$", re.MULTILINE)


@frozen(hash=False)
class DebugRun:
    """How one `fivetran debug` went.

    operations: each of OPERATIONS → its count; 0 where the command printed no summary.
    state:      what the next sync starts from; None where no checkpoint was ever recorded.
    output:     what the command printed; of very much the last lines, of a very long line the start.
    error:      None when the sync ended well; else one paragraph without a traceback. It is also set where the command says
                0 although no sync succeeded, as it does for a connector that calls `sys.exit()`.
    """

    returncode: int
    operations: Mapping[str, int]
    state: Mapping[str, Any] | None = field(repr=False)
    output: str = field(repr=False)
    error: str | None


@frozen(hash=False)
class TableRows:
    """The first rows of a table in `files/warehouse.db`, and how many live ones it has.

    columns: name → DuckDB type, without Fivetran's own; none when there is no such table.
    rows:    Python values in the order of *columns*; a time with a zone as text.
    """

    name: str
    columns: Mapping[str, str]
    rows: Sequence[tuple[Any, ...]] = field(repr=False)
    total: int


def without_traceback(on_line: Callable[[str], None]) -> Callable[[str], None]:
    """*on_line*, spared the tracebacks that the command logs; they are also in its crash report, in ``crash-reports/``."""
    inside = False

    def show(line: str) -> None:
        nonlocal inside
        # The log indents whatever belongs to an entry, so the next line that is not indented starts another one.
        inside = (inside and line[:1] in ("", " ")) or line.lstrip().startswith("Traceback (most recent call last):")
        if not inside:
            on_line(line)

    return show


def find_fivetran() -> Path:
    """The `fivetran` command: the one beside this Python, else the first on PATH. Raises BuildError when there is none."""
    found = shutil.which("fivetran", path=str(Path(sys.executable).parent)) or shutil.which("fivetran")
    if found is None:
        raise BuildError(
            "The fivetran command is neither beside this Python nor on PATH. "
            "Install it into this environment: pip install 'fivetran-connector-sdk>=3,<4'"
        )
    return Path(found)


def debug(project: Path, configuration: Path, *, on_line: Callable[[str], None] | None = None) -> DebugRun:
    """Run `fivetran debug` in *project*, whose requirements.txt is complete, and hand each line that it prints to *on_line*.

    Raises BuildError when the command cannot be started; how the sync went is the answer's to say. The command ends with
    this call, whatever ends it.
    """
    returncode, output = _run(project, ["debug", "--configuration", str(configuration.absolute())], on_line)
    return DebugRun(returncode, read_operations(output), _read_state(project), output, read_error(output, returncode, project))


def reset(project: Path) -> None:
    """Remove what earlier debug runs left in *project*: the tables and the state. Raises BuildError when that fails."""
    if not (project / "files").exists():
        return
    returncode, output = _run(project, ["reset", "--yes"], None)
    # The command may say 0 without having removed anything: old rows would then pass for new ones.
    if returncode or _warehouse(project).exists():
        raise BuildError(
            f"fivetran reset failed in {project}: {_paragraph(output) or 'it said nothing'}. "
            f"Close what has {_warehouse(project)} open, then try again."
        )


def read_operations(output: str) -> dict[str, int]:
    """The counts in the summary that `fivetran debug` prints, by the names in OPERATIONS."""
    counts = {name.lower().replace(" ", "_"): int(count.replace(",", "")) for name, count in _COUNT.findall(output)}
    return {name: counts.get(name, 0) for name in OPERATIONS}


def read_error(output: str, returncode: int, project: Path) -> str | None:
    """What `fivetran debug` says went wrong, as one paragraph with paths relative to *project*; None when nothing did."""
    if returncode == 0 and _SUCCEEDED.search(output):
        return None
    found = _paragraph(_message(_severe(output))).replace(f"{project.resolve()}{os.sep}", "")
    if found:
        return found
    end = f"was ended by signal {-returncode}" if returncode < 0 else f"ended with exit code {returncode}"
    lines = output.strip().splitlines()
    last = f" The last line it printed: {_paragraph(lines[-1])}" if lines else " It printed nothing."
    return f"fivetran debug {end} before the sync was complete, and does not say why.{last}"


def read_tables(project: Path, names: Sequence[str], limit: int | None) -> list[TableRows]:
    """The first *limit* live rows (None: all) of each table in *project*, after a debug run.

    Raises BuildError when duckdb is missing or the warehouse cannot be read.
    """
    if not _warehouse(project).exists():
        return [TableRows(name, {}, (), 0) for name in names]
    try:
        import duckdb
    except ImportError:
        raise BuildError("The module duckdb, which reads files/warehouse.db, is missing: pip install duckdb") from None
    try:
        with duckdb.connect(str(_warehouse(project)), read_only=True) as database:
            return [_read_table(database, name, limit) for name in names]
    except duckdb.Error as error:
        raise BuildError(
            f"{_warehouse(project)} cannot be read: {_paragraph(str(error))}. Close what else has it open."
        ) from None


def plain(name: str) -> str:
    """A table's or column's name as it compares with what is stored: Fivetran may rewrite names (rows2 as rows_2)."""
    return re.sub(r"[\W_]", "", name).lower()


def _read_table(database: "duckdb.DuckDBPyConnection", name: str, limit: int | None) -> TableRows:
    stored = database.execute("SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL").fetchall()
    source = min((pair for pair in stored if plain(pair[1]) == plain(name)), key=lambda pair: pair[1] != name, default=None)
    if source is None:
        return TableRows(name, {}, (), 0)
    table = ".".join(map(_quoted, source))
    types = {row[0]: row[1] for row in database.execute(f"DESCRIBE {table}").fetchall()}
    columns = {column: kind for column, kind in types.items() if not column.startswith("_fivetran_")}
    live = f"FROM {table}" + (" WHERE _fivetran_deleted IS NOT TRUE" if "_fivetran_deleted" in types else "")
    (total,) = database.execute(f"SELECT count(*) {live}").fetchone() or (0,)
    wanted = ", ".join(_selected(column, kind) for column, kind in columns.items()) or "NULL"
    rows = database.execute(f"SELECT {wanted} {live}" + (f" LIMIT {limit:d}" if limit is not None else "")).fetchall()
    return TableRows(name, columns, rows, total)


def _selected(column: str, kind: str) -> str:
    # DuckDB hands over a time with a zone only where pytz is installed.
    return f"CAST({_quoted(column)} AS VARCHAR)" if "WITH TIME ZONE" in kind else _quoted(column)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _warehouse(project: Path) -> Path:
    return project / "files" / "warehouse.db"


def _read_state(project: Path) -> dict[str, Any] | None:
    try:
        state = json.loads((project / "files" / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def _run(project: Path, arguments: Sequence[str], on_line: Callable[[str], None] | None) -> tuple[int, str]:
    """Run the command in *project*; its exit code and what it printed."""
    command = [str(find_fivetran()), *arguments]
    kept: deque[str] = deque(maxlen=_LINES_KEPT)
    with _environment() as environment, _no_version_check():
        try:
            child = subprocess.Popen(
                command,
                cwd=project,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise BuildError(f"fivetran {arguments[0]} cannot be started in {project}: {error.strerror}.") from None
        with child:
            try:
                for line in child.stdout or ():
                    text = line.rstrip("\n")
                    kept.append(text[:_WIDTH_KEPT])
                    if on_line is not None:
                        on_line(text)
                return child.wait(), "\n".join(kept)
            finally:
                _end(child)


def _end(child: subprocess.Popen[str]) -> None:
    """Make sure that the command has ended, after Ctrl-C and whatever else interrupted us."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()


@contextmanager
def _environment() -> Iterator[dict[str, str]]:
    """The environment of the command.

    The command has `pipreqs` guess requirements, which waits for a package index where none can be reached. Here there is
    nothing to guess, because connector-build has written requirements.txt: a `pipreqs` that does nothing is found first.
    """
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    with tempfile.TemporaryDirectory(prefix="connector-build-") as folder:
        stand_in = Path(folder, "pipreqs")
        stand_in.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        stand_in.chmod(0o700)
        yield {
            "DO_NOT_TRACK": "1",
            **kept,
            "PATH": os.pathsep.join([folder, kept.get("PATH", os.defpath)]),
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUNBUFFERED": "1",
        }


@contextmanager
def _no_version_check() -> Iterator[None]:
    """Keep the command from looking for a newer release of itself, which waits where the package index cannot be reached.

    It looks unless a file in the home folder says that it did so lately. The file is borrowed for the run, and afterwards
    is as it was, so that the command tells of a newer release whenever it is called by hand.
    """
    file = Path.home() / ".fivetran" / "connector_sdk" / "_last_version_check"
    before = file.read_bytes() if file.is_file() else None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(int(time.time())), encoding="utf-8")
    except OSError:
        # A home that cannot be written: the command will look, and say so.
        yield
        return
    try:
        yield
    finally:
        file.unlink(missing_ok=True) if before is None else file.write_bytes(before)


def _severe(output: str) -> str:
    """The last SEVERE entry of the log, the command's own before one of the connector's; its lines without indentation."""
    entries: dict[str, list[str]] = {}
    entry: list[str] | None = None
    for line in output.splitlines():
        if start := _SEVERE.match(line):
            entry = entries[start[1]] = [start[2]]
        elif not line[:1].isspace() and line:
            entry = None
        elif entry is not None:
            entry.append(line.strip())
    return "\n".join(entries.get("sdk") or entries.get("connector") or ())


def _message(severe: str) -> str:
    """The message in a SEVERE entry; where the connector raised one without words, the exception's name."""
    found = _MESSAGE.search(severe)
    if found is None:
        return severe.removeprefix("✗ ")
    nameless = _NAMELESS.findall(severe)
    return found[1].strip() or (f"The connector raised {nameless[-1]} without a message." if nameless else severe)


def _paragraph(text: str) -> str:
    return " ".join(text.split())
