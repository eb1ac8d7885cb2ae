"""The state: where each table's next sync starts, as one JSON object that Fivetran keeps between syncs.

A dataset of one table has the table's own bookmark at the top, ``{"next_cursor": "…"}``, which is also what the documented
hand-written connectors keep; one of several tables has ``{"tables": {name: {…}}}``. Extra tables have their part in
``extra_tables``, beside the bookmark of their source table, and so have the keys of rows whose absence is noticed in
``row_keys``, what tells which rows did not change in ``row_digests``, and what extra tables need of each in ``row_values``.
``feeds`` says for each bookmark which feed it belongs to (docs/decisions/0009-a-state-belongs-to-its-feed.md). A table from which
a sync may delete rows has ``has_rows`` once it has some. Whatever else a state holds is left aside, and said to be.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from connector_core.basics.counting import counted
from connector_core.basics.discretion import Secrets
from connector_core.basics.errors import DeliveryError, PluginError
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.engine.identity import identity, is_documented, is_nearly_documented
from connector_core.engine.marks import NAME, number_of
from connector_core.engine.memory import understood
from connector_core.engine.row_values import size, without_parts
from connector_core.plugin.assembly import TablePlan
from connector_core.source.pagination import Bookmark

LIMIT = 10_000_000
"""Bytes of JSON that Fivetran keeps as a state."""

TABLES, FEEDS, EXTRA_TABLES, HAS_ROWS = "tables", "feeds", "extra_tables", "has_rows"
ROW_KEYS, ROW_DIGESTS, ROW_VALUES = "row_keys", "row_digests", "row_values"
_OPTIONAL = {
    ROW_VALUES: "what extra tables need of its rows, so each sync reads the whole feed",
    ROW_DIGESTS: "what tells which of its rows did not change, so a sync sends all that it reads",
}
"""Parts of a state that only save work, and what becomes of it without them."""
_OURS = frozenset({TABLES, FEEDS, EXTRA_TABLES, HAS_ROWS, ROW_KEYS, ROW_DIGESTS, ROW_VALUES})


@frozen(hash=False)
class TableState:
    """Where one table's next sync starts: the paginator's bookmark, and what its extra tables have to remember.

    has_rows: whether the table is known to have rows; kept for tables from which a sync may delete some.
    row_keys: the keys of its rows, for a table of which the missing ones are deleted; None for any other.
    row_digests: what tells which of its rows did not change (engine.unchanged), for a table that is read whole in each sync.
    row_values: what extra tables need of each of its rows (engine.row_values), for a table that is read on from the bookmark.
    """

    bookmark: Bookmark = field(factory=dict)
    extra_tables: Mapping[str, Any] = field(factory=dict)
    has_rows: bool = False
    row_keys: Any = None
    row_digests: Any = None
    row_values: Any = None


@define
class States:
    """The states of all tables of a connector, as the last checkpoint of each has left them."""

    plans: Mapping[str, TablePlan]
    feeds: Mapping[str, str]
    _of: dict[str, TableState]
    _gave_way: set[tuple[str, str]] = field(factory=set, init=False)
    """Tables, each with what the state has no room for of them."""

    def __getitem__(self, table: str) -> TableState:
        return self._of[table]

    def __setitem__(self, table: str, state: TableState) -> None:
        self._of[table] = state

    def whole(self, log: Log) -> dict[str, Any]:
        """The JSON object for a checkpoint. What only saves work gives way where it is larger than Fivetran keeps.

        Raises DeliveryError when it is too large without, PluginError when it holds what JSON does not have.
        """
        whole = self._joined()
        while (taken := _size(whole)) > LIMIT:
            if not self._give_way(log):
                raise DeliveryError(
                    f"The state would take {taken / 1e6:.1f} MB, and Fivetran keeps {LIMIT / 1e6:.0f} MB: {_largest(self._of)}"
                )
            whole = self._joined()
        return whole

    def _give_way(self, log: Log) -> bool:
        """Let go of the largest part that a later sync can do without; False where there is none."""
        parts = [(size(state.row_values), name, ROW_VALUES) for name, state in self._of.items()]
        parts += [(_size(state.row_digests or 0), name, ROW_DIGESTS) for name, state in self._of.items() if state.row_digests]
        taken, name, part = max(parts)
        if not taken:
            return False
        state = self._of[name]
        if part == ROW_VALUES:
            self._of[name] = evolve(state, row_values=without_parts(state.row_values))
        else:
            self._of[name] = evolve(state, row_digests=None)
        if (name, part) not in self._gave_way:
            self._gave_way.add((name, part))
            log.info(f"{name}: the state has no room for {_OPTIONAL[part]}")
        return True

    def _joined(self) -> dict[str, Any]:
        parts = {name: _written(state) for name, state in self._of.items()}
        feeds = {name: self.feeds[name] for name, state in self._of.items() if state.bookmark}
        if len(parts) == 1:
            [(name, part)] = parts.items()
            whole = part if is_documented(self.plans[name]) else {**part, **({FEEDS: feeds} if feeds else {})}
        else:
            whole = {TABLES: parts, **({FEEDS: feeds} if feeds else {})}
        return whole


def read_state(raw: Any, plans: Sequence[TablePlan], log: Log, hidden: Secrets) -> States:
    """Where each table starts, from what Fivetran hands over, whatever that is.

    A bookmark that belongs to another feed, or to none that can be told, is left aside with a warning: the table is read whole
    once. One without a word about its feed, as hand-written connectors and earlier releases keep it, is taken over;
    ``{"cursor": …}`` is understood as ``{"next_cursor": …}``. So is the memory of extra tables: their rows are in the
    destination, whatever they were made of. What holds a secret is not kept.
    """
    known = {plan.table.name: plan for plan in plans}
    feeds = {name: identity(plan) for name, plan in known.items()}
    reading = _Reading(raw if isinstance(raw, Mapping) else {}, known, feeds, log, hidden)
    if raw is not None and not isinstance(raw, Mapping):
        log.warning(f"The state is {one_line(type(raw).__name__, 40)}, not an object. {_aside('Every table')}")
    return States(known, feeds, {name: reading.table(name) for name in known})


def _aside(what: str) -> str:
    return f"It is left aside. {what} is read whole once."


@frozen
class _Reading:
    """A state that is being read, with what is said of it."""

    raw: Mapping[Any, Any]
    plans: Mapping[str, TablePlan]
    feeds: Mapping[str, str]
    log: Log
    hidden: Secrets
    parts: Mapping[str, Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "parts", self._parts())

    def _parts(self) -> Mapping[str, Any]:
        """Table → its part."""
        parts = self.raw.get(TABLES)
        if isinstance(parts, Mapping):
            for name in parts.keys() - self.plans.keys():
                self.log.warning(
                    f"The state knows a table {one_line(name, 60)}, which this connector does not have. It is forgotten."
                )
            return parts
        if TABLES in self.raw:
            self.log.warning(f"The state has {type(parts).__name__} as its tables. {_aside('Every table')}")
            return {}
        owner = self._owner()
        return {owner: self.raw} if owner else {}

    def _owner(self) -> str | None:
        """The table that a state without names belongs to; None for one that this connector does not have."""
        named = self.raw.get(FEEDS)
        if named is None:
            for likely in (is_documented, is_nearly_documented):
                if found := [name for name, plan in self.plans.items() if likely(plan)]:
                    return found[0]
            return next(iter(self.plans))
        names = list(named) if isinstance(named, Mapping) else []
        if len(names) == 1 and names[0] in self.plans:
            return str(names[0])
        self.log.warning(
            f"The state belongs to {one_line(', '.join(map(str, names)) or 'no table', 80)}, which this connector does not have. "
            f"{_aside('Every table')}"
        )
        return None

    def table(self, name: str) -> TableState:
        """The state of one table."""
        part = self.parts.get(name, {})
        if not isinstance(part, Mapping):
            self.log.warning(f"{name}: the state has {type(part).__name__} for it. {_aside('The table')}")
            part = {}
        extras = understood(self._memory(name, part), self.plans[name].extra_tables, self.log)
        bookmark = self._bookmark(part)
        if bookmark and not self._belongs(name, flat=part is self.raw):
            self.log.warning(
                f"{name}: the state belongs to another feed: the table's name, its path, its key or its paginator was another. "
                f"{_aside('The table')}"
            )
            bookmark = {}
        has_rows = part.get(HAS_ROWS) is True
        return TableState(bookmark, extras, has_rows, part.get(ROW_KEYS), part.get(ROW_DIGESTS), part.get(ROW_VALUES))

    def _memory(self, name: str, part: Mapping[Any, Any]) -> Any:
        """What the table's own part says of extra tables, and what any part says of one that is made from this table now."""
        own = part.get(EXTRA_TABLES, {})
        if not isinstance(own, Mapping):
            return own
        extras = [extra.name for extra in self.plans[name].extra_tables]
        memories = [each.get(EXTRA_TABLES) for each in (self.raw, *self.parts.values()) if isinstance(each, Mapping)]
        moved = {name: each[name] for name in extras for each in memories if isinstance(each, Mapping) and name in each}
        return {**own, **moved}

    def _belongs(self, name: str, *, flat: bool) -> bool:
        found = self.raw.get(FEEDS)
        if found is None:
            return not (flat and is_nearly_documented(self.plans[name]))
        return isinstance(found, Mapping) and found.get(name) == self.feeds[name]

    def _bookmark(self, part: Mapping[Any, Any]) -> Bookmark:
        kept = {}
        for name, value in part.items():
            if value is None or not isinstance(name, str) or name in _OURS:
                continue
            if self.hidden.stands_in({name: value}):
                self.log.warning("The state holds a secret, which no state may. It is taken out.")
            else:
                kept[name] = value
        if "cursor" in kept:
            kept = {"next_cursor": kept.pop("cursor")} | kept
        return kept


