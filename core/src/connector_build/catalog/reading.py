"""How a table is read, and what a choice costs, in words."""

from collections.abc import Iterable

from attrs import evolve

from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.engine.marks import BYTES
from connector_core.engine.row_values import MOST as ROW_VALUES
from connector_core.engine.state import LIMIT
from connector_core.engine.unchanged import MOST
from connector_core.plugin.plan import Option, TablePlan
from connector_core.source.deletes import ListedIn

REST = 12 + 40
"""Bytes of the state that the place takes where the children of one parent go on, if no other parent has the same one."""
RECORD, LINE, LINES = 32, 12, 5
"""Bytes of the state that a record and a line of it take with keys of some eight letters, and how many lines an example has."""


def reading(plan: TablePlan) -> str:
    """What a sync of one source table reads and sends, and why."""
    name = plan.table.name
    how = _how(plan)
    lines = "".join(f" {nested_reading(plan, nested)}" for nested in plan.nested)
    return f"{_of_grouped(plan, name, how)}{lines}"


def _of_grouped(plan: TablePlan, name: str, how: str) -> str:
    if not plan.grouped:
        return f"`{name}` is read {how}."
    extras = names(extra.name for extra in plan.grouped)
    verb = "is" if len(plan.grouped) == 1 else "are"
    if not plan.repeats and not how.startswith("whole"):
        return f"`{name}` only ever grows, so {extras} {verb} kept up from the cursor on; its totals are part of the state."
    if not plan.rests or not plan.repeats:
        larger = f" {_sent(plan)}" if plan.knows_unchanged and plan.table.updated else ""
        return f"`{name}` is read {how}.{larger} {extras} {verb} made from it; rows are sent only when they changed."
    sent = f"Rows of {extras} are sent only when they changed, and deleted when their last record has gone elsewhere."
    if plan.keeps_values:
        return f"`{name}` is read {how}. {extras} {verb} made from its live rows, of which the state keeps {_kept(plan)}. {sent}"
    return (
        f"{extras} {verb} made from the records of `{name}`. That feed may send a record again with new values, and the state "
        f"does not keep what it had ({names(plan.personal)}: personal data), so each sync reads the whole of `{name}`: as many "
        f"requests as the feed has pages. {_sent(plan)} {sent}"
    )


def _kept(plan: TablePlan) -> str:
    """What the state keeps for extra tables, and what becomes of a table where that is too much."""
    needed = dict.fromkeys([*plan.table.primary_key, *(name for extra in plan.grouped for name in extra.needs)])
    return (
        f"{names(needed)}, compressed and not encrypted. Where that takes more than {ROW_VALUES // 1_000_000} MB (some 100,000 "
        f"rows of short values), or the API refuses the place, a sync reads the whole of `{plan.table.name}`"
    )


def _sent(plan: TablePlan) -> str:
    """What of a table that each sync reads whole is sent."""
    larger = f"of a larger table, those whose {plan.table.updated} says that they may have" if plan.table.updated else ""
    return f"Of up to {MOST:,} rows, those that changed are sent; {larger or 'a larger table is sent whole'}."


def _how(plan: TablePlan) -> str:
    """How a table without extra tables is read."""
    table = plan.table
    if table.full_refresh:
        return "whole in each sync, and replaced: rows that the API no longer sends are deleted"
    sent = "; rows that did not change are not sent again" if plan.knows_unchanged else ""
    reads = f"{getattr(plan.paginator, 'reads', 'as its paginator says')}{sent}{_deletes(plan)}"
    if table.parent is None:
        return reads
    if table.each:
        return f"once for each value of the setting `{table.each.setting}`, for each of them {reads}"
    changed = f" whose `{table.parent.changed}` has changed" if table.parent.changed else ""
    return f"once for each record of `{table.parent.table}`{changed}, for each of them {reads}{_remembered(plan)}"


def _remembered(plan: TablePlan) -> str:
    """What a child table takes of the state, and how many records of its parent fit."""
    parent = plan.table.parent
    assert parent is not None  # noqa: S101  (the caller has looked)
    rests = 0 if getattr(plan.paginator, "reads", "whole").startswith("whole") else REST
    marks = BYTES if parent.changed and not parent.incremental else 0
    one_place = f"; `{parent.table}` is listed from its newest `{parent.changed}` on" if parent.incremental else ""
    if not rests + marks:
        return f"{one_place}, and the state has one place however many there are" if one_place else ""
    return (
        f"{one_place}; the state keeps some {round(rests + marks)} bytes for each record of `{parent.table}`, so that "
        f"{round(LIMIT / (rests + marks), -4):,.0f} of them fit the {LIMIT // 1_000_000} MB that Fivetran keeps. Beyond, a sync "
        "says so and ends"
    )


