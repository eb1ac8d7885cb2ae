"""A panel: a question, the chart that answers it, the records behind it, and a CSV of what is shown."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from connector_app.asking.rows import Rows
from connector_app.data.counting import counted
from connector_app.data.session import SessionError
from connector_app.page.drawing import PICK, Chart

if TYPE_CHECKING:
    import pandas as pd

PAGE: Final = 100
"""Rows of a page of records."""
EVERY: Final = "all of them"
Narrow = Callable[[Mapping[str, Any]], Rows]
"""From the mark that was picked (field → value) to the records behind it."""


def panel(
    question: str,
    frame: "pd.DataFrame | None",
    chart: Chart | None,
    rows: Rows,
    *,
    narrow: Narrow | None = None,
    marks: Mapping[str, Mapping[str, Any]] | None = None,
    pick: bool = True,
    note: str = "",
    empty: str = "",
    key: str = "",
) -> None:
    """Draw one panel.

    frame:  the few rows that the chart shows, for the CSV. chart: None where there is nothing to draw; then *empty* is said.
    narrow: how to come from a mark to its records; without it the records are all of *rows*.
    marks:  how the marks are called → what `narrow` takes, for those who choose without a mouse.
    pick:   whether a mark can be picked in the chart itself, which Streamlit offers for single views only.
    key:    what tells two panels with the same question apart.
    """
    key = key or question
    st.markdown(f"##### {question}")
    if chart is None or frame is None:
        st.info(empty or "No record has a value for this, under these filters.")
        return
    picked: Mapping[str, Any] = {}
    if narrow is None or not pick:
        st.altair_chart(chart, width="stretch", key=f"chart {key}")
    else:
        picked = _picked(st.altair_chart(chart, width="stretch", key=f"chart {key}", on_select="rerun", selection_mode=PICK))
    if note:
        st.caption(note)
    left, right = st.columns([5, 1])
    wanted = left.toggle("Show the records behind it", key=f"records {key}", value=False) or bool(picked)
    right.download_button("CSV", csv(frame), f"{_file(question)}.csv", "text/csv", key=f"csv {key}", on_click="ignore")
    if wanted:
        chosen = picked or _chosen(marks or {}, key)
        records(narrow(chosen) if narrow and chosen else rows, key)


def records(rows: Rows, key: str, *, size: int = PAGE) -> None:
    """The records themselves, page by page, with what their columns mean, and a CSV of the page."""
    total = rows.count()
    if not total:
        st.info("No record fits these filters.")
        return
    pages = (total - 1) // size + 1
    number = st.number_input(f"Page of {pages:,}", 1, pages, 1, key=f"page {key} {pages}") if pages > 1 else 1
    frame = rows.page(int(number) - 1, size)
    first = (int(number) - 1) * size
    st.caption(f"{counted(total, 'record')}; shown: {first + 1:,} to {first + len(frame):,}")
    st.dataframe(frame, width="stretch", hide_index=True, column_config=column_config(rows, frame), key=f"frame {key}")
    st.download_button("CSV of this page", csv(frame), f"{rows.table}.csv", "text/csv", key=f"page csv {key}", on_click="ignore")


def column_config(rows: Rows, frame: "pd.DataFrame") -> dict[str, Any]:
    """For Streamlit's tables: what each column means, as help at its head."""
    dictionary = rows.session.dictionary
    kinds = rows.session.columns(rows.table)
    config: dict[str, Any] = {}
    for name in frame.columns:
        about = dictionary.describe(rows.table, name)
        dated = kinds.get(name) == "date"
        config[name] = st.column_config.DateColumn(help=about) if dated else st.column_config.Column(help=about)
    return config


def csv(frame: "pd.DataFrame") -> bytes:
    """A CSV of *frame*, in which no cell can be read as a formula by a spreadsheet."""
    safe = frame.copy()
    for name in safe.columns:
        if safe[name].dtype == object:
            safe[name] = [_inert(value) for value in safe[name]]
    return safe.to_csv(index=False).encode("utf-8")


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _chosen(marks: Mapping[str, Mapping[str, Any]], key: str) -> Mapping[str, Any]:
    if not marks:
        return {}
    return marks.get(st.selectbox("Of", [EVERY, *marks], key=f"of {key}"), {})


def _picked(event: Any) -> dict[str, Any]:
    """Field → value of the first mark that was picked; empty when none is."""
    marks = event.get("selection", {}).get(PICK, []) if event else []
    return dict(marks[0]) if marks else {}


def _file(question: str) -> str:
    return "_".join("".join(letter if letter.isalnum() else " " for letter in question.lower()).split())[:60] or "data"


def safely(draw: Callable[[], None]) -> None:
    """Draw, and say in the page what failed where the data cannot be read, instead of a traceback."""
    try:
        draw()
    except SessionError as error:
        st.error(str(error))
