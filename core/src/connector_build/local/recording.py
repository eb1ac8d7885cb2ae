"""`fivetran debug` with a line in the history of local runs."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from connector_build.local.fivetran import DebugRun, debug
from connector_core.runtime.scripts.command import Tail
from connector_core.runtime.scripts.endings import Ended
from connector_core.runtime.scripts.runs import Ran, interrupted, note


def recorded(
    project: Path, configuration: Path, *, on_line: Callable[[str], None] | None = None, warn: Callable[[str], None]
) -> DebugRun:
    """`debug`, and a line about it in the history of *project*. That it cannot be written is told to *warn*, and ends nothing.

    A run that Ctrl-C ends is written down too. Raises BuildError where the command cannot be started, as `debug` does: that was
    no run.
    """
    began = datetime.now(UTC)
    heard = Tail()

    def hear(printed: str) -> None:
        heard.add(f"{printed}\n")
        if on_line is not None:
            on_line(printed)

    try:
        run = debug(project, configuration, on_line=hear)
    except (KeyboardInterrupt, Ended):
        note(project, configuration, interrupted(heard.text), began, warn)
        raise
    note(project, configuration, ran(run), began, warn)
    return run


def ran(run: DebugRun) -> Ran:
    """*run* as the history wants it."""
    return Ran(run.output, run.error or "", run.operations["checkpoints"])
