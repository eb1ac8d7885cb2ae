"""Running the ``fivetran`` command: what surrounds it, what it prints as soon as it prints it, and that it ends when we do."""

import codecs
import math
import os
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attrs import field, frozen

from connector_core.runtime.scripts.endings import Ended, interrupt
from connector_core.runtime.scripts.errors import ScriptError

CHUNK: Final = 65_536
QUIET: Final = 0.1
"""Seconds after which a line that does not go on is shown as it is: it may be a question."""
LONG: Final = 60.0
"""Seconds that one look at a silent command takes; there is no hurry."""
PIECES_KEPT: Final = 5000
WIDTH_KEPT: Final = 4000
PATIENCE: Final = 5.0
"""Seconds from asking the command to end until it is made to."""


@contextmanager
def surroundings(kept: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment for the command: *kept*, and what lets it print at once and guess nothing.

    The command has ``pipreqs`` guess what the connector needs, which waits where no package index can be reached, and may end
    in other versions than those that the connector was built with. The build has written requirements.txt, so there is nothing
    to guess: a ``pipreqs`` that does nothing is found first.

    Temporary files of the command go into a folder that ends with the block: a command that is told to end may leave some behind.
    """
    with TemporaryDirectory(prefix="connector-", ignore_cleanup_errors=True) as folder:
        temporary = Path(folder, "tmp")
        temporary.mkdir()
        stand_in = Path(folder, "pipreqs")
        stand_in.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        stand_in.chmod(0o700)
        path = os.pathsep.join([folder, kept.get("PATH", os.defpath)])
        yield {**kept, "PATH": path, "TMPDIR": str(temporary), "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    show: Callable[[str], object],
    *,
    stdin: int | None = None,
    errors: int | None = subprocess.STDOUT,
    grace: float = 0.0,
) -> int:
    """Run *command* in *folder*, hand to *show* each line that it prints, and return its exit code.

    A piece of a line that does not go on is handed over as it is; what follows comes as a piece of its own. The command ends
    with this call, whatever ends that. After Ctrl-C, which reaches it as well, or when we are told to end and pass that on as
    Ctrl-C, it has *grace* seconds to tidy up and end by itself.

    Raises ScriptError when it cannot be started.
    """
    try:
        child = subprocess.Popen(command, cwd=folder, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=errors)
    except OSError as error:
        raise ScriptError(f"{' '.join(command[:2])} cannot be started in {folder}: {error.strerror}.") from None
    assert child.stdout  # noqa: S101  (it is a pipe)
    with child:
        try:
            _pass_on(pieces(child.stdout.fileno()), show)
            return child.wait()
        except (KeyboardInterrupt, Ended) as ending:
            if isinstance(ending, Ended) and grace:
                interrupt(child)
            _pass_on(pieces(child.stdout.fileno(), grace), show)
            raise
        finally:
            _end(child)


def _pass_on(found: Iterator[str], show: Callable[[str], object]) -> None:
    for piece in found:
        show(piece)


def pieces(pipe: int, most: float = math.inf) -> Iterator[str]:
    """What comes out of *pipe* until its end, or for *most* seconds: lines, and of a line that pauses what is there."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    last = time.monotonic() + most
    text = ""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (left := last - time.monotonic()) > 0:
            if not selector.select(min(left, QUIET) if text else min(left, LONG)):
                if text:
                    yield text
                    text = ""
                continue
            data = os.read(pipe, CHUNK)
            if not data:
                break
            *lines, text = (text + decoder.decode(data)).split("\n")
            yield from (f"{line}\n" for line in lines)
    if text:
        yield text


@frozen
class Tail:
    """What a command has printed: of very much the last pieces, of a very long line the start."""

    pieces: deque[str] = field(factory=lambda: deque(maxlen=PIECES_KEPT))

    def add(self, piece: str) -> None:
        self.pieces.append(piece if len(piece) <= WIDTH_KEPT else piece[:WIDTH_KEPT] + "\n")

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Make sure that the command has ended."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
