"""The entry of both scripts: ``python -m connector_core.runtime.scripts VERB DATASET "TABLE TABLE" ARGUMENT...``.

Of what ships, only this module ends a process; it is never imported by a sync.
"""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from connector_core.basics.names import one_line
from connector_core.runtime.scripts.debugging import debug_and_reset
from connector_core.runtime.scripts.deploying import deploy
from connector_core.runtime.scripts.endings import INTERRUPTED, Ended, endings
from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.project import Project
from connector_core.runtime.scripts.terminal import Terminal

VERBS: Final[dict[str, Callable[[Project, Sequence[str], Terminal], int]]] = {
    "debug_and_reset": debug_and_reset,
    "deploy": deploy,
}


def main(*given: str) -> int:
    """Run a script in the project that is the current folder; the exit code. Every failure is one paragraph."""
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        # A terminal may not know ✓, and what is typed may be no text.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # they are files
    terminal = Terminal.of(sys.stdout, sys.stderr, sys.stdin, os.environ)
    try:
        with endings():
            code = _run(given, terminal)
            sys.stdout.flush()
            return code
    except ScriptError as error:
        return _ended(error.code, f"Error: {error}", terminal)
    except KeyboardInterrupt:
        return _ended(INTERRUPTED, "\nInterrupted.", terminal)
    except Ended as ended:
        return ended.code
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001  (whatever it is, no traceback: its frames hold the key)
        return _ended(1, f"Error: the script failed, with {type(error).__name__}: {one_line(error)}. Please report it.", terminal)


def _run(given: Sequence[str], terminal: Terminal) -> int:
    match given:
        case [verb, dataset, tables, *arguments] if verb in VERBS:
            return VERBS[verb](Project(Path.cwd(), dataset, tuple(tables.split())), arguments, terminal)
        case _:
            raise ScriptError("this is what the scripts of a project start. Run ./debug_and_reset.sh or ./deploy.sh there.")


def _ended(code: int, text: str, terminal: Terminal) -> int:
    with suppress(OSError):  # the terminal may be gone
        terminal.complain(text)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
