"""The words of the app: its columns, its units, what is measured, and what a status or a type of maintenance means."""

from collections.abc import Mapping, Sequence
from typing import Final

from connector_app.asking.measures import Better, Measure, Quantity, share
from connector_app.asking.rows import Rows
from connector_app.data.session import Kind
from connector_app.page.theme import ACCENT, GOOD, MUTED, WARN
from connector_app.page.units import unit

RECORDS_TABLE: Final = "fts_records"
TECHNICIANS_TABLE: Final = "fts_technicians"
DATE: Final = "log_date"
TYPE: Final = "maintenance_type"
STATUS: Final = "maintenance_status"
_TEXTS: Final = (
    "record_id customer_id equipment_id erp_order_id log_description maintenance_status maintenance_type summarized_log "
    "technician_id"
)
_NUMBERS: Final = "downtime_hours last_updated_epoch summarization_time_saved failure_rate maintenance_cost"
EXPECTED: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(_TEXTS.split(), "text"),
    **dict.fromkeys(_NUMBERS.split(), "number"),
    DATE: "date",
}
"""The columns that the plugin declares: one that Fivetran was told to leave out is empty here."""
LABELS: Final = {
    DATE: "log date",
    TYPE: "type of maintenance",
    STATUS: "status",
    "equipment_id": "equipment",
    "technician_id": "technician",
    "customer_id": "customer",
    "erp_order_id": "order",
    "summarized_log": "summary",
    "record_id": "record",
}
UNITS: Final = {
    "cost": ("Costs", "such as USD"),
    "saved": ("Time saved", "such as min"),
    "failure": ("Failure rate", "such as % a year"),
}

COST: Final = "maintenance_cost"
DOWNTIME: Final = "downtime_hours"
FAILURE: Final = "failure_rate"
SAVED: Final = "summarization_time_saved"
HOURLY: Final = "cost_per_hour"
# Column → label, kind of unit, which way is good news.
_MEASURED: Final[Mapping[str, tuple[str, str, Better]]] = {
    COST: ("cost of a task", "cost", "lower"),
    DOWNTIME: ("downtime of a task", "hours", "lower"),
    FAILURE: ("failure rate", "failure", "lower"),
    SAVED: ("time saved by a summary", "saved", "higher"),
    HOURLY: ("cost of an hour of downtime", "hourly", "lower"),
}
# The column says 0 where there was no downtime to divide by, which is no cost of an hour.
_SQL: Final = {HOURLY: f"CASE WHEN {DOWNTIME} > 0 THEN {HOURLY} END"}

DONE, WAY, LATE, OFF = "completed", "under way", "delayed", "cancelled"
STATES: Final = (DONE, WAY, LATE, OFF)
STATE_COLOURS: Final = {DONE: GOOD, WAY: ACCENT, LATE: WARN, OFF: MUTED}
_SAID: Final = f"LOWER(TRIM({STATUS}))"
STATE: Final = (
    f"CASE WHEN {STATUS} IS NULL THEN NULL "
    f"WHEN {_SAID} LIKE '%incomplete%' OR {_SAID} LIKE '%not %' THEN '{WAY}' "
    f"WHEN {_SAID} LIKE '%complete%' OR {_SAID} IN ('done', 'closed', 'finished', 'resolved') THEN '{DONE}' "
    f"WHEN {_SAID} LIKE '%delay%' OR {_SAID} LIKE '%overdue%' OR {_SAID} IN ('late', 'blocked', 'on hold') THEN '{LATE}' "
    f"WHEN {_SAID} LIKE '%cancel%' THEN '{OFF}' ELSE '{WAY}' END"
)
"""How far a task is, in whatever words and letters the status says so."""
UNFINISHED: Final = f"{STATE} IN ('{LATE}', '{WAY}')"
_KIND: Final = f"LOWER({TYPE})"
UNPLANNED: Final = " OR ".join(
    f"{_KIND} LIKE '%{word}%'" for word in ("correct", "reactive", "breakdown", "emergency", "unplanned", "repair")
)
"""Types of maintenance that answer a failure, and are not planned ahead of one."""


def quantity(column: str) -> Quantity:
    """What a column measures, in the unit that is known or that the user named."""
    label, kind, better = _MEASURED[column]
    cost = unit("cost")
    said = {"hours": "h", "hourly": f"{cost}/h" if cost else ""}.get(kind)
    return Quantity(_SQL.get(column, column), label, unit(kind) if said is None else said, better)


def total(column: str, label: str) -> Measure:
    """The sum of a column, called as a sum is."""
    asked = quantity(column)
    return Measure(f"SUM({column})", label, asked.unit, asked.better)


def total_cost() -> Measure:
    return total(COST, "cost of maintenance")


def total_downtime() -> Measure:
    return total(DOWNTIME, "downtime")


def total_saved() -> Measure:
    return total(SAVED, "time saved")


def completed() -> Measure:
    return share(f"{STATE} = '{DONE}'", STATUS, "tasks completed", "higher")


def delayed() -> Measure:
    return share(f"{STATE} = '{LATE}'", STATUS, "tasks delayed", "lower")


def unplanned() -> Measure:
    return share(UNPLANNED, TYPE, "unplanned tasks", "lower")


def measured(rows: Rows, columns: Sequence[str] = (COST, DOWNTIME, FAILURE, SAVED)) -> dict[str, Quantity]:
    """Label → quantity for *columns*, `cost_per_hour` too where it is on."""
    found = [quantity(column) for column in (*columns, *[HOURLY] * rows.has(HOURLY))]
    return {each.label: each for each in found}


def called(column: str) -> str:
    """How a table calls a column."""
    if column in _MEASURED:
        asked = quantity(column)
        return f"{asked.label} ({asked.unit})" if asked.unit else asked.label
    return LABELS.get(column, column.replace("_", " "))


def with_unit(label: str, column: str) -> str:
    """A label with the unit of *column*, if it has one."""
    said = quantity(column).unit
    return f"{label} ({said})" if said else label
