"""What changed, whether we are on target, what is held up and what to look at: the Monday morning of a maintenance manager."""

from typing import Final

import pandas as pd
import streamlit as st

from connector_app.asking.compare import with_period_before
from connector_app.asking.measures import Measure
from connector_app.asking.periods import newest, span
from connector_app.asking.rows import Rows
from connector_app.page.charts import trend
from connector_app.page.checks import checks
from connector_app.page.figures import figures, needs, target
from connector_app.page.grains import grain
from connector_app.page.tables import behind
from connector_fts.app.tables import listed
from connector_fts.app.words import (
    COST,
    DATE,
    DOWNTIME,
    FAILURE,
    HOURLY,
    LATE,
    STATE,
    STATUS,
    UNFINISHED,
    completed,
    quantity,
    total_cost,
    total_downtime,
    total_saved,
)  # fmt: skip

TASKS: Final = Measure("COUNT(*)", "tasks")
WHOLE: Final = "The first and the last period may not be whole."
MOST: Final = 100
CHECKS: Final = {
    "no cost": "maintenance_cost IS NULL",
    "cost below 0": "maintenance_cost < 0",
    "no downtime": "downtime_hours IS NULL",
    "downtime below 0": "downtime_hours < 0",
    "failure rate below 0": "failure_rate < 0",
    "no log entry": "log_description IS NULL OR TRIM(log_description) = ''",
    "a log entry without a summary": "log_description IS NOT NULL AND (summarized_log IS NULL OR TRIM(summarized_log) = '')",
    "no equipment, technician or customer": "equipment_id IS NULL OR technician_id IS NULL OR customer_id IS NULL",
    "no date": "log_date IS NULL",
}
"""What is odd → the condition of it."""


def draw(rows: Rows) -> None:
    _changed(newest(rows, DATE))
    _targets(rows)
    _held_up(rows)
    checks(rows, CHECKS, "a cost, a downtime, a log entry with its summary, and possible values")
    needs(rows, "The cost of an hour of downtime", [HOURLY], enable=HOURLY)


def _changed(recent: Rows) -> None:
    st.markdown(f"##### What changed, {f'from {span(recent)}' if span(recent) else 'over all tasks'}?")
    asked = [
        TASKS,
        total_cost(),
        quantity(COST).median,
        total_downtime(),
        quantity(DOWNTIME).median,
        quantity(FAILURE).median,
        completed(),
        total_saved(),
    ]
    figures([with_period_before(recent, measure) for measure in asked])
    st.caption("Green is good news, red is bad news, grey judges nothing. Medians, so that a few extreme tasks move nothing.")
    behind(recent, "overview")


def _targets(rows: Rows) -> None:
    """Costs and downtime over time; a target is for one period, so each grain has its own."""
    first, second, third = st.columns(3)
    with first:
        each = grain(rows, DATE)
    with second:
        cost = target(f"cost_{each}", f"Target for the cost of a {each}", quantity(COST).unit)
    with third:
        hours = target(f"downtime_{each}", f"Target for the downtime of a {each}", "h")
    left, right = st.columns(2)
    with left:
        question = f"What does maintenance cost each {each}, and is it within the target?"
        trend(rows, DATE, question, total_cost(), grain=each, target=cost, note=WHOLE, key="cost")
    with right:
        question = f"How long does equipment stand still each {each}, within the target?"
        trend(rows, DATE, question, total_downtime(), grain=each, target=hours, note=WHOLE, key="downtime")


def _held_up(rows: Rows) -> None:
    found = held_up(rows)
    abouts = {
        "days": "from its log entry to the newest one under the filters",
        "summarized_log": rows.session.dictionary.describe(rows.table, "summarized_log"),
        STATUS: rows.session.dictionary.describe(rows.table, STATUS),
        COST: rows.session.dictionary.describe(rows.table, COST),
        DOWNTIME: rows.session.dictionary.describe(rows.table, DOWNTIME),
    }
    waiting = rows.where(UNFINISHED)
    note = f"Delayed ones first, then the oldest; {len(found):,} of {waiting.count():,} tasks that are delayed or under way."
    listed(waiting, found, "Which tasks are held up, and since when?", abouts, by="record_id", note=note, key="held up")


def held_up(rows: Rows) -> pd.DataFrame:
    """Tasks that are delayed or under way, the delayed ones first, the oldest first."""
    last = rows.query("MAX(log_date) AS newest")
    waiting = rows.where(UNFINISHED).source()
    columns = "equipment_id, customer_id, technician_id, maintenance_status, summarized_log"
    query = (
        f"SELECT DATEDIFF('day', log_date, newest) AS days, {columns}, maintenance_cost, downtime_hours, record_id "
        f"FROM {waiting.sql} CROSS JOIN ({last.sql}) AS latest "
        f"ORDER BY CASE WHEN {STATE} = '{LATE}' THEN 0 ELSE 1 END, days DESC NULLS LAST, record_id LIMIT {MOST:d}"
    )
    return rows.session.sql(query, (*waiting.parameters, *last.parameters))
