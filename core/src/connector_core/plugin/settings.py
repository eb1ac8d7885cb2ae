"""Settings: those of the auth, the core and the plugins, merged into one list by name."""

from collections.abc import Sequence

from connector_core.auth.kinds import AuthFactory
from connector_core.basics.blame import see
from connector_core.basics.errors import PluginError
from connector_core.basics.kinds import shown
from connector_core.plugin.asking import CORE
from connector_core.plugin.claims import claimed_twice
from connector_core.plugin.plan import Origin
from connector_core.source.settings import CORE_KINDS, Setting


def merge_settings(
    settings: Sequence[tuple[Setting, Origin]], auth: AuthFactory, auth_origin: Origin
) -> dict[str, tuple[Setting, Origin]]:
    """The settings by name: those of the auth first, then the core's, then the rest.

    One plugin may replace a setting of the core's, and the plugin that gives the auth one of the auth's, to describe it better.
    """
    merged: dict[str, tuple[Setting, Origin]] = {}
    of_auth = getattr(auth, "settings", ())
    if not isinstance(of_auth, list | tuple) or not all(isinstance(setting, Setting) for setting in of_auth):
        raise PluginError(
            f"{auth_origin}: its auth has as settings {shown(of_auth)}. Give it a list: [Setting(…)].{see(auth_origin.place)}"
        )
    for setting, origin in [*((setting, auth_origin) for setting in of_auth), *settings]:
        known, owner = merged.get(setting.name, (None, None))
        restated = owner is not None and owner.hook == "connector_auth" and owner.plugin == origin.plugin
        if restated and known is not None and known.secret and not setting.secret:
            raise PluginError(
                f"{origin}: the setting {setting.name} is a secret of its auth. Write secret=True here too.{see(origin.place)}"
            )
        if owner is not None and owner.plugin != CORE.name and not restated:
            raise claimed_twice(f"The setting {setting.name}", owner, origin)
        kind = CORE_KINDS.get(setting.name, setting.kind)
        if setting.kind != kind:
            remedy = f"Make it with {setting.name}(…)" if setting.name in ("base_url", "page_size") else f'Write kind="{kind}"'
            raise PluginError(f"{origin}: the setting {setting.name} is of kind {setting.kind}. {remedy}.{see(origin.place)}")
        merged[setting.name] = (setting, origin)
    return merged
