"""A configuration file on this machine, checked before anything runs."""

import json
from pathlib import Path
from typing import Any

from connector_build.errors import UsageProblem
from connector_core.plugin.assembly import Assembly
from connector_core.source.configuration import read_configuration


def check_configuration(assembly: Assembly, file: Path) -> dict[str, Any]:
    """The object in *file*, which is read once: it may be a pipe.

    Raises UsageProblem unless it holds a JSON object; ConfigurationError, listing all that is wrong, for its values.
    """
    raw = read_object(file)
    read_configuration(assembly.settings, raw)
    return raw


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


def check_is_kept(file: Path) -> None:
    """Raise UsageProblem where *file* is a pipe, for a command that has it read again by another one."""
    if file.is_fifo() or file.is_char_device():
        raise UsageProblem(f"{file}: is a pipe, which can be read once, and `fivetran debug` reads it again. Name a file.")
