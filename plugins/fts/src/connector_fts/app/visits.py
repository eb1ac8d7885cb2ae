"""Tasks in their order on each piece of equipment: what came after a task, and how soon."""

from typing import Final

import pandas as pd

from connector_app.asking.rows import Query, Rows
from connector_fts.app.words import DATE, FAILURE, OFF, STATE, TYPE, UNPLANNED

_ORDER: Final = f"OVER (PARTITION BY equipment_id ORDER BY {DATE}, record_id)"


def visits(rows: Rows) -> Query:
    """The dated tasks of known equipment, with `days_after` (until the next one on it), that one's `rate_after` and `type_after`.

    Cancelled tasks are left out: nobody came.
    """
    known = rows.where(f"equipment_id IS NOT NULL AND {DATE} IS NOT NULL AND COALESCE({STATE}, '') <> '{OFF}'")
    return known.query(
        f"found.*, DATEDIFF('day', {DATE}, LEAD({DATE}) {_ORDER}) AS days_after, LEAD({FAILURE}) {_ORDER} AS rate_after, "
        f"LEAD({TYPE}) {_ORDER} AS type_after"
    )


def afterwards(rows: Rows, days: int) -> pd.DataFrame:
    """What followed each type of maintenance on the same equipment, the type with the fewest returns first.

    Columns: the type, `tasks`, `followed` (those with a next task), `back` (per cent that had one within *days*, of the tasks
    that are so many days old), `days` (median until the next one), `change` (median change of the failure rate until then),
    `unplanned` (per cent of the next tasks).
    """
    found, last = visits(rows), rows.query(f"MAX({DATE}) AS newest")
    # A task of yesterday had no time to come back.
    ripe = f"DATEDIFF('day', {DATE}, newest) >= {days:d}"
    soon = f"days_after <= {days:d}"
    next_unplanned = UNPLANNED.replace(TYPE, "type_after")
    query = (
        f"SELECT {TYPE}, COUNT(*) AS tasks, COUNT(days_after) AS followed, "
        f"100.0 * SUM(CASE WHEN {ripe} AND {soon} THEN 1 ELSE 0 END) "
        f"/ NULLIF(SUM(CASE WHEN {ripe} THEN 1 ELSE 0 END), 0) AS back, "
        f"MEDIAN(days_after) AS days, MEDIAN(rate_after - {FAILURE}) AS change, "
        f"100.0 * SUM(CASE WHEN {next_unplanned} THEN 1 ELSE 0 END) / NULLIF(COUNT(type_after), 0) AS unplanned "
        f"FROM ({found.sql}) AS visits CROSS JOIN ({last.sql}) AS latest "
        f"WHERE {TYPE} IS NOT NULL GROUP BY 1 ORDER BY back, 1 LIMIT 50"
    )
    return rows.session.sql(query, (*found.parameters, *last.parameters))


def came_back(rows: Rows, days: int) -> Rows:
    """The tasks that had another one on the same equipment within *days*."""
    found = visits(rows)
    return rows.where(
        f"record_id IN (SELECT record_id FROM ({found.sql}) AS visits WHERE days_after <= {days:d})", found.parameters
    )
