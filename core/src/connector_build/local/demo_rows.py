"""The rows and the state that a demo leaves in a project, and those of others there, which it must not touch."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Final

from connector_build.errors import BuildError
from connector_core.runtime.scripts.warehouse import warehouse

_MARK: Final = "demo.json"
"""Lies beside the warehouse. It says what state the demo has left: another one was made by a run since, none of ours."""


def check_no_other_rows(project: Path) -> None:
    """Raise BuildError where *project* has rows or a state that no demo left."""
    folder = warehouse(project).parent
    if _state(project) is None and not warehouse(project).exists():
        return
    if _marked(folder) != _state(project):
        raise BuildError(
            f"{folder} has the rows and the state of runs against a real API, and a demo begins with none. Nothing was changed. "
            "Choose another folder with --output, or none; or forget them: fivetran reset in that project."
        )


def leave_mark(project: Path) -> None:
    """Write down that the rows and the state in *project* are those of a demo."""
    folder = warehouse(project).parent
    if folder.is_dir():
        (folder / _MARK).write_text(json.dumps({"state": _state(project)}) + "\n", encoding="utf-8")


def _state(project: Path) -> str | None:
    try:
        return sha256(warehouse(project).with_name("state.json").read_bytes()).hexdigest()
    except OSError:
        return None


def _marked(folder: Path) -> str | None:
    """The state of which a demo has said that it is its own; empty where none did."""
    try:
        said = json.loads((folder / _MARK).read_text(encoding="utf-8"))
        return said["state"] if isinstance(said["state"], str | None) else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
