"""The pages of LogLynx, drawn by Streamlit's own test driver over a warehouse on disk."""

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from connector_fts.app import SECTIONS
from loglynx_support import Task, warehouse

SCRIPT = """
from pathlib import Path
from connector_app.data.dictionary import as_dictionary
from connector_app.data.duck import DuckDBSession
from connector_fts.app import main
from loglynx_support import DICTIONARY
main(DuckDBSession(Path(PATH), dictionary=as_dictionary(DICTIONARY)))
"""
DAY = date(2026, 3, 2)
ODD = """<img src=x onerror="alert('1')"> "quoted" & 'so' ![p](http://host/p.png) $x$"""
TASKS = [
    Task("1", DAY, "E1", "T1", "C1", "Predictive", "Completed", 100.0, 4, 0.2, 5, "Found a leaking seal", "Seal replaced"),
    Task("2", DAY + timedelta(3), "E1", "T1", "C1", "Corrective", "Delayed", 300.0, 0, 0.4, 7, "Pump tripped", "Waiting"),
    Task("3", DAY + timedelta(9), "E2", "T2", "C2", "Corrective", "In Progress", 200.0, None, 0.3, None, "Seal inspected"),
]
QUOTED = [Task(ODD, DAY, ODD, ODD, ODD, ODD, ODD, 1.0, 1, 0.1, 1, ODD, ODD, ODD), *TASKS]
NULLS = [Task("1", None, None, None, None, None, None)]
Page = Callable[..., AppTest]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    def opened(tasks: Sequence[Task] = TASKS, options: bool = False, **query: str | list[str]) -> AppTest:
        if not (tmp_path / "warehouse.db").exists():
            warehouse(tmp_path, tasks, options=options)
        test = AppTest.from_string(SCRIPT.replace("PATH", repr(str(tmp_path / "warehouse.db"))), default_timeout=60)
        for name, value in query.items():
            test.query_params[name] = value
        return sound(test.run())

    return opened


def sound(test: AppTest) -> AppTest:
    assert [each.value for each in test.exception] == []
    assert [each.value for each in test.error] == []
    return test


def captions(test: AppTest) -> str:
    return "\n".join(each.value for each in test.caption)


def told(test: AppTest) -> str:
    return "\n".join(each.value for each in test.info)


def metrics(test: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in test.metric}


def titles(test: AppTest) -> list[str]:
    return [each.value.removeprefix("##### ") for each in test.markdown if each.value.startswith("#####")]


def html(test: AppTest) -> str:
    return "\n".join(str(each.proto.body) for each in test.get("html"))


def test_the_overview_compares_with_the_period_before(page: Page) -> None:
    test = page(period="Own dates", **{"from": "2026-03-05", "to": "2026-03-11"})
    assert metrics(test)["Tasks"] == "2"
    assert metrics(test)["Cost of maintenance"] == "500"
    assert {each.label: each.delta for each in test.metric}["Cost of maintenance"] == "+400.0%"
    assert "Compared with 2026-02-26 to 2026-03-04." in captions(test)
    assert metrics(test)["Tasks completed"] == "0%"


@pytest.mark.parametrize("section", SECTIONS)
def test_each_chart_asks_a_question(page: Page, section: str) -> None:
    found = titles(page(section=section))
    assert found
    assert [title for title in found if not title.endswith("?")] == []


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    ("tasks", "options"), [(NULLS, False), (TASKS[:1], True), (QUOTED, True)], ids=["nulls", "one", "quoted"]
)
def test_every_section_over_odd_data(page: Page, section: str, tasks: list[Task], options: bool) -> None:
    page(tasks, options, section=section)


@pytest.mark.parametrize("tab", ["Metrics", "AI Insights", "Insights History", "Data Explorer"])
@pytest.mark.parametrize("tasks", [[], NULLS, QUOTED], ids=["empty", "nulls", "quoted"])
def test_every_part_over_odd_data(page: Page, tab: str, tasks: list[Task]) -> None:
    test = page(tasks, tab=tab)
    if tab == "Metrics" and not tasks:
        assert "The table is empty: no record has arrived yet." in told(test)


