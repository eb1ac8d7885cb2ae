"""Failure rates: which way they go, where they rise, and what they go along with."""

from itertools import pairwise
from typing import Any, Final

import pandas as pd
import streamlit as st

from connector_app.asking.measures import Quantity, is_missing, shown
from connector_app.asking.questions import extent
from connector_app.asking.rows import Query, Rows
from connector_app.page.charts import histogram, trend
from connector_app.page.figures import target
from connector_app.page.filter_bar import choice
from connector_app.page.peers import against_peers
from connector_fts.app.overview import WHOLE
from connector_fts.app.tables import listed
from connector_fts.app.words import COST, DATE, DOWNTIME, FAILURE, SAVED, TYPE, measured, quantity

SPLITS: Final = {"all together": "", "type of maintenance": TYPE, "equipment": "equipment_id", "customer": "customer_id"}
GROUPS: Final = {"equipment": "equipment_id", "type of maintenance": TYPE, "customer": "customer_id"}
FEW: Final = 3
"""So many tasks in each half at least, for a group to be said to rise."""
MOST: Final = 50


def draw(rows: Rows) -> None:
    rate = quantity(FAILURE)
    offered = measured(rows, (COST, DOWNTIME, SAVED))
    first, second, third = st.columns(3)
    with first:
        by = SPLITS[choice("A line for each", list(SPLITS), "split")]
    with second:
        wanted = target("failure", "Highest failure rate that you accept", rate.unit)
    with third:
        asked = offered[choice("What may go along with it", list(offered), "along")]
    question = "Does the failure rate rise or fall?"
    trend(
        rows,
        DATE,
        question,
        rate.median,
        by=by,
        target=wanted,
        note=f"The median of the tasks of each period. {WHOLE}",
        key="rate",
    )
    left, right = st.columns(2)
    with left:
        histogram(rows, FAILURE, "How do failure rates spread?", rate.unit, key="rates")
    with right:
        _along(rows, asked)
    _rising(rows)


def _along(rows: Rows, asked: Quantity) -> None:
    """Another figure by quarters of the failure rate."""
    bands = quarters(rows)
    question = f"Does the {asked.label} go up with the failure rate?"
    if bands is None:
        st.markdown(f"##### {question}")
        st.info("No record has a value for this, under these filters.")
        return
    sql, names = bands
    note = "Tasks in four parts of equal size by their failure rate. Grey: not told from the middle."
    known = rows.where(f"{FAILURE} IS NOT NULL")
    against_peers(known, sql, question, asked, order=names, label="failure rate", note=note, key=f"along {asked.label}")


def quarters(rows: Rows) -> tuple[str, list[str]] | None:
    """SQL for the quarter that a task is in by its failure rate, and the names of the quarters; None without any rate."""
    parts = ", ".join(
        f"PERCENTILE_CONT({part}) WITHIN GROUP (ORDER BY {FAILURE}) AS q{part * 100:.0f}" for part in (0.25, 0.5, 0.75)
    )
    found = rows.ask(parts).iloc[0]
    if is_missing(found["q25"]):
        return None
    edges = list(dict.fromkeys(float(found[each]) for each in ("q25", "q50", "q75")))
    names = [
        f"to {shown(edges[0])}",
        *[f"{shown(low)} to {shown(edge)}" for low, edge in pairwise(edges)],
    ]
    names.append(f"above {shown(edges[-1])}")
    cases = " ".join(f"WHEN {FAILURE} <= {edge!r} THEN '{name}'" for edge, name in zip(edges, names, strict=False))
    return f"CASE {cases} ELSE '{names[-1]}' END", names


def _rising(rows: Rows) -> None:
    by = choice("Compare by", list(GROUPS), "rising")
    found, since = rising(rows, GROUPS[by])
    abouts = {
        "before": f"median of the failure rate before {since}",
        "since": f"median of the failure rate from {since} on",
        "rise": "since minus before",
        "tasks before": "how many tasks the figure stands on",
        "tasks since": "how many tasks the figure stands on",
    }
    note = f"Arithmetic: rise = median since {since} minus median before. Only those with {FEW} tasks or more in each half."
    question = f"Where does the failure rate rise most, by {by}?"
    empty = f"Nothing to compare: no {by} has {FEW} tasks with a failure rate in each half of the time under these filters."
    if found.empty:
        st.markdown(f"##### {question}")
        st.info(empty)
        return
    listed(rows, found, question, abouts, by=GROUPS[by], note=note, key=f"rising {by}")


def rising(rows: Rows, by: str) -> tuple[pd.DataFrame, str]:
    """The rows of `rising_query`, and its day."""
    query, day = rising_query(rows, by)
    names = {"rate_before": "before", "rate_since": "since", "n_before": "tasks before", "n_since": "tasks since"}
    return rows.session.sql(query.sql, query.parameters).rename(columns=names), day


def rising_query(rows: Rows, by: str) -> tuple[Query, str]:
    """The median failure rate of each value of *by* in the older and the newer half of the time, the steepest rise first.

    With it, the day from which the newer half counts ("" without dates).
    """
    least, most = extent(rows.where(f"{FAILURE} IS NOT NULL"), DATE)
    # Without dates no task is in either half.
    day = "" if is_missing(least) else _after_middle(least, most)
    newer = f"CAST({DATE} AS DATE) >= CAST('{day}' AS DATE)" if day else "1 = 0"
    sides = [(f"CASE WHEN NOT ({newer}) THEN {FAILURE} END", "before"), (f"CASE WHEN {newer} THEN {FAILURE} END", "since")]
    figures = ", ".join(f"MEDIAN({sql}) AS rate_{name}, COUNT({sql}) AS n_{name}" for sql, name in sides)
    halves = rows.where(f"{by} IS NOT NULL AND {DATE} IS NOT NULL").query(f"{by}, {figures}", "GROUP BY 1")
    query = (
        f"SELECT {by}, rate_before, rate_since, rate_since - rate_before AS rise, n_before, n_since "
        f"FROM ({halves.sql}) AS halves WHERE n_before >= {FEW:d} AND n_since >= {FEW:d} ORDER BY rise DESC, {by} LIMIT {MOST:d}"
    )
    return Query(query, halves.parameters), day


def _after_middle(least: Any, most: Any) -> str:
    first, last = pd.Timestamp(least), pd.Timestamp(most)
    day: str = ((first + (last - first) / 2).floor("D") + pd.Timedelta(days=1)).date().isoformat()
    return day
