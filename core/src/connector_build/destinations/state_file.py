"""The state of runs whose destination cannot keep it: a JSON file, replaced as a whole."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from connector_build.errors import BuildError, UsageProblem

fcntl: Any = import_module("fcntl") if find_spec("fcntl") else None
_OPEN: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


@frozen
class StateFile:
    """The file that a state is kept in."""

    path: Path

    def read(self) -> dict[str, Any]:
        """What it holds; an empty state where it is not there, or empty. Raises UsageProblem for what is no state."""
        try:
            text = self.path.read_text(encoding="utf-8")
            found = json.loads(text) if text.strip() else {}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UsageProblem(f"{self.path}: cannot be read: {error.strerror}. Name another file with --state.") from None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise UsageProblem(f"{self.path}: is no state, which is one JSON object. Name another file with --state.")
        return found

    def write(self, state: Mapping[str, Any]) -> None:
        """Put *state* into its place: the file holds the old one or the new one, whatever happens."""
        part = self.path.with_name(f".{self.path.name}.part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)


@contextmanager
def held(path: Path) -> Iterator[StateFile]:
    """The state file at *path*, for one run at a time. Raises BuildError while another has it, UsageProblem without a folder."""
    beside = path.with_name(f".{path.name}.lock")
    try:
        lock = os.open(beside, _OPEN, 0o600)
    except OSError as error:
        raise UsageProblem(
            f"{path}: nothing can be written beside it: {error.strerror}. Name another file with --state."
        ) from None
    try:
        try:
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildError(f"{path} belongs to another run that is still going on. Wait for it, or end it.") from None
        yield StateFile(path)
    finally:
        os.close(lock)
