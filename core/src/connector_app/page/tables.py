"""Small tables that SQL made, and how their columns are shown and explained."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from connector_app.asking.measures import Measure, is_missing
from connector_app.asking.questions import Top
from connector_app.asking.rows import Rows
from connector_app.page.charts import ranked
from connector_app.page.drawing import bars_chart
from connector_app.page.panel import Narrow, panel, records

Names = Callable[[str], str]
"""Column → how a table calls it, with its unit."""


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Its figures with the four digits that matter."""
    frame = frame.copy()
    for name in frame.columns:
        if frame[name].dtype == float:
            frame[name] = [_round(value) for value in frame[name]]
    return frame


def _round(value: float) -> float | None:
    if is_missing(value):
        return None
    return float(round(value)) if abs(value) >= 1000 else float(f"{value:.4g}")


def listed(
    rows: Rows, frame: pd.DataFrame, question: str, abouts: Mapping[str, str], shares: Sequence[str] = (), *,
    called: Names, by: str = "", note: str = "", key: str = "",
) -> None:  # fmt: skip
    """A table of few lines with names, units and help for its columns; *shares* are per cent. A line leads to its records."""
    config = {name: _column(frame, name, called(name), abouts.get(name), name in shares) for name in map(str, frame.columns)}
    ranked(rows, rounded(frame), question, formats=config, by=by, note=note, key=key)


def _column(frame: pd.DataFrame, name: str, label: str, about: str | None, share: bool) -> Any:
    if pd.api.types.is_datetime64_any_dtype(frame[name]):
        return st.column_config.DateColumn(label, help=about)
    if pd.api.types.is_numeric_dtype(frame[name]):
        return st.column_config.NumberColumn(label, help=about, format="%.0f%%" if share else "localized")
    return st.column_config.Column(label, help=about)


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
