"""The entry of both scripts: ``python -m connector_core.runtime.scripts VERB DATASET "TABLE TABLE" ARGUMENT...``.

Of what ships, only this module ends a process; it is never imported by a sync.
"""

import os
import sys
from collections.abc import Callable, Sequence
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


def main(verb: str, dataset: str, tables: str, *arguments: str) -> int:
    """Run a script in the project that is the current folder; the exit code. Every failure is one paragraph."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may not know ✓
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]  # what is typed may be no text
    terminal = Terminal.of(sys.stdout, sys.stderr, sys.stdin, os.environ)
    try:
        with endings():
            code = VERBS[verb](Project(Path.cwd(), dataset, tuple(tables.split())), arguments, terminal)
            sys.stdout.flush()
    except ScriptError as error:
        terminal.complain(f"Error: {error}")
        return error.code
    except KeyboardInterrupt:
        terminal.complain("\nInterrupted.")
        return INTERRUPTED
    except Ended as ended:
        return ended.code
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001  (whatever it is, no traceback: its frames hold the key)
        terminal.complain(f"Error: {verb}.sh itself failed, with {type(error).__name__}: {one_line(error)}. Please report it.")
        return 1
    return code


sys.exit(main(*sys.argv[1:]))
