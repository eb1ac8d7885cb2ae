"""Types of maintenance, whatever types come: what each costs, how it ends, and what comes after it."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from connector_app.asking.filters import NOTHING
from connector_app.asking.measures import Measure
from connector_app.asking.rows import Rows
from connector_app.page.charts import trend
from connector_app.page.drawing import Chart
from connector_app.page.figures import needs
from connector_app.page.filter_bar import choice
from connector_app.page.grids import grid
from connector_app.page.panel import panel
from connector_app.page.peers import against_peers
from connector_app.page.tables import amounts
from connector_fts.app.tables import listed
from connector_fts.app.visits import afterwards
from connector_fts.app.words import DATE, HOURLY, STATE, STATE_COLOURS, STATES, TYPE, measured, quantity

DAYS: Final = ("30", "7", "14", "90")


def draw(rows: Rows) -> None:
    offered = measured(rows)
    asked = offered[choice("Judge the types by", list(offered), "judge_type")]
    left, right = st.columns(2)
    with left:
        against_peers(
            rows, TYPE, f"Which type of maintenance stands out by the {asked.label}?", asked, label="type",
            key=f"type {asked.label}",
            note="A point is a median, its bar how sure it is: the fewer tasks, the wider.",
        )  # fmt: skip
    with right:
        trend(rows, DATE, f"How does the {asked.label} develop, by type?", asked.median, by=TYPE, key=f"types {asked.label}")
    left, right = st.columns(2)
    with left:
        _ends(rows)
    with right:
        _outcome(rows)
    _after(rows)
    needs(rows, "The cost of an hour of downtime", [HOURLY], enable=HOURLY)


def _ends(rows: Rows) -> None:
    frame = ends(rows)

    def narrow(picked: Any) -> Rows:
        return rows.where(f"COALESCE({TYPE}, '{NOTHING}') = ? AND {STATE} = ?", (str(picked["type"]), str(picked["state"])))

    marks = {
        f"{line['type']}, {line['state']}": {"type": line["type"], "state": line["state"]} for line in frame.to_dict("records")
    }
    note = "Darker: a larger part of the tasks of that type. The number in a cell is how many tasks that is."
    panel(
        "Which type gets done, and which is held up?", frame, _matrix(frame) if len(frame) else None, rows,
        narrow=narrow, marks=marks, pick=False, note=note, key="ends",
    )  # fmt: skip


def ends(rows: Rows) -> pd.DataFrame:
    """How many tasks of which `type` are in which `state`: `records`, and `value`, the part of the type in per cent."""
    inner = rows.where(f"{STATUS_KNOWN}").query(
        f"COALESCE({TYPE}, '{NOTHING}') AS type, {STATE} AS state, COUNT(*) AS records", "GROUP BY 1, 2"
    )
    part = "100.0 * records / SUM(records) OVER (PARTITION BY type) AS value"
    query = f"SELECT type, state, records, {part} FROM ({inner.sql}) AS pairs"
    return rows.session.sql(f"{query} ORDER BY 3 DESC, 1, 2 LIMIT 200", inner.parameters)


STATUS_KNOWN: Final = "maintenance_status IS NOT NULL"


def _matrix(frame: pd.DataFrame) -> Chart:
    return grid(frame, "state", "type", orders=(STATES, ()), measured=("of the tasks of this type", "%"))


def _outcome(rows: Rows) -> None:
    """How many tasks are how far."""
    found = rows.where(STATUS_KNOWN).ask(f"{STATE} AS category, COUNT(*) AS value, COUNT(*) AS records", "GROUP BY 1")
    place = {state: number for number, state in enumerate(STATES)}
    found = found.sort_values("category", key=lambda names: names.map(place)).reset_index(drop=True)

    def narrow(picked: Any) -> Rows:
        return rows.where(f"{STATE} = ?", (str(picked["category"]),))

    note = (
        "A status in other words counts by its sense: Closed is completed, Overdue is delayed, and what is neither is under way."
    )
    amounts(
        rows,
        found,
        "How far are the tasks?",
        Measure("COUNT(*)", "tasks"),
        "status",
        narrow,
        meanings=STATE_COLOURS,
        note=note,
        key="states",
    )


def _after(rows: Rows) -> None:
    days = int(choice("Came back: another task on the same equipment within so many days", DAYS, "days"))
    found = afterwards(rows, days)
    unit = quantity("failure_rate").unit
    change = "median of the rate at the next task minus the rate at this one"
    abouts = {
        "tasks": "tasks with a date and equipment that are not cancelled",
        "followed": "those after which the same equipment had another task",
        "came back": f"per cent of the tasks that are {days} days old or more: another one within {days} days",
        "median days": "until the next task on the same equipment",
        "change of failure rate": f"{change}, in {unit}" if unit else change,
        "unplanned next": "per cent of the next tasks: those that answer a failure, such as Corrective",
    }
    names = {
        "back": "came back", "days": "median days", "change": "change of failure rate", "unplanned": "unplanned next",
    }  # fmt: skip
    note = (
        "The fewer come back and the more the failure rate falls, the better a type works. Equipment differs: "
        "it is a reason to look, and no proof."
    )
    question, shares = "What happens after each type of maintenance?", ["came back", "unplanned next"]
    listed(rows, found.rename(columns=names), question, abouts, shares, by=TYPE, note=note, key="after")