def _written(state: TableState) -> dict[str, Any]:
    extras = {EXTRA_TABLES: dict(state.extra_tables)} if state.extra_tables else {}
    keys = {} if state.row_keys is None else {ROW_KEYS: state.row_keys}
    digests = {} if state.row_digests is None else {ROW_DIGESTS: state.row_digests}
    values = {} if state.row_values is None else {ROW_VALUES: state.row_values}
    return {**state.bookmark, **extras, **({HAS_ROWS: True} if state.has_rows else {}), **keys, **digests, **values}


def _size(whole: Any) -> int:
    try:
        return len(json.dumps(whole))
    except TypeError as error:
        raise PluginError(
            f"A value in the state is one that JSON does not have: {error}. In an extra table, leave the column as the API sends "
            "it, or convert it to a text or a number in a transform; in a paginator, keep texts and numbers in the bookmark."
        ) from None


def _largest(states: Mapping[str, TableState]) -> str:
    """What takes the most of the state, and what to do about it."""
    parts = [part for name, state in states.items() for part in _parts(name, state)]
    return max(parts, key=lambda part: len(json.dumps(part[0])))[1]


def _parts(name: str, state: TableState) -> Iterator[tuple[Any, str]]:
    """What there is in the state of one table that may grow, and what to say where it has."""
    for extra, part in state.extra_tables.items():
        if "lines" in part:
            yield part, _too_many_lines(extra, part["lines"])
        else:
            rows = max(len(part.get("rows", ())), len(part.get("totals", ())))
            remedy = "Disable that extra table, or group by fewer columns."
            yield part, f"{extra} has {counted(rows, 'row')}, each of which it has to remember. {remedy}"
    yield (
        state.bookmark,
        f"{name} remembers {counted(max(map(_number, state.bookmark.values()), default=0), 'record')} of its parent. "
        f"List the parents by "
        "their change: give their table UpdatedSince of the field that changed names, and one place is remembered. If the API "
        "cannot, read the children whole in each sync, without an incremental strategy and without changed.",
    )
    if state.row_keys:
        yield (
            state.row_keys,
            f"{name} has {counted(len(state.row_keys), 'row')}, whose keys it remembers because of missing. "
            "Replace the table instead: full_refresh=True.",
        )


def _number(part: Any) -> int:
    """Of how many parents a part of a child table's bookmark is."""
    if isinstance(part, list):
        return sum(len(each[1]) * 3 // (4 * NAME) for each in part if isinstance(each, list) and len(each) == 2)
    return number_of(part) if isinstance(part, str) else len(part) if isinstance(part, Mapping) else 0


def _too_many_lines(extra: str, records: Mapping[str, Any]) -> str:
    """What to say of a nested list that remembers the lines of too many *records*."""
    return (
        f"{extra} remembers the lines of {counted(len(records), 'record')}, to delete those that vanish. Disable it "
        f"and read the list as a "
        "table of its own, with rows=exploded(…); or, if the API never sends a record again with other values, declare its "
        "source append_only, and nothing has to be remembered."
    )
