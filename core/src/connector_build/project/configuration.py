"""A configuration file on this machine, checked before anything runs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from connector_build.errors import UsageProblem
from connector_core.basics.names import one_line
from connector_core.plugin.assembly import Assembly
from connector_core.source.configuration import read_configuration

VARIABLE: Final = "env:"
"""What a value begins with that stands for a variable of the environment."""


def check_configuration(assembly: Assembly, file: Path) -> dict[str, Any]:
    """The object in *file*, which is read once: it may be a pipe. A value ``env:NAME`` is the variable NAME.

    Raises UsageProblem unless it holds a JSON object; ConfigurationError, listing all that is wrong, for its values.
    """
    raw = with_variables(read_object(file))
    read_configuration(assembly.settings, raw)
    return raw


def with_variables(raw: Mapping[str, Any]) -> dict[str, Any]:
    """*raw* with the variables of the environment that its values name. Raises UsageProblem for one that is not set."""
    return {name: _value(name, value) if is_variable(value) else value for name, value in raw.items()}


def is_variable(value: Any) -> bool:
    """Whether it names a variable of the environment."""
    return isinstance(value, str) and value.startswith(VARIABLE)


def _value(name: str, value: str) -> str:
    variable = value.removeprefix(VARIABLE).strip()
    if not (found := os.environ.get(variable)):
        what = f"the environment variable {one_line(variable, 60)}"
        raise UsageProblem(f"{one_line(name, 60)}: {what} is not set, or empty. Set it, and call this again.")
    return found


def read_object(file: Path, option: str = "--configuration") -> dict[str, Any]:
    """The JSON object in *file*, which *option* names. Raises UsageProblem where it holds none."""
    try:
        text = file.read_text(encoding="utf-8")
        raw = json.loads(text) if text.strip() else None
    except OSError as error:
        raise UsageProblem(f"{file}: cannot be read: {error.strerror}. Name the configuration with {option}.") from None
    except UnicodeDecodeError:
        raise UsageProblem(f"{file}: is not UTF-8 text. {_WRITE}") from None
    except (ValueError, RecursionError) as error:
        raise UsageProblem(f"{file}: is not JSON: {error}. {_WRITE}") from None
    if not text.strip():
        raise UsageProblem(f"{file}: is empty. {_WRITE}")
    if not isinstance(raw, dict):
        kind = "null" if raw is None else type(raw).__name__
        raise UsageProblem(f"{file}: holds a JSON {kind}, not an object of setting names and texts.")
    return raw


_WRITE = 'Write one object of texts, such as {"api_key": "…"}.'


def check_can_be_handed_on(file: Path) -> None:
    """Raise UsageProblem where `fivetran debug` could not read *file* as it is: a pipe, or a value that names a variable."""
    if file.is_fifo() or file.is_char_device():
        raise UsageProblem(f"{file}: is a pipe, which can be read once, and `fivetran debug` reads it again. Name a file.")
    if not file.is_file():
        return
    if named := [one_line(name, 60) for name, value in read_object(file).items() if is_variable(value)]:
        raise UsageProblem(
            f"{file}: {', '.join(named)} names a variable of the environment, which `fivetran debug` would take for the value "
            "itself. Write the value there, or use connector-build run."
        )
