"""Selection and optimization scores against what is recommended, and where the two disagree."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from connector_app.asking.filters import NOTHING
from connector_app.asking.measures import RECORDS, is_missing, shown
from connector_app.asking.rows import Rows
from connector_app.page.charts import bars, scatter
from connector_app.page.drawing import Chart
from connector_app.page.figures import target
from connector_app.page.filter_bar import choice
from connector_app.page.grids import grid
from connector_app.page.panel import panel
from connector_app.page.peers import against_peers
from connector_app.page.tables import amounts
from connector_mso.app.tables import listed
from connector_mso.app.words import (
    DECISION_COLOURS,
    NO,
    OPTIMIZED,
    SELECTED,
    YES,
    decision,
    quantity,
)

SCORES: Final = {"selection": ("material_selection_score", SELECTED), "optimization": ("material_optimization_score", OPTIMIZED)}
HIGH: Final = "a high score, yet not recommended"
LOW: Final = "a low score, yet recommended"
MOST: Final = 100
WORDS: Final = ("Recommended", "Under Review", "Not Recommended")
"""As the API says it; other words come behind these."""


def draw(rows: Rows) -> None:
    which = choice("Which recommendation", list(SCORES), "which")
    score, column = SCORES[which]
    left, right = st.columns(2)
    with left:
        bars(rows, column, f"What is recommended on the {which}?", RECORDS, meanings=_meanings(rows, column), key=f"said {which}")
    with right:
        against_peers(
            rows, column, f"Do higher {which} scores get recommended?", quantity(score), key=f"scores {which}",
            note="If what is recommended is not to the right, the score did not decide.",
        )  # fmt: skip
    _disagreements(rows, which)
    left, right = st.columns(2)
    with left:
        _both(rows)
    with right:
        scatter(
            rows, "material_selection_score", "material_optimization_score", "Do the two scores go together?",
            colour=column, meanings=_meanings(rows, column), tooltips=("material_name", "product_name"), key="scores",
        )  # fmt: skip


def _meanings(rows: Rows, column: str) -> dict[str, str]:
    """The words of a recommendation → the colour of what they come to."""
    found = rows.where(f"{column} IS NOT NULL").ask(f"{column} AS said, {decision(column)} AS decided", "GROUP BY 1, 2 LIMIT 50")
    return {str(each["said"]): DECISION_COLOURS[str(each["decided"])] for each in found.to_dict("records")}


def thresholds(rows: Rows, score: str) -> tuple[float | None, float | None]:
    """Below the first a score is low, above the second it is high: the quartiles of the scores under the filters."""
    parts = (f"PERCENTILE_CONT({part}) WITHIN GROUP (ORDER BY {score}) AS q{number}" for number, part in enumerate((0.25, 0.75)))
    found = rows.ask(", ".join(parts)).iloc[0]
    low, high = (None if is_missing(found[name]) else float(found[name]) for name in ("q0", "q1"))
    return low, high


def disagreeing(rows: Rows, which: str, low: float, high: float) -> dict[str, Rows]:
    """The records whose score and recommendation contradict each other, by how."""
    score, column = SCORES[which]
    return {
        HIGH: rows.where(f"{score} >= ? AND {decision(column)} = '{NO}'", (high,)),
        LOW: rows.where(f"{score} <= ? AND {decision(column)} = '{YES}'", (low,)),
    }


def _disagreements(rows: Rows, which: str) -> None:
    score, _ = SCORES[which]
    left, right = st.columns(2)
    with left:
        high_set = target(f"high_{which}", "A score is high from (the upper quartile, if empty)")
    with right:
        low_set = target(f"low_{which}", "A score is low up to (the lower quartile, if empty)")
    low, high = thresholds(rows, score)
    low, high = low if low_set is None else low_set, high if high_set is None else high_set
    question = f"Where do the {which} score and its recommendation disagree?"
    if low is None or high is None:
        st.markdown(f"##### {question}")
        st.info(f"No record has a {which} score, under these filters.")
        return
    apart = disagreeing(rows, which, low, high)
    frame = pd.DataFrame(
        [(how, each.count(), each.count()) for how, each in apart.items()], columns=["category", "value", "records"]
    )
    note = f"High: from {shown(high)}. Low: up to {shown(low)}. Of {rows.count():,} records."

    def narrow(picked: Any) -> Rows:
        return apart[str(picked["category"])]

    amounts(rows, frame, question, RECORDS, "how they disagree", narrow, note=note, key=f"disagree {which}")
    _by_material(rows, which, low, high)


def _by_material(rows: Rows, which: str, low: float, high: float) -> None:
    found = contradicted(rows, which, low, high)
    abouts = {
        HIGH: "records",
        LOW: "records",
        "disagree": "per cent of the material's records",
        "saving at stake": "cost saved in records with a high score that are not recommended",
    }
    both = rows.where(*_either(which, low, high))
    listed(
        both, found, f"Which materials should be looked at again, by their {which}?", abouts, ["disagree"],
        by="material_name", key=f"again {which}",
        note="The first lines have the most records that disagree. A line leads to those records.",
    )  # fmt: skip


def _either(which: str, low: float, high: float) -> tuple[str, tuple[float, float]]:
    score, column = SCORES[which]
    said = decision(column)
    return f"({score} >= ? AND {said} = '{NO}') OR ({score} <= ? AND {said} = '{YES}')", (high, low)


def contradicted(rows: Rows, which: str, low: float, high: float) -> pd.DataFrame:
    """For each material, how many of its records disagree, and what is at stake."""
    score, column = SCORES[which]
    above = f"{score} >= {high!r} AND {decision(column)} = '{NO}'"
    below = f"{score} <= {low!r} AND {decision(column)} = '{YES}'"
    inner = rows.where("material_name IS NOT NULL").query(
        f"material_name, COUNT(*) AS records, SUM(CASE WHEN {above} THEN 1 ELSE 0 END) AS high, "
        f"SUM(CASE WHEN {below} THEN 1 ELSE 0 END) AS low, SUM(CASE WHEN {above} THEN cost_savings END) AS stake",
        "GROUP BY 1",
    )
    query = (
        "SELECT material_name, records, high, low, 100.0 * (high + low) / records AS part, stake "
        f"FROM ({inner.sql}) AS counted WHERE high + low > 0 ORDER BY high + low DESC, 1 LIMIT {MOST:d}"
    )
    found = rows.session.sql(query, inner.parameters)
    return found.rename(columns={"high": HIGH, "low": LOW, "part": "disagree", "stake": "saving at stake"})


def _both(rows: Rows) -> None:
    frame = both_said(rows)
    pairs = {f"{line['selection']} / {line['optimization']}": line for line in frame.to_dict("records")}

    def narrow(picked: Any) -> Rows:
        return rows.only(SELECTED, str(picked["selection"])).only(OPTIMIZED, str(picked["optimization"]))

    marks = {name: {"selection": line["selection"], "optimization": line["optimization"]} for name, line in pairs.items()}
    contrary = rows.where(
        f"({decision(SELECTED)} = '{YES}' AND {decision(OPTIMIZED)} = '{NO}') "
        f"OR ({decision(SELECTED)} = '{NO}' AND {decision(OPTIMIZED)} = '{YES}')"
    ).count()
    note = f"{contrary:,} records are recommended by one and not by the other. Darker: more records."
    panel(
        "Where do the two recommendations contradict each other?", frame, _matrix(frame) if len(frame) else None, rows,
        narrow=narrow, marks=marks, pick=False, note=note, key="both",
    )  # fmt: skip


def both_said(rows: Rows) -> pd.DataFrame:
    """How many records have which pair of recommendations."""
    names = ", ".join(
        f"COALESCE({column}, '{NOTHING}') AS {name}" for name, column in (("selection", SELECTED), ("optimization", OPTIMIZED))
    )
    return rows.ask(f"{names}, COUNT(*) AS records", "GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 100")


def _matrix(frame: pd.DataFrame) -> Chart:
    return grid(frame, "optimization", "selection", orders=(WORDS, WORDS), titles=("on the optimization", "on the selection"))
