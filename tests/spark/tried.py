"""The connectors that Spark reads in these tests, by their names, and the plugin files that name them."""

from typing import Any

from connector_build.testing.matrix.ready_made import CONNECTORS
from connector_core.plugin.assembly import Assembly
from parts_support import CUT

TRIED: dict[str, Assembly] = {**CONNECTORS, **{name: assembly for name, (assembly, _, _) in CUT.items()}}

PLUGIN = """from tried import hooks_of

globals().update(hooks_of({name!r}))
"""
"""The text of a plugin file. Executors import this module from the folder of the tests."""


def hooks_of(name: str) -> dict[str, Any]:
    """The hooks of a connector, by their names."""
    module = TRIED[name].plugins[0].module
    return {hook: getattr(module, hook) for hook in vars(module) if hook.startswith("connector_")}
