"""Downtime: where it comes from, how much of it could be won back, and what to do first."""

from typing import Final

import pandas as pd
import streamlit as st

from connector_app.asking.compare import Figure, measured
from connector_app.asking.excess import above, benchmarked
from connector_app.asking.measures import is_missing
from connector_app.asking.rows import Query, Rows
from connector_app.page.charts import bars, histogram
from connector_app.page.figures import figures, needs, target
from connector_app.page.filter_bar import choice
from connector_app.page.peers import against_peers
from connector_fts.app.groups import part_of_first
from connector_fts.app.tables import listed
from connector_fts.app.visits import visits
from connector_fts.app.words import (
    COST,
    DOWNTIME,
    HOURLY,
    LATE,
    STATE,
    STATE_COLOURS,
    TYPE,
    UNPLANNED,
    quantity,
    total_downtime,
)  # fmt: skip

BY: Final = {"equipment": "equipment_id", "customer": "customer_id", "technician": "technician_id", "type of maintenance": TYPE}
BENCHMARKS: Final = {"the median of the same type of maintenance": TYPE, "the median of all tasks": ""}
SOON: Final = 7
MOST: Final = 50
# What is seen on a line → what to do, the first that holds.
ADVICE: Final = (
    ("late >= 2 AND late * 3 >= tasks", "Chase what holds up its delayed tasks"),
    ("back >= 2 AND back * 3 >= tasks", f"Find the root cause: work came back within {SOON} days"),
    ("unplanned >= 2 AND unplanned * 2 >= tasks", "Plan ahead: most of its work answers failures"),
    ("longest * 2 >= hours AND tasks >= 2", "Look into its longest stop: it is half of all"),
)
OTHERWISE: Final = "Ask why its tasks take longer than others"


def draw(rows: Rows) -> None:
    label = choice("Look at", list(BY), "stands")
    left, right = st.columns(2)
    with left:
        question = f"Which {label} has the most downtime?"
        note = part_of_first(rows, BY[label], total_downtime())
        bars(rows, BY[label], question, total_downtime(), others=False, note=note, key=f"downtime {label}")
    with right:
        histogram(rows, DOWNTIME, "How long does equipment stand still?", "h", key="hours")
    left, right = st.columns(2)
    with left:
        bars(
            rows,
            "maintenance_status",
            "How much downtime belongs to work that is not done?",
            total_downtime(),
            meanings=_meant(rows),
            key="hours by status",
        )
    with right:
        against_peers(
            rows,
            TYPE,
            "For which type of work does equipment stand still longest?",
            quantity(DOWNTIME),
            label="type",
            key="hours by type",
        )
    _winnable(rows, label)


def _meant(rows: Rows) -> dict[str, str]:
    """Status, as it is spelt in the data → its colour."""
    found = rows.where("maintenance_status IS NOT NULL").ask(
        f"DISTINCT maintenance_status AS said, {STATE} AS state", "LIMIT 100"
    )
    return {str(said): STATE_COLOURS[state] for said, state in zip(found["said"], found["state"], strict=True)}


def _winnable(rows: Rows, label: str) -> None:
    st.markdown("##### What could be won back?")
    left, right = st.columns(2)
    with left:
        against = choice("Bring downtime down to", list(BENCHMARKS), "bench_hours")
    with right:
        own = target("hours", "or to a target of yours for the downtime of a task", "h")
    within = BENCHMARKS[against]
    goal = "the target" if own is not None else against
    found = winnable(rows, BY[label], within, own)
    figures(_sums(rows, within, own), columns=3)
    abouts = {
        "what to do": "the first rule that holds, see below the table",
        "to win back (h)": f"hours above {goal}, of its tasks above it",
        "of its downtime": "per cent",
        "downtime (h)": "sum",
        "delayed": "tasks", "unplanned": "tasks that answer a failure, such as Corrective",
        "came back": f"tasks after which the same equipment had another one within {SOON} days",
        "longest (h)": "its longest downtime",
    }  # fmt: skip
    rules = "; ".join(f"“{said}” if {_told(condition)}" for condition, said in ADVICE)
    note = (
        f"Arithmetic: to win back = the hours of each task above {goal}, added up (at most the 99th percentile of all). "
        f"Rules, the first one that holds: {rules}; otherwise “{OTHERWISE}”."
    )
    question = f"What to do about downtime, {label} by {label}?"
    behind = above(rows, DOWNTIME, "record_id", within, own)
    listed(behind, found, question, abouts, ["of its downtime"], by=BY[label], note=note, key=f"winnable {label}")
    needs(rows, "What an hour of downtime costs", [HOURLY], enable=HOURLY)