def _deletes(plan: TablePlan) -> str:
    """What of a table is deleted, beyond what its own feed says."""
    table = plan.table
    told = f"; rows that `{table.deleted_by.table}` says are gone are deleted" if table.deleted_by else ""
    if isinstance(table.missing, ListedIn):
        return f"{told}; rows that `{table.missing.table}`, read whole each time, does not list are deleted"
    return f"{told}; rows that a whole read no longer brings are deleted" if table.missing else told


def nested_reading(plan: TablePlan, nested: Nested) -> str:
    """How a nested list is kept up, and what it costs in the state, in words."""
    made = f"`{nested.name}` has a row for each entry of `{nested.at}`, from the same requests"
    if plan.table.full_refresh:
        return f"{made}, and is replaced with `{plan.table.name}`."
    if not plan.remembers_lines:
        return f"{made}. Records never come again with other values, so nothing of them is remembered."
    fit = round(LIMIT / (RECORD + LINES * LINE), -3)
    return (
        f"{made}; lines that vanish from their record are deleted. For that, the state remembers the keys of the lines of each "
        f"record: some {RECORD} bytes for a record and {LINE} or more for a line, of the {LIMIT // 1_000_000} MB that Fivetran "
        f"keeps: some {fit:,.0f} records of {LINES} lines with short keys. Beyond, a sync says so and ends."
    )


def extra_reading(plan: TablePlan, extra: Dimension | Aggregate | Nested) -> str:
    """How one extra table of *plan* is kept up."""
    if isinstance(extra, Nested):
        return nested_reading(plan, extra).replace("`", "")
    source = plan.table.name
    if plan.keeps_values:
        return (
            f"{extra.name} is made from the live rows of {source}, of which the state keeps what it needs; rows are sent only "
            "when they changed."
        )
    if plan.repeats or plan.reads_whole:
        return f"{extra.name} is made from the whole of {source} in each sync; rows are sent only when they changed."
    return (
        f"{extra.name} is kept up as {source} grows; its totals are part of the state, and rows are sent only when they changed."
    )


def cost(option: Option, plan: TablePlan) -> str:
    """What it costs to have *option* on, in words; *plan* is that of its table."""
    name = plan.table.name
    if isinstance(option.value, Dimension | Aggregate):
        if not plan.rests:
            return f"No further request: each sync reads the whole of {name} anyway. One upsert for each row that changed."
        if not plan.repeats:
            return f"No further request: it is kept up as {name} grows. One upsert for each row that changed."
        if _with(plan, option.value).keeps_values:
            return (
                f"No further request, but for one read of the whole feed when it is switched on, and in each sync where what it "
                f"needs of the rows of {name} takes more than {ROW_VALUES // 1_000_000} MB of the state. One upsert for each row "
                "that changed."
            )
        return (
            f"Each sync reads the whole of {name}: as many requests as the feed has pages. {_sent(plan)} "
            "Besides, one upsert for each row that changed here."
        )
    if isinstance(option.value, Nested):
        first = "No further request, but for one read of the whole feed when it is switched on."
        kept = " The state remembers the keys of all lines." if plan.remembers_lines else ""
        return f"{first} One upsert for each line of a record that changed.{kept}"
    filled = "No further request. Rows of before have what it does only after a re-sync of the history."
    return f"{filled} One delete for each record that it leaves out." if option.value.leaves_out else filled


def would_cost(plan: TablePlan, options: Iterable[Option]) -> str:
    """What a sync would read and send if an extra table that is off were on; empty where that is what it does anyway."""
    off = [
        option.name
        for option in options
        if option.table == plan.table.name
        and not option.enabled
        and isinstance(option.value, Aggregate | Dimension)
        and _with(plan, option.value).reads_whole
    ]
    if off and not plan.reads_whole:
        return f" With {' or '.join(off)} on, each sync would read the whole feed."
    return ""


def _with(plan: TablePlan, extra: Aggregate | Dimension) -> TablePlan:
    return plan if extra in plan.extra_tables else evolve(plan, extra_tables=(*plan.extra_tables, extra))


def names(of: Iterable[str]) -> str:
    """Names as Markdown has them, with commas between."""
    return ", ".join(f"`{name}`" for name in of)
