"""The test kit for plugin authors. See docs/testing.md."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connector_build.testing.contract import RULES, Finding, Rule, check_contract, contract_for
    from connector_build.testing.errors import Unmimicked
    from connector_build.testing.exact import assert_exact
    from connector_build.testing.mimic import Answering, Asked, Mimic, Reply
    from connector_build.testing.recording import Recorder, Recording, record, recorder, replay
    from connector_build.testing.runs import InProcess, Run, configuration_for, signed
    from connector_build.testing.server import ApiServer
    from connector_build.testing.subject import assembled
    from connector_build.testing.warehouse import Crash, ListLog, Warehouse
    from connector_build.testing.world import World

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
    "contract": ("RULES", "Finding", "Rule", "check_contract", "contract_for"),
    "errors": ("Unmimicked",),
    "exact": ("assert_exact",),
    "mimic": ("Answering", "Asked", "Mimic", "Reply"),
    "recording": ("Recorder", "Recording", "record", "recorder", "replay"),
    "runs": ("InProcess", "Run", "configuration_for", "signed"),
    "server": ("ApiServer",),
    "subject": ("assembled",),
    "warehouse": ("Crash", "ListLog", "Warehouse"),
    "world": ("World",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, from its module: importing the kit alone, as every pytest run does, costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
