"""The period that is looked at, and the grain of time, where nobody chose one."""

from datetime import date, timedelta
from typing import Any, Final

from attrs import evolve

from connector_app.asking.filters import Dates
from connector_app.asking.measures import is_missing
from connector_app.asking.questions import Grain, extent, grain_for
from connector_app.asking.rows import Rows

RECENT: Final = 90
"""Days."""


def newest(rows: Rows, column: str, days: int = RECENT) -> Rows:
    """The rows of the period in the filters; where they have none, of the newest *days*, or of the newer half of less data.

    column: of dates.
    """
    dates = rows.filters.dates
    if dates is not None and dates.first is not None and dates.last is not None:
        return rows
    least, most = (_day(each) for each in extent(rows, column))
    if least is None or most is None:
        return rows
    days = min(days, max(((most - least).days + 1) // 2, 1))
    return rows.under(evolve(rows.filters, dates=Dates(column, most - timedelta(days=days - 1), most)))


def fitting(rows: Rows, column: str) -> Grain:
    """The grain of time that fits the dates of the rows; months where there is no date."""
    least, most = (_day(each) for each in extent(rows, column))
    return "month" if least is None or most is None else grain_for((most - least).days)


def span(rows: Rows) -> str:
    """The period of the filters, such as "2026-01-01 to 2026-03-31"; empty where it has no beginning or no end."""
    dates = rows.filters.dates
    return f"{dates.first} to {dates.last}" if dates and dates.first and dates.last else ""


def _day(value: Any) -> date | None:
    if is_missing(value):
        return None
    day: date = value.date() if hasattr(value, "date") else value
    return day
