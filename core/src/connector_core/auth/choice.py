"""One of several kinds of auth, as the configuration says."""

from collections.abc import Mapping

from attrs import evolve, field, frozen
from requests.auth import AuthBase

from connector_core.auth.kinds import AuthFactory
from connector_core.basics.errors import PluginError
from connector_core.source.configuration import Configuration
from connector_core.source.settings import Setting
from connector_core.source.tables import frozen_mapping


@frozen(hash=False)
class AuthChoice:
    """One of several kinds of auth, by the setting *setting*. Only what the chosen one reads is required.

    setting: the name of the setting.
    options: what the setting may say → the factory that it means.
    default: what holds when the setting is not given; None makes it required.

    Raises PluginError when two options describe a setting of one name differently.
    """

    setting: str
    options: Mapping[str, AuthFactory] = field(converter=frozen_mapping)
    default: str | None = None

    def __attrs_post_init__(self) -> None:
        if not self.options:
            raise PluginError('AuthChoice: options is empty. Name each kind: options={"key": ApiKeyHeader("X-Key")}.')
        _ = self.settings

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The choice itself, then what each option reads."""
        choice = Setting(
            self.setting,
            description="How to sign in to the API.",
            default=self.default,
            kind="choice",
            choices=tuple(self.options),
        )
        found: dict[str, Setting] = {}
        for option, factory in self.options.items():
            for setting in getattr(factory, "settings", ()):
                known = found.get(setting.name)
                if known and evolve(setting, when=None, description=known.description) != evolve(known, when=None):
                    raise PluginError(
                        f"AuthChoice: {option} and another option differ about the setting {setting.name}. Rename it."
                    )
                if setting.when is not None:
                    raise PluginError(f"AuthChoice: {option} is a choice itself. Name all kinds in one AuthChoice.")
                values = (*(known.when[1] if known and known.when else ()), option)
                found[setting.name] = evolve(known or setting, when=(self.setting, values))
        shown = [evolve(each, description=_only_for(each)) for each in found.values()]
        return (choice, *shown)

    @property
    def needs(self) -> tuple[str, ...]:
        """The packages that one of the options needs."""
        return tuple(name for factory in self.options.values() for name in getattr(factory, "needs", ()))

    def __call__(self, configuration: Configuration) -> AuthBase:
        return self.options[configuration[self.setting]](configuration)


def _only_for(setting: Setting) -> str:
    name, values = setting.when or ("", ())
    return f"{setting.description} Needed where {name} is {' or '.join(values)}.".strip()
