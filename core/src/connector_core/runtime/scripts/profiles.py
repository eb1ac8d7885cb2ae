"""Deployment profiles: what a file ``options.toml`` says of a deploy, as far as the script has to know.

The command reads the file itself; but the script names the destination, the connection and the Python, which would win over it.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from connector_core.runtime.scripts.asked import OPTIONS_FILE, PROFILE
from connector_core.runtime.scripts.errors import ScriptError

FILE: Final = "options.toml"
VARIABLE: Final = "FIVETRAN_OPTIONS_FILE"
DEFAULT: Final = "default"


@frozen
class Profile:
    """A profile: field, such as ``destination``, → value; none where no file applies.

    options: what tells the command which one it is.
    """

    values: Mapping[str, str] = field(factory=dict)
    options: Sequence[str] = ()
    place: str = ""

    def get(self, name: str) -> str:
        """The value of a field; empty where the profile has none."""
        return self.values.get(name, "")


def find_profile(own: Mapping[str, str], project: Path, environment: Mapping[str, str]) -> Profile:
    """The profile that is asked for, or the one called ``default`` where there is one.

    Raises ScriptError when it is not there, or holds what it must not.
    """
    wanted = own.get(PROFILE, "")
    file = _file(own, project, environment, above=bool(wanted))
    if file is None:
        if wanted:
            raise ScriptError(
                f"there is no {FILE} with the profile {wanted}: neither in {project}, nor in a folder above it, nor in "
                f'{_at_home(environment)}. Write it:\n  [{wanted}]\n  destination = "Warehouse"\n  connection = "my_connection"'
            )
        return Profile()
    profiles = _read(file)
    name = wanted or DEFAULT
    found = _named(profiles, name)
    if found is None and not wanted:
        return Profile()
    if found is None:
        raise ScriptError(f"{file} has no profile {name}. It has: {', '.join(_names(profiles)) or 'none'}")
    _check(found, name, file)
    options = [OPTIONS_FILE, str(file), *([PROFILE, name] if wanted else [])]
    return Profile(found, options, f"profile {name} of {file}")


def _file(own: Mapping[str, str], project: Path, environment: Mapping[str, str], *, above: bool) -> Path | None:
    """The file that applies. One of a folder above the project does only where a profile is asked for: it may be of others."""
    named = own.get(OPTIONS_FILE) or environment.get(VARIABLE)
    if named:
        file = project / Path(named).expanduser()
        if not file.is_file():
            raise ScriptError(f"{file} is no file; it is named by {OPTIONS_FILE if OPTIONS_FILE in own else VARIABLE}.")
        return file
    folders = [project, *(project.parents if above else ())]
    return next((each for each in [*(folder / FILE for folder in folders), _at_home(environment)] if each.is_file()), None)


def _at_home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or Path.home(), ".fivetran/connector_sdk", FILE)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ScriptError(f"{file} is not valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise ScriptError(f"{file} is not UTF-8 text.") from None
    except OSError as error:
        raise ScriptError(f"{file} cannot be read: {error.strerror}.") from None


def _named(profiles: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """A profile by its name; ``[a.b]`` is the profile ``a.b``, as ``["a.b"]`` is."""
    found = profiles.get(name)
    if found is None:
        found = reduce(lambda at, part: at.get(part) if isinstance(at, dict) else None, name.split("."), profiles)  # type: ignore[arg-type, return-value]
    return {key: value for key, value in found.items() if not isinstance(value, dict)} if isinstance(found, dict) else None


def _names(profiles: Mapping[str, Any], before: str = "") -> list[str]:
    found = []
    for name, value in profiles.items():
        if isinstance(value, dict):
            nested = _names(value, f"{before}{name}.")
            own = not nested or any(not isinstance(each, dict) for each in value.values())
            found += [f"{before}{name}"] * own + nested
    return found


def _check(values: Mapping[str, Any], name: str, file: Path) -> None:
    """Raise ScriptError, without the value, for a key that stands there, and for what is no text."""
    if "api_key" in values:
        raise ScriptError(f"the profile {name} of {file} holds api_key. A key never belongs there: take it out, and revoke it.")
    wrong = [key for key, value in values.items() if not isinstance(value, str)]
    if wrong:
        raise ScriptError(
            f"the profile {name} of {file} must hold texts only; put quotes around the value of: {', '.join(wrong)}"
        )
