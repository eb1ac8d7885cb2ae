"""The memory of extra tables: what a state says of their rows in the destination, understood or left aside.

Of rows that cannot be told, it is only certain that they may be there: such an extra table is emptied before it is filled again.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.derived.extra_tables import ExtraTable
from connector_core.derived.nested import Nested

LIST = "list"
"""What tells the part of a nested list in a state from that of any other extra table: a digest of how it is made."""
UNKNOWN: Mapping[str, Any] = {"by": None, "rows": {"": ""}}
"""The part of an extra table whose rows nobody can tell: they are grouped by something else than it is."""


def understood(raw: Any, extras: Iterable[ExtraTable | Nested], log: Log) -> dict[str, Any]:
    """Extra table → its part; of one that is off now, whatever is there."""
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        log.warning(f"The state has {type(raw).__name__} for the extra tables. They are emptied and filled again.")
        return {extra.name: UNKNOWN for extra in extras}
    known = {extra.name: extra for extra in extras}
    parts = {}
    for name, part in raw.items():
        if isinstance(part, Mapping) and (name not in known or _is_memory(part, known[name])):
            parts[name] = part
        elif name in known:
            log.warning(f"{one_line(name, 60)}: the state does not say which rows it has. It is emptied and filled again.")
            parts[name] = UNKNOWN
    return parts


def _is_memory(part: Mapping[Any, Any], extra: ExtraTable | Nested) -> bool:
    if isinstance(extra, Nested):
        return True  # engine.nested_lists looks at it, which knows the key of the records
    if LIST in part:
        return False
    rows = part.get("rows", {})
    if not isinstance(rows, Mapping) or not all(isinstance(digest, str) for digest in rows.values()):
        return False
    # Rows that are grouped by other columns are emptied anyway.
    return part.get("by", list(extra.by)) != list(extra.by) or all(_is_group(name, extra) for name in rows)


def _is_group(name: Any, extra: ExtraTable) -> bool:
    try:
        values = json.loads(name)
    except (TypeError, ValueError, RecursionError):
        return False
    return isinstance(values, list) and len(values) == len(extra.by) and not any(isinstance(each, list | dict) for each in values)