def test_filters_work_together(page: Page) -> None:
    test = page()
    test.multiselect(key="f_in_maintenance_type").set_value(["Corrective"]).run()
    test.text_input(key="f_search").set_value("seal").run()
    assert "1 of 3 records" in captions(sound(test))
    assert metrics(test)["Cost of maintenance"] == "200"
    assert "1 of 3 records" in captions(page(in_maintenance_type="Corrective", search="seal"))


@pytest.mark.parametrize("section", ["Overview", "Technicians", "Downtime"])
def test_what_to_enable_is_said(page: Page, section: str) -> None:
    assert "`connector-build fts --enable cost_per_hour`" in told(page(section=section))


def test_the_technicians_table_is_asked_for_or_used(page: Page) -> None:
    assert "`connector-build fts --enable fts_technicians`" in told(page(section="Technicians"))


def test_with_the_options_nothing_is_asked_for(page: Page) -> None:
    test = page(options=True, section="Technicians")
    assert "--enable" not in told(test)
    assert "Is what we see here usual for each technician?" in titles(test)


def test_a_line_leads_to_its_records(page: Page) -> None:
    test = page(section="Equipment")
    test.toggle(key="records lines equipment_id").set_value(True).run()
    test.selectbox(key="of lines equipment_id").select("E1").run()
    frame = next(each.value for each in sound(test).dataframe if "log_description" in each.value)
    assert frame["record_id"].tolist() == ["1", "2"]


def test_the_log_is_searched_and_marked(page: Page) -> None:
    test = page(section="Log")
    assert metrics(test)["Log entries"] == "3"
    test.text_input(key="f_find_log").set_value("SEAL replaced").run()
    assert "1 entries; shown: 1 to 1" in captions(sound(test))
    assert "Found a leaking <mark>seal</mark>" in html(test)
    test.text_input(key="f_find_log").set_value("nowhere").run()
    assert "No entry has all of these words, under these filters." in told(sound(test))


def test_the_log_shows_text_as_text(page: Page) -> None:
    shown = html(page(QUOTED, section="Log", find_log="quoted"))
    assert "<img" not in shown
    assert "&lt;img src=x" in shown
    assert "&quot;<mark>quoted</mark>&quot; &amp; &#x27;so&#x27;" in shown


@pytest.mark.parametrize(
    "focus", ["Overall performance", "Optimisation opportunities", "Financial impact", "Strategic recommendations"]
)
@pytest.mark.parametrize("tasks", [NULLS, QUOTED], ids=["nulls", "quoted"])
def test_a_report_on_each_focus(page: Page, focus: str, tasks: list[Task]) -> None:
    test = page(tasks, tab="AI Insights", focus=focus)
    test.button(key="write").click().run()
    assert [each.value[:2] for each in sound(test).status[0].markdown] == ["1.", "2.", "3.", "4.", "5."]


def test_a_target_is_kept_in_the_address(page: Page) -> None:
    test = page(section="Downtime", target_hours="1")
    assert metrics(test)["Of it, could be won back"] == "3 h"


def test_each_grain_has_its_own_target(page: Page) -> None:
    test = page(grain="week", target_cost_week="250")
    assert test.number_input(key="f_target_cost_week").value == 250
    assert "What does maintenance cost each week, and is it within the target?" in titles(test)
    test.selectbox(key="f_grain").select("month").run()
    assert sound(test).number_input(key="f_target_cost_month").value is None
    assert "grain" not in page(grain="hour").query_params


def test_a_hundred_thousand_tasks(page: Page, tmp_path: Path) -> None:
    warehouse(tmp_path, many=100_000, options=True)
    for section in SECTIONS:
        began = time.perf_counter()
        test = page(section=section)
        took = time.perf_counter() - began
        assert "100,000 of 100,000 records" in captions(test)
        # A second or two on an idle machine; twenty would be lag on any.
        assert took < 20, section
        assert max((len(each.value) for each in test.dataframe), default=0) <= 200
