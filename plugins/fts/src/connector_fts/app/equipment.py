"""Equipment: which costs most and stands still most, where its costs come from, and what comes back."""

from typing import Any, Final

import pandas as pd

from connector_app.asking.questions import top
from connector_app.asking.rows import Query, Rows
from connector_app.page.grids import grid
from connector_app.page.panel import panel
from connector_fts.app import groups
from connector_fts.app.tables import listed
from connector_fts.app.visits import visits
from connector_fts.app.words import COST, TYPE, UNPLANNED, quantity, total_cost

BY: Final = "equipment_id"
ROWS: Final = 12
MOST: Final = 100


def draw(rows: Rows) -> None:
    groups.totals(rows, BY, "equipment")
    _pattern(rows)
    _returns(rows)
    groups.line_by_line(rows, BY, "equipment")


def _pattern(rows: Rows) -> None:
    frame = pattern(rows)

    def narrow(picked: Any) -> Rows:
        return rows.only(BY, str(picked["equipment"])).only(TYPE, str(picked["type"]))

    marks = {
        f"{line['equipment']}, {line['type']}": {"equipment": line["equipment"], "type": line["type"]}
        for line in frame.to_dict("records")
    }
    order = list(dict.fromkeys(frame["equipment"]))
    asked = ("cost of maintenance", quantity(COST).unit)
    chart = grid(frame, "type", "equipment", orders=((), order), measured=asked) if len(frame) else None
    note = f"The {len(order)} that cost most. Darker: more cost. The number in a cell is how many tasks it stands on."
    panel(
        "On which kind of work does the costliest equipment spend?", frame, chart, rows,
        narrow=narrow, marks=marks, pick=False, note=note, key="pattern",
    )  # fmt: skip


def pattern(rows: Rows) -> pd.DataFrame:
    """`equipment`, `type`, `value` (cost) and `records` of the equipment that costs most, in that order."""
    known = rows.where(f"{BY} IS NOT NULL AND {TYPE} IS NOT NULL AND {COST} IS NOT NULL")
    leading = [str(each) for each in top(known, BY, total_cost(), ROWS, others=False).frame["category"]]
    if not leading:
        return pd.DataFrame(columns=["equipment", "type", "value", "records"])
    found = known.only(BY, *leading).ask(
        f"{BY} AS equipment, {TYPE} AS type, SUM({COST}) AS value, COUNT(*) AS records", "GROUP BY 1, 2 ORDER BY 2 LIMIT 300"
    )
    place = {each: number for number, each in enumerate(leading)}
    return found.sort_values("equipment", key=lambda names: names.map(place), kind="stable").reset_index(drop=True)


def _returns(rows: Rows) -> None:
    found = returns(rows)
    abouts = {
        "tasks": "tasks that are not cancelled",
        "median days between": "from one task to the next one on it",
        "cost": rows.session.dictionary.describe(rows.table, COST),
        "unplanned": "per cent of its tasks: those that answer a failure, such as Corrective",
    }
    note = "Of equipment with three tasks or more, the shortest way from one to the next first: look for the root cause there."
    question = "To which equipment do we come back soonest?"
    listed(rows, found, question, abouts, ["unplanned"], by=BY, note=note, key="returns")


def returns(rows: Rows) -> pd.DataFrame:
    query = returns_query(rows)
    return rows.session.sql(query.sql, query.parameters).rename(columns={"days": "median days between"})


def returns_query(rows: Rows) -> Query:
    """Equipment with three tasks or more, the shortest median of `days` between them first."""
    found = visits(rows)
    query = (
        f"SELECT {BY}, COUNT(*) AS tasks, MEDIAN(days_after) AS days, SUM({COST}) AS cost, "
        f"100.0 * SUM(CASE WHEN {UNPLANNED} THEN 1 ELSE 0 END) / NULLIF(COUNT({TYPE}), 0) AS unplanned "
        f"FROM ({found.sql}) AS visits GROUP BY 1 HAVING COUNT(*) >= 3 ORDER BY 3, 2 DESC, 1 LIMIT {MOST:d}"
    )
    return Query(query, found.parameters)
