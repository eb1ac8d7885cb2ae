"""What changed, whether we are on target, and which records need a look: the Monday morning of an operations director."""

from datetime import date, timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st
from attrs import evolve

from connector_app.asking.compare import with_period_before
from connector_app.asking.filters import Dates
from connector_app.asking.measures import RECORDS
from connector_app.asking.questions import extent
from connector_app.asking.rows import Rows
from connector_app.page.charts import trend
from connector_app.page.figures import figures, needs, target
from connector_app.page.filter_bar import choice
from connector_mso.app.tables import amounts, behind
from connector_mso.app.words import GAINS, OPTIMIZED, YES, decision, measured, quantity, share

DATE: Final = "material_optimization_date"
RECENT: Final = 90
WHOLE: Final = "The first and the last period may not be whole."
# What a record should be, by physics or by sense, as SQL for those that are not.
CHECKS: Final = {
    "no cost": "material_cost IS NULL",
    "cost of 0 or less": "material_cost <= 0",
    "optimized before it was selected": "material_optimization_date < material_selection_date",
    "a score below 0 or above 1": (
        "NOT (material_selection_score BETWEEN 0 AND 1 AND material_optimization_score BETWEEN 0 AND 1)"
    ),
    "Poisson's ratio outside of -1 to 0.5": "NOT (poissons_ratio BETWEEN -1 AND 0.5)",
    "density or stiffness of 0 or less": "density <= 0 OR youngs_modulus <= 0",
    "no recommendation": "material_selection_recommendation IS NULL OR material_optimization_recommendation IS NULL",
}


def draw(rows: Rows) -> None:
    recent = newest(rows)
    _changed(recent)
    left, right = st.columns(2)
    with left:
        _savings(rows)
    with right:
        _gains(rows)
    _checks(rows)
    needs(rows, "The efficiency ratio (performance added for each unit of cost)", ["efficiency_ratio"], enable="efficiency_ratio")


def newest(rows: Rows) -> Rows:
    """The rows of the period in the filters; where they have none, of the newest 90 days, or of the newer half of less data."""
    dates = rows.filters.dates
    if dates is not None and dates.first is not None and dates.last is not None:
        return rows
    least, most = (_day(each) for each in extent(rows, DATE))
    if least is None or most is None:
        return rows
    days = min(RECENT, max(((most - least).days + 1) // 2, 1))
    return rows.under(evolve(rows.filters, dates=Dates(DATE, most - timedelta(days=days - 1), most)))


def _day(value: Any) -> date | None:
    return None if value is None or value is pd.NaT else value.date() if hasattr(value, "date") else value


def _changed(recent: Rows) -> None:
    dates = recent.filters.dates
    dated = dates is not None and dates.first is not None and dates.last is not None
    span = f"from {dates.first} to {dates.last}" if dates and dated else "over all records"
    st.markdown(f"##### What changed, {span}?")
    asked = [
        RECORDS,
        quantity("cost_savings").total,
        quantity("cost_savings").median,
        quantity("material_cost").median,
        quantity("material_waste").median,
        quantity("weight_reduction").median,
        quantity("performance_improvement").median,
        share(f"{decision(OPTIMIZED)} = '{YES}'", OPTIMIZED, "optimizations recommended", "higher"),
    ]
    figures([with_period_before(recent, measure) for measure in asked])
    st.caption("Medians, so that a few extreme records move nothing. Green is good news, red is bad news, grey judges nothing.")
    behind(recent, "overview")


def _savings(rows: Rows) -> None:
    saved = quantity("cost_savings")
    wanted = target("savings", "Target for the cost saved in each period of the chart", saved.unit)
    trend(rows, DATE, "Do we save more, and as much as we want to?", saved.total, target=wanted, note=WHOLE, key="savings")


def _gains(rows: Rows) -> None:
    offered = measured(rows, ("material_cost", "material_waste", *GAINS[1:]))
    label = choice("What to follow", list(offered), "follow", "The median of the records of each period is drawn.")
    trend(rows, DATE, f"Which way does the {label} go?", offered[label].median, key="follow")


def _checks(rows: Rows) -> None:
    counts = ", ".join(f"SUM(CASE WHEN {sql} THEN 1 ELSE 0 END) AS c{number}" for number, sql in enumerate(CHECKS.values()))
    found = rows.ask(f"COUNT(*) AS n, {counts}").iloc[0]
    lines = [(name, int(found[f"c{number}"] or 0), int(found[f"c{number}"] or 0)) for number, name in enumerate(CHECKS)]
    frame = pd.DataFrame([line for line in lines if line[1]], columns=["category", "value", "records"])
    question = "Which records need a look before you trust them?"
    if frame.empty:
        st.markdown(f"##### {question}")
        st.success(f"None: all {int(found['n']):,} records have a cost, a recommendation and possible values.")
        return
    frame = frame.sort_values("value", ascending=False)

    def narrow(picked: Any) -> Rows:
        return rows.where(CHECKS[str(picked["category"])])

    note = f"Of {int(found['n']):,} records. They count in every figure here as they are."
    amounts(rows, frame, question, RECORDS, "what is odd", narrow, note=note, key="checks")
