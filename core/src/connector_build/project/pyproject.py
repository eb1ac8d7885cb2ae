"""A ``pyproject.toml`` for a project that many connections are to share: it gives the package a name in Fivetran's dashboard.

Where there is one, Fivetran installs what it says and does not look at ``requirements.txt``: so it has the same pins.
"""

import json
from collections.abc import Mapping

from packaging.version import InvalidVersion, Version


def pyproject(name: str, version: str, description: str, pins: Mapping[str, str]) -> bytes:
    """The file: *version* is left out where it is none (PEP 440), *description* where it is empty."""
    about = {"name": name, "version": version if _is_version(version) else "", "description": " ".join(description.split())}
    lines = [f"{key} = {_quoted(value)}" for key, value in about.items() if value]
    needed = [f"    {_quoted(f'{needed}=={pin}')},\n" for needed, pin in pins.items()]
    return "\n".join(
        ["[project]", *lines, f"dependencies = [\n{''.join(needed)}]", "", "[tool.package-metadata]", "visible = true", ""]
    ).encode()


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _quoted(text: str) -> str:
    """A basic string of TOML: as one of JSON, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
