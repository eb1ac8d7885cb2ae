"""Running the real `fivetran` command on a built project, and reading what it leaves behind.

`fivetran debug` uses a proprietary package, which is only ever run through that command and never imported here.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from connector_build.errors import BuildError
from connector_core.runtime.scripts import warehouse as warehouses
from connector_core.runtime.scripts.api_keys import without_key
from connector_core.runtime.scripts.command import Tail, run, surroundings
from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.history import carried
from connector_core.runtime.scripts.summary import OPERATIONS, read_operations, succeeded
from connector_core.runtime.scripts.warehouse import TableRows, WarehouseError, plain, read_state, warehouse

__all__ = [
    "OPERATIONS",
    "DebugRun",
    "TableRows",
    "debug",
    "find_fivetran",
    "plain",
    "read_error",
    "read_operations",
    "read_tables",
    "reset",
    "without_traceback",
]

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


def debug(
    project: Path,
    configuration: Path,
    *,
    on_line: Callable[[str], None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> DebugRun:
    """Run `fivetran debug` in *project*, whose requirements.txt is complete, and hand each line that it prints to *on_line*.

    environment: further variables for it.

    Raises BuildError when the command cannot be started; how the sync went is the answer's to say. The command ends with
    this call, whatever ends it.
    """
    returncode, output = _run(project, ["debug", "--configuration", str(configuration.absolute())], on_line, environment)
    return DebugRun(returncode, read_operations(output), read_state(project), output, read_error(output, returncode, project))


def reset(project: Path) -> None:
    """Remove what earlier debug runs left in *project*: the tables and the state, not the history of the runs.

    Raises BuildError when that fails.
    """
    if not (project / "files").exists():
        return
    with carried(project):
        returncode, output = _run(project, ["reset", "--yes"], None)
    # The command may say 0 without having removed anything: old rows would then pass for new ones.
    if returncode or warehouse(project).exists():
        raise BuildError(
            f"fivetran reset failed in {project}: {_paragraph(output) or 'it said nothing'}. "
            f"Close what has {warehouse(project)} open, then try again."
        )


def read_error(output: str, returncode: int, project: Path) -> str | None:
    """What `fivetran debug` says went wrong, as one paragraph with paths relative to *project*; None when nothing did."""
    if returncode == 0 and succeeded(output):
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
    try:
        return warehouses.read_tables(project, names, limit)
    except WarehouseError as error:
        raise BuildError(str(error)) from None


def _run(
    project: Path,
    arguments: Sequence[str],
    on_line: Callable[[str], None] | None,
    more: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run the command in *project*, with *more* in its environment; its exit code and what it printed."""
    said = Tail()
    # The project has to run with what it holds and what is installed.
    kept = {name: value for name, value in without_key(os.environ).items() if name not in ("PYTHONPATH", "PYTHONHOME")}

    def hear(piece: str) -> None:
        said.add(piece)
        show(piece)

    show = by_line(on_line)
    with surroundings({"DO_NOT_TRACK": "1", **kept, **(more or {})}) as environment, _no_version_check():
        try:
            returncode = run([str(find_fivetran()), *arguments], project, environment, hear, stdin=subprocess.DEVNULL)
        except ScriptError as error:
            raise BuildError(str(error)) from None
    return returncode, said.text.removesuffix("\n")


def by_line(on_line: Callable[[str], None] | None) -> Callable[[str], None]:
    """What hands whole lines to *on_line*, if there is one, of a text that comes in pieces."""
    waiting: list[str] = []

    def show(piece: str) -> None:
        waiting.append(piece)
        if on_line is not None and piece.endswith("\n"):
            line = "".join(waiting).removesuffix("\n")
            waiting.clear()
            on_line(line)

    return show


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
