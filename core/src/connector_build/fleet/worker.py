"""A process that builds one connector after the other for `connector-build --all`, each in a copy of itself.

Most of a build's time goes into importing what a build needs. This process has that done before it copies itself, and imports no
plugin: what a plugin does to its process, even ending it, is over with the copy.

Each line of its input is a JSON list of arguments for `connector-build`; to each it answers with one line, a JSON object.
"""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any, NoReturn


def serve() -> None:
    """Answer each line of the input, until it ends."""
    _prepare()
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(_build(json.loads(line)))}\n")
        sys.stdout.flush()


def _prepare() -> None:
    """Import what every build needs, and read once what every project holds."""
    import connector_build.project.output
    import connector_build.project.readme  # noqa: F401  (imported for the copies)
    from connector_build.errors import BuildError
    from connector_build.plugins.discovery import core
    from connector_build.project.shipping import imports_of, source_files

    try:
        for path, contents in source_files(core()).items():
            if path.endswith(".py"):
                imports_of(path, contents)
    except BuildError:
        pass  # each build will say so


def _build(arguments: Sequence[str]) -> dict[str, Any]:
    """How a build ended: its exit code, and what it printed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        copy = os.fork()
        if not copy:
            _be_the_command(arguments, out, err)
        _, status = os.waitpid(copy, 0)
        return {"code": os.waitstatus_to_exitcode(status), "out": _text(out), "err": _text(err)}


def _be_the_command(arguments: Sequence[str], out: IO[bytes], err: IO[bytes]) -> NoReturn:
    """In the copy: do what `connector-build` does with *arguments*, and end."""
    from connector_build.cli.main import main

    code: object = 1
    try:
        for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), out.fileno(), err.fileno())):
            os.dup2(file, number)
        try:
            main.main(list(arguments), prog_name="connector-build")
        except SystemExit as end:
            code = end.code or 0
        except BaseException:  # noqa: BLE001  (the copy must not go on as the process that it was)
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code if isinstance(code, int) else 1)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):  # whoever started this heard it too, and says so
        serve()
