"""A configuration that a connector takes, made up."""

from collections.abc import Callable, Mapping

from connector_core.plugin.assembly import Assembly
from connector_core.source.settings import Setting

Fill = Callable[[Setting], str]

_MADE_UP: Mapping[str, str] = {"date": "2024-01-01", "list": "made-up-1, made-up-2, made-up-3", "flag": "true"}


def made_up_configuration(assembly: Assembly, url: str, secret: Fill, choice: Mapping[str, str] | None = None) -> dict[str, str]:
    """Defaults, made-up texts, *url* for every address that has no default, *secret* of each secret setting, and *choice*."""
    given = {setting.name: _value(setting, url, secret) for setting in assembly.settings}
    return given | {"base_url": url} | dict(choice or {})


def _value(setting: Setting, url: str, secret: Fill) -> str:
    if setting.secret:
        return secret(setting)
    if setting.default is not None:
        return setting.default
    if setting.choices:
        return setting.choices[0]
    if setting.kind in _MADE_UP:
        return _MADE_UP[setting.kind]
    if setting.kind == "integer":
        return str(setting.minimum if setting.minimum is not None else min(1, setting.maximum or 1))
    return url if setting.kind == "url" else f"made-up {setting.name}"
