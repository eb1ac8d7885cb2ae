"""Customers: whom we cost most, who waits, and for whom work goes better or worse than for others."""

from typing import Final

import pandas as pd

from connector_app.asking.rows import Query, Rows
from connector_fts.app import groups
from connector_fts.app.tables import listed
from connector_fts.app.words import COST, DATE, DOWNTIME, LATE, STATE, UNFINISHED

BY: Final = "customer_id"
MOST: Final = 100


def draw(rows: Rows) -> None:
    groups.totals(rows, BY, "customer")
    _waiting(rows)
    groups.line_by_line(rows, BY, "customer")


def _waiting(rows: Rows) -> None:
    found = waiting(rows)
    abouts = {
        "delayed": "tasks that are delayed",
        "under way": "tasks that are neither finished nor delayed",
        "since": "the oldest log entry of those",
        "downtime so far (h)": "of the delayed ones and those under way",
        "cost so far": rows.session.dictionary.describe(rows.table, COST),
    }
    note = "Those with the most delayed tasks first. Call them before they call."
    listed(rows.where(UNFINISHED), found, "Which customers wait for us?", abouts, by=BY, note=note, key="customers waiting")


def waiting(rows: Rows) -> pd.DataFrame:
    query = waiting_query(rows)
    names = {"late": "delayed", "way": "under way", "hours": "downtime so far (h)", "cost": "cost so far"}
    return rows.session.sql(query.sql, query.parameters).rename(columns=names)


def waiting_query(rows: Rows) -> Query:
    """Customers with tasks that are delayed (`late`) or under `way`, those with the most delayed ones first."""
    late = f"SUM(CASE WHEN {STATE} = '{LATE}' THEN 1 ELSE 0 END)"
    return rows.where(f"{UNFINISHED} AND {BY} IS NOT NULL").query(
        f"{BY}, {late} AS late, COUNT(*) - {late} AS way, MIN({DATE}) AS since, SUM({DOWNTIME}) AS hours, SUM({COST}) AS cost",
        f"GROUP BY 1 ORDER BY 2 DESC, 5 DESC NULLS LAST, 1 LIMIT {MOST:d}",
    )
