"""The configuration of a run: a file, in which a value may stand for a variable of the environment."""

from pathlib import Path
from typing import Any

from connector_build.errors import UsageProblem
from connector_build.project.configuration import check_configuration
from connector_core.plugin.assembly import Assembly


def configuration(assembly: Assembly, dataset: str, file: Path | None) -> dict[str, Any]:
    """The values in *file*, or of the built project of *dataset* where none is named; ``env:NAME`` is the variable NAME.

    Raises UsageProblem for a file that cannot be read, ConfigurationError, listing all that is wrong, for its values.
    """
    built = Path("dist", dataset, "configuration.json")
    if file is None and not built.is_file():
        raise UsageProblem(f"Say how to ask the API: --configuration FILE. Without it, {built} is read, which is not there.")
    return check_configuration(assembly, file or built)
