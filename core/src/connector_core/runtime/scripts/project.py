"""The project that a script belongs to: what it has to hold, and what has to be the same afterwards."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

from connector_core.runtime.scripts.configuration import fault_in
from connector_core.runtime.scripts.errors import ScriptError

CODE: Final = ("connector.py", "requirements.txt")
NEEDED: Final = ("connector.py", "configuration.json", "requirements.txt")


@frozen
class Project:
    """A built project: its folder, the dataset that it was built for, and the tables that it writes."""

    folder: Path
    dataset: str
    tables: tuple[str, ...]

    def check(self) -> None:
        """Raise ScriptError unless everything is there that a run or a deploy needs, and the configuration can be used."""
        self._check_files(NEEDED)
        if fault := fault_in(self.folder / "configuration.json", self.folder / "connector.lock.json"):
            raise ScriptError(f"configuration.json {fault}")

    def check_code(self) -> None:
        """Raise ScriptError unless everything is there that a package needs: of that, the configuration is no part."""
        self._check_files(CODE)

    def _check_files(self, needed: Iterable[str]) -> None:
        for name in needed:
            if not (self.folder / name).is_file():
                raise ScriptError(f"{name} is missing in {self.folder}. Build the project again: connector-build {self.dataset}")

    @property
    def requirements(self) -> Path:
        return self.folder / "requirements.txt"

    @contextmanager
    def kept_requirements(self, changed: Callable[[], object] | None = None) -> Iterator[None]:
        """requirements.txt is there afterwards: the `fivetran` command removes one that is empty.

        With *changed*, it is also as it was, whatever the command wrote into it; *changed* is called where that was something.
        """
        before = self.requirements.read_bytes()
        try:
            yield
        finally:
            after = self.requirements.read_bytes() if self.requirements.exists() else None
            if after is None or (changed and after != before):
                self.requirements.write_bytes(before)
                if changed:
                    changed()


def fivetran() -> str:
    """The ``fivetran`` command on PATH. Raises ScriptError when there is none."""
    found = shutil.which("fivetran")
    if found is None:
        raise ScriptError(
            "the fivetran command is not on PATH. Activate its virtualenv, or install it: "
            "pip install 'fivetran-connector-sdk>=3,<4'"
        )
    return found
