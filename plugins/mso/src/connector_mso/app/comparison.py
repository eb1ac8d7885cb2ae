"""Chosen materials side by side, and the materials that meet the limits of a design."""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from connector_app.asking.measures import Quantity, is_missing, shown
from connector_app.asking.rows import Query, Rows
from connector_app.page.drawing import Chart
from connector_app.page.figures import target
from connector_app.page.filter_bar import kept, told
from connector_app.page.panel import panel
from connector_app.page.theme import MUTED, colours
from connector_mso.app.tables import listed
from connector_mso.app.words import EXPECTED, GAINS, PROPERTIES, quantity

BY: Final = "material_name"
MOST: Final = 6
OFFERED: Final = 500
COLUMNS: Final = (*PROPERTIES, "material_waste", *GAINS, "material_selection_score", "material_optimization_score")
# The limits of a design: column → the condition that its median has to meet.
LIMITS: Final = {
    "material_cost": ("Cost at most", "<="),
    "density": ("Density at most", "<="),
    "youngs_modulus": ("Young's modulus at least", ">="),
    "material_selection_score": ("Selection score at least", ">="),
}


def draw(rows: Rows) -> None:
    chosen = _chosen(rows)
    if chosen:
        asked = _asked(rows)
        found, middles = compared(rows, chosen, asked), middle(rows, asked)
        _side_by_side(rows, found, middles, asked)
        _differences(rows, found, middles, asked)
    _meeting(rows)


def _asked(rows: Rows) -> list[Quantity]:
    return [quantity(column) for column in (*COLUMNS, "efficiency_ratio") if column in EXPECTED or rows.has(column)]


def _chosen(rows: Rows) -> list[str]:
    found = rows.where("material_name IS NOT NULL").ask(
        "material_name, COUNT(*) AS n", f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {OFFERED:d}"
    )
    offered = [str(each) for each in found[BY]]
    if not offered:
        st.info("No record names its material, under these filters.")
        return []
    key = kept("materials", offered[:3], list)
    options = list(dict.fromkeys([*offered, *st.session_state[key]]))
    chosen = st.multiselect(
        f"Materials to compare (up to {MOST})", options, key=key, max_selections=MOST, placeholder="choose materials"
    )
    told("materials", [] if chosen == offered[:3] else chosen)
    if not chosen:
        st.info("Choose at least one material.")
    return chosen


def compared(rows: Rows, materials: Sequence[str], asked: Sequence[Quantity]) -> pd.DataFrame:
    """A row for each of *materials*: how many records it has, and the median of each quantity."""
    medians = ", ".join(f"MEDIAN({each.sql}) AS {each.sql}" for each in asked)
    return rows.only(BY, *materials).ask(f"material_name, COUNT(*) AS records, {medians}", "GROUP BY 1 ORDER BY 1")


def middle(rows: Rows, asked: Sequence[Quantity]) -> dict[str, float | None]:
    """The median of the medians of all materials, for each quantity."""
    medians = ", ".join(f"MEDIAN({each.sql}) AS {each.sql}" for each in asked)
    inner = rows.where("material_name IS NOT NULL").query(f"material_name, {medians}", "GROUP BY 1")
    of_all = ", ".join(f"MEDIAN({each.sql}) AS {each.sql}" for each in asked)
    found = rows.session.sql(f"SELECT {of_all} FROM ({inner.sql}) AS materials", inner.parameters).iloc[0]
    return {each.sql: None if is_missing(found[each.sql]) else float(found[each.sql]) for each in asked}


def _side_by_side(rows: Rows, found: pd.DataFrame, middles: dict[str, float | None], asked: Sequence[Quantity]) -> None:
    table = side_by_side(found, middles, asked)
    abouts = {"what": "The median of a material's records. ✓ marks the best where one way is good news."}
    listed(rows, table, "How do these materials compare?", abouts, note=abouts["what"], key="side by side")


def side_by_side(found: pd.DataFrame, middles: dict[str, float | None], asked: Sequence[Quantity]) -> pd.DataFrame:
    """A line for each quantity, a column for each material and one for the middle of all materials."""
    lines: list[dict[str, Any]] = [{"what": "records", **{str(row[BY]): f"{row['records']:,}" for _, row in found.iterrows()}}]
    for each in asked:
        best = _best(found[each.sql], each)
        line = {"what": f"{each.label} ({each.unit})" if each.unit else each.label}
        for _, row in found.iterrows():
            mark = " ✓" if best is not None and row[each.sql] == best and len(found) > 1 else ""
            line[str(row[BY])] = shown(row[each.sql]) + mark
        lines.append({**line, "all materials": shown(middles[each.sql])})
    return pd.DataFrame(lines).fillna("")


