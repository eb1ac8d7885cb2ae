"""A process that builds one connector after the other for `connector-build --all`, each in a copy of itself.

Most of a build's time goes into importing what a build needs. This process has that done before it copies itself, and imports
no plugin: what a plugin does to its process, even ending it, is over with the copy. Where a process cannot copy itself, it builds
one connector and is then of no more use.

Each line of its input is a JSON object, what `project.making.build_into` is to be called with. To each it answers with one line,
an `Ended` as JSON: on the output that it was started with, which no plugin can print on.
"""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn

from attrs import asdict, frozen


@frozen
class Ended:
    """How a build ended; *said*: its report, or why there is none."""

    built: bool
    said: str


def serve() -> None:
    """Answer each line of the input, until it ends."""
    answers = _output_of_our_own()
    _prepare()
    for line in sys.stdin:
        order = json.loads(line)
        answers.write(f"{json.dumps(asdict(_in_a_copy(order) if hasattr(os, 'fork') else build(order)))}\n")
        answers.flush()


def _output_of_our_own() -> IO[str]:
    """What is standard output now; whatever else is printed from here on goes nowhere."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return answers


def _prepare() -> None:
    """Import what every build needs, and read once what every project holds."""
    import connector_build.project.making  # noqa: F401  (imported for the copies)
    from connector_build.errors import BuildError
    from connector_build.plugins.discovery import core
    from connector_build.plugins.imports import imports_of
    from connector_build.project.shipping import source_files

    try:
        for path, contents in source_files(core()).items():
            if path.endswith(".py"):
                imports_of(path, contents)
    except BuildError:
        pass  # each build will say so


def build(order: Mapping[str, Any]) -> Ended:
    """Build what *order* says, and say how that ended."""
    from connector_build.errors import as_problem
    from connector_build.project.making import build_into

    choice = {**order, "folder": Path(order["folder"]), "files": [Path(file) for file in order["files"]]}
    try:
        return Ended(True, build_into(**choice))
    except Exception as error:  # noqa: BLE001  (whatever it is, the others go on)
        return Ended(False, str(as_problem(error)))


def _in_a_copy(order: Mapping[str, Any]) -> Ended:
    with tempfile.TemporaryFile() as ended, tempfile.TemporaryFile() as printed:
        copy = os.fork()
        if not copy:
            _be_a_build(order, ended, printed)
        _, status = os.waitpid(copy, 0)
        # What counts is what the build said when it was done: a plugin may end the process with 0 before that.
        if said := _text(ended):
            return Ended(**json.loads(said))
        code = os.waitstatus_to_exitcode(status)
        end = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return Ended(False, f"its process {end} before it was built. {_text(printed)}".strip())


def _be_a_build(order: Mapping[str, Any], ended: IO[bytes], printed: IO[bytes]) -> NoReturn:
    """In the copy: build, say how that ended, and end."""
    try:
        for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), printed.fileno(), printed.fileno())):
            os.dup2(file, number)
        ended.write(json.dumps(asdict(build(order))).encode())
        ended.flush()
    except BaseException:  # noqa: BLE001  (a plugin may raise what is no Exception)
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)  # the copy must not go on as the process that it was


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):  # whoever started this heard it too, and says so
        serve()
