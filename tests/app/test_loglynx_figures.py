"""LogLynx's figures over tasks that are known by hand."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_app.asking.compare import measured
from connector_app.asking.filters import Category, Filters
from connector_app.asking.questions import buckets
from connector_app.asking.rows import Rows
from connector_app.page.checks import found_odd
from connector_app.reports.facts import usable
from connector_fts.app import customers, downtime, equipment, failures, groups, log, overview, technicians, types
from connector_fts.app.facts import GATHERED
from connector_fts.app.visits import afterwards, came_back
from connector_fts.app.words import HOURLY, STATE, TYPE, completed, quantity, unplanned
from connector_fts.app.words import measured as quantities
from loglynx_support import Task, rows

DAY = date(2026, 3, 2)
MakeRows = Callable[..., Rows]


def day(number: int) -> date:
    return DAY + timedelta(number)


@pytest.fixture
def rows_of(tmp_path: Path) -> MakeRows:
    def made(tasks: Sequence[Task], *, options: bool = False) -> Rows:
        return rows(tmp_path, tasks, options=options)

    return made


def lines(frame: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = frame.to_dict("records")
    return found


class TestWords:
    @pytest.mark.parametrize(
        ("said", "state"),
        [
            ("Completed", "completed"), (" COMPLETE ", "completed"), ("Closed", "completed"), ("Incomplete", "under way"),
            ("Not completed", "under way"), ("In Progress", "under way"), ("Scheduled", "under way"), ("Delayed", "delayed"),
            ("Overdue", "delayed"), ("Cancelled", "cancelled"), ("canceled", "cancelled"), (None, None),
        ],
    )  # fmt: skip
    def test_a_status_counts_by_its_sense(self, rows_of: MakeRows, said: str | None, state: str | None) -> None:
        found = rows_of([Task("1", maintenance_status=said)]).ask(f"{STATE} AS state")["state"].iloc[0]
        assert (None if found != found else found) == state

    def test_shares_are_of_the_tasks_that_say_so(self, rows_of: MakeRows) -> None:
        found = rows_of([
            Task("1", maintenance_type="Corrective"),
            Task("2", maintenance_type="Emergency Repair", maintenance_status="Delayed"),
            Task("3", maintenance_type="Sealing"),
            Task("4", maintenance_type=None, maintenance_status=None),
        ])  # fmt: skip
        assert measured(found, unplanned()) == pytest.approx(200 / 3)
        assert measured(found, completed()) == pytest.approx(200 / 3)

    def test_an_hour_without_downtime_has_no_cost(self, rows_of: MakeRows) -> None:
        tasks = [Task(str(hours), maintenance_cost=100, downtime_hours=hours) for hours in (0, 0, 0, 2, 4)]
        found = rows_of(tasks, options=True)
        assert measured(found, quantity(HOURLY).median) == 37.5
        assert quantity(HOURLY).label in quantities(found)

    def test_the_option_is_offered_only_where_it_is(self, rows_of: MakeRows) -> None:
        assert quantity(HOURLY).label not in quantities(rows_of([Task("1")]))


class TestVisits:
    TASKS = (
        Task("1", day(0), "E1", maintenance_type="Corrective", failure_rate=0.5),
        Task("2", day(5), "E1", maintenance_type="Predictive", failure_rate=0.2),
        Task("3", day(7), "E1", maintenance_type="Predictive", maintenance_status="Cancelled", failure_rate=0.9),
        Task("4", day(45), "E1", maintenance_type="Corrective", failure_rate=0.4),
        Task("5", day(44), "E2", maintenance_type="Predictive", failure_rate=0.1),
    )

    def test_what_comes_after_a_type(self, rows_of: MakeRows) -> None:
        predictive, corrective = lines(afterwards(rows_of(self.TASKS), 30))
        # Task 2 was followed 40 days later by a Corrective one; task 5 is one day old, which is too young to tell.
        assert (predictive[TYPE], predictive["tasks"], predictive["followed"], predictive["back"]) == ("Predictive", 2, 1, 0)
        assert (predictive["days"], predictive["unplanned"]) == (40, 100)
        assert predictive["change"] == pytest.approx(0.2)
        assert (corrective["tasks"], corrective["followed"], corrective["back"], corrective["days"]) == (2, 1, 100, 5)
        assert corrective["change"] == pytest.approx(-0.3)

    def test_the_tasks_after_which_we_came_back(self, rows_of: MakeRows) -> None:
        assert came_back(rows_of(self.TASKS), 7).page(0)["record_id"].tolist() == ["1"]

    def test_where_we_come_back_soonest(self, rows_of: MakeRows) -> None:
        (line,) = lines(equipment.returns(rows_of(self.TASKS)))
        assert (line["equipment_id"], line["tasks"], line["median days between"]) == ("E1", 3, 22.5)


class TestFailures:
    def test_the_rise_from_half_to_half(self, rows_of: MakeRows) -> None:
        old = [Task(f"a{n}", day(n), failure_rate=0.2) for n in range(3)]
        new = [Task(f"b{n}", day(8 + n), failure_rate=0.5) for n in range(3)]
        few = [Task(f"c{n}", day(n * 5), "E2", failure_rate=n / 10) for n in range(3)]
        found, since = failures.rising(rows_of([*old, *new, *few]), "equipment_id")
        assert since == day(6).isoformat()
        (line,) = lines(found)
        assert (line["equipment_id"], line["before"], line["since"]) == ("E1", 0.2, 0.5)
        assert line["rise"] == pytest.approx(0.3)

    def test_quarters_of_equal_size(self, rows_of: MakeRows) -> None:
        found = rows_of([Task(str(n), failure_rate=n) for n in range(1, 101)])
        sql, names = failures.quarters(found) or ("", [])
        counted = found.ask(f"{sql} AS quarter, COUNT(*) AS n", "GROUP BY 1")
        assert dict(zip(counted["quarter"], counted["n"], strict=True)) == dict.fromkeys(names, 25)

    def test_one_rate_everywhere_is_one_quarter(self, rows_of: MakeRows) -> None:
        found = rows_of([Task(str(n), failure_rate=0.5) for n in range(4)])
        assert failures.quarters(found) == (
            "CASE WHEN failure_rate <= 0.5 THEN 'to 0.5' ELSE 'above 0.5' END",
            ["to 0.5", "above 0.5"],
        )

    def test_no_rate_is_no_quarter(self, rows_of: MakeRows) -> None:
        assert failures.quarters(rows_of([Task("1")])) is None


class TestDowntime:
    @staticmethod
    def tasks(**more: Any) -> list[Task]:
        # The median of E0 and E1 together is 2 hours.
        usual = [Task(f"u{n}", day(n * 20), f"E0{n}", downtime_hours=2) for n in range(9)]
        return [*usual, *[Task(f"t{n}", day(n * 20), "E1", downtime_hours=6, **more) for n in range(4)]]

    def line(self, made: Rows, own: float | None = None) -> dict[str, Any]:
        (found,) = lines(downtime.winnable(made, "equipment_id", TYPE, own))
        return found

    def test_the_hours_above_the_median_of_the_type(self, rows_of: MakeRows) -> None:
        found = self.line(rows_of(self.tasks()))
        assert (found["to win back (h)"], found["downtime (h)"], found["tasks"]) == (16, 24, 4)
        assert found["of its downtime"] == pytest.approx(200 / 3)
        assert found["what to do"] == downtime.OTHERWISE

    def test_a_target_of_ones_own(self, rows_of: MakeRows) -> None:
        assert self.line(rows_of(self.tasks()), 5)["to win back (h)"] == 4

    def test_what_is_delayed_is_chased(self, rows_of: MakeRows) -> None:
        assert self.line(rows_of(self.tasks(maintenance_status="Delayed")))["what to do"].startswith("Chase")

    def test_what_answers_failures_is_planned(self, rows_of: MakeRows) -> None:
        corrective = [Task(f"c{n}", day(n * 20), f"E0{n}", maintenance_type="Corrective", downtime_hours=2) for n in range(9)]
        found = self.line(rows_of([*self.tasks(maintenance_type="Corrective"), *corrective]))
        assert found["what to do"].startswith("Plan ahead")

    def test_what_comes_back_has_a_cause(self, rows_of: MakeRows) -> None:
        back = [Task(f"r{n}", day(n), "E1", downtime_hours=2) for n in range(1, 5)]
        found = self.line(rows_of([*self.tasks(), *back]))
        assert (found["came back"], found["what to do"][:8]) == (4, "Find the")

    def test_one_extreme_task_leads_no_list(self, rows_of: MakeRows) -> None:
        usual = [Task(f"u{n}", day(n), f"E{n}", downtime_hours=2) for n in range(200)]
        found = downtime.winnable(rows_of([*usual, Task("x", day(0), "EX", downtime_hours=1e9)]), "equipment_id", "")
        assert found.empty


class TestGroups:
    def test_line_by_line(self, rows_of: MakeRows) -> None:
        made = rows_of([
            Task("1", day(0), "E1", maintenance_cost=100, downtime_hours=1, failure_rate=0.1, summarization_time_saved=3),
            Task("2", day(1), "E1", maintenance_cost=500, downtime_hours=2, failure_rate=0.3, maintenance_status="Delayed"),
            Task("3", day(2), "E2", maintenance_cost=200, maintenance_type="Corrective"),
            Task("4", day(2), "E3", maintenance_type="Corrective"),
        ])  # fmt: skip
        first, second, third = lines(groups.lines(made, "equipment_id"))
        assert (first["equipment_id"], first["tasks"], first["cost"], first["of all cost"], first["Σ"]) == ("E1", 2, 600, 75, 75)
        # Predictive work costs 300 in the middle: 100 is a third of it, and 500 five thirds.
        assert first["like for like"] == pytest.approx(100)
        assert (first["downtime (h)"], first["failure rate"], first["time saved"], first["delayed"]) == (3, 0.2, 3, 50)
        assert (second["equipment_id"], second["Σ"], second["unplanned"]) == ("E2", 100, 100)
        assert (third["equipment_id"], third["cost"] == third["cost"]) == ("E3", False)

    def test_the_pattern_of_the_costliest(self, rows_of: MakeRows) -> None:
        tasks = [Task(f"{n}", equipment_id=f"E{n:02}", maintenance_cost=n) for n in range(20)]
        found = equipment.pattern(rows_of(tasks))
        assert found["equipment"].tolist() == [f"E{n:02}" for n in range(19, 7, -1)]

    def test_how_much_the_first_have(self, rows_of: MakeRows) -> None:
        tasks = [Task(f"{n}", equipment_id=f"E{n:02}", maintenance_cost=1) for n in range(20)]
        assert (
            groups.part_of_first(rows_of(tasks), "equipment_id", quantity("maintenance_cost").total)
            == "The first 10 of 20 have 50% of all."
        )

    def test_how_the_types_end(self, rows_of: MakeRows) -> None:
        found = lines(types.ends(rows_of([Task("1"), Task("2"), Task("3"), Task("4", maintenance_status="Delayed")])))
        assert [(line["state"], line["records"], line["value"]) for line in found] == [("completed", 3, 75), ("delayed", 1, 25)]


class TestPeople:
    TASKS = (
        Task("1", day(0), technician_id="T1", maintenance_cost=100, downtime_hours=2, summarization_time_saved=4),
        Task("2", day(1), technician_id="T1", maintenance_cost=300, maintenance_status="Delayed", customer_id="C2"),
        Task("3", day(2), technician_id="T2", maintenance_cost=50, maintenance_status="In Progress", customer_id="C2"),
        Task("4", day(3), technician_id="T2", maintenance_cost=70, maintenance_status="Open", customer_id="C3"),
    )

    def test_here_and_ever(self, rows_of: MakeRows) -> None:
        made = rows_of(self.TASKS, options=True)
        delayed = made.under(Filters(categories=(Category("maintenance_status", ("Delayed",)),)))
        (line,) = lines(technicians.usual(delayed))
        assert (line["technician_id"], line["tasks here"], line["tasks ever"]) == ("T1", 1, 2)
        assert (line["cost here"], line["cost ever"], line["downtime ever (h)"]) == (300, 200, 1)

    def test_customers_who_wait(self, rows_of: MakeRows) -> None:
        first, second = lines(customers.waiting(rows_of(self.TASKS)))
        assert (first["customer_id"], first["delayed"], first["under way"], first["cost so far"]) == ("C2", 1, 1, 350)
        assert (second["customer_id"], second["delayed"], second["under way"]) == ("C3", 0, 1)

    def test_what_is_held_up(self, rows_of: MakeRows) -> None:
        found = overview.held_up(rows_of(self.TASKS))
        assert found["record_id"].tolist() == ["2", "3", "4"]
        assert found["days"].tolist() == [2, 1, 0]


class TestLog:
    @pytest.mark.parametrize(("words", "ids"), [("", ["2", "1"]), ("SEAL", ["1"]), ("seal waiting", []), ("seal done", ["1"])])
    def test_every_word_is_in_the_entry_or_its_summary(self, rows_of: MakeRows, words: str, ids: list[str]) -> None:
        made = rows_of([
            Task("1", day(0), log_description="Leaking seal", summarized_log="Done"),
            Task("2", day(1), log_description="Pump", summarized_log="Waiting"),
        ])  # fmt: skip
        assert log.entries(log.searched(made, words), log.ORDERS["Newest first"], 0)["record_id"].tolist() == ids

    @pytest.mark.parametrize("order", log.ORDERS.values())
    def test_every_order_pages_without_gaps(self, rows_of: MakeRows, order: str) -> None:
        made = rows_of([Task(f"{n}", maintenance_cost=n % 3 or None) for n in range(45)])
        found = [each for page in range(3) for each in log.entries(made, order, page)["record_id"]]
        assert sorted(found) == sorted(str(n) for n in range(45))

    @given(st.text(), st.lists(st.text(min_size=1).filter(lambda word: word.split() == [word])))
    def test_marks_change_no_text(self, text: str, words: list[str]) -> None:
        shown = log.marked(text, words)
        bare = shown.replace("<mark>", "").replace("</mark>", "")
        assert "<" not in bare
        assert unescape(bare) == unescape(log.marked(text, []))


@pytest.mark.parametrize(("name", "broken"), [
    ("no cost", {"maintenance_cost": None}), ("cost below 0", {"maintenance_cost": -1.0}),
    ("no downtime", {"downtime_hours": None}),
    ("downtime below 0", {"downtime_hours": -1.0}), ("failure rate below 0", {"failure_rate": -0.1}),
    ("no log entry", {"log_description": " "}), ("a log entry without a summary", {"summarized_log": None}),
    ("no equipment, technician or customer", {"customer_id": None}), ("no date", {"log_date": None}),
])  # fmt: skip
def test_each_check_finds_its_own(rows_of: MakeRows, name: str, broken: dict[str, Any]) -> None:
    whole: dict[str, Any] = {
        "log_date": DAY, "maintenance_cost": 1.0, "downtime_hours": 0.0, "failure_rate": 0.0, "log_description": "Log",
        "summarized_log": "Summary",
    }  # fmt: skip
    found = found_odd(rows_of([Task("1", **whole), Task("2", **{**whole, **broken})]), overview.CHECKS)
    assert list(zip(found["category"], found["value"], strict=True)) == [(name, 1)]


def test_whole_numbers_have_buckets_of_equal_size(rows_of: MakeRows) -> None:
    found = buckets(rows_of([Task(f"{n}", downtime_hours=n % 24) for n in range(240)]), "downtime_hours")
    assert found is not None
    assert (found.low, found.width, set(found.counts.values())) == (0, 2, {20})


@pytest.mark.parametrize("gather", GATHERED)
def test_every_fact_has_its_query(rows_of: MakeRows, gather: Any) -> None:
    kinds, states = ("Predictive", "Corrective"), ("Completed", "Delayed")
    tasks = [
        Task(
            f"{n}", day(n), f"E{n % 4}", f"T{n % 2}", f"C{n % 3}", kinds[n % 2], states[n % 2], 100.0 + n, n % 9, n / 100, n % 5,
            "Log", "Summary",
        )
        for n in range(40)
    ]  # fmt: skip
    made = rows_of(tasks, options=True)
    facts = usable(gather(made))
    assert len(facts) >= 10
    for fact in facts:
        query = fact.query.partition("\n-- bound: ")
        bound = [each.strip("'") for each in query[2].split(", ")] if query[2] else []
        assert len(made.session.sql(query[0], bound)) > 0, fact.name


def test_financial_facts_are_known_by_hand(rows_of: MakeRows) -> None:
    tasks = [
        Task("1", day(0), "E1", maintenance_cost=100),
        Task("2", day(1), "E2", maintenance_cost=300, maintenance_type="Corrective"),
    ]
    facts = {fact.name: fact.value for fact in GATHERED[2](rows_of(tasks))}
    assert facts["cost of maintenance"] == 400
    assert facts["cost of maintenance, maintenance type Corrective (1 record)"] == 300
    assert facts["median cost of a task"] == 200