def _best(values: "pd.Series[Any]", asked: Quantity) -> float | None:
    if asked.better == "neither" or values.isna().all():
        return None
    return float(values.max() if asked.better == "higher" else values.min())


def _differences(rows: Rows, found: pd.DataFrame, middles: dict[str, float | None], asked: Sequence[Quantity]) -> None:
    frame = differences(found, middles, asked)

    def narrow(picked: Any) -> Rows:
        return rows.only(BY, str(picked["material"]))

    marks = {str(each): {"material": str(each)} for each in found[BY]}
    note = "In per cent of the median of all materials under these filters; 0% is the middle of all."
    panel(
        "Where do they differ from all other materials?", frame, _dots(frame) if len(frame) else None, rows,
        narrow=narrow, marks=marks, pick=False, note=note, key="differences",
    )  # fmt: skip


def differences(found: pd.DataFrame, middles: dict[str, float | None], asked: Sequence[Quantity]) -> pd.DataFrame:
    """Material, quantity → by how many per cent of the middle it differs, where both are known."""
    lines = [
        (str(row[BY]), each.label, 100 * (row[each.sql] - centre) / abs(centre), shown(row[each.sql], each.unit))
        for each in asked
        for _, row in found.iterrows()
        if (centre := middles[each.sql]) and not is_missing(row[each.sql])
    ]
    return pd.DataFrame(lines, columns=["material", "what", "difference", "said"])


def _dots(frame: pd.DataFrame) -> Chart:
    names = list(dict.fromkeys(frame["what"]))
    legend = alt.Legend(orient="bottom", columns=2, labelLimit=220)
    base = alt.Chart(frame).encode(
        y=alt.Y("what:N", sort=names, title=None, axis=alt.Axis(labelLimit=220, labelFlush=False, grid=True))
    )
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=MUTED, strokeWidth=1.5, strokeDash=[6, 4]).encode(x="at:Q")
    materials = list(dict.fromkeys(frame["material"]))
    # One legend for both: a reader who cannot tell the colours tells the shapes.
    shape = alt.Shape("material:N", scale=alt.Scale(domain=materials), title=None, legend=legend)
    # Near 0 the axis is linear, and further out logarithmic: one material far away does not squeeze the others.
    axis = alt.Scale(type="symlog", constant=20)
    points = base.mark_point(filled=True, size=90, opacity=0.9).encode(
        x=alt.X("difference:Q", title="difference from the middle (%)", scale=axis),
        color=alt.Color("material:N", scale=colours(materials), title=None, legend=legend),
        shape=shape,
        tooltip=[
            alt.Tooltip("material:N"),
            alt.Tooltip("what:N", title="median of"),
            alt.Tooltip("said:N", title="is"),
            alt.Tooltip("difference:Q", title="difference (%)", format="+,.1f"),
        ],
    )
    chart: Chart = (zero + points).properties(height=max(160, 26 * len(names) + 90))
    return chart


def _meeting(rows: Rows) -> None:
    st.markdown("##### What does the design need?")
    limits = {}
    for (column, (label, _)), place in zip(LIMITS.items(), st.columns(len(LIMITS)), strict=True):
        with place:
            limits[column] = target(column, label, quantity(column).unit)
    query, question = meeting(rows, limits), "Which materials meet these limits, the cheapest first?"
    found = rows.session.sql(query.sql, query.parameters)
    if found.empty:
        st.markdown(f"##### {question}")
        st.info("No material meets all of these limits. Loosen one of them.")
        return
    abouts = {column: f"Median. {rows.session.dictionary.describe(rows.table, column)}" for column in found.columns[2:]}
    note = "Medians of the records under your filters; a limit that is empty lets all materials through."
    listed(rows, found, question, abouts, by=BY, note=note, key="limits")


def meeting(rows: Rows, limits: dict[str, float | None]) -> Query:
    """The materials whose medians meet all *limits* (column → the figure, None for no limit), the cheapest first."""
    set_ones = {column: value for column, value in limits.items() if value is not None}
    shown_ones = dict.fromkeys([*LIMITS, "material_weight", "cost_savings"])
    medians = ", ".join(f"MEDIAN({column}) AS {column}" for column in shown_ones)
    grouped = rows.where("material_name IS NOT NULL").query(f"material_name, COUNT(*) AS records, {medians}", "GROUP BY 1")
    met = " AND ".join(["records > 0", *(f"{column} {LIMITS[column][1]} ?" for column in set_ones)])
    query = f"SELECT * FROM ({grouped.sql}) AS medians WHERE {met} ORDER BY material_cost NULLS LAST, material_name LIMIT 100"
    return Query(query, (*grouped.parameters, *set_ones.values()))
