"""Technicians: what their work costs beside work of the same type, what they save, and what is usual for each of them."""

from typing import Final

import pandas as pd
import streamlit as st

from connector_app.asking.compare import Figure, with_period_before
from connector_app.asking.measures import Measure
from connector_app.asking.periods import newest, span
from connector_app.asking.rows import Rows
from connector_app.data.session import live
from connector_app.page.charts import trend
from connector_app.page.figures import figures, needs, target
from connector_app.page.grains import grain
from connector_fts.app import groups
from connector_fts.app.overview import WHOLE
from connector_fts.app.tables import listed
from connector_fts.app.words import COST, DATE, DOWNTIME, HOURLY, SAVED, TECHNICIANS_TABLE, quantity, total_saved

BY: Final = "technician_id"
MOST: Final = 200
_TOTALS: Final = ("total_tasks", "total_maintenance_cost", "total_downtime_hours", "total_time_saved")


def draw(rows: Rows) -> None:
    groups.totals(rows, BY, "technician")
    st.caption("Tasks differ in what they ask for: ask before you judge a person.")
    _saved(rows)
    _usual(rows)
    groups.line_by_line(rows, BY, "technician")
    needs(rows, "The cost of an hour of downtime", [HOURLY], enable=HOURLY)


def _saved(rows: Rows) -> None:
    saved, cost = quantity(SAVED), quantity(COST).unit
    first, second, third = st.columns(3)
    with first:
        each = grain(rows, DATE)
    with second:
        wanted = target(f"saved_{each}", f"Target for the time saved in a {each}", saved.unit)
    with third:
        worth = target("worth", f"What one {saved.unit or 'unit'} of time saved is worth", cost)
    left, right = st.columns([3, 2])
    with left:
        question = f"How much time do the summaries save each {each}, and is it the target?"
        trend(rows, DATE, question, total_saved(), grain=each, target=wanted, note=WHOLE, key="saved")
    with right:
        recent = newest(rows, DATE)
        st.markdown(f"##### What is it worth{f', {span(recent)}' if span(recent) else ''}?")
        found = [with_period_before(recent, asked) for asked in (total_saved(), saved.median)]
        found += [_worth(found[0], worth, cost)] if worth is not None and found[0].value is not None else []
        figures(found, columns=1)
        if worth is None:
            st.caption("Set what time is worth, to see what it comes to.")


def _worth(figure: Figure, worth: float, unit: str) -> Figure:
    before = None if figure.reference is None else figure.reference * worth
    return Figure("worth", (figure.value or 0.0) * worth, unit, before, figure.against, "higher")


def _usual(rows: Rows) -> None:
    if not needs(rows, "What each technician did over all time", table=TECHNICIANS_TABLE, enable=TECHNICIANS_TABLE):
        return
    found = usual(rows)
    abouts = {
        "tasks here": "tasks under your filters",
        "tasks ever": rows.session.dictionary.describe(TECHNICIANS_TABLE, "total_tasks"),
        "cost here": "average cost of a task under your filters",
        "cost ever": "total_maintenance_cost by total_tasks",
        "downtime here (h)": "average downtime of a task under your filters",
        "downtime ever (h)": "total_downtime_hours by total_tasks",
        "saved here": "average time saved under your filters",
        "saved ever": "total_time_saved by total_tasks",
    }
    note = f"Averages of a task: here, under your filters; ever, by {TECHNICIANS_TABLE}. Without a filter both are the same."
    question = "Is what we see here usual for each technician?"
    listed(rows, found, question, abouts, by=BY, note=note, key="usual")


def usual(rows: Rows) -> pd.DataFrame:
    """Averages of each technician under the filters, beside those of his row in `fts_technicians`; most tasks first."""
    tasks = Measure("COUNT(*)", "tasks")
    here = rows.where(f"{BY} IS NOT NULL").query(
        f"{BY} AS id, {tasks.sql} AS n, SUM({COST}) AS cost, SUM({DOWNTIME}) AS hours, SUM({SAVED}) AS saved", "GROUP BY 1"
    )
    ever = live(rows.session, TECHNICIANS_TABLE, dict.fromkeys(_TOTALS, "number"))
    pairs = zip(("cost", "hours", "saved"), _TOTALS[1:], strict=True)
    averages = ", ".join(
        f"1.0 * {mine} / NULLIF(n, 0) AS {mine}_here, 1.0 * {theirs} / NULLIF(total_tasks, 0) AS {mine}_ever"
        for mine, theirs in pairs
    )
    query = (
        f"SELECT id AS {BY}, n AS tasks_here, total_tasks AS tasks_ever, {averages} FROM ({here.sql}) AS here "
        f"JOIN {ever} AS ever ON ever.{BY} = here.id ORDER BY n DESC, id LIMIT {MOST:d}"
    )
    found = rows.session.sql(query, here.parameters)
    said = {name: name.replace("_", " ") for name in found.columns if name != BY}
    return found.rename(columns={**said, "hours_here": "downtime here (h)", "hours_ever": "downtime ever (h)"})
