"""A configuration file on this machine, checked before anything runs."""

import json
from pathlib import Path

from connector_build.errors import UsageProblem
from connector_core.plugin.assembly import Assembly
from connector_core.source.configuration import read_configuration


def check_configuration(assembly: Assembly, file: Path) -> None:
    """Raise UsageProblem unless *file* holds a JSON object; ConfigurationError, listing all that is wrong, for its values."""
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageProblem(f"{file}: cannot be read: {error.strerror}. Name the configuration with --configuration.") from None
    except ValueError as error:
        raise UsageProblem(f'{file}: is not JSON: {error}. Write one object of texts, such as {{"api_key": "…"}}.') from None
    if not isinstance(raw, dict):
        raise UsageProblem(f"{file}: holds a JSON {type(raw).__name__}, not an object of setting names and texts.")
    read_configuration(assembly.settings, raw)
