"""The facts of the AI section: what SQL says on each focus area, and nothing else."""

from typing import Final

from connector_app.asking.excess import excess_query
from connector_app.asking.measures import Measure
from connector_app.asking.periods import newest
from connector_app.asking.rows import Rows
from connector_app.reports.facts import Fact, Facts, fact, facts_of_top, spelt_out
from connector_app.reports.standing import FIRST, also_named, changed, first_lines, standing_out
from connector_fts.app import customers, downtime, equipment, failures, overview
from connector_fts.app.visits import afterwards, came_back, visits
from connector_fts.app.words import (
    COST,
    DATE,
    DOWNTIME,
    FAILURE,
    HOURLY,
    SAVED,
    TYPE,
    UNFINISHED,
    completed,
    delayed,
    quantity,
    total_cost,
    total_downtime,
    total_saved,
    unplanned,
)  # fmt: skip

DAYS: Final = 30


def performance(rows: Rows) -> Facts:
    """Overall performance: how much, what changed, how far work is, and who stands out."""
    asked = [total_cost(), quantity(COST).median, total_downtime(), quantity(FAILURE).median, completed(), total_saved()]
    return [
        fact(rows, overview.TASKS),
        fact(rows, Measure("COUNT(DISTINCT equipment_id)", "pieces of equipment")),
        fact(rows, Measure("COUNT(DISTINCT technician_id)", "technicians")),
        fact(rows, Measure("COUNT(DISTINCT customer_id)", "customers")),
        *changed(newest(rows, DATE), asked),
        fact(rows, completed()),
        fact(rows, delayed()),
        fact(rows, unplanned()),
        *standing_out(rows, TYPE, quantity(COST), "type"),
        *standing_out(rows, "technician_id", quantity(COST), "technician"),
    ]


def opportunities(rows: Rows) -> Facts:
    """Optimisation opportunities: hours to win back, tasks that come back, rates that rise, and what is held up."""
    return [
        *_winnable(rows),
        fact(
            came_back(rows, DAYS), Measure("COUNT(*)", f"tasks after which the same equipment had another one within {DAYS} days")
        ),
        *_after(rows),
        *_rising(rows),
        fact(rows.where(UNFINISHED), Measure("COUNT(*)", "tasks that are delayed or under way")),
        fact(rows.where(UNFINISHED), also_named(total_downtime(), "of tasks that are delayed or under way")),
        *standing_out(rows, TYPE, quantity(DOWNTIME), "type"),
    ]


def finances(rows: Rows) -> Facts:
    """Financial impact: what is spent on what, what lies above the usual, and what an hour costs."""
    cost = quantity(COST)
    dear = excess_query(rows, COST, "equipment_id", TYPE)
    above = "cost of {0} above the median of the same type of maintenance ({1:,} tasks above)"
    return [
        fact(rows, total_cost()),
        *changed(newest(rows, DATE), [total_cost()]),
        fact(rows, cost.median),
        *facts_of_top(rows, TYPE, total_cost(), 5),
        *facts_of_top(rows, "equipment_id", total_cost()),
        *facts_of_top(rows, "customer_id", total_cost()),
        *first_lines(rows, dear, ("equipment_id", "excess", "above"), above, cost.unit),
        *([fact(rows, quantity(HOURLY).median)] if rows.has(HOURLY) else []),
        fact(rows, total_saved()),
    ]


def strategy(rows: Rows) -> Facts:
    """Strategic recommendations: where the failure rate goes, what each type of maintenance brings, who waits, what to check."""
    return [
        fact(rows, overview.TASKS),
        *standing_out(rows, TYPE, quantity(FAILURE), "type"),
        *_after(rows),
        *_rising(rows),
        *standing_out(rows, "technician_id", quantity(SAVED), "technician"),
        *_waiting(rows),
        *_soonest(rows),
        *[fact(rows.where(sql), Measure("COUNT(*)", f"tasks with {name}")) for name, sql in overview.CHECKS.items()],
    ]


GATHERED: Final = (performance, opportunities, finances, strategy)
"""In the order of `reports.facts.AREAS`."""


def _winnable(rows: Rows) -> list[Fact]:
    """The equipment with the most hours to win back, each with the advice for it."""
    query = downtime.winnable_query(rows, "equipment_id", TYPE)
    lines = rows.session.sql(query.sql, query.parameters).head(FIRST).to_dict("records")
    name = "downtime above the median of the same type of maintenance, equipment {0} ({1:,} tasks; {2})"
    names = [name.format(line["equipment_id"], line["tasks"], line["advice"]) for line in lines]
    return [Fact(each, float(line["won"]), "h", spelt_out(query)) for each, line in zip(names, lines, strict=True)]


def _after(rows: Rows) -> list[Fact]:
    query = spelt_out(visits(rows))
    lines = afterwards(rows, DAYS).to_dict("records")
    back = [
        Fact(
            f"tasks of type {line[TYPE]} after which the same equipment had another one within {DAYS} days",
            line["back"],
            "%",
            query,
        )
        for line in lines
        if line["back"] == line["back"]
    ]
    unit = quantity(FAILURE).unit
    name = "median change of the failure rate until the next task on the same equipment, type {0} ({1:,} tasks)"
    change = [
        Fact(name.format(line[TYPE], line["followed"]), line["change"], unit, query)
        for line in lines
        if line["change"] == line["change"]
    ]
    return [*back[:5], *change[:5]]


def _rising(rows: Rows) -> list[Fact]:
    query, since = failures.rising_query(rows, "equipment_id")
    name = f"rise of the median failure rate since {since}, equipment {{0}} ({{1:,}} tasks since)"
    found = first_lines(rows, query, ("equipment_id", "rise", "n_since"), name, quantity(FAILURE).unit)
    return [each for each in found if isinstance(each.value, float) and each.value > 0]


def _waiting(rows: Rows) -> list[Fact]:
    name = "delayed tasks of customer {0}, who has {1:,} more under way"
    return first_lines(rows, customers.waiting_query(rows), ("customer_id", "late", "way"), name, "")


def _soonest(rows: Rows) -> list[Fact]:
    name = "median days between tasks on equipment {0} ({1:,} tasks)"
    return first_lines(rows, equipment.returns_query(rows), ("equipment_id", "days", "tasks"), name, "days")
