"""The configuration of one connection: the values that Fivetran hands over, checked against the settings."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from connector_core.basics.discretion import Secrets, strike
from connector_core.basics.errors import ConfigurationError
from connector_core.basics.names import did_you_mean, one_line
from connector_core.source.setting_kinds import READERS
from connector_core.source.settings import Setting

MISSPELT = 0.8
"""How much alike (difflib's ratio) two names are of which one is taken for the other misspelt."""


@frozen(hash=False)
class Configuration(Mapping[str, Any]):
    """The values of one connection, checked and converted; its repr shows names only."""

    _values: Mapping[str, Any] = field(repr=False)
    _secret_names: frozenset[str] = frozenset()
    hidden: Secrets = field(init=False, repr=False, eq=False)
    """The secrets as they are known at the time; an auth object adds what it makes or is given: ``hidden.add(token)``."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "hidden", Secrets())
        for name in sorted(self._secret_names):
            self.hidden.add(str(self._values.get(name) or ""), name=name)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret values, to be struck out of whatever is shown."""
        return tuple(self.hidden)


def read_configuration(settings: Iterable[Setting], raw: Mapping[str, Any]) -> Configuration:
    """The configuration that Fivetran hands over (name → text), checked against *settings*.

    Raises ConfigurationError with one message that lists everything that is wrong, without showing a secret's value.
    """
    values: dict[str, Any] = {}
    faults = []
    known = list(settings)
    unread = []
    for setting in known:
        if not _is_read(setting, values):
            unread.append(setting)
            continue
        try:
            values[setting.name] = _read(setting, raw.get(setting.name))
        except ValueError as error:
            faults.append(f"{setting.name} {error}")
    faults += _misspelt(known, raw)
    if faults:
        # A secret that was pasted into another field as well would be shown as that field's value.
        found = strike([str(raw.get(setting.name) or "").strip() for setting in known if setting.secret], "; ".join(faults))
        raise ConfigurationError(f"The configuration cannot be used: {found}. Correct it and sync again.")
    read = Configuration(values, frozenset(setting.name for setting in known if setting.secret))
    for setting in unread:
        read.hidden.add(str(raw.get(setting.name) or "").strip() if setting.secret else "", name=setting.name)
    return read


def _misspelt(settings: Sequence[Setting], raw: Mapping[str, Any]) -> list[str]:
    """What is wrong with names that are nearly those of settings which are not there.

    Left aside, a misspelt base_url would send the key to the address that the plugin was written for.
    """
    absent = [setting.name for setting in settings if not str(raw.get(setting.name) or "").strip()]
    known = {setting.name for setting in settings}
    found = ((name, difflib.get_close_matches(name, absent, 1, MISSPELT)) for name in raw if name not in known)
    return [f"{one_line(name, 60)} is not a setting of this connector (write {near[0]})" for name, near in found if near]


def _is_read(setting: Setting, values: Mapping[str, Any]) -> bool:
    return setting.when is None or values.get(setting.when[0]) in setting.when[1]


def unknown_names(settings: Iterable[Setting], raw: Mapping[str, Any]) -> list[str]:
    """A remark for each key of *raw* that is no setting, such as a misspelt one."""
    known = [setting.name for setting in settings]
    return [
        f"{one_line(name, 60)} is not a setting of this connector{did_you_mean(name, known)} and is ignored"
        for name in raw
        if name not in known
    ]


def _read(setting: Setting, raw: object) -> Any:
    if raw is not None and not isinstance(raw, str):
        raise ValueError(f'is {type(raw).__name__}, but every value is a text: write it in quotes, like "100"')
    text = (raw or "").strip()
    if not text:
        if setting.default is None:
            raise ValueError("is missing" if raw is None else "is empty")
        text = setting.default
    if text.startswith("<") and text.endswith(">"):
        raise ValueError("still holds its placeholder")
    return READERS[setting.kind](setting, text)
