"""The charts of an app: each asks SQL one question and draws one panel.

Each is a fragment: picking a bar runs its own panel again, and nothing else of the page.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from connector_app.asking.filters import NOTHING
from connector_app.asking.measures import RECORDS, Measure
from connector_app.asking.periods import fitting
from connector_app.asking.questions import Grain, buckets, over_time, points, top
from connector_app.asking.rows import Rows
from connector_app.data.counting import counted, plural
from connector_app.page.drawing import FORMATS, axis_title, bars_chart, histogram_chart, in_words, scatter_chart, trend_chart
from connector_app.page.panel import EVERY, csv, panel, records

LINES: Final = 15
"""So many lines of a table are seen at once."""


@st.fragment
def histogram(rows: Rows, column: str, question: str, unit: str = "", *, count: int = 20, note: str = "", key: str = "") -> None:
    """How the values of a column of numbers spread, between the percentiles 1 and 99; what is beyond stands at both ends."""
    found = buckets(rows, column, count)
    about = rows.session.dictionary.column(rows.table, column).description
    label = column.replace("_", " ")
    chart = histogram_chart(found, label, unit, about) if found else None
    frame, marks = None, {}
    if found:
        ends = [(*found.ends(number), n) for number, n in sorted(found.counts.items())]
        marks = {in_words(found, number, unit): {"bucket": number} for number in sorted(found.counts)}
        frame = pd.DataFrame(ends, columns=["from", "to", "records"])
        note = " ".join(
            [note, f"{counted(found.missing, 'record')} {plural(found.missing, 'has', 'have')} no value."]
            if found.missing
            else [note]
        ).strip()

    def narrow(picked: Mapping[str, Any]) -> Rows:
        low, high = found.ends(int(picked["bucket"])) if found else (None, None)
        name = rows.session.name(column)
        narrowed = rows if low is None else rows.where(f"{name} {'>' if high is None else '>='} ?", (low,))
        last = found is not None and int(picked["bucket"]) == found.count - 1
        return narrowed if high is None else narrowed.where(f"{name} {'<=' if last else '<'} ?", (high,))

    panel(question, frame, chart, rows, narrow=narrow, marks=marks, note=note, key=key)


@st.fragment
def bars(
    rows: Rows,
    by: str,
    question: str,
    measure: Measure = RECORDS,
    *,
    first: int = 10,
    ascending: bool = False,
    others: bool = True,
    meanings: Mapping[str, str] | None = None,
    note: str = "",
    key: str = "",
) -> None:
    """A measure for each value of a category; the rest beyond the *first* is one bar. A bar leads to its records.

    meanings: value → colour, where values mean something (`connector_app.page.theme`).
    """
    found = top(rows, by, measure, first, ascending=ascending, others=others)
    known = not found.frame["value"].isna().all()
    label = by.replace("_", " ")
    about = rows.session.dictionary.column(rows.table, by).description
    chart = bars_chart(found, label, measure, meanings, about) if known else None

    def narrow(picked: Mapping[str, Any]) -> Rows:
        frame = found.frame
        named = [str(each) for each in frame["category"][~frame["others"].astype(bool)]]
        chosen = str(picked["category"])
        if chosen in named:
            return rows.only(by, chosen)
        name = f"COALESCE(CAST({rows.session.name(by)} AS VARCHAR), '{NOTHING}')"
        return rows.where(f"{name} NOT IN ({', '.join('?' * len(named))})", named)

    marks = {str(each): {"category": str(each)} for each in found.frame["category"]}
    panel(question, found.frame if known else None, chart, rows, narrow=narrow, marks=marks, note=note, key=key)


@st.fragment
def trend(
    rows: Rows,
    on: str,
    question: str,
    measure: Measure = RECORDS,
    *,
    by: str = "",
    grain: Grain | None = None,
    first: int = 5,
    meanings: Mapping[str, str] | None = None,
    target: float | None = None,
    note: str = "",
    key: str = "",
) -> None:
    """A measure over time, in days to years as fits (or *grain*), with a line for each of the *first* values of *by*.

    on: the column of dates. target: drawn as a dashed line, where the user set one.
    """
    grain = grain or fitting(rows, on)
    frame = over_time(rows, on, measure, grain, by, first)
    known = len(frame) > 0 and not frame["value"].isna().all()
    about = rows.session.dictionary.column(rows.table, on).description
    chart = trend_chart(frame, measure, grain, meanings, about, target) if known else None

    def narrow(picked: Mapping[str, Any]) -> Rows:
        name = f"DATE_TRUNC('{grain}', CAST({rows.session.name(on)} AS DATE))"
        found = rows.where(f"CAST({name} AS DATE) = CAST(? AS DATE)", (picked["period"],))
        return found.only(by, str(picked["category"])) if by else found

    marks = _periods(frame, grain) if known else {}
    panel(question, frame if known else None, chart, rows, narrow=narrow, marks=marks, pick=False, note=note, key=key)


@st.fragment
def scatter(
    rows: Rows,
    x: str,
    y: str,
    question: str,
    *,
    units: tuple[str, str] = ("", ""),
    colour: str = "",
    meanings: Mapping[str, str] | None = None,
    tooltips: Sequence[str] = (),
    most: int = 1000,
    note: str = "",
    key: str = "",
) -> None:
    """A point for each record, at most *most* of them, drawn in SQL and the same each time."""
    more = list(dict.fromkeys(each for each in (colour, *tooltips) if each and rows.has(each)))
    frame, total = points(rows, x, y, more, most)
    if total > len(frame):
        note = f"{note} {len(frame):,} of {total:,} records, drawn at random.".strip()
    titles = (axis_title(x.replace("_", " "), units[0]), axis_title(y.replace("_", " "), units[1]))
    chart = scatter_chart(frame, titles, colour if colour in more else "", meanings, more) if len(frame) else None
    panel(question, frame if len(frame) else None, chart, rows, note=note, key=key)


@st.fragment
def ranked(
    rows: Rows,
    frame: pd.DataFrame,
    question: str,
    *,
    formats: Mapping[str, Any] | None = None,
    by: str = "",
    note: str = "",
    key: str = "",
) -> None:
    """A table of few rows that SQL made, such as opportunities with their arithmetic, with a CSV.

    formats: column → an entry of Streamlit's `column_config`.
    by:      a column of the table that *frame* has too: a line of the frame leads to the records with its value.
    """
    key = key or question
    st.markdown(f"##### {question}")
    if frame.empty:
        st.info("No record has a value for this, under these filters.")
        return
    config, name, height = dict(formats or {}), f"ranked {key}", (min(len(frame), LINES) + 1) * 35 + 3
    lines: Sequence[int] = []
    if by:
        event = st.dataframe(
            frame,
            width="stretch",
            hide_index=True,
            column_config=config,
            key=name,
            height=height,
            on_select="rerun",
            selection_mode="single-row",
        )  # fmt: skip
        lines = event["selection"]["rows"]
    else:
        st.dataframe(frame, width="stretch", hide_index=True, column_config=config, key=name, height=height)
    if note:
        st.caption(note)
    picked = [str(frame[by].iloc[line]) for line in lines]
    left, right = st.columns([3, 2])
    wanted = left.toggle("Show the records behind it", key=f"records {key}", value=False) or bool(picked)
    file = f"{rows.table}_{key[:40]}.csv".replace(" ", "_")
    right.download_button("CSV", csv(frame), file, "text/csv", key=f"csv {key}", on_click="ignore")
    if wanted:
        chosen = picked or ([_one_of(frame[by], key)] if by else [])
        records(rows.only(by, *chosen) if by and chosen != [EVERY] else rows, key)


def _one_of(values: "pd.Series[Any]", key: str) -> str:
    return str(st.selectbox("Of", [EVERY, *dict.fromkeys(str(each) for each in values)], key=f"of {key}"))


def _periods(frame: pd.DataFrame, grain: Grain) -> dict[str, dict[str, str]]:
    """The marks of a trend: what they are called → their first day, and their category."""
    marks = {}
    for each in frame.to_dict("records"):
        start = pd.Timestamp(each["period"])
        said = start.strftime(FORMATS[grain]) + (f" · {each['category']}" if "category" in each else "")
        marks[said] = {"period": start.date().isoformat(), "category": str(each.get("category", ""))}
    return marks
