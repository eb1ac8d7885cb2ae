"""Secrets by the name of where they are, so that no notebook, job definition or log of a session holds them.

``env:NAME`` is a variable of the driver's environment, ``file:/path`` the text of a file that the driver can read, such as a
mounted secret. They are looked up on the driver, when a read is planned, and go to executors inside the task.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from connector_core.basics.errors import ConfigurationError
from connector_core.basics.names import one_line
from connector_core.source.settings import Setting


def resolved(settings: Iterable[Setting], given: Mapping[str, str]) -> dict[str, str]:
    """*given*, with the secrets among it in the place of where they are. Raises ConfigurationError where one is not there."""
    secrets = {setting.name for setting in settings if setting.secret}
    return {name: _looked_up(name, value) if name in secrets else value for name, value in given.items()}


def _looked_up(name: str, value: str) -> str:
    provider, colon, where = value.partition(":")
    if not colon or provider not in _PROVIDERS:
        return value
    return _PROVIDERS[provider](name, where)


def _from_environment(name: str, variable: str) -> str:
    found = os.environ.get(variable, "")
    if not found:
        raise ConfigurationError(
            f"{name} is env:{one_line(variable, 60)}, and the driver's environment has no such variable. "
            "Set it before the session starts."
        )
    return found


def _from_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigurationError(
            f"{name} is file:{one_line(path, 200)}, which cannot be read: {reason}. Correct the path."
        ) from None


_PROVIDERS = {"env": _from_environment, "file": _from_file}
