"""LogLynx's own SQL, which a stand-in for Snowflake has to read as DuckDB does."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from test_snowflake import pytestmark, session, warehouse  # noqa: F401 - fixtures, and the mark of this module too

from connector_app.asking.filters import Category, Dates, Filters, Text
from connector_app.asking.rows import Rows
from connector_app.data.snow import SnowflakeSession
from connector_app.page.checks import found_odd
from connector_fts.app import customers, downtime, equipment, failures, groups, log, overview, technicians, types
from connector_fts.app.facts import GATHERED
from connector_fts.app.visits import afterwards, came_back
from connector_fts.app.words import EXPECTED, TYPE, measured, total_cost

FILTERS = Filters(
    Dates("log_date", date(2025, 4, 1), date(2025, 12, 31)),
    (Category("maintenance_type", ("Corrective", "Predictive")), Category("maintenance_status")),
    Text(("log_description", "summarized_log"), "e"),
)
ASKED: dict[str, Callable[[Rows], Any]] = {
    "held up": overview.held_up,
    "checks": lambda rows: found_odd(rows, {**overview.CHECKS, "any": "1 = 1"}),
    "lines": lambda rows: groups.lines(rows, "equipment_id"),
    "part": lambda rows: groups.part_of_first(rows, "equipment_id", total_cost()),
    "pattern": equipment.pattern,
    "returns": equipment.returns,
    "quarters": failures.quarters,
    "rising": lambda rows: failures.rising(rows, "maintenance_type")[0],
    "ends": types.ends,
    "afterwards": lambda rows: afterwards(rows, 7),
    "came back": lambda rows: came_back(rows, 30).page(0),
    "usual": technicians.usual,
    "winnable": lambda rows: downtime.winnable(rows, "technician_id", TYPE),
    "winnable to a target": lambda rows: downtime.winnable(rows, "technician_id", "", 5.0),
    "waiting": customers.waiting,
    "log": lambda rows: log.entries(log.searched(rows, "the"), log.ORDERS["Longest entry first"], 0),
    "medians": lambda rows: [rows.ask(f"{each.median.sql} AS value")["value"].iloc[0] for each in measured(rows).values()],
}


@pytest.fixture
def rows(session: SnowflakeSession) -> Rows:  # noqa: F811 - the fixture
    return Rows(session, "fts_records", expected=EXPECTED)


@pytest.mark.parametrize("filters", [Filters(), FILTERS], ids=["all", "filtered"])
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_every_question_is_read(rows: Rows, asked: Callable[[Rows], Any], filters: Filters) -> None:
    assert len(asked(rows.under(filters))) > 0


@pytest.mark.parametrize("gather", GATHERED)
@pytest.mark.parametrize("filters", [Filters(), FILTERS], ids=["all", "filtered"])
def test_every_fact_is_read(rows: Rows, gather: Any, filters: Filters) -> None:
    assert len(gather(rows.under(filters))) >= 10
