"""Whether what we name as the next command works as typed: in whatever shell the reader has."""

import os
import shlex
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Final

COMMANDS: Final = ("connector-build", "fivetran")
"""What next steps name, and what the scripts of a project look for."""


def activation(environment: Mapping[str, str] | None = None, scripts: Path | None = None, here: Path | None = None) -> str | None:
    """The line that puts the commands of this installation on the path; None where they are there.

    environment, scripts, here: the variables, the folder of the commands and the current folder, if not those of this process.
    """
    variables = os.environ if environment is None else environment
    folder = Path(sysconfig.get_path("scripts")) if scripts is None else scripts
    own = [folder / name for name in COMMANDS if (folder / name).is_file()]
    path = _of_the_reader(variables, folder)
    if all(_finds(each, path) for each in own):
        return None
    shown = _from_here(folder, Path.cwd() if here is None else here)
    if (folder / "activate").is_file():
        return f"source {shlex.quote(str(shown / 'activate'))}"
    return f"export PATH={shlex.quote(str(folder))}:$PATH"


def _of_the_reader(variables: Mapping[str, str], folder: Path) -> str:
    """The path that a shell has; tox puts its environment in front of it, for as long as it runs alone."""
    path = variables.get("PATH", os.defpath)
    if "TOX_ENV_DIR" not in variables:
        return path
    return os.pathsep.join(part for part in path.split(os.pathsep) if Path(part) != folder)


def _finds(command: Path, path: str) -> bool:
    found = shutil.which(command.name, path=path)
    return found is not None and Path(found).resolve() == command.resolve()


def _from_here(folder: Path, here: Path) -> Path:
    """*folder* as it is typed in *here*."""
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
