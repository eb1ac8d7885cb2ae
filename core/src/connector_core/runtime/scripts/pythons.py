"""The Python that a connector is to run on at Fivetran: one that everything in the project allows, by what its lock says."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.profiles import Profile

DEFAULT_PYTHON_VERSION: Final = "3.11"
VARIABLE: Final = "FIVETRAN_PYTHON_VERSION"
OPTION: Final = "--python-version"
OPTIONS: Final = (OPTION, "--python")
"""What the command calls it."""


def python_version(
    lock: Path, environment: Mapping[str, str], options: Sequence[str] = (), profile: Profile | None = None
) -> str:
    """What to ask Fivetran for: what *options*, the environment or the profile say, else the lowest version that all allow.

    Raises ScriptError for one that something in the project does not run on: it would fail there, at the first sync.
    """
    allowed = _allowed(lock)
    wanted, where = _wanted(environment, options, profile or Profile())
    if wanted is None:
        return allowed[0] if allowed else DEFAULT_PYTHON_VERSION
    if allowed and not _suits(wanted, allowed):
        raise ScriptError(
            f"{where} is {wanted}, on which this connector does not run: the plugin, or something that it needs, allows "
            f"Python {', '.join(allowed)}. Nothing was deployed. Name one of these, or leave it out for {allowed[0]}."
        )
    return wanted


def _wanted(environment: Mapping[str, str], options: Sequence[str], profile: Profile) -> tuple[str | None, str]:
    for number, option in enumerate(options):
        name, _, value = option.partition("=")
        if name in OPTIONS:
            return value or next(iter(options[number + 1 :]), ""), name
    if variable := environment.get(VARIABLE):
        return variable, VARIABLE
    return profile.get("python_version") or None, f"python_version of the {profile.place}"


def _suits(wanted: str, allowed: Sequence[str]) -> bool:
    """Whether *wanted* is one of *allowed*, or newer than any version that was known when the project was built."""
    found = re.match(r"(\d+)\.(\d+)", wanted)
    if found is None:
        return False
    return f"{found[1]}.{found[2]}" in allowed or (int(found[1]), int(found[2])) > _newest(allowed)


def _newest(allowed: Sequence[str]) -> tuple[int, int]:
    major, minor = max(tuple(int(part) for part in each.split(".")) for each in allowed)
    return major, minor


def _allowed(lock: Path) -> list[str]:
    """The versions that the lock lists; none where it cannot be read, or is that of an earlier release."""
    try:
        listed = json.loads(lock.read_text(encoding="utf-8"))["pythons"]
        return [each for each in listed if re.fullmatch(r"\d+\.\d+", each)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