def _told(condition: str) -> str:
    """A rule in words that can be checked against the columns of the table."""
    for sql, words in (
        ("late * 3 >= tasks", "at least a third of its tasks"), ("back * 3 >= tasks", "at least a third of its tasks"),
        ("unplanned * 2 >= tasks", "at least half of its tasks"),
        ("longest * 2 >= hours", "one stop is at least half of its downtime"),
        ("late >= 2", "2 or more are delayed"), ("back >= 2", "2 or more came back"),
        ("unplanned >= 2", "2 or more are unplanned"),
        ("tasks >= 2", "of 2 tasks or more"), (" AND ", ", "),
    ):  # fmt: skip
        condition = condition.replace(sql, words)
    return condition


def _sums(rows: Rows, within: str, own: float | None) -> list[Figure]:
    found = benchmarked(rows, DOWNTIME, within, own)
    sql = f"SELECT SUM(CASE WHEN value > benchmark THEN value - benchmark END) AS hours FROM ({found.sql}) AS valued"
    hours = rows.session.sql(sql, found.parameters)["hours"].iloc[0]
    could = None if is_missing(hours) else float(hours)
    said = [Figure("downtime in all", measured(rows, total_downtime()), "h"), Figure("of it, could be won back", could, "h")]
    if rows.has(HOURLY):
        hourly = quantity(HOURLY).median
        value = measured(rows, hourly)
        worth = None if value is None or could is None else value * could
        said.append(Figure("worth, at the median cost of an hour", worth, quantity(COST).unit))
    return said


def winnable(rows: Rows, by: str, within: str, own: float | None = None) -> pd.DataFrame:
    """The rows of `winnable_query`, in words."""
    query = winnable_query(rows, by, within, own)
    return rows.session.sql(query.sql, query.parameters).rename(columns=_NAMES)


def winnable_query(rows: Rows, by: str, within: str, own: float | None = None) -> Query:
    """The hours above the benchmark (`won`) for each value of *by*, the most first, what is seen there, and the `advice`."""
    hours, after = benchmarked(rows, DOWNTIME, within, own), visits(rows)
    over = "CASE WHEN value > benchmark THEN value - benchmark END"
    figures = (
        f"SUM({over}) AS won, SUM(value) AS hours, COUNT(*) AS tasks, MAX(value) AS longest, "
        f"SUM(CASE WHEN {STATE} = '{LATE}' THEN 1 ELSE 0 END) AS late, "
        f"SUM(CASE WHEN {UNPLANNED} THEN 1 ELSE 0 END) AS unplanned, "
        f"SUM(CASE WHEN days_after <= {SOON:d} THEN 1 ELSE 0 END) AS back"
    )
    later = f"LEFT JOIN (SELECT record_id AS visit, days_after FROM ({after.sql}) AS visits) AS later ON visit = record_id"
    grouped = f"SELECT {by}, {figures} FROM ({hours.sql}) AS valued {later} WHERE {by} IS NOT NULL GROUP BY 1"
    advice = " ".join(f"WHEN {condition} THEN '{said}'" for condition, said in ADVICE)
    return Query(
        f"SELECT {by}, CASE {advice} ELSE '{OTHERWISE}' END AS advice, won, 100.0 * won / NULLIF(hours, 0) AS part, hours, "
        f"tasks, late, back, unplanned, longest FROM ({grouped}) AS grouped WHERE won > 0 ORDER BY won DESC, {by} LIMIT {MOST:d}",
        (*hours.parameters, *after.parameters),
    )


_NAMES: Final = {
    "advice": "what to do", "won": "to win back (h)", "part": "of its downtime", "hours": "downtime (h)", "late": "delayed",
    "back": "came back", "longest": "longest (h)",
}  # fmt: skip
