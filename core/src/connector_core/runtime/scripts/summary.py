"""What ``fivetran debug`` says of a sync: how many operations there were, and whether it succeeded."""

import re
from typing import Any, Final

from connector_core.runtime.scripts.warehouse import as_object

OPERATIONS: Final = ("upserts", "updates", "deletes", "truncates", "schema_changes", "checkpoints")

_COUNT: Final = re.compile(r"^\s*([A-Z][a-z ]+?)\s*\|\s*(\d[\d,]*)\s*$", re.MULTILINE)
_SUCCEEDED: Final = re.compile(r"^\S+ INFO\W+sdk\s+SYNC SUCCEEDED\b", re.MULTILINE)
_RECORDED: Final = re.compile(r"checkpoint recorded: *(\{.*\})")


def counted(output: str) -> dict[str, int]:
    """The counts in the last summary of *output*, by the names in OPERATIONS; a name that it lacks is left out."""
    counts = {name.lower().replace(" ", "_"): int(count.replace(",", "")) for name, count in _COUNT.findall(output)}
    return {name: counts[name] for name in OPERATIONS if name in counts}


def read_operations(output: str) -> dict[str, int]:
    """The same with 0 for what the command did not count."""
    return dict.fromkeys(OPERATIONS, 0) | counted(output)


def succeeded(output: str) -> bool:
    """Whether the command itself says that the sync was complete: its exit code is 0 also after a connector that just ended."""
    return _SUCCEEDED.search(output) is not None


def recorded_state(output: str) -> dict[str, Any] | None:
    """The state of the last checkpoint that the command has logged; None where there is none."""
    recorded = _RECORDED.findall(output)
    return as_object(recorded[-1]) if recorded else None
