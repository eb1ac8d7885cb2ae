"""Small tables that SQL made, and how their columns are shown and explained."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from connector_app.asking.measures import Measure, is_missing
from connector_app.asking.questions import Top
from connector_app.asking.rows import Rows
from connector_app.page.drawing import bars_chart
from connector_app.page.panel import Narrow, panel, records


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Its figures with the four digits that matter."""
    floats = {name: [_round(value) for value in frame[name]] for name in frame.columns if frame[name].dtype == float}
    return frame.assign(**floats)


def _round(value: float) -> float | None:
    if is_missing(value):
        return None
    return float(round(value)) if abs(value) >= 1000 else float(f"{value:.4g}")


def columns(abouts: Mapping[str, str], shares: Sequence[str] = ()) -> dict[str, Any]:
    """For Streamlit: each column's help, thousands apart; *shares* are drawn as bars of 100 per cent."""
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(help=about, format="localized") for name, about in abouts.items()
    }
    for name in shares:
        config[name] = st.column_config.ProgressColumn(help=abouts.get(name), format="%.0f%%", min_value=0, max_value=100)
    return config


def amounts(
    rows: Rows, frame: pd.DataFrame, question: str, measure: Measure, label: str, narrow: Narrow, *,
    meanings: Mapping[str, str] | None = None, note: str = "", key: str = "",
) -> None:  # fmt: skip
    """Bars over a frame with `category`, `value` and `records` that SQL made; a bar leads to its records."""
    found = Top(frame.assign(others=False), len(frame))
    chart = bars_chart(found, label, measure, meanings) if len(frame) and not frame["value"].isna().all() else None
    marks = {str(each): {"category": str(each)} for each in frame["category"]}
    panel(question, frame, chart, rows, narrow=narrow, marks=marks, note=note, key=key)


def behind(rows: Rows, key: str) -> None:
    """The records behind figures that stand above."""
    if st.toggle("Show the records behind these figures", key=f"behind {key}"):
        records(rows, key)
