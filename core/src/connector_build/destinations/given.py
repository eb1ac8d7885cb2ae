"""The configuration of a run: a file, in which a value may stand for a variable of the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from connector_build.errors import UsageProblem
from connector_build.project.configuration import read_object
from connector_core.basics.names import one_line
from connector_core.plugin.assembly import Assembly
from connector_core.source.configuration import read_configuration

_VARIABLE: Final = "env:"


def configuration(assembly: Assembly, dataset: str, file: Path | None) -> dict[str, Any]:
    """The values in *file*, or of the built project of *dataset* where none is named; ``env:NAME`` is the variable NAME.

    Raises UsageProblem for a file that cannot be read, ConfigurationError, listing all that is wrong, for its values.
    """
    built = Path("dist", dataset, "configuration.json")
    if file is None and not built.is_file():
        raise UsageProblem(f"Say how to ask the API: --configuration FILE. Without it, {built} is read, which is not there.")
    raw = {name: _value(name, value, os.environ) for name, value in read_object(file or built).items()}
    read_configuration(assembly.settings, raw)
    return raw


def _value(name: str, value: Any, environment: Mapping[str, str]) -> Any:
    if not isinstance(value, str) or not value.startswith(_VARIABLE):
        return value
    variable = value.removeprefix(_VARIABLE).strip()
    found = environment.get(variable)
    if not found:
        what = f"the environment variable {one_line(variable, 60)}"
        raise UsageProblem(f"{one_line(name, 60)}: {what} is not set, or empty. Set it, and call this again.")
    return found
