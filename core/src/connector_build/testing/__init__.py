"""The test kit for plugin authors.

See docs/testing.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connector_build.api.errors import Unmimicked
    from connector_build.api.messages import Answering, Asked, Reply
    from connector_build.api.mimic import Mimic
    from connector_build.api.recording import Recording, replay
    from connector_build.api.server import ApiServer
    from connector_build.api.world import World
    from connector_build.testing.contract.contract import RULES, Finding, Rule, check_contract, contract_for
    from connector_build.testing.datasets import assembled
    from connector_build.testing.recording import Recorder, record, recorder
    from connector_build.testing.warehouse.exact import assert_exact
    from connector_build.testing.warehouse.memory import Crash, ListLog, Warehouse
    from connector_build.testing.warehouse.runs import InProcess, Run, configuration_for, signed

__all__ = [
    "RULES",
    "Answering",
    "ApiServer",
    "Asked",
    "Crash",
    "Finding",
    "InProcess",
    "ListLog",
    "Mimic",
    "Recorder",
    "Recording",
    "Reply",
    "Rule",
    "Run",
    "Unmimicked",
    "Warehouse",
    "World",
    "assembled",
    "assert_exact",
    "check_contract",
    "configuration_for",
    "contract_for",
    "record",
    "recorder",
    "replay",
    "signed",
]

_MODULES = {
    "testing.contract.contract": ("RULES", "Finding", "Rule", "check_contract", "contract_for"),
    "api.errors": ("Unmimicked",),
    "testing.warehouse.exact": ("assert_exact",),
    "api.messages": ("Answering", "Asked", "Reply"),
    "api.mimic": ("Mimic",),
    "api.recording": ("Recording", "replay"),
    "testing.recording": ("Recorder", "record", "recorder"),
    "testing.warehouse.runs": ("InProcess", "Run", "configuration_for", "signed"),
    "api.server": ("ApiServer",),
    "testing.datasets": ("assembled",),
    "testing.warehouse.memory": ("Crash", "ListLog", "Warehouse"),
    "api.world": ("World",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, from its module: importing the kit alone, as every pytest run does, costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"connector_build.{_HOME[name]}"), name)
