"""Options: the transforms and extra tables that plugins offer, and which of them are switched on."""

from collections.abc import Iterable, Sequence

import pluggy
from attrs import evolve

from connector_core.basics.errors import PluginError
from connector_core.basics.names import did_you_mean, one_line
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.plugin.asking import many
from connector_core.plugin.plan import Option
from connector_core.source.tables import Table


class UnknownOptionError(PluginError):
    """``--enable`` or ``--disable`` names what no plugin offers."""


def offered(manager: pluggy.PluginManager, tables: Iterable[Table]) -> list[Option]:
    """What plugins offer for *tables*, each switched as its plugin has it by default."""
    options = []
    for table in tables:
        for hook, kinds in (
            ("connector_transforms", Transform | DerivedField),
            ("connector_extra_tables", Dimension | Aggregate | Nested),
        ):
            options += [
                Option(value, table.name, origin, value.default) for value, origin in many(manager, hook, kinds, table=table)
            ]
    return options


def choose(options: Sequence[Option], enable: set[str], disable: set[str]) -> list[Option]:
    """*options*, switched as *enable* and *disable* say. Raises UnknownOptionError for an unknown or a doubled name."""
    known = sorted({option.name for option in options})
    for name in sorted(enable | disable):
        if name not in known:
            on_offer = f"It offers {', '.join(known)}." if known else "It offers nothing to switch."
            raise UnknownOptionError(
                f"This connector has no {one_line(name, 60)!r} to enable or disable{did_you_mean(name, known)}. {on_offer}"
            )
    if both := sorted(enable & disable):
        raise UnknownOptionError(f"{', '.join(both)}: both enabled and disabled. Leave it out of one of the two.")
    return [
        evolve(option, enabled=(option.enabled or option.name in enable) and option.name not in disable) for option in options
    ]
