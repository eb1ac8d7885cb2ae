"""What designs gain by the skill and the experience of who made them, with how sure each figure is."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from connector_app.asking.measures import Quantity
from connector_app.asking.rows import Rows
from connector_app.page.drawing import Chart, axis_title
from connector_app.page.figures import needs
from connector_app.page.filter_bar import choice
from connector_app.page.grids import grid
from connector_app.page.panel import panel
from connector_app.page.peers import against_peers, enough_records
from connector_app.page.units import unit
from connector_mso.app.tables import listed
from connector_mso.app.words import DESIGNER, GAINS, OPTIMIZED, SKILLS, YES, decision, measured, quantity

WIDTH: Final = 5
MEASURES: Final = (*GAINS, "material_cost", "material_waste", "material_selection_score", "product_performance")
BANDS: Final = tuple(f"{start} to {start + WIDTH - 1}" for start in range(0, 60, WIDTH))
_START: Final = f"CAST(FLOOR(designer_experience / {WIDTH:.1f}) * {WIDTH} AS INTEGER)"
BAND: Final = (
    f"CASE WHEN designer_experience >= 0 THEN CAST({_START} AS VARCHAR) || ' to ' || CAST({_START} + {WIDTH - 1} AS VARCHAR) END"
)
"""Experience in bands, such as "5 to 9"."""
MOST: Final = 200


def draw(rows: Rows) -> None:
    left, right = st.columns(2)
    with left:
        offered = measured(rows, MEASURES)
        asked = offered[choice("What to judge by", list(offered), "judge")]
    with right:
        enough = enough_records()
    experience = axis_title("experience", unit("experience"))
    left, right = st.columns(2)
    with left:
        against_peers(
            rows, "designer_skill_level", f"Does skill show in the {asked.label}?", asked,
            enough=enough, order=SKILLS, key=f"skill {asked.sql}",
        )  # fmt: skip
    with right:
        against_peers(
            rows, BAND, f"Does experience show in the {asked.label}?", asked,
            enough=enough, order=BANDS, label=experience, key=f"experience {asked.sql}",
        )  # fmt: skip
    st.caption(
        f"A point is a median, its bar how sure it is: the fewer records, the wider. Groups with fewer than {enough} records, "
        "and those whose bar reaches the dashed line, are grey: they cannot be told from their peers."
    )
    _skill_and_experience(rows, asked, enough, experience)
    against_peers(
        rows, DESIGNER, f"Which designers stand out by the {asked.label}?", asked, enough=enough, label="designer",
        key=f"designer {asked.sql}", note="Designs differ in what can be gained: ask before you judge a person.",
    )  # fmt: skip
    _all_of_them(rows)
    needs(rows, "The efficiency ratio (performance added for each unit of cost)", ["efficiency_ratio"], enable="efficiency_ratio")


def _skill_and_experience(rows: Rows, asked: Quantity, enough: int, experience: str) -> None:
    frame = cells(rows, asked)

    def narrow(picked: Any) -> Rows:
        return rows.where(f"designer_skill_level = ? AND {BAND} = ?", (str(picked["skill"]), str(picked["experience"])))

    marks = {
        f"{line['skill']}, {line['experience']}": {"skill": line["skill"], "experience": line["experience"]}
        for line in frame.to_dict("records")
    }
    note = (
        f"The number in a cell is how many records it stands on; cells with fewer than {enough} are grey. Darker: higher median."
    )
    panel(
        f"Does experience show within one level of skill, in the {asked.label}?", frame,
        _grid(frame, asked, enough, experience) if len(frame) else None, rows,
        narrow=narrow, marks=marks, pick=False, note=note, key=f"cells {asked.sql}",
    )  # fmt: skip


def cells(rows: Rows, asked: Quantity) -> pd.DataFrame:
    """`skill`, `experience` (a band), `value` (median), `records`."""
    known = rows.where(f"designer_skill_level IS NOT NULL AND designer_experience >= 0 AND {asked.sql} IS NOT NULL")
    return known.ask(
        f"designer_skill_level AS skill, {BAND} AS experience, MEDIAN({asked.sql}) AS value, COUNT({asked.sql}) AS records",
        "GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2 LIMIT 300",
    )


def _grid(frame: pd.DataFrame, asked: Quantity, enough: int, experience: str) -> Chart:
    measured = (f"median {asked.label}", asked.unit)
    return grid(frame, "experience", "skill", orders=(BANDS, SKILLS), titles=(experience, None), measured=measured, enough=enough)


def _all_of_them(rows: Rows) -> None:
    found = all_of_them(rows)
    abouts = {
        "records": "how many records the line stands on",
        "recommended": "per cent of the optimizations that are recommended",
        **{quantity(column).label: f"Median. {rows.session.dictionary.describe(rows.table, column)}" for column in GAINS},
    }
    note = f"Medians.{f' The {MOST} with the most records.' if len(found) == MOST else ''} Choose a line to see its records."
    listed(
        rows, found, "How do the designers compare, line by line?", abouts, ["recommended"],
        by="designer_id", note=note, key="designers",
    )  # fmt: skip


def all_of_them(rows: Rows) -> pd.DataFrame:
    """A line for each designer, those with the most records first."""
    shown_ones = [*GAINS, *(["efficiency_ratio"] if rows.has("efficiency_ratio") else [])]
    medians = ", ".join(f"MEDIAN({column}) AS {column}" for column in shown_ones)
    yes = f"100.0 * SUM(CASE WHEN {decision(OPTIMIZED)} = '{YES}' THEN 1 ELSE 0 END) / NULLIF(COUNT({OPTIMIZED}), 0)"
    found = rows.where("designer_id IS NOT NULL").ask(
        "designer_id, MAX(designer_name) AS name, MAX(designer_skill_level) AS skill, MAX(designer_experience) AS experience, "
        f"COUNT(*) AS records, {medians}, {yes} AS recommended",
        f"GROUP BY 1 ORDER BY 5 DESC, 1 LIMIT {MOST:d}",
    )
    return found.rename(columns={column: quantity(column).label for column in shown_ones})
