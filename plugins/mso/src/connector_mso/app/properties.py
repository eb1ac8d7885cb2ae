"""Material properties at a glance: how each group stands, how values spread, stiffness against density, and who disagrees."""

from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from connector_app.asking.rows import Rows
from connector_app.page.charts import histogram
from connector_app.page.drawing import HEIGHT, Chart, axis_title
from connector_app.page.filter_bar import choice
from connector_app.page.panel import panel
from connector_app.page.peers import against_peers
from connector_app.page.plain import plain
from connector_app.page.theme import ACCENT, MUTED
from connector_mso.app.labels import placed, ticks
from connector_mso.app.tables import listed
from connector_mso.app.words import GROUPS, ORDERS, PROPERTIES, quantity

QUESTIONS: Final = {
    "material_cost": "costs most",
    "material_weight": "weighs most",
    "density": "is densest",
    "youngs_modulus": "is stiffest",
    "poissons_ratio": "has the highest Poisson's ratio",
}
MOST: Final = 200
LABELLED: Final = 25
SAME: Final = ("density", "youngs_modulus", "poissons_ratio")
"""What belongs to a material itself, whatever is made of it."""
AGREED: Final = 0.1
"""A property of one material that spreads by more than this share of its median is worth a look."""


def draw(rows: Rows) -> None:
    left, right = st.columns(2)
    with left:
        column = _property()
    with right:
        by = GROUPS[choice("By", list(GROUPS), "by")]
    asked = quantity(column)
    left, right = st.columns(2)
    with left:
        against_peers(rows, by, question(column, by), asked, order=ORDERS.get(by, ()), key=f"peers {by} {column}")
    with right:
        histogram(rows, column, f"How does the {asked.label} spread?", asked.unit, key=f"spread {column}")
    frame = glance(rows, by)
    _glance(rows, frame, by)
    _stiff(rows, frame if by == "material_name" else glance(rows, "material_name"))
    _disagreeing(rows)


def _property() -> str:
    labels = {quantity(column).label: column for column in PROPERTIES}
    return labels[choice("Property", list(labels), "property")]


def question(column: str, by: str) -> str:
    if by == "material_name":
        return f"Which material {QUESTIONS[column]}?"
    where = "CAD system" if by == "cad_system" else "lifecycle stage"
    return f"In which {where} is the material that {QUESTIONS[column]}?"


def glance(rows: Rows, by: str) -> pd.DataFrame:
    """The medians of all properties for each group of *by*, the groups with the most records first."""
    medians = ", ".join(f"MEDIAN({column}) AS {column}" for column in PROPERTIES)
    name = f"COALESCE(CAST({rows.session.name(by)} AS VARCHAR), '(none)')"
    return rows.ask(f"{name} AS {by}, COUNT(*) AS records, {medians}", f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST:d}")


def _glance(rows: Rows, frame: pd.DataFrame, by: str) -> None:
    abouts = {column: f"Median. {rows.session.dictionary.describe(rows.table, column)}" for column in PROPERTIES}
    word = next(label for label, column in GROUPS.items() if column == by)
    note = f"Medians; choose a line to see its records.{f' The {MOST} with the most records.' if len(frame) == MOST else ''}"
    question = f"What does each {word} look like at a glance?"
    listed(rows, frame, question, abouts, by=by, note=note, key=f"glance {by}")


def _stiff(rows: Rows, frame: pd.DataFrame) -> None:
    known = frame[(frame["density"] > 0) & (frame["youngs_modulus"] > 0)]
    known = known.assign(stiffness=known["youngs_modulus"] / known["density"]).sort_values("stiffness", ascending=False)

    def narrow(picked: Any) -> Rows:
        return rows.only("material_name", str(picked["material_name"]))

    marks = {str(each): {"material_name": str(each)} for each in known["material_name"]}
    note = "Up and to the left is stiff and light. Both axes are logarithmic; a point is the median of a material's records."
    if len(known):
        best = ", ".join(plain(str(each)) for each in known["material_name"].head(3))
        note += f" Most stiffness for its density: {best}. A name without room is in the tooltip."
    panel(
        "Which material is stiff for its weight?", known, _ashby(known) if len(known) else None, rows,
        narrow=narrow, marks=marks, pick=False, note=note, key="stiff",
    )  # fmt: skip


