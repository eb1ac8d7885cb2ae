"""The state: where each table's next sync starts, as one JSON object that Fivetran keeps between syncs.

A dataset of one table has the table's own state at the top, ``{"next_cursor": "…"}``, which is also what the documented
hand-written connectors keep; one of several tables has ``{"tables": {name: {…}}}``. Extra tables have their part in
``extra_tables``, beside the bookmark of their source table.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from connector_core.basics.errors import DeliveryError, PluginError
from connector_core.source.pagination import Bookmark

LIMIT = 10_000_000
"""Bytes of JSON that Fivetran keeps as a state."""
HAS_ROWS = "has_rows"


@frozen(hash=False)
class TableState:
    """Where one table's next sync starts: the paginator's bookmark, and what its extra tables have to remember.

    has_rows: whether the table is known to have rows; kept for tables from which a sync may delete some.
    """

    bookmark: Bookmark = field(factory=dict)
    extra_tables: Mapping[str, Any] = field(factory=dict)
    has_rows: bool = False


def read_state(raw: Mapping[str, Any], tables: Sequence[str]) -> dict[str, TableState]:
    """Table → its state, from what Fivetran hands over.

    A state ``{"cursor": …}`` of a hand-written connector is understood as ``{"next_cursor": …}``. Where a dataset of one
    table has grown to several, the flat state is that of the first.
    """
    parts = raw.get("tables")
    if not isinstance(parts, Mapping):
        parts = {tables[0]: raw}
    return {name: _read_table(parts.get(name)) for name in tables}


def write_state(states: Mapping[str, TableState]) -> dict[str, Any]:
    """The JSON object for a checkpoint.

    Raises DeliveryError when it is larger than Fivetran keeps, PluginError when an extra table brings what JSON does not have.
    """
    parts = {name: _write_table(state) for name, state in states.items()}
    whole = next(iter(parts.values())) if len(parts) == 1 else {"tables": parts}
    _check_size(whole, states)
    return whole


def _read_table(raw: object) -> TableState:
    if not isinstance(raw, Mapping):
        return TableState()
    extra_tables = raw.get("extra_tables")
    bookmark = {name: value for name, value in raw.items() if name not in ("extra_tables", "tables", HAS_ROWS)}
    usable = {name: value for name, value in bookmark.items() if value is not None}
    if "cursor" in usable:
        usable = {"next_cursor": usable.pop("cursor")} | usable
    return TableState(usable, extra_tables if isinstance(extra_tables, Mapping) else {}, raw.get(HAS_ROWS) is True)


def _write_table(state: TableState) -> dict[str, Any]:
    extra = {"extra_tables": dict(state.extra_tables)} if state.extra_tables else {}
    return {**state.bookmark, **extra, **({HAS_ROWS: True} if state.has_rows else {})}


def _check_size(whole: Mapping[str, Any], states: Mapping[str, TableState]) -> None:
    try:
        size = len(json.dumps(whole))
    except TypeError as error:
        raise PluginError(
            f"A value in the state is one that JSON does not have: {error}. In an extra table, leave the column as the API sends "
            "it, or convert it to a text or a number in a transform; in a paginator, keep texts and numbers in the bookmark."
        ) from None
    if size > LIMIT:
        raise DeliveryError(
            f"The state would take {size / 1e6:.1f} MB, and Fivetran keeps {LIMIT / 1e6:.0f} MB: {_largest(states)}"
        )


def _largest(states: Mapping[str, TableState]) -> str:
    """What takes the most of the state, and what to do about it."""
    groups = {name: len(part.get("rows", ())) for state in states.values() for name, part in state.extra_tables.items()}
    parents = {
        name: max((len(part) for part in state.bookmark.values() if isinstance(part, Mapping)), default=0)
        for name, state in states.items()
    }
    extra, child = (max(counts, key=lambda name: counts[name], default="") for counts in (groups, parents))
    if groups.get(extra, 0) >= parents.get(child, 0):
        return (
            f"{extra} has {groups.get(extra, 0)} rows, each of which it has to remember. "
            "Disable that extra table, or group by fewer columns."
        )
    return (
        f"{child} remembers where to go on for {parents[child]} records of its parent. "
        "Read its children whole in each sync, without an incremental strategy and without changed."
    )
