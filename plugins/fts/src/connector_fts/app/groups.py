"""Equipment, technicians or customers, line by line: what they cost, and what that is beside work of the same type."""

from typing import Final

import pandas as pd
import streamlit as st

from connector_app.asking.filters import NOTHING
from connector_app.asking.measures import Measure
from connector_app.asking.rows import Rows
from connector_app.page.charts import bars
from connector_app.page.filter_bar import choice
from connector_app.page.peers import against_peers, enough_records
from connector_fts.app.tables import listed
from connector_fts.app.words import (
    COST,
    DATE,
    DOWNTIME,
    FAILURE,
    LATE,
    SAVED,
    STATE,
    STATUS,
    TYPE,
    UNPLANNED,
    measured,
    total_cost,
    total_downtime,
    total_saved,
)  # fmt: skip

MOST: Final = 200
FIRST: Final = 10


def totals(rows: Rows, by: str, what: str) -> None:
    """Who leads by a total, and who stands out by a median."""
    offered = {each.label: each for each in (total_cost(), total_downtime(), total_saved(), Measure("COUNT(*)", "tasks"))}
    judged = measured(rows)
    first, second, third = st.columns(3)
    with first:
        asked = offered[choice("Rank by", list(offered), f"rank_{by}")]
    with second:
        quality = judged[choice("Judge by", list(judged), f"judge_{by}")]
    with third:
        enough = enough_records()
    left, right = st.columns(2)
    with left:
        question = f"Which {what} leads by {asked.label}?"
        bars(rows, by, question, asked, others=False, note=part_of_first(rows, by, asked), key=f"most {by}")
    with right:
        against_peers(
            rows, by, f"Which {what} stands out by the {quality.label}?", quality, first=FIRST, enough=enough, label=what,
            note="A point is a median, its bar how sure it is. Those that cannot be told from their peers are grey.",
            key=f"peers {by} {quality.label}",
        )  # fmt: skip


def part_of_first(rows: Rows, by: str, asked: Measure) -> str:
    """How much of all the first ten have, such as "The first 10 of 260 have 12% of all"; empty where there are no more."""
    grouped = rows.query(f"COALESCE(CAST({by} AS VARCHAR), '{NOTHING}') AS category, {asked.sql} AS value", "GROUP BY 1")
    ranked = f"SELECT value, ROW_NUMBER() OVER (ORDER BY value DESC NULLS LAST) AS place FROM ({grouped.sql}) AS grouped"
    query = (
        f"SELECT COUNT(*) AS n, 100.0 * SUM(CASE WHEN place <= {FIRST:d} THEN value END) / NULLIF(SUM(value), 0) AS part "
        f"FROM ({ranked}) AS ranked"
    )
    found = rows.session.sql(query, grouped.parameters).iloc[0]
    known = found["part"] == found["part"] and found["part"] is not None and found["n"] > FIRST
    return f"The first {FIRST} of {int(found['n']):,} have {found['part']:.0f}% of all." if known else ""


def line_by_line(rows: Rows, by: str, what: str) -> None:
    """The table of all of them."""
    found = lines(rows, by)
    describe = rows.session.dictionary.describe
    abouts = {
        "tasks": "how many tasks the line stands on",
        "cost": f"Sum. {describe(rows.table, COST)}",
        "of all cost": "per cent of the cost of all tasks",
        "Σ": "per cent of the cost of all tasks, down to this line",
        "median cost": f"Median. {describe(rows.table, COST)}",
        "like for like": "Median of the cost as per cent of the median cost of the same type of maintenance.",
        "downtime (h)": f"Sum. {describe(rows.table, DOWNTIME)}",
        "failure rate": f"Median. {describe(rows.table, FAILURE)}",
        "time saved": f"Sum. {describe(rows.table, SAVED)}",
        "delayed": "per cent of the tasks with a status",
        "unplanned": "per cent of the tasks with a type: those that answer a failure, such as Corrective",
        "newest": "the newest log entry",
    }
    cut = f" The {MOST} that cost most." if len(found) == MOST else ""
    note = (
        f"Like for like: 100% costs as much as all tasks of the same type of maintenance.{cut} Choose a line to see its records."
    )
    shares = ["of all cost", "Σ", "like for like", "delayed", "unplanned"]
    listed(rows, found, f"How do they compare, {what} by {what}?", abouts, shares, by=by, note=note, key=f"lines {by}")


def lines(rows: Rows, by: str) -> pd.DataFrame:
    """A line for each value of *by*, the one that costs most first."""
    typical = rows.where(f"{by} IS NOT NULL").query(f"found.*, MEDIAN({COST}) OVER (PARTITION BY {TYPE}) AS typical")
    figures = (
        f"COUNT(*) AS tasks, SUM({COST}) AS cost, MEDIAN({COST}) AS middle, "
        f"MEDIAN(100.0 * {COST} / NULLIF(typical, 0)) AS alike, "
        f"SUM({DOWNTIME}) AS hours, MEDIAN({FAILURE}) AS failures, SUM({SAVED}) AS saved, "
        f"100.0 * SUM(CASE WHEN {STATE} = '{LATE}' THEN 1 ELSE 0 END) / NULLIF(COUNT({STATUS}), 0) AS late, "
        f"100.0 * SUM(CASE WHEN {UNPLANNED} THEN 1 ELSE 0 END) / NULLIF(COUNT({TYPE}), 0) AS unplanned, MAX({DATE}) AS newest"
    )
    grouped = f"SELECT {by}, {figures} FROM ({typical.sql}) AS typified GROUP BY 1"
    running = f"SUM(cost) OVER (ORDER BY cost DESC NULLS LAST, {by} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    of_all = "NULLIF(SUM(cost) OVER (), 0)"
    query = (
        f"SELECT {by}, tasks, cost, 100.0 * cost / {of_all} AS part, 100.0 * {running} / {of_all} AS running, middle, alike, "
        f"hours, failures, saved, late, unplanned, newest FROM ({grouped}) AS grouped "
        f"ORDER BY cost DESC NULLS LAST, {by} LIMIT {MOST:d}"
    )
    return rows.session.sql(query, typical.parameters).rename(columns=_NAMES)


_NAMES: Final = {
    "part": "of all cost", "running": "Σ", "middle": "median cost", "alike": "like for like", "hours": "downtime (h)",
    "failures": "failure rate", "saved": "time saved", "late": "delayed",
}  # fmt: skip