def _ashby(frame: pd.DataFrame) -> Chart:
    x, y = quantity("density"), quantity("youngs_modulus")
    log = alt.Scale(type="log", nice=False, padding=24)
    base = alt.Chart(frame).encode(
        x=alt.X(
            "density:Q",
            scale=log,
            title=axis_title(x.label, x.unit),
            axis=_log_axis(frame["density"]),
        ),
        y=alt.Y(
            "youngs_modulus:Q",
            scale=log,
            title=axis_title(y.label, y.unit),
            axis=_log_axis(frame["youngs_modulus"]),
        ),
        tooltip=[
            alt.Tooltip("material_name:N", title="material"),
            alt.Tooltip("density:Q", title=x.label, format=",.4~g"),
            alt.Tooltip("youngs_modulus:Q", title=y.label, format=",.4~g"),
            alt.Tooltip("stiffness:Q", title="stiffness by density", format=",.4~g"),
            alt.Tooltip("records:Q", format=","),
        ],
    )
    chart: alt.LayerChart = alt.layer(base.mark_point(filled=True, size=90, color=ACCENT, opacity=0.85))
    names = frame.head(LABELLED)
    # On a phone there is room for no name.
    room = alt.ExprRef("width > 450 ? 1 : 0")
    labels = placed(list(zip(names["density"], names["youngs_modulus"], names["material_name"], strict=True)))
    for place in dict.fromkeys(label for label in labels if label.shown):
        here = names[[label == place for label in labels]]
        text = base.mark_text(align=place.align, dx=place.dx, dy=place.dy, fontSize=11, color=MUTED, opacity=room)
        chart = chart + text.properties(data=here).encode(text="material_name:N")
    drawn: Chart = chart.properties(height=HEIGHT + 80)
    return drawn


def _log_axis(values: "pd.Series[Any]") -> alt.Axis:
    return alt.Axis(format="~s", values=ticks(list(values)), labelOverlap=True)


def _disagreeing(rows: Rows) -> None:
    found = disagreeing(rows)
    note = (
        "A property of a material should be the same in each record. Spread: from the 10th to the 90th percentile, in per cent "
        f"of the median; here are materials with at least 5 records where one property spreads by more than {AGREED:.0%}."
    )
    question = "Which materials disagree with themselves?"
    if found.empty:
        st.markdown(f"##### {question}")
        st.success(f"None: no property of a material spreads by more than {AGREED:.0%} of its median.")
        return
    abouts = dict.fromkeys(SAME, "spread in per cent of the median")
    listed(rows, found, question, abouts, SAME, by="material_name", note=note, key="disagreeing")


def disagreeing(rows: Rows) -> pd.DataFrame:
    """The materials whose records do not agree on what the material is, those that differ most first."""
    spreads = [(column, _spread(column)) for column in SAME]
    said = ", ".join(f"{sql} AS {column}" for column, sql in spreads)
    inner = rows.where("material_name IS NOT NULL").query(
        f"material_name, COUNT(*) AS records, {said}", "GROUP BY 1 HAVING COUNT(*) >= 5"
    )
    largest = f"GREATEST({', '.join(f'COALESCE({column}, 0)' for column, _ in spreads)})"
    query = f"SELECT * FROM ({inner.sql}) AS spreads WHERE {largest} > {100 * AGREED:g} ORDER BY {largest} DESC, 1 LIMIT 50"
    return rows.session.sql(query, inner.parameters)


def _spread(column: str) -> str:
    low, high = (f"PERCENTILE_CONT({part}) WITHIN GROUP (ORDER BY {column})" for part in (0.1, 0.9))
    return f"100.0 * ({high} - {low}) / NULLIF(ABS(MEDIAN({column})), 0)"
