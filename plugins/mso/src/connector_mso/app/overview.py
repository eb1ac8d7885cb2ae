"""What changed, whether we are on target, and which records need a look: the Monday morning of an operations director."""

from typing import Final

import streamlit as st

from connector_app.asking.compare import with_period_before
from connector_app.asking.measures import RECORDS, share
from connector_app.asking.periods import newest, span
from connector_app.asking.rows import Rows
from connector_app.page.charts import trend
from connector_app.page.checks import checks
from connector_app.page.figures import figures, needs, target
from connector_app.page.filter_bar import choice
from connector_app.page.tables import behind
from connector_mso.app.words import GAINS, OPTIMIZED, YES, decision, measured, quantity

DATE: Final = "material_optimization_date"
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
    recent = newest(rows, DATE)
    _changed(recent)
    left, right = st.columns(2)
    with left:
        _savings(rows)
    with right:
        _gains(rows)
    checks(rows, CHECKS, "a cost, a recommendation and possible values")
    needs(rows, "The efficiency ratio (performance added for each unit of cost)", ["efficiency_ratio"], enable="efficiency_ratio")


def _changed(recent: Rows) -> None:
    st.markdown(f"##### What changed, {f'from {span(recent)}' if span(recent) else 'over all records'}?")
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
