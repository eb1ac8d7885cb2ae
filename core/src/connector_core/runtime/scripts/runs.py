"""What the history of local runs says of one: what was run, how it ended, and what it left."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from connector_core.basics.discretion import strike
from connector_core.basics.names import one_line
from connector_core.runtime.scripts.history import add, history
from connector_core.runtime.scripts.warehouse import as_object, touched

MESSAGE: Final = 300
"""So many characters of a message are kept."""
INTERRUPTED: Final = "It was interrupted before the sync was complete."
_PAGES: Final = re.compile(r"\b\d+ records? from (\d+) pages?\b")
_RECORDED: Final = re.compile(r"checkpoint recorded: *\{")


@frozen
class Ran:
    """A run of `fivetran debug`: what it printed, why it failed (empty: it did not), and its checkpoints."""

    output: str = field(repr=False)
    error: str
    checkpoints: int


def interrupted(output: str) -> Ran:
    """A run that was ended from here, after it had printed *output*."""
    return Ran(output, INTERRUPTED, len(_RECORDED.findall(output)))


def note(project: Path, configuration: Path, run: Ran, began: datetime, warn: Callable[[str], None]) -> None:
    """Write a line about *run*, which *began* at that time, into the history of *project*.

    That it cannot be written is told to *warn*, and ends nothing.
    """
    file = history(project)
    try:
        add(file, entry(project, configuration, run, began), warn)
    except OSError as error:
        warn(f"{file}: the history of local runs cannot be written: {error.strerror}. Check who may write there.")


def entry(project: Path, configuration: Path, run: Ran, began: datetime) -> dict[str, Any]:
    """What the history says of *run*, which *began* at that time: no secret of *configuration*, no path of a person's home.

    Shape: ``{"began": "2026-01-02T03:04Z", "dataset": …, "versions": {source: version}, "enabled": [option], "error": "" or
    the beginning of the message, "tables": {table: {"upserted": rows, "deleted": rows}}, "pages": …, "checkpoints": …,
    "state_bytes": …}``. *pages* are those of the tables that were read to their end.
    """
    # There is no end and no duration, and none may be added: the licence of the local core, which `fivetran debug` runs,
    # forbids timings of it. For the same reason a run begins at a minute: between the beginnings of two runs of a demo, told to
    # the second, the first of them could be read off.
    lock = _object(project / "connector.lock.json")
    state = project / "files" / "state.json"
    return {
        "began": f"{began:%Y-%m-%dT%H:%MZ}",
        "dataset": lock.get("dataset", ""),
        "versions": {each["name"]: each["version"] for each in lock.get("sources", ())},
        "enabled": lock.get("enabled", []),
        "error": _message(run.error, _secrets(lock, _object(configuration))),
        "tables": touched(project, list(lock.get("tables", {})), began),
        "pages": sum(int(number) for number in _PAGES.findall(run.output)),
        "checkpoints": run.checkpoints,
        "state_bytes": state.stat().st_size if state.is_file() else 0,
    }


def _object(file: Path) -> Mapping[str, Any]:
    try:
        return as_object(file.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError):
        return {}


def _secrets(lock: Mapping[str, Any], configuration: Mapping[str, Any]) -> list[str]:
    """The values that *configuration* has for the secret settings of the project."""
    secret = [name for name, setting in lock.get("settings", {}).items() if setting.get("secret")]
    return [text for name in secret if (text := str(configuration.get(name) or "").strip())]


def _message(error: str, secrets: Iterable[str]) -> str:
    """The first line of *error*, fit to be kept."""
    text = strike(secrets, (error.splitlines() or [""])[0])
    for home in {str(Path.home()), str(Path.home().resolve())} - {"/"}:
        text = text.replace(home, "~")
    return one_line(text, MESSAGE)
